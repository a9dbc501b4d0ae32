# SPDX-License-Identifier: BSD-3-Clause
"""What the search for a fix knows of modules: what is at fault, and which versions of it may be taken.

The versions that may be taken are releases above the selected one, of the same major version, which lack some of what
is to be cleared and bring in nothing new, and which nothing forbids. From the go.mod of each it is known what it drags
along at least.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Protocol

from govgo.core.advisory.fixplan import Flaw, Refusal, Why
from govgo.core.advisory.match import AdvisoryIndex, Vulnerability
from govgo.core.modgraph.mvs import NONE
from govgo.core.module.moduleversion import ModuleVersion, compare_versions, is_toolchain, version_key
from govgo.core.module.paths import INCOMPATIBLE, check_path_major, split_path_version
from govgo.core.records import NamedTuple
from govgo.core.resolution.lower import Edits
from govgo.core.resolution.resolution import Resolution, Stated
from govgo.core.safetext import one_line
from govgo.core.version import goversion, pseudo, semver
from govgo.errors import Failure, GovgoError, InputError, is_not_found

GO = "go"
"""Stands for the go line where changes are listed by path."""

Judgement = Callable[[Vulnerability, ModuleVersion], bool]
"""Says something of a vulnerability of a module version."""


class World(Protocol):
    """What the search asks for."""

    def resolve(self, edits: Edits) -> Resolution:
        """The graph after edits of the main module's requirements.  Raises Failure where it cannot be loaded."""
        ...

    def newer(self, mod: ModuleVersion) -> Sequence[str]:
        """The known versions above that of `mod`, in any order.  Raises Failure where nobody can say."""
        ...

    def required(self, mod: ModuleVersion) -> tuple[ModuleVersion, ...]:
        """What a module version requires, Go included.  Raises Failure where its go.mod cannot be obtained."""
        ...

    def refusal(self, mod: ModuleVersion) -> Refusal | None:
        """Why a version may not be taken by a plan, None where it may."""
        ...

    def foresee(self, mods: Sequence[ModuleVersion]) -> None:
        """Much will be asked about these versions: fetch it for all of them at once."""
        ...


class Bounds(NamedTuple):
    """How much is tried.

    Attributes:
        versions: of each module, the lowest that may be taken of those that leave the least.
        others: the same of those that leave more, for each set of what they leave.
        leads: requirements of ours that lead to a module at fault without a line of its own.
        graphs: how many times versions are selected anew.
        choices: how many choices are looked at, in all.
    """

    versions: int = 10
    others: int = 3
    leads: int = 60
    graphs: int = 40
    choices: int = 20_000


class State(NamedTuple):
    """What bumps come to.

    Attributes:
        resolution: the graph, None where it cannot be loaded.
        changed: what is selected otherwise than before; "none" for what is gone, "go" for the go line.
        left: what was to be cleared and is still there.
        new: what was not there before.
        blocked: why it may not be done.
    """

    resolution: Resolution | None
    changed: Mapping[str, str]
    left: frozenset[Flaw]
    new: frozenset[Flaw]
    blocked: Refusal | None


class Option(NamedTuple):
    """A version of a module to take, None to leave it as it is; what it leaves that was to be cleared."""

    version: str | None
    left: int
    drags: Mapping[str, str]


class Candidate:
    """A module that may be bumped.

    Attributes:
        path: the module.
        options: those that leave the least first, then the lowest.
        versions: of the options.
        least_left: what the best of the options leave.
        must_change: every one of these is a version.
        lowest, drags: the lowest of these, and what every one of them drags along, at least.
    """

    def __init__(self, path: str, options: Iterable[Option]) -> None:
        self.path = path
        self.options = sorted(options, key=lambda each: (each.left, each.version is None, order(path, each.version)))
        self.versions = [each.version for each in self.options if each.version is not None]
        self.least_left = self.options[0].left
        best = [each for each in self.options if each.left == self.least_left]
        self.must_change = all(each.version is not None for each in best)
        self.lowest = min((each.version or NONE for each in best), key=lambda version: order(path, version))
        shared = set.intersection(*(set(each.drags) for each in best))
        self.drags = {
            each: min((option.drags[each] for option in best), key=lambda version: order(each, version))
            for each in shared
        }


