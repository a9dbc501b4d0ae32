# SPDX-License-Identifier: BSD-3-Clause
"""`govgo sumdb …`: a database of one's own, used by go and by govgo."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from govgo.adapters.storage.plain import PlainStorage
from govgo.cli.main import invoke
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.heads import read_head
from govgo.core.sumdb.note import parse_verifier
from govgo.serve.sumdb import Server, Site
from tests.app.sumdb.test_publisher import check as check_files
from tests.simulators import campaigns
from tests.simulators import run as runs
from tests.simulators.hangups import hung_up, needs_proc
from tests.simulators.kills import killed_at
from tests.simulators.served import eventually
from tests.simulators.storage import MemoryStorage
from tests.simulators.sumdb_log import record_text
from tests.simulators.tlsfiles import TlsFiles
from tests.simulators.witness import Witness
from tests.simulators.world import World

REPOSITORY = Path(__file__).parents[4]
NAME = "sum.corp.example"
A, B = ModuleVersion("q.io/a", "v1.0.0"), ModuleVersion("corp.example/b", "v1.2.0")


class Run(runs.Run):
    command = ("sumdb",)
    schema = "govgo.sumdb.add-1.json"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A proxy with a public module and a private one, of which the public database knows nothing."""
    with World(tmp_path) as world:
        world.publish(*A)
        b = "module corp.example/b\n\ngo 1.21\n"
        world.publish(*B, b, {"b.go": "package b\n"})
        del world.log.numbers[tuple(B)]
        world.use(monkeypatch, GONOSUMDB="corp.example")
        (tmp_path / "work").mkdir()
        monkeypatch.chdir(tmp_path / "work")
        yield world


@pytest.fixture
def database(world: World, capsys: pytest.CaptureFixture[str]) -> str:
    """The verifier key of a new database in ./db."""
    return Run(capsys, "init", "-storage=db", NAME).out.strip()


