# SPDX-License-Identifier: BSD-3-Clause
"""The gates on a dead network: an error that says so, exit code 3, and no report that calls anything clean.

It is dead as one that drops packets is: the queue of the only server is full, so that nothing is ever acknowledged.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.adapters.http import timeouts
from govgo.cli.main import invoke
from tests.simulators import campaigns
from tests.simulators.gitrepos import needs_git
from tests.simulators.server import full_queue
from tests.simulators.world import World

MAIN = "module example.com/main\n\ngo 1.21\n\nrequire q.io/a v1.0.0\n"


@pytest.fixture
def hole() -> Iterator[str]:
    with full_queue() as url:
        yield url


@pytest.fixture
def world(tmp_path: Path, hole: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as world:
        world.publish("q.io/a", "v1.0.0", "module q.io/a\n", {"a.go": "package a\n", "LICENSE": "free\n"})
        directory = world.main(MAIN)
        (directory / "govgo.toml").write_text("[check]\nadvisories = true\nverify = true\n")
        world.use(monkeypatch, GOVGO_VULNDB=hole, XDG_CACHE_HOME=str(tmp_path / "kept"))
        monkeypatch.chdir(directory)
        monkeypatch.setattr(timeouts, "PATIENCE_S", 0.4)
        yield world


ASKS = [
    ("audit", "nothing"),
    ("audit", "the modules"),
    ("audit -plan", "the modules"),
    ("audit -fix", "nothing"),
    ("audit -packages", "nothing"),
    ("check", "nothing"),
    ("check", "the modules"),
    ("licenses", "nothing"),
    ("sbom", "nothing"),
    ("verify", "nothing"),
    ("hygiene", "nothing"),
    ("sum complete", "nothing"),
    ("proxies q.io/a", "the modules"),
]
"""(command, what is cached); with the modules, the others have all that they need."""


@pytest.mark.parametrize(("command", "kept"), campaigns.one_in(3, ASKS))
def test_attack_a_dead_network(
    world: World,
    hole: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    kept: str,
) -> None:
    if kept == "the modules":
        assert (invoke(["tidy"]), invoke(["download"])) == (0, 0)
    monkeypatch.setenv("GOPROXY", hole)
    before = {file: file.read_bytes() for file in Path().iterdir()}
    capsys.readouterr()
    assert invoke([*command.split(), "-json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert any("before any sign of the server" in str(each) for each in (*told["errors"], *told.get("results", ())))
    assert invoke(command.split()) == 3
    text = capsys.readouterr().out
    assert not re.search("nothing known|no vulnerab|all |^as govgo.toml", text)
    assert {file: file.read_bytes() for file in Path().iterdir()} == before


LOCAL = {
    "the module cache": "govgo.adapters.modcache.verify.CacheFacts._fields",
    "the module graph": "govgo.app.verify.graph.check_complete",
    "licences": "govgo.adapters.licenses.matcher.SpdxMatcher._matched",
    "what `govgo tidy` would change": "govgo.app.check.check.untidy",
}
"""What takes long without anybody being asked, by what it looks at."""


@pytest.mark.parametrize(
    ("command", "kept", "left_out"),
    [
        ("verify", "the modules", ["the module cache", "the module graph"]),
        ("check", "the modules", ["what `govgo verify` verifies", "licences", "what `govgo tidy` would change"]),
        ("licenses", "one module of two", ["q.io/a@v1.0.0"]),
        ("sbom -advisories -licenses", "the modules", []),
    ],
)
def test_a_dead_network_is_told_however_much_there_is_to_do_here(
    world: World,
    hole: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    kept: str,
    left_out: list[str],
) -> None:
    """Servers are asked first. With no time left then, nothing is begun that asks nobody, and that does not pass."""
    rules = ("advisories = true", 'licenses = { allow = ["MIT"] }', "tidy = true", "verify = true")
    Path("govgo.toml").write_text("\n".join(("[check]", *rules)))
    Path("main.go").write_text('package main\n\nimport _ "q.io/a"\n')
    assert (invoke(["tidy"]), invoke(["download"])) == (0, 0)
    if kept == "one module of two":
        world.publish("q.io/b", "v1.0.0", "module q.io/b\n", {"b.go": "package b\n"})
        assert invoke(["get", "q.io/b"]) == 0
        for file in world.cache.glob("cache/download/q.io/b/@v/*.zip*"):
            file.unlink()
    shutil.rmtree(world.cache / "cache/download/sumdb")
    monkeypatch.setenv("GOPROXY", hole)
    monkeypatch.setattr(timeouts, "ENOUGH_S", 0.0)
    for place in LOCAL.values():
        monkeypatch.setattr(place, lambda *_, **__: pytest.fail("there is no time left"))
    capsys.readouterr()
    assert invoke(command.split()) == 3
    told = capsys.readouterr()
    assert "before any sign of the server" in told.out + told.err
    assert re.findall(r"\[dead-network\]: (.*): not looked at, since nobody can be reached", told.out) == left_out


@needs_git
@pytest.mark.parametrize("command", ["verify -only=tags", "licenses"])
def test_attack_a_dead_repository(
    world: World, hole: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """git itself has no limit for connecting; the server that it would ask is asked for a sign first."""
    record = world.publish("github.com/u/a", "v1.0.0", "module github.com/u/a\n", {"a.go": "package a\n"})
    world.main("module example.com/main\n\ngo 1.21\n\nrequire github.com/u/a v1.0.0\n")
    Path("go.sum").write_text(record)
    monkeypatch.setenv("GOPROXY", "direct")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{hole}/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/")
    capsys.readouterr()
    assert invoke(command.split()) == 3
    assert "before any sign of the server" in capsys.readouterr().out


def test_a_merge_of_go_sum_on_a_dead_network(
    world: World, hole: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """git waits for its merge driver: the lines of both sides are there within seconds, as a conflict."""
    first, second = (f"q.io/{name} v1.0.0 h1:{'A' * 43}=\n" for name in "ab")
    for name, text in {"base": "", "ours": first, "theirs": second}.items():
        Path(name).write_text(text)
    monkeypatch.setenv("GOPROXY", hole)
    assert invoke(["sum", "merge", "base", "ours", "theirs", "go.sum"]) == 3
    assert Path("ours").read_text() == first + second
    assert "before any sign of the server" in capsys.readouterr().err


def test_a_patient_user_waits_longer(world: World, hole: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """-timeout says how long to wait, whatever there is a sign of."""
    monkeypatch.setenv("GOPROXY", hole)
    began_s = time.monotonic()
    assert invoke(["verify", "-timeout", "1s"]) == 3
    assert time.monotonic() - began_s >= 1
