# SPDX-License-Identifier: BSD-3-Clause
"""Eight processes on one empty cache: all succeed, each fetches each zip at most once, and nothing is corrupt."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modcache.verify import CacheAudit
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import NotFoundError
from tests.simulators.world import World

REPOSITORY = Path(__file__).parents[2]
CROWD = 8
MODS = tuple(ModuleVersion(f"q.io/Big/m{n}", "v1.0.0") for n in range(5))
MAIN = "module example.com/main\n\ngo 1.21\n\nrequire (\n" + "".join(f"\t{m.path} {m.version}\n" for m in MODS) + ")\n"
SOURCE = "package main\n\nimport (\n" + "".join(f'\t_ "{mod.path}"\n' for mod in MODS) + ")\n\nfunc main() {}\n"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as world:
        for mod in MODS:
            files = {f"d{n}/f{n}.go": f"package d{n}\n" for n in range(40)}
            world.publish(*mod, f"module {mod.path}\n\ngo 1.21\n", {"a.go": "package a\n", **files})
        for path in [path for path in world.proxy.files if "Big" in path]:
            world.proxy.files[path.replace("Big", "!big")] = world.proxy.files.pop(path)
        for number in range(CROWD):
            world.proxy.handlers[f"/p{number}/"] = lambda rest: serve(world, rest)
        yield world


def serve(world: World, rest: str) -> bytes:
    """The whole proxy under another base, so that a process can be recognised by what it asks."""
    rest = unquote(rest)
    sumdb = f"sumdb/{world.log.name}"
    if rest.startswith(sumdb):
        return b"" if rest == f"{sumdb}/supported" else world.database.body(rest.removeprefix(sumdb))
    if f"/{rest}" not in world.proxy.files:
        raise NotFoundError(rest)
    return world.proxy.files[f"/{rest}"]


def crowd(world: World, commands: list[list[str]]) -> None:
    mains = [world.main(MAIN, {"main.go": SOURCE}, f"main{n}") for n in range(len(commands))]
    processes = [
        subprocess.Popen(
            words,
            cwd=main,
            env={**world.environment, "GOPROXY": f"{world.proxy.url}/p{n}", "PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for n, (words, main) in enumerate(zip(commands, mains, strict=True))
    ]
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(commands), outputs
    for n in range(len(commands)):
        asked = [path for path in world.proxy.asked if path.startswith(f"/p{n}/") and path.endswith((".zip", ".mod"))]
        assert len(asked) == len(set(asked))
    cache = ModCache(str(world.cache), writable_dirs=True)
    assert [cache.download_dir(mod).state for mod in MODS] == ["whole"] * len(MODS)
    assert CacheAudit(cache).faults(MODS) == ((),) * len(MODS)
    for mod in MODS:
        name = f"/{mod.path.replace('Big', '!big')}/@v/v1.0.0"
        assert Path(cache.zip_path(mod)).read_bytes() == world.proxy.files[f"{name}.zip"]
    want = "".join(map(world.record, MODS))
    assert [(main / "go.sum").read_text() for main in mains] == [want] * len(commands)
    assert world.latest.read_bytes() == world.log.head()
    left = [path for path in world.cache.rglob("*") if ".tmp" in path.name or path.suffix == ".partial"]
    assert left == []


def govgo(*words: str) -> list[str]:
    return [sys.executable, "-m", "govgo", *words]


@pytest.mark.wide
@pytest.mark.parametrize("count", [2, pytest.param(CROWD, marks=pytest.mark.wide)])
def test_several_of_govgo(world: World, count: int) -> None:
    crowd(world, [govgo("tidy") if n % 2 else govgo("get", *map(str, MODS)) for n in range(count)])


@pytest.mark.wide
@pytest.mark.go
def test_four_of_go_and_four_of_govgo(world: World) -> None:
    words = ["tidy"], ["get", *map(str, MODS)]
    commands = []
    for n in range(CROWD):
        verb = words[n // 2 % 2]
        commands.append(govgo(*verb) if n % 2 else ["go", *(verb if verb[0] == "get" else ["mod", *verb])])
    crowd(world, commands)
