# SPDX-License-Identifier: BSD-3-Clause
"""Killed at any moment: no half file under its final name, a plain run succeeds, and `mod verify` is clean."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modcache.verify import CacheAudit
from govgo.cli.main import invoke
from govgo.core.module.moduleversion import ModuleVersion
from tests.simulators import campaigns
from tests.simulators.world import World

REPOSITORY = Path(__file__).parents[2]
MODS = tuple(ModuleVersion(f"q.io/m{n}", "v1.0.0") for n in range(6))
MAIN = "module example.com/main\n\ngo 1.21\n"
WHOLE = MAIN + "\nrequire (\n" + "".join(f"\t{mod.path} {mod.version}\n" for mod in MODS) + ")\n"
SOURCE = "package main\n\nimport (\n" + "".join(f'\t_ "{mod.path}"\n' for mod in MODS) + ")\n\nfunc main() {}\n"
GET = ("get", *map(str, MODS))
DOWNLOAD = ("download",)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world")) as world:
        for mod in MODS:
            files = {f"d{n}/f{n}.go": f"package d{n}\n" + "// filler\n" * 400 for n in range(30)}
            world.publish(*mod, f"module {mod.path}\n\ngo 1.21\n", {"a.go": "package a\n", **files})
        yield world


def start(world: World, main: Path, words: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "govgo", *words],
        cwd=main,
        env={**world.environment, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


class Shell:
    """Runs commands to their end, in this process."""

    def __init__(self, world: World, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        world.use(patch)
        self._patch = patch
        self._capture = capture

    def run(self, main: Path, words: Sequence[str]) -> str:
        """What a command says; it must succeed."""
        self._patch.chdir(main)
        self._capture.readouterr()
        code = invoke(list(words))
        said = self._capture.readouterr()
        assert code == 0, f"{words}: {said.err}"
        return said.out


@pytest.fixture
def shell(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(world, monkeypatch, capsys)


def renew(world: World, words: Sequence[str]) -> Path:
    """A main module as it is before `words`."""
    directory = world.main(MAIN if words is GET else WHOLE, {"main.go": SOURCE})
    (directory / "go.sum").write_text("" if words is GET else "".join(map(world.record, MODS)))
    return directory


def assert_nothing_half(world: World, main: Path, words: Sequence[str]) -> None:
    """What is there under its final name is whole and true."""
    cache = ModCache(str(world.cache), writable_dirs=True)
    assert CacheAudit(cache).faults(MODS) == ((),) * len(MODS)
    for mod in MODS:
        for suffix in ("mod", "zip"):
            file = Path(cache.file(mod, suffix))
            assert not file.exists() or file.read_bytes() == world.proxy.files[f"/{mod.path}/@v/v1.0.0.{suffix}"]
    gomod = (main / "go.mod").read_text()
    assert gomod in ((MAIN, WHOLE.replace(" v1.0.0\n", " v1.0.0 // indirect\n")) if words is GET else (WHOLE,))
    whole_sum = "".join(map(world.record, MODS))
    assert (main / "go.sum").read_text() in (("", whole_sum) if words is GET else (whole_sum,))
    assert not world.latest.exists() or world.latest.read_bytes() in (b"", world.log.head())


def campaign(world: World, shell: Shell, times: int) -> None:
    chance = random.Random(11)
    lasts: dict[Sequence[str], float] = {}
    for words in (GET, DOWNLOAD):
        shutil.rmtree(world.home / "go", ignore_errors=True)
        main = renew(world, words)
        began = time.monotonic()
        with start(world, main, words) as process:
            said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, said
        lasts[words] = time.monotonic() - began
    for number in range(times):
        words = GET if number % 2 else DOWNLOAD
        main = renew(world, words)
        if chance.random() < 0.7:  # else what an earlier run left is there
            shutil.rmtree(world.home / "go", ignore_errors=True)
        with start(world, main, words) as process:
            time.sleep(lasts[words] * chance.uniform(0.3, 1.05))
            process.send_signal(signal.SIGKILL)
            process.communicate()
        assert_nothing_half(world, main, words)
        shell.run(main, words)
        assert shell.run(main, ("mod", "verify")) == "all modules verified\n"
        assert (main / "go.sum").read_text() == "".join(map(world.record, MODS))
        assert_nothing_half(world, main, words)
        left = [path for path in world.cache.rglob("*") if path.suffix == ".partial" or ".tmp-" in path.name]
        assert left == []


@pytest.mark.wide
@pytest.mark.parametrize("times", [2, pytest.param(10, marks=pytest.mark.wide)])
def test_get_and_download_killed_at_a_few_random_moments(world: World, shell: Shell, times: int) -> None:
    campaign(world, shell, times)


@pytest.mark.slow
def test_get_and_download_killed_at_two_hundred_random_moments(world: World, shell: Shell) -> None:
    campaign(world, shell, campaigns.size(200, least=12))
