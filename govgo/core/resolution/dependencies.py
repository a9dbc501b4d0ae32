# SPDX-License-Identifier: BSD-3-Clause
"""Who requires whom among the selected versions: what `govgo tree` draws.

Every module of the build list is there at its selected version. An arrow leads from a module to each one that its
go.mod requires, whatever version that go.mod asks for:

    m          requires a v1.2.0, b v1.0.0        m ─► a v1.3.0 (asks for v1.2.0)
    b v1.0.0   requires a v1.3.0                  m ─► b v1.0.0 ─► a v1.3.0

From go 1.17 on, a go.mod also lists what its packages need indirectly, so that nearly everything requires nearly
everything. A requirement that its line marks `// indirect` is therefore *redundant* where requirements without that
mark lead to the same module; without the redundant ones, the arrows are those that import statements stand behind.

Some modules are selected although no selected version requires them: an older version of another module did, and that
version counts in minimal version selection, too. With graph pruning, the requirements of some modules are not in the
graph at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set
from functools import cached_property

from govgo.core.findings import Finding, Place
from govgo.core.modgraph.mvs import NONE
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.module.paths import split_path_version
from govgo.core.records import NamedTuple
from govgo.core.resolution.resolution import Requirement, Resolution


class Need(NamedTuple):
    """A requirement between selected versions.

    Attributes:
        source, target: the module that requires, and the one that is required, as selected.
        asked: the version that the go.mod of `source` asks for.
        is_indirect: its line is marked `// indirect`.
        place: the line, where `source` is a main module.
    """

    source: ModuleVersion
    target: ModuleVersion
    asked: str
    is_indirect: bool = False
    place: Place | None = None

    @property
    def asks_for_selected(self) -> bool:
        """Whether it is on the selected version of `target`."""
        return self.asked == self.target.version


class Dependencies:
    """The selected versions of one module or workspace, and what they require of each other.

    Attributes:
        resolution: the graph.
        retracted: modules whose selected version was retracted, as far as that is known, and the reasons given.
    """

    def __init__(
        self,
        resolution: Resolution,
        indirect: Mapping[ModuleVersion, Collection[ModuleVersion]],
        retracted: Mapping[str, str] | None = None,
    ) -> None:
        """Nothing is computed yet.

        Args:
            resolution: the graph.
            indirect: the requirements that are marked `// indirect`, by the selected version whose go.mod does so.
                Those of main modules are in `resolution`.
            retracted: see above.
        """
        self.resolution = resolution
        self.retracted = retracted or {}
        self._indirect = indirect
        self._selected = {mod.path: mod for mod in resolution.modules}
        self._raised_by: dict[ModuleVersion, Requirement | None] = {}

    @property
    def modules(self) -> tuple[ModuleVersion, ...]:
        """The selected versions, main modules among them."""
        return self.resolution.modules

    def selected(self, path: str) -> ModuleVersion | None:
        """A module of the build list, None where the path names none."""
        return self._selected.get(path)

    def is_pruned(self, mod: ModuleVersion) -> bool:
        """Whether its requirements are in no graph, because of graph pruning."""
        return self.resolution.graph.required_by(mod) is None

    def needs(self, mod: ModuleVersion) -> tuple[Need, ...]:
        """What a module requires, in the order of its go.mod."""
        return self._needs.get(mod, ())

    def needed_by(self, mod: ModuleVersion) -> tuple[Need, ...]:
        """The requirements on a module: those of main modules first, then by name."""
        return self._needed_by.get(mod, ())

    def decides(self, need: Need) -> bool:
        """Whether a requirement suffices to select the version of its target."""
        return need.asks_for_selected and not self.resolution.is_circular(need.source, need.target)

    def raised_by(self, mod: ModuleVersion) -> Requirement | None:
        """The requirement to name as the one that decides: of a main module, else of a selected version, else any."""
        if mod not in self._raised_by:
            self._raised_by[mod] = self.resolution.deciding_line(mod.path) or self._raised_by_dependency(mod)
        return self._raised_by[mod]

    def _raised_by_dependency(self, mod: ModuleVersion) -> Requirement | None:
        deciding = self.resolution.deciding(mod.path)
        selected = (each for each in deciding if self._selected.get(each.source.path) == each.source)
        return next(selected, deciding[0] if deciding else None)

    @cached_property
    def _needs(self) -> dict[ModuleVersion, tuple[Need, ...]]:
        resolution, selected = self.resolution, self._selected
        found: dict[ModuleVersion, tuple[Need, ...]] = {}
        stated: dict[ModuleVersion, list[Need]] = {main: [] for main in resolution.mains}
        for each in resolution.stated:
            target = selected.get(each.mod.path)
            if target is not None:
                stated[each.main].append(Need(each.main, target, each.mod.version, each.is_indirect, each.place))
        for mod in resolution.modules:
            if mod in stated:
                found[mod] = _once(stated[mod])
                continue
            marked = self._indirect.get(mod, ())
            found[mod] = _once(
                Need(mod, selected[target.path], target.version, target in marked)
                for target in resolution.graph.required_by(mod) or ()
                if target.version != NONE and not is_toolchain(target.path) and target.path in selected
            )
        return found

    @cached_property
    def _needed_by(self) -> dict[ModuleVersion, tuple[Need, ...]]:
        found: dict[ModuleVersion, list[Need]] = {}
        for source in self.modules:  # main modules first, then by path
            for need in self.needs(source):
                found.setdefault(need.target, []).append(need)
        return {target: tuple(needs) for target, needs in found.items()}

    @cached_property
    def reached(self) -> Set[ModuleVersion]:
        """What requirements of selected versions lead to, from the main modules on, breadth first."""
        return self._reach(direct=False)

    @cached_property
    def _reached_directly(self) -> Set[ModuleVersion]:
        """What those lead to that are not marked `// indirect`."""
        return self._reach(direct=True)

    def _reach(self, *, direct: bool) -> Set[ModuleVersion]:
        seen = dict.fromkeys(self.resolution.mains)
        queue = list(seen)
        for mod in queue:  # grows while it is walked
            for need in self.needs(mod):
                if need.target not in seen and not (direct and need.is_indirect):
                    seen[need.target] = None
                    queue.append(need.target)
        return seen.keys()

    def is_redundant(self, need: Need) -> bool:
        """Whether it is marked `// indirect`, and requirements without that mark lead to the same module."""
        return need.is_indirect and need.target in self._reached_directly

    @cached_property
    def left_over(self) -> tuple[ModuleVersion, ...]:
        """Modules that no requirement of selected versions leads to, but for those that others of them lead to."""
        rest = dict.fromkeys(mod for mod in self.modules if mod not in self.reached)
        # Those that none of the others requires come first; what is left then goes around in circles.
        tops = [mod for mod in rest if not any(need.source in rest for need in self.needed_by(mod))]
        found: list[ModuleVersion] = []
        seen: set[ModuleVersion] = set()
        for top in [*tops, *rest]:
            if top not in seen:
                found.append(top)
                seen.add(top)
                queue = [top]
                for mod in queue:
                    fresh = [need.target for need in self.needs(mod) if need.target not in seen]
                    seen.update(fresh)
                    queue.extend(fresh)
        return tuple(found)

    def several_majors(self) -> tuple[tuple[ModuleVersion, ...], ...]:
        """The modules that are selected in several major versions, side by side: m.io/a, m.io/a/v3."""
        groups: dict[str, list[ModuleVersion]] = {}
        for mod in self.modules:
            prefix, _, ok = split_path_version(mod.path)
            if ok and mod.version:
                groups.setdefault(prefix, []).append(mod)
        return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def _once(needs: Iterable[Need]) -> tuple[Need, ...]:
    """Each target once: of several lines for one module, the one with the selected version, else the first."""
    found: dict[ModuleVersion, Need] = {}
    for need in needs:
        known = found.get(need.target)
        if known is None or need.asks_for_selected:
            found[need.target] = need
    return tuple(found.values())


class Audited(NamedTuple):
    """What a report on dependencies is made of.

    Attributes:
        modules: what the command looked at and could resolve, in the order named.
        faults: why others could not be resolved.
    """

    modules: tuple[Dependencies, ...]
    faults: tuple[Finding, ...] = ()
