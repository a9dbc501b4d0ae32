# SPDX-License-Identifier: BSD-3-Clause
"""Which checksums go.sum must hold so that the same modules and packages can be loaded again.

Reference: Go Modules Reference, "go.sum files"; golang.org/issue/56222 for what changed with go 1.21.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from enum import Enum

from govgo.core.modgraph.loader import Pruning
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import is_import_path
from govgo.core.typehints import TYPE_CHECKING, Protocol
from govgo.core.version import goversion

if TYPE_CHECKING:
    from govgo.load.buildlist.package import LoadPkg
    from govgo.load.buildlist.requirements import Requirements
    from govgo.load.session.session import Session


class Which(Enum):
    """For which modules the hash of the zip is kept: those that packages were loaded from, or all in the build list."""

    LOADED_ZIP_SUMS_ONLY = "loaded"
    ADD_BUILD_LIST_ZIP_SUMS = "build-list"


class LoadedPackages(Protocol):
    """What a load of packages came to, as far as checksums depend on it (`load.packages.loader.Loaded`)."""

    @property
    def requirements(self) -> Requirements: ...

    @property
    def pkgs(self) -> tuple[LoadPkg, ...]: ...

    @property
    def tidy(self) -> bool: ...


def keep_sums(
    session: Session,
    loaded: LoadedPackages | None,
    rs: Requirements,
    which: Which,
) -> set[ModuleVersion]:
    """The checksums to keep: module versions for zips, with "/go.mod" behind the version for go.mod files.

    Args:
        session: the command.
        loaded: the packages that were loaded, if any.
        rs: the requirements; their graph is not loaded for this.
        which: the modules whose zip hashes are kept.
    """
    keep: set[ModuleVersion] = set()
    with_mod_sums = _add_package_sums(session, loaded, rs, keep)
    build_list = which is Which.ADD_BUILD_LIST_ZIP_SUMS
    resolve = session.main.resolve
    if not rs.graph_loaded:
        for mv in rs.roots:
            actual = resolve(mv)
            keep.add(actual.gomod_key())
            if build_list:
                keep.add(actual)
        return keep
    graph, _ = rs.partial_graph()
    for mv in graph.breadth_first():
        if graph.required_by(mv) is not None:
            # Its requirements count in the selection, even when it is not selected itself.
            keep.add(resolve(mv).gomod_key())
    if build_list:
        for mv in graph.build_list():
            actual = resolve(mv)
            if with_mod_sums:
                keep.add(actual.gomod_key())  # to build the packages of the zip, go reads the go line of its go.mod
            keep.add(actual)
    return keep


def _add_package_sums(
    session: Session, loaded: LoadedPackages | None, rs: Requirements, keep: set[ModuleVersion]
) -> bool:
    """Add what loaded packages need; whether the go.mod hash belongs beside every zip hash."""
    if loaded is None:
        go = session.main.go_version()
        return session.build_mod == "mod" or goversion.compare(go, goversion.TIDY_GO_MOD_SUM_VERSION) >= 0
    go = loaded.requirements.go_version()
    modern = goversion.compare(go, goversion.TIDY_GO_MOD_SUM_VERSION) >= 0 or not (
        loaded.tidy or session.build_mod != "mod"
    )
    for pkg in loaded.pkgs:
        if not needs_sums(pkg):
            continue
        if modern:
            keep.add(session.main.resolve(pkg.mod).gomod_key())
        for mv in providers(pkg, rs):
            keep.add(session.main.resolve(mv))
    return modern


def read_graph(loaded: LoadedPackages, rs: Requirements) -> None:
    """Read the module graph of a workspace where `keep_sums` will look into it: for any package but those of go."""
    if any(needs_sums(pkg) for pkg in loaded.pkgs):
        rs.partial_graph()


def needs_sums(pkg: LoadPkg) -> bool:
    """Whether checksums are needed to load a package: not for standard packages, "C", and tests, which share them."""
    return pkg.test_of is None and (pkg.mod.path != "" or pkg.error is not None) and is_import_path(pkg.path)


def providers(pkg: LoadPkg, rs: Requirements) -> Iterator[ModuleVersion]:
    """The modules that must be searched to make sure that only one provides the package.

    Where a root of a pruned graph provides it, these are other roots; else all selected modules.
    """
    from_root = rs.pruning == Pruning.PRUNED and pkg.mod.path and rs.root_selected(pkg.mod.path) == pkg.mod.version
    graph = None if from_root else rs.partial_graph()[0]
    prefix = pkg.path
    while prefix not in (".", "/", ""):
        version = rs.root_selected(prefix) if graph is None else graph.selected(prefix)
        if version is not None and version != "none":
            yield ModuleVersion(prefix, version)
        prefix = posixpath.dirname(prefix)
