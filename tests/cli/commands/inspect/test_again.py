# SPDX-License-Identifier: BSD-3-Clause
"""A large graph that is resolved again: no go.mod is read that has not changed, and nothing is told otherwise."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from govgo.adapters.modcache import gomodindex
from govgo.adapters.modcache.cache import ModCache
from govgo.core.module.moduleversion import ModuleVersion
from tests.cli.commands.conftest import Run
from tests.simulators import campaigns

COUNT = 50
"""Requirements of the main module: more than `gomods._MANY`."""


class Again:
    """A module with many requirements, its proxy, and the go.mod files of dependencies that a command read."""

    def __init__(self, root: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cache, self.proxy, self.work = root / "mod", root / "proxy", root / "work"
        self.environ = {"GOMODCACHE": str(self.cache), "GOPROXY": f"file://{self.proxy}"}
        self._run = run
        self.read: list[ModuleVersion] = []
        for number in range(COUNT):
            self.publish(f"q.io/m{number}", f"go 1.16\n\nrequire q.io/common v1.{number}.0\n")
            self.publish("q.io/common", "go 1.20\n", f"v1.{number}.0")
        lines = "".join(f"\tq.io/m{number} v1.0.0\n" for number in range(COUNT))
        (self.work / "go.mod").write_text(f"module m\n\ngo 1.16\n\nrequire (\n{lines})\n")
        monkeypatch.setattr(gomodindex, "_is_settled", lambda _: True)
        read_gomod = ModCache.read_gomod

        def noted(cache: ModCache, mv: ModuleVersion) -> bytes | None:
            self.read.append(mv)
            return read_gomod(cache, mv)

        monkeypatch.setattr(ModCache, "read_gomod", noted)

    def publish(self, path: str, text: str, version: str = "v1.0.0") -> None:
        file = self.proxy / path / "@v" / f"{version}.mod"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"module {path}\n\n{text}")
        file.with_suffix(".info").write_text(f'{{"Version":"{version}"}}')

    def __call__(self, *args: str) -> tuple[int, str, str]:
        self.read.clear()
        done = self._run(*args, **self.environ)
        return done.returncode, done.stdout, done.stderr

    def cached(self, name: str) -> Path:
        return self.cache / "cache/download" / name


@pytest.fixture
def again(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Again:
    made = Again(tmp_path, run, monkeypatch)
    code, _, error = made("list", "-mod=mod", "-m", "all")
    assert code == 0, error
    return made


@pytest.mark.parametrize(
    "args",
    campaigns.one_in(
        3,
        [
            (each,)
            for each in [
                ("list", "-mod=mod", "-m", "all"),
                ("list", "-m", "-f", "{{.Path}} {{.GoVersion}}", "all"),
                ("graph",),
                ("why", "-version", "q.io/common"),
            ]
        ],
    ),
)
def test_the_second_time_no_go_mod_is_read(again: Again, args: tuple[str, ...]) -> None:
    first = again(*args)
    assert first[0] == 0, first
    assert len(again.read) >= 2 * COUNT
    sums = (again.work / "go.sum").read_bytes()
    assert again(*args) == first
    assert again.read == []
    assert (again.work / "go.sum").read_bytes() == sums


def test_attack_a_cached_go_mod_is_changed(again: Again) -> None:
    """In place, with its size and times, after its summary was kept: go.sum contradicts it all the same."""
    args = "list", "-m", "all"
    assert again(*args)[0] == again(*args)[0] == 0
    file = again.cached("q.io/m7/@v/v1.0.0.mod")
    facts, text = file.stat(), file.read_text()
    file.chmod(0o644)
    file.write_text(text.replace("v1.7.0", "v1.8.0"))
    os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    code, output, error = again(*args)
    assert (code, output) == (4, "")
    assert "verifying q.io/m7@v1.0.0/go.mod: checksum mismatch" in error


def test_attack_go_sum_has_another_hash(again: Again) -> None:
    """What is kept is compared with go.sum as what is read."""
    args = "list", "-m", "all"
    assert again(*args)[0] == again(*args)[0] == 0
    file = again.work / "go.sum"
    lines = file.read_text().splitlines()
    wrong = [line[:-8] + "AAAAAAA=" if line.startswith("q.io/m7 ") else line for line in lines]
    file.write_text("\n".join(wrong) + "\n")
    code, _, error = again(*args)
    assert code == 4
    assert "verifying q.io/m7@v1.0.0/go.mod: checksum mismatch" in error


def test_a_go_sum_without_a_line_is_told(again: Again) -> None:
    args = "list", "-m", "all"
    assert again(*args)[0] == again(*args)[0] == 0
    file = again.work / "go.sum"
    file.write_text("".join(line for line in file.read_text().splitlines(True) if not line.startswith("q.io/m7 ")))
    code, _, error = again(*args)
    assert code == 1
    assert "q.io/m7@v1.0.0: missing go.sum entry for go.mod file" in error


def test_a_go_mod_that_is_gone_is_fetched(again: Again) -> None:
    args = "list", "-mod=mod", "-m", "all"
    first = again(*args)
    again.cached("q.io/m7/@v/v1.0.0.mod").unlink()
    assert again(*args) == first
    assert again.cached("q.io/m7/@v/v1.0.0.mod").exists()


@pytest.mark.parametrize(("mode", "used"), [(0o700, True), (0o777, False)])
def test_attack_a_cache_directory_that_others_may_write(again: Again, tmp_path: Path, mode: int, used: bool) -> None:
    """Nothing proves the index: it is neither read nor written where others may have put it."""
    place = tmp_path / "usercache"
    place.mkdir()
    place.chmod(mode)
    again.environ["XDG_CACHE_HOME"] = str(place)
    for _ in range(2):
        assert again("list", "-m", "all")[0] == 0
    assert (again.read == []) is used
    assert bool(list(place.rglob("gomods/*"))) is used


def test_small_graphs_have_no_index(run: Run, tmp_path: Path) -> None:
    (tmp_path / "work/go.mod").write_text("module m\n")
    assert run("list", "-m", "all", GOMODCACHE=str(tmp_path / "mod")).returncode == 0
    assert not (tmp_path / ".cache").exists()
