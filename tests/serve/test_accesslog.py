# SPDX-License-Identifier: BSD-3-Clause
"""Lines of the access log."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from govgo.serve.accesslog import AccessLog, Line, format_line
from tests.simulators.served import eventually


def test_a_line() -> None:
    line = Line(("192.0.2.7", 4711), "ci", "GET", "/q.io/a/@v/list", 200, 14, 0.01234, "list")
    assert json.loads(format_line(1778051289.1234, line)) == {
        "time": "2026-05-06T07:08:09.123Z", "client": "192.0.2.7", "user": "ci", "method": "GET",
        "path": "/q.io/a/@v/list", "kind": "list", "status": 200, "bytes": 14, "seconds": 0.0123,
    }  # fmt: skip


def test_a_line_is_one_line() -> None:
    text = format_line(0, Line(None, "", "GET", "/\x1b[31m\n\u2028\ud800", 404, 0, 0, "other"))
    assert text.count("\n") == 1
    assert text.isascii()
    assert "\x1b" not in text


def test_private_paths() -> None:
    assert json.loads(format_line(0, Line(None, "", "GET", "", 200, 0, 0, "mod")))["path"] == "(private)"


def test_lines_are_written_in_order(tmp_path: Path) -> None:
    log = AccessLog(str(tmp_path / "log"))
    log.start()
    for number in range(1000):
        log.add(Line(None, "", "GET", f"/{number}", 200, 0, 0, "mod"))
    log.stop()
    lines = (tmp_path / "log").read_text().splitlines()
    assert [json.loads(line)["path"] for line in lines] == [f"/{number}" for number in range(1000)]
    assert not AccessLog().is_on


def test_a_line_that_comes_while_the_others_are_taken_is_not_lost(tmp_path: Path) -> None:
    log = AccessLog(str(tmp_path / "log"))
    add = log._lines.append  # a thread is here when the others are taken
    assert log._take() == b""
    add((0.0, Line(None, "", "GET", "/x", 200, 0, 0, "mod")))
    assert json.loads(log._take())["path"] == "/x"
    assert log._take() == b""


def test_lines_wait_for_a_disk_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is lost, and none is torn: there is room for a line and a half, then for nothing, then for all."""
    file, write, full, refused = tmp_path / "log", os.write, [True], []

    def short(descriptor: int, data: memoryview) -> int:
        if not full[0] or not os.path.sameopenfile(descriptor, known):
            return write(descriptor, data)
        room = 200 - file.stat().st_size
        if not room:
            refused.append(1)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data[:room])

    log = AccessLog(str(file))
    log.start()
    known = os.open(file, os.O_RDONLY)
    monkeypatch.setattr("govgo.serve.accesslog.os.write", short)
    for number in range(10):
        log.add(Line(None, "", "GET", f"/{number}", 200, 0, 0, "mod"))
    eventually(lambda: len(refused) > 1)
    log.add(Line(None, "", "GET", "/10", 200, 0, 0, "mod"))
    full[0] = False
    log.stop()
    os.close(known)
    assert [json.loads(line)["path"] for line in file.read_text().splitlines()] == [
        f"/{number}" for number in range(11)
    ]
