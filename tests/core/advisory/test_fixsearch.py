# SPDX-License-Identifier: BSD-3-Clause
"""The smallest plan of a fix: answers worked out by hand, and compared with an exhaustive search on random worlds."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import pytest

from govgo.core.advisory.fixplan import FixPlan, Refusal, Why
from govgo.core.advisory.fixsearch import find_fix
from govgo.core.advisory.fixversions import Bounds
from govgo.core.advisory.match import AdvisoryIndex
from govgo.core.advisory.osv import Advisory, parse_advisory
from govgo.core.findings import Place
from govgo.core.modgraph.loader import GraphLoader, Pruning, pruning_for
from govgo.core.modgraph.mvs import NONE, Graph
from govgo.core.module.moduleversion import ModuleVersion, compare_selected, compare_versions
from govgo.core.resolution.lower import Edits
from govgo.core.resolution.resolution import Resolution, Stated
from govgo.errors import NotFoundError
from tests.simulators.modversions import mv, resolved

M = ModuleVersion("m.io/m")
ALL = Bounds(versions=100, leads=100, graphs=100_000, choices=1_000_000)


class GoMod(NamedTuple):
    """What the graph needs of a go.mod."""

    require: tuple[ModuleVersion, ...]
    pruning: Pruning


class World:
    """Modules by what they require; "go@1.21" among that is a go line, without one it is 1.16.

    Attributes:
        go_mod: what the main module requires, its go line included.
        refused: what may not be taken, and why.
    """

    def __init__(self, requires: Mapping[str, str], go_mod: str, refused: Mapping[str, Why] | None = None) -> None:
        self.requires = {mv(name): tuple(map(mv, text.split())) for name, text in requires.items()}
        mods = dict(map(mv, go_mod.split()))
        self.go = mods.pop("go", "1.16")
        self.stated = mods
        self.refused = {mv(name): Refusal(why, f"{name} is {why}") for name, why in (refused or {}).items()}

    def file(self, mod: ModuleVersion) -> GoMod:
        if mod.path in ("go", "toolchain"):
            return GoMod((), Pruning.UNPRUNED)
        if mod not in self.requires:
            raise NotFoundError(f"{mod}: not found")
        go = next((each.version for each in self.requires[mod] if each.path == "go"), "1.16")
        return GoMod(self.requires[mod], pruning_for(go))

    def resolve(self, edits: Edits) -> Resolution:
        """As go does: with graph pruning, what is required moves up to what is selected until nothing moves."""
        lines = {**self.stated, **{path: version for (_, path), version in edits.items()}}
        pruning = pruning_for(self.go)
        if pruning is Pruning.UNPRUNED and edits:  # what is selected stays
            lines = {mod.path: mod.version for mod in self.resolve({}).modules if mod.version}
            lines |= {path: version for (_, path), version in edits.items()}
        roots = {"go": self.go, **lines}
        while True:
            graph = Graph(compare_selected, [M])
            listed = tuple(ModuleVersion(*each) for each in roots.items())
            graph.require(M, listed)
            loader = GraphLoader(graph, listed, pruning)
            while not loader.done:
                for mod in loader.wanted():
                    loader.tell(mod, self.file(mod))
            moved = {path: graph.selected(path) for path in roots}
            if pruning is Pruning.UNPRUNED or moved == roots:
                break
            roots = moved
        places = {path: number for number, path in enumerate(self.stated, 5)}
        return resolved(
            M,
            graph,
            (
                Stated(M, ModuleVersion(path, version), Place("go.mod", places.get(path, 99)), is_indirect=False)
                for path, version in lines.items()
            ),
            go=graph.selected("go"),
        )

    def newer(self, mod: ModuleVersion) -> Sequence[str]:
        return [v for path, v in self.requires if path == mod.path and compare_versions(path, v, mod.version) > 0]

    def required(self, mod: ModuleVersion) -> tuple[ModuleVersion, ...]:
        return self.file(mod).require

    def refusal(self, mod: ModuleVersion) -> Refusal | None:
        return self.refused.get(mod)

    def foresee(self, mods: Sequence[ModuleVersion]) -> None:
        assert {mod.path for mod in mods} <= {path for path, _ in self.requires}


def advisory(name: str, path: str, *events: str, others: Mapping[str, Sequence[str]] | None = None) -> Advisory:
    affected = [
        {
            "package": {"ecosystem": "Go", "name": each},
            "ranges": [{"type": "SEMVER", "events": [dict([event.split("=")]) for event in its]}],
        }
        for each, its in {path: events, **(others or {})}.items()
    ]
    return parse_advisory(name, json.dumps({"id": name, "affected": affected}).encode())


def planned(world: World, advisories: Sequence[Advisory], only: Sequence[str] = (), max_go: str = "") -> FixPlan:
    start = world.resolve({})
    index = AdvisoryIndex(advisories)
    return find_fix(world, start, index, lambda each, _: not only or each.id in only, ALL, max_go=max_go)


def shown(plan: FixPlan) -> list[str]:
    return [f"{each.path} {each.old} => {each.new}" for each in plan.bumps]


def stays(plan: FixPlan) -> dict[str, Why]:
    return {each.flaw.id: each.why for each in plan.unfixable}


def test_a_flaw_may_be_fixed_many_versions_after_another() -> None:
    """GO-1 is fixed in the second of 40 versions, GO-2 in the last but one: that one clears both."""
    world = World({f"a.io/a@v1.{minor}.0": "" for minor in range(40)}, "a.io/a@v1.0.0")
    flaws = [
        advisory("GO-1", "a.io/a", "introduced=0", "fixed=1.1.0"),
        advisory("GO-2", "a.io/a", "introduced=0", "fixed=1.38.0"),
    ]
    plan = find_fix(world, world.resolve({}), AdvisoryIndex(flaws), lambda *_: True, Bounds())
    assert shown(plan) == ["a.io/a v1.0.0 => v1.38.0"]
    assert not plan.unfixable


def test_what_clears_more_may_not_be_possible() -> None:
    """Of two fixes the second asks for a module that has a flaw of its own, so that the first one is taken alone."""
    requires = {f"a.io/a@v1.{minor}.0": "b.io/b@v1.0.0" if minor >= 20 else "" for minor in range(40)}
    world = World({**requires, "b.io/b@v1.0.0": ""}, "a.io/a@v1.0.0")
    flaws = [
        advisory("GO-1", "a.io/a", "introduced=0", "fixed=1.15.0"),
        advisory("GO-2", "a.io/a", "introduced=0", "fixed=1.20.0"),
        advisory("GO-3", "b.io/b", "introduced=0"),
    ]
    plan = find_fix(world, world.resolve({}), AdvisoryIndex(flaws), lambda *_: True, Bounds())
    assert shown(plan) == ["a.io/a v1.0.0 => v1.15.0"]
    assert stays(plan) == {"GO-2": Why.NEW_FINDING}


def test_a_fix_that_brings_in_another_flaw_is_not_called_missing() -> None:
    world = World({"a.io/a@v1.0.0": "", "a.io/a@v1.1.0": ""}, "a.io/a@v1.0.0")
    flaws = [
        advisory("GO-1", "a.io/a", "introduced=0", "fixed=1.1.0"),
        advisory("GO-2", "a.io/a", "introduced=1.1.0"),
    ]
    (left,) = planned(world, flaws).unfixable
    assert (left.why, left.text) == (Why.NEW_FINDING, "a.io/a@v1.1.0 clears it, and brings in GO-2")


# Random worlds, and the exhaustive search


class Case(NamedTuple):
    world: World
    advisories: tuple[Advisory, ...]


def random_case(rng: random.Random) -> Case:
    names = [f"{letter}.io/{letter}" for letter in "abcdef"[: rng.randint(3, 5)]]
    versions = {name: [f"v1.{minor}.0" for minor in range(rng.randint(2, 4))] for name in names}
    pruned = rng.random() < 0.5
    requires: dict[str, str] = {}
    for name in names:
        for number, version in enumerate(versions[name]):
            go = rng.choice(["go@1.17", "go@1.21.0", "go@1.22.0"] if pruned and rng.random() < 0.8 else [""])
            needs = [go]
            for other in names:
                if other != name and rng.random() < 0.3:
                    # Mostly a later version asks for a later one, as in life.
                    top = len(versions[other]) - 1
                    needs.append(f"{other}@{versions[other][min(top, max(0, number + rng.randint(-1, 1)))]}")
            requires[f"{name}@{version}"] = " ".join(needs)
    share = rng.choice([0.3, 0.9])
    own = [f"{name}@v1.0.0" for name in names if rng.random() < share] or [f"{names[0]}@v1.0.0"]
    world = World(
        requires,
        " ".join([*own, "go@1.21.0" if pruned else "go@1.16"]),
        {each: rng.choice([Why.EXCLUDED, Why.TOO_YOUNG]) for each in requires if rng.random() < 0.06},
    )
    start = world.resolve({})
    if pruned:  # in order, as `go mod tidy` leaves it
        world.stated = {path: start.selected(path) for path in world.stated}
        world.go = start.go_version
    present = [mod for mod in start.modules if mod.version]
    advisories = []
    for number in range(rng.randint(1, 4)):
        name, version = rng.choice(present)  # most concern what is selected
        events = ["introduced=0"] if rng.random() < 0.7 else [f"introduced=1.{rng.randint(0, 2)}.0"]
        if rng.random() < 0.85:
            fixed = minor(version) + rng.choice([1, 1, 2])
            events.append(f"fixed=1.{fixed}.0")
            if rng.random() < 0.2:
                events.append(f"introduced=1.{fixed + 1}.0")
        advisories.append(advisory(f"GO-{number}", name, *events))
    return Case(world, tuple(advisories))


class Judge:
    """The order of plans and what they may bump, written a second time, as the module's docstring says it."""

    def __init__(self, case: Case) -> None:
        self.world, self.advisories = case
        start = self.world.resolve({})
        self.before = {mod.path: mod.version for mod in start.modules}
        self.go = start.go_version
        self.found = set(self.findings(self.before))
        self.paths = sorted({path for path, _ in self.world.requires})

    def findings(self, selected: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        for each in self.advisories:
            for affected in each.affected:
                version = selected.get(affected.path, "")
                if version and affected.has(version):
                    yield affected.path, each.id

    def after(self, bumps: Mapping[str, str]) -> tuple[dict[str, str], str]:
        after = self.world.resolve({(M, path): version for path, version in bumps.items()})
        return {mod.path: mod.version for mod in after.modules}, after.go_version

    def cost(self, bumps: Mapping[str, str]) -> tuple[object, ...] | None:
        """None where the plan is not allowed."""
        selected, go = self.after(bumps)
        if any(selected[path] != version for path, version in bumps.items()):
            return None
        changed = {path for path in self.paths if selected.get(path) != self.before.get(path)}
        left = set(self.findings(selected))
        if left - self.found or any(
            ModuleVersion(path, selected.get(path, "")) in self.world.refused for path in changed
        ):
            return None
        lines = sum(path in self.world.stated or path in bumps for path in changed) + (go != self.go)
        lowest = [minor(selected.get(path, "")) for path in self.paths]
        return len(left), lines, len(changed), lowest

    def leads(self) -> set[str]:
        """The requirements that lead to a module at fault without a line."""
        graph = self.world.resolve({}).graph
        hidden = {ModuleVersion(path, self.before[path]) for path, _ in self.found if path not in self.world.stated}
        leads = set()
        for path in self.world.stated:
            queue = [ModuleVersion(path, self.before[path]), ModuleVersion(path, self.world.stated[path])]
            for each in queue:
                queue += [target for target in graph.required_by(each) or () if target not in queue]
            if hidden & set(queue):
                leads.add(path)
        return leads

    def is_to_the_point(self, bumps: Mapping[str, str], leads: set[str]) -> bool:
        """Whether what is bumped leads to what is at fault, or loses a finding: its own, or what others bring in."""
        core = leads | {path for path, _ in self.found}
        taken = {path: version for path, version in bumps.items() if path in core}
        for path, version in taken.items():
            lost = {name for at, name in self.found if at == path} - {
                name for _, name in self.findings({path: version})
            }
            if path not in leads and not lost:
                return False
        while len(taken) < len(bumps):
            new = {path for path, _ in set(self.findings(self.after(taken)[0])) - self.found}
            more = {path: bumps[path] for path in new & bumps.keys() - taken.keys()}
            if not more:
                return False
            taken |= more
        return True

    def best(self) -> tuple[object, ...]:
        leads = self.leads()
        paths = sorted(leads | {affected.path for each in self.advisories for affected in each.affected})
        options = []
        for path in paths:
            at_least = 0 if path in self.world.stated else -1  # what has no line may be required as it is
            low = self.before.get(path, NONE)
            newer = [v for p, v in self.world.requires if p == path and compare_versions(path, v, low) > at_least]
            options.append(["", *newer])
        costs = []
        for choice in itertools.product(*options):
            bumps = {path: version for path, version in zip(paths, choice, strict=True) if version}
            cost = self.cost(bumps)
            if cost is not None and (not costs or cost < min(costs)) and self.is_to_the_point(bumps, leads):
                costs = [cost]
        return costs[0]


def minor(version: str) -> int:
    return int(version.split(".")[1]) if version else -1


@pytest.mark.parametrize("seed", [*range(20), *(pytest.param(seed, marks=pytest.mark.wide) for seed in range(20, 40))])
def test_no_smaller_plan_exists(seed: int) -> None:
    check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40, 300))
def test_no_smaller_plan_exists_at_length(seed: int) -> None:
    check(seed)


def check(seed: int) -> None:
    case = random_case(random.Random(seed))
    judge = Judge(case)
    plan = planned(*case)
    assert plan.is_proved
    own = judge.cost({each.path: each.new for each in plan.bumps})
    assert own == judge.best()
