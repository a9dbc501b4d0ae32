# SPDX-License-Identifier: BSD-3-Clause
"""A world that is twelve modules deep: round trips grow with its depth, and requests with the number of its modules.

The package of each module imports those of three modules of the next level. Where modules are for go 1.16, each go.mod
lists these alone, and the module graph is as deep as the imports; for go 1.21, each lists all modules below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from govgo.adapters.repository.repository import Repository
from govgo.cli.main import invoke
from govgo.ports.modules import Ask, Then
from tests.simulators import campaigns
from tests.simulators.rounds import Rounds
from tests.simulators.world import World

DEPTH, WIDTH, IMPORTS = 12, 5, 3
MODULES = DEPTH * WIDTH


def module(level: int, number: int) -> str:
    return f"q.io/m{level}x{number % WIDTH}"


def publish(world: World, go: str) -> None:
    for level in reversed(range(DEPTH)):
        for number in range(WIDTH):
            imports = [module(level + 1, number + i) for i in range(IMPORTS)] if level + 1 < DEPTH else []
            listed = imports
            if go != "1.16":
                listed = [module(deep, i) for deep in range(level + 1, DEPTH) for i in range(WIDTH)]
            requires = "".join(f"\t{path} v1.0.0\n" for path in listed)
            gomod = f"module {module(level, number)}\n\ngo {go}\n" + (f"\nrequire (\n{requires})\n" if listed else "")
            source = "package a\n" + "".join(f'\nimport _ "{path}"\n' for path in imports)
            world.publish(module(level, number), "v1.0.0", gomod, {"a.go": source})


def main(world: World) -> Path:
    """A main module that imports the first level, and lists no more."""
    paths = [module(0, number) for number in range(WIDTH)]
    requires = "".join(f"\t{path} v1.0.0\n" for path in paths)
    imports = "".join(f'\nimport _ "{path}"\n' for path in paths)
    return world.main(
        f"module example.com/main\n\ngo 1.21\n\nrequire (\n{requires})\n", {"a.go": f"package m\n{imports}"}
    )


def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, go: str, command: list[str]) -> list[list[str]]:
    """The requests of a command, round by round."""
    with World(tmp_path) as world:
        publish(world, go)
        world.use(monkeypatch)
        monkeypatch.chdir(main(world))
        with Rounds(world.proxy, monkeypatch) as rounds:
            assert invoke(command) == 0
    return rounds.log


@pytest.mark.parametrize(
    ("go", "command", "most"),
    campaigns.one_in(
        8,
        [
            # Three rounds prove the first modules; then each level of the imports takes one.
            ("1.21", ["tidy"], DEPTH + 2),
            ("1.21", ["why", "-m", module(DEPTH - 1, 0)], DEPTH + 6),
            ("1.21", ["get", f"{module(0, 0)}@v1.0.0"], DEPTH + 7),
            ("1.21", ["get", "-u", "./..."], 2 * DEPTH),
            # The module graph is read first, a level in each round.
            ("1.16", ["tidy"], 2 * DEPTH - 1),
            ("1.16", ["why", "-m", module(DEPTH - 1, 0)], 2 * DEPTH + 1),
            ("1.16", ["get", f"{module(0, 0)}@v1.0.0"], 2 * DEPTH + 5),
            # Each level is searched for upgrades: a version list, a .info.
            ("1.16", ["get", "-u", "./..."], 3 * DEPTH + 8),
        ],
    ),
)
def test_round_trips_grow_with_the_depth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, go: str, command: list[str], most: int
) -> None:
    log = play(tmp_path, monkeypatch, go, command)
    assert len(log) <= most
    asked = Counter(path for each in log for path in each)
    assert {path for path, times in asked.items() if times > 1} == set(), "nothing is asked twice"
    zips, mods = (sum(path.endswith(suffix) for path in asked) for suffix in (".zip", ".mod"))
    assert zips <= MODULES
    assert mods <= MODULES
    if command[0] != "get" or "-u" in command:
        assert (zips, mods) == (MODULES, MODULES)


def test_what_many_modules_require_is_begun_with_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each go.mod lists all modules below: 1,650 requirements, of which each would be a record and a version list."""
    begun: list[Ask] = []
    begin = Repository.begin

    def count(repo: Repository, asks: Iterable[Ask], then: Then | None = None) -> None:
        wanted = list(asks)
        begun.extend(ask for ask in wanted if ask.kind in ("record", "versions"))
        begin(repo, wanted, then)

    monkeypatch.setattr(Repository, "begin", count)
    play(tmp_path, monkeypatch, "1.21", ["get", "-u", "./..."])
    assert len(begun) <= 5 * MODULES
