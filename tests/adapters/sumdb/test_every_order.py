# SPDX-License-Identifier: BSD-3-Clause
"""Several answers at once, in every order in which they and their tiles can arrive.

An attacker who has the database's key controls what is signed, served and withheld, and when. The truth is known here:
which log each head belongs to. In no order may records of two logs be believed, or one that the kept head lacks.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import pytest

from govgo.adapters.sumdb.cache import SumDbCache
from govgo.adapters.sumdb.client import SumDb
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GovgoError, SecurityError
from tests.simulators.scheduler import Held, every_order
from tests.simulators.sumdb_log import Log, Server

A, B = "a", "b"
OTHER = "example.org/other"


class Ask(NamedTuple):
    """A lookup, and the log and size of the tree whose head comes with its answer."""

    mod: ModuleVersion
    log: str
    size: int


class World(NamedTuple):
    """Two logs under one key, which differ from record `fork` on.

    Attributes:
        kept: the size of the tree in log A whose head an earlier run kept, 0 for none.
        asks: what is looked up at the same time.
        lies: tiles of log B; all others are of log A.
        withheld: tiles that are not served.
        free: tiles whose order is not played.
        told: whether the fork must be found in every order.
    """

    fork: int
    kept: int
    asks: tuple[Ask, ...]
    lies: Collection[str] = ()
    withheld: Collection[str] = ()
    free: Collection[str] = ()
    told: bool = True


def of_a(number: int, size: int) -> Ask:
    return Ask(ModuleVersion("example.org/filler", f"v0.0.{number}"), A, size)


def of_b(number: int, size: int) -> Ask:
    return Ask(ModuleVersion(OTHER, f"v0.0.{number}"), B, size)


WORLDS = {
    # The join of 300 fails for want of a tile while that of 600 is under way; then comes the head of the other log.
    "a join fails while another is under way": World(
        fork=350,
        kept=512,
        asks=(of_a(290, 300), of_a(590, 600), of_b(790, 800)),
        lies={"tile/8/1/000.p/3", "tile/8/0/003.p/32", "tile/8/0/002"},
        withheld={"tile/8/0/001"},
        free={"/tile/8/1/000.p/2", "/tile/8/1/000.p/3"},
    ),
    "the other log between two heads": World(
        fork=3, kept=0, asks=(of_a(4, 5), of_b(6, 7), of_a(8, 9), of_a(5, 6)), lies={"tile/8/0/000.p/7"}
    ),
    "the other log is the longest": World(
        fork=3, kept=5, asks=(of_a(5, 6), of_a(7, 8), of_b(8, 9)), lies={"tile/8/0/000.p/9"}
    ),
    "both logs continue the kept head": World(
        fork=6, kept=5, asks=(of_a(4, 7), of_a(7, 8), of_b(8, 9)), lies={"tile/8/0/000.p/9"}
    ),
    "its tiles are withheld, and a larger tree shows what it is": World(
        fork=3, kept=0, asks=(of_a(4, 5), of_b(6, 7), of_a(8, 9)), withheld={"tile/8/0/000.p/7", "tile/8/0/000"}
    ),
    "its tiles are withheld, and nothing shows what it is": World(
        fork=3,
        kept=5,
        asks=(of_a(5, 6), of_a(7, 8), of_b(8, 9)),
        withheld={"tile/8/0/000.p/9", "tile/8/0/000"},
        told=False,
    ),
    "two heads of one size": World(fork=3, kept=0, asks=(of_a(4, 5), of_b(6, 7), of_a(6, 7))),
    "four heads, the other log is the longest": World(
        fork=3, kept=5, asks=(of_a(5, 6), of_a(7, 8), of_b(8, 9), of_a(1, 4)), lies={"tile/8/0/000.p/9"}
    ),
}
LONG = {"four heads, the other log is the longest"}
WIDE = {
    "both logs continue the kept head",
    "the other log between two heads",
    "the other log is the longest",
    "two heads of one size",
}


def server_of(world: World, logs: dict[str, Log]) -> Server:
    """Answers as the world says."""
    fixed = {f"/lookup/{mod.path}@{mod.version}": logs[log].answer(*mod, size) for mod, log, size in world.asks}

    class Liar(Server):
        def _honest(self, path: str) -> bytes:
            if path in fixed:
                return fixed[path]
            self.tile_log = logs[B if path[1:] in world.lies else A]
            return super()._honest(path)

    liar = Liar(logs[A])
    liar.missing = {f"/{path}" for path in world.withheld}
    return liar


class Files(SumDbCache):
    """Keeps the head in memory, and no answers and tiles."""

    def __init__(self, head: bytes) -> None:
        super().__init__("", "latest")
        self.head = head

    def read_latest(self) -> bytes:
        return self.head

    def swap_latest(self, before: bytes, after: bytes) -> bytes | None:
        assert self.head == before
        self.head = after
        return None

    def keep_evidence(self, error: GovgoError) -> str:
        return ""


class Outcome(NamedTuple):
    """What was believed, the head that is kept in the end, and whether misbehaviour was told."""

    believed: frozenset[Ask]
    head: bytes
    told: bool


def logs_of(world: World) -> dict[str, Log]:
    longest = max(ask.size for ask in world.asks)
    log = Log().grow(world.fork)
    other = log.fork(world.fork).grow(longest - world.fork, OTHER)
    return {A: log.grow(max(longest, world.kept) - world.fork), B: other}


def marks(name: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.slow] if name in LONG else [pytest.mark.wide] if name in WIDE else []


@pytest.mark.wide
@pytest.mark.parametrize("name", [pytest.param(name, marks=marks(name)) for name in WORLDS])
def test_attack_two_histories_in_every_order(name: str) -> None:
    world = WORLDS[name]
    logs = logs_of(world)
    heads = {logs[log].head(size): (log, size) for log in (B, A) for size in range(1, len(logs[log].records) + 1)}
    heads[b""] = (A, 0)

    async def program(held: Held) -> Outcome:
        files = Files(logs[A].head(world.kept) if world.kept else b"")
        db = SumDb(logs[A].key, held.fetch, files, lambda _: None)
        db.prefetch(ask.mod for ask in world.asks)
        believed: set[Ask] = set()
        told = False
        for ask in world.asks:
            try:
                await db.lookup(ask.mod)
                believed.add(ask)
            except GovgoError as error:
                told = told or isinstance(error, SecurityError)
        try:
            await db.aclose()
        except SecurityError:
            told = True
        return Outcome(frozenset(believed), files.head, told)

    orders = 0
    for order, (believed, head, told) in every_order(server_of(world, logs), program, world.free):
        orders += 1
        log, size = heads[head]
        assert told or not world.told, order
        assert len({ask.log for ask in believed if ask.size > world.fork}) <= 1, order
        if not told:
            assert all(ask.size <= size and (ask.log == log or ask.size <= world.fork) for ask in believed), order
        assert log == A or world.kept <= world.fork, order
    assert orders > 40


HONEST = (of_a(4, 5), of_a(5, 6), of_a(8, 9), of_a(6, 8))


@pytest.mark.parametrize(("asks", "least"), [(HONEST[:3], 15), pytest.param(HONEST, 50, marks=pytest.mark.wide)])
def test_honest_heads_in_every_order(asks: tuple[Ask, ...], least: int) -> None:
    """Every answer is believed, and the largest head is kept."""
    world = World(fork=9, kept=0, asks=asks)
    logs = logs_of(world)

    async def program(held: Held) -> bytes:
        files = Files(b"")
        db = SumDb(logs[A].key, held.fetch, files, lambda _: None)
        db.prefetch(ask.mod for ask in world.asks)
        for ask in world.asks:
            await db.lookup(ask.mod)
        await db.aclose()
        return files.head

    orders = [(order, head) for order, head in every_order(server_of(world, logs), program)]
    assert {head for _, head in orders} == {logs[A].head(9)}
    assert all(len(order) == len(set(order)) for order, _ in orders), "nothing is fetched twice"
    assert len(orders) > least
