# SPDX-License-Identifier: BSD-3-Clause
"""Answers with any status, headers and body, through the client to the parser that reads them.

Every question ends in an answer or a Failure of three kinds: text that breaks the rules (InputError), content that
is damaged (IntegrityError), a source that is of no use (UnavailableError, NotFoundError). So `|` always finds the
honest proxy behind a hostile one. Only what contradicts the database is a SecurityError.

The default run tries a hundred answers of each kind, `--slow` 100,000. The engines are tried with the same answers and
with any bytes on the wire.
"""

from __future__ import annotations

import random
import shutil
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest

from govgo.adapters.http import connect
from govgo.adapters.http.client import HttpClient
from govgo.adapters.http.curl_engine import CurlEngine
from govgo.adapters.http.engine import Fault, Pacer, Timeouts, TransferError
from govgo.adapters.http.httpx_engine import HttpxEngine
from govgo.adapters.http.retry import RetryPolicy
from govgo.adapters.loop.network import NetworkOptions
from govgo.adapters.repository.repository import Repository
from govgo.adapters.workspace.goenvfile import load_env
from govgo.core.gosum.dirhash import h1, hash_gomod
from govgo.core.gosum.ledger import SumLedger
from govgo.core.modfile.quickread import summarize
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import InputError, IntegrityError, NotFoundError, SecurityError, UnavailableError
from govgo.wiring.session import SilentReporter
from tests.simulators import campaigns
from tests.simulators.fuzzing import made
from tests.simulators.httpclients import MakeEngine, with_client
from tests.simulators.sumdb_log import Log, Server
from tests.simulators.zips import module_zip

FEW, MANY = 100, campaigns.size(100_000, least=300)
OPTIONS = NetworkOptions(retry=RetryPolicy(retries=1, base_s=0.0, longest_s=0.0))
FAILURES = (InputError, IntegrityError, UnavailableError, NotFoundError)

PIECES = (
    *(b"\n", b"\r\n", b"\n\n", b" ", b"\t", b"\0", b"\x1b[2J", b"\xff", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"=", b"-"),
    *(b"0", b"-1", b"9" * 19, b"9" * 5000, b"1e999", b"\xd9\xa1", b"v1.0.0", b"v1", b"v1.0.0+incompatible", b"q.io/a"),
    *(b"{", b"}", b"[" * 3000, b'"', b"\\ud800", b"\\u0000", b"null", b"NaN", b"Infinity", b'"Time":', b'"Version":'),
    *(b"10000-01-01T00:00:00Z", b"0000-00-00T00:00:00Z", b"2024-02-30T25:61:61+99:99", b"v0.0.0-99999999999999-abcdef"),
    *(b"require (", b")", b"=>", b"[", b"//", b"/*", b"go ", b"go 99999999999999999999.1\n", b"toolchain go1.99x\n"),
    *(b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"\xff\xff\xff\xff", b"\0\0\0\0", b"../", b"go.mod"),
    *(b"<meta ", b"name=go-import ", b"content=", b"'", b">", b"<!--", b"<body>", b"&#x110000;", b"&#xd800;", b"mod"),
    *(b"http://[", b"//[::1", b"http://h:99999/", b"file:///etc/passwd", b"%zz", b"%00", b"#", b"?", b"@"),
    *(b"xn--a", b"\xc3\xa9.example"),
    *("\u2014 ".encode(), b"go.sum database tree\n", b"h1:", b"/go.mod", b"A" * 70_000),
)  # fmt: skip

HEADERS = {
    "location": (
        b"/q.io/a/@v/list",
        b"http://[x/",
        b"//[x]/",
        b"http://h:" + b"9" * 5000,
        b"https://user:pw@h.example:443/a?b#c",
        b"//h.example/x",
    ),
    "retry-after": (b"0", b"120", b"Wed, 21 Oct 2026 07:28:00 GMT", b"Wed, 21 Oct 2026 07:28:" + b"9" * 50 + b" GMT"),
    "content-type": (b"text/plain; charset=utf-8", b"text/html", b'text/plain;charset="latin1"'),
    "content-encoding": (b"gzip", b"identity", b"deflate, gzip"),
    "content-length": (b"5", b"0", b"999999999"),
    "content-range": (b"bytes 5-9/10", b"bytes */10", b"bytes 0-0/*"),
    "etag": (b'"tag"', b'W/"tag"', b"tag"),
}
STATUSES = (*[200] * 20, 206, 301, 302, 304, 307, 400, 401, 403, 404, 410, 416, 418, 429, 500, 503, 599, 999, 0)


