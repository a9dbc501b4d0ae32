# SPDX-License-Identifier: BSD-3-Clause
"""What `go mod tidy` looks at: it is played on files whose changes stay in memory, and every question is noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from govgo.app.tidy import tidy
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.load.targets.open import reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from govgo.core.modfile.summary import Summary
    from govgo.load.targets.resolve import Resolved
    from govgo.ports.files import PlannedFiles, Workspace
    from govgo.ports.modules import Loader, ModuleRepo


def tidied(
    found: Resolved, plan: Callable[[Workspace], PlannedFiles]
) -> tuple[frozenset[ModuleVersion], frozenset[ModuleVersion]]:
    """The module versions whose go.mod, and those whose zip, tidying a module or each module of a workspace reads.

    Raises:
        GovgoError: it cannot be tidied.
    """
    found.activate()
    gomods: set[ModuleVersion] = set()
    zips: set[ModuleVersion] = set()
    main, settings = found.session.main, found.session.settings
    for module in main.modules:
        view = reading(
            found.session,
            plan(found.session.files),
            settings._replace(cwd=main.root(module), env=settings.env._replace(gowork="off")),
        )
        watched = _Watched(view.repo)
        view.repo = cast("ModuleRepo", watched)
        try:
            tidy(view)
        finally:
            found.activate()
        gomods |= watched.gomods
        zips |= watched.zips
    return (frozenset(m for m in gomods if not is_toolchain(m.path)), frozenset(zips))


class _Watched:
    """A `ports.ModuleRepo` that notes which files are asked for."""

    def __init__(self, repo: ModuleRepo) -> None:
        self._repo = repo
        self.gomods: set[ModuleVersion] = set()
        self.zips: set[ModuleVersion] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._repo, name)

    def gomod(self, mv: ModuleVersion) -> bytes:
        """The go.mod from the repository below; that it was asked for is noted."""
        data = self._repo.gomod(mv)
        self.gomods.add(mv)
        return data

    def recalled(self, mv: ModuleVersion) -> Summary | None:
        """Noted, where it is known."""
        found = self._repo.recalled(mv)
        if found is not None:
            self.gomods.add(mv)
        return found

    def zip_dir(self, mv: ModuleVersion) -> str:
        """The tree from the repository below; that it was asked for is noted."""
        directory = self._repo.zip_dir(mv)
        self.zips.add(mv)
        return directory

    def cached_dir(self, mv: ModuleVersion) -> str | None:
        """Noted, where there is one."""
        directory = self._repo.cached_dir(mv)
        if directory is not None:
            self.zips.add(mv)
        return directory

    def pump(self, loader: Loader) -> None:
        """Each go.mod is noted that the loader is told."""
        self._repo.pump(_WatchedLoader(loader, self.gomods))

    def begin_pump(self, loader: Loader) -> None:
        """It is only begun: `pump` follows."""


class _WatchedLoader:
    """A `ports.Loader` whose answers are noted."""

    def __init__(self, loader: Loader, told: set[ModuleVersion]) -> None:
        self._loader = loader
        self._told = told

    def wanted(self) -> Sequence[ModuleVersion]:
        """As the loader."""
        return self._loader.wanted()

    def likely(self) -> Sequence[ModuleVersion]:
        """As the loader."""
        return self._loader.likely()

    def tell(self, mv: ModuleVersion, answer: bytes | Summary | Exception) -> None:
        """Hand an answer to the loader below, and note its module version."""
        if not isinstance(answer, Exception):
            self._told.add(mv)
        self._loader.tell(mv, answer)
