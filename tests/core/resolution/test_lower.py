# SPDX-License-Identifier: BSD-3-Clause
"""What would lower a version: answers worked out by hand, and compared with an exhaustive search on random worlds."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pytest

from govgo.core.findings import Place
from govgo.core.modgraph.loader import GraphLoader, Pruning
from govgo.core.modgraph.mvs import NONE, Graph
from govgo.core.module.moduleversion import ModuleVersion, compare_selected, compare_versions
from govgo.core.resolution.lower import Bounds, Change, Edits, Lowering, Outcome, find_lowering, next_lower
from govgo.core.resolution.resolution import Resolution, Stated
from govgo.errors import Failure, IntegrityError, NotFoundError, UnavailableError
from tests.simulators import campaigns
from tests.simulators.modversions import mv, resolved

M = ModuleVersion("m.io/m")
ALL = Bounds()


class World:
    """Modules without graph pruning. `requires` is by module version; "//" before a requirement of m.io/m: indirect."""

    def __init__(self, requires: dict[str, str], go_mod: str) -> None:
        self.requires = {mv(name): tuple(map(mv, text.split())) for name, text in requires.items()}
        self.stated: dict[str, tuple[str, bool]] = {}
        for each in go_mod.split():
            path, version = mv(each.removeprefix("//"))
            self.stated[path] = (version, each.startswith("//"))

    def resolve(self, edits: Edits) -> Resolution:
        lines = dict(self.stated)
        for (_, path), version in edits.items():
            lines[path] = (version, lines.get(path, ("", True))[1])
        kept = {path: line for path, line in lines.items() if line[0] != NONE}
        graph = Graph(compare_selected, [M])
        graph.require(M, tuple(ModuleVersion(path, version) for path, (version, _) in kept.items()))
        queue = [ModuleVersion(path, version) for path, (version, _) in kept.items()]
        for each in queue:  # grows while it is walked
            if each not in self.requires:
                raise NotFoundError(f"{each}: not found")
            graph.require(each, self.requires[each])
            queue += [target for target in dict.fromkeys(self.requires[each]) if target not in queue]
        places = {path: number for number, path in enumerate(self.stated, 5)}
        return resolved(
            M,
            graph,
            (
                Stated(M, ModuleVersion(path, version), Place("go.mod", places.get(path, 99)), indirect)
                for path, (version, indirect) in kept.items()
            ),
            go="1.16",
        )

    def older(self, mod: ModuleVersion) -> Sequence[str]:
        found = [v for path, v in self.requires if path == mod.path and compare_versions(path, v, mod.version) < 0]
        return sorted(found, reverse=True)

    def required(self, mod: ModuleVersion) -> tuple[ModuleVersion, ...]:
        return self.requires[mod]

    def is_unpruned(self, mod: ModuleVersion) -> bool:
        return True


class Summary(NamedTuple):
    """What the loader of the graph takes."""

    require: tuple[ModuleVersion, ...]
    pruning: Pruning


class PrunedWorld(World):
    """The same with graph pruning, but for the module versions in `unpruned`; m.io/m has it."""

    unpruned: frozenset[ModuleVersion] = frozenset()

    def is_unpruned(self, mod: ModuleVersion) -> bool:
        return mod in self.unpruned

    def resolve(self, edits: Edits) -> Resolution:
        whole = super().resolve(edits)
        roots = tuple(each.mod for each in whole.stated)
        while True:
            graph = Graph(compare_selected, [M])
            graph.require(M, roots)
            loader = GraphLoader(graph, roots, Pruning.PRUNED)
            while not loader.done:
                for each in loader.wanted():
                    pruning = Pruning.UNPRUNED if each in self.unpruned else Pruning.PRUNED
                    loader.tell(each, Summary(self.requires[each], pruning))
            raised = tuple(ModuleVersion(each.path, graph.selected(each.path)) for each in roots)
            if raised == roots:
                break
            roots = raised  # as go does, and then the graph is loaded again
        return resolved(M, graph, whole.stated, is_unpruned=self.unpruned.__contains__)


def lowered(world: World, path: str, version: str, bounds: Bounds = ALL) -> Lowering:
    return find_lowering(world, world.resolve({}), path, version, bounds)


def shown(found: Lowering) -> list[str]:
    return [f"{each.path} {each.old} => {each.new}" for each in found.changes]


BASIC = {
    "a@v1.0.0": "",
    "a@v1.1.0": "",
    "a@v1.2.0": "",
    "a@v1.3.0": "",
    "b@v1.0.0": "a@v1.1.0",
    "b@v1.1.0": "a@v1.2.0",
    "b@v1.2.0": "a@v1.3.0",
    "c@v1.0.0": "b@v1.2.0",
    "d@v1.0.0": "b@v1.0.0",
    "d@v1.1.0": "c@v1.0.0",
    "e@v1.0.0": "a@v1.0.0 e2@v1.0.0",
    "e2@v1.0.0": "e@v1.0.0",
}


@pytest.mark.parametrize(
    ("go_mod", "version", "changes"),
    [
        ("a@v1.3.0", "v1.1.0", ["a v1.3.0 => v1.1.0"]),
        ("b@v1.2.0", "v1.2.0", ["b v1.2.0 => v1.1.0"]),
        ("b@v1.2.0", "v1.1.0", ["b v1.2.0 => v1.0.0"]),
        ("b@v1.2.0", "v1.0.0", None),  # every version of b asks for more
        ("//b@v1.2.0", "v1.0.0", ["b v1.2.0 => none", "a none => v1.0.0"]),
        ("a@v1.2.0 b@v1.2.0", "v1.1.0", ["a v1.2.0 => v1.1.0", "b v1.2.0 => v1.0.0"]),
        ("d@v1.1.0", "v1.1.0", ["d v1.1.0 => v1.0.0"]),  # two steps away
        ("d@v1.1.0 //c@v1.0.0", "v1.1.0", ["d v1.1.0 => v1.0.0", "c v1.0.0 => none"]),
        ("c@v1.0.0", "v1.2.0", None),  # there is no older c
        ("e@v1.0.0 b@v1.2.0", "v1.2.0", ["b v1.2.0 => v1.1.0"]),  # a circle that has nothing to do with it stays
        ("b@v1.1.0", "none", None),
        ("//b@v1.1.0", "none", ["b v1.1.0 => none"]),
    ],
)
def test_the_smallest_change(go_mod: str, version: str, changes: list[str] | None) -> None:
    found = lowered(World(BASIC, go_mod), "a", version)
    if changes is None:
        assert found.outcome is Outcome.IMPOSSIBLE
    else:
        assert found.outcome is Outcome.FOUND
        assert shown(found) == changes


def test_the_proof_that_no_change_helps() -> None:
    found = lowered(World(BASIC, "b@v1.2.0"), "a", "v1.0.0")
    (blocked,) = found.blocked
    assert str(blocked.stated.place) == "go.mod:5"
    assert [(each.version, [str(mod) for mod in each.chain]) for each in blocked.attempts] == [
        ("v1.1.0", ["m.io/m", "b@v1.1.0", "a@v1.2.0"]),
        ("v1.0.0", ["m.io/m", "b@v1.0.0", "a@v1.1.0"]),
    ]


def test_the_proof_goes_through_what_older_versions_require() -> None:
    found = lowered(World({**BASIC, "d@v1.0.1": "c@v1.0.0"}, "d@v1.1.0"), "a", "v1.0.0")
    chains = [" ".join(str(mod) for mod in each.chain[1:]) for each in found.blocked[0].attempts]
    assert chains == ["d@v1.0.1 c@v1.0.0 b@v1.2.0 a@v1.3.0", "d@v1.0.0 b@v1.0.0 a@v1.1.0"]


def test_which_requirements_have_to_change_takes_no_older_versions() -> None:
    world = World(BASIC, "a@v1.2.0 b@v1.2.0")
    world.older = lambda mod: pytest.fail("asked")  # type: ignore[method-assign]
    found = lowered(world, "a", "v1.2.0", Bounds(versions=0))
    assert found.outcome is Outcome.NEEDED
    assert shown(found) == ["b v1.2.0 => "]


def test_bounds() -> None:
    assert lowered(World(BASIC, "b@v1.2.0"), "a", "v1.1.0", Bounds(versions=1)).outcome is Outcome.UNKNOWN
    assert lowered(World(BASIC, "b@v1.2.0 c@v1.0.0"), "a", "v1.1.0", Bounds(lines=1)).outcome is Outcome.UNKNOWN
    # Where nothing is tried, all are told.
    found = lowered(World(BASIC, "b@v1.2.0 c@v1.0.0"), "a", "v1.1.0", Bounds(versions=0, lines=1))
    assert (found.outcome, len(found.changes)) == (Outcome.NEEDED, 2)


def test_a_module_that_leads_to_a_higher_version_of_itself() -> None:
    world = World({"a@v1.0.0": "b@v1.0.0", "a@v1.1.0": "", "a@v1.2.0": "", "b@v1.0.0": "a@v1.2.0"}, "a@v1.1.0 b@v1.0.0")
    found = lowered(world, "a", "v1.0.0")
    assert found.outcome is Outcome.IMPOSSIBLE


def test_the_next_lower_version_is_one_that_is_named() -> None:
    assert next_lower(World(BASIC, "a@v1.1.0 b@v1.2.0").resolve({}), "a") == "v1.1.0"
    assert next_lower(World(BASIC, "b@v1.2.0").resolve({}), "a") == NONE


def random_world(chance: random.Random, paths: str = "pqrs", most: int = 3) -> World:
    """Modules with up to three versions each, of which each requires some of the later ones."""
    versions = ("v1.0.0", "v1.1.0", "v1.2.0")[:most]
    requires = {
        f"{path}@{version}": " ".join(
            f"{other}@{chance.choice(versions)}" for other in paths[number + 1 :] if chance.random() < 0.6
        )
        for number, path in enumerate(paths)
        for version in versions
    }
    required = chance.sample(paths, chance.randint(1, len(paths)))
    lines = [f"{'//' * (chance.random() < 0.4)}{path}@{chance.choice(versions)}" for path in required]
    return World(requires, " ".join(lines))


def random_pruned_world(chance: random.Random, paths: str = "pqrs", most: int = 3) -> PrunedWorld:
    plain = random_world(chance, paths, most)
    world = PrunedWorld({}, "")
    world.requires, world.stated = plain.requires, plain.stated
    world.unpruned = frozenset(each for each in world.requires if chance.random() < 0.4)
    return world


def is_raised(found: Resolution) -> set[str]:
    """The paths of which the main module states a lower version than is selected."""
    return {each.mod.path for each in found.stated if found.selected(each.mod.path) != each.mod.version}


VERSIONS = ("v1.0.0", "v1.1.0", "v1.2.0")


def ways(
    world: World, path: str, version: str, *, drops_or_keeps: bool = False
) -> Iterator[tuple[dict[str, str], Resolution]]:
    """All changes after which `path` has `version`, by trying every one: the new lines, and the graph.

    A line is lowered, to at most what is selected now, and one with `// indirect` also dropped. No version may be
    selected that asks for more, even where pruning hides that.

    Args:
        drops_or_keeps: a line with `// indirect` is not lowered.
    """
    start = world.resolve({})
    options: dict[str, set[str]] = {}
    for name in {path: None, **world.stated}:
        current, indirect = world.stated.get(name, (NONE, True))
        lower = [v for v in VERSIONS if current != NONE and v <= start.selected(name)]
        wanted = [version] if name == path and (indirect or version != NONE) else []
        keeps = indirect and drops_or_keeps
        options[name] = {current, *([NONE] if indirect else ()), *(() if keeps else lower), *wanted}
    high = {
        each
        for each, required in world.requires.items()
        if any(r.path == path and (version == NONE or r.version > version) for r in required)
    }
    for choice in itertools.product(*options.values()):
        lines = dict(zip(options, choice, strict=True))
        after = world.resolve({(M, name): new for name, new in lines.items()})
        if after.selected(path) == version and not high & set(after.modules):
            yield lines, after


def fewest(world: World, path: str, version: str, *, is_tidy: bool = False) -> int | None:
    """The fewest requirements whose change brings `path` to `version`; None for no way.

    Args:
        is_tidy: no line may be raised in turn, since go would change it, too; and an `// indirect` line goes or stays.
            To lower it so that it raises what hides something is not looked for.
    """
    sizes = [
        sum(new != world.stated.get(name, (NONE,))[0] for name, new in lines.items())
        for lines, after in ways(world, path, version, drops_or_keeps=is_tidy)
        if not (is_tidy and is_raised(after))
    ]
    return min(sizes, default=None)


def raises_nothing(before: Resolution, after: Resolution) -> bool:
    """Whether no module that was selected is selected at a higher version."""
    return all(after.selected(path) in (NONE, *(v for v in VERSIONS if v <= old)) for path, old in before.modules[1:])


@pytest.mark.parametrize("seed", campaigns.one_in(8, range(60)))
def test_no_smaller_change_exists(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(5):
        world = random_world(chance)
        start = world.resolve({})
        mod = chance.choice(start.modules[1:])
        version = chance.choice([v for v in (NONE, "v1.0.0", "v1.1.0", "v1.2.0") if v == NONE or v < mod.version])
        found = lowered(world, mod.path, version)
        best = fewest(world, mod.path, version)
        if found.outcome is Outcome.FOUND:
            edits = {(M, each.path): each.new for each in found.changes}
            assert world.resolve(edits).selected(mod.path) == version
            assert len(found.changes) == best
        elif found.outcome is Outcome.IMPOSSIBLE:
            assert best is None, (world.requires, world.stated, mod, version)


@pytest.mark.parametrize("seed", campaigns.one_in(8, range(60)))
def test_no_smaller_change_exists_with_graph_pruning(seed: int) -> None:
    """Of what nobody has read, the search knows nothing: then it may find a change that is smaller still."""
    chance = random.Random(seed)
    compared = 0
    while compared < 10:
        world = random_pruned_world(chance, *chance.choice((("pqrs", 3), ("pqrst", 2))))
        if is_raised(world.resolve({})):
            continue
        mod, version, found = random_question(chance, world)
        best = fewest(world, mod.path, version, is_tidy=True)
        if found.outcome is Outcome.FOUND:
            edits = {(M, each.path): each.new for each in found.changes}
            assert world.resolve(edits).selected(mod.path) == version
            assert best is None or len(found.changes) <= best, (world.requires, world.stated, world.unpruned, found)
        compared += found.outcome is not Outcome.UNKNOWN


def random_question(chance: random.Random, world: World) -> tuple[ModuleVersion, str, Lowering]:
    """A module of the build list, a version below its own, and what is said to bring it there."""
    mod = chance.choice(world.resolve({}).modules[1:])
    version = chance.choice([v for v in (NONE, *VERSIONS) if v == NONE or v < mod.version])
    return mod, version, lowered(world, mod.path, version)


def check_impossible(seed: str) -> bool:
    """One random world, tidy or not, pruned or not; whether a proof was given that nothing lowers a version."""
    chance = random.Random(seed)
    make = random_pruned_world if chance.random() < 0.8 else random_world
    world = make(chance, *chance.choice((("pqrs", 3), ("pqrst", 2))))
    mod, version, found = random_question(chance, world)
    if found.outcome is not Outcome.IMPOSSIBLE:
        return False
    assert found.blocked, "each line in it is a proof"
    start = world.resolve({})
    wrong = [lines for lines, after in ways(world, mod.path, version) if raises_nothing(start, after)]
    assert not wrong, (seed, world.requires, world.stated, mod, version, found, wrong)
    return True


@pytest.mark.wide
@pytest.mark.parametrize("block", [0, *(pytest.param(block, marks=pytest.mark.slow) for block in range(1, 101))])
def test_what_is_said_to_be_impossible_is(block: int) -> None:
    """All changes are tried: 50,000 worlds in all."""
    size = 500 if block else 200
    assert sum(check_impossible(f"{block} {number}") for number in range(size)) > size // 4


def test_a_change_that_takes_two_requirements_at_once_is_not_said_to_be_impossible() -> None:
    """r v1.0.0 would do, but q raises it to r v1.1.0, which asks for more; with q v1.0.0 it does not."""
    world = PrunedWorld(
        {
            "q@v1.0.0": "",
            "q@v1.1.0": "r@v1.1.0",
            "r@v1.0.0": "",
            "r@v1.1.0": "s@v1.2.0",
            "r@v1.2.0": "s@v1.1.0",
            "s@v1.0.0": "",
            "s@v1.1.0": "",
            "s@v1.2.0": "",
        },
        "q@v1.1.0 r@v1.2.0",
    )
    found = lowered(world, "s", "v1.0.0")
    after = world.resolve({(M, "q"): "v1.0.0", (M, "r"): "v1.0.0", (M, "s"): "v1.0.0"})
    assert after.selected("s") == "v1.0.0"
    assert found.outcome is Outcome.UNKNOWN
    assert [(str(each.stated.mod), [a.version for a in each.attempts]) for each in found.blocked] == [
        ("r@v1.2.0", ["v1.1.0", "v1.0.0"])
    ]


def test_a_line_that_others_raise_may_stay_at_what_they_raise_it_to() -> None:
    """Without p, which raises q, q v1.0.0 would lead to s."""
    requires = {"p@v1.0.0": "q@v1.1.0 s@v1.0.0", "q@v1.0.0": "s@v1.0.0", "q@v1.1.0": "", "s@v1.0.0": ""}
    found = lowered(PrunedWorld(requires, "//p@v1.0.0 q@v1.0.0"), "s", NONE)
    assert shown(found) == ["p v1.0.0 => none", "q v1.0.0 => v1.1.0"]


@pytest.mark.parametrize("error", [UnavailableError("no answer"), IntegrityError("damaged")])
def test_a_version_that_cannot_be_had_now_proves_nothing(error: Failure) -> None:
    class Broken(World):
        def required(self, mod: ModuleVersion) -> tuple[ModuleVersion, ...]:
            raise error

    assert lowered(Broken(BASIC, "b@v1.2.0"), "a", "v1.1.0").outcome is Outcome.UNKNOWN


def test_a_version_that_nobody_has_helps_nobody() -> None:
    class Gone(World):
        def required(self, mod: ModuleVersion) -> tuple[ModuleVersion, ...]:
            raise NotFoundError(f"{mod}: not found")

    assert lowered(Gone(BASIC, "b@v1.2.0"), "a", "v1.1.0").outcome is Outcome.IMPOSSIBLE


def test_what_is_hidden_and_not_selected_holds_nothing() -> None:
    """x leads to s v1.0.0 only in words: graph pruning hides what that requires, and y selects s v1.1.0."""
    world = PrunedWorld(
        {
            "u@v1.0.0": "s@v1.0.0",
            "x@v1.0.0": "s@v1.0.0",
            "y@v1.0.0": "s@v1.1.0",
            "s@v1.0.0": "a@v1.2.0",
            "s@v1.1.0": "a@v1.0.0",
            "a@v1.0.0": "",
            "a@v1.2.0": "",
        },
        "//u@v1.0.0 x@v1.0.0 y@v1.0.0",
    )
    world.unpruned = frozenset({mv("u@v1.0.0")})
    assert world.resolve({}).selected("a") == "v1.2.0"
    found = lowered(world, "a", "v1.0.0")
    assert shown(found) == ["u v1.0.0 => none", "a none => v1.0.0"]


def test_changes_say_what_they_are() -> None:
    (change,) = lowered(World(BASIC, "b@v1.2.0"), "a", "v1.2.0").changes
    assert isinstance(change, Change)
    assert (change.main, str(change.stated.place if change.stated else "")) == (M, "go.mod:5")
