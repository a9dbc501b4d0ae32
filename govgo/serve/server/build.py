# SPDX-License-Identifier: BSD-3-Clause
"""One process's parts, joined: from settings and go's environment to a site."""

from __future__ import annotations

import asyncio
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
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.patterns import match_prefix_patterns
from govgo.core.sumdb.database import database_of
from govgo.errors import GovgoError, StorageError, UsageError, run_all
from govgo.ports.storage import Storage
from govgo.serve.access import Access
from govgo.serve.accesslog import AccessLog
from govgo.serve.counters import Counters
from govgo.serve.events.follow import Follower
from govgo.serve.events.misses import Misses
from govgo.serve.hooks.route import HookRoute
from govgo.serve.http.memory import Memory
from govgo.serve.http.routes import Route
from govgo.serve.http.site import Limits, Site
from govgo.serve.publish.route import PublishRoute
from govgo.serve.publish.sumdb import sumdb_route
from govgo.serve.server.events import make_followers, open_journal, open_key, open_pages
from govgo.serve.server.judging import verdicts_of
from govgo.serve.server.rules import Rules, check_names, read_rules, renewed
from govgo.serve.settings import Settings
from govgo.serve.upstream.care import Care, CarePlan, check_plan
from govgo.serve.upstream.coldloop import ColdLoop
from govgo.serve.upstream.leases import Leases
from govgo.serve.upstream.library import Freshness, Library
from govgo.serve.upstream.proofs import Proofs
from govgo.serve.upstream.published import Ledger, PublishedModules, ledger_of
from govgo.serve.upstream.sources import Sources
from govgo.serve.upstream.uses import Uses
from govgo.serve.upstream.verdicts import Verdicts
from govgo.serve.upstream.zips import Means
from govgo.serve.vanity import VanityRoute
from govgo.wiring.sumdb import open_place, open_publisher

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
    """A site whose cold loop runs, until `stop`.

    Attributes:
        care: what is done in the background, from `settle` on.
    """

    def __init__(
        self,
        site: Site,
        settings: Settings,
        care: Care,
        libraries: Sequence[Library],
        routes: Callable[[Settings, Rules], tuple[Route, ...]],
        verdicts: Callable[[Settings, Rules], Verdicts | None],
        last: Callable[[], Coroutine[Any, Any, None]],
        ends: list[Callable[[], object]],
        first: Sequence[Callable[[], object]] = (),
    ) -> None:
        self.site = site
        self._first = first
        self.care = care
        self._settings = settings
        self._libraries = libraries
        self._routes = routes
        self._verdicts = verdicts
        self._last = last
        self._ends = ends

    def settle(self) -> None:
        """Requests are answered: get ready for the first cold one, and look after the storage."""

        async def begin() -> None:
            self.care.begin()
            if self.site.policy.mode != "none":
                await self.site.library.warm()

        self.site.cold.call(begin())

    def use(self, settings: Settings) -> tuple[str, ...]:
        """Let new settings count, as far as they can while the server runs; those are `rules.RELOADABLE`.

        Returns:
            The names of others that differ: they count after a restart.

        Raises:
            UsageError, MissingExtraError: they make no sense, and those from before count.
        """
        site = self.site
        now = renewed(self._settings, settings)
        rules = read_rules(now)
        routes = self._routes(now, rules)
        verdicts = self._verdicts(now, rules)
        # Nothing fails from here on: all of it counts, or nothing.
        site.access.use(rules.users, now.anonymous)
        site.policy = rules.policy
        for library in self._libraries:
            library.min_age_s, library.verdicts = rules.policy.min_age_s, verdicts
        for follower in site.followers:
            follower.use(rules.policy)
        site.is_judged = rules.check is not None
        site.routes = routes
        self._settings = now
        return tuple(name for name in Settings._fields if getattr(settings, name) != getattr(now, name))

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
    storage = open_storage(settings, env)
    check_plan(care_plan(settings), storage)
    storage.close()
    tls_context(settings)
    read_rules(settings)
    if settings.events.name and not settings.read_only:
        open_key(settings, env)
    if env.gosumdb != OFF:
        database_of(env)
    if settings.publishing.modules:
        _check_publishing(settings, env)