@contextmanager
def served(directory: str = "db") -> Iterator[str]:
    """Its URL."""
    storage = PlainStorage(os.path.abspath(directory))
    server = Server(Site(storage), "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.stop()
        thread.join(5)


def test_init_makes_a_key_that_nobody_else_reads(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    first = Run(capsys, "init", "-storage=db", NAME)
    key_file = world.home / f".config/govgo/sumdb/{NAME}.key"
    assert first.code == 0
    assert f"the private key is in {key_file}" in first.err
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    verifier = parse_verifier(first.out.strip())
    assert verifier.name == NAME
    assert read_head(Path("db/latest").read_bytes(), verifier).tree.size == 0
    private = key_file.read_bytes()
    again = Run(capsys, "init", "-storage=db", NAME)
    assert (again.code, again.out, key_file.read_bytes()) == (0, first.out, private)
    assert "already made" in again.err
    assert private.decode().strip() not in first.out + first.err + again.err


def test_init_refuses_what_cannot_be(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("init", NAME), ("init", "-storage=db"), ("init", "-storage=db", "a", "b")):
        assert Run(capsys, *words).code == 2
    for name in ("a b", "sum+x", "x//y", "", "https://sum.example"):
        assert Run(capsys, "init", "-storage=db", name).code == 2
    assert not Path("db").exists()
    Run(capsys, "init", "-storage=db", NAME)
    other = Run(capsys, "init", "-storage=db", "sum.other.example")
    assert other.code == 2
    assert "another key" in other.err


def test_a_key_that_others_may_read_is_refused(world: World, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    key_file = world.home / f".config/govgo/sumdb/{NAME}.key"
    key_file.chmod(0o644)
    refused = Run(capsys, "add", "-storage=db", str(A))
    assert refused.code == 2
    assert "may be read by others (mode 0644)" in refused.err
    key_file.write_text("PRIVATE+KEY+x\n")
    key_file.chmod(0o600)
    assert "holds no private key" in Run(capsys, "add", "-storage=db", str(A)).err
    key_file.unlink()
    assert "no private key at" in Run(capsys, "add", "-storage=db", str(A)).err


def test_add_modules_and_files(world: World, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = Run(capsys, "add", "-storage=db", "-json", str(A), "corp.example/b@latest")
    assert done.code == 0, done.err
    assert [(each["path"], each["status"], each["number"]) for each in done.json["results"]] == [
        *(("q.io/a", "added", 0), ("corp.example/b", "added", 1))
    ]
    assert world.record(A) in Path("db/lookup/q.io/a@v1.0.0").read_text()
    Path("go.sum").write_text(
        world.record(A) + record_text("corp.example/c", "v0.1.0") + "q.io/x v1.0.0/go.mod " + "h1:" + "A" * 43 + "=\n"
    )
    more = Run(capsys, "add", "-storage=db", "go.sum")
    assert more.code == 0
    assert "added 1 record, 1 there already, 1 without a zip hash in go.sum left out; tree 3" in more.err
    only = Run(capsys, "add", "-storage=db", "-only=corp.example", "-json", "go.sum")
    assert [each["path"] for each in only.json["results"]] == ["corp.example/c"]
    assert only.json["summary"]["tree_size"] == 3


def test_another_record_is_a_contradiction(world: World, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    Run(capsys, "add", "-storage=db", str(A))
    Path("go.sum").write_text(record_text("q.io/new", "v1.0.0") + record_text(*A, salt="moved tag"))
    refused = Run(capsys, "add", "-storage=db", "-json", "go.sum")
    assert refused.code == 4
    assert [each["code"] for each in refused.json["errors"]] == ["sum-mismatch"]
    assert "q.io/a@v1.0.0: the database has another record already" in refused.err
    assert not Path("db/lookup/q.io/new@v1.0.0").exists()


def test_a_download_is_proved_by_the_database_of_the_client(
    world: World, database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = world.log.numbers[tuple(A)]
    world.log.records[number] = record_text(*A, salt="lie").encode()
    lie = Run(capsys, "add", "-storage=db", str(A))
    assert lie.code in (3, 4)
    assert not Path("db/lookup").exists()
    # The database that is added to cannot prove what it lacks; -upstream names one that can.
    monkeypatch.setenv("GOSUMDB", f"{database} http://127.0.0.1:1")
    monkeypatch.setenv("GONOSUMDB", "")
    assert Run(capsys, "add", "-storage=db", f"-upstream={world.log.key}", str(A)).code in (3, 4)
    assert Run(capsys, "add", "-storage=db", str(B)).code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nothing",), 2, "neither a go.sum file nor a module"),
        (("none/go.sum",), 3, "no such file or directory"),
        (("q.io/none@v1.0.0",), 1, "q.io/none"),
        (("q.io/a@v1.0.0", "-x=maybe"), 2, "invalid boolean value"),
    ],
)
def test_arguments_that_name_nothing(
    world: World, database: str, words: tuple[str, ...], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = Run(capsys, "add", "-storage=db", *words)
    assert (refused.code, said in refused.err) == (code, True), refused.err
    assert Run(capsys, "add", "-storage=nowhere", *words).code == 2


def test_conflicting_files_are_refused(world: World, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("go.sum").write_text(record_text("q.io/m", "v1.0.0") + record_text("q.io/m", "v1.0.0", "x"))
    assert "conflicting checksums" in Run(capsys, "add", "-storage=db", "go.sum").err
    Path("go.sum").write_text(record_text("q.io/m", "v1.0.0"))
    Path("other.sum").write_text(record_text("q.io/m", "v1.0.0", "x"))
    assert "another file has a different hash" in Run(capsys, "add", "-storage=db", "go.sum", "other.sum").err


MAIN = "module example.com/main\n\ngo 1.21\n\nrequire (\n\tcorp.example/b v1.2.0\n\tq.io/a v1.0.0\n)\n"
SOURCE = 'package main\n\nimport (\n\t_ "corp.example/b"\n\t_ "q.io/a"\n)\n\nfunc main() {}\n'


def test_govgo_uses_it(
    world: World, database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Run(capsys, "add", "-storage=db", str(A), str(B))
    monkeypatch.chdir(world.main(MAIN, {"main.go": SOURCE}))
    with served(str(world.root / "work/db")) as url:
        monkeypatch.setenv("GOSUMDB", f"{database} {url}")
        monkeypatch.setenv("GONOSUMDB", "")
        assert invoke(["tidy"]) == 0
        assert world.record(A) in Path("go.sum").read_text()
        assert invoke(["verify"]) == 0
        assert invoke(["sum", "head"]) == 0
        capsys.readouterr()
        assert invoke(["sum", "head", f"-witness={url}"]) == 0
        assert b"\n2\n" in (world.home / f"go/pkg/sumdb/{NAME}/latest").read_bytes()
        # What it does not have is not believed.
        world.publish("q.io/late", "v1.0.0")
        assert invoke(["get", "q.io/late@v1.0.0"]) != 0
    # The directory is the database: clients can use it without a server.
    monkeypatch.setenv("GOSUMDB", f"{database} file://{world.root}/work/db")
    shutil.rmtree(world.cache)
    Path("go.sum").unlink()
    assert invoke(["tidy"]) == 0


@pytest.mark.wide
@pytest.mark.go
def test_go_uses_it(world: World, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("go.sum").write_text("".join(record_text("q.io/filler", f"v1.0.{n}") for n in range(300)))
    Run(capsys, "add", "-storage=db", "go.sum")
    Run(capsys, "add", "-storage=db", str(A))
    main = world.main(MAIN, {"main.go": SOURCE})

    def go(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["go", *words], cwd=main, env=environment, capture_output=True, text=True, timeout=120)

    with served() as url:
        environment = {**world.environment, "GOSUMDB": f"{database} {url}", "GOFLAGS": "-mod=mod -modcacherw"}
        refused = go("mod", "tidy")
        assert refused.returncode != 0
        assert "corp.example/b@v1.2.0" in refused.stderr
        assert "404 Not Found" in refused.stderr
        Run(capsys, "add", "-storage=db", str(B))
        time.sleep(1.1)  # a head is served for a second
        done = go("mod", "tidy")
        assert done.returncode == 0, done.stderr
        assert "corp.example/b v1.2.0 h1:" in (main / "go.sum").read_text()
        assert go("list", "-deps", ".").returncode == 0  # loads packages as build does, and compiles nothing
        latest = (world.home / f"go/pkg/sumdb/{NAME}/latest").read_bytes()
        assert read_head(latest, parse_verifier(database)).tree.size == 302
        # Cosignatures do not disturb it.
        witness = Witness("w.example", 3)
        note = Path("db/latest").read_bytes()
        Path("line").write_bytes(witness.line(note, 1_700_000_000))
        assert Run(capsys, "cosign", "-storage=db", f"-witness={witness.key}", "line").code == 0
        (main / "go.sum").unlink()
        shutil.rmtree(world.cache)
        time.sleep(1.1)
        done = go("mod", "tidy")
        assert done.returncode == 0, done.stderr
        # A record that differs is found by go, too.
        path = Path("db/lookup/corp.example/b@v1.2.0")
        path.write_bytes(path.read_bytes().replace(b"h1:", b"h1:x", 1))
        (main / "go.sum").unlink()
        shutil.rmtree(world.cache)
        assert go("mod", "tidy").returncode != 0


def program(world: World, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "govgo", "sumdb", *words],
        env={**world.environment, "GONOSUMDB": "corp.example", "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stored() -> object:
    """What the database in ./db holds, in the form that `check_files` takes."""

    class Stored:
        storage = MemoryStorage()

        def latest(self) -> object:
            return read_head(self.storage.files["latest"], parse_verifier(self.storage.files["key"].decode().strip()))

    found = Stored()
    plain = PlainStorage(os.path.abspath("db"))
    for entry in plain.entries():
        found.storage.files[entry.key] = plain.read(entry.key) or b""
    return found


def tree_of_files(monkeypatch: pytest.MonkeyPatch, key: str) -> int:
    """Check every file against the log that the records make; how many records there are."""
    monkeypatch.setattr("tests.app.sumdb.test_publisher.VERIFIER", parse_verifier(key))
    return len(check_files(stored()).records)  # type: ignore[arg-type]


@pytest.mark.wide
def test_killed_while_it_adds_a_plain_rerun_mends(
    world: World, database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(7)
    for turn in range(2):
        lines = "".join(record_text(f"q.io/t{turn}", f"v1.0.{n}") for n in range(150))
        Path("go.sum").write_text(lines)
        process = program(world, "add", "-storage=db", "go.sum")
        start = time.monotonic()
        while time.monotonic() < start + 20 and process.poll() is None:  # until it writes, then a moment more
            if any(Path("db").glob("pending/*")):
                time.sleep(rng.random() * 0.03)
                break
            time.sleep(0.001)
        process.kill()
        process.communicate()
        again = Run(capsys, "add", "-storage=db", "go.sum")
        assert again.code == 0, again.err
        assert tree_of_files(monkeypatch, database) == 150 * (turn + 1)


@pytest.mark.slow
def test_temporary_files_of_killed_writers_go(
    world: World, database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At once beside the key, where there is a lock; in the storage after a day."""
    room = world.home / ".config/govgo/sumdb"
    left: set[Path] = set()
    step, killed = 0, True
    while killed:
        Path("go.sum").write_text(record_text("q.io/t", f"v1.{step}.0"))
        killed = killed_at(step, ["sumdb", "add", "-storage=db", "go.sum"], world.environment)
        left |= {*Path("db").rglob("*.tmp"), *room.glob("*.tmp")}
        step += 1
    assert {path.parent for path in left} == {Path("db/.govgo"), room}
    for path in Path("db").rglob("*.tmp"):
        os.utime(path, (time.time() - 25 * 3600,) * 2)
    Path("db/.govgo/new77.tmp").touch()  # of a writer that lives
    (room / f"{NAME}.keyx1.tmp").touch()
    Path("go.sum").write_text(record_text("q.io/last", "v1.0.0"))
    assert Run(capsys, "add", "-storage=db", "go.sum").code == 0
    assert list(Path("db").rglob("*.tmp")) == [Path("db/.govgo/new77.tmp")]
    assert list(room.glob("*.tmp")) == [room / f"{NAME}.keyx1.tmp"]
    assert tree_of_files(monkeypatch, database) > 1


@pytest.mark.wide
def test_two_processes_add_at_once(
    world: World, database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in range(3):
        Path(f"{n}.sum").write_text("".join(record_text(f"q.io/p{n // 2}", f"v1.{n}.{i}") for i in range(40)))
    running = [program(world, "add", "-storage=db", f"{n}.sum") for n in range(3)]
    for process in running:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert tree_of_files(monkeypatch, database) == 120


@pytest.mark.slow
def test_killed_at_random_moments_many_times(
    world: World, database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(11)
    count = 0
    turns = campaigns.size(60, least=5)
    for turn in range(turns):
        Path("go.sum").write_text("".join(record_text(f"q.io/r{turn}", f"v1.0.{n}") for n in range(60)))
        process = program(world, "add", "-storage=db", "go.sum")
        time.sleep(0.15 + rng.random() * 0.5)
        process.kill()
        process.communicate()
        if rng.random() < 0.5:
            assert Run(capsys, "add", "-storage=db", "go.sum").code == 0
        assert Run(capsys, "add", "-storage=db").code == 0  # only to mend
        after = tree_of_files(monkeypatch, database)
        assert after in (count, count + 60)
        count = after
    assert count > 10 * turns  # some got through before they were killed


Around = Callable[[subprocess.Popen[str]], AbstractContextManager[None]]


@contextmanager
def serving(world: World, *flags: str, around: Around = nullcontext) -> Iterator[Serving]:
    """A `govgo sumdb serve` of the database in ./db; `around` the process while it starts."""
    process = program(world, "serve", "-storage=db", "-listen=127.0.0.1:0", *flags)
    try:
        assert process.stderr is not None
        with around(process):
            line = process.stderr.readline()
        found = re.search(r"serving sum\.corp\.example at (https?://127\.0\.0\.1:\d+)", line)
        assert found is not None, line
        yield Serving(found[1], process)
    finally:
        process.kill()
        process.communicate()


class Serving(NamedTuple):
    url: str
    process: subprocess.Popen[str]

    def next_line(self) -> str:
        """What it says next."""
        assert self.process.stderr is not None
        return self.process.stderr.readline()


def test_serve_answers_until_it_is_told_to_stop(
    world: World, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Run(capsys, "add", "-storage=db", str(A))
    with serving(world) as (url, process):
        with urllib.request.urlopen(f"{url}/lookup/q.io/a@v1.0.0", timeout=10) as answer:
            assert world.record(A).encode() in answer.read()
        process.send_signal(signal.SIGHUP)
        with urllib.request.urlopen(f"{url}/latest", timeout=10) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def test_serve_renews_its_certificate(world: World, database: str, tmp_path: Path) -> None:
    """One that does not fit is reported, and the old one stays in use."""
    files = TlsFiles(tmp_path)
    one, two = files.made("one"), files.made("two")
    files.use(*one)
    with serving(world, f"-tls-cert={files.cert}", f"-tls-key={files.key}") as server:

        def shown() -> str:
            return files.shown(server.url, "/latest")

        assert shown() == "one 200"
        files.use(two[0], one[1])
        server.process.send_signal(signal.SIGHUP)
        said = server.next_line()
        assert "the certificate from before is still used: -tls-cert and -tls-key: " in said
        assert "key values mismatch" in said
        assert shown() == "one 200"
        files.cert.unlink()
        server.process.send_signal(signal.SIGHUP)
        assert f"{files.cert}: no such file" in server.next_line()
        assert shown() == "one 200"
        files.use(*two)
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: shown() == "two 200")


@needs_proc
def test_a_reload_while_it_starts_does_not_end_it(world: World, database: str) -> None:
    with serving(world, around=hung_up) as server:
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=10) == 0


def test_serve_refuses_what_cannot_be(world: World, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ("-storage=nowhere",),
        ("-storage=db", "-listen=here"),
        ("-storage=db", "-listen=127.0.0.1:99999"),
        ("-storage=db", "-tls-cert=x"),
        ("-storage=ftp://bucket",),
    ):
        assert Run(capsys, "serve", *words).code == 2


@contextmanager
def witness_server(witness: Witness, log_key: str) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = witness.add_checkpoint(body, log_key) if self.path == "/w/add-checkpoint" else (404, b"")
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/w"
    finally:
        server.shutdown()
        server.server_close()


def test_witnesses_cosign(world: World, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("go.sum").write_text("".join(record_text("q.io/m", f"v1.0.{n}") for n in range(5)))
    Run(capsys, "add", "-storage=db", "go.sum")
    witness = Witness("w1.example/x", 1)
    with witness_server(witness, database) as url:
        first = Run(capsys, "cosign", "-storage=db", f"-witness={witness.key},{url}/")
        assert (first.code, first.out) == (0, "2023-11-14T22:13:20Z w1.example/x\n"), first.err
        Run(capsys, "add", "-storage=db", str(A))
        assert witness.name not in Path("db/latest").read_text(), "a new head has no cosignature yet"
        again = Run(capsys, "cosign", "-storage=db", f"-witness={witness.key},{url}")
        assert again.code == 0, again.err
        assert witness.size == 6, "the proof from 5 to 6 was accepted"
        assert [body.split(b"\n")[0] for body in witness.requests] == [b"old 0", b"old 0", b"old 5"]
        assert Path("db/latest").read_text().count("\u2014 w1.example/x ") == 1
        witness.time += 60
        Run(capsys, "cosign", "-storage=db", f"-witness={witness.key},{url}")
        assert Path("db/latest").read_text().count("\u2014 w1.example/x ") == 1, "the newer one replaces the older"
        witness.size, witness.root = 9, b""
        refused = Run(capsys, "cosign", "-storage=db", f"-witness={witness.key},{url}")
        assert (refused.code, "knows a larger tree" in refused.err) == (3, True)
        witness.size, witness.root = 5, bytes(32)
        refused = Run(capsys, "cosign", "-storage=db", f"-witness={witness.key},{url}")
        assert (refused.code, "did not cosign: status 422" in refused.err) == (3, True)
    assert Run(capsys, "cosign", "-storage=db", f"-witness={witness.key},{url}").code == 3


def test_a_witness_that_fails_hinders_no_other(world: World, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One is away, one answers nonsense, and both come first."""
    Run(capsys, "add", "-storage=db", str(A))
    good, away, odd = (Witness(f"w{n}.example", n) for n in (1, 2, 3))
    odd.add_checkpoint = lambda body, key: (200, b"\xff no note\n")  # type: ignore[method-assign]
    with witness_server(good, database) as url, witness_server(odd, database) as other:
        asked = (f"{away.key},http://127.0.0.1:9/", f"{odd.key},{other}", f"{good.key},{url}")
        done = Run(capsys, "cosign", "-storage=db", *(f"-witness={each}" for each in asked))
    assert (done.code, done.out) == (3, "2023-11-14T22:13:20Z w1.example\n"), done.err
    assert "127.0.0.1:9" in done.err
    assert "the witness w3.example did not answer with signature lines: malformed note" in done.err
    assert Path("db/latest").read_text().count("\u2014 w1.example ") == 1


def test_witnesses_are_asked_together(world: World, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each answers when all have been asked, and never alone."""
    Run(capsys, "add", "-storage=db", str(A))
    both = threading.Barrier(2)
    witnesses = [Witness(f"w{n}.example", n) for n in (1, 2)]
    for each in witnesses:

        def answer(body: bytes, key: str, each: Witness = each) -> tuple[int, bytes]:
            both.wait(20)
            return Witness.add_checkpoint(each, body, key)

        each.add_checkpoint = answer  # type: ignore[method-assign]
    with witness_server(witnesses[0], database) as one, witness_server(witnesses[1], database) as two:
        asked = (f"{witnesses[0].key},{one}", f"{witnesses[1].key},{two}")
        done = Run(capsys, "cosign", "-storage=db", *(f"-witness={each}" for each in asked))
    assert (done.code, done.out.count("Z w")) == (0, 2), done.err


def test_a_witness_that_takes_too_long_is_not_waited_for(
    world: World, database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("govgo.app.sumdb.cosign.WITNESS_S", 0.3)
    Run(capsys, "add", "-storage=db", str(A))
    good, slow = (Witness(f"w{n}.example", n) for n in (1, 2))
    over = threading.Event()
    slow.add_checkpoint = lambda body, key: (200 if over.wait(20) else 500, b"")  # type: ignore[method-assign]
    with witness_server(good, database) as url, witness_server(slow, database) as other:
        asked = (f"{slow.key},{other}", f"{good.key},{url}")
        done = Run(capsys, "cosign", "-storage=db", *(f"-witness={each}" for each in asked))
        over.set()
    assert (done.code, done.out) == (3, "2023-11-14T22:13:20Z w1.example\n"), done.err
    assert "the witness w2.example did not answer within 0 seconds" in done.err


def test_a_storage_without_a_database_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    place = str(tmp_path / "nowhere")
    witness = f"-witness={Witness('w', 1).key}"
    for words in (["serve"], ["key"], ["key", "-retire=x"], ["add", "x@v1.0.0"], ["cosign", witness]):
        done = Run(capsys, words[0], f"-storage={place}", *words[1:])
        assert done.code == 2
        assert f"{place} has no checksum database; `govgo sumdb init` makes one" in done.err


def test_cosignatures_of_strangers_are_not_published(
    world: World, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Run(capsys, "add", "-storage=db", str(A))
    known, stranger = Witness("w1.example", 1), Witness("w2.example", 2)
    note = Path("db/latest").read_bytes()
    Path("theirs").write_bytes(note + known.line(note, 5) + stranger.line(note, 5))
    done = Run(capsys, "cosign", "-storage=db", f"-witness={known.key}", "theirs")
    assert (done.code, done.out) == (0, "1970-01-01T00:00:05Z w1.example\n")
    assert stranger.name not in Path("db/latest").read_text()
    Run(capsys, "add", "-storage=db", str(B))
    assert Run(capsys, "cosign", "-storage=db", f"-witness={known.key}", "theirs").code == 1, "of an older head"
    for words in ((), ("-witness=x",), (f"-witness={database}",)):
        assert Run(capsys, "cosign", "-storage=db", *words, "theirs").code == 2


def test_the_document_of_a_failure_is_valid(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    failed = Run(capsys, "add", "-storage=db", "-json", str(A))
    assert failed.code == 2
    assert json.loads(failed.out)["errors"][0]["code"] == "usage"
    assert failed.json["summary"]["tree_size"] is None
