# SPDX-License-Identifier: BSD-3-Clause
"""`govgo log …` from the command line, against a real log over HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.storage.plain import PlainStorage
from govgo.core.golib.base64 import decode_base64
from govgo.core.sumdb.heads import read_head
from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.proof import check_records
from govgo.core.sumdb.rules import join_data_tile
from govgo.core.sumdb.tlog import record_hash
from govgo.serve.sumdb import Server as SumServer
from govgo.serve.sumdb import Site
from tests.simulators import campaigns
from tests.simulators import run as runs
from tests.simulators.biglog import KEY_TEXT, flip, made_up_records, publish
from tests.simulators.sumdb_log import Log, Server, record_text
from tests.simulators.witness import Witness
from tests.simulators.world import World

REPOSITORY = Path(__file__).parents[4]


class Sync(runs.Run):
    command = ("log", "sync")
    schema = "govgo.log.sync-1.json"


class Audit(runs.Run):
    command = ("log", "audit")
    schema = "govgo.log.audit-1.json"


class Watch(runs.Run):
    command = ("log", "watch")
    schema = "govgo.log.watch-1.json"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [runs.document(line, self.schema) for line in self.out.splitlines()]


def database(server: Server, path: str) -> bytes:
    """The answer of a simulated database, which has data tiles, too."""
    found = re.fullmatch(r"/tile/8/data/(\d{3})(?:\.p/(\d+))?", path)
    if found is None:
        return server.body(path)
    start = int(found[1]) * 256
    return server.forge(path, join_data_tile(server.log.records[start : start + int(found[2] or 256)]))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Two modules among 300 other records; below /sumdb/NAME of the proxy is the log, records and all."""
    with World(tmp_path) as world:
        world.publish("q.io/a", "v1.0.0")
        world.publish("q.io/b", "v1.1.0")
        name = f"/sumdb/{world.log.name}"
        world.proxy.handlers[name] = lambda path: b"" if path == "/supported" else database(world.database, path)
        world.use(monkeypatch, GOSUMDB=f"{world.log.key} {world.proxy.url}{name}", TMPDIR=str(tmp_path))
        (tmp_path / "work").mkdir()
        monkeypatch.chdir(tmp_path / "work")
        yield world