def _check_publishing(settings: Settings, env: GoEnv) -> None:
    check_names(settings)
    if not settings.storage:
        raise UsageError("publish: storage is missing: a module cache is emptied, and this cannot be had again")
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
    if settings.upstream:
        env = env._replace(goproxy=settings.upstream)
    here = ",".join(settings.publishing.modules)
    if here:  # nobody else is to hear of them
        env = env._replace(gonosumdb=",".join(filter(None, (env.gonosumdb, here))))
    rules = read_rules(settings)
    ruled = settings._replace(policy=rules.policy)
    storage = open_storage(settings, env)
    access = Access(rules.users, settings.anonymous)
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
    private = ",".join(filter(None, (env.goprivate, env.gonoproxy, env.gonosumdb)))
    leases = Leases(storage, cold.stored)

    def is_private(path: str) -> bool:
        return match_prefix_patterns(private, path)

    journal = open_journal(settings, env, storage, leases, is_private, report.note)
    misses = Misses([peer.url for peer in settings.peers if peer.misses], web, is_private)

    def appeared(mod: ModuleVersion) -> None:
        journal.stored(mod)
        misses.note(mod)

    uses = Uses()

    def verdicts(settings: Settings, rules: Rules) -> Verdicts | None:
        return verdicts_of(settings, rules, env, report)

    libraries: list[Library] = []

    async def make() -> tuple[Library, Care, tuple[Follower, ...]]:
        sources = Sources(env, network, web, report)
        proofs = Proofs(env, storage, web if asks else NoNetwork(), report.note)
        means = Means(
            cold,
            storage,
            sources,
            proofs,
            leases,
            counters,
            report.note,
            not settings.read_only,
            appeared,
        )
        freshness = Freshness(list_s=settings.list_s, missing_s=settings.missing_s)
        published = PublishedModules(means, here, _ledger(settings, env)) if here else None
        library = Library(means, freshness, min_age_s=settings.policy.min_age_s, published=published)
        library.verdicts = verdicts(settings, rules)
        libraries.append(library)

        def peer_library(url: str) -> Library:
            sources = Sources(env._replace(goproxy=url, gonoproxy=""), network, web, report)
            # What it stores is told by the follower, with the log where it was first.
            of_peer_means = means._replace(sources=sources, appeared=lambda mod: None)
            of_peer = Library(of_peer_means, freshness, min_age_s=settings.policy.min_age_s)
            of_peer.verdicts = library.verdicts
            libraries.append(of_peer)
            return of_peer

        lives_here = published.covers if published is not None else _nowhere
        followers = make_followers(ruled, means, library, peer_library, web, journal, is_private, lives_here)
        journal.start()
        misses.start()
        for each in followers:
            each.start()
        return library, Care(means, library, uses, care_plan(ruled)), followers

    cold.start()
    try:
        library, care, followers = cold.call(make()).result()
    except GovgoError:
        cold.stop(_nothing(), 1.0)
        log.stop()
        raise
    site = Site(
        cold,
        library,
        storage,
        Memory(settings.memory_bytes, counters, used=uses.note),
        counters,
        rules.policy,
        access,
        log,
        Limits(connections=settings.connections),
        private,
        journal=journal,
        uses=uses,
        followers=followers,
    )
    registry = _open_registry(ruled, env, site, report)
    fixed = _fixed_routes(site, settings, env, report)
    if registry is not None:
        from govgo.serve.registry.routes import registry_route

        fixed += (registry_route(registry, tls=settings.tls_cert != ""),)
        registry.start()

    def routes(settings: Settings, rules: Rules) -> tuple[Route, ...]:
        vanity = VanityRoute(settings.vanity)
        found = list(fixed)
        if rules.hooks or rules.users:  # else nobody could sign a message
            found.append(HookRoute(site, rules.hooks, vanity.places).route())
        if settings.vanity:
            found.append(vanity.route())
        return tuple(found)

    site.routes = routes(settings, rules)
    site.is_judged = rules.check is not None

    async def end() -> None:
        await asyncio.gather(care.aclose(), misses.aclose(), library.aclose(), *(each.aclose() for each in followers))
        await journal.aclose()  # last: the others have something to tell until they end

    first = [] if registry is None else [registry.stop]
    return Running(site, settings, care, libraries, routes, verdicts, end, [storage.close], first)


def care_plan(settings: Settings) -> CarePlan:
    """What is done about the storage in the background.

    Uses are noted where a storage or a limit is named: a module cache that is shared with go gets no files of ours
    unasked.
    """
    limit = 0 if settings.read_only else settings.storage_limit
    notes = bool(settings.storage or limit) and not settings.read_only
    return CarePlan(limit, ",".join(settings.storage_keep), settings.verify_storage, notes, settings.policy)


def _fixed_routes(site: Site, settings: Settings, env: GoEnv, report: ServerReporter) -> tuple[Route, ...]:
    """What is answered beside the protocol, whatever the rules."""
    routes = []
    published = site.library.published
    if published is not None:
        routes.append(PublishRoute(site, published, settings.publishing.max_bytes, site.journal.stored).route())
        if settings.publishing.sumdb:
            routes.append(sumdb_route(site, open_place(settings.publishing.sumdb, env.process), report.note))
    pages = open_pages(settings, env, site.storage, site)
    if pages is not None:
        routes += pages.routes
    return tuple(routes)


def _open_registry(settings: Settings, env: GoEnv, site: Site, report: ServerReporter) -> Registry | None:
    """The registry; None where it is off, or there is no place for its catalogue."""
    if not settings.registry.enabled:
        return None
    from govgo.serve.registry.registry import Registry, Visible

    closed = (site.access.is_closed and not settings.anonymous) or settings.client_ca != ""
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


def _ledger(settings: Settings, env: GoEnv) -> Ledger | None:
    """One's own checksum database, for what is published."""
    publishing = settings.publishing
    if not publishing.sumdb:
        return None
    return ledger_of(open_publisher(publishing.sumdb, publishing.sumdb_key, env.process).add)


def _nowhere(_path: str) -> bool:
    return False


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


def load_certificate(context: ssl.SSLContext, settings: Settings) -> None:
    """Use the certificate as it is on the disk now, for connections from now on.

    Raises:
        UsageError: it cannot be used.
    """
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key or None)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"tls: {settings.tls_cert}: {one_line(str(error))}") from None


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
    load_certificate(context, settings)
    try:
        if settings.client_ca:
            context.load_verify_locations(settings.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"tls: {settings.tls_cert}: {one_line(str(error))}") from None
    return context
