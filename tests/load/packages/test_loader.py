# SPDX-License-Identifier: BSD-3-Clause
"""The critical paths of the verbs that load packages, in round trips, and that the order of arrival changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.cli.main import invoke
from govgo.core.module.moduleversion import ModuleVersion
from tests.simulators.rounds import Rounds
from tests.simulators.world import World

DEPTH, WIDTH = 4, 3


def module(level: int, number: int) -> str:
    return f"q.io/m{level}x{number}"


def publish(world: World) -> None:
    """Modules in levels: the package of each imports those of the next level; all say which modules they need."""
    for level in reversed(range(DEPTH)):
        below = [module(deep, number) for deep in range(level + 1, DEPTH) for number in range(WIDTH)]
        imports = [module(level + 1, number) for number in range(WIDTH)] if level + 1 < DEPTH else []
        for number in range(WIDTH):
            requires = "".join(f"\t{path} v1.0.0\n" for path in below)
            gomod = f"module {module(level, number)}\n\ngo 1.21\n" + (f"\nrequire (\n{requires})\n" if below else "")
            source = "package a\n" + "".join(f'\nimport _ "{path}"\n' for path in imports)
            world.publish(module(level, number), "v1.0.0", gomod, {"a.go": source})


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as made:
        publish(made)
        made.use(monkeypatch)
        yield made


def kinds(round_: list[str]) -> set[str]:
    """What a round asks for: the suffixes of module files, and the database's kinds of paths."""
    found = set()
    for path in round_:
        database = path.partition("/sumdb/")[2].partition("/")[2]
        found.add(database.partition("/")[0] if database else path.rpartition("/")[2].rpartition(".")[2])
    return found


def tidy_main(world: World) -> Path:
    """A main module that is tidy, with its go.sum."""
    needed = [module(0, 0), *(module(level, number) for level in range(1, DEPTH) for number in range(WIDTH))]
    requires = "".join(f"\t{path} v1.0.0{' // indirect' if i else ''}\n" for i, path in enumerate(needed))
    gomod = f"module example.com/main\n\ngo 1.21\n\nrequire (\n{requires})\n"
    main = world.main(gomod, {"a.go": f'package m\n\nimport _ "{module(0, 0)}"\n'})
    (main / "go.sum").write_text("".join(world.record(ModuleVersion(path, "v1.0.0")) for path in needed))
    return main


def test_vendor_waits_for_the_depth_of_the_import_graph(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    main = tidy_main(world)
    monkeypatch.chdir(main)
    with Rounds(world.proxy, monkeypatch) as rounds:
        assert invoke(["vendor"]) == 0
    assert [kinds(each) for each in rounds.log] == [{"zip", "mod"}] + [{"zip"}] * (DEPTH - 1)


def test_tidy_begins_with_all_that_go_sum_names(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    main = tidy_main(world)
    monkeypatch.chdir(main)
    with Rounds(world.proxy, monkeypatch) as rounds:
        assert invoke(["tidy"]) == 0
    assert [kinds(each) for each in rounds.log] == [{"zip", "mod"}]


def test_tidy_of_an_untidy_module(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rounds to prove the first module (way, record, tiles), then one for each level of the import graph."""
    main = world.main(
        f"module example.com/main\n\ngo 1.21\n\nrequire {module(0, 0)} v1.0.0\n",
        {"a.go": f'package m\n\nimport _ "{module(0, 0)}"\n'},
    )
    monkeypatch.chdir(main)
    with Rounds(world.proxy, monkeypatch) as rounds:
        assert invoke(["tidy"]) == 0
    assert [kinds(each) for each in rounds.log] == [
        {"zip", "mod", "supported"},
        {"lookup"},
        {"tile"},
        *[{"zip", "mod", "lookup"}] * (DEPTH - 1),
    ]


def test_get(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As tidy; everything else that the go.mod of the first module foretells is fetched beside its zip.

    That are the records of what it requires, and the lists and latest .info and go.mod files, whose retractions count.
    """
    main = world.main("module example.com/main\n\ngo 1.21\n", {})
    monkeypatch.chdir(main)
    with Rounds(world.proxy, monkeypatch) as rounds:
        assert invoke(["get", f"{module(0, 0)}@v1.0.0"]) == 0
    assert [kinds(each) for each in rounds.log] == [
        {"info", "mod", "supported"},
        {"zip", "lookup", "list"},
        {"tile"},
        *[{"zip", "mod", "info"}] * (DEPTH - 1),
    ]


def test_get_reads_no_go_mod_ahead_that_go_does_not_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The go.mod of a module that is selected, and pruned out, has no line in go.sum (as go 1.26.8 writes it)."""
    world.publish("q.io/out", "v1.0.0", "module q.io/out\n\ngo 1.21\n", {"a.go": "package a\n"})
    needed = [ModuleVersion(module(level, number), "v1.0.0") for level in range(DEPTH) for number in range(WIDTH)]
    requires = "".join(f"\t{mod.path} {mod.version}\n" for mod in (*needed, ModuleVersion("q.io/out", "v1.0.0")))
    imports = "".join(f'\nimport _ "{module(0, number)}"\n' for number in range(WIDTH))
    gomod = f"module q.io/a\n\ngo 1.21\n\nrequire (\n{requires})\n"
    files = {"a.go": "package a\n" + imports, "a_test.go": 'package a\n\nimport _ "q.io/out"\n'}
    world.publish("q.io/a", "v1.0.0", gomod, files)
    main = world.main("module example.com/main\n\ngo 1.21\n", {})
    monkeypatch.chdir(main)
    assert invoke(["get", "q.io/a@v1.0.0"]) == 0
    expected = "".join(map(world.record, [ModuleVersion("q.io/a", "v1.0.0"), *needed]))
    assert (main / "go.sum").read_text() == expected
