# SPDX-License-Identifier: BSD-3-Clause
"""`govgo serve` as a process: it starts, serves, is killed, and ends."""

from __future__ import annotations

import contextlib
import hmac
import http.client
import json
import os
import random
import re
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from govgo.errors import DiskError
from govgo.serve.server.server import listen
from govgo.serve.settings import Settings
from tests.simulators import campaigns
from tests.simulators.certificates import Authority
from tests.simulators.hangups import hung_up, needs_proc
from tests.simulators.proxy import Stall
from tests.simulators.served import PATIENCE_S, Served, eventually
from tests.simulators.tlsfiles import TlsFiles
from tests.simulators.world import World

ROOT = Path(__file__).parents[3]


class Process:
    """One `govgo serve`.

    Attributes:
        url: where it serves.
    """

    def __init__(
        self,
        world: World,
        *flags: str,
        environment: Mapping[str, str] | None = None,
        around: Callable[[subprocess.Popen[str]], AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> None:
        given = {**world.environment, "PYTHONPATH": str(ROOT), **(environment or {})}
        words = [sys.executable, "-m", "govgo", "serve", *flags]
        if "-storage" not in flags:
            words += ["-storage", str(world.root / "served")]
        if "-listen" not in flags:
            words += ["-listen", "127.0.0.1:0"]
        self.popen = subprocess.Popen(words, env=given, stderr=subprocess.PIPE, text=True)
        assert self.popen.stderr is not None
        with around(self.popen):
            line = self.popen.stderr.readline()
        assert line.startswith("govgo: serving at "), line
        self.url = line.split()[-1]
        self._lines: list[str] = []
        self._reader = threading.Thread(target=lambda stream: self._lines.extend(stream), args=(self.popen.stderr,))
        self._reader.start()

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill(signal.SIGKILL)

    def kill(self, number: int) -> int:
        """End it by a signal: its exit code. It must end although something hangs, long before that would."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        code = self.popen.wait(45)
        self._reader.join()  # until nobody holds its standard error any more
        assert self.popen.stderr is not None
        self.popen.stderr.close()
        return code

    @property
    def said(self) -> str:
        """What it has said to its operator so far, after its address."""
        return "".join(self._lines)

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=PATIENCE_S) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()


@pytest.mark.parametrize(("files", "connections"), [(100, 50), (1024, 512), (20_000, 4096)])
def test_no_more_connections_than_files(
    world: World, monkeypatch: pytest.MonkeyPatch, files: int, connections: int
) -> None:
    """With 1,000 idle connections and as many files as most systems allow nothing would be answered any more."""
    monkeypatch.setattr("govgo.serve.server.parts.most_open_files", lambda: files)
    with Served(world) as served:
        assert served.site.limits.connections == connections
        told = f"connections: {connections} at once, as this process may have {files} files open"
        assert (served.said == [f"govgo: {told}\n"]) is (connections < 4096)


@pytest.mark.wide
@needs_proc
def test_attack_questions_that_are_all_new(world: World) -> None:
    """What each leaves is what is remembered of it, 2 kB; of cycles of objects it would be 17 kB, without an end."""
    with Process(world) as process:

        def resident() -> int:
            status = Path(f"/proc/{process.popen.pid}/status").read_text()
            return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])  # type: ignore[index]

        def ask(numbers: range) -> None:
            connection = http.client.HTTPConnection(process.url.removeprefix("http://"), timeout=PATIENCE_S)
            for number in numbers:
                connection.request("GET", f"/q.io/none{number}/@v/list")
                answer = connection.getresponse()
                assert (answer.status, bool(answer.read())) == (404, True)
            connection.close()

        ask(range(100))
        before = resident()
        ask(range(100, 500))
        assert resident() - before < 4 << 10


def test_it_serves_and_ends(world: World) -> None:
    with Process(world) as process:
        assert process.get("/q.io/a/@v/v1.0.0.mod") == (200, b"module q.io/a\n")
        assert (process.kill(signal.SIGTERM), process.said) == (0, "")


@pytest.mark.wide
def test_it_serves_where_uvloop_cannot_be_built(world: World, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "uvloop.py").write_text("raise ImportError('not on this platform')\n")
    with Process(world, "-workers", "2", environment={"PYTHONPATH": f"{tmp_path / 'none'}:{ROOT}"}) as process:
        assert process.get("/q.io/a/@v/v1.0.0.mod") == (200, b"module q.io/a\n")
        assert process.get("/q.io/a/@v/v1.0.0.zip")[0] == 200
        assert (process.kill(signal.SIGTERM), process.said) == (0, "")


@pytest.mark.wide
def test_it_ends_soon_whatever_hangs(world: World) -> None:
    world.proxy.script("*", Stall())
    with Process(world) as process, contextlib.ExitStack() as held:
        for name in ("v1.0.0.zip", "v1.0.0.mod", "list"):
            connection = held.enter_context(socket.create_connection(("127.0.0.1", int(process.url[-5:]))))
            connection.sendall(f"GET /q.io/a/@v/{name} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            eventually(lambda name=name: f"/q.io/a/@v/{name}" in world.proxy.asked)  # type: ignore[misc]
        assert process.kill(signal.SIGTERM) == 0


@pytest.mark.wide
def test_several_workers(world: World) -> None:
    with Process(world, "-workers", "2") as process:
        for _ in range(12):
            assert process.get("/q.io/a/@v/v1.0.0.mod") == (200, b"module q.io/a\n")
        counted = 'govgo_requests_total{kind="mod",status="200"} 12.0'
        eventually(lambda: counted in process.get("/metrics")[1].decode().splitlines())

        def children() -> list[str]:
            return Path(f"/proc/{process.popen.pid}/task/{process.popen.pid}/children").read_text().split()

        victim = children()[0]
        os.kill(int(victim), signal.SIGKILL)
        eventually(lambda: len(now := children()) == 2 and victim not in now)
        assert process.get("/q.io/a/@v/v1.0.0.mod")[0] == 200
        assert process.kill(signal.SIGTERM) == 0


@pytest.mark.wide
def test_a_socket_in_the_file_system(world: World, tmp_path: Path) -> None:
    place = str(tmp_path / "socket")
    with Process(world, "-listen", f"unix:{place}"), socket.socket(socket.AF_UNIX) as connection:
        connection.connect(place)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_socket_takes_the_place_of_a_dead_one_alone(tmp_path: Path) -> None:
    place = tmp_path / "socket"
    settings = Settings(listen=f"unix:{place}")
    first, _ = listen(settings)
    with first, pytest.raises(DiskError, match="address already in use"):
        listen(settings)
    second, _ = listen(settings)
    second.close()
    place.unlink()
    place.write_text("precious")
    with pytest.raises(DiskError, match="there is a file that is not a socket"):
        listen(settings)
    assert place.read_text() == "precious"


@pytest.mark.wide
def test_a_certificate_is_renewed_while_it_runs(world: World, tmp_path: Path) -> None:
    """One that does not fit its key changes nothing, nor do the rules that were read with it."""
    files, config = TlsFiles(tmp_path), tmp_path / "serve.toml"
    one, two = files.made("one"), files.made("two")
    files.use(*one)
    config.write_text("")
    flags = ("-config", str(config), "-tls-cert", str(files.cert), "-tls-key", str(files.key))
    with Process(world, *flags) as process:

        def shown() -> str:
            return files.shown(process.url, "/q.io/a/@v/v1.0.0.mod")

        assert shown() == "one 200"
        files.use(two[0], one[1])
        config.write_text('[policy]\ndeny = [{ module = "q.io/a" }]\n')
        process.popen.send_signal(signal.SIGHUP)
        eventually(lambda: "the settings from before still count: tls_cert and tls_key: " in process.said)
        assert "key values mismatch" in process.said
        assert shown() == "one 200"
        files.use(*two)
        process.popen.send_signal(signal.SIGHUP)
        eventually(lambda: shown() == "two 403")


@pytest.mark.wide
def test_authorities_of_clients_are_read_anew(world: World, tmp_path: Path) -> None:
    """A new one counts after a reload; one that is gone after a restart, and that is said."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = Authority(tmp_path / "one", "corp one"), Authority(tmp_path / "two", "corp two")
    files, trusted = TlsFiles(tmp_path), tmp_path / "clients.pem"
    files.use(*files.made("server"))
    trusted.write_bytes(one.file.read_bytes())
    certificates = {name: each.issue("ann") for name, each in (("one", one), ("two", two))}
    flags = ("-tls-cert", str(files.cert), "-tls-key", str(files.key), "-client-ca", str(trusted))
    with Process(world, *flags) as process:

        def gets_in(name: str) -> bool:
            context = files.client_context()
            context.load_cert_chain(certificates[name])
            try:
                with urllib.request.urlopen(f"{process.url}/healthz", timeout=PATIENCE_S, context=context) as answer:
                    return bool(answer.status == 200)
            except OSError:  # of TLS 1.3, a client may hear no more than that it was cut off
                return False

        assert (gets_in("one"), gets_in("two")) == (True, False)
        trusted.write_bytes(one.file.read_bytes() + two.file.read_bytes())
        process.popen.send_signal(signal.SIGHUP)
        eventually(lambda: gets_in("two"))
        assert "client_ca" not in process.said
        trusted.write_bytes(two.file.read_bytes())
        process.popen.send_signal(signal.SIGHUP)
        eventually(lambda: "client_ca: authorities that are not in the file any more count until" in process.said)
        assert (gets_in("one"), gets_in("two")) == (True, True)


@pytest.mark.wide
@needs_proc
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_reload_while_it_starts_does_not_end_it(world: World, workers: str) -> None:
    """The default of SIGHUP is to end a process, and systemd would not start it again."""
    with Process(world, "-workers", workers, around=hung_up) as process:
        assert process.get("/q.io/a/@v/v1.0.0.mod")[0] == 200
        assert process.kill(signal.SIGTERM) == 0
        assert process.said == ""


@pytest.mark.wide
def test_two_processes_share_a_storage(world: World) -> None:
    """Each version is fetched once, whichever process is asked."""
    world.proxy.delay_s = 0.3
    path = "/q.io/a/@v/v1.0.0.zip"
    with Process(world) as one, Process(world) as two:
        found: list[tuple[int, bytes]] = []
        threads = [
            threading.Thread(target=lambda p=process: found.append(p.get(path))) for process in (one, two, one, two)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [(200, world.proxy.files[path])] * 4
    assert world.proxy.asked.count(path) == 1


@pytest.mark.wide
def test_settings_of_a_file_and_flags(world: World, tmp_path: Path) -> None:
    file = tmp_path / "serve.toml"
    file.write_text('workers = 1\nlist_ttl = "5m"\n[policy]\ndeny = [{ module = "q.io/a", reason = "see SEC-7" }]\n')
    with Process(world, "-config", str(file), "-access-log", str(tmp_path / "log")) as process:
        assert process.get("/q.io/a/@v/list") == (403, b"blocked by the rule for q.io/a: see SEC-7\n")
        process.kill(signal.SIGTERM)
    line = json.loads((tmp_path / "log").read_text())
    assert (line["path"], line["status"], line["client"]) == ("/q.io/a/@v/list", 403, "127.0.0.1")


@pytest.mark.wide
def test_an_event_log_and_an_index_that_is_followed(world: World) -> None:
    line = {"Path": "q.io/a", "Version": "v1.0.0", "Timestamp": "2100-01-01T00:00:00Z"}
    world.proxy.handlers["/index"] = lambda rest: json.dumps(line).encode() + b"\n"
    flags = ("-events", "a.example", "-follow", f"{world.proxy.url}/index", "-workers", "2")
    with Process(world, *flags) as process:
        eventually(lambda: b'"Path":"q.io/a"' in process.get("/index")[1])
        key = process.get("/events/key")[1].decode().strip()
        assert key.startswith("a.example+")
        assert (world.root / "served/q.io/a/@v/v1.0.0.zip").exists()

        def events() -> list[Any]:
            return [json.loads(process.get("/readyz")[1]) for _ in range(4)]  # whichever worker answers

        eventually(lambda: all(each["events"] == {"size": 1, "waiting": 0, "fault": ""} for each in events()))
        assert {each["followed"][0]["place"] for each in events()} == {f"{world.proxy.url}/index"}
        assert process.kill(signal.SIGTERM) == 0
    file = world.home / ".config/govgo/events/a.example.key"
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_log_is_opened_anew(world: World, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Process(world, "-access-log", str(log)) as process:
        process.get("/healthz")
        eventually(lambda: '"/healthz"' in log.read_text())
        log.rename(tmp_path / "old")
        process.popen.send_signal(signal.SIGHUP)
        eventually(log.exists)
        process.get("/readyz")
        process.kill(signal.SIGTERM)
    assert '"/healthz"' in (tmp_path / "old").read_text()
    assert '"/readyz"' in log.read_text()


@pytest.mark.slow
def test_new_connections_are_accepted_while_a_thousand_are_busy(world: World) -> None:
    """Each asks again as soon as it is answered; all have an answer within 10 s (with one door it took 16)."""
    world.publish("q.io/a", "v1.0.0")
    request = b"GET /q.io/a/@v/v1.0.0.mod HTTP/1.1\r\nHost: x\r\n\r\n"
    with Process(world) as process, contextlib.ExitStack() as held, selectors.DefaultSelector() as waiting:
        assert process.get("/q.io/a/@v/v1.0.0.mod")[0] == 200
        address = ("127.0.0.1", int(process.url.rpartition(":")[2]))
        for _ in range(1000):
            connection = held.enter_context(socket.create_connection(address))
            connection.setblocking(False)
            waiting.register(connection, selectors.EVENT_READ)
            connection.sendall(request)
        answered: set[int] = set()
        until_s = time.monotonic() + 10
        while len(answered) < 1000:
            assert time.monotonic() < until_s, f"{len(answered)} of 1,000"
            for key, _ in waiting.select(1):
                ready: Any = key.fileobj
                assert ready.recv(4096).startswith(b"HTTP/1.1 200 ")
                answered.add(key.fd)
                ready.sendall(request)
        process.kill(signal.SIGTERM)


@pytest.mark.wide
def test_workers_end_with_their_parent(world: World) -> None:
    """Else they would hold the socket, and a restart would find its address in use."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        address = f"127.0.0.1:{held.getsockname()[1]}"
    with Process(world, "-workers", "2", "-listen", address) as process:
        process.kill(signal.SIGKILL)
        with Process(world, "-workers", "2", "-listen", address) as again:
            assert again.get("/healthz")[0] == 200
            assert again.kill(signal.SIGTERM) == 0


@pytest.mark.wide
@pytest.mark.parametrize("workers", ["1", "2"])
def test_rules_are_read_anew(world: World, tmp_path: Path, workers: str) -> None:
    """What makes no sense leaves everything as it was, and is told."""
    file, users = tmp_path / "serve.toml", tmp_path / "users"
    closed = f'users = "{users}"\n'
    anybody = closed + 'anonymous = ["*"]\n'

    def reload(process: Process, text: str) -> None:
        file.write_text(text)
        process.popen.send_signal(signal.SIGHUP)

    def answers(process: Process, status: int) -> None:
        deadline_s, right = time.monotonic() + PATIENCE_S, 0
        while right < 6:  # in a row: each worker has had its turn, most likely
            right = right + 1 if process.get("/q.io/a/@v/v1.0.0.mod")[0] == status else 0
            assert time.monotonic() < deadline_s

    def says(process: Process, text: str) -> None:
        """Each worker has said it once."""
        eventually(lambda: process.said.count(text) == int(workers))

    kept = "the settings from before still count:"
    wrong = {
        'users = "nowhere"\n': f"{kept} nowhere: no such file or directory\n",
        "policy = 1\n": f"{kept} {file}:1: policy: want a table\n",
        "[": f"{kept} {file}:1: ",
        anybody + '[policy]\nmode = "none"\n': f"{kept} policy.mode: from or to none for all modules it changes only",
    }
    users.write_text("")
    file.write_text(anybody)
    with Process(world, "-config", str(file), "-workers", workers) as process:
        answers(process, 200)
        reload(process, anybody + '[policy]\ndeny = [{ module = "q.io/a" }]\n')
        answers(process, 403)
        reload(process, anybody + 'list_ttl = "5m"\n')
        answers(process, 200)
        says(process, "changed, and to count after a restart: list_s\n")
        reload(process, closed)
        answers(process, 401)
        for settings, text in wrong.items():
            before = process.said.count(text)
            reload(process, settings)
            eventually(lambda text=text, want=before + int(workers): process.said.count(text) == want)  # type: ignore[misc]
            answers(process, 401)
        (tmp_path / "filter").write_text("- q.io\n")
        reload(process, anybody + f'[policy]\nfilter = "{tmp_path}/filter"\n')
        answers(process, 403)
        users.write_text("ann:plain\n")
        process.popen.send_signal(signal.SIGHUP)
        says(process, f"{kept} {users}:1: want NAME:$2y$")
        answers(process, 403)
        process.kill(signal.SIGTERM)


@pytest.mark.wide
def test_answers_go_on_while_rules_are_read(world: World, tmp_path: Path) -> None:
    """A file of rules whose reading takes as long as it likes: here a pipe that nobody writes to yet."""
    file, users = tmp_path / "serve.toml", tmp_path / "users"
    os.mkfifo(users)
    file.write_text("")
    with Process(world, "-config", str(file)) as process:
        assert process.get("/q.io/a/@v/v1.0.0.mod")[0] == 200
        file.write_text(f'users = "{users}"\n')
        process.popen.send_signal(signal.SIGHUP)
        with open(users, "w"):  # when the server has opened it, too
            for _ in range(3):
                assert process.get("/q.io/a/@v/v1.0.0.mod") == (200, b"module q.io/a\n")
        eventually(lambda: process.get("/q.io/a/@v/v1.0.0.mod")[0] == 401)
        process.popen.send_signal(signal.SIGHUP)  # once more nobody writes, and it ends all the same
        with open(users, "w"):
            assert process.kill(signal.SIGTERM) == 0


@pytest.mark.wide
def test_a_web_hook_reaches_every_worker(world: World, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a secret of sixteen letters\n")
    config = tmp_path / "serve.toml"
    config.write_text(f'workers = 3\n[[hooks]]\nsecret_file = "{tmp_path}/secret"\nmodules = ["q.io"]\n')
    with Process(world, "-config", str(config)) as process:
        for _ in range(12):
            assert process.get("/q.io/a/@v/list") == (200, b"v1.0.0\n")
        world.publish("q.io/a", "v1.1.0")
        body = b'{"module":"q.io/a"}'
        digest = hmac.new(b"a secret of sixteen letters", body, "sha256").hexdigest()
        headers = {"X-Govgo-Signature": f"sha256={digest}"}
        message = urllib.request.Request(f"{process.url}/hooks/refresh", body, headers)
        with urllib.request.urlopen(message, timeout=PATIENCE_S) as answer:
            assert answer.status == 202
        deadline_s, right = time.monotonic() + PATIENCE_S, 0
        while right < 20 and time.monotonic() < deadline_s:
            right = right + 1 if process.get("/q.io/a/@v/list")[1] == b"v1.0.0\nv1.1.0\n" else 0
        process.kill(signal.SIGTERM)  # or the workers would outlive the test
    assert right == 20


def ask_at_random(process: Process, world: World, rng: random.Random, stop: threading.Event, wrong: list[str]) -> None:
    """Ask until `stop`; paths whose answer was not the truth go to `wrong`."""
    while not stop.is_set():
        path = f"/q.io/k{rng.randrange(8)}/@v/{rng.choice(['v1.0.0.mod', 'v1.0.0.zip'])}"
        try:
            status, body = process.get(path)
        except (OSError, http.client.HTTPException):
            continue  # it was killed, and the client knows
        if status == 200 and body != world.proxy.files[path]:
            wrong.append(path)


KILLS = int(os.environ.get("GOVGO_CAMPAIGN_KILLS", campaigns.size(300, least=8)))


@pytest.mark.parametrize(
    "times", [*(pytest.param(n, marks=pytest.mark.wide) for n in (1, 6)), pytest.param(KILLS, marks=pytest.mark.slow)]
)
def test_killed_at_random_moments(world: World, times: int) -> None:
    """A plain restart mends whatever a kill leaves behind, and nothing wrong is served."""
    rng = random.Random(times)
    names = [f"q.io/k{number}" for number in range(8)]
    for name in names:
        world.publish(name, "v1.0.0", files={"a.go": "package a\n//" + name * 20_000 + "\n"})
    world.proxy.delay_s = 0.01
    for _ in range(times):
        flags = rng.choice([(), ("-storage-limit", "20k", "-verify-storage"), ("-workers", "2")])
        with Process(world, *flags) as process:
            stop = threading.Event()
            wrong: list[str] = []
            ask = partial(ask_at_random, process, world, rng, stop, wrong)
            threads = [threading.Thread(target=ask) for _ in range(4)]
            for thread in threads:
                thread.start()
            time.sleep(rng.uniform(0.02, 0.4))
            process.kill(signal.SIGKILL)
            stop.set()
            for thread in threads:
                thread.join()
            assert wrong == []
        if rng.random() < 0.5:
            shutil.rmtree(world.root / "served" / rng.choice(names), ignore_errors=True)
    with Process(world) as process:
        for name in names:
            for file in ("v1.0.0.mod", "v1.0.0.zip"):
                assert process.get(f"/{name}/@v/{file}") == (200, world.proxy.files[f"/{name}/@v/{file}"])
        process.kill(signal.SIGTERM)


@pytest.mark.parametrize(
    ("flags", "code", "text"),
    [
        (["-listen", "nowhere"], 2, "want HOST:PORT"),
        (["-mode", "sometimes"], 2, "want one of sync, async, redirect, async_redirect, none"),
        (["-storage", "ftp://x"], 2, "ftp://…: want a directory, file://, s3://, az:// or gs://"),
        (["-storage", "mirror.tar"], 2, "mirror.tar is not a directory; a mirror in an archive is unpacked first"),
        (["-storage", "file:///tmp/mirror.zip"], 2, "mirror.zip is not a directory"),
        (["-storage", "/dev/null"], 2, "/dev/null is not a directory"),
        (["-config", "/nonexistent.toml"], 2, "no such file"),
        (["-tls-key", "/x"], 2, "need tls_cert"),
        (["-tls-cert", "/nonexistent"], 2, "/nonexistent"),
        (["-users", "/nonexistent"], 2, "/nonexistent"),
        (["-events", "A b"], 2, '-events: want a name such as "proxy.corp.example"'),
        (["-follow", "ftp://x"], 2, "-follow: want an http or https URL"),
        (["-listen", "192.0.2.1:80"], 3, "cannot assign requested address"),
    ],
)
def test_what_cannot_be_served(
    flags: list[str],
    code: int,
    text: str,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from govgo.cli.main import invoke

    world.use(monkeypatch)
    if "-listen" not in flags:
        flags = [*flags, "-listen", "127.0.0.1:0"]
    assert invoke(["serve", *flags]) == code
    assert text in capsys.readouterr().err


@pytest.mark.parametrize("table", ["events", "publish"])
def test_what_a_key_has_signed_has_to_be_kept_beside_it(
    table: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a directory that a unit of systemd leaves to be read alone, the first publication would fail."""
    from govgo.cli.main import invoke

    key, tree, config = tmp_path / "key", tmp_path / "tree", tmp_path / "serve.toml"
    world.use(monkeypatch)
    assert invoke(["sumdb", "init", "-storage", str(tree), "-key", str(key), "log.example"]) == 0
    (tmp_path / "users").write_text("")
    said = {
        "events": f'[events]\nname = "log.example"\nkey = "{key}"\n',
        "publish": f'[publish]\nmodules = ["corp.example"]\nsumdb = "{tree}"\nsumdb_key = "{key}"\n',
    }
    config.write_text(f'storage = "{tmp_path}/s"\nusers = "{tmp_path}/users"\n{said[table]}')
    (tmp_path / "key.head.lock").unlink(missing_ok=True)
    (tmp_path / "key.head.lock").mkdir()
    assert invoke(["serve", "-listen", "127.0.0.1:0", "-config", str(config)]) == 3
    assert "the largest tree head is kept beside its key, where nothing can be written: " in capsys.readouterr().err


def test_a_server_that_would_ask_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from govgo.cli.main import invoke

    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    world.use(monkeypatch, GOPROXY=f"http://localhost:{port}/,direct")
    assert invoke(["serve", "-listen", f"127.0.0.1:{port}"]) == 2


def test_what_is_not_installed(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from govgo.cli.main import invoke

    world.use(monkeypatch)
    monkeypatch.setitem(sys.modules, "httptools", None)
    assert invoke(["serve"]) == 2
    assert "pip install 'govgo[serve]'" in capsys.readouterr().err
