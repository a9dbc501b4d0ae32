# SPDX-License-Identifier: BSD-3-Clause
"""The live display of long work, on standard error: one line on a terminal, elsewhere a line every ten seconds.

    download: 14 modules left, 48.1 MB, 6.3 MB/s, 12 s, waiting for …g.org/golang.org/x/text/@v/v0.14.0.zip, 9 s

What it shows comes from the events of the `Reporter` port. A thread of its own draws it, so that the clock runs on
while nothing happens. `ports.talk` lists the events.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TextIO

from govgo.adapters.disk.system import process_age_s
from govgo.core.safetext import visible
from govgo.ports.reporter import PROGRESS_THREAD

FIRST_S = 0.13
"""When the terminal's line is first drawn, in seconds after the start of the process. It shall show within 200 ms, and
the thread that draws it shares the interpreter with a command that loads its modules just then."""
EVERY_S = 0.1
PLAIN_EVERY_S = 10.0
_SILENT_S = 2.0
_RATE_OVER_S = 3.0
_MOST_CHARACTERS = 56
_LEAST_CHARACTERS = 8
_MOST_OF_REASON = 40

_ERASE = "\r\x1b[2K"

_STEPS = {
    "cache": ("checking the module cache", "module"),
    "database": ("proving go.sum", "line"),
    "complete": ("loading the module graph", ""),
    "vendor": ("checking the vendor directory", ""),
    "fleet": ("", "repository"),
    "tags": ("asking repositories", "version"),
    "zips": ("hashing zips", "module"),
}
"""The title of each step of a command, "" for that of the command, and what is counted down in it."""


class Tally:
    """What has happened so far, and what is waited for. Events come from any thread.

    Args:
        title: the name of the command.
        now_s: a clock that never goes back.
    """

    def __init__(self, title: str, now_s: Callable[[], float] = time.monotonic) -> None:
        self.fetched = 0
        self.answers = 0
        self.bytes = 0
        self._title = title
        self._now_s = now_s
        self._started_s = self._moved_s = now_s()
        self._modules_left = 0
        self._step = ""
        self._step_left = 0
        self._waiting: dict[str, tuple[str, float]] = {}
        self._retries: dict[str, tuple[str, float]] = {}
        self._late: set[str] = set()
        self._newest = ""
        self._samples: deque[tuple[float, int]] = deque([(self._started_s, 0)])
        self._counts: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "started": self._started,
            "received": self._received,
            "again": self._again,
            "finished": self._finished,
            "planned": self._planned,
            "downloaded": self._downloaded,
            "fetched": self._fetched,
            "extracted": self._extracted,
            "step": self._stepped,
            "advanced": self._advanced,
        }

    def event(self, kind: str, facts: Mapping[str, Any]) -> None:
        """Count one event; those that say nothing about progress are passed over."""
        count = self._counts.get(kind)  # not by patterns, which take longer than what is counted: 4,000 for a graph
        if count is not None:
            with suppress(KeyError, TypeError):  # odd facts are no reason to end a command
                count(facts)

    def _started(self, facts: Mapping[str, Any]) -> None:
        self._waiting[facts["name"]] = (facts["what"], self._now_s())

    def _received(self, facts: Mapping[str, Any]) -> None:
        name, now_s = facts["name"], self._now_s()
        self._moved_s = now_s
        self.bytes += facts["bytes"]
        self._retries.pop(name, None)
        if name in self._waiting:
            self._waiting[name] = (self._waiting[name][0], now_s)

    def _again(self, facts: Mapping[str, Any]) -> None:
        name, why = facts["name"], facts["why"]
        if why == "late":
            self._late.add(name)
        else:
            self._retries.pop(name, None)  # the newest is to be the last
            self._retries[name] = (why, self._now_s() + facts["pause_s"])

    def _finished(self, facts: Mapping[str, Any]) -> None:
        name, rest = facts["name"], facts.get("bytes", 0)
        self._moved_s = self._now_s()
        self._waiting.pop(name, None)
        self._retries.pop(name, None)
        self._late.discard(name)
        if rest > 0:
            self.bytes += rest
            self.answers += 1

    def _planned(self, facts: Mapping[str, Any]) -> None:
        self._modules_left += facts["modules"]

    def _downloaded(self, _: Mapping[str, Any]) -> None:
        self._modules_left = max(0, self._modules_left - 1)

    def _fetched(self, facts: Mapping[str, Any]) -> None:
        self.fetched += 1
        self._extracted(facts)

    def _extracted(self, facts: Mapping[str, Any]) -> None:
        self._newest = f"{facts['path']} {facts['version']}"

    def _stepped(self, facts: Mapping[str, Any]) -> None:
        self._step, self._step_left = facts["name"], facts["count"]
        self._title = _STEPS.get(self._step, (self._step, ""))[0] or self._title

    def _advanced(self, facts: Mapping[str, Any]) -> None:
        if facts["name"] == self._step:
            self._step_left = max(0, self._step_left - facts["count"])

    @property
    def elapsed_s(self) -> float:
        """Since the start of the command."""
        return self._now_s() - self._started_s

    def sentence(self, width: int = 0) -> str:
        """The line as it reads now.

        Args:
            width: what it may take, 0 for any. Names are cut first, then the rate goes, the bytes and what is left:
                for how long, and what is waited for, says most where there is little room.
        """
        left, moved, rate = self._left(), size(self.bytes) if self.bytes else "", self._rate()
        pace = f"{size(int(rate))}/s" if self.bytes and rate >= 1 else ""
        now = duration(self.elapsed_s)
        before, name, after = self._tail()
        line = ""
        for parts in ((left, moved, pace, now), (left, moved, now), (left, now), (now,), ()):
            title = f"{self._title}: " if parts else ""
            line = title + ", ".join([*filter(None, parts), *([before] if name else [])])
            room = width - len(line) - len(after) if width else _MOST_CHARACTERS
            line += _cut(name, max(room, _LEAST_CHARACTERS), at_end=not after) + after
            if not width or len(line) <= width:
                break
        return line

    def _left(self) -> str:
        noun = _STEPS.get(self._step, ("", ""))[1]
        if self._modules_left:
            return many(self._modules_left, "module") + " left"
        if self._step_left and noun:
            return many(self._step_left, noun) + " left"
        requests = sum(what == "request" for what, _ in self._waiting.copy().values())
        return many(requests, "request") + " left" if requests else ""

    def _tail(self) -> tuple[str, str, str]:
        """What to name at the end of the line, with the words before and behind it.

        What has failed and is tried again comes first, then what is silent, then what was there last.
        """
        now_s, waiting, retries = self._now_s(), self._waiting.copy(), self._retries.copy()
        if retries:
            name, (why, at_s) = retries.popitem()
            pause = f" in {duration(at_s - now_s)}" if at_s - now_s >= 1 else ""
            reason = _cut(_one_line(why), _MOST_OF_REASON, at_end=True)
            return "trying ", _shown(name), f" again{pause}: {reason}"
        if waiting and now_s - self._moved_s >= _SILENT_S:
            name = min(waiting, key=lambda each: waiting[each][1])
            what, since_s = waiting[name]
            if now_s - since_s >= _SILENT_S:
                lock = "the lock of " if what == "lock" else ""
                shown = _shown(name) if what == "request" else _one_line(name)
                again = ", asked again" if name in self._late else ""
                return f"waiting for {lock}", shown, f", {duration(now_s - since_s)}{again}"
        return "", _one_line(self._newest), ""

    def _rate(self) -> float:
        """Bytes per second over the last seconds."""
        now_s = self._now_s()
        self._samples.append((now_s, self.bytes))
        while len(self._samples) > 2 and now_s - self._samples[0][0] > _RATE_OVER_S:
            self._samples.popleft()
        then_s, before = self._samples[0]
        return (self.bytes - before) / (now_s - then_s) if now_s > then_s else 0.0


def _shown(url: str) -> str:
    """A URL without its scheme."""
    return _one_line(url.partition("://")[2] or url)


def _one_line(text: str) -> str:
    return visible(text).replace("\n", " ")


def _cut(name: str, most: int, *, at_end: bool) -> str:
    """`name` in at most so many characters; of a URL the end tells more than the beginning."""
    if len(name) <= most:
        return name
    return name[: most - 1] + "…" if at_end else "…" + name[len(name) - most + 1 :]


class Display:
    """Draws a tally until it is closed: a live line, or a plain one at long intervals."""

    def __init__(self, tally: Tally, stream: TextIO, *, live: bool) -> None:
        """Start the clock; nothing is drawn yet."""
        self._tally = tally
        self._live = live
        self._stream = stream
        self._line: LiveLine | None = None
        self._lock = threading.RLock()
        self._ended = threading.Event()
        threading.Thread(target=self._run, name=PROGRESS_THREAD, daemon=True).start()

    @property
    def shown(self) -> bool:
        """Whether a live line was ever drawn."""
        return self._line is not None

    def __enter__(self) -> None:
        """Take the live line away, and draw none until the block ends."""
        self._lock.acquire()
        if self._line is not None:
            self._line.erase()

    def __exit__(self, *failure: object) -> None:
        self._lock.release()

    def close(self) -> None:
        """Take the live line away for good."""
        self._ended.set()
        with self:
            pass

    def _run(self) -> None:
        with suppress(OSError):  # a terminal that is gone is not a reason to say anything
            if self._live:
                self._draw_lines()
            else:
                self._print_lines()

    def _draw_lines(self) -> None:
        if self._ended.wait(max(0.0, FIRST_S - process_age_s())):
            return
        line = LiveLine(self._stream)
        while True:
            with self._lock:
                if self._ended.is_set():
                    return
                self._line = line
                line.draw(self._tally.sentence(line.width))
            self._ended.wait(EVERY_S)

    def _print_lines(self) -> None:
        while not self._ended.wait(PLAIN_EVERY_S):
            with self._lock:
                self._stream.write(f"govgo: {visible(self._tally.sentence())}\n")
                self._stream.flush()


class LiveLine:
    """One line of a terminal that is drawn over and over, no longer than the terminal is wide.

    It writes its few control sequences (ECMA-48: EL, SGR) itself, because loading rich's console takes 50 ms, of the
    200 that the first line may take. How many cells a text takes is rich's to say.
    """

    def __init__(self, stream: TextIO) -> None:
        """Nothing is drawn yet."""
        self._stream = stream
        self._colour, self._plain = ("", "") if os.environ.get("NO_COLOR") else ("\x1b[36m", "\x1b[0m")
        self._drawn = False

    @property
    def width(self) -> int:
        """What a sentence may take. A terminal that wraps, where the line ends or at its echo of ^C, keeps the line."""
        return max(_columns(self._stream) - len("^C") - 1, 1)

    def draw(self, sentence: str) -> None:
        """Put `sentence` in place of what was drawn before."""
        from rich.cells import cell_len, set_cell_size

        line = _one_line(sentence)
        if cell_len(line) > self.width:
            line = set_cell_size(line, self.width - 1) + "…"
        title, colon, rest = line.partition(": ")
        self._stream.write(f"{_ERASE}{self._colour}{title}{self._plain}{colon}{rest}")
        self._stream.flush()
        self._drawn = True

    def erase(self) -> None:
        """Take the line away."""
        if self._drawn:
            self._stream.write(_ERASE)
            self._stream.flush()
            self._drawn = False


def _columns(stream: TextIO) -> int:
    """How wide a terminal is: what COLUMNS says, else the terminal itself, else 80."""
    given = os.environ.get("COLUMNS", "")
    with suppress(OSError, ValueError):
        told = int(given) if given.isdecimal() else 0
        return told or os.get_terminal_size(stream.fileno()).columns or 80
    return 80


def many(count: int, noun: str) -> str:
    """`1 module`, `2 modules`, `2 repositories`."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def size(count: int) -> str:
    """`48.1 MB`."""
    from rich.filesize import decimal

    return decimal(count)


def duration(seconds: float) -> str:
    """`12 s`, from one minute on `1:05`."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02d}" if whole >= 60 else f"{whole} s"
