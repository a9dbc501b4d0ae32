# SPDX-License-Identifier: BSD-3-Clause
"""What other services say, through the client to the parser that reads it: an answer or a Failure, nothing else.

`tests/attacks/test_hostile_answers.py` has the answers about modules, and those to lookups. Here are databases of
advisories, logs that are watched, event logs of peers, indexes, proxies that are compared, witnesses, servers that
versions are published on, and the programs of GOAUTH. One client is given many answers; `--slow` tries 100,000 of each.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import httpx
import pytest

from govgo.adapters.advisories.web import WebSource
from govgo.adapters.disk.usercache import KeptFiles
from govgo.adapters.http import connect, goauth
from govgo.adapters.http.engine import Pacer, Timeouts
from govgo.adapters.http.remote import Web
from govgo.adapters.http.send import Poster, Uploader
from govgo.adapters.loop.network import Network
from govgo.adapters.proxy.indexrange import read_range
from govgo.adapters.proxy.peers import ProxyPeers
from govgo.adapters.sumdb.logsource import WebLog
from govgo.adapters.sumdb.remotelog import RemoteLog
from govgo.adapters.sumdb.session import SumClient
from govgo.adapters.workspace.goenvfile import load_env
from govgo.app.log.clone import Clone
from govgo.app.log.watch import Watch
from govgo.app.sumdb.cosign import Witness, cosign
from govgo.app.sumdb.growing import one_key
from govgo.app.sumdb.publisher import Publisher
from govgo.core.goenv import GoEnv, NetworkEnv
from govgo.core.goproxy.answers import Looked, Question
from govgo.core.goproxy.judge import judge, newest, version_of
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.cosignature import parse_witness
from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.rules import join_data_tile
from govgo.errors import Failure, NotFoundError, SecurityError, SumDbFormatError
from govgo.wiring import publish
from govgo.wiring.session import SilentReporter
from tests.adapters.advisories.test_files import advisory
from tests.attacks.test_hostile_answers import INFO, LIST, MOD, OPTIONS, Engine, Honest, Hostile
from tests.attacks.test_hostile_answers import PIECES as ANY_PIECES
from tests.simulators import campaigns, witness
from tests.simulators.eventlog import Memory
from tests.simulators.fuzzing import made
from tests.simulators.storage import MemoryStorage
from tests.simulators.sumdb_log import Log, Server, keys, record_text

FEW, MANY = 100, campaigns.size(100_000, least=300)
MV = ModuleVersion("q.io/m", "v1.0.0")
SIGNER, KEY = keys(1)

Ask = Callable[[int], object]
"""Asks the question of a number; what it raises is judged."""


class Checked(Engine):
    """An engine that looks at what it is to send, too: no header holds another one."""

    async def send(self, origin: str, target: str, headers: list[str], pace: Pacer) -> Hostile:
        sent = [*headers, origin, target]
        assert not any(char in line for line in sent for char in "\r\n\0"), sent
        return await super().send(origin, target, headers, pace)


class Stage:
    """A client, and what it is answered: the truth, but for the targets that lie in this turn.

    Attributes:
        true: what is truly at a target, None for nothing.
        lies: what stands in a target that lies.
        printed: what programs print, before it is changed.
        met: how many hostile answers were given.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, root: Path, held: ExitStack) -> None:
        self.monkeypatch = monkeypatch
        self.root = root
        self.held = held
        self.true: Callable[[str], bytes | None] = lambda target: None
        self.lies = ""
        self.rng = random.Random()
        self.met = 0
        monkeypatch.setattr(connect, "open_engine", lambda _: Checked(self._answer))
        monkeypatch.setattr(Poster, "client", lambda *_: httpx.Client(transport=httpx.MockTransport(self._posted)))
        monkeypatch.setattr(goauth._Programs, "run", lambda _, words, stdin, cwd: self._printed(words))
        self.printed = b""

    def env(self, **environ: str) -> GoEnv:
        return load_env({"HOME": str(self.root), "GOENV": "off", "PATH": "", **environ})

    def network(self, **environ: str) -> Network:
        network = Network(self.env(**environ), SilentReporter(), OPTIONS, local=False)
        network.loop()
        self.held.callback(network.close)
        return network

    def _answer(self, origin: str, target: str) -> Hostile:
        body = self.true(target)
        if self.lies not in target:
            return Honest(body)
        self.met += 1
        return Hostile((body or b"",), self.rng)

    def _posted(self, request: httpx.Request) -> httpx.Response:
        answer = self._answer("", request.url.path)
        status = answer.status if 200 <= answer.status < 600 else 200
        return httpx.Response(status, content=answer.body)

    def _printed(self, words: list[str]) -> subprocess.CompletedProcess[bytes]:
        self.met += 1
        status = int(self.rng.random() < 0.1)
        out = made((self.printed,), (*ANY_PIECES, *GOAUTH_PIECES), self.rng)
        return subprocess.CompletedProcess(words, status, out, b"fatal: no")


Service = Callable[[Stage], Ask]


