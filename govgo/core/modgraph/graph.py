# SPDX-License-Identifier: BSD-3-Clause
"""A module requirement graph that is told requirements as they become known, and always knows what is selected."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from govgo.core.module.moduleversion import ModuleVersion

Compare = Callable[[str, str, str], int]
"""`compare(path, v, w)`: negative, zero or positive as version `v` of module `path` is below, level with or above `w`.
"none" must be below every other version."""

NONE = "none"
"""The version of a module that is not there."""


class Graph:
    """A requirement graph and the versions that it selects.

    Module versions are numbered as they are first named; a version is compared once, when it gets its number, so
    that an edge costs one dictionary lookup.
    """

    __slots__ = ("_compare", "_edges", "_ids", "_mods", "_required", "_roots", "_selected")

    def __init__(self, compare: Compare, roots: Iterable[ModuleVersion]) -> None:
        """An empty graph with `roots`, which take part in the selection."""
        self._compare = compare
        self._ids: dict[ModuleVersion, int] = {}
        self._mods: list[ModuleVersion] = []
        self._required: list[tuple[ModuleVersion, ...] | None] = []
        self._edges: list[list[int]] = []
        self._selected: dict[str, str] = {}
        self._roots = tuple(roots)
        for root in self._roots:
            if root not in self._ids:
                self._add(root)

    def _add(self, mv: ModuleVersion) -> int:
        number = len(self._mods)
        self._ids[mv] = number
        self._mods.append(mv)
        self._required.append(None)
        self._edges.append(_NO_EDGES)
        path, version = mv
        chosen = self._selected.get(path)
        if chosen is None:
            if self._compare(path, NONE, version) < 0:
                self._selected[path] = version
        elif self._compare(path, chosen, version) < 0:
            self._selected[path] = version
        return number

    def number(self, mv: ModuleVersion) -> int | None:
        """The number of a module version, from 0 in the order of first naming; None when the graph does not name it."""
        return self._ids.get(mv)

    def mod(self, number: int) -> ModuleVersion:
        """The module version with a number."""
        return self._mods[number]

    def __len__(self) -> int:
        """How many module versions the graph names."""
        return len(self._mods)

    def require(self, mv: ModuleVersion, reqs: tuple[ModuleVersion, ...]) -> list[int]:
        """Record that `mv`, which the graph names, requires `reqs`; once for each `mv`.

        Returns:
            The numbers of `reqs`.
        """
        number = self._ids[mv]
        assert self._required[number] is None, f"requirements of {mv} have already been set"
        self._required[number] = reqs
        get = self._ids.get
        edges: list[int] = []
        for req in reqs:
            target = get(req)
            edges.append(self._add(req) if target is None else target)
        self._edges[number] = edges
        return edges

    def required_by(self, mv: ModuleVersion) -> tuple[ModuleVersion, ...] | None:
        """What `mv` requires, in the order recorded; None when that is not known (pruned out)."""
        number = self._ids.get(mv)
        return None if number is None else self._required[number]

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
        mods = self._mods
        return (mods[number] for number in self._walk())

    def _walk(self) -> Iterator[int]:
        mods, edges = self._mods, self._edges
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

    def edge_names(self, name: Callable[[ModuleVersion], str]) -> Iterator[tuple[str, list[str]]]:
        """(name of a module version, names of its requirements) in breadth-first order; each named once."""
        names = [name(mv) for mv in self._mods]
        edges = self._edges
        for number in self._walk():
            yield names[number], [names[target] for target in edges[number]]

    def find_path(self, wanted: Callable[[ModuleVersion], bool]) -> tuple[ModuleVersion, ...]:
        """A shortest chain of requirements from a root to a module version that is `wanted`; () when there is none."""
        mods, edges = self._mods, self._edges
        parent = [_UNSEEN] * len(mods)
        queue: list[int] = []
        for root in self._roots:
            number = self._ids[root]
            parent[number] = _IS_ROOT
            queue.append(number)
        for number in queue:
            if wanted(mods[number]):
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


_UNSEEN = -2
_IS_ROOT = -1
_NO_EDGES: list[int] = []