class Versions:
    """The main module as it is, and the versions that may be taken.

    Attributes:
        start: the graph as it is.
        lines: the requirements of its go.mod, by path.
        selected: the build list, by path.
        found: the vulnerabilities of each module of the build list that has some.
        goals: what is to be cleared.
        leads: the requirements that lead to what is at fault and has no line of its own.
        is_whole: whether all of these are looked at.
        refused: versions that lack something that is to be cleared and may not be taken, and why.
        at_fault: the modules that have something that is to be cleared, those without a line first.
        states: what bumps came to that have been tried.
    """

    def __init__(
        self,
        world: World,
        resolution: Resolution,
        index: AdvisoryIndex,
        wanted: Judgement,
        bounds: Bounds,
        counts: Judgement,
        max_go: str,
    ) -> None:
        """The arguments are those of `find_fix`."""
        self.world = world
        self.start = resolution
        self._index = index
        self._bounds = bounds
        self._counts = counts
        self._max_go = max_go
        self.lines: dict[str, Stated] = {each.mod.path: each for each in resolution.stated}
        self.selected = {mod.path: mod.version for mod in resolution.modules}
        self.found = {
            mod.path: found for mod in resolution.modules if mod.version and (found := self._match(resolution, mod))
        }
        self.goals = frozenset(
            Flaw(path, each.id)
            for path, found in self.found.items()
            for each in found
            if wanted(each, ModuleVersion(path, self.selected[path]))
        )
        self.is_whole = True
        self.states: dict[frozenset[tuple[str, str]], State] = {
            frozenset(): State(resolution, {}, self.goals, frozenset(), None)
        }
        self.refused: dict[str, list[tuple[str, Refusal]]] = {}
        self._allowed: dict[str, tuple[str, ...]] = {}
        self._flaws: dict[tuple[ModuleVersion, ModuleVersion, int], tuple[frozenset[Flaw], frozenset[Flaw]]] = {}
        self.at_fault = sorted({flaw.path for flaw in self.goals}, key=lambda path: (path in self.lines, path))
        self.leads = self._find_leads()
        asked = dict.fromkeys((*self.at_fault, *self.leads))
        best = {path: group for path in asked for group in self._worth_it(path)[:1]}
        world.foresee([ModuleVersion(path, each) for path, group in best.items() for each in group[: bounds.versions]])

    def _match(self, resolution: Resolution, mod: ModuleVersion) -> tuple[Vulnerability, ...]:
        """The vulnerabilities of a module version in a graph, or of what replaces it."""
        actual = resolution.replacement(mod) or mod
        return self._index.match(actual) if actual.version and self._index.about(actual.path) else ()

    def flaws(self, resolution: Resolution, mod: ModuleVersion) -> tuple[frozenset[Flaw], frozenset[Flaw]]:
        """(what was to be cleared and is there, what was not there before) of the vulnerabilities of a module."""
        actual = resolution.replacement(mod) or mod
        about = len(self._index.about(actual.path))  # it grows when databases are asked about what was dragged along
        if not actual.version or not about:
            return frozenset(), frozenset()
        known = self._flaws.get((mod, actual, about))
        if known is None:
            known = self._flaws[mod, actual, about] = self._find_flaws(mod, self._index.match(actual))
        return known

    def _find_flaws(
        self, mod: ModuleVersion, found: Iterable[Vulnerability]
    ) -> tuple[frozenset[Flaw], frozenset[Flaw]]:
        path = mod.path
        left, new = set[Flaw](), set[Flaw]()
        for each in found:
            names = {each.id, *each.aliases}
            known = [old for old in self.found.get(path, ()) if names & {old.id, *old.aliases}]
            left |= {flaw for old in known if (flaw := Flaw(path, old.id)) in self.goals}
            if not known and self._counts(each, mod):
                new.add(Flaw(path, each.id))
        return frozenset(left), frozenset(new)

    def candidates(self) -> list[Candidate]:
        """What may be bumped: first what is at fault and has no line, then what has one, then what leads there."""
        found = []
        for path in self.at_fault:
            options = self._options(path)
            if options or path not in self.lines:
                # Without a line others may do away with it.
                left = sum(flaw.path == path for flaw in self.goals) if path in self.lines else 0
                found.append(Candidate(path, [*options, Option(None, left, {})]))
        for path in self.leads:
            options = [] if path in self.at_fault else self._options(path)
            if options:
                # Left as it is before all: what does without it is found first.
                found.append(Candidate(path, [Option(None, -1, {}), *options]))
        return found

    def _find_leads(self) -> tuple[str, ...]:
        hidden = [path for path in self.at_fault if path not in self.lines]
        found = sorted({lead for path in hidden for lead in self._leading_to(path)})
        if len(found) > self._bounds.leads:
            self.is_whole = False
        return tuple(found[: self._bounds.leads])

    def _leading_to(self, path: str) -> Iterator[str]:
        """The requirements of ours from which a chain leads to the selected version of a module."""
        goal = ModuleVersion(path, self.selected[path])
        above = {goal}
        queue = [goal]
        sources = self._sources
        for mod in queue:  # grows while it is walked
            for source in sources.get(mod, ()):
                if source not in above:
                    above.add(source)
                    queue.append(source)
        for each, line in self.lines.items():
            if line.mod in above or ModuleVersion(each, self.selected[each]) in above:
                yield each

    @cached_property
    def _sources(self) -> Mapping[ModuleVersion, list[ModuleVersion]]:
        sources: dict[ModuleVersion, list[ModuleVersion]] = {}
        for mod in self.start.graph.breadth_first():
            for target in self.start.graph.required_by(mod) or ():
                sources.setdefault(target, []).append(mod)
        return sources

    def _options(self, path: str) -> list[Option]:
        """The versions of a module that may be taken, each with what it drags along for certain."""
        found = []
        for version in self.allowed(path):
            mod = ModuleVersion(path, version)
            left, _ = self.flaws(self.start, mod)
            found.append(Option(version, len(left), self.drags(mod)))
        return found

    def allowed(self, path: str) -> tuple[str, ...]:
        """Versions above the selected one that may be taken, ascending; refusals are noted."""
        known = self._allowed.get(path)
        if known is None:
            known = self._allowed[path] = tuple(self._find_allowed(path))
        return known

    def _find_allowed(self, path: str) -> list[str]:
        refused = self.refused.setdefault(path, [])
        found: list[str] = []
        for group in self._worth_it(path):
            room = self._bounds.others if found else self._bounds.versions
            for version in group:
                if not room or len(found) == 2 * self._bounds.versions:
                    break
                why = self.refusal(ModuleVersion(path, version))
                if why is None:
                    room -= 1
                    found.append(version)
                else:
                    refused.append((version, why))
        refused.sort(key=lambda each: semver.key(each[0]))
        return sorted(found, key=semver.key)

    def _worth_it(self, path: str) -> list[list[str]]:
        """The versions above the selected one that bring in nothing new, and lack some of what is to be cleared.

        Of a requirement that leads to what is at fault all that bring in nothing new: they may lead elsewhere. They
        come in groups that leave the same, first that which leaves the least; a version may be fixed of one flaw long
        before another.
        """
        groups: dict[frozenset[Flaw], list[str]] = {}
        most = 0 if path in self.leads else sum(flaw.path == path for flaw in self.goals)
        for version in self.newer(ModuleVersion(path, self.selected[path])):
            left, new = self.flaws(self.start, ModuleVersion(path, version))
            if not new and not 0 < most == len(left):
                groups.setdefault(left, []).append(version)
        return [groups[left] for left in sorted(groups, key=len)]

    def newer(self, at: ModuleVersion) -> list[str]:
        """The versions to look at, ascending: releases of the same major version, and fixes that advisories name.

        Pre-releases count where the selected version is one, or where there is no release above.
        """
        listed = [each for each in self.world.newer(at) if is_same_major(at.version, each)]
        releases = [each for each in listed if not semver.prerelease(each)]
        if not releases or (semver.prerelease(at.version) and not pseudo.is_pseudo(at.version)):
            releases = listed
        found = dict.fromkeys(releases)
        for each in self.found.get(at.path, ()):
            fixed = fixed_version(at.path, each.fixed_in)
            if fixed and semver.prerelease(fixed) and is_same_major(at.version, fixed):
                found[fixed] = None  # between two tags
        above = [each for each in found if compare_versions(at.path, each, at.version) > 0]
        return sorted(above, key=semver.key)

    def refusal(self, mod: ModuleVersion) -> Refusal | None:
        """Why a version may not be taken, as far as its own go.mod says."""
        why = self.world.refusal(mod)
        if why is not None:
            return why
        try:
            required = self.world.required(mod)
        except Failure as error:
            return _unreadable(error)
        for each in required:
            if each.path == GO and (too_new := self._go_refusal(each.version, str(mod))) is not None:
                return too_new
        return None

    def _go_refusal(self, go: str, who: str) -> Refusal | None:
        if self._max_go and goversion.compare(go, max(self._max_go, self.start.go_version, key=goversion.key)) > 0:
            return Refusal(Why.GO_LINE, f"{who} needs go {go}, and the go line may be {self._max_go} at most")
        return None

    def drags(self, mod: ModuleVersion) -> dict[str, str]:
        """What a bumped version requires above what is selected."""
        found = {}
        for path, version in self.world.required(mod):
            if path == GO:
                if goversion.compare(version, self.start.go_version) > 0:
                    found[GO] = version
            elif not is_toolchain(path) and version != NONE:
                known = self.selected.get(path, NONE)
                if known != "" and compare_versions(path, version, known) > 0:
                    found[path] = version
        return found

    def after(self, edits: Mapping[str, str]) -> State:
        """What bumps come to; remembered."""
        key = frozenset(edits.items())
        known = self.states.get(key)
        if known is None:
            known = self.states[key] = self._resolved(edits)
        return known

    def _resolved(self, edits: Mapping[str, str]) -> State:
        def blocked(why: Refusal) -> State:
            return State(None, {}, frozenset(), frozenset(), why)

        main = self.start.mains[0]
        try:
            after = self.world.resolve({(main, path): version for path, version in edits.items()})
        except Failure as error:
            return blocked(_unreadable(error))
        if after.error is not None:
            return blocked(_unreadable(after.error))
        if (too_new := self._go_refusal(after.go_version, "what is dragged along")) is not None:
            return blocked(too_new)
        selected = {mod.path: mod.version for mod in after.modules}
        changed = {path: version for path, version in selected.items() if self.selected.get(path) != version}
        for path, version in sorted(changed.items()):
            if version != edits.get(path) and (why := self.world.refusal(ModuleVersion(path, version))) is not None:
                return blocked(why)
        changed.update((path, NONE) for path in self.selected if path not in selected)
        if goversion.compare(after.go_version, self.start.go_version) > 0:
            changed[GO] = after.go_version
        left, new = set[Flaw](), set[Flaw]()
        for mod in after.modules:
            if mod.version:
                flaws = self.flaws(after, mod)
                left |= flaws[0]
                new |= flaws[1]
        return State(after, changed, frozenset(left), frozenset(new), None)


