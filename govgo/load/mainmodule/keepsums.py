# SPDX-License-Identifier: BSD-3-Clause
"""Which checksums go.sum needs, so that the same modules and packages can be loaded again.

Reference: Go Modules Reference, "go.sum files"; golang.org/issue/56222 for what changed with go 1.21.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING

from govgo.core.modgraph.loader import Pruning
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import check_import_path
from govgo.core.version import goversion
from govgo.errors import InvalidPathError

if TYPE_CHECKING:
    from govgo.load.buildlist.package import LoadPkg
    from govgo.load.buildlist.requirements import Requirements
    from govgo.load.packages.loader import Loaded
    from govgo.load.session.session import Session


class Which(Enum):
    """For which modules the hash of the zip is kept: those that packages were loaded from, or all in the build list."""

    LOADED_ZIP_SUMS_ONLY = "loaded"
    ADD_BUILD_LIST_ZIP_SUMS = "build-list"


def keep_sums(
    session: Session,
    loaded: Loaded | None,
    rs: Requirements,
    which: Which = Which.ADD_BUILD_LIST_ZIP_SUMS,
) -> set[ModuleVersion]:
    """The checksums to keep: module versions for zips, with "/go.mod" behind the version for go.mod files.

    Args:
        session: the command.
        loaded: the packages that were loaded, if any.
        rs: the requirements; their graph is not loaded for this.
        which: see there.
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
            # Its requirements take part in the selection, whether it is selected or not.
            keep.add(resolve(mv).gomod_key())
    if build_list:
        for mv in graph.build_list():
            actual = resolve(mv)
            if with_mod_sums:
                keep.add(actual.gomod_key())  # a zip is of no use without the go version
            keep.add(actual)
    return keep


def _add_package_sums(session: Session, loaded: Loaded | None, rs: Requirements, keep: set[ModuleVersion]) -> bool:
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


def needs_sums(pkg: LoadPkg) -> bool:
    """Whether loading a package takes checksums: not those of the standard library, nor "C"; tests come with theirs."""
    return pkg.test_of is None and (pkg.mod.path != "" or pkg.error is not None) and _is_import_path(pkg.path)


def providers(pkg: LoadPkg, rs: Requirements) -> Iterator[ModuleVersion]:
    """The modules that have to be looked at to see that only one provides the package.

    Where a root of a pruned graph provides it, other roots; else everything selected.
    """
    from_root = rs.pruning == Pruning.PRUNED and pkg.mod.path and rs.root_selected(pkg.mod.path) == pkg.mod.version
    graph = None if from_root else rs.partial_graph()[0]
    prefix = pkg.path
    while prefix not in (".", "/", ""):
        version = rs.root_selected(prefix) if graph is None else graph.selected(prefix)
        if version is not None and version != "none":
            yield ModuleVersion(prefix, version)
        prefix = posixpath.dirname(prefix)


def _is_import_path(path: str) -> bool:
    try:
        check_import_path(path)
    except InvalidPathError:
        return False
    return True