class Hostile:
    """One answer, made from a number."""

    def __init__(self, texts: tuple[bytes, ...], rng: random.Random) -> None:
        self.status = rng.choice(STATUSES)
        self.reason = made((b"OK", b"Not Found"), PIECES, rng).decode("latin-1") if rng.random() < 0.3 else "OK"
        self._headers = {
            name: made(values, PIECES, rng).decode("latin-1") if rng.random() < 0.7 else values[0].decode()
            for name, values in HEADERS.items()
            if rng.random() < 0.3
        }
        self.body = rng.choice(texts) if rng.random() < 0.2 else made(texts, PIECES, rng)
        self._cut = rng.random() < 0.1
        self._pieces = rng.randint(1, 3)
        self._taken = False

    def head(self) -> bytes:
        lines = [f"{name}: {value}" for name, value in self._headers.items()]
        return "\n".join([f"HTTP/1.1 {self.status} {self.reason}", *lines, ""]).encode("latin-1")

    def has_header(self, name: bytes) -> bool:
        return name.decode() in self._headers

    def header(self, name: str) -> str:
        return self._headers.get(name, "")

    def whole(self) -> bytes | None:
        return self.body if self._pieces == 1 and not self._cut else None

    async def chunks(self) -> AsyncIterator[bytes]:
        size = max(1, len(self.body) // self._pieces)
        for at in range(0, len(self.body), size):
            yield self.body[at : at + size]
        if self._cut:
            raise TransferError(Fault.CUT, "unexpected EOF")

    def close(self) -> None: ...


class Honest(Hostile):
    """A file, or 404."""

    def __init__(self, body: bytes | None) -> None:
        self.status = 404 if body is None else 200
        self.reason = ""
        self._headers: dict[str, str] = {}
        self.body = body or b""
        self._cut, self._pieces = False, 1


Answers = Callable[[str, str], Hostile]
"""From an origin and a path to the answer."""


class Engine:
    """Gives answers without any network."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    async def send(self, origin: str, target: str, headers: list[str], pace: Pacer) -> Hostile:
        pace.start()
        return self._answers(origin, target)

    async def aclose(self) -> None: ...


INFO = b'{"Version":"v1.0.0","Time":"2024-05-06T07:08:09Z","Origin":{"VCS":"git","URL":"https://q.io","Hash":"ab"}}'
INFOS = (
    INFO,
    INFO.replace(b'"git"', b"9" * 5000),
    INFO.replace(b'"Origin"', b'"Other":' + b"9" * 5000 + b',"Origin"'),
    INFO.replace(b"https://q.io", b"https://\\ud800.io"),
    INFO.replace(b"2024", b"10000"),
    INFO.replace(b"Z", b"+99:99"),
    b'{"Version":"v1.0.0","Origin":' + b"[" * 50_000,
)
LIST = b"v1.0.0\nv1.1.0 2024-05-06T07:08:09Z\nv0.0.0-20200102030405-0123456789ab\n"
MOD = b"module q.io/a // c\n\ngo 1.21\n\nrequire (\n\tq.io/b v1.0.0 // indirect\n)\n\nretract [v1.0.0, v1.0.5] // bad\n"
PAGE = b'<html><head><meta name="go-import" content="q.io/a mod http://honest"></head></html>'
VERSION = "v1.0.0"
NAMES = "abcdefghijklmnopqrstuvwxyz"
"""One client is asked about as many modules, q.io/a to q.io/z, each with a hostile answer of its own."""


@cache
def files(name: str) -> dict[str, bytes]:
    """The files of the module q.io/NAME, by the end of their URLs."""
    mod = about(name, MOD)
    zipped = module_zip(f"q.io/{name}@{VERSION}", {"go.mod": mod, "a.go": b"package a\n"})
    return {"list": LIST, "v1.0.0.info": INFO, "v1.0.0.mod": mod, "v1.0.0.zip": zipped, "main.info": INFO}


def about(name: str, text: bytes) -> bytes:
    """A text about q.io/a as one about q.io/NAME."""
    return text.replace(b"q.io/a", b"q.io/" + name.encode())


TEXTS: dict[str, Callable[[str], tuple[bytes, ...]]] = {
    "list": lambda name: (LIST,),
    "latest": lambda name: INFOS,
    "info": lambda name: INFOS,
    "branch": lambda name: INFOS,
    "mod": lambda name: (files(name)["v1.0.0.mod"],),
    "zip": lambda name: (files(name)["v1.0.0.zip"],),
    "page": lambda name: (about(name, PAGE),),
}
QUESTIONS: dict[str, Callable[[Repository, str], object]] = {
    "list": lambda repo, path: repo.versions(path),
    "latest": lambda repo, path: repo.latest(path),
    "info": lambda repo, path: repo.info(path, VERSION),
    "branch": lambda repo, path: repo.info(path, "main"),
    "mod": lambda repo, path: summarize("go.mod", repo.gomod(ModuleVersion(path, VERSION))),
    "zip": lambda repo, path: repo.zip_dir(ModuleVersion(path, VERSION)),
    "page": lambda repo, path: repo.versions(path),
}


ENDINGS = {"latest": "@latest", "info": "v1.0.0.info", "branch": "main.info", "page": "go-get=1"}
ENDINGS |= {"list": "/@v/list", "mod": "v1.0.0.mod", "zip": "v1.0.0.zip"}
"""How the target of the answer that lies ends."""


def honest(target: str) -> Honest:
    path, _, name = target.rpartition("/@v/") if "/@v/" in target else (target, "", "")
    name = "v1.0.0.info" if target.endswith("@latest") else name
    return Honest(files(path[-1:]).get(name) if path[-1:] in NAMES else None)


@contextmanager
def repository(
    monkeypatch: pytest.MonkeyPatch, root: Path, engine: MakeEngine, environ: Mapping[str, str]
) -> Iterator[Repository]:
    monkeypatch.setattr(connect, "open_engine", engine)
    env = load_env({"HOME": str(root), "GOMODCACHE": str(root / "mod"), "GOENV": "off", "PATH": "", **environ})
    repo = Repository(env, SilentReporter(), ledger=SumLedger("/m/go.sum", b""), options=OPTIONS, writable_dirs=True)
    try:
        yield repo
    finally:
        repo.close()


class Stage:
    """Plays one hostile answer after the other to one client; asserts what each may lead to."""

    def __init__(self, kind: str, *, has_honest: bool) -> None:
        self.kind = kind
        self.has_honest = has_honest
        self._name = ""
        self._rng = random.Random()
        self._met = 0

    def answers(self, origin: str, target: str) -> Hostile:
        if origin.endswith("honest") or not target.endswith(ENDINGS[self.kind]) or f"/{self._name}" not in target:
            return honest(target)
        self._met += 1
        return Hostile(TEXTS[self.kind](self._name), self._rng)

    def ask(self, repo: Repository, seed: int) -> None:
        self._name = NAMES[seed % len(NAMES)]
        self._rng = campaigns.dice(self.kind, seed)
        self._met = 0
        failure = ""
        try:
            QUESTIONS[self.kind](repo, f"q.io/{self._name}")
        except FAILURES as error:
            failure = str(error)
        assert self._met, "the attack was met"
        assert len(failure) < 3_000
        # What go prints as it stands, such as a line of go.mod, is made visible where it is printed.
        assert self.kind in ("mod", "page") or all(c.isprintable() or c in "\n\t" for c in failure), ascii(failure)
        # A zip or a go.mod that breaks rules is found when it is there, too late for the next proxy; so it is in go.
        assert not failure or not self.has_honest or self.kind in ("zip", "mod"), ascii(failure)


def play(monkeypatch: pytest.MonkeyPatch, root: Path, kind: str, times: int, wire: Wire | None = None) -> None:
    """Play so many answers, with `wire` through a real engine; behind half of them stands an honest proxy."""
    for start in range(0, times, len(NAMES)):
        stage = Stage(kind, has_honest=kind != "page" and start // len(NAMES) % 2 == 1)
        proxies = "direct" if kind == "page" else "http://evil|http://honest" if stage.has_honest else "http://evil"
        environ = {"GOPROXY": proxies, "GOSUMDB": "off", "GOINSECURE": "q.io"}
        engine: MakeEngine = lambda _: Engine(stage.answers)  # noqa: B023, E731 - of this turn
        if wire is not None:
            engine, wire.answers = wire.engine, stage.answers
            environ["HTTP_PROXY"] = wire.url
        with repository(monkeypatch, root, engine, environ) as repo:
            for seed in range(start, min(times, start + len(NAMES))):
                try:
                    stage.ask(repo, seed)
                except BaseException as error:
                    error.add_note(f"{kind}, seed {seed}")
                    raise
        shutil.rmtree(root / "mod", ignore_errors=True)


@pytest.mark.parametrize("kind", campaigns.one_in(3, QUESTIONS))
def test_attack_any_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    play(monkeypatch, tmp_path, kind, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("kind", QUESTIONS)
def test_attack_any_of_100_000_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    play(monkeypatch, tmp_path, kind, MANY)


# Answers of the checksum database.

APART = 256
"""Records from one module to the next, so that each record lies in another tile."""
SAME_CLIENT = 5
"""So many questions at most are put to one client; the first finds it without any tree or tile."""


class Database:
    """The database of q.io/a to q.io/z. Each lookup is answered with another tree, for the client to join to its own.

    Attributes:
        body: what is truly at a target, None for nothing.
    """

    def __init__(self) -> None:
        log = Log()
        self._servers: dict[str, Server] = {}
        for name in NAMES:
            size = log.grow(APART - 1).add(f"q.io/{name}", VERSION, self._record(name)) + 1
            server = Server(log)
            server.head_size = size + 7 * size % 97
            self._servers[f"/lookup/q.io/{name}@{VERSION}"] = server
        self._all = Server(log.grow(100))
        self.key = log.key
        self.body = cache(self._body)

    def _record(self, name: str) -> str:
        sums = h1([]), hash_gomod(about(name, MOD))
        return "q.io/{0} {1} {2}\nq.io/{0} {1}/go.mod {3}\n".format(name, VERSION, *sums)

    def _body(self, target: str) -> bytes | None:
        try:
            return self._servers.get(target, self._all).body(target)
        except (NotFoundError, InputError):  # a redirect has led to what is not a path of a database
            return None


class Prover:
    """Plays one hostile answer of the database after the other; asserts what each may lead to."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._database = Database()
        self._rng = random.Random()
        self._name = ""
        self._lies = self._met = 0
        self.environ = {"GOPROXY": "http://honest", "GOSUMDB": f"{self._database.key} http://log"}

    def answers(self, origin: str, target: str) -> Hostile:
        if origin.endswith("honest"):
            return honest(target)
        true = self._database.body(target)
        lies = target.startswith("/tile/" if self._kind == "tile" else f"/lookup/q.io/{self._name}")
        if not lies or self._met >= self._lies:
            return Honest(true)
        self._met += 1
        return Hostile((true or b"", self._database.body("/latest") or b""), self._rng)

    def ask(self, repo: Repository, seed: int) -> None:
        """The true go.mod, or an error."""
        self._name = NAMES[seed % len(NAMES)]
        self._rng = campaigns.dice(self._kind, seed)
        self._lies, self._met = self._rng.randint(1, 2), 0
        data, failure = about(self._name, MOD), ""
        try:
            data = repo.gomod(ModuleVersion(f"q.io/{self._name}", VERSION))
        except FAILURES as error:
            failure = str(error)
        finally:
            assert self._met, "the attack was met"
        assert data == about(self._name, MOD)
        assert len(failure) < 3_000


def prove_many(monkeypatch: pytest.MonkeyPatch, root: Path, kind: str, times: int) -> None:
    prover = Prover(kind)
    asked = 0
    while asked < times:
        first, fork = asked, ""
        try:
            with repository(monkeypatch, root, lambda _: Engine(prover.answers), prover.environ) as repo:
                while asked < min(times, first + SAME_CLIENT):
                    asked += 1
                    prover.ask(repo, asked - 1)
        except SecurityError as error:  # of a false note; also at the end, where it was in an answer nobody waited for
            fork = str(error)
        except BaseException as error:
            error.add_note(f"{kind}, seeds {first} to {asked - 1}")
            raise
        assert not fork or kind == "lookup", f"{kind}, seeds {first} to {asked - 1}: {fork}"
        assert len(fork) < 3_000
        shutil.rmtree(root / "mod", ignore_errors=True)
        shutil.rmtree(root / "go", ignore_errors=True)


@pytest.mark.parametrize("kind", campaigns.one_in(2, ["lookup", "tile"]))
def test_attack_any_answer_of_the_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    prove_many(monkeypatch, tmp_path, kind, FEW // 3)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lookup", "tile"])
def test_attack_any_of_100_000_answers_of_the_database(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    prove_many(monkeypatch, tmp_path, kind, MANY)


# The same answers over a socket, through each engine.


class Wire:
    """A proxy of HTTP that gives the answers of a test, and the engine that asks it."""

    def __init__(self, engine: MakeEngine) -> None:
        self.engine = engine
        self.url = ""
        self.answers: Answers = lambda origin, path: Honest(None)

    def answer(self, request: bytes) -> bytes:
        origin, _, path = request.split()[1].decode().removeprefix("http://").partition("/")
        found = self.answers(f"http://{origin}", f"/{path}")
        body = found.body[: len(found.body) // 2] if found._cut else found.body
        length = f"\nContent-Length: {len(found.body)}" if found._cut or found._pieces == 1 else ""
        head = found.head().decode("latin-1").rstrip("\n") + f"{length}\nConnection: close\n\n"
        return head.replace("\n", "\r\n").encode("latin-1") + body


def play_over(monkeypatch: pytest.MonkeyPatch, root: Path, kind: str, engine: MakeEngine, times: int) -> None:
    wire = Wire(engine)
    with raw_server(wire.answer) as wire.url:
        play(monkeypatch, root, kind, times, wire)


ENGINES = pytest.mark.parametrize("engine", [CurlEngine, HttpxEngine])


@pytest.mark.parametrize(
    ("kind", "engine"),
    campaigns.one_in(3, ((kind, engine) for kind in QUESTIONS for engine in (CurlEngine, HttpxEngine))),
)
def test_attack_any_answer_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, engine: MakeEngine) -> None:
    play_over(monkeypatch, tmp_path, kind, engine, FEW // 10)


@pytest.mark.slow
@ENGINES
@pytest.mark.parametrize("kind", QUESTIONS)
def test_attack_any_of_100_000_answers_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, engine: MakeEngine
) -> None:
    play_over(monkeypatch, tmp_path, kind, engine, MANY)


# Bytes on the wire, through each engine.

LINES = (
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.0 200\r\n",
    b"HTTP/1.1 302 Found\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n",
    b"HTTP/1.1 99999999999 Huge\r\n",
    b"HTTP/2 200\r\n",
)
FIELDS = (
    *(b"Content-Length: 7\r\n", b"Content-Length: 9999999999999999999999\r\n", b"Content-Length: -1\r\n"),
    *(b"Content-Length: 1\r\nContent-Length: 7\r\n", b"Content-Length: " + b"9" * 5000 + b"\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"Trailer: X\r\n"),
    *(b"Location: http://[x/\r\n", b"Location: http://h:99999/\r\n", b"Location: //127.0.0.1:1/x\r\n"),
    *(b"Content-Encoding: gzip\r\n", b"Connection: close\r\n", b"Retry-After: 0\r\n", b" folded\r\n", b"No colon\r\n"),
    *(b"X: \0\r\n", b"\xff: y\r\n", b"X: " + b"y" * 70_000 + b"\r\n", b"Set-Cookie: a=b\r\n", b"X : y\r\n"),
)  # fmt: skip
BODIES = (b"v1.0.0\n", b"7\r\nv1.0.0\n\r\n0\r\n\r\n", b"fffffffffffffffff\r\n", b"-1\r\n", b"0\r\nX: y\r\n\r\n", b"")


def wire(seed: int) -> bytes:
    rng = campaigns.dice(seed)
    lines = b"".join(rng.choices(FIELDS, k=rng.randint(0, 4)))
    data = rng.choice(LINES) + lines + b"\r\n" + rng.choice(BODIES)
    return data if rng.random() < 0.5 else made((data,), PIECES, rng)


HONEST = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nv1.0.0\n"


def numbered(request: bytes) -> bytes:
    """The answer to the request for /N is `wire(N)`, that for /honest is as it should be."""
    name = request.split()[1].strip(b"/")
    return HONEST if name == b"honest" else wire(int(name))


@contextmanager
def raw_server(answer: Callable[[bytes], bytes] = numbered) -> Iterator[str]:
    """A server that answers the head of a request by these bytes, and closes the connection; its URL."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError, ValueError, IndexError):
                connection.settimeout(5)
                connection.sendall(answer(connection.recv(65_536)))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        listener.close()


def play_on_the_wire(engine: MakeEngine, times: int) -> None:
    """Each answer ends in a body or a Failure, soon, and the next request goes well."""

    async def work(client: HttpClient) -> None:
        for seed in range(times):
            try:
                await client.get(f"{url}/{seed}", 1000)
                ends["body"] += 1
            except FAILURES:
                ends["failure"] += 1
            except BaseException as error:
                error.add_note(f"seed {seed}")
                raise
            if seed % 20 == 0:
                with suppress(UnavailableError):  # on a connection that was kept, and that the server closes meanwhile
                    await client.get(f"{url}/honest", 1000)
                assert await client.get(f"{url}/honest", 1000) == b"v1.0.0\n", f"nothing stays of seed {seed}"

    ends = {"body": 0, "failure": 0}
    with raw_server() as url:
        with_client(engine, work, retry=RetryPolicy(retries=0), timeouts=Timeouts(2, 2, 2, 4))
    assert min(ends.values()) > times / 20, ends


@ENGINES
def test_attack_any_bytes_on_the_wire(engine: MakeEngine) -> None:
    play_on_the_wire(engine, FEW)


@pytest.mark.slow
@ENGINES
def test_attack_any_of_100_000_bytes_on_the_wire(engine: MakeEngine) -> None:
    play_on_the_wire(engine, MANY)
