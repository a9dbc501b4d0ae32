# SPDX-License-Identifier: BSD-3-Clause
"""What one process serves, made of settings part by part: storage, cold loop, library, followers, registry, routes."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from govgo.adapters.disk.diskerror import reason
from govgo.adapters.disk.system import most_open_files
from govgo.adapters.http.engine import Timeouts
from govgo.adapters.http.remote import Web
from govgo.adapters.http.retry import RetryPolicy
from govgo.adapters.loop.network import Network, NetworkOptions
from govgo.adapters.storage.directory import DirectoryStorage
from govgo.adapters.storage.open import is_url
from govgo.adapters.storage.open import open_storage as open_bucket
from govgo.adapters.sumdb.route import NoNetwork
from govgo.core.goenv import GoEnv
from govgo.core.module.cachepath import DOWNLOAD
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.patterns import match_prefix_patterns
from govgo.core.safetext import one_line
from govgo.errors import StorageError, UsageError
from govgo.ports.storage import Storage
from govgo.serve.access import Access
from govgo.serve.accesslog import AccessLog
from govgo.serve.counters import Counters
from govgo.serve.events.follow import Follower
from govgo.serve.events.missreports import Misses
from govgo.serve.freshness import Freshness
from govgo.serve.hooks.route import HookRoute
from govgo.serve.http.memory import Memory
from govgo.serve.http.routes import Route
from govgo.serve.http.site import Limits, Site
from govgo.serve.index.routes import IndexPages
from govgo.serve.publish.route import PublishRoute
from govgo.serve.publish.sumdb import sumdb_route
from govgo.serve.server.events import make_followers, open_journal, open_pages
from govgo.serve.server.judging import verdicts_of
from govgo.serve.server.rules import Rules, read_rules
from govgo.serve.settings import Settings
from govgo.serve.upstream.coldloop import ColdLoop
from govgo.serve.upstream.copies import Copies
from govgo.serve.upstream.leases import Leases
from govgo.serve.upstream.published import Ledger, PublishedModules, ledger_of
from govgo.serve.upstream.readthrough import ReadThrough
from govgo.serve.upstream.sources import Sources
from govgo.serve.upstream.sumdbproofs import Proofs
from govgo.serve.upstream.unsaved import Unsaved
from govgo.serve.upstream.upkeep import CarePlan, Upkeep
from govgo.serve.upstream.uses import Uses
from govgo.serve.upstream.verdicts import Verdicts
from govgo.serve.upstream.zips import Means
from govgo.serve.vanity import VanityRoute
from govgo.wiring.sumdb import open_place, open_publisher

if TYPE_CHECKING:
    from govgo.serve.registry.registry import Registry

_RETRY = RetryPolicy(retries=2, base_s=0.1, longest_s=2.0)
"""Clients ask again themselves; what upstream says is told to them soon."""
_OTHER_FILES = 512
"""That may be open beside connections: copies of zips, zips on their way, upstream, the storage, the log."""


class ServerReporter:
    """A `ports.Reporter` whose sentences go to standard error, a line each."""

    def __init__(self, write: Callable[[str], object] = sys.stderr.write) -> None:
        self._write = write

    def note(self, sentence: str) -> None:
        """A sentence, perhaps with the lines of an evidence below it."""
        text = one_line("; ".join(line for each in sentence.split("\n") if (line := each.strip())))
        self._write(f"govgo: {text}\n")

    raw = note

    def event(self, kind: str, facts: Mapping[str, object]) -> None:
        """Progress is shown to nobody."""


class Parts:
    """See the module's docstring.

    `__init__` makes what needs no loop, `begin` the rest, on the cold loop; `join` makes the site of all.

    Attributes:
        settings, env: of the process; GOPROXY is the upstream that the settings name.
        rules: read from the files that the settings name.
        libraries: the server's own first, then those of peers.
        care, followers: after `begin`.
        registry: after `join`; None for none.
    """

    care: Upkeep
    followers: tuple[Follower, ...]

    def __init__(self, settings: Settings, env: GoEnv, report: ServerReporter, counters: Counters) -> None:
        """Nothing runs yet.

        Raises:
            UsageError: settings that cannot be used.
            GovgoError: the storage or a file cannot be opened.
        """
        if settings.upstream:
            env = env._replace(goproxy=settings.upstream)
        self.here = ",".join(settings.publishing.modules)
        if self.here:  # nobody else is to hear of them
            env = env._replace(gonosumdb=",".join(filter(None, (env.gonosumdb, self.here))))
        self.env, self.report, self.counters = env, report, counters
        self.rules = read_rules(settings)
        self.settings = settings
        self.storage = open_storage(settings, env)
        self.access = Access(self.rules.users, settings.anonymous)
        self.log = AccessLog(settings.access_log)
        try:
            self.log.start()
        except OSError as error:
            raise UsageError(f"access_log: {settings.access_log}: {reason(error)}") from None
        timeouts = Timeouts(connect_s=min(10.0, settings.timeout_s)).waiting(settings.timeout_s)
        self.network = Network(env, report, NetworkOptions(timeouts=timeouts, retry=_RETRY), local=False)
        self.cold = ColdLoop(self.network.loop(), self.network.close)
        self.web = Web(self.network.client)
        self.private = ",".join(filter(None, (env.goprivate, env.gonoproxy, env.gonosumdb)))
        self.leases = Leases(self.storage, self.cold.stored)
        self.journal = open_journal(settings, env, self.storage, self.leases, self._is_private, report.note)
        self.misses = Misses([peer.url for peer in settings.peers if peer.misses], self.web, self._is_private)
        self.uses = Uses()
        self.unsaved = Unsaved(self.cold, counters, report.note)
        self.libraries: list[ReadThrough] = []
        self.registry: Registry | None = None
        self._fixed: tuple[Route, ...] = ()
        self._shows_private = False

    def _is_private(self, path: str) -> bool:
        return match_prefix_patterns(self.private, path)

    def verdicts(self, settings: Settings, rules: Rules) -> Verdicts | None:
        """The rules of a govgo.toml that count for what is served."""
        return verdicts_of(settings, rules, self.env, self.report)

    # On the cold loop.

    async def begin(self) -> None:
        """Make what belongs to the cold loop, and let it begin."""
        settings, policy = self.settings, self.rules.policy
        ruled = settings._replace(policy=policy)
        means = self._means()
        published = PublishedModules(means, self.here, _ledger(settings, self.env)) if self.here else None
        library = self._library(means, published)
        self.followers = make_followers(
            ruled,
            means,
            library,
            lambda url: self._library(self._means_of_peer(means, url), None),
            self.web,
            self.journal,
            self._is_private,
            published.covers if published is not None else _nowhere,
        )
        self.journal.start()
        self.misses.start()
        for each in self.followers:
            each.start()
        self.care = Upkeep(means, library, self.uses, care_plan(ruled))

    def _means(self) -> Means:
        return Means(
            self.cold,
            self.storage,
            Copies(self.storage, self.settings.memory_bytes, stores=not self.settings.read_only),
            Sources(self.env, self.network, self.web, self.report, self.counters),
            Proofs(
                self.env,
                self.storage,
                self.web if self.rules.policy.asks else NoNetwork(),
                self.report.note,
                None if self.settings.read_only else self.unsaved.keep,
            ),
            self.leases,
            self.unsaved,
            self.counters,
            self.report.note,
            not self.settings.read_only,
            self._appeared,
            self.journal.removed,
        )

    def _appeared(self, mod: ModuleVersion) -> None:
        self.journal.stored(mod)
        self.misses.note(mod)

    def _means_of_peer(self, means: Means, url: str) -> Means:
        """The follower of a peer logs what it stores here, with the log that had it first."""
        env = self.env._replace(goproxy=url, gonoproxy="")
        sources = Sources(env, self.network, self.web, self.report, self.counters)
        return means._replace(sources=sources, appeared=lambda mod: None)

    def _library(self, means: Means, published: PublishedModules | None) -> ReadThrough:
        settings, policy = self.settings, self.rules.policy
        freshness = Freshness(list_s=settings.list_s, missing_s=settings.missing_s)
        library = ReadThrough(means, freshness, min_age_s=policy.min_age_s, published=published)
        library.verdicts = self.libraries[0].verdicts if self.libraries else self.verdicts(settings, self.rules)
        self.libraries.append(library)
        return library

    async def end(self) -> None:
        """End what is under way, and write what is proved; raises nothing."""
        others = (each.aclose() for each in self.followers)
        await asyncio.gather(self.care.aclose(), self.misses.aclose(), self.libraries[0].aclose(), *others)
        await self.unsaved.aclose()
        await self.journal.aclose()  # last: the others have something to tell until they end

    # The site.

    def join(self) -> Site:
        """The site, when the cold loop has begun."""
        settings = self.settings
        site = Site(
            self.cold,
            self.libraries[0],
            self.storage,
            Memory(settings.memory_bytes, self.counters, used=self.uses.note),
            self.counters,
            self.rules.policy,
            self.access,
            self.log,
            Limits(connections=self._connections()),
            self.private,
            journal=self.journal,
            uses=self.uses,
            followers=self.followers,
        )
        self._fixed = self._fixed_routes(site)
        site.routes = self.routes(site, settings, self.rules)
        site.is_judged = self.rules.check is not None
        return site

    def _connections(self) -> int:
        """How many connections may be open: each is a file, and others are needed to answer."""
        fits = most_open_files() - min(_OTHER_FILES, most_open_files() // 2)
        if self.settings.connections > fits:
            self.report.note(f"connections: {fits} at once, as this process may have {most_open_files()} files open")
        return min(self.settings.connections, fits)

    def routes(self, site: Site, settings: Settings, rules: Rules) -> tuple[Route, ...]:
        """What is answered beside the protocol, by these rules."""
        vanity = VanityRoute(settings.vanity)
        found = list(self._fixed)
        if rules.hooks or rules.users:  # else nobody could sign a message
            found.append(HookRoute(site, rules.hooks, vanity.places).route())
        if settings.vanity:
            found.append(vanity.route())
        return tuple(found)

    def show(self, site: Site, settings: Settings, rules: Rules) -> None:
        """Let the pages show what these rules let be shown; `site` keeps them already."""
        if self.registry is None:
            return
        from govgo.serve.registry.registry import Visible

        closed = everybody_has_a_name(site, settings)
        self._shows_private = closed and bool(self.private)
        visible = Visible(rules.policy, site.private, closed=closed)
        self.registry.use(visible, closed=closed, min_age_s=rules.policy.min_age_s)

    def _is_told(self) -> bool:
        """Whether the event log has all that may be shown: it may leave out private modules that are shown."""
        return not self.journal.fault and (self.settings.events.private or not self._shows_private)

    def _fixed_routes(self, site: Site) -> tuple[Route, ...]:
        """What is answered beside the protocol, whatever the rules."""
        settings, env, report = self.settings, self.env, self.report
        routes: list[Route] = []
        published = site.library.published
        if published is not None:
            routes.append(PublishRoute(site, published, settings.publishing.max_bytes, self.journal.stored).route())
            if settings.publishing.sumdb:
                routes.append(sumdb_route(site, open_place(settings.publishing.sumdb, env.process), report.note))
        pages = open_pages(settings, env, self.storage, site)
        if pages is not None:
            routes += pages.routes
        self._shows_private = everybody_has_a_name(site, settings) and bool(self.private)
        self.registry = _open_registry(settings, self.rules, env, site, report, pages, self._is_told)
        if self.registry is not None:
            from govgo.serve.registry.routes import registry_route

            routes.append(registry_route(self.registry, tls=settings.tls_cert != ""))
            self.registry.start()
        return tuple(routes)


def everybody_has_a_name(site: Site, settings: Settings) -> bool:
    """Whether nobody may read who does not say who they are."""
    return not settings.anonymous if site.access.is_closed else settings.client_ca != ""


def care_plan(settings: Settings) -> CarePlan:
    """What is done about the storage in the background.

    Uses are noted where a storage or a limit is named: a module cache that is shared with go gets no files of ours
    unasked.
    """
    limit = 0 if settings.read_only else settings.storage_limit
    notes = bool(settings.storage or limit) and not settings.read_only
    return CarePlan(limit, ",".join(settings.storage_keep), settings.verify_storage, notes, settings.policy)


def _open_registry(
    settings: Settings,
    rules: Rules,
    env: GoEnv,
    site: Site,
    report: ServerReporter,
    pages: IndexPages | None,
    is_told: Callable[[], bool],
) -> Registry | None:
    """The registry; None where it is off, or there is no place for its catalogue.

    `is_told` is whether the event log, that of `pages`, tells of all that may be shown.
    """
    if not settings.registry.enabled:
        return None
    from govgo.serve.registry.changes import News
    from govgo.serve.registry.registry import Registry, Visible

    closed = everybody_has_a_name(site, settings)
    try:
        return Registry(
            settings.registry,
            site.storage,
            site.cold,
            env,
            Visible(rules.policy, site.private, closed=closed),
            report,
            place=settings.storage or f"{env.gomodcache}/{DOWNLOAD}",
            closed=closed,
            min_age_s=rules.policy.min_age_s,
            news=News(pages.log, is_told) if pages is not None else None,
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


def open_storage(settings: Settings, env: GoEnv) -> Storage:
    """The storage that the settings name, else the module cache.

    Raises:
        UsageError: it makes no sense.
        MissingExtraError: a package that buckets need is not installed.
    """
    place = settings.storage
    if is_url(place) and not place.startswith("file:"):
        return open_bucket(place, env.process)
    if not place and not env.gomodcache:
        raise UsageError("storage: neither -storage nor GOMODCACHE, GOPATH or HOME says where files are kept")
    storage = open_bucket(place, env.process) if place else DirectoryStorage(f"{env.gomodcache}/{DOWNLOAD}")
    if not isinstance(storage, DirectoryStorage) or (os.path.lexists(storage.root) and not os.path.isdir(storage.root)):
        raise UsageError(f"storage: {one_line(place)} is not a directory; a mirror in an archive is unpacked first")
    return storage
