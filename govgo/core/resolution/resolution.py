# SPDX-License-Identifier: BSD-3-Clause
"""The resolved module graph of one module or workspace, as a value: what is selected, and which requirements decide.

A version is selected because it is the highest that any module version in the graph requires, selected or not. With
graph pruning some requirements are in no graph; those are not known here, and decide nothing.

    m (go.mod:5) requires a v1.2.0       a is selected at v1.3.0:
    m (go.mod:6) requires b v1.0.0         v1.3.0  b v1.0.0       decides
    b v1.0.0     requires a v1.3.0         v1.3.0  c v1.0.0
    a v1.3.0     requires c v1.0.0         v1.2.0  m (go.mod:5)
    c v1.0.0     requires a v1.3.0

A requirement decides if it alone suffices. That of c does not: c is there only because of a v1.3.0.

Reference: Go Modules Reference, "Minimal version selection (MVS)", "Graph pruning".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cached_property

from govgo.core.findings import Place, shown_name
from govgo.core.modgraph.mvs import NONE, Graph
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain, version_key
from govgo.core.records import NamedTuple
from govgo.errors import GovgoError

_FEW = 16
"""For so many paths the requirements are looked up one path at a time."""


class Stated(NamedTuple):
    """A requirement that the go.mod file of a main module states.

    Attributes:
        main: the main module.
        mod: what it requires.
        place: the line.
        is_indirect: it is marked `// indirect`.
    """

    main: ModuleVersion
    mod: ModuleVersion
    place: Place
    is_indirect: bool


class Requirement(NamedTuple):
    """`source` requires `target`; `place` is the line of a main module's go.mod that says so, None for dependencies."""

    source: ModuleVersion
    target: ModuleVersion
    place: Place | None = None


