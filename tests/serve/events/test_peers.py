# SPDX-License-Identifier: BSD-3-Clause
"""Three servers that pull from each other, as processes; one is killed now and then, and in the end all are equal."""

from __future__ import annotations

import http.client
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from govgo.core.events.event import parse_event
from govgo.core.sumdb.heads import read_head
from govgo.core.sumdb.signer import make_keys
from govgo.core.sumdb.tlog import record_hash
from tests.serve.events.test_follow import free_port
from tests.simulators import campaigns
from tests.simulators.eventlog import log_keys, mods, root_of, verified_records
from tests.simulators.served import eventually
from tests.simulators.world import World

ROOT = Path(__file__).parents[3]
NAMES = ("a.example", "b.example", "c.example")


class Peer:
    """One `govgo serve`, which can be killed and started again.

    Attributes:
        heads: every signed head that it has shown.
    """

    def __init__(self, world: World, place: int, ports: list[int], *, zips: bool) -> None:
        self.name = NAMES[place]
        self.port = ports[place]
        self.storage = world.root / self.name
        self.heads: set[bytes] = set()
        key = world.root / f"{self.name}.key"
        key.write_text(make_keys(self.name, self.name.encode().ljust(32, b"."))[0] + "\n")
        key.chmod(0o600)
        peers = "".join(
            f'  {{ url = "http://127.0.0.1:{ports[other]}", key = "{log_keys(NAMES[other])[2]}", every = "100ms",'
            f" rate = 100000, zips = {str(zips).lower()} }},\n"
            for other in range(3)
            if other != place
        )
        config = world.root / f"{self.name}.toml"
        config.write_text(
            f'listen = "127.0.0.1:{self.port}"\nstorage = "{self.storage}"\nmissing_ttl = "10ms"\npeers = [\n{peers}]\n'
            f'[events]\nname = "{self.name}"\nkey = "{key}"\n'
        )
        self._words = [sys.executable, "-m", "govgo", "serve", "-config", str(config)]
        self._environment = {**world.environment, "PYTHONPATH": str(ROOT), "GOSUMDB": "off"}
        self._said = world.root / f"{self.name}.log"
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Peer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill(signal.SIGKILL)

    def start(self) -> None:
        with self._said.open("a") as said:
            self._process = subprocess.Popen(self._words, env=self._environment, stderr=said)

    def kill(self, number: int) -> None:
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        self._process.wait(10)

    def get(self, path: str) -> bytes:
        """The body of a 200; b"" for anything else, such as a server that is away."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            data = answer.read()
            return data if answer.status == 200 else b""
        except (OSError, http.client.HTTPException):
            return b""
        finally:
            connection.close()

    def size(self) -> int:
        """How many events its log has."""
        note = self.get("/events/checkpoint")
        if not note:
            return -1
        self.heads.add(note)
        return int(note.split(b"\n")[1])

    def said(self) -> str:
        return self._said.read_text()


# By default test_follow plays all that can come to pass between two of them, in one process.
@pytest.mark.parametrize(
    ("count", "kills"),
    [
        pytest.param(60, 2, marks=pytest.mark.wide, id="few"),
        pytest.param(300, 4, marks=pytest.mark.wide, id="more"),
        pytest.param(campaigns.size(10_000, least=500), 25, marks=pytest.mark.slow, id="many"),
    ],
)
def test_all_are_equal_in_the_end(tmp_path: Path, count: int, kills: int) -> None:
    rng = random.Random(count)
    ports = [free_port() for _ in NAMES]
    versions = mods(count)
    with World(tmp_path) as world, ExitStack() as held:
        for mod in versions:  # without the log of sums, whose simulator would take longer than all else
            world.proxy.add_module(*mod)
        peers = [Peer(world, place, ports, zips=count < 1000) for place in range(3)]
        for peer in peers:
            held.enter_context(peer)
        for peer in peers:
            eventually(lambda peer=peer: peer.get("/healthz"))  # type: ignore[misc]
        killed = {rng.randrange(count) for _ in range(kills)}
        for number, mod in enumerate(versions):
            ask = f"/{mod.path}/@v/{mod.version}.mod"
            first = rng.randrange(3)
            deadline_s = time.monotonic() + 30
            while not any(peers[(first + turn) % 3].get(ask) for turn in range(3)):
                assert time.monotonic() < deadline_s
            if number % 50 == 0:
                assert all(peer.size() >= -1 for peer in peers)
            if number in killed:
                victim = rng.choice(peers)
                victim.kill(rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
                victim.start()
        for peer in peers:
            eventually(lambda peer=peer: peer.size() >= count, 60 if count < 1000 else 900)  # type: ignore[misc]
        time.sleep(0.5)
        check_equal(peers, count)


def check_equal(peers: list[Peer], count: int) -> None:
    """Each log is sound, has each version once, and has never shown another history; each storage has all files."""
    want = {mod.path for mod in mods(count)}
    for peer in peers:
        verifier = log_keys(peer.name)[1]
        records = verified_records(peer.get, verifier)
        events = [parse_event(record) for record in records]
        assert Counter(event.mod.path for event in events) == Counter(want), peer.said()
        assert {event.kind for event in events} == {"stored"}
        assert {event.origin.log for event in events if event.origin is not None} <= set(NAMES) - {peer.name}
        leaves = [record_hash(record) for record in records]
        for note in sorted(peer.heads)[:: max(1, len(peer.heads) // 40)]:
            tree = read_head(note, verifier).tree
            assert tree.hash == root_of(leaves[: tree.size])
        assert all((peer.storage / f"{path}/@v/v1.0.0.mod").exists() for path in want)
        assert "two histories" not in peer.said()
        assert "misbehavior" not in peer.said()
