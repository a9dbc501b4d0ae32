# SPDX-License-Identifier: BSD-3-Clause
"""`govgo log events`: what a server has stored, proved, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govgo.app.events.append import News
from govgo.core.events.event import REMOVED, STORED, Origin
from tests.simulators import run as runs
from tests.simulators.eventlog import EventLogSimulator, mods
from tests.simulators.proxy import Status
from tests.simulators.world import World


class Events(runs.Run):
    command = ("log", "events")
    schema = "govgo.log.events-1.json"

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [runs.document(line, self.schema) for line in self.out.splitlines()]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as world:
        world.use(monkeypatch, TMPDIR=str(tmp_path))
        monkeypatch.chdir(tmp_path)
        yield world


@pytest.fixture
def peer(world: World) -> EventLogSimulator:
    peer = EventLogSimulator()
    now = iter(range(1_700_000_000, 1_800_000_000))
    news = [News(STORED, mod) for mod in mods(299)]
    news.append(News(STORED, mods(1, 299)[0], Origin("c.example", 7)))
    peer.appender(clock=lambda: float(next(now))).append([*news, News(REMOVED, mods(1)[0])])
    world.proxy.handlers["/events"] = peer.answer
    return peer


def test_events_are_listed_for_people(
    world: World, peer: EventLogSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    found = Events(capsys, world.proxy.url, "-key", peer.key, "-since=298")
    assert (found.code, found.out) == (
        0,
        "298 2023-11-14T22:18:18Z stored q.io/m298@v1.0.0\n"
        "299 2023-11-14T22:18:19Z stored q.io/m299@v1.0.0 from c.example 7\n"
        "300 2023-11-14T22:18:20Z removed q.io/m0@v1.0.0\n",
    )
    assert "peer.example: 301 events, tree " in found.err


def test_events_are_listed_for_programs(
    world: World, peer: EventLogSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    found = Events(capsys, f"{world.proxy.url}/", "-key", peer.key, "-json", "-since=2023-11-14T22:18:18.5Z")
    assert found.code == 0
    assert [(line["event"], line.get("number"), line.get("origin")) for line in found.lines] == [
        ("event", 299, {"log": "c.example", "number": 7}),
        ("event", 300, None),
        ("head", None, None),
    ]
    assert found.lines[-1]["tree_size"] == 301
    everything = Events(capsys, world.proxy.url, "-key", peer.key, "-json")
    assert [line["number"] for line in everything.lines[:-1]] == list(range(301))
    few = Events(capsys, world.proxy.url, "-key", peer.key, "-json", "-limit=2", "-since=255")
    assert [line.get("number") for line in few.lines] == [255, 256, None]
    late = Events(capsys, world.proxy.url, "-key", peer.key, "-json", "-since=2040-01-01T00:00:00Z")
    assert [line["event"] for line in late.lines] == ["head"]


def test_a_fork_is_evidence(
    world: World, peer: EventLogSimulator, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    flags = (world.proxy.url, "-key", peer.key, "-limit=1")
    assert Events(capsys, *flags, "-state=state").code == 0
    peer.store(mods(1, 400))
    assert Events(capsys, *flags, "-state=state").code == 0, "it continues"
    other = EventLogSimulator()
    other.store(mods(500))
    world.proxy.handlers["/events"] = other.answer
    assert Events(capsys, *flags).code == 0, "nobody knows better without a head from before"
    found = Events(capsys, *flags, "-state=state")
    assert (found.code, found.out) == (4, "")
    assert "log server misbehavior detected!" in found.err
    (file,) = (tmp_path / "state/peers/peer.example").glob("fork-*.txt")
    assert "old log:\n" in file.read_text()


def test_what_is_not_what_was_signed(world: World, peer: EventLogSimulator, capsys: pytest.CaptureFixture[str]) -> None:
    page = peer.storage.files["tile/8/data/000"]
    peer.storage.replace("tile/8/data/000", page.replace(b"q.io/m7 ", b"q.io/x7 "))
    found = Events(capsys, world.proxy.url, "-key", peer.key)
    assert (found.code, found.out) == (3, "")
    assert "events 0 to 255 are served, and are not those that were signed" in found.err
    other = EventLogSimulator("other.example")
    assert Events(capsys, world.proxy.url, "-key", other.key).code == 4


def test_a_server_that_cannot_be_asked(
    world: World, peer: EventLogSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    world.proxy.script("/events/checkpoint", Status(404))
    assert Events(capsys, world.proxy.url, "-key", peer.key).code == 1
    world.proxy.script("/events/checkpoint", Status(403))
    assert Events(capsys, world.proxy.url, "-key", peer.key).code == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "events takes one URL"),
        (["http://x", "http://y"], "events takes one URL"),
        (["http://x"], 'invalid value "" for flag -key'),
        (["http://x", "-key=k"], "for flag -key: malformed verifier id"),
        (["http://x", "-key={key}", "-since=soon"], "for flag -since: want a number or a time"),
        (["http://x", "-key={key}", "-limit=0"], "-limit"),
        (["ftp://x", "-key={key}"], "unsupported scheme"),
    ],
)
def test_mistakes(
    words: list[str], told: str, world: World, peer: EventLogSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    found = Events(capsys, *(word.replace("{key}", peer.key) for word in words))
    assert found.code == 2
    assert told in found.err
