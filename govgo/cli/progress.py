# SPDX-License-Identifier: BSD-3-Clause
"""One live line of progress on a terminal, shown after 200 ms and taken away before anything else is printed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from typing import TextIO

SHOW_AFTER_S = 0.2
REDRAW_EVERY_S = 0.08


class LiveProgress:
    """Counts what has been fetched and names the newest module.

    A single self-erasing line needs no rich: the start of a command stays fast, and nothing is left behind in logs.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._started_s = time.monotonic()
        self._drawn_s = 0.0
        self._shown = False
        self._counts = {"fetched": 0, "downloading": 0, "proved": 0, "extracted": 0}
        self._newest = ""

    def event(self, kind: str, facts: Mapping[str, object]) -> None:
        """Count one event and redraw when it is time."""
        if kind == "request":
            self.clear()
            self._stream.write(f"{facts['line']}\n")
            return
        if kind not in self._counts:
            return
        self._counts[kind] += 1
        if "path" in facts:
            self._newest = f"{facts['path']} {facts.get('version', '')}".rstrip()
        now_s = time.monotonic()
        if now_s - self._started_s >= SHOW_AFTER_S and now_s - self._drawn_s >= REDRAW_EVERY_S:
            self._drawn_s = now_s
            self._draw()

    def _draw(self) -> None:
        words = [f"{count} {kind}" for kind, count in self._counts.items() if count]
        width = shutil.get_terminal_size().columns
        line = f"  {', '.join(words)}  {self._newest}"
        self._stream.write("\r\x1b[K" + line[: max(width - 1, 10)])
        self._stream.flush()
        self._shown = True

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = False
