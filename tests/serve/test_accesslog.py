# SPDX-License-Identifier: BSD-3-Clause
"""Lines of the access log."""

from __future__ import annotations

import json
from pathlib import Path

from govgo.serve.accesslog import AccessLog, Line, format_line


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
