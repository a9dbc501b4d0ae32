# SPDX-License-Identifier: BSD-3-Clause
"""Which files of modules a mirror needs, for modules and workspaces on disk, and for module versions by name.

go reads the go.mod files of the module graph, as far as that is not pruned, and those of the whole build list; it
downloads the zips of the build list (`go mod download all`). A module that is named is looked at as if a main module
had just added it by `go get`: this requires the module and all that its go.mod lists, and so has their go.mod files in
its graph.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from govgo.app.mirror.tidied import tidied
from govgo.core.findings import Finding, Place
from govgo.core.mirror.contents import Closure
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.module.paths import check_path
from govgo.core.module.versionquery import parse_path_version
from govgo.errors import Failure, ReportedError
from govgo.load.dependency.gomod import raw_summary
from govgo.load.query.query import query
from govgo.load.targets.errorfindings import from_error, from_reported
from govgo.load.targets.locate import fault_in, locating_in
from govgo.load.targets.open import reading
from govgo.load.targets.resolve import Resolved, Unresolved, resolve, resolve_all
from govgo.load.targets.targets import MODULE, Target

if TYPE_CHECKING:
    from govgo.core.resolution.resolution import Resolution
    from govgo.load.session.session import Session
    from govgo.ports.files import PlannedFiles, Workspace

_HIGHEST_GO = "1.21"
"""The go line of the main module that a named module is looked at with: graphs are pruned as by every later one."""


def closure_of(
    session: Session,
    where: Sequence[str],
    queries: Sequence[str],
    *,
    plan: Callable[[Workspace], PlannedFiles],
    listed: Iterable[ModuleVersion] = (),
    alone: bool = False,
    tidy: bool = False,
) -> Closure:
    """What the builds of all that is named need. What cannot be resolved is a fault, and stops nothing else.

    Args:
        session: the command.
        where: modules and workspaces, as in `find_targets`; none at all where `queries` name something.
        queries: module versions, `path@version`, where a version may be a query.
        plan: makes files whose changes stay in memory.
        listed: module versions to take without what they require, such as those of an index.
        alone: of the modules that `queries` name take just these, not what they require.
        tidy: add what `go mod tidy` looks at in the modules of `where`.

    Raises:
        UsageError: an argument names nothing.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    closing = _Closing(listed)
    for each in resolve_all(session, where) if where or not (queries or closing.zips) else ():
        closing.add_build(each, plan if tidy else None)
    for mod in _versions(session, queries, closing.faults):
        closing.add_version(mod, None if alone else partial(_as_required, session, mod, plan))
    return closing.closure()


class _Closing:
    """A closure as it grows."""

    def __init__(self, listed: Iterable[ModuleVersion]) -> None:
        self.zips = set(listed)
        self.gomods = set(self.zips)
        self.faults: list[Finding] = []
        self._sums: dict[ModuleVersion, set[tuple[str, str]]] = {}
        self._builds: list[Resolution] = []

    def add_build(self, found: Resolved | Unresolved, plan: Callable[[Workspace], PlannedFiles] | None) -> None:
        """Add a module or workspace; with a `plan`, also what tidying it looks at."""
        if isinstance(found, Unresolved):
            self.faults.append(found.fault)
            return
        self._builds.append(found.resolution)
        self._add(found.resolution)
        for key in found.ledger.listed():
            self._sums.setdefault(key, set()).update((h1, found.ledger.file) for h1 in found.ledger.h1_only(key))
        if plan is None:
            return
        try:
            with locating_in(found.resolution):
                read, unpacked = tidied(found, plan)
        except Failure as error:
            self.faults.append(fault_in(found.resolution, error).unchecked())
        except ReportedError as error:  # packages that cannot be loaded
            self.faults.append(from_reported(error, Place(found.resolution.mod_file)).unchecked())
        else:
            self.gomods |= read | unpacked
            self.zips |= unpacked

    def add_version(self, mod: ModuleVersion, resolved: Callable[[], Resolved] | None) -> None:
        """Add a module version, and what it requires where something resolves that."""
        self.zips.add(mod)
        self.gomods.add(mod)
        try:
            if resolved is not None:
                self._add(resolved().resolution)
        except Failure as error:
            self.faults.append(from_error(None, error)._replace(module=mod).unchecked())

    def _add(self, resolution: Resolution) -> None:
        def real(mods: Iterable[ModuleVersion]) -> set[ModuleVersion]:
            """The module versions whose files are used: replacements in place of what they replace, no directories."""
            used = (resolution.replacement(mod) or mod for mod in mods if mod.version and not is_toolchain(mod.path))
            return {mod for mod in used if mod.version}

        graph = resolution.graph
        self.zips |= real(resolution.modules)
        self.gomods |= real(mod for mod in graph.breadth_first() if graph.required_by(mod) is not None)
        self.gomods |= real(resolution.modules)

    def closure(self) -> Closure:
        """What has come together."""
        stated = {key: frozenset(hashes) for key, hashes in self._sums.items()}
        return Closure(frozenset(self.gomods), frozenset(self.zips), stated, tuple(self.faults), self._asking)

    def _asking(self, mod: ModuleVersion) -> Place | None:
        return next((place for each in self._builds if (place := each.leading_place(mod)) is not None), None)


def _versions(session: Session, queries: Sequence[str], faults: list[Finding]) -> list[ModuleVersion]:
    """The module versions that queries name, each once."""
    found: dict[ModuleVersion, None] = {}
    for text in dict.fromkeys(queries):
        path, version, _ = parse_path_version(text)
        try:
            check_path(path)
            found[ModuleVersion(path, query(session, path, version or "latest").version)] = None
        except Failure as error:
            fault = from_error(None, error)._replace(module=ModuleVersion(path, version)).unchecked()
            faults.append(fault if path in fault.text else fault._replace(text=f"{text}: {fault.text}"))
    return list(found)


def _as_required(session: Session, mod: ModuleVersion, plan: Callable[[Workspace], PlannedFiles]) -> Resolved:
    """The graph of a main module that has just added `mod`.

    Raises:
        GovgoError: it cannot be loaded completely.
    """
    root = posixpath.join(session.settings.cwd, ".govgo-mirror")  # a name for what is on no disk
    required = [mod, *(each for each in raw_summary(session, mod).require if not is_toolchain(each.path))]
    lines = "".join(f"require {each.path} {each.version}\n" for each in required)
    go = max((each.version for each in raw_summary(session, mod).require if each.path == "go"), default="")
    files = plan(session.files)
    files.write(f"{root}/go.mod", f"module govgo.invalid/mirror\n\ngo {go or _HIGHEST_GO}\n\n{lines}".encode())
    target = Target(MODULE, "govgo.invalid/mirror", root, f"{root}/go.mod", ())
    # -modfile is for the main module of the command.
    outer = reading(session, files, session.settings._replace(modfile="", modfile_given=""))
    found = resolve(outer, target)
    if found.resolution.error is not None:
        raise found.resolution.error
    return found
