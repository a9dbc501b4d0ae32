# SPDX-License-Identifier: BSD-3-Clause
"""Every endpoint of a proxy and of the database, misbehaving in every way.

Each command must end in seconds, with short and printable error texts, no false file in the cache, and no false
answer. Limits of sizes and times are in tests/adapters/http/test_client.py.
"""

from __future__ import annotations

import gzip
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from govgo.adapters.http.engine import Timeouts
from govgo.adapters.http.retry import RetryPolicy
from govgo.adapters.loop.network import NetworkOptions
from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modcache.verify import CacheAudit
from govgo.adapters.repository.repository import Repository
from govgo.adapters.workspace.goenvfile import load_env
from govgo.core.gosum.ledger import SumLedger
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GovgoError
from govgo.wiring.session import SilentReporter
from tests.simulators import campaigns
from tests.simulators.proxy import Action, Body, Endless, Raw, Reset, Stall, Status, Truncate
from tests.simulators.sumdb_log import NAME
from tests.simulators.world import World

MV = ModuleVersion("q.io/a", "v1.0.0")


class Listener(SilentReporter):
    """Keeps what a person would have read."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)


BASE = "/q.io/a/@v"
OPTIONS = NetworkOptions(timeouts=Timeouts(2, 0.5, 0.5, 3), retry=RetryPolicy(retries=1, base_s=0.01))

ENDPOINTS = {
    "list": f"{BASE}/list",
    "latest": "/q.io/a/@latest",
    "info": f"{BASE}/v1.0.0.info",
    "branch": f"{BASE}/main.info",
    "mod": f"{BASE}/v1.0.0.mod",
    "zip": f"{BASE}/v1.0.0.zip",
    "supported": f"/sumdb/{NAME}/supported",
    "lookup": f"/sumdb/{NAME}/lookup/q.io/a@v1.0.0",
    "tile": f"/sumdb/{NAME}/tile/8/0/001.p/52",
    "root": f"/sumdb/{NAME}/tile/8/1/000.p/1",
}

MISDEEDS: dict[str, Action] = {
    "endless": Endless(),
    "endless-declared": Endless(declared=1 << 50),
    "gzip-bomb": Body(gzip.compress(bytes(64 << 20)), {"Content-Encoding": "gzip"}),
    "truncated": Truncate(),
    "reset": Reset(),
    "reset-within": Reset(after_half=True),
    "silent": Stall(),
    "silent-within": Stall(after_half=True),
    "empty": Body(b""),
    "noise": Body(bytes(range(256)) * 8),
    "escapes": Body(b"\x1b[2J\x1b]0;owned\x07v1.0.0\n"),
    "deep-json": Body(b"[" * 60_000),
    "html": Body(b"<!doctype html><title>Sign in</title>", {"Content-Type": "text/html"}),
    "error-escapes": Status(500, b"\x1b[31mNo\x07", {"Content-Type": "text/plain"}, b"\x1b[2Jowned\r\n" * 2000),
    "garbage": Raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    "negative-length": Raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nxx"),
    "two-lengths": Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 50\r\n\r\nxx"),
}
ELSEWHERE = {("zip", "endless"), ("zip", "endless-declared")}
"""These pour up to the cap of a zip, 500 MiB; test_http.py has them with a smaller cap."""

MOST_MEMORY = 40 << 20
"""Twice the largest cap of a body that is read whole, and some; in bytes."""

# Each misdeed and each endpoint in turn; every pair with --slow.
PAIRS = [
    pytest.param(endpoint, misdeed, marks=() if (i + j) % len(ENDPOINTS) == 0 else pytest.mark.slow)
    for i, endpoint in enumerate(ENDPOINTS)
    for j, misdeed in enumerate(MISDEEDS)
    if (endpoint, misdeed) not in ELSEWHERE
]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as world:
        world.publish(*MV, f"module {MV.path}\n", {"a.go": "package a\n"})
        world.proxy.files["/q.io/a/@latest"] = world.proxy.files[ENDPOINTS["info"]]
        world.proxy.files[ENDPOINTS["branch"]] = world.proxy.files[ENDPOINTS["info"]]
        yield world


def questions(repo: Repository) -> list[Callable[[], object]]:
    def download() -> object:
        (done,) = repo.download([MV])
        if done.error is not None:
            raise done.error
        return done

    return [
        lambda: repo.info(MV.path, MV.version),
        lambda: repo.versions(MV.path),
        lambda: repo.latest(MV.path),
        lambda: repo.info(MV.path, "main"),
        lambda: repo.gomod(MV),
        download,
    ]


@pytest.mark.parametrize(("endpoint", "misdeed"), campaigns.one_in(3, PAIRS))
def test_a_misdeed_ends_in_an_answer_or_an_error(world: World, endpoint: str, misdeed: str) -> None:
    world.proxy.script(ENDPOINTS[endpoint], MISDEEDS[misdeed])
    report, ledger = Listener(), SumLedger("/m/go.sum", b"")
    repo = Repository(load_env(world.environment), report, ledger=ledger, options=OPTIONS, writable_dirs=True)
    errors: list[GovgoError] = []
    began = time.monotonic()
    tracemalloc.start()
    try:
        for ask in questions(repo):
            try:
                ask()
            except GovgoError as error:
                errors.append(error)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()
        repo.close()
    assert time.monotonic() - began < 20
    assert ENDPOINTS[endpoint] in world.proxy.asked, "the attack was met"
    for text in (*map(str, errors), *report.notes):
        assert all(c.isprintable() or c in "\n\t" for c in text)
        assert len(text) < 3000
    assert_true(world, ledger)


def assert_true(world: World, ledger: SumLedger) -> None:
    """Nothing in the cache or the ledger is other than the honest world has it."""
    cache = ModCache(str(world.cache), writable_dirs=True)
    assert CacheAudit(cache).faults([MV]) == ((),)
    for suffix in ("mod", "zip"):
        file = Path(cache.file(MV, suffix))
        assert not file.exists() or file.read_bytes() == world.proxy.files[f"{BASE}/v1.0.0.{suffix}"]
    lines = world.record(MV).splitlines()
    for mod in ledger.listed():
        for digest in ledger.h1_only(mod):
            assert f"{mod.path} {mod.version} {digest}" in lines
    sumdb = world.cache / "cache/download/sumdb" / NAME
    for file in [path for path in sumdb.rglob("*") if path.is_file()]:
        assert file.read_bytes() == world.database.body(f"/{file.relative_to(sumdb)}")
    assert not world.latest.exists() or world.latest.read_bytes() == world.log.head()
    assert not [path for path in world.cache.rglob("*") if ".tmp" in path.name]
