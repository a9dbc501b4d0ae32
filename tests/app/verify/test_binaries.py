# SPDX-License-Identifier: BSD-3-Clause
"""Go binaries whose recorded hashes are proved by a real log behind a real proxy, one thing wrong at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands.trust.test_verify import OTHER_HASH, Run, sorted_sums
from tests.simulators.binaries import elf, inline
from tests.simulators.world import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as world:
        for path in ("q.io/a", "q.io/b", "q.io/fork"):
            world.publish(path, "v1.0.0")
        world.use(monkeypatch)
        (tmp_path / "bin").mkdir()
        monkeypatch.chdir(tmp_path / "bin")
        yield world


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *args: Run(capsys, *args)


def recorded(world: World, name: str) -> str:
    """The hash of a module's zip, as the log has it."""
    return sorted_sums(world, name)[0].split()[2]


def build(world: World, *more: str, a: str = "") -> None:
    lines = [
        "path\tq.io/m/cmd",
        "mod\tq.io/m\t(devel)\t",
        f"dep\tq.io/a\tv1.0.0\t{a or recorded(world, 'q.io/a v1.0.0')}",
        "dep\tq.io/b\tv1.0.0",
        f"=>\tq.io/fork\tv1.0.0\t{recorded(world, 'q.io/fork v1.0.0')}",
        *more,
    ]
    Path("tool").write_bytes(elf(inline("go1.26.8", "".join(f"{line}\n" for line in lines))))


def test_every_recorded_hash_is_proved(world: World, verify: Any) -> None:
    build(world, "dep\tq.io/local\tv1.0.0", "=>\t../local\t(devel)\t")
    run = verify("tool")
    assert (run.code, run.err) == (0, "")
    assert "  checksum database  2 recorded hashes proved (tree " in run.out
    assert "q.io/m (devel): built from a directory: the binary records no hash" in run.out
    assert "../local (devel): built from a directory" in run.out
    document = verify("tool", "--json").json
    assert [(each["kind"], each["path"]) for each in document["modules"]] == [("binary", "q.io/m")]
    assert document["summary"]["lines"]["proved"] == 2


def test_a_hash_that_the_database_contradicts(world: World, verify: Any) -> None:
    build(world, a=OTHER_HASH)
    run = verify("tool", "--json")
    assert run.code == 4
    (found,) = run.json["results"]
    assert (found["code"], found["module"], found["file"]) == ("sum-mismatch", "q.io/a", "tool")
    assert {each["hash"] for each in found["evidence"]} == {OTHER_HASH, recorded(world, "q.io/a v1.0.0")}


def test_compared_with_a_go_sum(world: World, verify: Any) -> None:
    build(world)
    whole = sorted_sums(world, "q.io/a v1.0.0", "q.io/fork v1.0.0")
    Path("go.sum").write_text("".join(whole))
    run = verify("tool", "--against", "go.sum")
    assert (run.code, "2 of 2 recorded hashes are in go.sum" in run.out) == (0, True)
    Path("go.sum").write_text("".join(line for line in whole if "fork" not in line))
    run = verify("tool", "--against", "go.sum", "--json")
    assert (run.code, run.codes) == (1, {"not-in-go-sum"})
    Path("go.sum").write_text("".join(whole).replace(recorded(world, "q.io/a v1.0.0"), OTHER_HASH))
    run = verify("tool", "--against", "go.sum", "--json")
    assert (run.code, run.codes) == (4, {"sum-mismatch"})
    assert (run.told[0]["file"], run.told[0]["line"]) == ("go.sum", 1)


def test_without_the_database_nothing_is_proved(world: World, verify: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    build(world)
    monkeypatch.setenv("GOSUMDB", "off")
    assert verify("tool").code == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("text", "text: neither go.mod nor a Go binary: unrecognized file format"),
        ("bare", "bare: it was built without modules, so it names none"),
        ("nowhere", "nowhere: no such file or directory"),
        ("tool --against nowhere", "nowhere: no such file"),
        ("--against go.sum", "--against compares Go binaries; name them alone"),
    ],
)
def test_what_is_refused(world: World, verify: Any, words: str, told: str) -> None:
    build(world)
    Path("text").write_text("no binary at all\n")
    Path("bare").write_bytes(elf(inline("go1.26.8", "")))
    run = verify(*words.split())
    assert (run.code, run.out) == (2, "")
    assert told in run.err