def _unreadable(error: GovgoError) -> Refusal:
    """Why a version whose go.mod cannot be used may not be taken."""
    if is_not_found(error):
        return Refusal(Why.UNREADABLE, f"{one_line(str(error).partition(': ')[0])} is not published")
    return Refusal(Why.GO_LINE if error.code == "go-too-new" else Why.UNREADABLE, str(error))


def order(path: str, version: str | None) -> tuple[bool, object]:
    """Sorts versions of a module; None and "none" are the lowest."""
    return (False, ()) if version in (None, NONE) else (True, version_key(path, version or ""))


def is_same_major(old: str, new: str) -> bool:
    """Whether a version may take the place of another one without a change of code: v0 and v1 share a path."""
    lower, higher = semver.major(old), semver.major(new)
    return lower == higher or (lower == "v0" and higher == "v1")


def fixed_version(path: str, fixed: str) -> str:
    """What an advisory names as fixed, as a version of the module; "" where it is none."""
    if not fixed:
        return ""
    _, path_major, _ = split_path_version(path)
    for version in (fixed, fixed.partition("+")[0] + INCOMPATIBLE):
        try:
            check_path_major(version, path_major)
        except InputError:
            continue
        return version
    return ""


def other_major(path: str, vulnerability: Vulnerability) -> str:
    """The module of a higher major version that has the fix, with the version: "q.io/w/v4 v4.0.1"; "" for none."""
    prefix, own, _ = split_path_version(path)
    found = []
    for advisory in vulnerability.advisories:
        for affected in advisory.affected:
            other, major, is_path = split_path_version(affected.path)
            if not is_path or other != prefix or _number(major) <= _number(own):
                continue
            fixes = [f"v{each.fixed}" for each in affected.ranges if each.fixed]
            sound = [fix for fix in fixes if not any(each.has(fix) for each in advisory.about(affected.path))]
            if sound:
                found.append((_number(major), f"{affected.path} {min(sound, key=semver.key)}"))
    return min(found)[1] if found else ""


def _number(path_major: str) -> tuple[int, str]:
    """The major version of a path suffix, for comparisons; the least for none, which stands for v0 and v1."""
    digits = path_major.lstrip("/.v").partition("-")[0]
    return len(digits), digits  # they may be thousands, and begin with no zero
