# SPDX-License-Identifier: BSD-3-Clause
"""The requirements of the main module or workspace: the roots of the module graph, and the graph below them.

Reference: Go Modules Reference, "Graph pruning", "Lazy module loading"; cmd/go's modload/buildlist.go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from govgo.core.modfile import ModFile
from govgo.core.modgraph.loader import Pruning, pruning_for
from govgo.core.module.moduleversion import ModuleVersion, compare_versions, sort
from govgo.core.typehints import TYPE_CHECKING
from govgo.errors import BuildListError
from govgo.load.buildlist.graph import Coming, Foreseen, GraphError, GraphReading, Known, ModGraph
from govgo.load.session.mainmodules import mod_go_version, work_go_version

if TYPE_CHECKING:
    from govgo.load.session.session import Session


class Requirements:
    """A set of root requirements, which does not change, and the graph below them, loaded when it is first needed.

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
        """`roots` are sorted, and "go" is among them."""
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
        self._reading: GraphReading | None = None

    @property
    def graph_loaded(self) -> bool:
        """Whether the graph has been loaded."""
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
        """The module graph as far as it can be loaded, and the error that made it incomplete."""
        if self._graph is None:
            reading, self._reading = self._reading, None
            self._graph = (reading or GraphReading(self._session, self.pruning, self.roots)).finish()
        return self._graph

    def begin_graph(self) -> None:
        """Begin to fetch what the graph needs, for a command that will certainly ask for it."""
        if self._graph is None and self._reading is None and self._session.build_mod != "vendor":
            self._reading = GraphReading(self._session, self.pruning, self.roots)
            self._reading.begin()

    def build_list_ahead(self) -> Sequence[ModuleVersion]:
        """The build list if `graph` would answer without waiting, else nothing. The graph does not count as loaded.

        Whether it does decides what is asked next: roots are compared with a graph that is loaded, else spot-checked.
        """
        if self._graph is not None:
            return self._graph[0].build_list()
        return self._reading.build_list() if self._reading is not None else ()

    def foresee(self, mods: Iterable[ModuleVersion], coming: Coming, known: Known = lambda build_list: None) -> None:
        """Begin to fetch what the graph will need when `mods`, which provide packages, become roots.

        Args:
            mods: module versions.
            coming: called with the paths that they require, for a command that will ask for the latest versions.
            known: called with the build list below them, once all go.mod files are there and before all are proved.
        """
        new = sorted_roots(mod for mod in mods if self.root_selected(mod.path) is None)
        if new and self.pruning is Pruning.PRUNED and self._session.build_mod == "mod":
            GraphReading(self._session, self.pruning, new, foreseen=Foreseen(coming, known)).begin()

    def init_vendor(self, vendored: Collection[ModuleVersion]) -> None:
        """Use the modules of vendor/modules.txt in place of the graph.

        Raises:
            StaleError: go.mod does not list a vendored module, although with graph pruning it must list all.
        """
        main = self._session.main
        graph = ModGraph(self.roots if self._session.in_workspace else main.modules)
        if self.pruning == Pruning.PRUNED:
            self._check_vendored(vendored)
            graph.require(main.single(), self.roots)
        else:
            # modules.txt does not say which module requires which: one artificial module requires them all.
            everything = ModuleVersion("vendor/modules.txt", "")
            if self._session.in_workspace:
                for m in main.modules:
                    file = main.mod_file(m)
                    roots = () if file is None else roots_from_mod_file(self._session, m, file, toolchain=False)[0]
                    graph.require(m, (*roots, everything))
            else:
                graph.require(main.single(), (*self.roots, everything))
            graph.require(everything, tuple(vendored))
        self._graph = (graph, None)

    def _check_vendored(self, vendored: Iterable[ModuleVersion]) -> None:
        missing = [mv for mv in vendored if self.root_selected(mv.path) != mv.version]
        for mv in missing:
            self._session.fail(BuildListError(f"vendored module {mv} should be required explicitly in go.mod"))
        if missing:
            raise self._session.go_mod_dirty()

    def root_selected(self, path: str) -> str | None:
        """The version of a module path among the roots; "" for a main module, None when it is not a root."""
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
    """Roots in the order that `Requirements` expects."""
    listed = list(roots)
    sort(listed)
    return tuple(listed)


def override_roots(session: Session, rs: Requirements, replace: Collection[ModuleVersion]) -> Requirements:
    """`rs` with the roots of some paths replaced."""
    paths = {mv.path for mv in replace}
    kept = (mv for mv in rs.roots if mv.path not in paths)
    return Requirements(session, rs.pruning, sorted_roots((*kept, *replace)), rs.direct)


def requirements_from_mod_files(session: Session) -> Requirements:
    """The requirements that the go.mod files of the main modules state, without excluded ones."""
    main = session.main
    if session.in_workspace:
        work = main.work_file
        toolchain = work.toolchain.name if work is not None and work.toolchain is not None else ""
        roots = [*main.modules, *_go_roots(work_go_version(work), toolchain)]
        files = main.mod_files()
        direct = {r.mod.path for file in files for r in file.require if not r.indirect}
        return Requirements(session, Pruning.WORKSPACE, sorted_roots(roots), direct)
    m = main.single()
    file = main.mod_file(m)
    assert file is not None
    listed, direct = roots_from_mod_file(session, m, file, toolchain=True)
    return Requirements(session, pruning_for(main.go_version()), sorted_roots(listed), direct)


def roots_from_mod_file(
    session: Session, m: ModuleVersion, file: ModFile, *, toolchain: bool
) -> tuple[tuple[ModuleVersion, ...], set[str]]:
    """The requirements of one main module as written, and the paths of those not marked indirect.

    Args:
        session: the command.
        m: the main module.
        file: its go.mod.
        toolchain: whether its toolchain line counts.
    """
    index = session.main.index(m)
    excluded: Collection[ModuleVersion] = index.exclude if index is not None else ()
    roots: list[ModuleVersion] = []
    direct: set[str] = {"go"}
    for r in file.require:
        if r.mod in excluded:
            verb = "dropping" if session.build_mod == "mod" else "ignoring"
            session.report.note(f"{verb} requirement on excluded version {r.mod.path} {r.mod.version}")
            continue
        roots.append(r.mod)
        if not r.indirect:
            direct.add(r.mod.path)
    name = file.toolchain.name if toolchain and file.toolchain is not None else ""
    return (*roots, *_go_roots(mod_go_version(file), name)), direct


def _go_roots(go_version: str, toolchain: str) -> list[ModuleVersion]:
    roots = [ModuleVersion("go", go_version)]
    if toolchain:
        roots.append(ModuleVersion("toolchain", toolchain))
    return roots


class _InForce:
    """The requirements that the command works with."""

    def __init__(self) -> None:
        self.requirements: Requirements | None = None


def in_force(session: Session) -> Requirements | None:
    """The requirements that the command works with, None before `load_mod_file`."""
    return session.scope.part(_InForce).requirements


def put_in_force(session: Session, rs: Requirements) -> None:
    """Work with other requirements from now on; go.mod is not written by this."""
    session.scope.part(_InForce).requirements = rs
