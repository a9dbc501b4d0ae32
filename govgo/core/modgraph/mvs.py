# SPDX-License-Identifier: BSD-3-Clause
"""Minimal version selection (MVS), and the graph of requirements that it works on.

The build list of a module is, for each module path reachable in the requirement graph, the highest version that any
reachable module requires:

    main requires a v1, b v1;  a v1 requires c v1;  b v1 requires c v2      build list: main, a v1, b v1, c v2

The functions below ask a relation (`Reqs`) for what they need. `Graph` is given requirements as they become known, in
any order, and has the selected versions of what it knows so far.

Reference: research.swtch.com/vgo-mvs (algorithms 1 and R); Go Modules Reference, "Minimal version selection (MVS)".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.typehints import Protocol
from govgo.errors import BuildListError, Failure, GovgoError

Compare = Callable[[str, str, str], int]
"""`compare(path, v, w)`: negative, zero or positive as version `v` of module `path` is below, level with or above `w`.
"none" must be lower than every other version."""

NONE = "none"
"""The version of a module that is not part of the build."""

# In the place of a module version's parent, in `Graph.find_path`.
_UNSEEN = -2
_IS_ROOT = -1
_NO_EDGES: list[int] = []


class _Numbers(dict[ModuleVersion, int]):
    """The numbers of module versions; one that is looked up for the first time gets its own by `add`."""

    def __init__(self, add: Callable[[ModuleVersion], int]) -> None:
        self._add = add

    def __missing__(self, mv: ModuleVersion) -> int:
        return self._add(mv)


class Graph:
    """A requirement graph and the versions that it selects.

    Module versions are numbered from 0 as they are first named, and a version is compared with the selected one only
    then. Graphs have many more edges than versions, and so an edge costs one dictionary lookup.

    Attributes:
        mods: the module versions that the graph names so far, by number; only to be read, as `targets` is.
        targets: for each of them the numbers of what it requires; empty, too, where that is not known.
    """

    __slots__ = ("_compare", "_ids", "_required", "_roots", "_selected", "mods", "targets")

    def __init__(self, compare: Compare, roots: Iterable[ModuleVersion]) -> None:
        """Make a graph of `roots` alone; they take part in the selection."""
        self._compare = compare
        self._ids = _Numbers(self._add)
        self.mods: list[ModuleVersion] = []
        self.targets: list[list[int]] = []
        self._required: dict[int, tuple[ModuleVersion, ...]] = {}
        self._selected: dict[str, str] = {}
        self._roots = tuple(roots)
        for root in self._roots:
            if root not in self._ids:
                self._add(root)

    def _add(self, mv: ModuleVersion) -> int:
        number = len(self.mods)
        self._ids[mv] = number
        self.mods.append(mv)
        self.targets.append(_NO_EDGES)
        path, version = mv
        chosen = self._selected.get(path)
        if version != NONE and (chosen is None or self._compare(path, chosen, version) < 0):
            self._selected[path] = version
        return number

    def number(self, mv: ModuleVersion) -> int | None:
        """The number of a module version; None when the graph does not name it."""
        return self._ids.get(mv)

    def require(self, mv: ModuleVersion, reqs: tuple[ModuleVersion, ...]) -> int:
        """Record that `mv`, which the graph names, requires `reqs`; once for each `mv`, whose number is returned."""
        ids = self._ids
        number = ids.get(mv)
        assert number is not None, f"{mv} is not in the graph"
        assert number not in self._required, f"requirements of {mv} have already been set"
        self._required[number] = reqs
        self.targets[number] = list(map(ids.__getitem__, reqs))
        return number

    def required_by(self, mv: ModuleVersion) -> tuple[ModuleVersion, ...] | None:
        """What `mv` requires, in the order recorded; None when that is not known (pruned out)."""
        return self._required.get(self._ids.get(mv, -1))

    def selected(self, path: str) -> str:
        """The version selected for a module path, "none" when the graph does not name it."""
        return self._selected.get(path, NONE)

    def selection(self) -> Collection[tuple[str, str]]:
        """(path, selected version) of every module that the graph names so far, in no order."""
        return self._selected.items()

    def build_list(self) -> tuple[ModuleVersion, ...]:
        """The selected versions: those of the root paths in the order of the roots, then the others by path."""
        seen: dict[str, None] = dict.fromkeys(root.path for root in self._roots)
        first = [ModuleVersion(path, v) for path in seen if (v := self.selected(path)) != NONE]
        rest = sorted(item for item in self._selected.items() if item[0] not in seen)
        return (*first, *map(ModuleVersion._make, rest))

    def breadth_first(self) -> Iterator[ModuleVersion]:
        """Every module version but "none" ones, once, breadth first from the roots in the order of requirements."""
        mods = self.mods
        return (mods[number] for number in self._walk())

    def _walk(self) -> Iterator[int]:
        mods, edges = self.mods, self.targets
        queued = bytearray(len(mods))
        queue: list[int] = []
        for root in self._roots:
            number = self._ids[root]
            if root.version != NONE:
                queued[number] = 1
                queue.append(number)
        for number in queue:  # grows while it is walked
            yield number
            for target in edges[number]:
                if not queued[target]:
                    queued[target] = 1
                    if mods[target].version != NONE:
                        queue.append(target)

    def requirements(self) -> Iterator[tuple[ModuleVersion, ModuleVersion]]:
        """(source, target) of each requirement, in no order."""
        mods = self.mods
        return ((mods[number], mods[target]) for number, targets in enumerate(self.targets) for target in targets)

    def requirements_on(self, path: str) -> Iterator[tuple[ModuleVersion, ModuleVersion]]:
        """(source, target) of each requirement on a version of a module path, in no order."""
        mods = self.mods
        wanted = {number for number, mod in enumerate(mods) if mod[0] == path}
        for number, targets in enumerate(self.targets):
            if not wanted.isdisjoint(targets):
                source = mods[number]
                for target in targets:
                    if target in wanted:
                        yield source, mods[target]

    def requiring_selected(self) -> dict[str, list[ModuleVersion]]:
        """By module path what requires its selected version, in no order."""
        mods, selected = self.mods, self._selected.get
        found: list[list[ModuleVersion] | None] = [[] if selected(path) == version else None for path, version in mods]
        for source, targets in zip(mods, self.targets, strict=True):
            for target in targets:
                sources = found[target]
                if sources is not None:
                    sources.append(source)
        return {mod.path: sources for mod, sources in zip(mods, found, strict=True) if sources}

    def edge_names(self, name: Callable[[ModuleVersion], str]) -> Iterator[tuple[str, list[str]]]:
        """(name of a module version, names of its requirements) in breadth-first order; each named once."""
        names = [name(mv) for mv in self.mods]
        edges = self.targets
        for number in self._walk():
            yield names[number], [names[target] for target in edges[number]]

    def find_path(self, is_goal: Callable[[ModuleVersion], bool]) -> tuple[ModuleVersion, ...]:
        """A shortest chain of requirements from a root to a version that `is_goal` accepts; () when there is none."""
        mods, edges = self.mods, self.targets
        parent = [_UNSEEN] * len(mods)
        queue: list[int] = []
        for root in self._roots:
            number = self._ids[root]
            parent[number] = _IS_ROOT
            queue.append(number)
        for number in queue:
            if is_goal(mods[number]):
                chain = []
                while number != _IS_ROOT:
                    chain.append(mods[number])
                    number = parent[number]
                return tuple(reversed(chain))
            for target in edges[number]:
                if parent[target] == _UNSEEN:
                    parent[target] = number
                    queue.append(target)
        return ()


class Reqs(Protocol):
    """A requirement relation. Its methods may raise Failure; the functions below add where in the graph that was."""

    def required(self, mv: ModuleVersion) -> tuple[ModuleVersion, ...]:
        """What `mv` itself requires."""
        ...

    def compare(self, path: str, v: str, w: str) -> int:
        """Compare as `Compare` does; a target's version must be higher than all others of its path."""
        ...


