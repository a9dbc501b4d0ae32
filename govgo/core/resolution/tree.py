# SPDX-License-Identifier: BSD-3-Clause
"""The requirements of selected versions laid out as a tree, as `cargo tree` does it: one branch after the other.

What a module requires stands below it where the module comes first; later it is marked as repeated. A module that
requires what requires it ends the branch in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.resolution.dependencies import Dependencies, Need


class TreeOptions(NamedTuple):
    """What of the requirements is shown.

    Attributes:
        invert: paths of modules to begin with; below each is what requires it. None: from the main modules down.
        duplicates: begin with the modules that are selected in several major versions, as `invert` does.
        prune: paths of modules that are left out, with what only they lead to.
        depth: levels below the first one, None for all.
        repeats: what a module requires is shown wherever the module is.
        redundant: requirements marked `// indirect` are shown also where others lead to the same module.
    """

    invert: tuple[str, ...] = ()
    duplicates: bool = False
    prune: tuple[str, ...] = ()
    depth: int | None = None
    repeats: bool = False
    redundant: bool = False

    @property
    def upwards(self) -> bool:
        """Whether a branch leads from a module to those that require it."""
        return self.duplicates or bool(self.invert)


class Branch(NamedTuple):
    """A line of the tree.

    Attributes:
        depth: 0 for a root.
        mod: the module; None for the line above those that no selected version requires.
        need: the requirement that leads here, None at a root.
        is_last: it is the last of those that stand below the same line.
        is_repeated: what would stand below it is shown elsewhere.
        has_below: something stands below it here.
    """

    depth: int
    mod: ModuleVersion | None
    need: Need | None = None
    is_last: bool = False
    is_repeated: bool = False
    has_below: bool = False


class Tree:
    """The lines for one module or workspace."""

    def __init__(self, dependencies: Dependencies, options: TreeOptions) -> None:
        """Nothing is walked yet."""
        self.dependencies = dependencies
        self.options = options
        self._shown: dict[ModuleVersion, int] = {}  # how many levels below a module have been shown
        self._below: dict[ModuleVersion | None, _Ends] = {}
        self._groups = self._roots()

    def groups(self) -> Iterator[Iterator[Branch]]:
        """The lines of roots that belong together; to be walked in order, since a module is shown in full once."""
        return (self._branches(roots) for roots in self._groups)

    def _roots(self) -> Sequence[Sequence[ModuleVersion | None]]:
        """None stands for `Dependencies.left_over`."""
        dependencies, options = self.dependencies, self.options
        if options.duplicates:
            groups = dependencies.several_majors()
            wanted = frozenset(options.invert)
            return [group for group in groups if not wanted or any(mod.path in wanted for mod in group)]
        if options.invert:
            found = [mod for path in options.invert if (mod := dependencies.selected(path)) is not None]
            return [[mod] for mod in dict.fromkeys(found)]
        roots: list[list[ModuleVersion | None]] = [[main] for main in dependencies.resolution.mains]
        return [*roots, [None]] if self._ends(None) else roots

    def _branches(self, roots: Sequence[ModuleVersion | None]) -> Iterator[Branch]:
        most = self.options.depth
        stack = [Branch(0, root) for root in reversed(roots)]
        above: dict[ModuleVersion | None, None] = {}  # what the branch stands below, from its root on
        while stack:
            branch = stack.pop()
            mod = branch.mod
            while len(above) > branch.depth:
                above.popitem()
            ends = self._ends(mod)
            left = _ALL if most is None else most - branch.depth
            if mod is not None and ends:
                seen = not self.options.repeats and self._shown.get(mod, 0) >= max(left, 1)
                if seen or mod in above:
                    yield branch._replace(is_repeated=True)
                    continue
            yield branch._replace(has_below=left > 0 and bool(ends))
            if left <= 0:
                continue
            if mod is not None:
                self._shown[mod] = left
            above[mod] = None
            below = [Branch(branch.depth + 1, *end) for end in ends]
            if below:
                below[-1] = below[-1]._replace(is_last=True)
            stack += reversed(below)

    def _ends(self, mod: ModuleVersion | None) -> _Ends:
        """What stands right below a module."""
        found = self._below.get(mod)
        if found is None:
            prune = self.options.prune
            found = self._below[mod] = [each for each in self._all_ends(mod) if each[0].path not in prune]
        return found

    def _all_ends(self, mod: ModuleVersion | None) -> _Ends:
        dependencies, options = self.dependencies, self.options
        if mod is None:
            return [(top, None) for top in dependencies.left_over]
        if not options.upwards:
            kept = (need for need in dependencies.needs(mod) if self._counts(need))
            return [(need.target, need) for need in kept]
        # Who asks what decides is never left out.
        is_asked = any(mod in group for group in self._groups)
        return [
            (need.source, need)
            for need in dependencies.needed_by(mod)
            if self._counts(need) or (is_asked and (dependencies.decides(need) or need.place is not None))
        ]

    def _counts(self, need: Need) -> bool:
        return self.options.redundant or not self.dependencies.is_redundant(need)


_Ends = Sequence[tuple[ModuleVersion, Need | None]]
_ALL = 1 << 30
