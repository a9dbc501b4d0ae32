# SPDX-License-Identifier: BSD-3-Clause
"""What would lower the selected version of a module: the smallest change of what the main modules require.

    m (go.mod:5) requires b v1.2.0        to have a at v1.1.0:  b v1.2.0 => v1.0.0
    b v1.2.0 requires a v1.3.0
    b v1.1.0 requires a v1.2.0
    b v1.0.0 requires a v1.1.0

A requirement with `// indirect` may be dropped. One without it is there because the main module imports the module: it
may be lowered to an older version.

The changes are found by trying: `World.resolve` makes them, and selects again. A module version that asks for more
than the wanted version must not stay selected, even where pruning hides what it requires: the next `tidy` would bring
that back.

That no change of this kind exists, unless it raises another module of the build list, is proved by one requirement: as
it is, and at each older version, it leads to too high a version, whatever becomes of all others (`_Search._proves`).
Where no requirement is such, nothing is proved: an older version of one may raise what stands in the way of another,
and not all combinations can be tried.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from govgo.core.modgraph.loader import Pruning, pruning_for
from govgo.core.modgraph.mvs import NONE
from govgo.core.module.moduleversion import ModuleVersion, compare_versions
from govgo.core.records import NamedTuple
from govgo.core.resolution.resolution import Resolution, Stated
from govgo.errors import Failure, InputError, NotFoundError

Key = tuple[ModuleVersion, str]
"""A requirement of a main module: that module, and the path that is required."""
Edits = Mapping[Key, str]
"""The versions that requirements are to have instead; "none" drops one."""


class World(Protocol):
    """What the search asks for."""

    def resolve(self, edits: Edits) -> Resolution:
        """The graph after edits of the main modules' requirements.  Raises Failure where it cannot be loaded."""
        ...

    def older(self, mod: ModuleVersion) -> Sequence[str]:
        """The known versions below that of `mod`, the highest first.  Raises Failure where nobody can say."""
        ...

    def required(self, mod: ModuleVersion) -> tuple[ModuleVersion, ...]:
        """What a module version requires.  Raises Failure where its go.mod cannot be obtained."""
        ...

    def is_unpruned(self, mod: ModuleVersion) -> bool:
        """Whether all is read that a module version leads to, in each graph, since its go line is below 1.17."""
        ...


class Outcome(StrEnum):
    """What came of the search.

    FOUND: `changes` bring the module to the version. NEEDED: the requirements in `changes` are in the way; to which
    versions was not asked. IMPOSSIBLE: each requirement in `blocked` proves that none helps. UNKNOWN: the search ended
    without an answer (`reason`); what was tried is in `blocked`.
    """

    FOUND = "found"
    NEEDED = "needed"
    IMPOSSIBLE = "impossible"
    UNKNOWN = "unknown"


class Change(NamedTuple):
    """A requirement that changes: `old` is "none" where it is new; `new` is "none" where it goes, "" where it is open.

    `stated` is the line, None for a new one.
    """

    main: ModuleVersion
    path: str
    old: str
    new: str
    stated: Stated | None


class Attempt(NamedTuple):
    """A version that does not help.

    Attributes:
        version: the version.
        chain: the chain to what is still too high; () if it cannot be loaded.
        is_proof: it does not help, whatever becomes of other requirements, unless they raise a module.
    """

    version: str
    chain: tuple[ModuleVersion, ...]
    is_proof: bool = True


class Blocked(NamedTuple):
    """A requirement that would have to change, and may not go; what each older version of it comes to."""

    stated: Stated
    attempts: tuple[Attempt, ...]


