# SPDX-License-Identifier: BSD-3-Clause
"""The helper process: the same hashes and files as without it, also when it is killed or cannot write."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import shutil
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from govgo.adapters.loop import helper as helper_module
from govgo.adapters.loop.helper import Helper, child_command, start_helper
from tests.conformance.vectors import load

_T = TypeVar("_T")


def with_helper(work: Callable[[Helper], Awaitable[_T]]) -> _T:
    """Run `work` with a helper, whose process must be gone afterwards."""
    loop = asyncio.new_event_loop()
    command = child_command("govgo.adapters.loop.helper_process", alone=True)
    assert command is not None
    helper = Helper(loop, command)
    try:
        return loop.run_until_complete(work(helper))
    finally:
        helper.close()
        loop.close()
        with pytest.raises(ProcessLookupError):
            os.kill(helper.pid, 0)


def rows() -> list[tuple[bytes, bytes]]:
    """Rows of 2^k record hashes, and the tree hash over each that x/mod computed."""
    leaves = [hashlib.sha256(b"\x00record %d\n" % i).digest() for i in range(256)]
    sizes = {1 << k for k in range(1, 9)}
    found = [case for case in load("tlog") if case.get("op") == "tree_hash" and case["n"] in sizes]
    assert len(found) >= 4
    return [(b"".join(leaves[: case["n"]]), base64.b64decode(case["hash"])) for case in found]


async def hashes(helper: Helper) -> list[bytes]:
    return await asyncio.gather(*(helper.tile_hash(data) for data, _ in rows() * 20))


def test_hashes() -> None:
    assert with_helper(hashes) == [want for _, want in rows() * 20]


def test_hashes_of_a_helper_that_is_killed_meanwhile() -> None:
    async def work(helper: Helper) -> list[bytes]:
        asked = asyncio.ensure_future(hashes(helper))
        await asyncio.sleep(0)
        os.kill(helper.pid, signal.SIGKILL)
        found = await asked
        assert not helper.ready
        return found + await hashes(helper)

    assert with_helper(work) == [want for _, want in rows() * 40]


def test_files_are_written_in_order(tmp_path: Path) -> None:
    async def work(helper: Helper) -> str:
        for number in range(200):
            helper.write(f"{tmp_path}/x/{number % 100}.mod", b"%d" % number, counts=True)
            helper.write(f"{tmp_path}/y/{number}", bytes(number * 1000), counts=False)
        helper.write(f"{tmp_path}/m/@v/v1.2.0.mod", b"module m\n", counts=True)
        helper.write(f"{tmp_path}/m/@v/v1.10.0.mod", b"module m\n", counts=True)
        helper.rewrite_list(f"{tmp_path}/m/@v")
        await helper.flush()
        return helper.take_fault()

    assert with_helper(work) == ""
    assert [(tmp_path / f"x/{n}.mod").read_bytes() for n in range(100)] == [b"%d" % (n + 100) for n in range(100)]
    assert [(tmp_path / f"y/{n}").stat().st_size for n in range(200)] == [n * 1000 for n in range(200)]
    assert (tmp_path / "m/@v/list").read_text() == "v1.2.0\nv1.10.0\n"


def test_a_directory_that_another_process_has_removed_is_made_again(tmp_path: Path) -> None:
    async def work(helper: Helper) -> str:
        for name in ("one", "two"):
            helper.write(str(tmp_path / "a/b" / name), b"file", counts=True)
            await helper.flush()
            if name == "one":
                shutil.rmtree(tmp_path / "a")
        return helper.take_fault()

    assert with_helper(work) == ""
    assert (tmp_path / "a/b/two").read_bytes() == b"file"


def test_what_cannot_be_written_is_reported_once_where_it_counts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    async def work(helper: Helper) -> list[str]:
        faults = []
        for counts in (False, True, False):
            helper.write(f"{tmp_path}/file/x", b"", counts=counts)
            helper.write(f"{tmp_path}/other", b"", counts=True)
            await helper.flush()
            faults.append(helper.take_fault())
        return faults

    faults = with_helper(work)
    assert [bool(text) for text in faults] == [False, True, False]
    assert "/file" in faults[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "other"]


def test_files_of_a_helper_that_is_killed_are_missed(tmp_path: Path) -> None:
    async def work(helper: Helper) -> str:
        os.kill(helper.pid, signal.SIGSTOP)
        helper.write(f"{tmp_path}/x", b"", counts=True)
        asked = asyncio.ensure_future(helper.flush())
        await asyncio.sleep(0.01)
        os.kill(helper.pid, signal.SIGKILL)
        await asked
        return helper.take_fault()

    assert with_helper(work) == "the process that writes files has ended"


def test_a_helper_that_does_not_keep_up_gets_no_more() -> None:
    async def work(helper: Helper) -> bool:
        os.kill(helper.pid, signal.SIGSTOP)
        for _ in range(64):
            helper.write("/nowhere/x", bytes(1 << 20), counts=False)
            if not helper.ready:
                break
            await asyncio.sleep(0)
        took = helper.ready
        os.kill(helper.pid, signal.SIGKILL)
        return took

    assert with_helper(work) is False


def test_none_for_one_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.new_event_loop()
    monkeypatch.setattr(helper_module.os, "sched_getaffinity", lambda _: {0})
    assert start_helper(loop) is None
    loop.close()
