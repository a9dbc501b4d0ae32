# SPDX-License-Identifier: BSD-3-Clause
"""Writers of one version whose leases are worth nothing, in the orders in which their operations can come.

A lease of an object store that was not renewed for a while is taken over, and its holder may only have been slow: it
goes on at any later moment. Here each writer takes itself for the only one all the time.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest

from govgo.adapters.modzip.examine import Examined, examine
from govgo.core.storage.published import AlreadyPublishedError
from govgo.serve.counters import Counters
from govgo.serve.protocol.answer import Body, Refusal, StoredFile
from govgo.serve.protocol.question import parse_question
from govgo.serve.upstream.copies import Copies
from govgo.serve.upstream.published import PublishedModules
from govgo.serve.upstream.zips import Means
from tests.serve.upstream.test_published import AT, GOMOD, MOD, Here
from tests.simulators.storage import Killed, MemoryStorage
from tests.simulators.turns import play
from tests.simulators.zips import module_zip


class Upload(NamedTuple):
    """What a writer sends."""

    path: str
    data: bytes
    gomod: bytes
    found: Examined


class NoLeases:
    """Whoever asks for a lease has it."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncIterator[bool]:
        yield self._storage.head(key) is None


def modules(storage: Any) -> PublishedModules:
    here: Any = Here()
    nobody: Any = None
    leases: Any = NoLeases(storage)
    copies = Copies(storage, 1 << 20, stores=True)
    means = Means(here, storage, copies, nobody, nobody, leases, nobody, Counters(), lambda text: None, True)
    return PublishedModules(means, "corp.example")


@pytest.fixture(scope="module")
def uploads(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Upload]:
    """Three zips of one version; what differs is a source file, and go.mod."""
    made = {}
    for name in ("a", "b", "c"):
        path = tmp_path_factory.mktemp("uploads") / f"{name}.zip"
        gomod = GOMOD + f"// {name}\n".encode()
        data = module_zip(str(MOD), {"go.mod": gomod, "x.go": f"package {name}\n".encode()})
        path.write_bytes(data)
        made[name] = Upload(str(path), data, gomod, examine(str(path), MOD))
    return made


def writer(upload: Upload) -> Callable[[Any], object]:
    def send(storage: Any) -> object:
        return asyncio.run(modules(storage).add(MOD, upload.path, *upload.found, "ci"))

    return send


def served(storage: MemoryStorage) -> dict[str, bytes] | None:
    """What a client gets of the version now, from a copy of the storage; None where it is told that there is none.

    A version of which there is a part is a fault.
    """
    copy = MemoryStorage()
    for key, data in storage.files.items():
        copy.create(key, data)
    here = modules(copy)
    got = {}
    for suffix in ("info", "mod", "zip"):
        answer: Any = asyncio.run(here.answer(parse_question(f"/{AT}.{suffix}")))
        if isinstance(answer, Refusal):
            assert (answer.status, got) == (404, {}), (suffix, answer.text)
        elif isinstance(answer, Body):
            got[suffix] = answer.data
        else:
            assert isinstance(answer, StoredFile)
            got[suffix] = os.pread(answer.file.descriptor, answer.size, 0)
    return got or None


def run(
    uploads: dict[str, Upload],
    names: str,
    before: str,
    choose: Callable[[list[int]], int],
    dies: tuple[int, int] = (-1, 0),
) -> None:
    """Play one order, and look after each operation at what is served."""
    storage = MemoryStorage()
    if before:
        storage.create(f"{AT}.zip", uploads[before].data)  # of a writer that was killed
    seen: dict[str, bytes] = {}
    known: dict[str, bytes] = {}

    def look() -> None:
        if storage.files == known:
            return
        known.clear()
        known.update(storage.files)
        now = served(storage)
        assert not seen or now == seen, "what was published changes"
        seen.update(now or {})

    outcomes = play(storage, [writer(uploads[name]) for name in names], choose, look, dies)
    winners = {name for name in names if seen and uploads[name].data == seen["zip"]}
    if not any(isinstance(each, Killed) for each in outcomes):
        assert winners
        assert storage.files[f"{AT}.zip"] == seen["zip"]
        assert not [key for key in storage.files if ".upload" in key]
    for name, outcome in zip(names, outcomes, strict=True):
        if name in winners:
            assert isinstance(outcome, tuple | Killed), outcome
            assert (seen["mod"], seen["zip"]) == (uploads[name].gomod, uploads[name].data)
        else:
            assert isinstance(outcome, AlreadyPublishedError | Killed), outcome
    if len(winners) == 1 and names.count(next(iter(winners))) == 1 and dies[0] < 0:
        assert [each[1] for each in outcomes if isinstance(each, tuple)] == [True]


def two_switches(first: int, second: int) -> Callable[[list[int]], int]:
    """The first writer makes so many operations, then the second so many, then the first all that are left."""
    turns = iter([0] * first + [1] * second + [0] * 1000)

    def choose(alive: list[int]) -> int:
        wanted = next(turns)
        return wanted if wanted in alive else alive[0]

    return choose


def at_random(seed: int) -> Callable[[list[int]], int]:
    """Now this one, now that one, in longer and shorter runs."""
    chance = random.Random(seed)
    last = [0]

    def choose(alive: list[int]) -> int:
        if last[0] not in alive or chance.random() < 0.4:
            last[0] = chance.choice(alive)
        return last[0]

    return choose


_MOST = 24
"""A writer makes fewer operations."""


def pairs() -> Iterator[tuple[int, int]]:
    return ((first, second) for first in range(_MOST) for second in range(_MOST))


@pytest.mark.parametrize("before", ["", "c"])
def test_attack_a_writer_that_goes_on_after_its_lease(uploads: dict[str, Upload], before: str) -> None:
    """The one stops anywhere, the other publishes all, and the first goes on."""
    for first in range(_MOST):
        run(uploads, "ab", before, two_switches(first, 1000))


_TAKEN = [("ab", ""), ("ab", "c")]
"""The cases that are played with --wide; the others are `slow`."""


@pytest.mark.parametrize(
    ("names", "before"),
    [
        pytest.param(names, before, marks=pytest.mark.wide if (names, before) in _TAKEN else pytest.mark.slow)
        for names in ("ab", "aa")
        for before in ("", "a", "b", "c")
    ],
)
def test_attack_two_writers_that_interrupt_each_other_anywhere(
    uploads: dict[str, Upload], names: str, before: str
) -> None:
    for first, second in pairs():
        run(uploads, names, before, two_switches(first, second))


@pytest.mark.parametrize("count", [10, pytest.param(3000, marks=pytest.mark.slow)])
def test_attack_three_writers_in_any_order(uploads: dict[str, Upload], count: int) -> None:
    for seed in range(count):
        chance = random.Random(seed)
        dies = (chance.choice([-1, 0, 1, 2]), chance.randrange(_MOST))
        names = chance.choice(["abc", "aab", "abb", "aaa"])
        run(uploads, names, chance.choice(["", "a", "c"]), at_random(seed), dies)