def test_sync_and_audit(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    first = Sync(capsys, "clone", "-json", "-workers=1")
    assert first.code == 0, first.err
    size = len(world.log.records)
    assert first.json["summary"]["counts"]["records"] == first.json["summary"]["tree_size"] == size
    world.log.grow(300)
    more = Sync(capsys, "clone", "-workers=1")
    assert more.code == 0
    assert f"tree {size + 300}; " in more.out
    assert "all that was fetched is proved" in more.out
    audit = Audit(capsys, "clone", "-json", "-workers=1")
    assert (audit.code, audit.json["summary"]["counts"]["heads"]) == (0, 2), audit.out
    world.log.add("q.io/a", "v1.0.0", record_text("q.io/a", "v1.0.0", "again"))
    assert Sync(capsys, "clone", "-workers=1").code == 0
    bad = Audit(capsys, "clone", "-json", "-workers=2", "-o=markdown:report.md", "-o=sarif:report.sarif")
    assert bad.code == 4
    assert [each["code"] for each in bad.json["results"]] == ["record-repeated"]
    assert (bad.json["results"][0]["module"], bad.json["results"][0]["version"]) == ("q.io/a", "v1.0.0")
    assert "record-repeated" in Path("report.sarif").read_text()
    assert "q.io/a" in Path("report.md").read_text()


def test_sync_tells_what_is_wrong(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.database.forge = lambda path, body: flip(body) if path == "/tile/8/0/000" else body
    wrong = Sync(capsys, "clone", "-json", "-workers=1")
    assert (wrong.code, [each["code"] for each in wrong.json["results"]]) == (3, ["wrong-tile"])
    world.database.forge = lambda path, body: body
    assert Sync(capsys, "clone", "-workers=1").code == 0
    log = world.log
    world.database.log = world.database.tile_log = log.fork(200).grow(400)
    fork = Sync(capsys, "clone", "-json", "-workers=1")
    assert (fork.code, [each["code"] for each in fork.json["results"]]) == (4, ["fork"])
    assert len(list(Path("clone").glob("fork-*.txt"))) == 1
    world.database.log, world.database.tile_log, world.database.head_size = log, log, 250
    back = Sync(capsys, "clone", "-json", "-workers=1")
    assert (back.code, [each["code"] for each in back.json["results"]]) == (1, ["head-went-back"])


def test_a_mirror_without_records(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """As the public proxy: its lookups and tiles are the database's, and it has no data tiles."""
    world.proxy.handlers[f"/sumdb/{world.log.name}"] = world.database.body
    run = Sync(capsys, "clone", "-workers=1")
    assert run.code == 3
    assert "hint: a proxy mirrors lookups and tiles, and may have no records: -url names the database itself" in run.out


def test_the_command_line(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    for words in ((), ("a", "b"), ("clone", "-range=5"), ("clone", "-range=7:7"), ("clone", "-url=ftp://x/y")):
        assert Sync(capsys, *words).code == 2, words
    failed = Sync(capsys, "clone", "-json", "-url=http://127.0.0.1:1/", "-workers=1")
    assert (failed.code, failed.json["summary"]["verdict"]) == (3, "unchecked")
    none = Audit(capsys, "none")
    assert (none.code, none.err) == (
        2,
        "govgo: none has no clone of a checksum database; `govgo log sync` makes one\n",
    )
    part = Sync(capsys, "clone", "-range=:1", "-rate=1000", "-records-only", "-workers=1")
    assert part.code == 0
    for words in (("w",), ("w", "p", "-interval=0s"), ("w", "p", "-since=x"), ("w", "p", "-witness=x")):
        assert Watch(capsys, *words, "-once").code == 2, words


@pytest.mark.wide
def test_a_sample_is_compared_with_the_world(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """All records of a small log of which every module is on the proxy; then one that is not what was signed."""
    log = Log()
    world.database.log = world.database.tile_log = log
    for name, number in sorted(world.log.numbers.items()):
        if name[0].startswith("q.io/"):
            log.add(*name, world.log.records[number].decode())
    Sync(capsys, "clone", "-workers=1")
    same = Audit(capsys, "clone", "-json", "-sample=10", "-workers=1")
    assert (same.code, same.json["summary"]["counts"]["sampled"]) == (0, 2), same.out
    assert not list(Path(os.environ["TMPDIR"]).glob("govgo-sample-*"))

    def other_line(path: str, body: bytes) -> bytes:
        return body.replace(b"/go.mod h1:", b"/go.mod h1:x", 1) if "lookup" in path else body

    world.database.forge = other_line
    lie = Audit(capsys, "clone", "-json", "-sample=10", "-workers=1")
    assert (lie.code, [each["code"] for each in lie.json["results"]]) == (4, ["lookup-differs"] * 2)
    world.database.forge = lambda path, body: body
    del world.proxy.files["/q.io/a/@v/v1.0.0.zip"]
    gone = Audit(capsys, "clone", "-json", "-sample=10", "-workers=1")
    assert (gone.code, [each["code"] for each in gone.json["notes"]]) == (0, ["sample-gone"])
    world.publish("q.io/a", "v1.0.0", files={"a.go": "package a // other\n"})
    other = Audit(capsys, "clone", "-json", "-sample=10", "-workers=1")
    assert (other.code, [each["code"] for each in other.json["results"]]) == (4, ["sample-differs"])
    assert "q.io/a@v1.0.0 is served with another content" in other.json["results"][0]["text"]


def test_watch_tells_new_versions_with_proof(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    began = Watch(capsys, "state", "q.io/*", "-once")
    assert (began.code, began.out) == (0, "")
    assert "the watch begins at record" in began.err
    assert Watch(capsys, "state", "q.io/*", "-once").code == 0
    world.log.grow(600)
    world.log.add("q.io/a/sub", "v1.2.3")
    world.log.add("example.org/other", "v1.2.3")
    world.log.grow(3)
    found = Watch(capsys, "state", "q.io/*", "-once", "-json")
    assert found.code == 1
    version, head = found.events
    assert (version["path"], version["version"], version["event"]) == ("q.io/a/sub", "v1.2.3", "version")
    assert (head["new_records"], head["versions"]) == (605, 1)
    # Anybody can check the proof, by the key alone.
    tree = read_head(version["head"].encode(), parse_verifier(world.log.key)).tree
    text = record_text("q.io/a/sub", "v1.2.3").encode()
    assert version["h1"].encode() in text
    assert version["go_mod_h1"].encode() in text
    proof = tuple(decode_base64(line) for line in version["proof"])
    check_records(proof, tree.size, tree.hash, [(version["number"], record_hash(text))])
    assert Watch(capsys, "state", "q.io/*", "-once").code == 0, "it is told once"
    everything = Watch(capsys, "other", "*", "-once", "-since=0")
    assert (everything.code, everything.out.count("\n")) == (1, len(world.log.records))
    assert "record 0: example.org/filler@v0.0.0\n" in everything.out


def test_watch_notices_what_is_wrong(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    Watch(capsys, "state", "q.io/*", "-once")
    log = world.log
    world.log.grow(10)
    world.log.add("q.io/a", "v1.9.0")
    kept = Path("state/watched").read_bytes()
    world.database.forge = lambda path, body: body.replace(b"v1.9.0", b"v1.9.1") if "data" in path else body
    wrong = Watch(capsys, "state", "q.io/*", "-once", "-json")
    assert (wrong.code, [each["event"] for each in wrong.events]) == (1, ["finding", "head"])
    assert wrong.events[0]["code"] == "wrong-record"
    assert Path("state/watched").read_bytes() == kept, "the next look begins at the same place"
    world.database.forge = lambda path, body: body
    assert Watch(capsys, "state", "q.io/*", "-once").code == 1
    world.database.log = world.database.tile_log = log.fork(100).grow(900)
    fork = Watch(capsys, "state", "q.io/*", "-once", "-json")
    assert (fork.code, fork.events[0]["code"]) == (4, "fork")
    assert len(list(Path("state").glob("fork-*.txt"))) == 1


@pytest.fixture
def vantage(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "vantage") as other:
        name = f"/sumdb/{other.log.name}"
        other.proxy.handlers[name] = lambda path: database(other.database, path)
        yield other


def test_a_second_vantage_and_witnesses(world: World, vantage: World, capsys: pytest.CaptureFixture[str]) -> None:
    log = world.log
    for size in (len(log.records), 200, None):
        vantage.database.log = vantage.database.tile_log = log
        vantage.database.head_size = size
        assert Watch(capsys, "state", "q.io/*", "-once", f"-vantage={vantage.proxy.url}").code == 0
    ahead = log.fork(len(log.records)).grow(7)
    vantage.database.log = vantage.database.tile_log = ahead
    assert Watch(capsys, "state", "q.io/*", "-once", f"-vantage={vantage.proxy.url}").code == 0
    vantage.database.log = vantage.database.tile_log = log.fork(100).grow(300)
    split = Watch(capsys, "state", "q.io/*", "-once", "-json", f"-vantage={vantage.proxy.url}")
    assert (split.code, split.events[0]["code"]) == (4, "fork")
    witness = Witness("w.example", 1)
    alone = Watch(capsys, "state", "q.io/*", "-once", "-json", f"-witness={witness.key}")
    assert (alone.code, alone.events[0]["code"]) == (1, "not-witnessed")
    world.database.forge = lambda path, body: body + witness.line(body, 1_700_000_000) if path == "/latest" else body
    seen = Watch(capsys, "state", "q.io/*", "-once", "-json", f"-witness={witness.key}")
    assert (seen.code, seen.events[-1]["cosigned"]) == (0, [{"name": "w.example", "time": 1_700_000_000}])


def test_attack_two_vantages_that_continue_the_log_each_in_its_own_way(
    world: World, vantage: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each goes well with what is shown here, and not with the other (RFC 6962, section 7.3)."""
    with World(tmp_path / "third") as third:
        third.proxy.handlers[f"/sumdb/{third.log.name}"] = lambda path: database(third.database, path)
        size = len(world.log.records)
        for place, log in ((vantage, world.log.fork(size).grow(7)), (third, world.log.fork(size).grow(9, "q.io/x"))):
            place.database.log = place.database.tile_log = log
        urls = [f"-vantage={place.proxy.url}" for place in (vantage, third)]
        for order in (urls, urls[::-1]):
            split = Watch(capsys, f"state{order}", "q.io/*", "-once", "-json", *order)
            assert (split.code, [each.get("code") for each in split.events]) == (4, ["fork", None])
            assert len(list(Path(f"state{order}").glob("fork-*.txt"))) == 1
        third.database.log = third.database.tile_log = world.log.fork(size).grow(9)
        assert Watch(capsys, "state", "q.io/*", "-once", *urls).code == 0


def test_vantages_are_asked_side_by_side(
    world: World, vantage: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """None answers before all of them have been asked: where the log is, and in each round what it shows."""
    with World(tmp_path / "third") as third:
        both = threading.Barrier(2)

        def handler(place: World) -> Callable[[str], bytes]:
            def answer(path: str) -> bytes:
                if path.endswith("/latest"):
                    both.wait(5)
                return database(place.database, path)

            return answer

        for place in (vantage, third):
            place.database.log = place.database.tile_log = world.log
            place.proxy.handlers[f"/sumdb/{place.log.name}"] = handler(place)
        third.database.forge = lambda path, body: b"no note" if path == "/latest" else body
        urls = [f"-vantage={place.proxy.url}" for place in (third, vantage)]
        run = Watch(capsys, "state", "q.io/*", "-once", "-json", *urls)
        assert (run.code, [each.get("code") for each in run.events]) == (3, ["not-fetched", None])
        assert run.events[0]["text"].startswith(f"{third.proxy.url}/sumdb/")
        assert not both.broken


@contextmanager
def hook(status: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/log", got
    finally:
        server.shutdown()
        server.server_close()


def test_a_hook_is_told_until_it_listens(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    Watch(capsys, "state", "q.io/*", "-once")
    world.log.add("q.io/new", "v1.0.0")
    with hook(500) as (url, got):
        deaf = Watch(capsys, "state", "q.io/*", "-once", f"-hook={url}")
        assert (deaf.code, len(got)) == (3, 1)
        assert "answered 500" in deaf.err
    with hook(204) as (url, got):
        assert Watch(capsys, "state", "q.io/*", "-once", f"-hook={url}").code == 1
        assert [each["path"] for each in got] == ["q.io/new"]
        assert Watch(capsys, "state", "q.io/*", "-once", f"-hook={url}").code == 0
        assert len(got) == 1


def test_watch_goes_on(world: World) -> None:
    """Without -once: it looks again and again, and outlives a server that is down for a while."""
    process = subprocess.Popen(
        [sys.executable, "-m", "govgo", "log", "watch", "state", "q.io/*", "-interval=50ms", "-json", "-since=0"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        told = [json.loads(process.stdout.readline()) for _ in range(3)]
        assert [each["event"] for each in told] == ["version", "version", "head"]
        world.database.down = True
        world.database.forge = lambda path, body: b""
        time.sleep(0.3)
        world.log.add("q.io/late", "v1.0.0")
        world.database.forge = lambda path, body: body
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            line = json.loads(process.stdout.readline())
            if line["event"] == "version":
                break
        assert line["path"] == "q.io/late"
    finally:
        process.kill()
        process.communicate()


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv.pop(1)) << 20,) * 2)
from govgo.cli.main import run
run()
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    """800,000 records, 160 MB of text, are cloned and audited in processes that may have 150 MB of data each."""
    count = campaigns.size(800_000, least=20_000)

    class Files(dict[str, bytes]):
        def __setitem__(self, name: str, data: bytes) -> None:
            path = tmp_path / "log" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    publish(Files(), made_up_records(count))
    (tmp_path / "log/key").write_text(KEY_TEXT)
    server = SumServer(Site(PlainStorage(str(tmp_path / "log"))), "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "GOENV": "off",
        "GOSUMDB": f"{KEY_TEXT} {server.url}",
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path / "temporary"),
    }
    (tmp_path / "temporary").mkdir()
    try:
        for words in (("sync", "clone", "-workers=1"), ("audit", "clone", "-workers=1")):
            done = subprocess.run(
                [sys.executable, "-c", LIMITED, "150", "log", *words],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            assert f"{count:,} records" in done.stdout
            assert os.listdir(tmp_path / "temporary") == []
    finally:
        server.stop()
        thread.join(5)
