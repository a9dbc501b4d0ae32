# SPDX-License-Identifier: BSD-3-Clause
"""What an open file knows of those who write to it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from govgo.serve.protocol.answer import OpenFile

DEEDS: dict[str, tuple[Callable[[Path], object], bool]] = {
    "nothing": (lambda path: None, True),
    "one more name": (lambda path: os.link(path, path.with_name("b")), True),
    "its name removed": (lambda path: path.unlink(), True),
    "another in its place": (lambda path: os.replace(path.with_name("c"), path), True),
    "written": (lambda path: path.write_bytes(b"other"), False),
    "shorter": (lambda path: os.truncate(path, 2), False),
    "written, with its time kept": (lambda path: _keep_time(path), False),
    "written, and then removed": (lambda path: (path.write_bytes(b"other"), path.unlink()), False),
}


def _keep_time(path: Path) -> None:
    facts = path.stat()
    path.write_bytes(b"other")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


@pytest.mark.parametrize("deed", DEEDS)
def test_is_unwritten(tmp_path: Path, deed: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"first")
    path.with_name("c").write_bytes(b"first")
    for each in (path, path.with_name("c")):  # long ago: the kernel's clock is coarse
        os.utime(each, ns=(1_000_000_000, 1_000_000_000))
    file = OpenFile(os.open(path, os.O_RDONLY))
    mark = file.mark()
    do, unwritten = DEEDS[deed]
    do(path)
    assert file.is_unwritten(mark) is unwritten
