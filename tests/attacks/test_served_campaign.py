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
import json
import os
import random
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from govgo.errors import StorageError
from govgo.ports.storage import Entry, Storage
from tests.simulators import campaigns
from tests.simulators.objectstores import App, moto
from tests.simulators.processors import waited_s
from tests.simulators.proxy import Body, File, Reset, Stall, Status, Truncate
from tests.simulators.served import PATIENCE_S, Served, eventually
from tests.simulators.storage import MemoryStorage
from tests.simulators.world import World

SEED = int(campaigns.SEED)
CAMPAIGN_S = float(os.environ.get("GOVGO_CAMPAIGN_S", campaigns.size(60, least=5)))
MODULES = [f"q.io/m{number}" for number in range(12)]
FILES = ("v1.0.0.mod", "v1.0.0.zip", "v1.0.0.zip", "v1.0.0.info", "list")
WARM = "/q.io/warm/@v/v1.0.0.mod"
WARM_S = 2.0
"""A warm answer that takes longer waits for something else, unless the machine is busy: see `Clients.slowest_s`."""
MOST_S = 60.0
"""For so long clients may go on beyond the time of a campaign, until they have had the answers that it is to have."""


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

    def replace_from(self, key: str, path: str) -> None:
        with open(path, "rb") as file:
            self.replace(key, file.read())

    def swap(self, key: str, data: bytes, tag: str) -> bool:
        return self._inner.swap(key, data, tag) if self._writes(key) else True

    def delete(self, key: str) -> bool:
        self._late(key)
        return self._inner.delete(key)

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        return self._inner.entries(prefix)

    def close(self) -> None:
        pass


class FaultyBucket:
    """An object store, at the level of HTTP: late, overloaded, with other bytes, and it loses what it has confirmed."""

    def __init__(self, app: App, rng: random.Random) -> None:
        self._app = app
        self._rng = rng
        self.calm = True

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if self.calm or "/q.io/warm" in environ["PATH_INFO"]:
            return self._app(environ, start)
        dice = self._rng.random()
        method = environ["REQUEST_METHOD"]
        if dice < 0.05:
            time.sleep(self._rng.uniform(0, 0.1))
        elif dice < 0.1:
            start("503 Slow Down", [("Content-Length", "0")])
            return [b""]
        elif method == "PUT" and dice < 0.15:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start("200 OK", [("Content-Length", "0"), ("ETag", '"lost"')])
            return [b""]
        elif method == "PUT" and dice < 0.2:
            list(self._app(environ, lambda *_: None))
            start("500 Internal Server Error", [("Content-Length", "0")])
            return [b""]
        elif method == "GET" and dice < 0.25 and not environ["PATH_INFO"].endswith(".info"):
            return [self._spoilt(b"".join(self._app(environ, start)))]
        return self._app(environ, start)

    def _spoilt(self, data: bytes) -> bytes:
        place = self._rng.randrange(len(data) or 1)
        return self._rng.choice(
            [data[:place], data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]] if data else [b""]
        )


def publish(world: World) -> None:
    for name in [*MODULES, "q.io/warm"]:
        text = "".join(f"// {hashlib.sha256(f'{name}{line}'.encode()).hexdigest()}\n" for line in range(1500))
        world.publish(name, "v1.0.0", files={"a.go": f"package a\n{text}"})


PAGE = b"<!DOCTYPE html>\n<title>Log in</title>\n"


def lie(world: World, rng: random.Random, told: dict[str, set[bytes]]) -> None:
    """Let upstream do something else with each path from now on; what it says goes to `told`, with what is true."""
    files = world.proxy.files
    database = f"/sumdb/{world.log.name}"
    lookups = {f"{database}/lookup/{name}@v1.0.0": b"" for name in MODULES}
    tiles = {f"{database}/tile/8/0/000": b"", f"{database}/latest": b""}
    for path, honest in [*files.items(), *lookups.items(), *tiles.items()]:
        if "/q.io/warm/" in path or "/q.io/hang" in path:
            continue
        honest = honest or world.proxy._find(path) or b""
        others = [each for each in files if each.endswith(path[-4:])] or [path]
        place = rng.randrange(len(honest))
        bodies = [
            PAGE,
            b"",
            honest[:place],
            honest[:place] + bytes([honest[place] ^ 1]) + honest[place + 1 :],
            files.get(rng.choice(others), b"x"),
        ]
        if path.endswith("/list"):
            bodies = [PAGE, honest + b"v1.1.0\n", b"v0.9.0\n", b'{"error": "no upstream"}\n']
        lies = [
            *[File()] * 4,
            Status(rng.choice([403, 404, 429, 500, 503])),
            Truncate(),
            Reset(after_half=rng.random() < 0.5),
            *map(Body, rng.sample(bodies, 2)),
        ]
        chosen = [rng.choice(lies) for _ in range(3)]
        told.setdefault(path, {honest}).update(each.body for each in chosen if isinstance(each, Body))
        world.proxy.script(path, *chosen)


