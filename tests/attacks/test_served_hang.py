# SPDX-License-Identifier: BSD-3-Clause
"""Thirty upstream requests that hang, each at another place of its answer, while a server in a process of its own
answers what it has: as fast as before.

    pytest --slow tests/attacks/test_served_hang.py -s        # -s: the latencies, too

GOVGO_CAMPAIGN_S is how long warm answers are timed (60).
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.test_served_campaign import CAMPAIGN_S
from tests.serve.server.test_server import Process
from tests.simulators.proxy import Action, Stall, Trickle
from tests.simulators.served import eventually
from tests.simulators.world import World

HUNG = 30
NOISE = "".join(f"// {random.Random(line).getrandbits(512):0128x}\n" for line in range(6000))
"""Its zip has 400 KiB: more than is kept in memory, so such a zip is sent from its file."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as world:
        world.publish("q.io/warm", "v1.0.0")
        for name in ["large", *(f"hang{number}" for number in range(HUNG))]:
            world.publish(f"q.io/{name}", "v1.0.0", files={"a.go": f"package a\n{NOISE}"})
        yield world


def warm_paths(world: World) -> list[str]:
    files = [f"/q.io/warm/@v/{file}" for file in ("list", "v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip")]
    database = f"/sumdb/{world.log.name}"
    return [*files, "/q.io/large/@v/v1.0.0.zip", f"{database}/lookup/q.io/warm@v1.0.0", f"{database}/tile/8/0/000"]


def hung_paths(world: World) -> list[tuple[str, Action]]:
    """What is asked in vain: no answer, answers that stop in the middle, answers that never end."""
    ways: list[Action] = [Stall(), Stall(after_half=True), Trickle(0.2), Trickle(0.2, headers=True)]
    files = ("v1.0.0.zip", "v1.0.0.zip", "v1.0.0.mod", "v1.0.0.info", "list")
    return [(f"/q.io/hang{number}/@v/{files[number % 5]}", ways[number % 4]) for number in range(HUNG)]


class Watch:
    """One client that asks several servers in turn, each on a connection that stays open; all answers are right.

    Whatever else the machine does meanwhile delays the answers of each alike, so that they can be compared.
    """

    def __init__(self, world: World, *processes: Process) -> None:
        self._world = world
        ports = [int(process.url.rpartition(":")[2]) for process in processes]
        self._connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=60) for port in ports]

    def times(self, seconds: float) -> list[list[float]]:
        """How long the answers of each server took, in order of length."""
        found: list[list[float]] = [[] for _ in self._connections]
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            for path in warm_paths(self._world):
                for took, connection in zip(found, self._connections, strict=True):
                    took.append(self._ask(connection, path))
            time.sleep(0.005)
        return [sorted(took) for took in found]

    def _ask(self, connection: http.client.HTTPConnection, path: str) -> float:
        begun_s = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        took_s = time.perf_counter() - begun_s
        assert answer.status == 200, path
        if path.endswith((".zip", ".mod")):
            assert body == self._world.proxy.files[path]
        return took_s

    def close(self) -> None:
        for connection in self._connections:
            connection.close()


def ask_and_leave(process: Process, path: str, over: threading.Event, rng: random.Random) -> None:
    """A client that waits for what hangs, loses patience, and comes again."""
    port = int(process.url.rpartition(":")[2])
    while not over.is_set():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            over.wait(rng.uniform(0.2, 4))


def under_way(process: Process) -> int:
    """How many fetches have not ended."""
    return int(json.loads(process.get("/readyz")[1])["under_way"])


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_warm_answers_are_as_fast_while_thirty_upstreams_hang(world: World, workers: str) -> None:
    over = threading.Event()
    calm = Process(world, "-workers", workers, "-storage", str(world.root / "calm"))
    with calm, Process(world, "-workers", workers, environment={"GOVGO_TIMEOUT": "10m"}) as process:
        watch = Watch(world, calm, process)
        watch.times(1)
        for path, way in hung_paths(world):
            world.proxy.script(path, way)
        rng = random.Random(15)
        clients = [
            threading.Thread(target=ask_and_leave, args=(process, path, over, rng))
            for path, _ in hung_paths(world)
            for _ in range(2)
        ]
        for client in clients:
            client.start()
        eventually(lambda: len({path for path in world.proxy.asked if path.startswith("/q.io/hang")}) == HUNG)
        of_calm, while_hung = watch.times(CAMPAIGN_S)
        watch.close()
        assert process.get("/healthz")[0] == 200
        over.set()
        for client in clients:
            client.join()
        for share, factor, more_s in ((0.5, 2, 0.001), (0.99, 4, 0.02)):
            was, now = (found[int(len(found) * share)] for found in (of_calm, while_hung))
            print(
                f"workers {workers}: {share:.0%} of {len(while_hung)} in {now * 1000:.2f} ms, {was * 1000:.2f} without"
            )
            assert now < factor * was + more_s
        eventually(lambda: not any(under_way(process) for _ in range(8)), 20)  # whichever worker answers
        world.proxy.calm()
        for path, _ in hung_paths(world):
            eventually(lambda path=path: process.get(path)[0] == 200, 30)  # type: ignore[misc]
            if path.endswith((".zip", ".mod")):
                assert process.get(path)[1] == world.proxy.files[path]
        begun_s = time.monotonic()
        assert process.kill(signal.SIGTERM) == 0
        assert time.monotonic() - begun_s < 8
