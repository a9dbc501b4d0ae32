# SPDX-License-Identifier: BSD-3-Clause
"""Logs and indexes that are followed: what they prove is stored, what they cannot prove is reported."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from govgo.app.events.append import News
from govgo.core.events.event import Origin, parse_event
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.heads import read_head
from govgo.core.sumdb.signer import make_keys
from govgo.serve.events import follow as module
from govgo.serve.policy import ModeRule, Policy, Rule
from govgo.serve.tables import Events, Follow
from tests.simulators import campaigns
from tests.simulators.eventlog import EventLogSimulator, log_keys, mods
from tests.simulators.proxy import Action, Body, Endless, GzipBomb, Status
from tests.simulators.served import Served, eventually
from tests.simulators.world import World

COUNT = 6
ABSENT = ModuleVersion("q.io/absent", "v1.0.0")
SUFFIXES = ("info", "mod", "zip")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as world:
        for mod in mods(COUNT):
            world.publish(*mod)
        yield world


@pytest.fixture
def peer(world: World) -> EventLogSimulator:
    """The event log of a peer that has all modules of the world, and is at the URL of its proxy."""
    peer = EventLogSimulator()
    world.proxy.handlers["/events"] = peer.answer
    return peer


def key_file(world: World, name: str) -> str:
    """The file of the private key of a log, always the same key for a name."""
    file = world.root / f"{name}.key"
    if not file.exists():
        file.write_text(make_keys(name, name.encode().ljust(32, b"."))[0] + "\n")
        file.chmod(0o600)
    return str(file)


def serve(world: World, *peers: Follow, name: str = "a.example", private: bool = False, **more: object) -> Served:
    env = {"GOPRIVATE": "corp.example", **dict(more.pop("env", {}))}  # type: ignore[call-overload]
    return Served(
        world,
        env=env,
        storage=str(world.root / name),
        events=Events(name, key_file(world, name), private),
        peers=peers,
        **more,
    )


def of_peer(world: World, peer: EventLogSimulator, **more: object) -> Follow:
    return Follow(world.proxy.url, peer.key, **{"every_s": 0.05, "rate": 10_000, **more})  # type: ignore[arg-type]


def events(served: Served) -> list[tuple[str, str, Origin | None]]:
    """What its log says: kind, module path, origin."""
    got = served.get("/events/checkpoint")
    if got.status != 200:
        return []
    size = int(got.text.split("\n")[1])
    found: list[tuple[str, str, Origin | None]] = []
    for start in range(0, size, 256):
        width = min(256, size - start)
        path = f"/events/tile/8/data/{start // 256:03d}" + (f".p/{width}" if width < 256 else "")
        for text in served.get(path).text.split("\n\n")[:-1]:
            event = parse_event(f"{text}\n".encode())
            found.append((event.kind, event.mod.path, event.origin))
    return found


def paths(served: Served) -> set[str]:
    return {path for _, path, _ in events(served)}


def is_stored(served: Served, mod: ModuleVersion, suffixes: Sequence[str] = SUFFIXES) -> bool:
    return all((served.storage / f"{mod.path}/@v/{mod.version}.{suffix}").exists() for suffix in suffixes)


def followed(served: Served, slot: int = 0) -> dict[str, object]:
    found: dict[str, object] = json.loads(served.get("/readyz").text)["followed"][slot]
    return found


def test_what_a_peer_tells_is_fetched_and_told(world: World, peer: EventLogSimulator) -> None:
    peer.store(mods(3))
    peer.store(mods(1, 3), Origin("c.example", 99))
    with serve(world, of_peer(world, peer)) as served:
        eventually(lambda: len(events(served)) == 4)
        assert [origin for _, _, origin in sorted(events(served))] == [
            Origin("peer.example", 0), Origin("peer.example", 1), Origin("peer.example", 2), Origin("c.example", 99),
        ]  # fmt: skip
        eventually(lambda: all(is_stored(served, mod) for mod in mods(4)))  # the zip comes after the event
        assert not is_stored(served, mods(5)[4], ["mod"])
        for mod in mods(4):
            path = f"/{mod.path}/@v/{mod.version}"
            assert [world.proxy.asked.count(f"{path}.{suffix}") for suffix in SUFFIXES] == [1, 1, 1]
            assert served.get(f"{path}.zip").body == world.proxy.files[f"{path}.zip"]
        peer.store(mods(2, 4))
        eventually(lambda: len(events(served)) == 6)
        eventually(lambda: followed(served)["behind"] == 0)
        assert 'govgo_follow_taken{place="%s"} 6.0' % world.proxy.url in served.get("/metrics").text  # noqa: UP031
        assert served.said == []


def test_what_was_here_first_and_comes_back_has_no_origin(world: World, peer: EventLogSimulator) -> None:
    """As after its own log was lost with its storage, and a log of a new key was begun under the same name."""
    peer.store(mods(1), Origin("a.example", 5))
    with serve(world, of_peer(world, peer)) as served:
        eventually(lambda: events(served) == [("stored", "q.io/m0", None)])


@pytest.mark.wide
def test_a_long_log_is_taken_in_parts(world: World, peer: EventLogSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PAGES", 1)
    known = mods(700)
    for mod in known:
        place = world.root / "a.example" / mod.path / "@v"
        place.mkdir(parents=True)
        for suffix in SUFFIXES:
            (place / f"v1.0.0.{suffix}").touch()
    peer.store(known)
    follow = of_peer(world, peer, every_s=3600)
    with serve(world, follow) as served:
        eventually(lambda: served.site.followers[0].status.taken == 700)
        assert world.proxy.asked.count("/events/checkpoint") == 3
        eventually(lambda: served.site.journal.size == 700)


def test_a_fault_of_ours_is_told(world: World, peer: EventLogSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    peer.store(mods(1))
    monkeypatch.setattr(module, "parse_event", lambda text: 1 // 0)
    with serve(world, of_peer(world, peer)) as served:
        eventually(lambda: served.site.followers[0].status.fault)
        assert "ZeroDivisionError" in str(followed(served)["status"])
        assert any("is not followed any more" in said for said in served.said)


def test_zips_only_where_they_are_wanted(world: World, peer: EventLogSimulator) -> None:
    peer.store(mods(2))
    with serve(world, of_peer(world, peer, zips=False)) as served:
        eventually(lambda: len(events(served)) == 2)
        eventually(lambda: all(is_stored(served, mod, ["mod", "info"]) for mod in mods(2)))
        assert not any(is_stored(served, mod, ["zip"]) for mod in mods(2))


def test_a_pointer_is_kept_and_what_is_here_is_not_fetched_again(world: World, peer: EventLogSimulator) -> None:
    peer.store(mods(3))
    pointer = world.root / "a.example/govgo/events/follow/peer.example.json"
    with serve(world, of_peer(world, peer)) as served:
        eventually(lambda: pointer.exists() and json.loads(pointer.read_text())["position"] == 3)
        eventually(lambda: len(events(served)) == 3)
    before = len(world.proxy.asked)
    with serve(world, of_peer(world, peer)) as served:
        eventually(lambda: world.proxy.asked[before:].count("/events/checkpoint") > 2)
    assert set(world.proxy.asked[before:]) == {"/events/checkpoint"}
    pointer.unlink()  # as if it had been killed before the pointer was written
    before = len(world.proxy.asked)
    with serve(world, of_peer(world, peer)) as served:
        eventually(lambda: pointer.exists() and json.loads(pointer.read_text())["position"] == 3)
        assert len(events(served)) == 3
    assert not [path for path in world.proxy.asked[before:] if "/@v/" in path]


@pytest.mark.wide
def test_nothing_goes_round_in_circles(world: World) -> None:
    """Three peers pull from each other, each fetches something of its own: in the end all have all, told once."""
    ports = [free_port() for _ in range(3)]
    names = ("a.example", "b.example", "c.example")
    with ExitStack() as held:
        all_ = []
        for place, name in enumerate(names):
            others = [
                Follow(f"http://127.0.0.1:{ports[other]}", log_keys(names[other])[2], every_s=0.05, rate=10_000)
                for other in range(3)
                if other != place
            ]
            all_.append(held.enter_context(serve(world, *others, name=name, port=ports[place])))
        for number in range(COUNT):
            all_[number % 3].get(f"/q.io/m{number}/@v/v1.0.0.mod")
        for served in all_:
            eventually(lambda served=served: len(events(served)) == COUNT)  # type: ignore[misc]
        sizes = [served.site.journal.size for served in all_]
        for path in paths(all_[0]):
            told = [next(origin for _, each, origin in events(served) if each == path) for served in all_]
            assert told.count(None) == 1, "one had it first"
            first = names[told.index(None)]
            assert {origin.log for origin in told if origin is not None} == {first}
        eventually(lambda: all(followed(served, slot)["behind"] == 0 for served in all_ for slot in range(2)))
        assert [served.site.journal.size for served in all_] == sizes == [COUNT] * 3


def test_upstream_is_asked_where_the_peer_has_it_no_more(world: World, peer: EventLogSimulator) -> None:
    gone = World(world.root / "gone")
    gone.proxy.handlers["/events"] = peer.answer
    peer.store(mods(1))
    with gone, serve(world, Follow(gone.proxy.url, peer.key, every_s=0.05)) as served:
        eventually(lambda: len(events(served)) == 1)
        eventually(lambda: is_stored(served, mods(1)[0]))


def test_a_private_module_is_asked_of_the_peer_alone(world: World, peer: EventLogSimulator) -> None:
    secret, other = ModuleVersion("corp.example/secret", "v1.0.0"), ModuleVersion("corp.example/other", "v1.0.0")
    at_peer = World(world.root / "peer")
    at_peer.proxy.handlers["/events"] = peer.answer
    at_peer.publish(*secret)
    peer.store([secret, other])
    with (
        at_peer,
        serve(world, Follow(at_peer.proxy.url, peer.key, every_s=0.05, private=True), private=True) as served,
    ):
        eventually(lambda: paths(served) == {secret.path})
        eventually(lambda: f"/{other.path}/@v/v1.0.0.mod" in at_peer.proxy.asked)
        eventually(lambda: is_stored(served, secret))
        assert not [path for path in world.proxy.asked if "corp.example" in path]


def test_attack_a_peer_that_tells_of_private_modules(world: World, peer: EventLogSimulator) -> None:
    """It would be the only one to say what is in them: who has not said that it may is not given any."""
    evil = ModuleVersion("corp.example/lib", "v1.9.9")
    world.publish(*evil)
    peer.store([evil, *mods(1)])
    with serve(world, of_peer(world, peer), private=True) as served:
        eventually(lambda: paths(served) == {"q.io/m0"})
        eventually(lambda: served.site.followers[0].status.passed_over == 1)
        assert any("private modules are not taken from there" in said for said in served.said)
        assert not [path for path in world.proxy.asked if "corp.example" in path]
    with serve(world, of_peer(world, peer), env={"GOSUMDB": "off"}, name="off.example") as served:
        # Nothing is proved then: upstream is believed as by any client, the peer is not.
        world.proxy.handlers["/events"] = peer.answer
        eventually(lambda: paths(served) == {"q.io/m0"})


def test_a_fork_is_told_with_proof_and_the_peer_is_not_followed_any_more(world: World, peer: EventLogSimulator) -> None:
    peer.store(mods(3))
    other = EventLogSimulator()
    other.store([ModuleVersion("q.io/evil", "v1.0.0"), *mods(4)])
    follow = of_peer(world, peer)
    with serve(world, follow) as served:
        eventually(lambda: len(events(served)) == 3)
        eventually(lambda: followed(served)["synced"])
        world.proxy.handlers["/events"] = other.answer
        eventually(lambda: served.site.followers[0].status.fault)
        check_evidence(served, peer, other)
        assert paths(served) == {mod.path for mod in mods(3)}, "nothing of the other history was believed"
        ready = served.get("/readyz")
        assert ready.status == 200, "a peer must not be able to take this server out"
        assert "misbehavior detected" in str(json.loads(ready.text)["followed"][0]["status"])
        assert 'govgo_follow_fault{place="%s"} 1.0' % world.proxy.url in served.get("/metrics").text  # noqa: UP031
        assert served.get("/q.io/m5/@v/v1.0.0.mod").status == 200
    world.proxy.handlers["/events"] = peer.answer
    before = len(world.proxy.asked)
    with serve(world, follow) as served:
        eventually(lambda: served.site.followers[0].status.fault)
        assert "the evidence is govgo/events/peers/peer.example/fork-" in served.site.followers[0].status.fault
        assert "/events/checkpoint" not in world.proxy.asked[before:]
    for file in (served.storage / "govgo/events/peers/peer.example").glob("fork-*"):
        file.unlink()  # somebody has looked
    peer.store(mods(1, 3))
    with serve(world, follow) as served:
        eventually(lambda: len(events(served)) >= 4)


def check_evidence(served: Served, peer: EventLogSimulator, other: EventLogSimulator) -> None:
    """Both signed heads are in the file, and whoever has the key alone sees that they are of two histories."""
    (file,) = (served.storage / "govgo/events/peers/peer.example").glob("fork-*.txt")
    text = file.read_text()
    notes = []
    for title in ("old log:\n", "new log:\n"):
        part = text.partition(title)[2]
        lines = [line[1:] for line in part.split("\n")[:5]]
        notes.append(("\n".join(lines) + "\n").encode())
    old, new = (read_head(note, peer.verifier) for note in notes)
    assert old.tree == peer.appender().catch_up().tree
    assert new.tree == other.appender().catch_up().tree
    assert "proof of misbehavior:\n" in text
    (said,) = [said for said in served.said if "fork-" in said]
    assert f"both signed tree heads are kept in govgo/events/peers/peer.example/{file.name}\n" in said
    assert "\\n" not in said, "it is a line for people"


def copy_of(peer: EventLogSimulator) -> EventLogSimulator:
    """The log as a backup has it: files, and what the key remembers."""
    copy = EventLogSimulator(peer.verifier.name)
    copy.storage.files = dict(peer.storage.files)
    copy.memory.note = peer.memory.note
    return copy


def test_a_log_that_was_set_back_is_no_fork_and_is_followed_when_it_continues(
    world: World, peer: EventLogSimulator
) -> None:
    peer.store(mods(2))
    backup = copy_of(peer)
    peer.store(mods(2, 2))
    with serve(world, of_peer(world, peer)) as served:
        eventually(lambda: len(events(served)) == 4)
        world.proxy.handlers["/events"] = backup.answer
        eventually(lambda: "set back: 4 events were signed, and 2 are shown" in str(followed(served)["status"]))
        assert not served.site.followers[0].status.fault
        world.proxy.handlers["/events"] = peer.answer  # the newer files were brought back
        peer.store(mods(2, 4))
        eventually(lambda: len(events(served)) == 6)
        eventually(lambda: followed(served)["status"] == "ok")
        assert not list((served.storage / "govgo/events/peers/peer.example").glob("fork-*"))


def test_a_log_that_was_set_back_and_has_gone_on_from_there(world: World, peer: EventLogSimulator) -> None:
    """Its key has signed two histories; whoever has looked can begin anew, and then misses nothing of the new one."""
    peer.store(mods(1))
    backup = copy_of(peer)
    peer.store(mods(2, 1))
    follow = of_peer(world, peer)
    with serve(world, follow) as served:
        eventually(lambda: len(events(served)) == 3)
        world.proxy.handlers["/events"] = backup.answer
        eventually(lambda: "set back" in str(followed(served)["status"]))
        backup.store(mods(3, 3))
        eventually(lambda: served.site.followers[0].status.fault)
        fault = served.site.followers[0].status.fault
        assert "misbehavior detected" in fault
        assert "it was set back before, as by a backup, and has gone on from there" in fault
        assert "remove govgo/events/peers/peer.example and restart" in fault
        assert len(events(served)) == 3
    shutil.rmtree(served.storage / "govgo/events/peers/peer.example")
    with serve(world, follow) as served:
        eventually(lambda: paths(served) == {mod.path for mod in mods(6)})
        eventually(lambda: followed(served)["status"] == "ok")


def test_a_log_with_a_new_key_of_the_same_name_is_read_from_its_beginning(
    world: World, peer: EventLogSimulator
) -> None:
    peer.store(mods(3))
    with serve(world, of_peer(world, peer)) as served:
        eventually(lambda: len(events(served)) == 3)
        pointer = served.storage / "govgo/events/follow/peer.example.json"
        eventually(lambda: json.loads(pointer.read_text())["position"] == 3)
        fresh = EventLogSimulator("peer.example", seed=b"another")
        fresh.store(mods(2, 3))
        world.proxy.handlers["/events"] = fresh.answer
        eventually(lambda: served.site.followers[0].status.fault)
        assert f"{world.proxy.url}/events/key shows" in served.site.followers[0].status.fault
    with serve(world, of_peer(world, fresh)) as served:
        eventually(lambda: paths(served) == {mod.path for mod in mods(5)})


def test_two_heads_of_one_size(world: World, peer: EventLogSimulator) -> None:
    peer.store(mods(3))
    other = EventLogSimulator()
    other.store(mods(3, 1))
    with serve(world, of_peer(world, peer)) as served:
        eventually(lambda: len(events(served)) == 3)
        world.proxy.handlers["/events"] = other.answer
        eventually(lambda: served.site.followers[0].status.fault)
        check_evidence(served, peer, other)


def test_a_log_that_shows_each_peer_another_history(world: World, peer: EventLogSimulator) -> None:
    """Neither of the two would notice alone; together they have both heads."""
    other_face = World(world.root / "face")
    other = EventLogSimulator()
    peer.store(mods(3))
    other.store(mods(4, 1))
    other_face.proxy.handlers["/events"] = other.answer
    ports = [free_port(), free_port()]
    names = ("a.example", "b.example")
    with other_face, ExitStack() as held:
        for mod in mods(COUNT):
            other_face.proxy.add_module(*mod)
        both = []
        for place, url in enumerate((world.proxy.url, other_face.proxy.url)):
            neighbour = Follow(f"http://127.0.0.1:{ports[1 - place]}", log_keys(names[1 - place])[2], every_s=0.05)
            follows = (Follow(url, peer.key, every_s=0.05), neighbour)
            both.append(held.enter_context(serve(world, *follows, name=names[place], port=ports[place])))
        eventually(lambda: any(each.site.followers[0].status.fault for each in both))
        found = next(each for each in both if each.site.followers[0].status.fault)
        (file,) = (found.storage / "govgo/events/peers/peer.example").glob("fork-*.txt")
        text = file.read_text()
        for tree in (peer.appender().catch_up().tree, other.appender().catch_up().tree):
            assert f"peer.example\n\t{tree.size}\n" in text, "both signed heads"
        assert not found.site.followers[1].status.fault, "the neighbour has done nothing wrong"


def test_a_peer_that_hangs_does_not_keep_others_from_being_followed(
    world: World, peer: EventLogSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked what it has seen of them, and takes the question without an answer."""
    monkeypatch.setattr(module, "VANTAGE_S", 0.1)
    peer.store(mods(2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hangs = Follow(f"http://127.0.0.1:{silent.getsockname()[1]}", log_keys("c.example")[2])
        with serve(world, of_peer(world, peer), hangs) as served:
            eventually(lambda: len(events(served)) == 2)


def test_heads_that_others_make_up_are_not_believed(world: World, peer: EventLogSimulator) -> None:
    liar = EventLogSimulator("liar.example")
    liar_world = World(world.root / "liar")
    forged = EventLogSimulator("forged.example")
    forged.store(mods(9))
    note = forged.storage.files["latest"]
    liar_world.proxy.handlers["/events"] = lambda rest: note if rest.startswith("/seen/") else liar.answer(rest)
    peer.store(mods(2))
    with liar_world, serve(world, of_peer(world, peer), Follow(liar_world.proxy.url, liar.key)) as served:
        eventually(lambda: len(events(served)) == 2)
        eventually(lambda: any("what peer.example has not signed" in said for said in served.said))
        assert served.site.followers[0].status.fault == ""
        assert served.get("/events/seen/peer.example").body == peer.storage.files["latest"]
        assert served.get("/events/seen/nobody.example").status == 404
        assert served.get("/events/seen/../log/key").status == 404


def test_a_log_of_another_key(world: World, peer: EventLogSimulator) -> None:
    world.proxy.handlers["/events"] = EventLogSimulator("other.example").answer
    with serve(world, of_peer(world, peer)) as served:
        eventually(lambda: served.site.followers[0].status.fault)
        assert "no verifiable signatures" in served.site.followers[0].status.fault


@pytest.mark.parametrize(
    ("path", "action"),
    campaigns.one_in(
        3,
        [
            ("checkpoint", Endless()),
            ("checkpoint", Endless(1 << 40)),
            ("checkpoint", GzipBomb(1 << 25)),
            ("checkpoint", Body(b"\xff" * 1000)),
            ("tile/8/data/000.p/2", GzipBomb(1 << 25)),
            ("tile/8/data/000.p/2", Body(b"\n\n" * 10_000)),
            ("tile/8/0/000.p/2", Body(b"x" * 64)),
            ("tile/8/0/000.p/2", Endless()),
        ],
    ),
)
def test_attack_a_peer_that_answers_with_anything(
    world: World, peer: EventLogSimulator, path: str, action: Action
) -> None:
    peer.store(mods(2))
    world.proxy.script(f"/events/{path}", action)
    with serve(world, of_peer(world, peer, every_s=0.2)) as served:
        eventually(lambda: followed(served)["status"] != "ok")
        assert events(served) == []
        assert served.get("/q.io/m5/@v/v1.0.0.mod").status == 200
        assert not [asked for asked in world.proxy.asked if asked.startswith("/q.io/m0/")]


def test_a_gap_is_told_and_nothing_behind_it_is_taken(world: World, peer: EventLogSimulator) -> None:
    peer.store(mods(2))
    peer.lose.add("tile/8/data/000.p/2")
    with serve(world, of_peer(world, peer)) as served:
        eventually(lambda: "were signed and are not served" in str(followed(served)["status"]))
        assert followed(served)["behind"] == 2
        assert events(served) == []
        peer.lose.clear()
        eventually(lambda: len(events(served)) == 2)
        eventually(lambda: followed(served)["status"] == "ok")


def test_events_that_were_not_signed(world: World, peer: EventLogSimulator) -> None:
    peer.store(mods(2))
    honest = dict(peer.storage.files)
    page = "tile/8/data/000.p/2"
    peer.storage.replace(page, honest[page].replace(b"q.io/m1", b"q.io/m5"))
    with serve(world, of_peer(world, peer)) as served:
        eventually(lambda: "are not those that were signed" in str(followed(served)["status"]))
        assert events(served) == []
        assert not [path for path in world.proxy.asked if "/@v/" in path]
        peer.storage.replace(page, honest[page])
        eventually(lambda: len(events(served)) == 2)


def test_what_cannot_be_had_now_waits(world: World, peer: EventLogSimulator) -> None:
    peer.store(mods(2))
    for suffix in SUFFIXES:
        world.proxy.script(f"/q.io/m0/@v/v1.0.0.{suffix}", Status(503))
    with serve(world, of_peer(world, peer)) as served:
        eventually(lambda: paths(served) == {"q.io/m1"})
        pointer = served.storage / "govgo/events/follow/peer.example.json"
        eventually(lambda: pointer.exists() and json.loads(pointer.read_text())["waiting"])
        assert followed(served)["behind"] == 1
    world.proxy.calm()
    with serve(world, of_peer(world, peer)) as served:
        eventually(lambda: paths(served) == {"q.io/m0", "q.io/m1"})
        eventually(lambda: json.loads(pointer.read_text())["waiting"] == [])
        assert (json.loads(pointer.read_text())["taken"], followed(served)["behind"]) == (2, 0)


def test_where_too_much_waits_nothing_more_is_looked_at(
    world: World, peer: EventLogSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    peer.store(mods(5))
    for mod in mods(5):
        for suffix in ("info", "mod"):
            world.proxy.script(f"/{mod.path}/@v/{mod.version}.{suffix}", Status(503))
    with serve(world, of_peer(world, peer, zips=False)) as served:
        eventually(lambda: any("5 versions cannot be fetched at the moment" in said for said in served.said))
        assert followed(served)["status"] != "ok"
        world.proxy.calm()
        eventually(lambda: len(events(served)) == 5)


def test_what_nobody_has_is_passed_over_in_the_end(
    world: World, peer: EventLogSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TRIES", 2)
    peer.store([ABSENT, *mods(1)])
    with serve(world, of_peer(world, peer), missing_s=0.01) as served:
        eventually(lambda: served.site.followers[0].status.passed_over == 1)
        eventually(lambda: paths(served) == {"q.io/m0"})
        assert any("q.io/absent@v1.0.0 is passed over: nobody has it" in said for said in served.said)


def test_what_contradicts_the_database_is_not_taken(world: World, peer: EventLogSimulator) -> None:
    peer.store(mods(2))
    world.proxy.files["/q.io/m0/@v/v1.0.0.mod"] = b"module q.io/m0\n\nrequire q.io/evil v1.0.0\n"
    with serve(world, of_peer(world, peer)) as served:
        eventually(lambda: paths(served) == {"q.io/m1"})
        eventually(lambda: served.site.followers[0].status.passed_over == 1)
        assert not is_stored(served, mods(1)[0], ["mod"])


@pytest.mark.parametrize(
    "policy",
    [
        Policy(deny=(Rule("q.io/m0", "", "see SEC-7"),)),
        Policy(allow=("q.io/m1",)),
        Policy(modes=(ModeRule("q.io/m0", "none"),)),
    ],
)
def test_the_policy_counts(world: World, peer: EventLogSimulator, policy: Policy) -> None:
    peer.store(mods(2))
    with serve(world, of_peer(world, peer), policy=policy) as served:
        eventually(lambda: paths(served) == {"q.io/m1"})
        eventually(lambda: served.site.followers[0].status.passed_over == 1)
        assert not [path for path in world.proxy.asked if path.startswith("/q.io/m0/")]


def test_what_a_peer_removes_stays_here(world: World, peer: EventLogSimulator) -> None:
    peer.store(mods(1))
    peer.appender().append([News("removed", mods(1)[0])])
    with serve(world, of_peer(world, peer)) as served:
        eventually(lambda: followed(served)["synced"])
        eventually(lambda: events(served) == [("stored", "q.io/m0", Origin("peer.example", 0))])
        eventually(lambda: is_stored(served, mods(1)[0]))


def test_strange_events_are_passed_over(world: World, peer: EventLogSimulator) -> None:
    """A peer of a later version may tell what is not known here yet."""
    log = peer.appender()._growing
    log.append(lambda head, edge: [b"renamed q.io/m0 v1.0.0\n2026-01-01T00:00:00Z\n"])
    log.append(lambda head, edge: [b"stored q.io/m0 v1.0.0\n2026-01-01T00:00:00Z\n"])
    with serve(world, of_peer(world, peer)) as served:
        eventually(lambda: paths(served) == {"q.io/m0"})
        assert served.site.followers[0].status.passed_over == 1


def told(rest: str, entries: Sequence[tuple[str, ModuleVersion]], size: int = 2000) -> bytes:
    """What an index with such lines answers."""
    query = parse_qs(rest.partition("?")[2])
    since = query.get("since", [""])[0]
    found = [each for each in entries if each[0] >= since][: min(size, int(query.get("limit", ["2000"])[0]))]
    lines = ({"Path": mod.path, "Version": mod.version, "Timestamp": time} for time, mod in found)
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def index_of(world: World, versions: Sequence[ModuleVersion], size: int = 2000, late: int = 0) -> list[str]:
    """An index at the URL of the world's proxy, `late` of its lines by a clock that is fast; what it was asked."""
    asked: list[str] = []
    entries = [(f"2026-01-01T00:{n // 60:02d}:{n % 60:02d}Z", mod) for n, mod in enumerate(versions)]
    entries += [("9998-01-01T00:00:00Z", mod) for mod in mods(late)]

    def answer(rest: str) -> bytes:
        asked.append(rest)
        return told(rest, entries, size)

    world.proxy.handlers["/index"] = answer
    return asked


def test_an_index_is_followed(world: World) -> None:
    asked = index_of(world, mods(COUNT))
    index = Follow(f"{world.proxy.url}/index", since="2026-01-01T00:00:02Z", every_s=0.05, rate=10_000)
    with serve(world, follow=(index,)) as served:
        eventually(lambda: paths(served) == {mod.path for mod in mods(4, 2)})
        assert {origin for _, _, origin in events(served)} == {None}
        eventually(lambda: followed(served)["synced"] and followed(served)["behind"] == 0)
    count = len(asked)
    with serve(world, follow=(index,)) as served:
        eventually(lambda: len(asked) > count)
    assert "since=2026-01-01T00%3A00%3A05Z" in asked[count], "it goes on where it was"
    whole = index._replace(url=f"{world.proxy.url}/index?include=all", since="all")
    with serve(world, follow=(whole,)) as served:
        eventually(lambda: len(paths(served)) == COUNT)


def test_an_index_is_followed_from_its_own_newest_line_on(world: World) -> None:
    """Our clock is eleven months fast, as the index sees it: what it tells from now on is taken all the same."""
    index_of(world, mods(3))
    url = f"{world.proxy.url}/index"
    with serve(world, follow=(Follow(url, every_s=0.05),)) as served:
        eventually(lambda: followed(served)["synced"])
        index_of(world, mods(COUNT))
        eventually(lambda: paths(served) == {mod.path for mod in mods(4, 2)})


@pytest.mark.parametrize("since", ["", "all"])
def test_attack_an_index_with_a_line_whose_time_is_to_come(world: World, since: str) -> None:
    """It leads nobody past what comes before it, neither this process nor the one after it."""
    index_of(world, [], late=1)
    index = Follow(f"{world.proxy.url}/index", since=since, every_s=0.05)
    with serve(world, follow=(index,)) as served:
        eventually(lambda: followed(served)["synced"])
    with serve(world, follow=(index,)) as served:
        now = datetime.now(UTC) + timedelta(seconds=1)
        world.proxy.handlers["/index"] = lambda rest: told(rest, [(now.strftime("%Y-%m-%dT%H:%M:%SZ"), mods(2)[1])])
        eventually(lambda: "q.io/m1" in paths(served))


def test_an_index_that_was_empty_is_followed_from_its_first_line_on(world: World) -> None:
    index_of(world, [])
    index = Follow(f"{world.proxy.url}/index", every_s=0.05)
    with serve(world, follow=(index,)) as served:
        eventually(lambda: followed(served)["synced"])
    index_of(world, mods(2))  # while this server is away
    with serve(world, follow=(index,)) as served:
        eventually(lambda: paths(served) == {mod.path for mod in mods(2)})


def test_another_govgo_is_followed_by_its_index(world: World) -> None:
    with serve(world, name="b.example") as other:
        for number in range(3):
            other.get(f"/q.io/m{number}/@v/v1.0.0.mod")
        eventually(lambda: len(events(other)) == 3)
        with serve(world, follow=(Follow(f"{other.url}/index", since="all", every_s=0.05),)) as served:
            eventually(lambda: len(events(served)) == 3)


def test_misses_are_reported_where_that_is_said(world: World) -> None:
    (world.root / "b.example").mkdir()
    with serve(world, name="b.example") as b:
        told = Follow(b.url, log_keys("b.example")[2], every_s=30, misses=True)
        with serve(world, told) as served, serve(world, told._replace(misses=False), name="c.example") as silent:
            silent.get("/q.io/m0/@v/v1.0.0.mod")
            place = served.storage / "corp.example/secret/@v"
            place.mkdir(parents=True)
            (place / "v1.0.0.mod").write_text("module corp.example/secret\n")
            served.get("/q.io/m1/@v/v1.0.0.mod")
            served.get("/corp.example/secret/@v/v1.0.0.mod")
            eventually(lambda: paths(b) == {"q.io/m1"})
            eventually(lambda: len(events(served)) == 1)
            assert paths(b) == {"q.io/m1"}


def test_one_process_follows_and_another_takes_over(world: World, peer: EventLogSimulator) -> None:
    peer.store(mods(2))
    with ExitStack() as held:
        first = held.enter_context(serve(world, of_peer(world, peer)))
        eventually(lambda: len(events(first)) == 2)
        with serve(world, of_peer(world, peer)) as second:
            eventually(lambda: followed(second)["status"] == "ok")
            assert [each.site.followers[0].status.here for each in (first, second)] == [True, False]
            held.close()
            peer.store(mods(2, 2))
            eventually(lambda: len(events(second)) == 4)
            assert second.site.followers[0].status.here


def test_a_peer_that_is_away_is_told_and_comes_back(world: World, peer: EventLogSimulator) -> None:
    peer.store(mods(1))
    world.proxy.script("/events/checkpoint", Status(502))
    with serve(world, of_peer(world, peer)) as served:
        eventually(lambda: "502" in str(followed(served)["status"]))
        assert "govgo_follow_failing" in served.get("/metrics").text
        world.proxy.calm()
        eventually(lambda: len(events(served)) == 1)


def test_a_reader_of_a_server_that_stores_nothing_follows_nobody(world: World, peer: EventLogSimulator) -> None:
    peer.store(mods(1))
    with serve(world, of_peer(world, peer), read_only=True) as served:
        assert served.site.followers == ()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port: int = held.getsockname()[1]
        return port