def is_true(world: World, path: str, body: bytes, told: dict[str, set[bytes]]) -> bool:
    """Whether a client may get this: what is true, where it can be proved; else what upstream has said, in its form."""
    files = world.proxy.files
    if path.endswith("/list"):
        return body in (told.get(path, set()) | {files[path]}) - {PAGE, b'{"error": "no upstream"}\n'}
    if path.endswith(".info"):
        return bool(json.loads(body)["Version"] == "v1.0.0")
    if "/lookup/" in path:  # the tree head behind the record may be any that was signed
        return body.split(b"\n\n")[0] == (world.proxy._find(path) or b"").split(b"\n\n")[0]
    return body == (files.get(path) or world.proxy._find(path))


class Clients:
    """Threads that ask at random until they are stopped.

    Attributes:
        wrong: paths whose whole answer nobody may get, and its beginning.
        slowest_s: of the answers from memory, without the time that this process had no processor.
        good, refused: how many answers were right, and how many were none.
    """

    def __init__(self, served: Served, seed: int, told: dict[str, set[bytes]]) -> None:
        self._served = served
        self._told = told
        self._stop = threading.Event()
        self.wrong: list[tuple[str, bytes]] = []
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
        world = self._served.world
        name = rng.choice(MODULES)
        database = f"/sumdb/{world.log.name}"
        of_database = rng.choice([f"{database}/lookup/{name}@v1.0.0", f"{database}/tile/8/0/000"])
        path = rng.choice([*(f"/{name}/@v/{file}" for file in FILES), of_database])
        try:
            got = self._served.get(path)
        except (OSError, http.client.HTTPException):
            self.refused += 1
            return
        if got.status != 200 or not got.whole:
            self.refused += 1
        elif is_true(world, path, got.body, self._told):
            self.good += 1
        else:
            self.wrong.append((path, got.body[:80]))

    def _ask_warm(self, _: random.Random) -> None:
        begun_s = time.monotonic()
        waited_before_s = waited_s()
        got = self._served.get(WARM)
        took_s = time.monotonic() - begun_s - max(0.0, waited_s() - waited_before_s)
        self.slowest_s = max(self.slowest_s, took_s)
        self.warm += 1
        if got.body != self._served.world.proxy.files[WARM]:
            self.wrong.append((WARM, got.body[:80]))
        time.sleep(0.01)

    def had(self, good: float, warm: float) -> bool:
        """Whether there were so many right answers, of which `warm` from memory."""
        return self.good > good and self.warm > warm


def is_damaged_here(key: str) -> bool:
    """Nothing can prove the bytes of an .info file: a wrong time in one would be believed."""
    return key.startswith(("q.io/m", "sumdb/")) and not key.endswith((".info", ".lock", ".tmp", "/list"))


def damage_files(top: Path, rng: random.Random) -> None:
    """Write into stored files, cut them short, remove them."""
    # Unlike Path.rglob, os.walk passes over a directory that the server removes meanwhile.
    files = [Path(directory, name) for directory, _, names in os.walk(top) for name in names]
    found = [path for path in files if is_damaged_here(str(path.relative_to(top)))]
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
    """All that was published is answered, once leases have ended that a faulty storage has not let go of."""
    paths = all_paths(served.world)
    with ThreadPoolExecutor(len(paths)) as pool:  # each lease is waited for from the first request on
        found = list(pool.map(partial(served.get, timeout=PATIENCE_S), paths))
    for path, got in zip(paths, found, strict=True):
        assert got.status == 200, (path, got.text[:300])
        assert is_true(served.world, path, got.body, {}), path


def all_paths(world: World) -> list[str]:
    database = f"/sumdb/{world.log.name}"
    files = [f"/{name}/@v/{file}" for name in MODULES for file in dict.fromkeys(FILES)]
    return [*files, *(f"{database}/lookup/{name}@v1.0.0" for name in MODULES), f"{database}/tile/8/0/000"]


Opened = Callable[[Any, Any], Storage]


@pytest.fixture
def faults(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Faulty | FaultyBucket | None, dict[str, Any]]]:
    """What spoils the storage, where that is not `damage_files`; settings of the server."""
    rng = random.Random(SEED)
    monkeypatch.setattr("govgo.serve.upstream.leases.LEASE_S", 3.0)  # a storage that fails keeps some of the dead
    if request.param == "elsewhere":
        faulty = Faulty(MemoryStorage(), rng)
        opened: Opened = lambda settings, env: faulty  # noqa: E731
        monkeypatch.setattr("govgo.serve.server.parts.open_storage", opened)
        yield faulty, {}
    elif request.param == "bucket":
        made: list[FaultyBucket] = []

        def around(app: App) -> App:
            made.append(FaultyBucket(app, rng))
            return made[0]

        with moto(tmp_path, around) as (url, environ):
            for name, value in environ.items():
                monkeypatch.setenv(name, value)
            yield made[0], {"storage": f"{url}/modules", "env": environ}
    else:
        yield None, {}


