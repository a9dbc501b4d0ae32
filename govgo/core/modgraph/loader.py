# SPDX-License-Identifier: BSD-3-Clause
"""Which go.mod files make up the module graph, and what the graph then is.

`GraphLoader` says which go.mod summaries it lacks, and takes them in any order (ask and tell). It applies graph
pruning: below a module at go 1.17 or higher, the requirements of what it requires are left out, since it lists all that
it needs.

Reference: Go Modules Reference, "Graph pruning"; golang.org/design/36460-lazy-module-loading.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Protocol

from govgo.core.modgraph.mvs import NONE, Graph
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.version import goversion


class Pruning(IntEnum):
    """How much of a module's requirements takes part in the graph.

    PRUNED: those of modules at go 1.17 and above are not followed further than the modules they name.
    UNPRUNED: all are followed.
    WORKSPACE: pruned to the union of the workspace's modules.
    """

    PRUNED = 0
    UNPRUNED = 1
    WORKSPACE = 2


def pruning_for(go_version: str) -> Pruning:
    """The pruning that a go line asks for; "" stands for a missing go line."""
    if goversion.compare(go_version, goversion.EXPLICIT_INDIRECT_VERSION) < 0:
        return Pruning.UNPRUNED
    return Pruning.PRUNED


class Requires(Protocol):
    """What the loader needs to know of a go.mod file."""

    @property
    def require(self) -> tuple[ModuleVersion, ...]:
        """Requirements as written, without excluded ones."""
        ...

    @property
    def pruning(self) -> Pruning:
        """PRUNED or UNPRUNED, by the go line."""
        ...


class GraphLoader:
    """Loads the module graph below some roots by ask and tell.

    Ask `wanted()` for module versions and `tell` the answer of each, in any order, until nothing is wanted and
    every answer was given. `graph` is then complete but for what lies below module versions in `errors`.

    Attributes:
        graph: what is known so far.
        errors: why a module version has no summary.
    """

    __slots__ = ("_edges", "_seen", "_summaries", "_unanswered", "_unprune", "_wanted", "errors", "graph")

    def __init__(
        self,
        graph: Graph,
        roots: Iterable[ModuleVersion],
        pruning: Pruning,
        unprune: Iterable[ModuleVersion] = (),
    ) -> None:
        """Begin at `roots`.

        Args:
            graph: names every root already.
            roots: where loading begins, each under `pruning`.
            pruning: of the main module or workspace.
            unprune: versions whose requirements are loaded even where they would be pruned out.
        """
        self.graph = graph
        self.errors: dict[ModuleVersion, Exception] = {}
        self._unprune = frozenset(unprune)
        # By number of module version. `_seen`: the prunings under which it was reached, as bits 1 << pruning.
        self._seen = bytearray(len(graph))
        self._summaries: dict[int, Requires] = {}
        self._edges: dict[int, list[int]] = {}
        self._wanted: list[int] = []
        self._unanswered = 0
        for root in roots:
            self.enqueue(root, pruning)

    @property
    def done(self) -> bool:
        """Whether nothing is wanted and nothing that was handed out is not answered yet."""
        return not self._wanted and not self._unanswered

    def summary(self, mv: ModuleVersion) -> Requires | None:
        """The summary of a module version; None where it was not given."""
        number = self.graph.number(mv)
        return None if number is None else self._summaries.get(number)

    def wanted(self) -> list[ModuleVersion]:
        """Module versions not handed out before."""
        fresh, self._wanted = self._wanted, []
        self._unanswered += len(fresh)
        return list(map(self.graph.mod, fresh))

    def tell(self, mv: ModuleVersion, answer: Requires | Exception) -> None:
        """The summary of a module version that was handed out, or why there is none."""
        self._unanswered -= 1
        if isinstance(answer, Exception):
            self.errors[mv] = answer
            return
        graph = self.graph
        number = graph.number(mv)
        assert number is not None, f"{mv} was not asked for"
        self._summaries[number] = answer
        self._edges[number] = graph.require(mv, answer.require)
        self._seen.extend(bytes(len(graph) - len(self._seen)))
        reached = self._seen[number]
        for pruning in Pruning:
            if reached >> pruning & 1:
                self._follow(number, pruning)

    def enqueue(self, mv: ModuleVersion, pruning: Pruning) -> None:
        """Reach `mv` under `pruning`: ask for its requirements, and follow them as far as the pruning says."""
        number = self.graph.number(mv)
        assert number is not None, f"{mv} is not in the graph"
        if mv.version != NONE and self._reach(number, 1 << pruning):
            self._follow(number, pruning)

    def _reach(self, number: int, bit: int) -> bool:
        """Note that a module version is reached; whether what it requires is known and has to be followed now."""
        reached = self._seen[number]
        if reached & bit:
            return False
        self._seen[number] = reached | bit
        if not reached:
            self._wanted.append(number)
        return number in self._summaries

    def _follow(self, number: int, start: Pruning) -> None:
        """Reach what a module version requires, itself reached under `start`. Iterative: chains are long."""
        stack = [(number, start)]
        graph, seen, unprune = self.graph, self._seen, self._unprune
        while stack:
            number, pruning = stack.pop()
            own = self._summaries[number].pruning
            partly = pruning == Pruning.PRUNED and own != Pruning.UNPRUNED
            if partly and not unprune:
                continue
            below = Pruning.UNPRUNED if pruning == Pruning.UNPRUNED else own
            bit = 1 << below
            for target in self._edges[number]:
                if seen[target] & bit:
                    continue
                mv = graph.mod(target)
                if mv.version == NONE or (partly and mv not in unprune):
                    continue
                if self._reach(target, bit):
                    stack.append((target, below))
