# SPDX-License-Identifier: BSD-3-Clause
"""The one place that joins the rings: a session with the real network, module cache and files behind its ports."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from govgo.adapters.disk.renew import keeping_places
from govgo.adapters.loop.network import NetworkOptions
from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.repository.repository import Repository
from govgo.adapters.workspace.workspace import DiskWorkspace
from govgo.core.typehints import TYPE_CHECKING
from govgo.load.session.policy import LIST, Policy
from govgo.load.session.session import Session, Settings

if TYPE_CHECKING:
    from datetime import datetime

    from govgo.adapters.modcache.gomodindex import GoModIndex
    from govgo.adapters.modcache.importindex import ImportIndex
    from govgo.ports.reporter import Cancellation, Reporter


class SilentReporter:
    """A `ports.Reporter` for the library, which prints nothing."""

    def note(self, sentence: str) -> None:
        """Print nothing."""

    def raw(self, text: str) -> None:
        """Print nothing."""

    def event(self, kind: str, facts: Mapping[str, object]) -> None:
        """Show nothing."""


class HookReporter(SilentReporter):
    """A `SilentReporter` that hands each event to the caller's hook, and ends the work if the caller wants that."""

    def __init__(
        self,
        progress: Callable[[str, Mapping[str, object]], object] | None,
        cancellation: Cancellation | None,
    ) -> None:
        self._progress = progress
        self._cancellation = cancellation

    def event(self, kind: str, facts: Mapping[str, object]) -> None:
        """Tell the caller.

        Raises:
            Cancelled: the caller wants no more.
        """
        if self._cancellation is not None:
            self._cancellation.check()
        if self._progress is not None:
            self._progress(kind, facts)


class SystemClock:
    """The system's clocks."""

    def now(self) -> datetime:
        """The time of day, with its zone."""
        from datetime import UTC, datetime

        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()


def make_session(
    settings: Settings,
    report: Reporter,
    *,
    network: NetworkOptions | None = None,
    announce: bool = True,
    offline: bool = False,
    policy: Policy = LIST,
    repository: type[Repository] = Repository,
) -> Session:
    """A session over the GOPROXY chain, the module cache and the working directory that `settings` name.

    Args:
        settings: what the command line and the environment say.
        report: where to report to.
        network: how to talk to servers.
        announce: report each zip before it is fetched.
        offline: ask no source of modules.
        policy: what the verb may do; its service may set another one before anything is loaded.
        repository: its kind.

    Raises:
        UsageError: settings that cannot be used.
    """
    options = network or NetworkOptions(trace=settings.trace)
    root, writable = settings.env.gomodcache, settings.modcacherw
    cache = ModCache(root, writable_dirs=writable)
    files = DiskWorkspace(cache, keeping_places(settings.env.process))
    if settings.overlay:
        from govgo.adapters.workspace.overlay import OverlayNames, OverlayWorkspace
        from govgo.load.mainmodule.load import check_go111module

        if policy.mode_first:
            check_go111module(settings.env.go111module, needs_modules=policy.needs_modules)

        kind = OverlayWorkspace if policy.uses_overlay else OverlayNames
        files = kind(files, settings.overlay, settings.cwd)
    repo = repository(
        settings.env,
        report,
        options=options,
        cache=cache,
        announce=announce,
        offline=offline,
        too_new=lambda what, go_version: session.too_new(what, go_version),  # once there is a session
        open_index=lambda go_sum: _gomod_index(settings, cache.root, go_sum),
    )
    session = Session(
        settings=settings,
        repo=repo,
        files=files,
        report=report,
        clock=SystemClock(),
        policy=policy,
        open_index=lambda: _import_index(settings, cache.root),
    )
    if options.patience is not None:
        session.is_over = options.patience.is_over
    return session


def network_of(session: Session) -> NetworkOptions:
    """How a session that was made here talks to servers, for those that only some commands ask."""
    assert isinstance(session.repo, Repository)
    return session.repo.options


def _import_index(settings: Settings, mod_cache: str) -> ImportIndex | None:
    directory = _own_directory(settings, "imports")
    if not directory:
        return None
    from govgo.adapters.modcache.importindex import ImportIndex

    return ImportIndex(mod_cache, directory)


def _gomod_index(settings: Settings, mod_cache: str, go_sum: str) -> GoModIndex | None:
    directory = _own_directory(settings, "gomods") if go_sum and mod_cache else ""
    if not directory:
        return None
    from govgo.adapters.modcache.gomodindex import GoModIndex

    return GoModIndex(mod_cache, directory, go_sum)


def _own_directory(settings: Settings, name: str) -> str:
    """The directory of an index in the user's cache; "" for none.

    Nothing proves what an index says, so it is believed only where nobody else can have written it.
    """
    from govgo.adapters.disk.sealed import is_private, user_cache

    environ = settings.env.process
    cache = user_cache(environ)
    directory = f"{cache}/{name}"
    if not cache or settings.overlay or not is_private(directory, environ.get("HOME", ""), own=2):
        return ""
    return directory
