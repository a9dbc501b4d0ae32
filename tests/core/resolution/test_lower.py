# SPDX-License-Identifier: BSD-3-Clause
"""What would lower a version: answers worked out by hand, and compared with an exhaustive search on random worlds."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from govgo.core.findings import Place
from govgo.core.modgraph.loader import GraphLoader, Pruning
from govgo.core.modgraph.mvs import NONE, Graph
from govgo.core.module.moduleversion import ModuleVersion, compare_selected, compare_versions
from govgo.core.resolution.lower import Bounds, Change, Edits, Lowering, Outcome, find_lowering, next_lower
from govgo.core.resolution.resolution import Resolution, Stated
from govgo.errors import NotFoundError

M = ModuleVersion("m.io/m")
ALL = Bounds()


def mv(text: str) -> ModuleVersion:
    path, _, version = text.partition("@")
    return ModuleVersion(path, version)


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
        return Resolution(
            kind="module",
            path=M.path,
            directory=".",
            mod_file="go.mod",
            mains=(M,),
            graph=graph,
            stated=tuple(
                Stated(M, ModuleVersion(path, version), Place("go.mod", places.get(path, 99)), indirect)
                for path, (version, indirect) in kept.items()
            ),
            replacements={},
            go_version="1.16",
        )

    def older(self, mod: ModuleVersion) -> Sequence[str]:
        found = [v for path, v in self.requires if path == mod.path and compare_versions(path, v, mod.version) < 0]
        return sorted(found, reverse=True)

    def required(self, mod: ModuleVersion) -> tuple[ModuleVersion, ...]:
        return self.requires[mod]


class Summary(NamedTuple):
    """What the loader of the graph takes."""

    require: tuple[ModuleVersion, ...]
    pruning: Pruning


class PrunedWorld(World):
    """The same with graph pruning, but for the module versions in `unpruned`; m.io/m has it."""

    unpruned: frozenset[ModuleVersion] = frozenset()

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
        return Resolution(
            kind="module",
            path=M.path,
            directory=".",
            mod_file="go.mod",
            mains=(M,),
            graph=graph,
            stated=whole.stated,
            replacements={},
            go_version="1.21",
            is_unpruned=self.unpruned.__contains__,
        )


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


def fewest(world: World, path: str, version: str, *, is_tidy: bool = False) -> int | None:
    """The fewest requirements whose change brings `path` to `version`, by trying all of them; None for no way.

    No version may stay selected that asks for more, even where pruning hides that.

    Args:
        is_tidy: no line may be raised in turn, since go would change it, too; and an `// indirect` line goes or stays.
            To lower it so that it raises what hides something is not looked for.
    """
    sizes = []
    options = []
    for name in {path: None, **world.stated}:
        current, indirect = world.stated.get(name, (NONE, True))
        lower = [v for v in ("v1.0.0", "v1.1.0", "v1.2.0") if current != NONE and v < current]
        wanted = [version] if name == path and (indirect or version != NONE) else []
        options.append({current, *([NONE] if indirect else ()), *(() if indirect and is_tidy else lower), *wanted})
    for choice in itertools.product(*options):
        edits = dict(zip([(M, name) for name in {path: None, **world.stated}], choice, strict=True))
        after = world.resolve(edits)
        high = {
            each
            for each, required in world.requires.items()
            if any(r.path == path and (version == NONE or r.version > version) for r in required)
        }
        if after.selected(path) == version and not high & set(after.modules) and not (is_tidy and is_raised(after)):
            sizes.append(sum(v != world.stated.get(name, (NONE,))[0] for (_, name), v in edits.items()))
    return min(sizes, default=None)


@pytest.mark.parametrize("seed", range(60))
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


@pytest.mark.parametrize("seed", range(60))
def test_no_smaller_change_exists_with_graph_pruning(seed: int) -> None:
    """Of what nobody has read, the search knows nothing: then it may find a change that is smaller still."""
    chance = random.Random(seed)
    compared = 0
    while compared < 10:
        world = random_pruned_world(chance, *chance.choice((("pqrs", 3), ("pqrst", 2))))
        start = world.resolve({})
        if is_raised(start):
            continue
        mod = chance.choice(start.modules[1:])
        version = chance.choice([v for v in (NONE, "v1.0.0", "v1.1.0", "v1.2.0") if v == NONE or v < mod.version])
        found = lowered(world, mod.path, version)
        best = fewest(world, mod.path, version, is_tidy=True)
        if found.outcome is Outcome.FOUND:
            edits = {(M, each.path): each.new for each in found.changes}
            assert world.resolve(edits).selected(mod.path) == version
            assert best is None or len(found.changes) <= best, (world.requires, world.stated, world.unpruned, found)
        elif found.outcome is Outcome.IMPOSSIBLE:
            assert best is None, (world.requires, world.stated, world.unpruned, mod, version)
        compared += found.outcome is not Outcome.UNKNOWN


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
