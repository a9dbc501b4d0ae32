# SPDX-License-Identifier: BSD-3-Clause
"""What is found is reported, and the exit code is 4, whatever else fails then: the disk, another request, or Ctrl-C.

The attacker's best hope after an attack was noticed is that another fault hides it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from govgo import api
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.sumdb.cache import SumDbCache
from govgo.cli.main import invoke
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import ForkError, NotFoundError, SumMismatchError
from govgo.load.session.session import Session
from tests.simulators import campaigns
from tests.simulators.sumdb_log import Server
from tests.simulators.world import World

WANTED = ModuleVersion("q.io/a", "v1.1.0")
MAIN = "module example.com/main\n\ngo 1.21\n\nrequire q.io/a v1.1.0\n"
SOURCE = {"main.go": 'package main\n\nimport _ "q.io/a"\n\nfunc main() {}\n'}
EVIL_MOD = "module q.io/a\n\n// evil\n"
FALSE = "q.io/a v1.1.0 h1:{0}=\nq.io/a v1.1.0/go.mod h1:{0}=\n".format("x" * 43)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as world:
        world.publish(*WANTED)
        world.log.grow(400)
        directory = world.main(MAIN, SOURCE)
        world.use(monkeypatch, GOFLAGS="-modcacherw -mod=mod")
        monkeypatch.chdir(directory)
        yield world


def evil_files(world: World) -> None:
    """The proxy serves other bytes than the log knows."""
    world.proxy.add_module(*WANTED, EVIL_MOD, {"a.go": "package evil\n"})


def false_sums(world: World) -> None:
    """go.sum has lines that the log does not know."""
    (world.root / "main/go.sum").write_text(FALSE)


def fork(world: World) -> None:
    """The database shows another history than the one that this client has seen."""
    world.latest.parent.mkdir(parents=True)
    world.latest.write_bytes(world.log.head())
    other = world.log.fork(200)
    other.add(*WANTED, world.record(WANTED))
    world.database = Server(other.grow(900))


def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tree head cannot be kept."""

    def refuse(cache: SumDbCache, _before: bytes, _after: bytes) -> bytes | None:
        raise disk_error("write", cache.latest_file, OSError(28, "No space left on device"))

    monkeypatch.setattr(SumDbCache, "swap_latest", refuse)


VERBS = [
    ["get", "q.io/a@v1.1.0"],
    ["download", "q.io/a@v1.1.0"],
    ["download"],
    ["tidy"],
    ["graph"],
    ["list", "-m", "all"],
    ["list", "-m", "-json", "q.io/a"],
    ["why", "q.io/a"],
    ["sum", "complete"],
    ["sum", "explain", "q.io/a"],
    ["verify"],
    ["verify", "--only", "complete"],
]

PROVERS = [["verify"], ["verify", "--only", "database"], ["sum", "merge", "x", "go.sum", "x"]]


@pytest.mark.parametrize("verb", campaigns.one_in(3, VERBS), ids=" ".join)
@pytest.mark.parametrize("attack", [evil_files, fork])
def test_attack_and_a_full_disk(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    verb: list[str],
    attack: Callable[[World], None],
) -> None:
    attack(world)
    full_disk(monkeypatch)
    assert invoke(verb) == 4
    told = "".join(capsys.readouterr())
    assert "SECURITY ERROR" in told or "checksum mismatch" in told


@pytest.mark.parametrize("verb", PROVERS, ids=" ".join)
def test_attack_a_false_line_and_a_full_disk(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verb: list[str]
) -> None:
    false_sums(world)
    (world.root / "main/x").write_text("")
    full_disk(monkeypatch)
    assert invoke(verb) == 4
    out, err = capsys.readouterr()
    assert "q.io/a@v1.1.0: verifying module: checksum mismatch" in out or "SECURITY ERROR" in err
    assert "no space left on device" in out + err or verb[0] == "sum"
    assert (world.root / "main/go.sum").read_text() == FALSE


