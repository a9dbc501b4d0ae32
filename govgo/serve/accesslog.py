# SPDX-License-Identifier: BSD-3-Clause
"""The access log: an object of JSON on a line for each request, written by a thread a few times a second.

    {"time":"2026-05-06T07:08:09.123Z","client":"192.0.2.7","user":"ci","method":"GET","path":"/q.io/a/@v/list",
     "kind":"list","status":200,"bytes":14,"seconds":0.0}

Nothing private is in it: no password or token, no query, and "(private)" for the paths of private modules. Whoever asks
chooses the path: it is escaped so that a terminal and the runner of a CI job take it as text.
"""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime

from govgo.core.records import NamedTuple
from govgo.report import gojson

_PAUSE_S = 0.25
_MOST_LINES = 200_000
"""So many lines wait at most for a disk that does not take them; more are dropped, and counted in the log."""
PRIVATE = "(private)"


class Line(NamedTuple):
    """A request and what it got; `seconds` is how long that took, 0 for an answer from memory."""

    client: tuple[str, int] | None
    user: str
    method: str
    path: str
    status: int
    size: int
    seconds: float
    kind: str


class AccessLog:
    """The log of one process.

    Attributes:
        is_on: whether anything is logged.
    """

    def __init__(self, target: str = "") -> None:
        """`target` is a file, "-" for standard error, or "" for no log. Nothing is opened yet."""
        self.is_on = target != ""
        self._target = target
        self._lines: list[tuple[float, Line]] = []
        self._dropped = 0
        self._ending = threading.Event()
        self._reopen = False
        self._thread: threading.Thread | None = None

    def add(self, line: Line) -> None:
        """Log a request."""
        if len(self._lines) < _MOST_LINES:
            self._lines.append((time.time(), line))
        else:
            self._dropped += 1

    def start(self) -> None:
        """Begin to write.

        Raises:
            OSError: the file cannot be opened.
        """
        if self.is_on:
            descriptor = self._open()
            self._thread = threading.Thread(target=self._write_all, args=(descriptor,), daemon=True)
            self._thread.start()

    def reopen(self) -> None:
        """Open the file anew, after it was moved away."""
        self._reopen = True

    def stop(self) -> None:
        """Write what is left."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(1)

    def _open(self) -> int:
        if self._target == "-":
            return os.dup(2)
        return os.open(self._target, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)

    def _write_all(self, descriptor: int) -> None:
        ending = False
        left = memoryview(b"")
        while not ending:
            ending = self._ending.wait(_PAUSE_S)
            if self._reopen:
                self._reopen = False
                with suppress(OSError):
                    fresh = self._open()
                    os.close(descriptor)
                    descriptor = fresh
            # Where the disk is full, the rest of a line is what comes next.
            left = _write(descriptor, left) or _write(descriptor, memoryview(self._take()))

    def _take(self) -> bytes:
        """The lines that have come since, as they are written."""
        count = len(self._lines)  # others may come in this moment, to the very list that is taken from
        lines = self._lines[:count]
        del self._lines[:count]
        text = "".join(format_line(when, line) for when, line in lines)
        if self._dropped:
            text += json.dumps({"dropped": self._dropped}) + "\n"
            self._dropped = 0
        return text.encode("utf-8", "backslashreplace")


def _write(descriptor: int, data: memoryview) -> memoryview:
    """Write as much as there is room for; what is left."""
    with suppress(OSError):
        while data:
            data = data[os.write(descriptor, data) :]
    return data


def format_line(when: float, line: Line) -> str:
    """The line as it is written."""
    stamp = datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    client = line.client[0] if line.client else ""
    values = (stamp, client, line.user, line.method, line.path or PRIVATE, line.kind, line.status, line.size)
    names = ("time", "client", "user", "method", "path", "kind", "status", "bytes")
    told = {**dict(zip(names, values, strict=True)), "seconds": round(line.seconds, 4)}
    return gojson.safe(json.dumps(told, separators=(",", ":"))) + "\n"
