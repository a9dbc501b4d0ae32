# SPDX-License-Identifier: BSD-3-Clause
"""Which go.mod files make up the module graph, and what the graph then is.

`GraphLoader` reads no files: it says which summaries of go.mod files it lacks, and takes them in any order, so that the
caller may fetch many at once. It applies graph pruning: a module at go 1.17 or higher lists every module that its
packages need, so that the requirements of the modules that it requires are left out.

    main (go 1.21) requires a;  a (go 1.17) requires b;  b requires c      main, a, b are in the graph, c is not
    main (go 1.21) requires a;  a (go 1.16) requires b;  b requires c      all four are

Reference: Go Modules Reference, "Graph pruning"; golang.org/design/36460-lazy-module-loading.
"""

from __future__ import annotations

from collections.abc import Iterable

from govgo.core.modgraph.mvs import NONE, Graph
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.typehints import TYPE_CHECKING, Protocol
from govgo.core.version import goversion

if TYPE_CHECKING:
    from typing import ClassVar


class Pruning:
    """How much of a module's requirements takes part in the graph; there are three, which are compared by identity.

    Attributes:
        PRUNED: what a module at go 1.17 or higher requires is in the graph, but is not followed further.
        UNPRUNED: everything is followed.
        WORKSPACE: for the modules of a workspace; what they require is followed as the go line of each says.
        bit: 1, 2 or 4.
    """

    __slots__ = ("bit",)
    PRUNED: ClassVar[Pruning]
    UNPRUNED: ClassVar[Pruning]
    WORKSPACE: ClassVar[Pruning]

    def __init__(self, bit: int) -> None:
        self.bit = bit


Pruning.PRUNED, Pruning.UNPRUNED, Pruning.WORKSPACE = _ALL = Pruning(1), Pruning(2), Pruning(4)
_REACHED = tuple(tuple(pruning for pruning in _ALL if bits & pruning.bit) for bits in range(8))
"""The prunings whose bits a number has."""


def pruning_for(go_version: str) -> Pruning:
    """The pruning that a go line asks for; "" stands for a missing go line."""
    if goversion.compare(go_version, goversion.EXPLICIT_INDIRECT_VERSION) < 0:
        return Pruning.UNPRUNED
    return Pruning.PRUNED


class Requires(Protocol):
    """What the loader has to know of a go.mod file."""

    @property
    def require(self) -> tuple[ModuleVersion, ...]:
        """Requirements as written, without excluded ones."""
        ...

    @property
    def pruning(self) -> Pruning:
        """PRUNED or UNPRUNED, by the go line."""
        ...


class GraphLoader:
    """Loads the module graph below some roots, by ask and tell.

        while not loader.done:
            for mv in loader.wanted():          # the module versions whose summary it lacks
                loader.tell(mv, summary)        # or an exception; in any order, also later

    At the end `graph` is complete, except below the module versions in `errors`.

    Attributes:
        graph: what is known so far.
        errors: for each module version without a summary, why there is none.
    """

    __slots__ = ("_seen", "_summaries", "_unanswered", "_unprune", "_wanted", "errors", "graph")

    def __init__(
        self,
        graph: Graph,
        roots: Iterable[ModuleVersion],
        pruning: Pruning,
        unprune: Iterable[ModuleVersion] = (),
    ) -> None:
        """Ask for the roots first.

        Args:
            graph: a graph that has all of `roots`.
            roots: where loading begins, each under `pruning`.
            pruning: of the main module or workspace.
            unprune: module versions whose requirements are loaded even where pruning would leave them out.
        """
        self.graph = graph
        self.errors: dict[ModuleVersion, Exception] = {}
        self._unprune = frozenset(unprune)
        # By the number that the graph gives a module version. A version may be reached under several prunings, by
        # different ways, and is followed as far as the widest allows; `_seen` has the bits of them.
        self._seen = bytearray(len(graph.mods))
        self._summaries: dict[int, Requires] = {}
        self._wanted: list[int] = []
        self._unanswered = 0
        for root in roots:
            self.enqueue(root, pruning)

    @property
    def done(self) -> bool:
        """Whether every module version that was asked for, or would be, has its answer."""
        return not self._wanted and not self._unanswered

    def summary(self, mv: ModuleVersion) -> Requires | None:
        """The summary of a module version; None when there is none yet."""
        number = self.graph.number(mv)
        return None if number is None else self._summaries.get(number)

    def wanted(self) -> list[ModuleVersion]:
        """The module versions whose summary is needed; each is returned once."""
        fresh, self._wanted = self._wanted, []
        self._unanswered += len(fresh)
        return list(map(self.graph.mods.__getitem__, fresh))

    def tell(self, mv: ModuleVersion, answer: Requires | Exception) -> None:
        """Take the summary of a module version that `wanted` returned, or the reason why there is none."""
        self._unanswered -= 1
        if isinstance(answer, Exception):
            self.errors[mv] = answer
            return
        graph, seen = self.graph, self._seen
        number = graph.require(mv, answer.require)
        self._summaries[number] = answer
        if len(seen) < len(graph.mods):
            seen.extend(bytes(len(graph.mods)))  # room for as many again
        for pruning in _REACHED[seen[number]]:
            self._follow(number, pruning)

    def enqueue(self, mv: ModuleVersion, pruning: Pruning) -> None:
        """Reach `mv` under `pruning`: ask for its summary, or follow what it requires as far as that allows."""
        number = self.graph.number(mv)
        assert number is not None, f"{mv} is not in the graph"
        if mv.version != NONE and self._reach(number, pruning.bit):
            self._follow(number, pruning)

    def _reach(self, number: int, bit: int) -> bool:
        """Note that a module version is reached; return whether its requirements are known and have to be followed."""
        reached = self._seen[number]
        if reached & bit:
            return False
        self._seen[number] = reached | bit
        if not reached:
            self._wanted.append(number)
        return number in self._summaries

    def _follow(self, number: int, start: Pruning) -> None:
        """Reach what a module version requires that was itself reached under `start`.

        Without recursion: chains of requirements are longer than Python's stack is deep.
        """
        stack = [(number, start)]
        graph, seen, unprune = self.graph, self._seen, self._unprune
        while stack:
            number, pruning = stack.pop()
            own = self._summaries[number].pruning
            partly = pruning is Pruning.PRUNED and own is not Pruning.UNPRUNED
            if partly and not unprune:
                continue
            below = Pruning.UNPRUNED if pruning is Pruning.UNPRUNED else own
            bit = below.bit
            for target in graph.targets[number]:
                if seen[target] & bit:
                    continue
                mv = graph.mods[target]
                if mv.version == NONE or (partly and mv not in unprune):
                    continue
                if self._reach(target, bit):
                    stack.append((target, below))
