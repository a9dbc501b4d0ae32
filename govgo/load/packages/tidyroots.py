# SPDX-License-Identifier: BSD-3-Clause
"""The least root requirements that keep every loaded package at the version it was loaded from (`mod tidy`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from govgo.core.modgraph.loader import Pruning
from govgo.core.module.moduleversion import ModuleVersion, compare_versions
from govgo.core.typehints import TYPE_CHECKING
from govgo.errors import Failure, find
from govgo.load.buildlist.package import LoadPkg
from govgo.load.buildlist.requirements import Requirements, sorted_roots
from govgo.load.buildlist.roots import minimal_requirements
from govgo.load.packages.errors import AmbiguousImportError
from govgo.load.packages.imports import import_from_modules

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def tidy_roots(session: Session, rs: Requirements, pkgs: Sequence[LoadPkg]) -> Requirements:
    """Drop the roots of `rs` that `pkgs` do not need, and name those that they do.

    Raises:
        GraphError: the graph of the new roots could not be loaded.
    """
    if rs.pruning == Pruning.UNPRUNED:
        return _tidy_unpruned(session, rs, pkgs)
    return _tidy_pruned(session, rs, pkgs)


def _go_roots(rs: Requirements) -> list[ModuleVersion]:
    return [
        ModuleVersion(path, version)
        for path in ("go", "toolchain")
        if (version := rs.max_root_version.get(path)) is not None
    ]


def _tidy_pruned(session: Session, rs: Requirements, pkgs: Sequence[LoadPkg]) -> Requirements:
    """Roots for every package in "all", and for the dependencies of their tests where nothing else selects them.

    If a module that provides a package is then selected at a higher version, the caller loads again.
    """
    roots = _go_roots(rs)
    paths = {session.main.single().path, *(mv.path for mv in roots)}
    queue: list[LoadPkg] = []
    for pkg in pkgs:
        if pkg.in_all:
            if pkg.from_external_module and pkg.mod.path not in paths:
                roots.append(pkg.mod)
                paths.add(pkg.mod.path)
            queue.append(pkg)
    tidy = Requirements(session, Pruning.PRUNED, sorted_roots(roots), rs.direct)
    tidy = _cover_tests(session, tidy, queue, paths)
    return _disambiguate(session, tidy, pkgs, paths)


def _cover_tests(session: Session, tidy: Requirements, queue: list[LoadPkg], paths: set[str]) -> Requirements:
    """Add roots for packages that would fall below their version, one depth of imports at a time.

    Packages with short import chains come first, since their modules tend to require those of the packages below.
    """
    queued = set(queue)
    while queue:
        graph = tidy.graph()
        current, queue = queue, []
        missing: list[ModuleVersion] = []
        for pkg in current:
            mv = pkg.mod
            if not mv.path:
                continue
            for each in (*pkg.imports, pkg.test):
                if each is not None and each not in queued:
                    queued.add(each)
                    queue.append(each)
            if mv.path not in paths and compare_versions(mv.path, graph.selected(mv.path), mv.version) < 0:
                missing.append(mv)
                paths.add(mv.path)
        tidy = _with_roots(session, tidy, missing)
    tidy.graph()
    return tidy


def _with_roots(session: Session, rs: Requirements, added: Iterable[ModuleVersion]) -> Requirements:
    extra = tuple(added)
    return Requirements(session, rs.pruning, sorted_roots((*rs.roots, *extra)), rs.direct) if extra else rs


def _disambiguate(session: Session, tidy: Requirements, pkgs: Sequence[LoadPkg], paths: set[str]) -> Requirements:
    """Keep roots without which an import could come from two modules (golang.org/issue/60313).

    Packages are searched in the roots first, so dropping a root can make an import ambiguous.
    """
    while True:
        ambiguous = {
            pkg.mod: None
            for pkg in pkgs
            if pkg.mod.path and pkg.mod.path not in paths and _is_ambiguous(session, tidy, pkg.path)
        }
        if not ambiguous:
            return tidy
        paths.update(mv.path for mv in ambiguous)
        tidy = _with_roots(session, tidy, ambiguous)
        tidy.graph()  # what it adds may make more imports ambiguous


def _is_ambiguous(session: Session, rs: Requirements, path: str) -> bool:
    try:
        import_from_modules(session, path, rs, None, skip_mod_file=True)
    except Failure as error:
        return find(error, AmbiguousImportError) is not None
    return False


def _tidy_unpruned(session: Session, rs: Requirements, pkgs: Sequence[LoadPkg]) -> Requirements:
    """Roots that keep the selected version of every module that provides a package, or could by its name."""
    keep = _go_roots(rs)
    kept = {mv.path for mv in keep}
    base: dict[str, None] = {}
    alternatives: dict[str, str] = {}
    for pkg in pkgs:
        if not pkg.from_external_module:
            continue
        mv = pkg.mod
        if mv.path not in kept:
            keep.append(mv)
            kept.add(mv.path)
            if mv.path in rs.direct:
                base[mv.path] = None
        alternatives.update(pkg.alt_mods)
    main = session.main.single()
    minimal, built = minimal_requirements(session, main, base, tuple(keep))
    # A module that could provide a package by its name may be dropped, but not lowered: the other version might make
    # the import ambiguous, and go.sum has no line for it (golang.org/issue/47738).
    lowered = [
        ModuleVersion(mv.path, version)
        for mv in built
        if (version := alternatives.get(mv.path)) is not None and compare_versions(mv.path, mv.version, version) < 0
    ]
    if lowered:
        minimal, _ = minimal_requirements(session, main, base, (*keep, *lowered))
    # Where a dependency asks for a newer Go than go.mod, the go line is not a minimal requirement, but remains one.
    lines = [mv for mv in _go_roots(rs) if all(mv.path != kept.path for kept in minimal)]
    return Requirements(session, Pruning.UNPRUNED, sorted_roots((*minimal, *lines)), rs.direct)
