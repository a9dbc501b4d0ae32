# SPDX-License-Identifier: BSD-3-Clause
"""The smallest plan that clears vulnerabilities: which requirements of the main module to raise, and how far.

    go.mod requires a v1.0.0, x v1.0.0;  GO-1 in x before v1.2.0;  x v1.2.0 requires y v1.1.0
    plan: x v1.0.0 => v1.2.0, which drags along y

A plan raises modules at fault to versions without some of what was found, and requirements of ours through which a
module at fault without a line of its own is reached; each is selected at the version that it is raised to. Whatever
changes in the build list may be taken (it is not excluded, retracted or too young), and nothing is found that was not
found before. Of these plans the best one, by what comes first:

1. it clears the most vulnerabilities;
2. it changes the fewest requirements of go.mod: those that are raised, also because others drag them along, those that
   are new, and the go line;
3. it changes the fewest modules of the build list;
4. it has the lowest versions: of two build lists that with the lower version of the first module, by path, in which
   they differ; no version is the lowest.

The search goes through the versions of each module at fault, from the lowest, and selects versions anew for each choice
that may be better than the best one so far. What a choice costs at least is known from the go.mod files of the
versions alone: a requirement of a bumped version above what is selected is dragged along for certain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from govgo.core.advisory.fixplan import FixPlan
from govgo.core.advisory.fixresult import fix_plan
from govgo.core.advisory.fixversions import (
    GO,
    Bounds,
    Candidate,
    Judgement,
    Option,
    State,
    Versions,
    World,
    order,
)
from govgo.core.advisory.match import AdvisoryIndex
from govgo.core.modgraph.mvs import NONE
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.resolution.resolution import Resolution


def find_fix(
    world: World,
    resolution: Resolution,
    index: AdvisoryIndex,
    wanted: Judgement,
    bounds: Bounds,
    *,
    counts: Judgement = lambda vulnerability, mod: True,
    max_go: str = "",
) -> FixPlan:
    """The best plan.

    Args:
        world: answers the questions.
        resolution: the graph of one main module as it is.
        index: the advisories.
        wanted: whether a vulnerability of a module of the build list is to be cleared.
        bounds: how much to try.
        counts: whether one that comes in would be a finding.
        max_go: the go line may not be raised above this; "" for no limit.

    Raises:
        Failure: nobody can say which versions of a module there are.
    """
    versions = Versions(world, resolution, index, wanted, bounds, counts, max_go)
    return _Search(versions, bounds).run()


class _Best(NamedTuple):
    cost: tuple[int, int, int]
    changed: Mapping[str, str]
    edits: Mapping[str, str]
    state: State


class _Search:
    def __init__(self, versions: Versions, bounds: Bounds) -> None:
        self.versions = versions
        self.bounds = bounds
        start = versions.after({})
        self.best = _Best((len(start.left), 0, 0), {}, {}, start)
        self.is_whole = versions.is_whole
        self.choices = 0
        self.most_graphs = 0

    def run(self) -> FixPlan:
        candidates = self.versions.candidates()
        if candidates:
            self._dive([each for each in candidates if each.versions and each.path in self.versions.at_fault])
            self.most_graphs = len(self.versions.states) + self.bounds.graphs
            self._explore(candidates, {}, {})
        return fix_plan(self.versions, self._needed(self.best), self.best.state, is_proved=self.is_whole)

    def _dive(self, candidates: Sequence[Candidate]) -> None:
        """Find a good plan soon: the lowest version of each module, as far as these get on with each other.

        All at once; where that fails the first half, then the second one, down to each module by itself.
        """
        self.most_graphs = len(self.versions.states) + 4 * self.bounds.graphs
        groups = [list(candidates)] if candidates else []
        edits: Mapping[str, str] = {}
        while groups:
            group = groups.pop()
            better = self._mended_plan(edits, {each.path: each.versions[0] for each in group})
            if better is None and len(group) == 1:
                (only,) = group
                others = (self._mended_plan(edits, {only.path: each}) for each in only.versions[1:])
                better = next((each for each in others if each is not None), None)
            elif better is None:
                middle = len(group) // 2
                groups += [group[middle:], group[:middle]]
            edits = better or edits
        self._do_without()

    def _do_without(self) -> None:
        """Leave out of the best plan what clears nothing of its own, as far as nothing else depends on it."""
        for path in sorted(self.best.edits):
            if any(flaw.path == path and flaw not in self.best.state.left for flaw in self.versions.goals):
                continue
            found = self._settled({other: version for other, version in self.best.edits.items() if other != path})
            if found is not None and not found[1].new:
                self._offer(*found)

    def _mended_plan(self, edits: Mapping[str, str], more: Mapping[str, str]) -> Mapping[str, str] | None:
        """`edits` and `more`, and what new findings call for; None where that is not allowed, or clears no more."""
        before = len(self.versions.after(edits).left)
        plan = {**edits, **more}
        while more:
            found = self._settled(plan)
            if found is None:
                return None
            settled, state = found
            if not state.new:
                self._offer(settled, state)
                return settled if len(state.left) < before else None
            mending = self._mending(state, plan)
            if mending is None:
                return None
            more = {each.path: each.versions[0] for each in mending}
            plan = {**plan, **more}
        return None

    def _explore(self, candidates: Sequence[Candidate], edits: Mapping[str, str], drags: Mapping[str, str]) -> None:
        """Try every option for each of `candidates`, beside `edits`, unless nothing better can come of it."""
        self.choices += 1
        if self.choices > self.bounds.choices:
            self.is_whole = False
        elif not self._is_no_better(candidates, edits, drags):
            if not candidates:
                self._judge(edits, drags)
                return
            first, *rest = candidates
            for option in first.options:
                if option.version is None:
                    self._explore(rest, edits, drags)
                else:
                    self._explore(rest, {**edits, first.path: option.version}, _joined(drags, option.drags))

    def _is_no_better(
        self, candidates: Sequence[Candidate], edits: Mapping[str, str], drags: Mapping[str, str]
    ) -> bool:
        """Whether all that these choices may come to is no better than the best plan so far."""
        versions = self.versions
        least = _joined(edits, drags)
        left = self._left_by(edits)
        for each in candidates:
            left += max(each.least_left, 0)
            if each.must_change:
                least.setdefault(each.path, each.lowest)
            elif each.least_left == 0:
                least.setdefault(each.path, NONE)  # it is cleared, so it changes
            least = _joined(least, each.drags)
        lines = sum(path in versions.lines or path == GO or path in edits for path in least)
        cost = (left, lines, sum(path != GO for path in least))
        if cost != self.best.cost:
            return cost > self.best.cost
        return _compared(least, self.best.changed, versions.selected) >= 0

    def _left_by(self, edits: Mapping[str, str]) -> int:
        versions = self.versions
        return sum(
            len(versions.flaws(versions.start, ModuleVersion(path, version))[0])
            for path, version in edits.items()
            if path in versions.found
        )

    def _judge(self, edits: Mapping[str, str], drags: Mapping[str, str]) -> None:
        """Select versions anew, and keep the plan if it is better. New findings on the way are bumped, too."""
        found = self._settled(edits)
        if found is None:
            return
        settled, state = found
        if not state.new:
            self._offer(settled, state)
            return
        mending = self._mending(state, edits)
        if mending is not None:
            self._explore(mending, edits, drags)

    def _offer(self, edits: Mapping[str, str], state: State) -> None:
        """Keep a plan if it is better than the best so far."""
        changed, versions = state.changed, self.versions
        lines = sum(path in versions.lines or path == GO or path in edits for path in changed)
        cost = (len(state.left), lines, sum(path != GO for path in changed))
        if (cost, _compared(changed, self.best.changed, versions.selected)) < (self.best.cost, 0):
            self.best = _Best(cost, changed, edits, state)

    def _settled(self, edits: Mapping[str, str]) -> tuple[Mapping[str, str], State] | None:
        """The plan with each requirement at the version that is selected then; None where it comes to nothing."""
        versions = self.versions
        for _ in range(len(versions.selected)):
            if frozenset(edits.items()) not in versions.states and len(versions.states) >= self.most_graphs:
                self.is_whole = False
                return None
            state = versions.after(edits)
            if state.blocked is not None:
                return None
            after = {path: state.changed.get(path, version) for path, version in edits.items()}
            if after == edits:
                return edits, state
            edits = after
        return None

    def _mending(self, state: State, edits: Mapping[str, str]) -> list[Candidate] | None:
        """What may be bumped to do away with new findings; None where nothing is."""
        versions = self.versions
        found = []
        for path in sorted({flaw.path for flaw in state.new}):
            if path in edits:
                return None  # another version of it is tried elsewhere
            options: list[Option] = []
            at = state.changed.get(path, versions.selected.get(path, NONE))
            for version in versions.newer(ModuleVersion(path, at)):
                mod = ModuleVersion(path, version)
                left, new = versions.flaws(versions.start, mod)
                if not new and len(options) < self.bounds.versions and versions.refusal(mod) is None:
                    options.append(Option(version, len(left), versions.drags(mod)))
            if not options:
                return None
            found.append(Candidate(path, options))
        return found

    def _needed(self, best: _Best) -> Mapping[str, str]:
        """The bumps of the best plan without those that others bring about anyway."""
        edits = best.edits
        for path in sorted(edits):
            assert best.state.resolution is not None
            dragged = any(each.place is None for each in best.state.resolution.deciding(path))
            if dragged and len(edits) > 1:
                rest = {other: version for other, version in edits.items() if other != path}
                if self.versions.after(rest).changed == best.changed:
                    edits = rest
        return edits


def _joined(drags: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """The higher version of each module."""
    found = dict(drags)
    for path, version in more.items():
        if path not in found or order(path, found[path]) < order(path, version):
            found[path] = version
    return found


def _compared(a: Mapping[str, str], b: Mapping[str, str], before: Mapping[str, str]) -> int:
    """-1, 0 or +1 as the build list `a` has lower versions than `b`; both as changes of `before`."""
    for path in sorted(a.keys() | b.keys()):
        if path == GO:
            continue
        v, w = (each.get(path, before.get(path, NONE)) for each in (a, b))
        if v != w:
            return -1 if order(path, v) < order(path, w) else 1
    return 0
