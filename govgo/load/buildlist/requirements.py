# SPDX-License-Identifier: BSD-3-Clause
"""The requirements of the main module or workspace: roots of the module graph, and the graph below them.

Reference: Go Modules Reference, "Graph pruning", "Lazy module loading"; cmd/go's modload/buildlist.go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from govgo.core.modgraph.loader import Pruning, pruning_for
from govgo.core.modgraph.mvs import Graph
from govgo.core.module.moduleversion import ModuleVersion, compare_selected, compare_versions, sort
from govgo.core.version import goversion
from govgo.errors import BuildListError, Failure, GovgoError
from govgo.load.buildlist.graph import GraphError, ModGraph, read_mod_graph

if TYPE_CHECKING:
    from govgo.load.session.session import Session

__all__ = [
    "GraphError",
    "ModGraph",
    "Pruning",
    "Requirements",
    "expand_graph",
    "load_mod_graph",
    "override_roots",
    "pruning_for",
    "sorted_roots",
    "try_expand_graph",
]


class Requirements:
    """A set of root requirements, fixed once made, and the graph below them, loaded when it is asked for.

    Attributes:
        pruning: how the graph is pruned.
        roots: sorted; a path may occur more than once. In workspace mode the main modules, "go" and "toolchain".
        direct: paths of modules that provide a package that a main module imports, as far as is known.
        max_root_version: highest version among the roots, by path.
    """

    def __init__(
        self,
        session: Session,
        pruning: Pruning,
        roots: Iterable[ModuleVersion],
        direct: Collection[str],
    ) -> None:
        """Make requirements of sorted roots, "go" among them."""
        self._session = session
        self.pruning = pruning
        self.roots = tuple(roots)
        self.direct = frozenset(direct)
        highest: dict[str, str] = {}
        for path, version in self.roots:
            known = highest.get(path)
            if known is None or compare_versions(path, known, version) < 0:
                highest[path] = version
        assert highest.get("go"), 'internal error: requirements without a "go" version'
        self.max_root_version = highest
        self._graph: tuple[ModGraph, GraphError | None] | None = None

    @property
    def graph_loaded(self) -> bool:
        """Whether the graph is there already."""
        return self._graph is not None

    def graph(self) -> ModGraph:
        """The module graph below the roots.

        Raises:
            GraphError: some module could not be loaded; its `graph` holds the rest.
        """
        graph, error = self.partial_graph()
        if error is not None:
            raise error
        return graph

    def partial_graph(self) -> tuple[ModGraph, GraphError | None]:
        """The module graph as far as it can be loaded, and the error that kept it from being whole."""
        if self._graph is None:
            self._graph = read_mod_graph(self._session, self.pruning, self.roots)
        return self._graph

    def init_vendor(self, vendored: Collection[ModuleVersion]) -> None:
        """Take the modules of vendor/modules.txt in place of the graph.

        Raises:
            StaleError: go.mod does not list a vendored module, although it must list all.
        """
        main = self._session.main
        graph = Graph(compare_selected, self.roots if self._session.in_workspace else main.modules)
        if self.pruning == Pruning.PRUNED:
            self._check_vendored(vendored)
            graph.require(main.single(), self.roots)
        else:
            # Which module requires which is not known: a stand-in requires everything that is vendored.
            stand_in = ModuleVersion("vendor/modules.txt", "")
            if self._session.in_workspace:
                from govgo.load.mainmodule.find import roots_from_mod_file

                for m in main.modules:
                    file = main.mod_file(m)
                    roots = () if file is None else roots_from_mod_file(self._session, m, file, toolchain=False)[0]
                    graph.require(m, (*roots, stand_in))
            else:
                graph.require(main.single(), (*self.roots, stand_in))
            graph.require(stand_in, tuple(vendored))
        self._graph = (ModGraph(graph), None)

    def _check_vendored(self, vendored: Iterable[ModuleVersion]) -> None:
        missing = [mv for mv in vendored if self.root_selected(mv.path) != mv.version]
        for mv in missing:
            self._session.fail(BuildListError(f"vendored module {mv} should be required explicitly in go.mod"))
        if missing:
            from govgo.load.mainmodule.write import go_mod_dirty

            raise go_mod_dirty(self._session)

    def root_selected(self, path: str) -> str | None:
        """The version of a module path among the roots; "" for a main module, None when it is no root."""
        if self._session.main.contains(path):
            return ""
        return self.max_root_version.get(path)

    def is_direct(self, path: str) -> bool:
        """Whether the module provides a package that a main module imports."""
        return path in self.direct

    def go_version(self) -> str:
        """The go version of the main module or workspace."""
        return self.max_root_version["go"]

    def has_redundant_root(self) -> bool:
        """Whether a path occurs twice among the roots, or a main module is required."""
        return len(self.max_root_version) != len(self.roots) or any(
            self._session.main.contains(path) for path in self.max_root_version
        )


def sorted_roots(roots: Iterable[ModuleVersion]) -> tuple[ModuleVersion, ...]:
    """Roots in the order that `Requirements` wants."""
    listed = list(roots)
    sort(listed)
    return tuple(listed)


def override_roots(session: Session, rs: Requirements, replace: Collection[ModuleVersion]) -> Requirements:
    """`rs` with the roots of some paths replaced."""
    paths = {mv.path for mv in replace}
    kept = (mv for mv in rs.roots if mv.path not in paths)
    return Requirements(session, rs.pruning, sorted_roots((*kept, *replace)), rs.direct)


def load_mod_graph(session: Session, go_version: str = "") -> ModGraph:
    """Load the whole module graph of the main modules, without packages.

    Args:
        session: the command.
        go_version: read the graph as this Go version would; "" as go.mod says.

    Raises:
        BuildListError: it cannot be loaded, or not by that Go version.
    """
    from govgo.load.mainmodule.load import load_mod_file

    rs = load_mod_file(session)
    if go_version:
        needed = rs.go_version()
        if goversion.compare(needed, goversion.GO_STRICT_VERSION) >= 0 and goversion.compare(go_version, needed) < 0:
            raise BuildListError(
                f"requested Go version {go_version} cannot load module graph (requires Go >= {needed})"
            )
        if pruning_for(go_version) == Pruning.UNPRUNED and rs.pruning != Pruning.UNPRUNED:
            # The roots stay as written, even where they seem inconsistent now.
            rs = Requirements(session, Pruning.UNPRUNED, rs.roots, rs.direct)
        return rs.graph()
    rs, graph = expand_graph(session, rs)
    session.requirements = rs
    return graph


def expand_graph(session: Session, rs: Requirements) -> tuple[Requirements, ModGraph]:
    """Load the whole graph of `rs`, and make the roots agree with it.

    Raises:
        BuildListError: either is not possible. A GraphError's `graph` holds what could be loaded.
    """
    rs, graph, error = try_expand_graph(session, rs)
    if error is not None:
        raise error
    return rs, graph


def try_expand_graph(session: Session, rs: Requirements) -> tuple[Requirements, ModGraph, GovgoError | None]:
    """As `expand_graph`; with an error, the requirements and as much of the graph as there is."""
    from govgo.load.buildlist.roots import update_roots

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
