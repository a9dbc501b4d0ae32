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


@pytest.mark.parametrize("newer", [False, True], ids=["the latest versions", "older ones"])
def test_get(newer: bool, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As tidy; everything else that the go.mod of the first module foretells is fetched beside its zip.

    That are the records of what it requires, the lists, and as soon as these are there the .info and go.mod files of
    the latest versions, whose retractions count. Where these are not the versions in use, they are looked up, too.
    """
    for path in [module(level, number) for level in range(DEPTH) for number in range(WIDTH)] if newer else ():
        world.publish(path, "v1.1.0", f"module {path}\n\ngo 1.21\n", {"a.go": "package a\n"})
    main = world.main("module example.com/main\n\ngo 1.21\n", {})
    monkeypatch.chdir(main)
    with Rounds(world.proxy, monkeypatch) as rounds:
        assert invoke(["get", f"{module(0, 0)}@v1.0.0"]) == 0
    latest = {"info", "mod", "lookup"} if newer else {"info", "mod"}
    assert [kinds(each) for each in rounds.log] == [
        {"info", "mod", "supported"},
        {"zip", "lookup", "list"},
        {"tile"} | latest,
        *[{"zip", "mod"} if newer else {"zip"}] * (DEPTH - 1),
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


@pytest.mark.parametrize("extracted", [True, False])
def test_a_warm_get_asks_for_the_lists_that_go_asks_for(
    extracted: bool, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are of the modules that provide packages, not of all that the first one requires (as go 1.26.8 asks)."""
    unused = ModuleVersion("q.io/unused", "v1.0.0")
    world.publish(*unused, "module q.io/unused\n\ngo 1.21\n", {"a.go": "package a\n"})
    needed = [ModuleVersion(module(level, number), "v1.0.0") for level in range(DEPTH) for number in range(WIDTH)]
    requires = "".join(f"\t{mod.path} {mod.version}\n" for mod in (*needed, unused))
    imports = "".join(f'\nimport _ "{module(0, number)}"\n' for number in range(WIDTH))
    gomod = f"module q.io/a\n\ngo 1.21\n\nrequire (\n{requires})\n"
    world.publish("q.io/a", "v1.0.0", gomod, {"a.go": "package a\n" + imports})
    main = world.main("module example.com/main\n\ngo 1.21\n", {})
    monkeypatch.chdir(main)
    assert invoke(["get", "q.io/a@v1.0.0"]) == 0
    if extracted:
        assert invoke(["download", str(unused)]) == 0
    (main / "go.mod").write_text("module example.com/main\n\ngo 1.21\n")
    (main / "go.sum").unlink()
    with Rounds(world.proxy, monkeypatch) as rounds:
        assert invoke(["get", "q.io/a@v1.0.0"]) == 0
    lists = sorted(f"/{path}/@v/list" for path in ("q.io/a", *(mod.path for mod in needed)))
    assert [sorted(each) for each in rounds.log] == [["/q.io/@v/v1.0.0.info"], lists]


def test_get_patch_reads_no_go_mod_of_a_version_that_stays(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """q.io/d/b might provide the package, is selected, pruned out and stays: only its zip is looked into.

    go.sum as go 1.26.8 writes it.
    """
    mods = [ModuleVersion(path, "v1.0.0") for path in ("q.io/a", "q.io/d", "q.io/d/b")]
    world.publish("q.io/a", "v1.0.0", "module q.io/a\n\ngo 1.21\n\nrequire q.io/d/b v1.0.0\n")
    world.publish("q.io/d", "v1.0.0", "module q.io/d\n\ngo 1.21\n", {"b/a.go": "package b\n"})
    world.publish("q.io/d/b", "v1.0.0", "", {"x/a.go": "package x\n"})
    gomod = "module example.com/main\n\ngo 1.21\n\nrequire (\n\tq.io/a v1.0.0\n\tq.io/d v1.0.0\n)\n"
    main = world.main(gomod, {"a.go": 'package m\n\nimport (\n\t_ "q.io/a"\n\t_ "q.io/d/b"\n)\n'})
    monkeypatch.chdir(main)
    assert invoke(["get", "-u=patch", "./..."]) == 0
    records = "".join(map(world.record, mods))
    assert (main / "go.sum").read_text() == records[: records.rindex("q.io/d/b v1.0.0/go.mod")]
    assert (main / "go.mod").read_text() == gomod


def test_tidy_does_not_count_a_graph_as_loaded_that_was_read_ahead(
    monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    """Roots are compared with the graph only once go has loaded it: q.io/l stays below what q.io/b requires.

    The go.mod files are in the cache and the zips are not. go.mod and go.sum as go 1.26.8 writes them.
    """
    world.publish("q.io/l", "v1.0.0-alpha")
    world.publish("q.io/l", "v1.0.0")
    world.publish("q.io/b", "v1.0.0", "module q.io/b\n\nrequire q.io/l v1.0.0\n")
    world.publish("q.io/a", "v1.0.0", "module q.io/a\n\nrequire q.io/b v1.0.0\n")
    gomod = "module example.com/main\n\ngo 1.20\n\nrequire (\n\tq.io/a v1.0.0\n\tq.io/l v1.0.0-alpha\n)\n"
    main = world.main(gomod, {"a.go": 'package m\n\nimport (\n\t_ "q.io/a"\n\t_ "q.io/l"\n)\n'})
    monkeypatch.chdir(main)
    assert invoke(["mod", "graph"]) == 0
    assert invoke(["tidy"]) == 0
    a, b, low, high = (
        world.record(ModuleVersion(*mod.split(" "))).splitlines(keepends=True)
        for mod in ("q.io/a v1.0.0", "q.io/b v1.0.0", "q.io/l v1.0.0-alpha", "q.io/l v1.0.0")
    )
    assert (main / "go.mod").read_text() == gomod
    assert (main / "go.sum").read_text() == "".join([*a, b[1], *low, high[1]])
