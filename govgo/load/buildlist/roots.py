# SPDX-License-Identifier: BSD-3-Clause
"""Keeping the root requirements consistent with the module graph and with the packages that were loaded.

Roots are consistent when each is the selected version of its path. In a pruned graph they must also name every module
that provides a package which the main module imports, directly or not, so that a module that requires the main module
need not read further go.mod files. (Go Modules Reference, "Graph pruning"; design 36460, "Invariants".)
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from govgo.core.modgraph import mvs
from govgo.core.modgraph.loader import Pruning
from govgo.core.module.moduleversion import ModuleVersion, compare_selected, compare_versions
from govgo.core.typehints import TYPE_CHECKING
from govgo.errors import Failure, GovgoError
from govgo.load.buildlist.graph import GraphError, ModGraph, chain_text, read_mod_graph
from govgo.load.buildlist.requirements import Requirements, sorted_roots
from govgo.load.dependency.gomod import RawSummaries, summary

if TYPE_CHECKING:
    from govgo.load.buildlist.package import LoadPkg
    from govgo.load.session.session import Session


class SessionReqs:
    """The requirements of every module version (`mvs.Reqs`), where the main module requires `roots`."""

    def __init__(self, session: Session, roots: tuple[ModuleVersion, ...]) -> None:
        self._session = session
        self.roots = roots

    def required(self, mv: ModuleVersion) -> tuple[ModuleVersion, ...]:
        """What `mv` requires, after replacement and exclusion."""
        if mv.version == "" and self._session.main.contains(mv.path):
            return self.roots
        if mv.version == "none":
            return ()
        return summary(self._session, mv).require

    def compare(self, path: str, v: str, w: str) -> int:
        """The order of selection: main modules above all versions."""
        return compare_selected(path, v, w)


def minimal_requirements(
    session: Session, main: ModuleVersion, base: Iterable[str], roots: tuple[ModuleVersion, ...]
) -> tuple[tuple[ModuleVersion, ...], tuple[ModuleVersion, ...]]:
    """(least requirements with the build list of `roots` that name each path in `base`, that build list).

    Raises:
        GraphError: a module could not be loaded.
    """
    # The search below reads one go.mod after another; loading the graph first fetches them all at once.
    read_mod_graph(session, Pruning.UNPRUNED, roots)
    reqs = SessionReqs(session, roots)
    try:
        built = mvs.build_list([main], reqs)
        return mvs.req(main, base, reqs, build=built), built
    except mvs.UnsatisfiedError as error:
        text = chain_text(error.path, error.error, session.main.resolve)
        raise GraphError(text, path=error.path, inner=error.error) from error


def update_roots(
    session: Session,
    direct: Collection[str],
    rs: Requirements,
    pkgs: Sequence[LoadPkg] = (),
    add: Sequence[ModuleVersion] = (),
    *,
    roots_imported: bool = False,
) -> Requirements:
    """Make the roots of `rs` consistent, and name what `pkgs` and `add` need.

    Args:
        session: the command.
        direct: paths of modules that the main module imports from.
        rs: the requirements so far.
        pkgs: packages loaded from the modules that `rs` selects.
        add: module versions to be selected unless something requires higher ones.
        roots_imported: treat packages that were asked for as if the main module imported them.

    Raises:
        StaleError: a change is needed and the mode forbids it.
        GraphError: the graph that this takes could not be loaded.
    """
    if rs.pruning is Pruning.UNPRUNED:
        return _update_unpruned(session, direct, rs, add)
    if rs.pruning is Pruning.PRUNED:
        return _update_pruned(session, direct, rs, pkgs, add, roots_imported=roots_imported)
    assert not add, "requirements of a workspace cannot be added to"
    return Requirements(session, Pruning.WORKSPACE, rs.roots, direct)


def convert_pruning(session: Session, rs: Requirements, pruning: Pruning) -> Requirements:
    """`rs` with another pruning and the same build list.

    Raises:
        GraphError: the graph could not be loaded.
    """
    if rs.pruning == pruning:
        return rs
    assert Pruning.WORKSPACE not in (rs.pruning, pruning)
    if pruning == Pruning.UNPRUNED:
        # The roots of a pruned graph are all that an unpruned one needs, and more.
        return _update_unpruned(session, rs.direct, rs, ())
    # A pruned graph in which everything selected is a root is the whole graph.
    return Requirements(session, pruning, sorted_roots(_dependencies(session, rs.graph())), rs.direct)


def _dependencies(session: Session, graph: ModGraph) -> tuple[ModuleVersion, ...]:
    """The build list without the main modules."""
    return graph.build_list()[len(session.main.modules) :]


def _update_pruned(
    session: Session,
    direct: Collection[str],
    rs: Requirements,
    pkgs: Sequence[LoadPkg],
    add: Sequence[ModuleVersion],
    *,
    roots_imported: bool,
) -> Requirements:
    new, spot_checks = _new_roots(rs, pkgs, add, roots_imported=roots_imported)
    roots = sorted_roots((*rs.roots, *new)) if new else rs.roots
    upgraded = bool(new)
    while True:
        graph: ModGraph | None = None
        if upgraded:
            if session.must_have_complete_requirements():
                raise session.go_mod_dirty()
            rs = Requirements(session, Pruning.PRUNED, roots, direct)
            graph = rs.graph()
        elif rs.graph_loaded:
            graph = rs.partial_graph()[0]
        elif not _spot_check(session, rs, spot_checks):
            # A module that provides a package requires more than the roots say: load the whole graph.
            graph = rs.graph()
        roots, upgraded = _selected_roots(session, rs, graph)
        if not upgraded:
            if session.build_mod != "mod":
                return rs  # nothing changed but that duplicate roots were dropped
            break
    if rs.pruning == Pruning.PRUNED and roots == rs.roots and frozenset(direct) == rs.direct:
        return rs
    return Requirements(session, Pruning.PRUNED, roots, direct)


def _new_roots(
    rs: Requirements, pkgs: Sequence[LoadPkg], add: Sequence[ModuleVersion], *, roots_imported: bool
) -> tuple[list[ModuleVersion], dict[ModuleVersion, None]]:
    """(roots to add, root modules whose own requirements have to agree with the roots)."""
    from govgo.load.buildlist.package import needs_root

    new: list[ModuleVersion] = []
    spot_checks: dict[ModuleVersion, None] = {}
    for pkg in pkgs:
        if not pkg.from_external_module or not needs_root(pkg.flags, roots_imported=roots_imported):
            continue
        if rs.root_selected(pkg.mod.path) is not None:
            spot_checks[pkg.mod] = None
        else:
            new.append(pkg.mod)
    for mv in add:
        known = rs.root_selected(mv.path)
        if known is None or compare_versions(mv.path, known, mv.version) < 0:
            new.append(mv)
    return new, spot_checks


def _selected_roots(
    session: Session, rs: Requirements, graph: ModGraph | None
) -> tuple[tuple[ModuleVersion, ...], bool]:
    """(the roots of `rs`, each path once and at its selected version; whether any version changed)."""
    roots: list[ModuleVersion] = []
    changed = False
    seen = {m.path for m in session.main.modules}
    for mv in rs.roots:
        if mv.path in seen:
            continue
        seen.add(mv.path)
        version = (rs.root_selected(mv.path) or "") if graph is None else graph.selected(mv.path)
        roots.append(ModuleVersion(mv.path, version))
        changed = changed or version != mv.version
    return tuple(roots), changed


def _spot_check(session: Session, rs: Requirements, mods: Collection[ModuleVersion]) -> bool:
    """Whether the roots satisfy what each of `mods` itself requires."""
    from govgo.ports.modules import Ask

    replaced = (session.main.resolve(mv) for mv in mods)
    session.repo.warm(
        [Ask("gomod", mv.path, mv.version) for mv in replaced if mv.version and mv not in session.part(RawSummaries)]
    )
    for mv in mods:
        try:
            required = summary(session, mv).require
        except Failure:
            return False
        for path, version in required:
            known = rs.root_selected(path)
            if known is not None and compare_versions(path, known, version) < 0:
                return False
    return True


def _update_unpruned(
    session: Session, direct: Collection[str], rs: Requirements, add: Sequence[ModuleVersion]
) -> Requirements:
    graph = rs.graph()
    if session.must_have_complete_requirements():
        _check_complete(session, direct, rs, graph, add)
        return rs
    # A root that is selected stays, even if it is not needed now: it may be needed later, and go.mod should not
    # change back and forth (golang.org/issue/34822).
    base = dict.fromkeys(path for path, version in rs.roots if graph.selected(path) == version)
    keep = (*_dependencies(session, graph), *add)
    base.update(dict.fromkeys(mv.path for mv in keep if mv.path in direct))
    roots: list[ModuleVersion] = []
    for m in session.main.modules:
        roots.extend(minimal_requirements(session, m, base, keep)[0])
    if rs.pruning == Pruning.UNPRUNED and tuple(roots) == rs.roots and frozenset(direct) == rs.direct:
        return rs
    return Requirements(session, Pruning.UNPRUNED, roots, direct)


def _check_complete(
    session: Session,
    direct: Collection[str],
    rs: Requirements,
    graph: ModGraph,
    add: Sequence[ModuleVersion],
) -> None:
    """Raise StaleError unless the roots are consistent; that an update would write them differently does not count."""
    consistent = all(graph.selected(mv.path) == mv.version for mv in (*rs.roots, *add))
    if not consistent or any(rs.root_selected(path) is None for path in direct):
        raise session.go_mod_dirty()


def expand_graph(session: Session, rs: Requirements) -> tuple[Requirements, ModGraph]:
    """Load the whole graph of `rs`, and make the roots consistent with it.

    Raises:
        BuildListError: either is not possible. A GraphError's `graph` holds what could be loaded.
    """
    rs, graph, error = try_expand_graph(session, rs)
    if error is not None:
        raise error
    return rs, graph


def try_expand_graph(session: Session, rs: Requirements) -> tuple[Requirements, ModGraph, GovgoError | None]:
    """As `expand_graph`, with the error as a value beside the requirements and as much of the graph as was loaded."""
    graph, error = rs.partial_graph()
    if error is not None:
        return rs, graph, error
    roots = session.main.modules if session.in_workspace else graph.required_by(session.main.single()) or ()
    if graph.all_selected(roots):
        return rs, graph, None
    try:
        updated = update_roots(session, rs.direct, rs)
    except Failure as update_error:
        return rs, graph, update_error
    return updated, *updated.partial_graph()
