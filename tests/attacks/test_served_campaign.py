# SPDX-License-Identifier: BSD-3-Clause
"""Everything at once, at random: an upstream that lies and hangs, a storage that loses, corrupts, delays and is full.

Two things are true throughout. Whatever a client gets whole, with status 200, is what was published; and what is in
memory is answered soon. When the faults end, a plain restart over the same storage answers everything right.

    pytest --slow tests/attacks/test_served_campaign.py tests/serve/server/test_server.py -k 'campaign or killed'

GOVGO_CAMPAIGN_S is how long each storage is tormented (60), GOVGO_CAMPAIGN_KILLS how often a server is killed (300).
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import http.client
import os
import random
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from govgo.errors import StorageError
from govgo.ports.storage import Entry, Storage
from tests.simulators import campaigns
from tests.simulators.proxy import Body, File, Reset, Stall, Status, Truncate
from tests.simulators.served import Served
from tests.simulators.storage import MemoryStorage
from tests.simulators.world import World

CAMPAIGN_S = float(os.environ.get("GOVGO_CAMPAIGN_S", campaigns.size(60, least=5)))
MODULES = [f"q.io/m{number}" for number in range(12)]
WARM = "/q.io/warm/@v/v1.0.0.mod"
WARM_S = 2.0
"""A warm answer that takes longer waits for something else; the machine may be busy with other tests."""


class Faulty:
    """A storage on another machine, before which everything happens that can."""

    def __init__(self, inner: Storage, rng: random.Random) -> None:
        self._inner = inner
        self._rng = rng
        self.calm = True

    def _happens(self, key: str, share: float) -> bool:
        return not self.calm and not key.startswith("q.io/warm") and self._rng.random() < share

    def _late(self, key: str) -> None:
        if self._happens(key, 0.05):
            time.sleep(self._rng.uniform(0, 0.1))
        if self._happens(key, 0.05):
            raise StorageError(f"{key}: the storage fails", key=key)

    def _spoilt(self, key: str, data: bytes) -> bytes:
        # Nothing can prove the bytes of an .info file; a wrong time in one would be believed.
        if not data or key.endswith(".info") or not self._happens(key, 0.1):
            return data
        place = self._rng.randrange(len(data))
        return self._rng.choice([data[:place], data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]])

    def head(self, key: str) -> Entry | None:
        self._late(key)
        return None if self._happens(key, 0.05) else self._inner.head(key)

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes | None:
        self._late(key)
        data = self._inner.read(key, start, length)
        return None if data is None or self._happens(key, 0.05) else self._spoilt(key, data)

    def chunks(self, key: str, start: int = 0, length: int | None = None, tag: str = "") -> Iterator[bytes] | None:
        self._late(key)
        found = self._inner.chunks(key, start, length, tag)
        return None if found is None else (self._spoilt(key, piece) for piece in found)

    def _writes(self, key: str) -> bool:
        """Whether a write gets through: the storage may be full, or lose what it has confirmed."""
        self._late(key)
        if self._happens(key, 0.1):
            raise StorageError(f"{key}: no space left", key=key, inner=OSError(errno.ENOSPC, "no space left"))
        return not self._happens(key, 0.05)

    def create(self, key: str, data: bytes) -> bool:
        return self._inner.create(key, self._spoilt(key, data)) if self._writes(key) else True

    def create_from(self, key: str, path: str) -> bool:
        with open(path, "rb") as file:
            return self.create(key, file.read())

    def replace(self, key: str, data: bytes) -> None:
        if self._writes(key):
            self._inner.replace(key, data)

    def swap(self, key: str, data: bytes, tag: str) -> bool:
        return self._inner.swap(key, data, tag) if self._writes(key) else True

    def delete(self, key: str) -> bool:
        self._late(key)
        return self._inner.delete(key)

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        return self._inner.entries(prefix)

    def close(self) -> None:
        pass


def publish(world: World) -> None:
    for name in [*MODULES, "q.io/warm"]:
        text = "".join(f"// {hashlib.sha256(f'{name}{line}'.encode()).hexdigest()}\n" for line in range(1500))
        world.publish(name, "v1.0.0", files={"a.go": f"package a\n{text}"})


def lie(world: World, rng: random.Random) -> None:
    """Let upstream do something else with each path from now on."""
    for path, honest in list(world.proxy.files.items()):
        if "/q.io/m" not in path or path.endswith(("/list", ".info")):
            continue
        place = rng.randrange(len(honest))
        lies = [
            *[File()] * 4,
            Status(rng.choice([403, 429, 500, 503])),
            Truncate(),
            Reset(after_half=rng.random() < 0.5),
            Body(honest[:place] + bytes([honest[place] ^ 1]) + honest[place + 1 :]),
            Body(world.proxy.files[rng.choice([each for each in world.proxy.files if each.endswith(path[-4:])])]),
        ]
        world.proxy.script(path, *(rng.choice(lies) for _ in range(3)))


class Clients:
    """Threads that ask at random until they are stopped.

    Attributes:
        wrong: paths whose whole answer was not what was published.
        slowest_s: of the answers from memory.
        good, refused: how many answers were right, and how many were none.
    """

    def __init__(self, served: Served, seed: int) -> None:
        self._served = served
        self._stop = threading.Event()
        self.wrong: list[str] = []
        self.slowest_s = 0.0
        self.good = self.refused = self.warm = 0
        works: list[Callable[[random.Random], None]] = [self._ask_cold] * 6 + [self._ask_warm]
        self._threads = [
            threading.Thread(target=self._repeat, args=(work, random.Random(seed + number)))
            for number, work in enumerate(works)
        ]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, work: Callable[[random.Random], None], rng: random.Random) -> None:
        while not self._stop.is_set():
            work(rng)

    def _ask_cold(self, rng: random.Random) -> None:
        path = f"/{rng.choice(MODULES)}/@v/v1.0.0.{rng.choice(['mod', 'zip', 'zip', 'info'])}"
        try:
            got = self._served.get(path)
        except (OSError, http.client.HTTPException):
            self.refused += 1
            return
        if got.status != 200 or not got.whole:
            self.refused += 1
        elif path.endswith(".info") or got.body == self._served.world.proxy.files[path]:
            self.good += 1
        else:
            self.wrong.append(path)

    def _ask_warm(self, _: random.Random) -> None:
        begun_s = time.monotonic()
        got = self._served.get(WARM)
        self.slowest_s = max(self.slowest_s, time.monotonic() - begun_s)
        self.warm += 1
        if got.body != self._served.world.proxy.files[WARM]:
            self.wrong.append(WARM)
        time.sleep(0.01)


def damage_files(top: Path, rng: random.Random) -> None:
    """Write into stored files, cut them short, remove them."""
    found = [path for path in top.rglob("v1.0.0.*") if path.suffix in (".zip", ".mod") and "/m" in str(path)]
    for path in rng.sample(found, min(3, len(found))):
        with contextlib.suppress(OSError, ValueError):
            data = path.read_bytes()
            place = rng.randrange(len(data))
            if rng.random() < 0.3:
                path.unlink()
            elif rng.random() < 0.3:
                os.truncate(path, place)
            else:
                with open(path, "r+b") as file:
                    file.seek(place)
                    file.write(bytes([data[place] ^ 8]))


def is_right(served: Served) -> None:
    """All that was published is answered."""
    for name in MODULES:
        for suffix in ("mod", "zip", "info"):
            path = f"/{name}/@v/v1.0.0.{suffix}"
            got = served.get(path)
            assert got.status == 200, (path, got.text[:300])
            assert suffix == "info" or got.body == served.world.proxy.files[path], path


Opened = Callable[[Any, Any], Storage]


@pytest.mark.parametrize("kind", ["directory", "elsewhere"])
@pytest.mark.parametrize(
    "seconds", [0.4, pytest.param(1.0, marks=pytest.mark.wide), pytest.param(CAMPAIGN_S, marks=pytest.mark.slow)]
)
def test_campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, seconds: float) -> None:
    seed = int(os.environ.get("GOVGO_CAMPAIGN_SEED", "15"))
    rng = random.Random(seed)
    memory = MemoryStorage()
    faulty = Faulty(memory, rng)
    opened: Opened = lambda settings, env: faulty  # noqa: E731
    if kind == "elsewhere":
        monkeypatch.setattr("govgo.serve.server.parts.open_storage", opened)
    with World(tmp_path) as world:
        publish(world)
        for number in range(30):
            world.proxy.script(f"/q.io/hang{number}/@v/v1.0.0.zip", Stall())
        with Served(world, memory_bytes=300_000) as served:  # there is room for a part, so that much is read again
            served.site.library._fresh = served.site.library._fresh._replace(bad_s=0.2, missing_s=0.2)
            assert served.get(WARM).status == 200
            faulty.calm = False
            ask = [threading.Thread(target=_hang, args=(served, number), daemon=True) for number in range(30)]
            for thread in ask:
                thread.start()
            with Clients(served, seed) as clients:
                until_s = time.monotonic() + seconds
                while time.monotonic() < until_s:
                    lie(world, rng)
                    damage_files(served.storage, rng)
                    if rng.random() < 0.2:
                        served.site.cold.loop.call_soon_threadsafe(served.site.library.forget)
                    time.sleep(0.1)
            assert clients.wrong == []
            assert clients.good > 20 * seconds / 10
            assert clients.warm > 5 * seconds / 10
            assert clients.slowest_s < WARM_S
            assert served.get("/healthz").status == 200
        faulty.calm = True
        world.proxy.calm()
        with Served(world) as served:
            is_right(served)


def _hang(served: Served, number: int) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        served.get(f"/q.io/hang{number}/@v/v1.0.0.zip", timeout=600)


@pytest.mark.slow
def test_campaign_on_a_disk_that_is_full(tmp_path: Path) -> None:
    """A real file system with room for three zips of twelve."""
    disk = Path(tempfile.mkdtemp(dir=tmp_path))
    words = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        with World(tmp_path / "world") as world:
            publish(world)
            with Served(world, storage=str(disk)) as served:
                assert served.get(WARM).status == 200
                with Clients(served, 7) as clients:
                    time.sleep(min(5.0, CAMPAIGN_S))
                assert clients.wrong == []
                assert clients.refused, "there was room for all"
                assert clients.good > 10
                assert served.counters.total("storage_errors")
                statuses = {served.get(f"/{name}/@v/v1.0.0.zip").status for name in MODULES}
                assert statuses <= {200, 503}
            assert not list(disk.rglob("*.tmp"))
            subprocess.run(["mount", "-o", "remount,size=50m", str(disk)], check=True)
            with Served(world, storage=str(disk)) as served:
                is_right(served)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)  # zips may still be open in this process