def test_verify_tells_all_when_the_tree_head_cannot_be_kept(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (world.root / "main/go.sum").write_text(world.record(WANTED))
    full_disk(monkeypatch)
    assert invoke(["verify", "--json"]) == 3
    report = json.loads(capsys.readouterr().out)
    assert [result["code"] for result in report["errors"]] == ["disk"]
    assert report["summary"]["lines"]["proved"] == 2


def test_attack_verify_with_a_bundle_that_cannot_be_written(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    false_sums(world)
    (world.root / "bundle").mkdir()
    assert invoke(["verify", "--json", "--bundle", str(world.root / "bundle")]) == 4
    results = json.loads(capsys.readouterr().out)["results"]
    assert {"sum-mismatch"} <= {result["code"] for result in results}


def slow_absence(world: World) -> Callable[[str], bytes]:
    """Answers 404 as soon as the fork has been noticed: the evidence is on the disk."""

    def answer(_rest: str) -> bytes:
        end = time.monotonic() + 10
        while time.monotonic() < end and not list(world.cache.rglob("fork-*.txt")):
            time.sleep(0.01)
        raise NotFoundError("no such zip")

    return answer


PREFETCHED = [["get", "q.io/a@v1.1.0"], ["download", "q.io/a@v1.1.0"], ["tidy"]]


@pytest.mark.parametrize("verb", PREFETCHED, ids=" ".join)
def test_attack_a_fork_in_an_answer_that_nobody_asks_for(
    world: World, capsys: pytest.CaptureFixture[str], verb: list[str]
) -> None:
    """The lookup for the zip is begun while it is fetched, and the zip is not there."""
    (world.root / "main/go.sum").write_text(world.record(WANTED).splitlines(keepends=True)[1])
    fork(world)
    world.proxy.handlers["/q.io/a/@v/v1.1.0.zip"] = slow_absence(world)
    assert invoke(verb) == 4
    told = "".join(capsys.readouterr())
    assert "go.sum database server misbehavior detected!" in told


def test_attack_a_fork_that_only_the_graph_meets_is_in_the_report(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    fork(world)
    assert invoke(["verify", "--only", "complete", "--json"]) == 4
    report = json.loads(capsys.readouterr().out)
    assert "fork" in {result["code"] for result in report["results"]}
    assert report["summary"]["verdict"] == "contradiction"


@pytest.mark.parametrize("later", [KeyboardInterrupt(), BrokenPipeError(), ZeroDivisionError(), NotFoundError("gone")])
def test_attack_and_another_end_of_the_command(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], later: BaseException
) -> None:
    """What is raised while a SecurityError is on its way does not take its place."""
    evil_files(world)

    close = Session.close

    def fail(session: Session) -> None:
        close(session)
        raise later

    monkeypatch.setattr(Session, "close", fail)
    assert invoke(["get", "q.io/a@v1.1.0"]) == 4
    assert "SECURITY ERROR" in capsys.readouterr().err


def environ(world: World) -> dict[str, str]:
    return {**world.environment, "GOFLAGS": "-modcacherw"}


def test_attack_the_library_and_a_full_disk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    evil_files(world)
    full_disk(monkeypatch)
    with pytest.raises(SumMismatchError):
        api.resolve(str(world.root / "main"), environ=environ(world))
    with pytest.raises(SumMismatchError):
        api.download([WANTED], environ=environ(world))


def test_attack_the_library_meets_a_fork_that_nobody_asks_about(world: World) -> None:
    fork(world)
    world.proxy.handlers["/q.io/a/@v/v1.1.0.zip"] = slow_absence(world)
    with pytest.raises(ForkError):
        api.download([WANTED], environ=environ(world))


def test_attack_the_library_verifies_on_a_full_disk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    false_sums(world)
    full_disk(monkeypatch)
    run = api.verify(str(world.root / "main"), environ=environ(world))
    assert {"sum-mismatch", "disk"} <= {finding.code for _, finding in run.all_findings()}
    assert int(run.verdict) == 4
