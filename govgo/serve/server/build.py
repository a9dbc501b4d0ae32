# SPDX-License-Identifier: BSD-3-Clause
"""One process's parts, joined: from settings and go's environment to a site."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from govgo.adapters.http.engine import Timeouts
from govgo.adapters.http.remote import Web
from govgo.adapters.http.retry import RetryPolicy
from govgo.adapters.loop.network import Network, NetworkOptions
from govgo.adapters.storage.directory import DirectoryStorage
from govgo.adapters.storage.open import open_storage as open_bucket
from govgo.adapters.sumdb.route import NoNetwork
from govgo.core.foreign import one_line
from govgo.core.goenv import OFF, GoEnv
from govgo.core.module.cachepath import DOWNLOAD
from govgo.core.sumdb.database import database_of
from govgo.errors import GovgoError, StorageError, UsageError, run_all
from govgo.ports.storage import Storage
from govgo.serve.access import Access, read_users
from govgo.serve.accesslog import AccessLog
from govgo.serve.counters import Counters
from govgo.serve.http.memory import Memory
from govgo.serve.http.site import Limits, Site
from govgo.serve.settings import Settings
from govgo.serve.upstream.coldloop import ColdLoop
from govgo.serve.upstream.leases import Leases
from govgo.serve.upstream.library import Freshness, Library
from govgo.serve.upstream.proofs import Proofs
from govgo.serve.upstream.sources import Sources
from govgo.serve.upstream.zips import Means

if TYPE_CHECKING:
    from govgo.serve.registry.registry import Registry

_RETRY = RetryPolicy(retries=2, base_s=0.1, longest_s=2.0)
"""Clients ask again themselves; what upstream says is told to them soon."""


class ServerReporter:
    """A `ports.Reporter` whose sentences go to standard error, a line each."""

    def __init__(self, write: Callable[[str], object] = sys.stderr.write) -> None:
        self._write = write

    def note(self, sentence: str) -> None:
        """A sentence."""
        self._write(f"govgo: {one_line(sentence)}\n")

    raw = note

    def event(self, kind: str, facts: Mapping[str, object]) -> None:
        """Progress is shown to nobody."""


class Running:
    """A site whose cold loop runs, until `stop`."""

    def __init__(
        self,
        site: Site,
        last: Callable[[], Coroutine[Any, Any, None]],
        ends: list[Callable[[], object]],
        first: Sequence[Callable[[], object]] = (),
    ) -> None:
        self.site = site
        self._first = first
        self._last = last
        self._ends = ends

    def stop(self, patience_s: float = 2.0) -> None:
        """End what is under way, and write what is proved; wait no longer than that for either."""
        run_all(*self._first)
        self.site.cold.stop(self._last(), patience_s)
        self.site.log.stop()
        run_all(*self._ends)


def check_settings(settings: Settings, env: GoEnv) -> None:
    """Look at all that can be wrong before anything runs.

    Raises:
        UsageError, MissingExtraError: something is.
    """
    open_storage(settings, env).close()
    tls_context(settings)
    if settings.users:
        read_users(settings.users, _read(settings.users))
    if env.gosumdb != OFF:
        database_of(env)


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
    if settings.upstream:
        env = env._replace(goproxy=settings.upstream)
    storage = open_storage(settings, env)
    access = Access(read_users(settings.users, _read(settings.users)) if settings.users else None)
    log = AccessLog(settings.access_log)
    try:
        log.start()
    except OSError as error:
        raise UsageError(f"access_log: {settings.access_log}: {(error.strerror or '').lower()}") from None
    counters = counters or Counters()
    timeouts = Timeouts(connect_s=min(10.0, settings.timeout_s)).waiting(settings.timeout_s)
    network = Network(env, report, NetworkOptions(timeouts=timeouts, retry=_RETRY), local=False)
    cold = ColdLoop(network.loop(), network.close)
    web = Web(network.client)
    asks = settings.policy.mode != "none"

    async def make() -> Library:
        sources = Sources(env, network, web, report)
        proofs = Proofs(env, storage, web if asks else NoNetwork(), report.note)
        means = Means(
            cold,
            storage,
            sources,
            proofs,
            Leases(storage, cold.stored),
            counters,
            report.note,
            not settings.read_only,
        )
        freshness = Freshness(list_s=settings.list_s, missing_s=settings.missing_s)
        return Library(means, freshness, min_age_s=settings.policy.min_age_s)

    cold.start()
    try:
        library = cold.call(make()).result()
    except GovgoError:
        cold.stop(_nothing(), 1.0)
        log.stop()
        raise
    site = Site(
        cold,
        library,
        storage,
        Memory(settings.memory_bytes, counters),
        counters,
        settings.policy,
        access,
        log,
        Limits(connections=settings.connections),
        ",".join(filter(None, (env.goprivate, env.gonoproxy, env.gonosumdb))),
    )
    registry = _open_registry(settings, env, site, report)
    if registry is None:
        return Running(site, library.aclose, [storage.close])
    from govgo.serve.registry.routes import registry_route

    site.routes = (registry_route(registry, tls=settings.tls_cert != ""),)
    registry.start()
    return Running(site, library.aclose, [storage.close], [registry.stop])


def _open_registry(settings: Settings, env: GoEnv, site: Site, report: ServerReporter) -> Registry | None:
    """The registry; None where it is off, or there is no place for its catalogue."""
    if not settings.registry.enabled:
        return None
    from govgo.serve.registry.registry import Registry, Visible

    closed = site.access.is_closed or settings.client_ca != ""
    try:
        return Registry(
            settings.registry,
            site.storage,
            site.cold,
            env,
            Visible(settings.policy, site.private, closed=closed),
            report,
            place=settings.storage or f"{env.gomodcache}/{DOWNLOAD}",
            closed=closed,
            min_age_s=settings.policy.min_age_s,
        )
    except StorageError as error:
        report.note(f"no registry: {error}")
        return None


async def _nothing() -> None:
    """Nothing was begun."""


def open_storage(settings: Settings, env: GoEnv) -> Storage:
    """The storage that the settings name, else the module cache.

    Raises:
        UsageError: it makes no sense.
        MissingExtraError: a package that buckets need is not installed.
    """
    place = settings.storage
    if "://" in place:
        return open_bucket(place, env.process)
    if not place and not env.gomodcache:
        raise UsageError("storage: neither -storage nor GOMODCACHE, GOPATH or HOME says where files are kept")
    return DirectoryStorage(place or f"{env.gomodcache}/{DOWNLOAD}")


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """The context for TLS, None for none.

    Raises:
        UsageError: the files cannot be used.
    """
    if not settings.tls_cert:
        if settings.client_ca or settings.tls_key:
            raise UsageError("tls: a key or clients' certificates need tls_cert")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key or None)
        if settings.client_ca:
            context.load_verify_locations(settings.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"tls: {settings.tls_cert}: {one_line(str(error))}") from None
    return context


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(1 << 20)
    except OSError as error:
        raise UsageError(f"{path}: {one_line(error.strerror or '')}") from None
