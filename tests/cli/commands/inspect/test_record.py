# SPDX-License-Identifier: BSD-3-Clause
"""`-record` and `-replay`: an audit repeated byte for byte, and what a record cannot do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from govgo.cli.main import invoke
from govgo.wiring.session import SystemClock
from tests.cli.commands.inspect.test_outdated import MAIN, VERSIONS, publish
from tests.simulators import campaigns
from tests.simulators.proxy import Status
from tests.simulators.world import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    days = iter(range(1, 28))
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime(2024, 7, next(days), tzinfo=UTC))  # time goes by
    with World(tmp_path) as world:
        publish(world, VERSIONS)
        world.main("module q.io/d\n", name="local")
        world.use(monkeypatch)
        monkeypatch.chdir(world.main(MAIN))
        yield world


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*words: str) -> tuple[int, str, str]:
        code = invoke(["outdated", *words])
        return code, *capsys.readouterr()

    return call


def edit(change: Any) -> None:
    """Change the entries of the record by URL."""
    lines = [json.loads(line) for line in Path("record").read_text().splitlines()]
    Path("record").write_text("".join(f"{json.dumps(line)}\n" for line in change(lines)))


@pytest.mark.parametrize("form", campaigns.one_in(3, ["text", "json", "markdown"]))
def test_an_audit_is_repeated(world: World, run: Any, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    run()  # what is cached changes nothing
    first = run("-format", form, "-record", "record", "--all")
    assert first[0] == 0
    asked = len(world.proxy.asked)
    publish(world, {"q.io/e@v1.5.0": ("2024-07-01", "")})
    shutil.rmtree(world.home)
    monkeypatch.setenv("GOPROXY", "off")
    assert run("-format", form, "-replay", "record", "--all") == first
    assert len(world.proxy.asked) == asked
    assert not world.cache.exists()


def test_errors_are_repeated_too(world: World, run: Any) -> None:
    world.proxy.script("/q.io/a/@v/list", *[Status(403)] * 9)
    first = run("-record", "record")
    world.proxy.script("/q.io/a/@v/list", Status(200))
    assert first[0] == 3
    assert run("-replay", "record") == first


def test_what_the_record_lacks_is_named(world: World, run: Any) -> None:
    run("-record", "record")
    edit(lambda lines: [line for line in lines if not line.get("url", "").endswith("/q.io/e/@v/list")])
    code, out, err = run("-replay", "record")
    assert code == 3
    assert f"{world.proxy.url}/q.io/e/@v/list is not in the record record, and nobody is asked" in err
    assert out.splitlines()[-1].endswith(", 1 could not be looked up")
    _, out, _ = run("-replay", "record", "--all", "--json")
    names = [f"{world.proxy.url}/q.io/{name}/@v/list" for name in ("e", "f")]
    assert [name for name in names if f"{name} is not in the record record" in out] == names


def test_replayed_bytes_are_checked_like_any_other(world: World, run: Any) -> None:
    """Who can write a record cannot make up a go.mod: the checksum database speaks against it."""
    run("-record", "record")

    def forge(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for line in lines:
            if line.get("url", "").endswith("/q.io/e/@v/v1.0.0.mod"):
                line["body"] = "// Deprecated: use evil.example/e instead.\nmodule q.io/e\n"
        return lines

    edit(forge)
    code, out, err = run("-replay", "record")
    assert (code, out) == (4, "")
    assert "SECURITY ERROR" in err


def test_a_record_has_no_say_in_the_checksum_database(world: World, run: Any) -> None:
    run("-record", "record")
    edit(lambda lines: [{**lines[0], "gosumdb": "off", "gonosumdb": "*"}, *lines[1:]])
    test_replayed_bytes_are_checked_like_any_other(world, run)


def test_a_record_names_no_file_of_its_own_choice(world: World, run: Any) -> None:
    run("-record", "record")
    edit(lambda lines: [{**lines[0], "heads": {"../../../evil": "x"}}, *lines[1:]])
    code, _, err = run("-replay", "record")
    assert (code, "a record names the checksum database '../../../evil'" in err) == (1, True)


def test_a_run_that_fails_is_recorded(world: World, run: Any) -> None:
    Path("go.mod").write_text("module example.com/app\n\ngo 1.21\n\nrequire q.io/gone v1.0.0\n")
    first = run("-record", "record")
    assert first[0] == 3
    assert run("-replay", "record") == first


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["-replay", "gone"], 3, "govgo: reading record: open "),
        (["-replay", "go.mod"], 1, "govgo: go.mod:1: no record of govgo (govgo.record/1)\n"),
        (["-replay", "x", "-record", "y"], 2, "-record and -replay cannot be used together\n"),
        (["-offline", "-record", "y"], 2, "-record and -offline cannot be used together\n"),
    ],
)
def test_what_is_refused(world: World, run: Any, words: list[str], code: int, told: str) -> None:
    found = run(*words)
    assert found[:2] == (code, "")
    assert found[2].startswith(told)
    assert not Path("y").exists()


def test_repositories_cannot_be_recorded(world: World, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONOPROXY", "q.io/e")
    code, _, err = run("-record", "record")
    assert code == 3
    assert "repositories are not asked while a record is made or replayed" in err
