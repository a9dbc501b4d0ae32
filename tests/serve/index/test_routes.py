# SPDX-License-Identifier: BSD-3-Clause
"""/index and the event log over HTTP; tiles are checked by the code of another log (`tests/simulators/logmath.py`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pytest

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.tile import parse_tile_path
from govgo.serve.policy import Policy, Rule
from govgo.serve.tables import Events
from tests.simulators.eventlog import mods, root_of, verified_records
from tests.simulators.served import Served, eventually
from tests.simulators.world import World

COUNT = 300


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with (
        World(tmp_path_factory.mktemp("index")) as world,
        Served(world, events=Events("a.example", str(world.root / "a.key"))) as served,
    ):
        for mod in mods(COUNT):
            served.site.journal.stored(mod)
        eventually(lambda: served.site.journal.size == COUNT)
        eventually(lambda: f"\n{COUNT}\n" in served.get("/events/checkpoint").text)
        yield served


def lines(served: Served, query: str = "") -> list[dict[str, str]]:
    got = served.get(f"/index{query}")
    assert got.status == 200
    assert got.headers["content-type"] == "text/plain; charset=utf-8"
    assert got.headers["cache-control"] == "no-cache"
    return [json.loads(line) for line in got.text.splitlines()]


def test_the_index_is_in_the_form_of_the_public_one(served: Served) -> None:
    first = served.get("/index?limit=1").text
    time = json.loads(first)["Timestamp"]
    assert first == f'{{"Path":"q.io/m0","Version":"v1.0.0","Timestamp":"{time}"}}\n'
    found = lines(served)
    assert [entry["Path"] for entry in found] == [mod.path for mod in mods(COUNT)]
    times = [entry["Timestamp"] for entry in found]
    assert len(set(times)) == COUNT


def test_what_the_rules_refuse_by_now_is_not_offered(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules come after the events. The log is what was signed, and names them still."""
    everything = lines(served, "?include=all")
    before = served.get("/events/checkpoint").body, served.get("/events/tile/entries/000").body
    denied = Rule("Q.io/m0", "", "malware"), Rule("q.io/m1", "v1.*", "broken"), Rule("q.io/m2", "v2.*", "another")
    monkeypatch.setattr(served.site, "policy", Policy(denied))
    for query in ("", "?include=all", f"?since={everything[0]['Timestamp']}"):
        assert [entry["Path"] for entry in lines(served, query)][:2] == ["q.io/m2", "q.io/m3"]
    assert [entry["Path"] for entry in lines(served, "?limit=1")] == ["q.io/m2"], "others do not count"
    assert (served.get("/events/checkpoint").body, served.get("/events/tile/entries/000").body) == before
    monkeypatch.setattr(served.site, "policy", Policy(allow=("q.io/m7",)))
    assert [entry["Path"] for entry in lines(served)] == ["q.io/m7"]
    monkeypatch.undo()
    assert lines(served) == everything


def test_it_is_read_in_parts_by_time(served: Served) -> None:
    found: list[dict[str, str]] = []
    since = ""
    while True:
        part = lines(served, f"?limit=41&since={since}")
        fresh = [entry for entry in part if entry not in found]
        if not fresh:
            break
        found += fresh
        since = part[-1]["Timestamp"]
    assert found == lines(served)


def test_attack_an_index_of_what_is_left_out(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """One request walked the whole log. A client of index.golang.org goes on from the last line, whatever that is."""
    monkeypatch.setattr("govgo.serve.index.routes.MAX_EVENTS", 50)
    monkeypatch.setattr(served.site, "policy", Policy(allow=(f"q.io/m{COUNT - 1}",)))
    told: list[str] = []
    since = ""
    while (found := lines(served, f"?since={since}")) and found[-1]["Timestamp"] != since:
        told += [entry["Path"] for entry in found]
        since = found[-1]["Timestamp"]
    assert told == [f"q.io/m{number}" for number in (49, 98, 147, 196, 245, 294, 299)]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", COUNT),
        ("?since=", COUNT),
        ("?limit=2000", COUNT),
        ("?limit=999999999", COUNT),
        ("?limit=7", 7),
        ("?include=all", COUNT),
        ("?since=2019-04-10T19:08:52.997264Z", COUNT),
        ("?since=0001-01-01T00:00:00Z", COUNT),
        ("?since=0001-01-01T00:00:00%2B01:00", COUNT),
        ("?since=2019-04-10T19:08:52+01:00", COUNT),
        ("?since=9999-12-31T00:00:00Z", 0),
        ("?since=9999-12-31T23:59:59-14:00", 0),
    ],
)
def test_what_is_asked_for(served: Served, query: str, count: int) -> None:
    assert len(lines(served, query)) == count


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("?limit=0", "limit: want a number from 1 to 2000"),
        ("?limit=-1", "limit: want a number"),
        ("?limit=x", "limit: want a number"),
        ("?limit=%D9%A1", "limit: want a number"),
        ("?since=yesterday", "parsing time"),
        ("?since=2026-13-01T00:00:00Z", "month out of range"),
        ("?include=some", 'include: want "all"'),
        ("?" + "&".join(f"a{n}=1" for n in range(30)), "too many fields"),
    ],
)
def test_what_makes_no_sense(served: Served, query: str, told: str) -> None:
    got = served.get(f"/index{query}")
    assert got.status == 400
    assert told in got.text