@pytest.mark.wide
@pytest.mark.parametrize(
    ("faults", "seconds"),
    [
        ("directory", 0.4),
        pytest.param("elsewhere", 0.4, marks=pytest.mark.wide),
        *(pytest.param(kind, 1.0, marks=pytest.mark.wide) for kind in ("directory", "elsewhere")),
        *(pytest.param(kind, CAMPAIGN_S, marks=pytest.mark.slow) for kind in ("directory", "elsewhere", "bucket")),
    ],
    indirect=["faults"],
)
def test_campaign(tmp_path: Path, faults: tuple[Faulty | FaultyBucket | None, dict[str, Any]], seconds: float) -> None:
    rng = random.Random(SEED)
    faulty, settings = faults
    with World(tmp_path) as world:
        publish(world)
        for number in range(30):
            world.proxy.script(f"/q.io/hang{number}/@v/v1.0.0.zip", Stall())
        # There is room for a part, so that much is read again.
        with Served(world, memory_bytes=300_000, **settings) as served:
            served.site.library._fresh = served.site.library._fresh._replace(bad_s=0.2, missing_s=0.2)
            assert served.get(WARM).status == 200
            if faulty is not None:
                faulty.calm = False
            ask = [threading.Thread(target=_hang, args=(served, number), daemon=True) for number in range(30)]
            for thread in ask:
                thread.start()
            told: dict[str, set[bytes]] = {}
            with Clients(served, SEED, told) as clients:
                begun_s = time.monotonic()
                while (for_s := time.monotonic() - begun_s) < seconds or (
                    for_s < seconds + MOST_S and not clients.had(2 * seconds, seconds / 2)
                ):
                    lie(world, rng, told)
                    damage_files(served.storage, rng)
                    if rng.random() < 0.2:
                        served.site.cold.loop.call_soon_threadsafe(served.site.library.forget)
                    time.sleep(0.1)
            assert clients.wrong == []
            assert clients.had(2 * seconds, seconds / 2), "a machine that is busy has had the time for it"
            assert clients.slowest_s < WARM_S
            assert served.get("/healthz").status == 200
        if faulty is not None:
            faulty.calm = True
        world.proxy.calm()
        with Served(world, **settings) as served:
            is_right(served)


def _hang(served: Served, number: int) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        served.get(f"/q.io/hang{number}/@v/v1.0.0.zip", timeout=600)


@contextlib.contextmanager
def small_disk(tmp_path: Path, size: str) -> Iterator[Path]:
    """A file system of its own, which can be full."""
    disk = Path(tempfile.mkdtemp(dir=tmp_path))
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)  # zips may still be open in this process


def enlarge(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=50m", str(disk)], check=True)


@pytest.mark.slow
def test_campaign_on_a_disk_that_is_full(tmp_path: Path) -> None:
    """A real file system with room for three zips of twelve; then there is room again."""
    with small_disk(tmp_path, "400k") as disk, World(tmp_path / "world") as world:
        publish(world)
        with Served(world, storage=str(disk)) as served:
            assert served.get(WARM).status == 200
            with Clients(served, 7, {}) as clients:
                time.sleep(min(5.0, CAMPAIGN_S))
                eventually(lambda: clients.had(10, 0) and clients.refused)
            assert clients.wrong == []
            assert clients.refused, "there was room for all"
            assert clients.slowest_s < WARM_S
            assert served.counters.total("storage_errors")
            statuses = {served.get(f"/{name}/@v/v1.0.0.zip").status for name in MODULES}
            assert statuses <= {200, 503}
            assert not list(disk.rglob("*.tmp"))
            enlarge(disk)
            is_right(served)  # by the same process
        assert len(list(disk.rglob("*.zip"))) == len(MODULES)
        with Served(world, storage=str(disk)) as served:
            is_right(served)  # what was answered from memory alone is stored now
        with Served(world, storage=str(disk), upstream="http://127.0.0.1:1") as served:
            is_right(served)


@pytest.mark.slow
def test_a_disk_without_any_room(tmp_path: Path) -> None:
    """What is small is proved and given; zips have nowhere to be proved."""
    with small_disk(tmp_path, "100k") as disk, World(tmp_path / "world") as world:
        publish(world)
        with contextlib.suppress(OSError), open(disk / "full", "wb") as file:
            while True:
                file.write(bytes(4096))
        with Served(world, storage=str(disk)) as served:
            for path in all_paths(world):
                got = served.get(path)
                assert got.status == (503 if path.endswith(".zip") else 200), (path, got.text[:300])
                assert got.status != 200 or is_true(world, path, got.body, {})
            ready = json.loads(served.get("/readyz").text)
            assert served.get("/healthz").status == 200
            assert ready
            enlarge(disk)
            is_right(served)