class UnsatisfiedError(BuildListError):
    """The requirements of a module version could not be read.

    Attributes:
        error: what was raised.
        path: a shortest chain from a target to the module version where it was raised.
    """

    code = "unsatisfied"

    def __init__(self, error: GovgoError, path: tuple[ModuleVersion, ...]) -> None:
        super().__init__(str(error), inner=error)
        self.error = error
        self.path = path


def build_list(targets: Sequence[ModuleVersion], reqs: Reqs) -> tuple[ModuleVersion, ...]:
    """The build list of `targets`: they come first, the others follow by path (algorithm 1).

    Raises:
        UnsatisfiedError: the requirements of a reachable module version cannot be read.
    """
    graph = Graph(reqs.compare, targets)
    failed: dict[ModuleVersion, GovgoError] = {}
    queue = list(dict.fromkeys(targets))
    seen = set(queue)
    for mv in queue:
        required: tuple[ModuleVersion, ...] = ()
        try:
            if mv.version != NONE:
                required = reqs.required(mv)
        except Failure as error:
            failed[mv] = error
        graph.require(mv, required)
        for req in required:
            if req not in seen:
                seen.add(req)
                queue.append(req)
    if failed:
        chain = graph.find_path(failed.__contains__)
        raise UnsatisfiedError(failed[chain[-1]], chain)
    return graph.build_list()


def req(
    main: ModuleVersion, base: Iterable[str], reqs: Reqs, *, build: Sequence[ModuleVersion] | None = None
) -> tuple[ModuleVersion, ...]:
    """A shortest requirement list for `main` that gives the same build list and names all of `base` (algorithm R).

    Args:
        main: the module whose requirements are listed.
        base: module paths that the list must name.
        reqs: the requirement relation.
        build: the build list of `main`; None to compute it.

    Returns:
        Requirements sorted by path.
    """
    listed = build_list([main], reqs) if build is None else build
    highest = dict(listed)
    required, postorder = _postorder(main, listed, reqs)
    have: set[ModuleVersion] = set()

    def cover(start: ModuleVersion) -> None:
        stack = [start]
        while stack:
            mv = stack.pop()
            if mv not in have:
                have.add(mv)
                stack.extend(required.get(mv, ()))

    minimal: list[ModuleVersion] = []
    for path in dict.fromkeys(base):
        mv = ModuleVersion(path, highest.get(path, ""))
        minimal.append(mv)
        cover(mv)
    for mv in reversed(postorder):
        if highest.get(mv.path) == mv.version and mv not in have:
            minimal.append(mv)
            cover(mv)
    return tuple(sorted(minimal, key=lambda mv: mv.path))


def _postorder(
    main: ModuleVersion, listed: Iterable[ModuleVersion], reqs: Reqs
) -> tuple[dict[ModuleVersion, tuple[ModuleVersion, ...]], list[ModuleVersion]]:
    """The requirements of all that `listed` reaches, and these versions in order, each after what it requires."""
    required: dict[ModuleVersion, tuple[ModuleVersion, ...]] = {main: ()}
    order: list[ModuleVersion] = []
    for start in listed:
        if start in required:
            continue
        required[start] = reqs.required(start)
        stack = [(start, iter(required[start]))]
        while stack:
            mv, pending = stack[-1]
            for target in pending:
                if target not in required:
                    required[target] = reqs.required(target)
                    stack.append((target, iter(required[target])))
                    break
            else:
                order.append(mv)
                stack.pop()
    return required, order
