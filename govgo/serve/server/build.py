# SPDX-License-Identifier: BSD-3-Clause
"""A site that runs: started from settings and go's environment, given new rules, and ended."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

from govgo.adapters.sumdb.keyfile import FileMemory
from govgo.core.goenv import OFF, GoEnv
from govgo.core.sumdb.gosumdb import database_of
from govgo.errors import GovgoError, UsageError, run_all
from govgo.serve.counters import Counters
from govgo.serve.http.site import Site
from govgo.serve.server.events import open_key
from govgo.serve.server.parts import Parts, ServerReporter, care_plan, open_storage
from govgo.serve.server.rules import Rules, check_names, read_rules, renewed
from govgo.serve.settings import Settings
from govgo.serve.tls import load_certificate, server_context, tls_faults
from govgo.serve.upstream.upkeep import check_plan
from govgo.wiring.sumdb import open_publisher

_NAMES = "tls_cert and tls_key"


class Running:
    """A site whose cold loop runs, until `stop`.

    Attributes:
        parts: what it is made of.
        site: what is served.
    """

    def __init__(self, parts: Parts, site: Site) -> None:
        self.site = site
        self.parts = parts
        self._settings = parts.settings
        self._reading = asyncio.Lock()

    def settle(self) -> None:
        """Requests are answered: get ready for the first cold one, and look after the storage."""

        async def begin() -> None:
            if self.site.policy.asks:
                await self.site.library.warm()
            self.parts.care.begin()

        self.site.cold.call(begin())

    def use(self, settings: Settings) -> tuple[str, ...]:
        """Let new settings count, as far as they can while the server runs; those are `rules.RELOADABLE`.

        Returns:
            The names of others that differ: they count after a restart.

        Raises:
            UsageError, MissingExtraError: they make no sense, and those from before count.
        """
        now = renewed(self._settings, settings)
        return self._use(settings, now, read_rules(now))

    async def renew(self, reread: Callable[[], Settings]) -> tuple[str, ...]:
        """`use` what `reread` gives. It is read in a thread: a file of a megabyte takes seconds, and answers go on."""

        def read() -> tuple[Settings, Settings, Rules]:
            settings = reread()
            now = renewed(self._settings, settings)
            return settings, now, read_rules(now)

        cold = self.site.cold
        async with self._reading:
            return self._use(*await asyncio.wrap_future(cold.call(cold.computed(read))))

    def _use(self, settings: Settings, now: Settings, rules: Rules) -> tuple[str, ...]:
        site = self.site
        if rules.policy.asks != site.policy.asks:
            raise UsageError("policy.mode: from or to none for all modules it changes only with a restart")
        routes = self.parts.routes(site, now, rules)
        verdicts = self.parts.verdicts(now, rules)
        # Nothing fails from here on: all of it counts, or nothing.
        site.access.use(rules.users, now.anonymous)
        site.policy = rules.policy
        for library in self.parts.libraries:
            library.min_age_s, library.verdicts = rules.policy.min_age_s, verdicts
        for follower in site.followers:
            follower.use(rules.policy)
        site.is_judged = rules.check is not None
        site.routes = routes
        self.parts.care.use(rules.policy)
        self.parts.show(site, now, rules)
        self._settings = now
        return tuple(name for name in Settings._fields if getattr(settings, name) != getattr(now, name))

    def stop(self, patience_s: float = 2.0) -> None:
        """End what is under way, and write what is proved; wait no longer than that for either."""
        parts = self.parts
        if parts.registry is not None:
            parts.registry.stop()
        self.site.cold.stop(parts.end(), patience_s)
        self.site.log.stop()
        run_all(parts.storage.close)


def check_settings(settings: Settings, env: GoEnv) -> None:
    """Look at all that can be wrong before anything runs.

    Raises:
        UsageError, DiskError, MissingExtraError: something is.
    """
    storage = open_storage(settings, env)
    check_plan(care_plan(settings), storage)
    storage.close()
    tls_context(settings)
    read_rules(settings)
    if settings.events.name and not settings.read_only:
        _, key_file = open_key(settings, env)
        FileMemory(key_file).check()
    if env.gosumdb != OFF:
        database_of(env)
    if settings.publishing.modules:
        _check_publishing(settings, env)


def _check_publishing(settings: Settings, env: GoEnv) -> None:
    check_names(settings)
    if not settings.storage:
        raise UsageError("publish: storage is missing: a module cache is emptied, and this cannot be fetched again")
    if settings.read_only:
        raise UsageError("publish: read_only says that nothing is stored")
    if settings.publishing.sumdb:
        open_publisher(settings.publishing.sumdb, settings.publishing.sumdb_key, env.process)


def start_site(settings: Settings, env: GoEnv, report: ServerReporter, *, counters: Counters | None = None) -> Running:
    """Make a site, and start its cold loop.

    Args:
        settings: see `Settings`.
        env: go's settings; GOPROXY is the upstream, unless the settings name another.
        report: takes sentences for the operator.
        counters: this process's.

    Raises:
        UsageError: settings that cannot be used.
        GovgoError: the storage or a file cannot be opened.
    """
    parts = Parts(settings, env, report, counters or Counters())
    parts.cold.start()
    try:
        parts.cold.call(parts.begin()).result()
    except GovgoError:
        parts.cold.stop(_nothing(), 1.0)
        parts.log.stop()
        raise
    return Running(parts, parts.join())


async def _nothing() -> None:
    """Nothing was begun."""


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """The context for TLS, None for none.

    Raises:
        UsageError: the files cannot be used.
    """
    if not settings.tls_cert:
        if settings.client_ca or settings.tls_key:
            raise UsageError("tls: a key or clients' certificates need tls_cert")
        return None
    context = server_context(_NAMES, settings.tls_cert, settings.tls_key)
    if settings.client_ca:
        _load_authorities(context, settings)
        # go has no certificate to show. Where there are users, one is a way to say who asks, beside others.
        context.verify_mode = ssl.CERT_OPTIONAL if settings.users else ssl.CERT_REQUIRED
    return context


def renew_tls(context: ssl.SSLContext, fresh: ssl.SSLContext, settings: Settings) -> bool:
    """Use the certificate and the authorities of clients as they are on the disk now, for connections from now on.

    Args:
        context: of the server.
        fresh: one that was made of the same files just now, so that all of them make sense.
        settings: that name the files.

    Returns:
        False where an authority was taken from the file: the library can add authorities to a context, and remove none.

    Raises:
        UsageError: the files cannot be used.
    """
    load_certificate(context, _NAMES, settings.tls_cert, settings.tls_key)
    if settings.client_ca:
        _load_authorities(context, settings)
    return set(context.get_ca_certs(binary_form=True)) <= set(fresh.get_ca_certs(binary_form=True))


def _load_authorities(context: ssl.SSLContext, settings: Settings) -> None:
    with tls_faults("client_ca", settings.client_ca):
        context.load_verify_locations(settings.client_ca)