class Resolution:
    """The graph of one module or workspace with everything that its build list depends on.

    Attributes:
        kind: "module" or "workspace".
        path: the module path; "" for a workspace.
        directory: where it is, as reports show it; "." for the root of the sources.
        mod_file: its go.mod or go.work as reports show it.
        mains: the main modules, each with version "".
        graph: the module graph, which `go mod graph` prints.
        stated: the requirements of the main modules as written, excluded versions left out.
        replacements: for each module version of the graph that is replaced, by what. A directory has no version.
        go_version: the go line that is in force.
        error: why a part of the graph is missing, None where it is whole.
        written: of a go.mod that is not tidy and has no graph pruning, the graph before its requirements were raised,
            None where that is the same: what a version required that was stated and is no longer required still counts.
        is_unpruned: of a module with graph pruning, whether what a module version leads to is followed to the end,
            since its go line is below 1.17; None where everything is, and in workspaces.
    """

    def __init__(
        self,
        *,
        kind: str,
        path: str,
        directory: str,
        mod_file: str,
        mains: Collection[ModuleVersion],
        graph: Graph,
        stated: Collection[Stated],
        replacements: Mapping[ModuleVersion, ModuleVersion],
        go_version: str,
        error: GovgoError | None = None,
        written: Graph | None = None,
        is_unpruned: Callable[[ModuleVersion], bool] | None = None,
    ) -> None:
        self.kind = kind
        self.path = path
        self.directory = directory
        self.mod_file = mod_file
        self.mains = tuple(mains)
        self.graph = graph
        self.stated = tuple(stated)
        self.replacements = replacements
        self.go_version = go_version
        self.error = error
        self.written = written
        self.is_unpruned = is_unpruned
        self._in_order: dict[str, tuple[Requirement, ...]] = {}
        self._decided: dict[str, tuple[Requirement, ...]] = {}
        self._led_to: dict[ModuleVersion, Collection[ModuleVersion]] = {}

    @property
    def name(self) -> str:
        """The module path, or what stands for it in reports."""
        return shown_name(self.kind, self.path, self.directory)

    @cached_property
    def modules(self) -> tuple[ModuleVersion, ...]:
        """The build list as `go list -m all` has it: the main modules, then the others by path."""
        return tuple(mod for mod in self.graph.build_list() if not is_toolchain(mod.path))

    @cached_property
    def direct(self) -> frozenset[str]:
        """Paths of the modules that a main module requires without `// indirect`."""
        return frozenset(each.mod.path for each in self.stated if not each.is_indirect)

    def selected(self, path: str) -> str:
        """The selected version of a module path; "" for a main module, "none" for a path that is not in the graph."""
        return self.graph.selected(path)

    def replacement(self, mod: ModuleVersion) -> ModuleVersion | None:
        """What replaces a module version, None where nothing does."""
        return self.replacements.get(mod)

    def requirements_on(self, path: str) -> tuple[Requirement, ...]:
        """Every requirement on a module path, the highest version first; then those of main modules, then by name."""
        found = self._in_order.get(path)
        if found is None:
            # All at once take as long as some dozen paths do.
            is_one_of_few = len(self._in_order) < _FEW and "_incoming" not in self.__dict__
            incoming = self._requirements(path) if is_one_of_few else self._incoming
            found = self._in_order[path] = _highest_first(path, incoming.get(path, []))
        return found

    def deciding(self, path: str) -> tuple[Requirement, ...]:
        """The requirements on the selected version of `path` that alone suffice to select it; in order."""
        found = self._decided.get(path)
        if found is None:
            chosen = ModuleVersion(path, self.selected(path))
            if path in self._in_order or not self._decided:  # often no other path is asked for
                found = tuple(each for each in self.requirements_on(path) if each.target == chosen)
            else:
                lines = self._lines_on_selected.get(path, ())
                found = (*lines, *(Requirement(source, chosen) for source in sorted(self._requiring.get(path, ()))))
            if len(found) > 1:
                found = tuple(each for each in found if not self.is_circular(each.source, each.target))
            self._decided[path] = found
        return found

    def is_circular(self, source: ModuleVersion, target: ModuleVersion) -> bool:
        """Whether every chain from a main module to `source` goes through `target`, which it requires.

        With graph pruning only chains along which the go.mod of `source` is read count.
        """
        if source in self._near:  # which is most of them: no walk through the graph is needed
            return False
        span, above = self._spans.get(source), self._spans.get(target)
        if span is None or above is None or span.start not in above or source == target:
            return False
        return source not in self._reached_without(target)

    def deciding_place(self, path: str) -> Place | None:
        """The line of a main module's go.mod that selects the version of `path`; None where none does by itself."""
        found = self.deciding_line(path)
        return found.place if found is not None else None

    def deciding_line(self, path: str) -> Requirement | None:
        """The first of `deciding` that a main module states, None where none does; found without the others."""
        lines = self._lines_on_selected.get(path)
        return lines[0] if lines else None

    def leading_place(self, mod: ModuleVersion) -> Place | None:
        """The line of a main module's go.mod that selects a module version, else the one that leads to it.

        `mod` may also be what takes the place of a module version; where it is in no chain, the selected version of its
        path counts. None for what no line leads to.
        """
        used = next((old for old, new in self.replacements.items() if new == mod and old in self._before), mod)
        if used not in self._before:
            used = ModuleVersion(mod.path, self.selected(mod.path))
        decided = self.deciding_place(used.path) if self.selected(used.path) == used.version else None
        start = self.chain(used)[:2]
        return decided or next((each.place for each in self.stated if (each.main, each.mod) == start), None)

    def required_by(self, mod: ModuleVersion) -> tuple[ModuleVersion, ...]:
        """What a module version requires, as far as it is known; of a main module what it states, each once."""
        stated = self._stated.get(mod)
        if stated is not None:
            return stated
        known = self.graph.required_by(mod)
        return known or (self.written.required_by(mod) if known is None and self.written is not None else None) or ()

    def chain(self, mod: ModuleVersion) -> tuple[ModuleVersion, ...]:
        """A shortest chain of requirements from a main module to `mod`; () where there is none."""
        if mod not in self._before:
            return ()
        found = [mod]
        while (before := self._before[found[-1]]) is not None:
            found.append(before)
        return tuple(reversed(found))

    @cached_property
    def _before(self) -> dict[ModuleVersion, ModuleVersion | None]:
        """What stands before each module version on a shortest chain from a main module; None for main modules."""
        found: dict[ModuleVersion, ModuleVersion | None] = dict.fromkeys(self.mains)
        queue = list(self.mains)
        for each in queue:  # grows while it is walked
            for target in self.required_by(each):
                if target not in found:
                    found[target] = each
                    queue.append(target)
        return found

    @cached_property
    def _near(self) -> frozenset[ModuleVersion]:
        """The main modules, and what they state: no chain to these goes through anything else."""
        return frozenset((*self.mains, *(each.mod for each in self.stated)))

    @cached_property
    def _read_before(self) -> dict[ModuleVersion, ModuleVersion | None]:
        """The same along which each go.mod is read; what is read for another reason is not there."""
        return self._before if self.is_unpruned is None else self._read_along(None)

    @cached_property
    def _spans(self) -> dict[ModuleVersion, range]:
        """A number for each key of `_read_before`, and as a range with it those of all that stand behind it."""
        before = self._read_before
        sizes = dict.fromkeys(before, 1)
        for mod in reversed(before):  # what stands before another comes earlier
            above = before[mod]
            if above is not None:
                sizes[above] += sizes[mod]
        found: dict[ModuleVersion, range] = {}
        free: dict[ModuleVersion | None, int] = {None: 0}
        for mod, above in before.items():
            start, free[above] = free[above], free[above] + sizes[mod]
            found[mod] = range(start, start + sizes[mod])
            free[mod] = start + 1
        return found

    def _reached_without(self, left_out: ModuleVersion) -> Collection[ModuleVersion]:
        """The module versions to which chains lead that do not go through `left_out`."""
        found = self._led_to.get(left_out)
        if found is None:
            found = self._led_to[left_out] = (
                self._all_without(left_out) if self.is_unpruned is None else self._read_along(left_out).keys()
            )
        return found

    def _all_without(self, left_out: ModuleVersion) -> set[ModuleVersion]:
        found = {*self.mains, left_out}
        stack = list(self.mains)
        while stack:
            fresh = [each for each in self.required_by(stack.pop()) if each not in found]
            found.update(fresh)
            stack.extend(fresh)
        return found

    def _read_along(self, left_out: ModuleVersion | None) -> dict[ModuleVersion, ModuleVersion | None]:
        """Where go.mod files of dependencies are read with graph pruning, and what stands before each on a chain.

        Read is what the main module requires, at the version that is stated and at the selected one, to which it is
        raised; and all that is required by, or below, a module version without pruning.
        """
        assert self.is_unpruned is not None, "the graph is pruned"
        found: dict[ModuleVersion, ModuleVersion | None] = dict.fromkeys(self.mains)
        stated = {each.mod.path for each in self.stated}
        followed: set[ModuleVersion] = set()  # to the end
        queued: set[ModuleVersion] = set()  # to be followed
        queue: list[tuple[ModuleVersion, ModuleVersion, bool]] = [
            (main, mod, False) for main in self.mains for mod in self.required_by(main)
        ]
        selected = self.graph.selected
        for before, mod, follows in queue:  # grows while it is walked
            if mod == left_out or mod in followed or (mod in found and not follows):
                continue
            found.setdefault(mod, before)
            if follows or self.is_unpruned(mod):
                followed.add(mod)
                for target in self.required_by(mod):
                    if target not in followed and target not in queued:
                        queued.add(target)
                        queue.append((mod, target, True))
            else:
                above = [each for each in self.required_by(mod) if each.path in stated and each not in found]
                queue += [(mod, each, False) for each in above if selected(each.path) == each.version]
        return found

    @cached_property
    def _lines_on_selected(self) -> dict[str, list[Requirement]]:
        """By path the requirements of main modules on its selected version, in order."""
        found: dict[str, list[Requirement]] = {}
        for each in sorted(self.stated, key=lambda each: each.main):
            if self.selected(each.mod.path) == each.mod.version:
                found.setdefault(each.mod.path, []).append(Requirement(each.main, each.mod, each.place))
        return found

    @cached_property
    def _requiring(self) -> dict[str, list[ModuleVersion]]:
        """By path the dependencies that require its selected version, in no order."""
        mains = frozenset(self.mains)
        found = {
            path: [each for each in sources if each not in mains]
            for path, sources in self.graph.requiring_selected().items()
        }
        for source, target in self._only_written:
            if self.selected(target.path) == target.version:
                found.setdefault(target.path, []).append(source)
        return found

    @cached_property
    def _stated(self) -> dict[ModuleVersion, tuple[ModuleVersion, ...]]:
        """What each main module states, in place of what the graph has raised it to."""
        found: dict[ModuleVersion, dict[ModuleVersion, None]] = {main: {} for main in self.mains}
        for each in self.stated:
            found[each.main][each.mod] = None
        return {main: tuple(mods) for main, mods in found.items()}

    @cached_property
    def _incoming(self) -> dict[str, list[Requirement]]:
        """The requirements on each path, in no order."""
        return self._requirements()

    def _requirements(self, path: str = "") -> dict[str, list[Requirement]]:
        """The requirements on `path`, "" for all, by path and in no order.

        Those of main modules are the ones they state: in the graph, those of an untidy go.mod are raised already.
        """
        found: dict[str, list[Requirement]] = {}
        for each in self.stated:
            if path in ("", each.mod.path):
                found.setdefault(each.mod.path, []).append(Requirement(each.main, each.mod, each.place))
        mains = frozenset(self.mains)
        edges = self.graph.requirements_on(path) if path else self.graph.requirements()
        for source, target in edges:
            if source not in mains and target.version != NONE:
                found.setdefault(target.path, []).append(Requirement(source, target))
        for source, target in self._only_written:
            if path in ("", target.path):
                found.setdefault(target.path, []).append(Requirement(source, target))
        return found

    @cached_property
    def _only_written(self) -> tuple[tuple[ModuleVersion, ModuleVersion], ...]:
        """(source, target) of the requirements between dependencies that are in `written` alone."""
        if self.written is None:
            return ()
        mains = frozenset(self.mains)
        return tuple(
            (source, target)
            for source in self.written.breadth_first()
            if source not in mains and self.graph.required_by(source) is None
            for target in self.written.required_by(source) or ()
            if target.version != NONE
        )


def _highest_first(path: str, found: list[Requirement]) -> tuple[Requirement, ...]:
    if len(found) > 1:
        found.sort(key=lambda each: (each.place is None, each.source))
        versions = {each.target.version for each in found}
        if len(versions) > 1:
            keys = {version: version_key(path, version) for version in versions}
            found.sort(key=lambda each: keys[each.target.version], reverse=True)
    return tuple(found)
