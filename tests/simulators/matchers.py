# SPDX-License-Identifier: BSD-3-Clause
"""Processes that match licences, shared by tests: each that is started loads 700 expressions, a third of a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from govgo.adapters.licenses import matcher
from govgo.core.licenses.texts import Match

_Process = matcher._Process


@contextmanager
def shared_matchers() -> Iterator[None]:
    """Lend a process that is there instead of starting one; what has not answered is ended, as ever."""
    free: dict[tuple[str, float], list[_Process]] = {}

    class Lent:
        def __init__(self, limit_s: float) -> None:
            self._home = free.setdefault((matcher._PROGRAM, limit_s), [])
            self._process = self._home.pop() if self._home else _Process(limit_s)
            self._whole = True

        def ask(self, text: str) -> Match | None:
            answer = self._process.ask(text)
            self._whole = answer is not None
            return answer

        def close(self) -> None:
            if self._whole:
                self._home.append(self._process)
            else:
                self._process.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matcher, "_Process", Lent)
        try:
            yield
        finally:
            for process in (each for home in free.values() for each in home):
                process.close()
