# SPDX-License-Identifier: BSD-3-Clause
"""From the bumps that were found to the plan: what each clears and drags along, and why the rest stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from govgo.core.advisory.fixplan import Bump, FixPlan, Flaw, Refusal, Unfixable, Why
from govgo.core.advisory.fixversions import State, Versions, other_major
from govgo.core.advisory.match import Vulnerability
from govgo.core.modgraph.mvs import NONE
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.resolution.plan import PlannedModule, planned_modules
from govgo.core.resolution.resolution import Resolution


def fix_plan(versions: Versions, edits: Mapping[str, str], state: State, *, is_proved: bool) -> FixPlan:
    """The plan, as a value, from what the search has found.

    Args:
        versions: the main module as it is.
        edits: the versions to raise requirements to, by path.
        state: the graph after these edits, and what is still found in it.
        is_proved: whether it is proved that no better plan exists.
    """
    assert state.resolution is not None
    return _Result(versions, edits, state.resolution, state.left).plan(is_proved=is_proved)


class _Result:
    def __init__(self, versions: Versions, edits: Mapping[str, str], after: Resolution, left: frozenset[Flaw]) -> None:
        self.versions = versions
        self.edits = edits
        self.after = after
        self.left = left

    def plan(self, *, is_proved: bool) -> FixPlan:
        versions, edits, after = self.versions, self.edits, self.after
        start = versions.start
        modules = planned_modules(start, after, edits.keys(), follows_imports=False)
        order = sorted(edits, key=lambda path: (path not in versions.lines, self._place(path), path))
        dragged = self._attributed(order, [each for each in modules if each.change.path not in edits])
        cleared = sorted(versions.goals - self.left)
        bumps = []
        for path in order:
            along = dragged.get(path, [])
            reached = {path, *(each.change.path for each in along)}
            clears = tuple(flaw for flaw in cleared if flaw.path in reached)
            old, new = versions.selected.get(path, NONE), after.selected(path)
            bumps.append(Bump(path, old, new, versions.lines.get(path), clears, tuple(along)))
        stays = tuple(map(self._unfixable, sorted(self.left)))
        go = (start.go_version, after.go_version)
        return FixPlan(start.path, start.mod_file, "", tuple(bumps), go, stays, is_proved)

    def _place(self, path: str) -> tuple[str, int]:
        line = self.versions.lines.get(path)
        return (line.place.file, line.place.line) if line is not None else ("", 0)

    def _attributed(self, order: Sequence[str], modules: Iterable[PlannedModule]) -> dict[str, list[PlannedModule]]:
        """For each bump what it drags along: what it leads to, and else what only changes together with it."""
        after = self.after
        rest = {each.change.path: each for each in modules}
        found: dict[str, list[PlannedModule]] = {}
        for path in order:
            queue = [ModuleVersion(path, after.selected(path))]
            seen = set(queue)
            for mod in queue:  # grows while it is walked
                for target in after.graph.required_by(mod) or ():
                    if target not in seen:
                        seen.add(target)
                        queue.append(target)
            along = [each for name, each in rest.items() if ModuleVersion(name, after.selected(name)) in seen]
            for each in along:
                del rest[each.change.path]
            found[path] = along
        if rest and order:
            found[order[0]] += rest.values()
        return {path: sorted(along, key=lambda each: each.change.path) for path, along in found.items()}

    def _unfixable(self, flaw: Flaw) -> Unfixable:
        (vulnerability,) = [each for each in self.versions.found[flaw.path] if each.id == flaw.id]
        why = self._why(flaw, vulnerability)
        return Unfixable(flaw, self.versions.selected[flaw.path], why.why, why.text)

    def _why(self, flaw: Flaw, vulnerability: Vulnerability) -> Refusal:
        mod = ModuleVersion(flaw.path, self.versions.selected[flaw.path])
        replacement = self.versions.start.replacement(mod)
        fixed = vulnerability.fixed_in
        if replacement is not None:
            fix = f"; fixed in {fixed}" if fixed else ""
            return Refusal(Why.REPLACED, f"it is replaced by {replacement}, which the replace line decides{fix}")
        refused = [
            (version, why) for version, why in self.versions.refused.get(flaw.path, ()) if self._is_free(version, flaw)
        ]
        free = [version for version in self.versions.allowed(flaw.path) if self._is_free(version, flaw)]
        if free:
            return self._why_not(flaw.path, free)
        if refused:
            text = "; ".join(why.text for _, why in refused[:3])
            more = len(refused) - 3
            return Refusal(refused[0][1].why, text + (f"; and {more} more versions" if more > 0 else ""))
        other = other_major(flaw.path, vulnerability)
        if other:
            return Refusal(Why.OTHER_MAJOR, f"fixed only in {other}: a change of the code, not of a version")
        for version in self.versions.newer(mod):
            if self._is_free(version, flaw):
                new = self.versions.flaws(self.versions.start, ModuleVersion(flaw.path, version))[1]
                return Refusal(Why.NEW_FINDING, f"{flaw.path}@{version} clears it, and brings in {min(new).id}")
        if fixed:
            return Refusal(Why.NO_FIX, f"fixed in {fixed}, which GOPROXY does not have")
        return Refusal(Why.NO_FIX, "no fix is known")

    def _is_free(self, version: str, flaw: Flaw) -> bool:
        return flaw not in self.versions.flaws(self.versions.start, ModuleVersion(flaw.path, version))[0]

    def _why_not(self, path: str, versions: Sequence[str]) -> Refusal:
        """Why versions that may be taken do not do: the reason of the lowest."""
        state = self.versions.after({path: versions[0]})
        if state.blocked is not None:
            return state.blocked
        if state.new:
            flaw = min(state.new)
            version = state.changed.get(flaw.path, versions[0])
            return Refusal(Why.NEW_FINDING, f"{path}@{versions[0]} brings in {flaw.id} in {flaw.path} {version}")
        return Refusal(Why.CONFLICT, f"{path}@{versions[0]} clears it, but not together with the others")
