# SPDX-License-Identifier: BSD-3-Clause
"""Which lines of go.sum the main module needs, and which load needs each.

The needs are those of `go mod tidy`: to load the module graph, and every package in "all" with its tests under any
build tags, without fetching a hash that is not proved (`keepsums` has the rules). Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from govgo.core.gosource.buildtags import any_tags
from govgo.core.gosum.outcomes import CANDIDATE, GO_VERSION, GRAPH, PACKAGE, Need
from govgo.core.modgraph.loader import pruning_for
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.version import goversion
from govgo.load.buildlist.requirements import Requirements, in_force
from govgo.load.mainmodule.gowork import init_workfile
from govgo.load.mainmodule.keepsums import Which, keep_sums, needs_sums, providers
from govgo.load.packages.load import load_packages
from govgo.load.packages.loader import PackageOpts
from govgo.load.session.policy import WHY

if TYPE_CHECKING:
    from govgo.load.buildlist.graph import ModGraph
    from govgo.load.buildlist.package import LoadPkg
    from govgo.load.packages.loader import Loaded
    from govgo.load.session.session import Session


class Needs:
    """What one load of the main module needs of go.sum.

    Attributes:
        keys: the module versions, those of go.mod files with their "/go.mod".
    """

    def __init__(self, session: Session, loaded: Loaded, views: tuple[tuple[str, Requirements], ...]) -> None:
        """`views` are the requirements as the go line reads them (under "") and as older Go versions do."""
        self._session = session
        self._loaded = loaded
        self._views = views
        keys: set[ModuleVersion] = set()
        saved, session.build_mod = session.build_mod, "readonly"  # what is needed when nothing may be added
        try:
            for _, rs in views:
                keys |= keep_sums(session, loaded, rs, Which.LOADED_ZIP_SUMS_ONLY)
        finally:
            session.build_mod = saved
        self.keys = frozenset(key for key in keys if _has_sum(key))
        go = loaded.requirements.go_version()
        self._reads_go_versions = goversion.compare(go, goversion.TIDY_GO_MOD_SUM_VERSION) >= 0

    @property
    def unloaded(self) -> tuple[LoadPkg, ...]:
        """The packages that could not be loaded, whose needs are not known."""
        return tuple(pkg for pkg in self._loaded.pkgs if pkg.error is not None and not self._loaded.is_no_go(pkg.error))

    def of(self, key: ModuleVersion) -> tuple[Need, ...]:
        """The loads that need a line; () when none does. The first of a kind for each package."""
        if key not in self.keys:
            return ()
        found = [need for go_version, rs in self._views for need in self._of(key, go_version, rs)]
        first: dict[tuple[str, str], Need] = {}
        for need in found:
            first.setdefault((need.kind, need.package), need)
        return tuple(first.values())

    def _of(self, key: ModuleVersion, go_version: str, rs: Requirements) -> Iterator[Need]:
        graph = rs.partial_graph()[0]
        chain = self._graph_chain(key, graph)
        if chain:
            yield Need(GRAPH, "", chain, go_version)
        resolve = self._session.main.resolve
        for pkg in self._loaded.pkgs:
            if not needs_sums(pkg):
                continue
            if self._reads_go_versions and pkg.mod.path and resolve(pkg.mod).gomod_key() == key:
                yield Need(GO_VERSION, pkg.path, _imports(pkg), go_version)
            for mv in providers(pkg, rs):
                if resolve(mv) == key:
                    yield Need(PACKAGE if mv == pkg.mod else CANDIDATE, pkg.path, _imports(pkg), go_version)

    def _graph_chain(self, key: ModuleVersion, graph: ModGraph) -> tuple[str, ...]:
        resolve = self._session.main.resolve

        def is_it(mv: ModuleVersion) -> bool:
            return graph.required_by(mv) is not None and resolve(mv).gomod_key() == key

        return tuple(str(mv) for mv in graph.find_path(is_it))


def load_needs(session: Session) -> Needs:
    """Load the module graph and every package, and see what that takes. Faults of packages are reported.

    Raises:
        SecurityError: something that was fetched contradicts go.sum or the checksum database.
        GovgoError: go.mod or the module graph cannot be loaded.
    """
    session.policy = WHY  # fetches what go.mod and go.sum lack, and writes neither
    init_workfile(session)
    opts = PackageOpts(
        tags=any_tags(),
        load_tests=True,
        allow_errors=True,
        silence_missing_std_imports=True,
        silence_no_go_errors=True,
        silence_unmatched_warnings=True,
    )
    loaded, rs = load_packages(session, opts, ["all"]).loaded, in_force(session)
    assert rs is not None
    rs.graph()
    views = [("", rs)]
    go = rs.go_version()
    if goversion.compare(go, goversion.GO_STRICT_VERSION) < 0 and not session.in_workspace:
        older = goversion.prev(go)
        if pruning_for(older) is not rs.pruning:
            # Until go 1.21, tidy cares for the version before, too.
            view = Requirements(session, pruning_for(older), rs.roots, rs.direct)
            view.graph()
            views.append((older, view))
    return Needs(session, loaded, tuple(views))


def _imports(pkg: LoadPkg) -> tuple[str, ...]:
    return tuple(pkg.why().splitlines())


def _has_sum(key: ModuleVersion) -> bool:
    """Whether go.sum has lines for it: not main modules, directories, Go itself."""
    return key.without_gomod().version != "" and not is_toolchain(key.path)