def test_others_can_verify_the_log(served: Served) -> None:
    key = served.get("/events/key").text.strip()
    verifier = parse_verifier(key)._replace(origin="a.example")
    records = verified_records(lambda path: served.get(path).body, verifier)
    leaves = [hashlib.sha256(b"\0" + record).digest() for record in records]
    assert served.get("/events/tile/0/000").body == b"".join(leaves[:256])
    assert served.get("/events/tile/8/0/000").body == b"".join(leaves[:256])
    assert served.get(f"/events/tile/0/001.p/{COUNT - 256}").body == b"".join(leaves[256:])

    assert served.get("/events/tile/1/000.p/1").body == root_of(leaves[:256])
    assert records[0].startswith(b"stored q.io/m0 v1.0.0\n")
    plain = served.get("/events/tile/8/data/000").body
    assert plain == b"".join(record + b"\n" for record in records[:256])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/events/", 404),
        ("/events/latest", 404),
        ("/events/tile/0/002", 404),
        ("/events/tile/0/001", 404),
        ("/events/tile/0/001.p/200", 404),
        ("/events/tile/entries/000.p/0", 400),
        ("/events/tile/entries/000.p/256", 400),
        ("/events/tile/entries/0", 400),
        ("/events/tile/4/0/000", 404),
        ("/events/tile/8/63/000", 404),
        ("/events/tile/8/data/../../../key", 400),
        ("/events/key", 200),
    ],
)
def test_what_the_log_has(served: Served, path: str, status: int) -> None:
    assert served.get(path).status == status


def test_tiles_never_change(served: Served) -> None:
    assert served.get("/events/tile/0/000").headers["cache-control"] == "public, max-age=31536000, immutable"
    assert served.get("/events/checkpoint", method="HEAD").headers["content-length"] != "0"
    assert parse_tile_path("tile/8/0/000").is_full


def test_what_was_removed_is_left_out(served: Served) -> None:
    gone, later = ModuleVersion("q.io/gone", "v1.0.0"), ModuleVersion("q.io/later", "v1.0.0")
    journal = served.site.journal
    size = journal.size
    since = lines(served)[-1]["Timestamp"]
    for act in (journal.stored, journal.removed):
        act(gone)
    journal.stored(later)
    journal.removed(later)
    journal.stored(later)
    eventually(lambda: journal.size == size + 5)
    eventually(lambda: f"\n{size + 5}\n" in served.get("/events/checkpoint").text)
    paths = [entry["Path"] for entry in lines(served, f"?since={since}")[1:]]
    assert paths == ["q.io/later", "q.io/later"], "it was stored twice, and is here"
    paths = [entry["Path"] for entry in lines(served, f"?since={since}&include=all")[1:]]
    assert paths == ["q.io/gone", "q.io/later", "q.io/later"]


def test_without_a_log_there_is_no_index(tmp_path: object) -> None:
    with World(tmp_path) as world, Served(world) as served:  # type: ignore[arg-type]
        assert served.get("/index").status == 404
        assert served.get("/events/checkpoint").status == 404


def test_damage_is_told_and_not_served(tmp_path: object) -> None:
    with World(tmp_path) as world:  # type: ignore[arg-type]
        with Served(world, events=Events("a.example", str(world.root / "a.key"))) as served:
            served.site.journal.stored(mods(1)[0])
            eventually(lambda: served.site.journal.size == 1)
        page = served.storage / "govgo/events/log/tile/8/data/000.p/1"
        page.chmod(0o644)
        page.write_bytes(page.read_bytes().replace(b"q.io/m0", b"q.io/xx"))
        with Served(world, events=Events("a.example", str(world.root / "a.key"))) as served:
            got = served.get("/index")
            assert got.status == 503
            assert "not those that were signed" in got.text
            eventually(lambda: served.site.journal.fault)
            assert json.loads(served.get("/readyz").text)["events"]["fault"]
            assert "govgo_events_fault 1.0" in served.get("/metrics").text
