# SPDX-License-Identifier: BSD-3-Clause
"""Which go.mod files make up the module graph, and what the graph then is.

`GraphLoader` is told go.mod summaries as they become known and says which it lacks. It applies graph pruning: below a
module at go 1.17 or higher, the requirements of what it requires are left out, since it lists all that it needs.

Reference: Go Modules Reference, "Graph pruning"; golang.org/design/36460-lazy-module-loading.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import IntEnum
from typing import Protocol

from govgo.core import goversion
from govgo.core.module import ModuleVersion
from govgo.core.mvs import NONE, Graph


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
    everything was told. `graph` is then complete but for what lies below module versions in `errors`.

    Attributes:
        graph: what is known so far.
        told: the summary of each module version told.
        errors: why a module version has no summary.
    """

    __slots__ = ("_seen", "_unprune", "_wanted", "errors", "graph", "told")

    def __init__(
        self,
        graph: Graph,
        roots: Iterable[ModuleVersion],
        pruning: Pruning,
        unprune: Collection[ModuleVersion] = (),
    ) -> None:
        """Begin at `roots`.

        Args:
            graph: names every root already.
            roots: where loading begins, each under `pruning`.
            pruning: of the main module or workspace.
            unprune: versions whose requirements are loaded even where they would be pruned out.
        """
        self.graph = graph
        self.told: dict[ModuleVersion, Requires] = {}
        self.errors: dict[ModuleVersion, Exception] = {}
        self._unprune = frozenset(unprune)
        # For each module version reached: the prunings under which it was reached, as bits 1 << pruning.
        self._seen: dict[ModuleVersion, int] = {}
        self._wanted: list[ModuleVersion] = []
        for root in roots:
            self.enqueue(root, pruning)

    @property
    def done(self) -> bool:
        """Whether nothing is wanted and nothing that was handed out is still untold."""
        return not self._wanted and len(self.told) + len(self.errors) == len(self._seen)

    def wanted(self) -> list[ModuleVersion]:
        """Module versions not handed out before."""
        fresh, self._wanted = self._wanted, []
        return fresh

    def tell(self, mv: ModuleVersion, answer: Requires | Exception) -> None:
        """The summary of a module version that was handed out, or why there is none."""
        if isinstance(answer, Exception):
            self.errors[mv] = answer
            return
        self.told[mv] = answer
        self.graph.require(mv, answer.require)
        reached = self._seen[mv]
        for pruning in Pruning:
            if reached >> pruning & 1:
                self._follow(answer, pruning)

    def enqueue(self, mv: ModuleVersion, pruning: Pruning) -> None:
        """Reach `mv` under `pruning`: ask for its requirements, and follow them as far as the pruning says."""
        if mv.version == NONE:
            return
        bit = 1 << pruning
        reached = self._seen.get(mv)
        if reached is None:
            self._seen[mv] = bit
            self._wanted.append(mv)
        elif not reached & bit:
            self._seen[mv] = reached | bit
            known = self.told.get(mv)
            if known is not None:
                self._follow(known, pruning)

    def _follow(self, summary: Requires, start: Pruning) -> None:
        """Reach what `summary` requires, from under pruning `start`; iterative, since unpruned chains are long."""
        stack = [(summary, start)]
        seen, told, unprune = self._seen, self.told, self._unprune
        while stack:
            summary, pruning = stack.pop()
            own = summary.pruning
            partly = pruning == Pruning.PRUNED and own != Pruning.UNPRUNED
            if partly and not unprune:
                continue
            below = Pruning.UNPRUNED if pruning == Pruning.UNPRUNED else own
            bit = 1 << below
            for mv in summary.require:
                if (partly and mv not in unprune) or mv.version == NONE:
                    continue
                reached = seen.get(mv)
                if reached is None:
                    seen[mv] = bit
                    self._wanted.append(mv)
                elif not reached & bit:
                    seen[mv] = reached | bit
                    known = told.get(mv)
                    if known is not None:
                        stack.append((known, below))