class Lowering(NamedTuple):
    """How a module gets to `version`."""

    version: str
    outcome: Outcome
    changes: tuple[Change, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    reason: str = ""


class Bounds(NamedTuple):
    """How much is tried.

    Attributes:
        versions: older versions of each requirement; 0 asks for none of them.
        lines: requirements that change.
    """

    versions: int = 200
    lines: int = 60


def next_lower(resolution: Resolution, path: str) -> str:
    """The highest version below the selected one that a requirement names; "none" where there is none."""
    selected = resolution.selected(path)
    return next(
        (each.target.version for each in resolution.requirements_on(path) if each.target.version != selected), NONE
    )


def find_lowering(world: World, resolution: Resolution, path: str, version: str, bounds: Bounds) -> Lowering:
    """The smallest change of requirements with which `version` of the module `path` is selected.

    Args:
        world: answers the questions.
        resolution: the graph as it is. `version` is below what it selects, or "none".
        path: the module.
        version: the wanted version.
        bounds: how much to try.

    Raises:
        Failure: the wanted version cannot be obtained, or nobody can say which older versions of a module there are.
    """
    return _Search(world, resolution, path, version, bounds).run()


def _order(change: Change) -> tuple[bool, str, int, str]:
    """By file and line; new requirements last."""
    if change.stated is None:
        return True, change.main.path, 0, change.path
    return False, *change.stated.place, change.path


class _Search:
    def __init__(self, world: World, resolution: Resolution, path: str, version: str, bounds: Bounds) -> None:
        self.world = world
        self.start = resolution
        self.path = path
        self.version = version
        self.bounds = bounds
        self.lines: dict[Key, Stated] = {}
        for each in resolution.stated:  # the highest of several lines for one path decides
            known = self.lines.get((each.main, each.mod.path))
            if known is None or compare_versions(each.mod.path, known.mod.version, each.mod.version) < 0:
                self.lines[each.main, each.mod.path] = each
        self.own = {
            key: line for key, line in self.lines.items() if key[1] == path and self._is_above(line.mod.version)
        }
        self.is_followed = pruning_for(resolution.go_version) is Pruning.UNPRUNED
        self.sources: set[ModuleVersion] = set()  # module versions that require too much
        self.held: frozenset[Key] = frozenset()  # lines that lead to too high a version for certain

    def run(self) -> Lowering:
        own = dict.fromkeys(self.own, self.version)
        if self.version == NONE and (held := [line for line in self.own.values() if not line.is_indirect]):
            return Lowering(NONE, Outcome.IMPOSSIBLE, blocked=tuple(Blocked(line, ()) for line in held))
        if not self.bounds.versions:
            # That needs nothing but the graph: the wanted version itself may have a go.mod that is not at hand.
            seen = self._forced(dict.fromkeys(self.own, NONE))
            if not isinstance(seen, Lowering) and (held_by := {key for key in seen if not self.lines[key].is_indirect}):
                changes = self._changes({**own, **dict.fromkeys(seen, NONE), **dict.fromkeys(held_by, "")})
                return Lowering(self.version, Outcome.NEEDED, changes)
        forced = self._forced(own)
        if isinstance(forced, Lowering):
            return forced
        edits: dict[Key, str] = {**own, **dict.fromkeys(forced, NONE)}
        blocked: list[Blocked] = []
        open_lines: set[Key] = set()
        for key in forced:
            line = self.lines[key]
            if line.is_indirect:
                continue
            if not self.bounds.versions:
                open_lines.add(key)
                continue
            older = self._others(line.mod)
            found, attempts = self._lowered(key, edits, older[: self.bounds.versions])
            if found:
                edits[key] = found
            elif len(older) > self.bounds.versions:
                return self._unknown(f"{self.bounds.versions} older versions of {line.mod.path} do not help")
            else:
                blocked.append(Blocked(line, attempts))
        if blocked:
            return self._blocked(blocked)
        if open_lines:
            changes = self._changes({key: "" if key in open_lines else version for key, version in edits.items()})
            return Lowering(self.version, Outcome.NEEDED, changes)
        return self._finished(edits)

    def _finished(self, edits: Edits) -> Lowering:
        """The result where all requirements have been found; the module itself may have to be required for it."""
        after = self.world.resolve(edits)
        if self.version != NONE and after.selected(self.path) != self.version and not self._too_high(after):
            edits = self._raised(edits)
            after = self.world.resolve(edits)
        if after.error is not None:
            return self._unknown(str(after.error))
        if after.selected(self.path) != self.version or self._too_high(after):
            return self._unknown("what lowers each requirement by itself does not lower all of them together")
        return Lowering(self.version, Outcome.FOUND, self._changes(edits))

    def _raised(self, edits: Edits) -> Edits:
        """`edits` after which the module is too low, so that it is not: by another older version, or a line of its own.

        One of the requirements that change anyway may be on a version that asks for the wanted one.
        """
        for key in edits:
            line = self.lines[key]
            if key[1] == self.path or not self.bounds.versions:
                continue
            try:
                older = self.world.older(line.mod)[: self.bounds.versions]
            except Failure:
                continue  # a line of its own does it, too
            for version in older:
                try:
                    after = self.world.resolve({**edits, key: version})
                except Failure:
                    continue
                if after.error is None and after.selected(self.path) == self.version and not self._too_high(after):
                    return {**edits, key: version}
        main = next((main for main, path in self.lines if path == self.path), self.start.mains[0])
        return {**edits, (main, self.path): self.version}

    def _blocked(self, blocked: Sequence[Blocked]) -> Lowering:
        """The result if requirements have no older version that helps: a proof, if that is certain of one of them."""
        proofs = tuple(each for each in blocked if self._is_proof(each))
        if proofs:
            return Lowering(self.version, Outcome.IMPOSSIBLE, blocked=proofs)
        reason = "found no way; that there is none is not proved"
        return Lowering(self.version, Outcome.UNKNOWN, blocked=tuple(blocked), reason=reason)

    def _is_proof(self, blocked: Blocked) -> bool:
        """Whether a requirement leads to too high a version for certain, as it is and with each older version."""
        key = blocked.stated.main, blocked.stated.mod.path
        return key in self.held and all(each.is_proof for each in blocked.attempts)

    def _proves(self, mod: ModuleVersion, chain: Sequence[ModuleVersion]) -> bool:
        """Whether a chain through `mod`, which a main module requires, is there whatever else is required.

        m requires mod, mod requires a v1.3.0            the go.mod of what is required directly is read
        m requires mod, mod leads to a v1.3.0            without graph pruning all that it leads to is read
        m requires mod, mod requires b v1.0.0            b v1.0.0 is selected now: it stays so unless it is raised,
                        b v1.0.0 requires a v1.3.0       and may not (pruning may hide the last requirement)
        """
        if len(chain) < 2 or chain[1] != mod:
            return False
        if self.is_followed or self.world.is_unpruned(mod):
            return True
        between = [each for each in chain[2:] if each.path != self.path or not self._is_above(each.version)]
        return not between or (len(between) == 1 and self.start.selected(between[0].path) == between[0].version)

    def _unknown(self, reason: str) -> Lowering:
        return Lowering(self.version, Outcome.UNKNOWN, reason=reason)

    def _changes(self, edits: Edits) -> tuple[Change, ...]:
        found = []
        for (main, path), new in edits.items():
            line = self.lines.get((main, path))
            found.append(Change(main, path, line.mod.version if line is not None else NONE, new, line))
        return tuple(sorted(found, key=_order))

    def _is_above(self, version: str) -> bool:
        return self.version == NONE or compare_versions(self.path, version, self.version) > 0

    def _too_high(self, after: Resolution) -> list[tuple[ModuleVersion, ...]]:
        """Chains to what makes the module too high: requirements on it, and selected versions known to have them."""
        found: dict[ModuleVersion, tuple[ModuleVersion, ...]] = {}
        for each in after.requirements_on(self.path):
            if not self._is_above(each.target.version):
                break
            if each.place is None:
                self.sources.add(each.source)
                found[each.source] = (*after.chain(each.source), each.target)
            else:
                found[each.target] = (each.source, each.target)
        for source in self.sources - found.keys():
            if after.selected(source.path) == source.version:
                found[source] = after.chain(source)
        return list(found.values())

    def _forced(self, own: Edits) -> list[Key] | Lowering:
        """The requirements, beside `own` on the module itself, that have to change; a result where that is the end."""
        forced = dict.fromkeys(self._held())
        self.held = frozenset(forced)
        sure = set(forced)
        if self._are_too_many(forced, sure):
            return self._unknown(f"more than {self.bounds.lines} requirements would have to change")
        # What is known without trying tells most, and then one try is enough.
        after, untried = (self._without(own, forced), False) if forced else (self.start, bool(own))
        while True:
            chains = [chain for chain in self._too_high(after) if len(chain) > 2 or chain[-1].path != self.path]
            if not chains and not untried:
                break
            before = len(forced)
            for chain in chains:
                for key in self._first_line(chain):
                    forced[key] = None
                    if len(chain) == 3 and chain[-1].path == self.path:
                        sure.add(key)  # what it requires itself is too high
            if self._are_too_many(forced, sure):
                return self._unknown(f"more than {self.bounds.lines} requirements would have to change")
            if len(forced) == before and not untried:
                return self._circular(chains[0])
            untried = False
            after = self._without(own, forced)
        for key in [key for key in forced if key not in sure]:
            rest = dict.fromkeys(each for each in forced if each != key)
            if not self._too_high(self._without(own, rest)):
                forced = rest  # what else has to change takes care of it
        return sorted(forced, key=lambda key: (key[0], self.lines[key].place))

    def _are_too_many(self, forced: Collection[Key], sure: Collection[Key]) -> bool:
        """Whether to give up: other versions are tried for each; without that, only what is not sure is tried."""
        return len(forced) - (0 if self.bounds.versions else len(sure)) > self.bounds.lines

    def _held(self) -> Iterator[Key]:
        """The requirements that lead to too high a version as long as they stay: each will have to change.

        Whatever else is dropped or lowered, nothing is raised by it. So where a line of ours, b v1.0.0, is what is
        selected, it stays selected, and its go.mod is read.

        - b v1.0.0 itself requires too much: it is in the way.
        - b v1.0.0 requires c v1.0.0, which requires too much. Without graph pruning below b, the go.mod of c v1.0.0
          is read. With it that need not be; but if c v1.0.0 is selected, it stays so, and may not.
        - Without graph pruning all that a line leads to is read, also where it is raised.

        All others are found by trying.
        """
        start = self.start
        high: set[ModuleVersion] = set()
        for each in start.requirements_on(self.path):
            if not self._is_above(each.target.version):
                break
            if each.place is None:
                high.add(each.source)
        self.sources |= high
        leads = set(high)
        if self.is_followed:
            stack = list(high)
            while stack:
                above = start.requirements_on(stack.pop().path)
                fresh = {each.source for each in above if each.target in leads} - leads
                leads |= fresh
                stack += fresh

        def is_selected(mod: ModuleVersion) -> bool:
            return start.selected(mod.path) == mod.version

        def holds(mod: ModuleVersion) -> bool:
            if not self.is_followed and not is_selected(mod):
                return False
            below = [each for each in start.required_by(mod) if each in leads]
            reads = self.is_followed or (start.is_unpruned is not None and start.is_unpruned(mod))
            return mod in leads or any(reads or is_selected(each) for each in below)

        for key, line in self.lines.items():
            if key[1] != self.path and holds(line.mod):
                yield key

    def _circular(self, chain: tuple[ModuleVersion, ...]) -> Lowering:
        """The result where the module itself leads to a higher version of it."""
        line = self.lines.get((chain[0], self.path))
        if line is None or chain[1] != ModuleVersion(self.path, self.version):
            return self._unknown(" requires ".join(map(str, chain)))
        # A line with // indirect may go; then what requires this version does not make its go.mod be read.
        is_proof = self._proves(chain[1], chain) and (self.is_followed or not line.is_indirect)
        blocked = Blocked(line, (Attempt(self.version, chain, is_proof),))
        if is_proof:
            return Lowering(self.version, Outcome.IMPOSSIBLE, blocked=(blocked,))
        return self._blocked((blocked,))

    def _without(self, own: Edits, dropped: Mapping[Key, None]) -> Resolution:
        if not own and not dropped:
            return self.start
        return self.world.resolve({**own, **dict.fromkeys(dropped, NONE)})

    def _first_line(self, chain: Sequence[ModuleVersion]) -> Iterator[Key]:
        if len(chain) > 1:
            key = (chain[0], chain[1].path)
            if key in self.lines and key[1] != self.path:
                yield key

    def _others(self, mod: ModuleVersion) -> Sequence[str]:
        """The versions that a requirement may move to, the highest first: older ones than the selected one.

        Where go.mod is not tidy, others raise it to that, which may not be what it would be without them.
        """
        selected = self.start.selected(mod.path)
        if self.start.kind == "workspace" or selected == mod.version:
            return self.world.older(mod)
        below = self.world.older(ModuleVersion(mod.path, selected))
        return (selected, *(each for each in below if each != mod.version))

    def _lowered(self, key: Key, edits: Edits, versions: Sequence[str]) -> tuple[str, tuple[Attempt, ...]]:
        """The highest of `versions` with which a requirement does no harm, "" for none; and why higher ones do."""
        attempts: list[Attempt] = []
        for version in versions:
            mod = ModuleVersion(key[1], version)
            try:
                required = self.world.required(mod)
            except Failure as error:
                # A version that nobody has or can read cannot be required; one that cannot be fetched now may help.
                attempts.append(Attempt(version, (), isinstance(error, NotFoundError | InputError)))
                continue
            high = next((r for r in required if r.path == self.path and self._is_above(r.version)), None)
            if high is not None:
                self.sources.add(mod)
                attempts.append(Attempt(version, (key[0], mod, high)))
                continue
            try:
                after = self.world.resolve({**edits, key: version})
            except Failure:
                attempts.append(Attempt(version, (), is_proof=False))
                continue
            chains = self._too_high(after)
            if after.error is not None:
                attempts.append(Attempt(version, (), is_proof=False))
            elif chains:
                proofs = [chain for chain in chains if self._proves(mod, chain)]
                attempts.append(Attempt(version, min(proofs or chains, key=len), bool(proofs)))
            else:
                return version, tuple(attempts)
        return "", tuple(attempts)
