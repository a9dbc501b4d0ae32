# SPDX-License-Identifier: BSD-3-Clause
"""Who fetches a zip: one of many, by locks of files or by objects in a store."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.storage.directory import DirectoryStorage
from govgo.ports.storage import LocalStorage
from govgo.serve.upstream.leases import LEASE_S, Leases

KEY = "q.io/a/@v/v1.0.0.zip"


class Objects:
    """A storage that has no more than what `ports.storage.Storage` demands, as an object store."""

    def __init__(self, below: DirectoryStorage) -> None:
        for name in (
            "head",
            "read",
            "chunks",
            "create",
            "create_from",
            "replace",
            "swap",
            "delete",
            "entries",
            "close",
        ):
            setattr(self, name, getattr(below, name))


async def off(work: Callable[[], Any]) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, work)


@pytest.fixture(params=["files", "objects"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    below = DirectoryStorage(str(tmp_path))
    return below if request.param == "files" else Objects(below)


def test_the_simulator_is_no_local_storage(tmp_path: Path) -> None:
    below = DirectoryStorage(str(tmp_path))
    assert isinstance(below, LocalStorage)
    assert not isinstance(Objects(below), LocalStorage)


def test_one_of_many_fetches(storage: Any) -> None:
    fetched = 0

    async def one(leases: Leases) -> None:
        nonlocal fetched
        async with leases.hold(KEY) as ours:
            if ours:
                fetched += 1
                await asyncio.sleep(0.03)
                storage.create(KEY, b"zip")

    async def main() -> None:
        await asyncio.gather(*(one(Leases(storage, off)) for _ in range(12)))

    asyncio.run(main())
    assert fetched == 1


def test_the_next_one_fetches_where_the_first_has_failed(storage: Any) -> None:
    outcomes: list[bool] = []

    async def one(leases: Leases, fails: bool) -> None:
        async with leases.hold(KEY) as ours:
            outcomes.append(ours)
            await asyncio.sleep(0.02)
            if not fails:
                storage.create(KEY, b"zip")

    async def main() -> None:
        await asyncio.gather(one(Leases(storage, off), True), one(Leases(storage, off), False))

    asyncio.run(main())
    assert outcomes[:2] == [True, True] or outcomes == [True, False]


@pytest.mark.parametrize("ahead_s", [0.0, 86400.0, -86400.0])
def test_a_lease_whose_holder_is_gone_is_taken_over(tmp_path: Path, ahead_s: float) -> None:
    """Whatever the clock of the store says: that of whoever waits counts."""
    storage: Any = Objects(DirectoryStorage(str(tmp_path)))
    file, now_s = tmp_path / f"{KEY}.lease", [1000.0]
    leases = Leases(storage, off, lambda: now_s[0])

    def write(renewed_s: float) -> None:
        storage.replace(f"{KEY}.lease", b"holder")
        at_s = time.time() + ahead_s + renewed_s
        os.utime(file, (at_s, at_s))

    async def main() -> None:
        write(0.0)
        for turn in range(6):  # somebody renews it, three times within its time
            assert await leases.take(KEY) is None
            now_s[0] += LEASE_S / 3
            write(LEASE_S / 3 * (turn + 1))
        assert await leases.take(KEY) is None
        now_s[0] += LEASE_S - 1
        assert await leases.take(KEY) is None
        now_s[0] += 2
        release = await leases.take(KEY)
        assert release is not None
        await release()

    asyncio.run(main())
    assert storage.head(f"{KEY}.lease") is None


def test_who_leaves_while_the_lease_is_taken_leaves_none_behind(storage: Any) -> None:
    """The thread goes on, and takes it for nobody: the next one would wait for half a minute."""
    taken, goes_on = threading.Event(), threading.Event()

    async def slow(work: Callable[[], Any]) -> Any:
        def late() -> Any:
            found = work()
            taken.set()
            assert goes_on.wait(10)
            return found

        return await off(late)

    async def main() -> None:
        holding = asyncio.ensure_future(Leases(storage, slow).take(KEY))
        await asyncio.to_thread(taken.wait, 10)
        holding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await holding
        goes_on.set()
        async with asyncio.timeout(5), Leases(storage, off).hold(KEY) as ours:
            assert ours

    asyncio.run(main())
    assert list(storage.entries()) == []


def test_a_lease_whose_answer_was_lost_is_ones_own(tmp_path: Path) -> None:
    """The client of the store makes the put again, and finds its own object."""
    storage: Any = Objects(DirectoryStorage(str(tmp_path)))
    create = storage.create
    storage.create = lambda key, data: create(key, data) and False

    async def main() -> None:
        async with asyncio.timeout(5), Leases(storage, off).hold(KEY) as ours:
            assert ours

    asyncio.run(main())
    assert list(storage.entries()) == []


def test_nothing_is_left_where_nothing_was_made(tmp_path: Path) -> None:
    async def main() -> None:
        async with Leases(DirectoryStorage(str(tmp_path)), off).hold(KEY) as ours:
            assert ours

    asyncio.run(main())
    assert list(tmp_path.iterdir()) == []
