# SPDX-License-Identifier: BSD-3-Clause
"""`-record` and `-replay` of verbs that write: the same files, byte for byte, and the same words."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from govgo.cli.main import invoke
from govgo.wiring.session import SystemClock
from tests.simulators import campaigns
from tests.simulators.proxy import Status
from tests.simulators.world import World

MAIN = "module example.com/app\n\ngo 1.21\n"
SOURCE = {"main.go": 'package main\n\nimport _ "q.io/a"\n\nfunc main() {}\n'}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    days = iter(range(1, 28))
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime(2024, 7, next(days), tzinfo=UTC))  # time goes by
    with World(tmp_path) as world:
        world.publish("q.io/a", "v1.0.0", "module q.io/a\n\ngo 1.21\n\nrequire q.io/b v1.0.0\n", imports("q.io/b"))
        world.publish("q.io/b", "v1.0.0")
        world.publish("q.io/new", "v1.0.0", "module q.io/new\n\ngo 1.23\n")
        world.use(monkeypatch)
        monkeypatch.chdir(world.main(MAIN, SOURCE))
        yield world


def imports(path: str) -> dict[str, str]:
    return {"a.go": f'package a\n\nimport _ "{path}"\n'}


class Outcome(NamedTuple):
    """What a run came to: its exit code, its words, and the files of the main module."""

    code: int
    out: str
    err: str
    files: dict[str, bytes]


@pytest.fixture
def run(world: World, capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*words: str) -> Outcome:
        code = invoke([*words])
        files = {path.name: path.read_bytes() for path in Path().iterdir() if path.name != "record"}
        return Outcome(code, *capsys.readouterr(), files)

    return call


def start_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The main module as it was, on a machine that knows nothing and reaches nobody."""
    for name in ("go.mod", "go.sum"):
        Path(name).unlink(missing_ok=True)
    world.main(MAIN, SOURCE)
    shutil.rmtree(world.home)
    monkeypatch.setenv("GOPROXY", "off")
    world.proxy.forget_asked()


COMMANDS = (
    ("get", "q.io/a"),
    ("get", "-u", "./..."),
    ("get", "q.io/nope"),
    ("get", "-n", "-diff", "q.io/a@v1"),
    ("get", "-min-age", "14d", "q.io/a"),
    ("tidy",),
    ("tidy", "-v"),
    ("tidy", "-diff"),
    ("tidy", "-n", "-format", "json"),
    ("what-if", "get q.io/b", "tidy", "--json"),
    ("what-if", "tidy", "-as-of", "2020-01-01"),
)


@pytest.mark.parametrize("command", campaigns.one_in(3, [(each,) for each in COMMANDS]), ids=" ".join)
def test_a_run_is_repeated(world: World, run: Any, monkeypatch: pytest.MonkeyPatch, command: Sequence[str]) -> None:
    first = run(*command, "-record", "record")
    assert {path.name for path in world.cache.rglob("*") if path.is_file()} <= {"lock"}
    start_again(world, monkeypatch)
    world.publish("q.io/b", "v1.5.0")
    assert run(*command, "-replay", "record") == first
    assert world.proxy.asked == []


@pytest.mark.parametrize(
    "command",
    campaigns.one_in(2, [(each,) for each in [("get", "q.io/a"), ("get", "q.io/nope"), ("tidy",), ("tidy", "-diff")]]),
)
def test_it_does_what_the_command_does(world: World, run: Any, command: Sequence[str]) -> None:
    """The words of the first of the two runs are not heard, and its changes are not there for the second."""
    recorded = run(*command, "-record", "record")
    for name in ("go.mod", "go.sum"):
        Path(name).unlink(missing_ok=True)
    world.main(MAIN, SOURCE)
    plain = run(*command)
    told = [line for line in plain.err.splitlines() if not line.startswith("govgo: downloading ")]
    assert (recorded.err.splitlines(), recorded[:2], recorded.files) == (told, plain[:2], plain.files)


def test_replayed_zips_are_checked_like_any_other(world: World, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run("get", "q.io/a", "-record", "record")
    lines = [json.loads(line) for line in Path("record").read_text().splitlines()]
    (a,), (b,) = (
        [each for each in lines if each.get("url", "").endswith(f"/q.io/{name}/@v/v1.0.0.mod")] for name in "ab"
    )
    b["body"] = a["body"].replace("q.io/a", "q.io/b").replace("require q.io/b", "require q.io/c")
    Path("record").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    start_again(world, monkeypatch)
    found = run("get", "q.io/a", "-replay", "record")
    assert (found.code, "SECURITY ERROR" in found.err) == (4, True)
    assert found.files == {"go.mod": MAIN.encode(), "main.go": SOURCE["main.go"].encode()}


def test_what_the_record_lacks_is_named(world: World, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run("get", "q.io/b", "-record", "record")
    start_again(world, monkeypatch)
    found = run("get", "q.io/a", "-replay", "record")
    assert (found.code, "is not in the record record, and nobody is asked" in found.err) == (3, True)
    assert found.files == {"go.mod": MAIN.encode(), "main.go": SOURCE["main.go"].encode()}


def test_a_newer_release_that_is_found_to_be_needed(world: World, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command starts over; which releases there are is on the record, too."""
    monkeypatch.setenv("GOVGO_GO_VERSION", "1.22.0")
    monkeypatch.setenv("GOTOOLCHAIN", "auto")
    releases = "".join(f"v0.0.1-go{each}.linux-amd64\n" for each in ("1.22.9", "1.23.4"))
    world.proxy.files["/golang.org/toolchain/@v/list"] = releases.encode()
    first = run("get", "q.io/new", "-record", "record")
    assert (first.code, b"\ngo 1.23\n" in first.files["go.mod"]) == (0, True), first.err
    start_again(world, monkeypatch)
    assert run("get", "q.io/new", "-replay", "record") == first
    assert world.proxy.asked == []


def test_a_failure_of_a_server_is_repeated(world: World, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world.proxy.script("/q.io/b/@v/v1.0.0.zip", Status(403))
    first = run("tidy", "-record", "record")
    assert first.code == 3
    start_again(world, monkeypatch)
    assert run("tidy", "-replay", "record") == first


@pytest.mark.parametrize("verb", ["get", "tidy"])
def test_gos_own_commands_lack_the_flags(world: World, run: Any, verb: str) -> None:
    found = run("mod", verb, "-record", "record") if verb == "tidy" else run("get", "-record", "x", "-replay", "y")
    assert (found.code, Path("record").exists()) == (2, False)