def files(found: Mapping[str, bytes]) -> Callable[[str], bytes | None]:
    """By the end of the target."""
    return lambda target: next((data for end, data in found.items() if target.endswith(end)), None)


def advisories(stage: Stage) -> Ask:
    """A database of advisories: its state, its index and an advisory lie in turn."""
    rows = [{"path": "q.io/m", "vulns": [{"id": "GO-1", "modified": "2026-01-02T00:00:00Z"}]}]
    stage.true = files({
        "db.json": b'{"modified":"2026-01-02T00:00:00Z"}',
        "modules.json": json.dumps(rows).encode(),
        "GO-1.json": advisory("GO-1", path="q.io/m").encode(),
    })  # fmt: skip
    network = stage.network()
    kept = KeptFiles({}, "advisories")

    def ask(number: int) -> object:
        nonlocal kept
        stage.lies = ("db.json", "modules.json", "GO-1.json")[number % 3]
        if number % 1000 == 0:  # all that is kept would fill the disk; it is tidied once for each `KeptFiles`
            shutil.rmtree(stage.root / str(number // 1000 - 1), ignore_errors=True)
            root = str(stage.root / str(number // 1000))
            kept = KeptFiles({"HOME": root, "XDG_CACHE_HOME": root}, "advisories")
        found = WebSource(f"http://h/{number}", network, kept).about(["q.io/m"])
        return [each.about("q.io/m") for each in found.advisories]

    return ask


def log_of(count: int) -> Server:
    log = Log()
    for number in range(count):
        log.add("q.io/m", f"v1.0.{number}")
    return Server(log)


def truth_of(server: Server) -> Callable[[str], bytes | None]:
    """What a log has at a target: heads, tiles, and the tile of its records."""

    @cache
    def body(target: str) -> bytes | None:
        path = "/" + target.rpartition("/log/")[2]
        if "/data/" in path:
            return join_data_tile(server.log.records)
        try:
            return server.body(path.replace("/checkpoint", "/latest"))
        except (NotFoundError, SumDbFormatError):  # also where a redirect leads to what is not a path of a tile
            return None

    return body


def watched(stage: Stage) -> Ask:
    """A log that is watched: its head, its tiles and its records lie in turn."""
    server = log_of(40)
    stage.true = truth_of(server)
    network = stage.network()

    def ask(number: int) -> object:
        stage.lies = ("/latest", "/8/0/", "/data/")[number % 3]
        told: list[object] = []
        watch = Watch(WebLog("http://h/log", network), Clone(MemoryStorage()), parse_verifier(server.log.key), bool)
        seen = watch.look(told.append, 0)
        assert seen.findings or len(told) == 40
        return seen

    return ask


def peers(stage: Stage) -> Ask:
    """The event log of a peer."""
    server = log_of(40)
    stage.true = truth_of(server)
    network = stage.network()

    def ask(number: int) -> object:
        stage.lies = ("/checkpoint", "/8/0/", "/data/")[number % 3]
        remote = Web(network.client).open("http://h/log")
        log = RemoteLog(parse_verifier(server.log.key), remote, MemoryStorage(), lambda _: None)

        async def look() -> list[bytes]:
            try:
                return await log.page(0, await log.newest())
            finally:
                await log.aclose()

        texts = network.run(look())
        assert texts == server.log.records
        return texts

    return ask


def compared_heads(stage: Stage) -> Ask:
    """A place that shows another's database: its head, and the tiles that join it to ours."""
    server = log_of(40)
    older = Server(server.log)
    older.head_size = 30
    truths = truth_of(server), truth_of(older)
    stage.true = lambda target: truths["/witness/" in target](target.replace("/witness/", "/log/"))
    env = stage.env(GOSUMDB=f"{server.log.key} http://h/log", GOPROXY="direct")

    def ask(number: int) -> object:
        stage.lies = ("/witness/", "/witness/latest")[number % 2]
        with SumClient(env, SilentReporter(), OPTIONS) as client:
            head = client.compare_place("http://h/witness")
        assert head.tree == server.log.tree(30)
        return head

    return ask


def index(stage: Stage) -> Ask:
    """An index of modules, of which several parts are asked for."""
    line = b'{"Path":"q.io/m","Version":"v1.0.%d","Timestamp":"2019-04-10T19:08:52.997264Z"}\n'
    stage.true = lambda target: b"".join(line % number for number in range(5))
    network = stage.network()
    web = Web(network.client)
    return lambda number: network.run(read_range(web.get, "http://h/index", "", 12, 1_800_000_000_000_000))


def compared(stage: Stage) -> Ask:
    """A proxy that is compared with others, and judged by the protocol."""
    stage.true = files({"list": LIST, "latest": INFO, "v1.0.0.info": INFO, ".mod": MOD, "@v1.0.0": RECORD})
    proxies = stage.held.enter_context(ProxyPeers(stage.env(), SilentReporter(), OPTIONS))
    asked = {
        Question.LIST: "q.io/m/@v/list",
        Question.LATEST: "q.io/m/@latest",
        Question.INFO: "q.io/m/@v/v1.0.0.info",
        Question.MOD: "q.io/m/@v/v1.0.0.mod",
        Question.ABSENT: "q.io/m/@v/v1.999999.999999.info",
        Question.LOOKUP: "sumdb/s/lookup/q.io/m@v1.0.0",
    }

    def ask(number: int) -> object:
        question, path = list(asked.items())[number % len(asked)]
        stage.lies = path
        answers = proxies.files([("http://h1", path), ("http://h2", path)])
        for answer in answers:
            version_of(answer)
        newest(answers)
        by_proxy = {name: {question: answer} for name, answer in zip(("one", "two"), answers, strict=True)}
        return list(judge(Looked(MV, by_proxy, ("h1:x", "h1:y"))))

    return ask


def cosigned(stage: Stage) -> Ask:
    """A witness that is asked to cosign."""
    other = witness.Witness("w.example", 1)
    storage = MemoryStorage()
    publisher = Publisher(storage, one_key(SIGNER, parse_verifier(KEY)), Memory(), pause=lambda _: None)
    publisher.create()
    publisher.add({ModuleVersion("q.io/m", f"v1.0.{n}"): record_text("q.io/m", f"v1.0.{n}").encode() for n in range(9)})
    published = dict(storage.files)
    line = other.line(storage.files["latest"], 1_700_000_000)
    post = Poster(NetworkEnv(), Timeouts()).post

    def ask(number: int) -> object:
        storage.files.clear()
        storage.files.update(published)
        stage.true = lambda target: (line, b"5\n")[number % 2]
        return cosign(storage, [Witness(parse_witness(other.key), "http://w.example")], [], post)

    return ask


def published(stage: Stage) -> Ask:
    """A server that is told of a new version."""
    stage.true = lambda target: b'{"module":"q.io/m","version":"v1.0.0","sum":"h1:x"}'
    uploader = Uploader(Poster(NetworkEnv(), Timeouts()), "http://h", "", "")
    return lambda number: publish._judged(uploader.get("publish/x"), MV, uploader.shown)


async def at_once(network: Network, work: Callable[[], object], *, computes: bool = False) -> object:
    return work()


def programs(stage: Stage) -> Ask:
    """A program of GOAUTH, and git's helpers: first without a URL, then for one that was refused."""
    program = b"https://q.io\nhttps://h.example/a\n\nAuthorization: Basic dTpw\nX-Y: z\n\nhttps://i\n\nA: b\n\n"
    # Only the programs, which are not run, would be in threads, whose start takes as long as all the rest.
    stage.monkeypatch.setattr(Network, "off", at_once)
    git = b"protocol=https\nhost=q.io\nusername=u\npassword=p\nurl=https://q.io/m\n"

    def ask(number: int) -> object:
        stage.lies = "nothing"
        stage.printed = (program, git)[number % 2]
        bodies = iter((None, b"v1.0.0\n"))
        stage.true = lambda target: next(bodies, None)
        with ExitStack() as stage.held:
            network = stage.network(GOAUTH="git /" if number % 2 else "helper")
            return network.run(network.client().get("https://q.io/m/@v/list", 1000))

    return ask


RECORD = Log().grow(3).answer("example.org/filler", "v0.0.1")
GOAUTH_PIECES = (
    b"https://q.io",
    b"\n\n",
    b"Authorization: ",
    b": ",
    b"protocol=",
    b"host=",
    b"path=",
    b"url=https://[",
)
SIGNED = (watched, peers, compared_heads)
"""What they say may be false although it is signed, or not be signed by the key."""
SERVICES = (advisories, watched, peers, compared_heads, index, compared, cosigned, published, programs)


def play(monkeypatch: pytest.MonkeyPatch, root: Path, service: Service, times: int) -> None:
    with ExitStack() as held:
        stage = Stage(monkeypatch, root, held)
        ask = service(stage)
        answers = sum(ends_well(stage, service, ask, number) for number in range(times))
    assert answers > times / 50


def ends_well(stage: Stage, service: Service, ask: Ask, number: int) -> bool:
    """Ask a question; whether there is an answer. Other errors than a Failure may be about signed texts alone."""
    stage.rng = campaigns.dice(service.__name__, number)
    stage.met = 0
    told = ""
    try:
        ask(number)
    except Failure as error:
        told = str(error)
    except SecurityError as error:
        told = str(error) if service in SIGNED else pytest.fail(f"number {number}: {error}")
    except BaseException as error:
        error.add_note(f"{service.__name__}, number {number}")
        raise
    assert len(told) < 3_000, (number, ascii(told))
    assert stage.met, f"{service.__name__}, number {number}: the attack was met"
    return not told


@pytest.mark.wide
@pytest.mark.parametrize("service", campaigns.one_in(3, SERVICES))
def test_a_service_says_anything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, service: Service) -> None:
    play(monkeypatch, tmp_path, service, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_says_any_of_100_000_things(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, service: Service
) -> None:
    play(monkeypatch, tmp_path, service, MANY)
