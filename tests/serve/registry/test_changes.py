# SPDX-License-Identifier: BSD-3-Clause
"""Which modules an event log says have changed, and when it says nothing that can be relied on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import BadSignatureError, StorageError
from govgo.serve.registry import changes as room
from govgo.serve.registry.changes import AGAIN_S, News


class Log:
    """An event log as far as news are read from it: the paths of its events, or the error of each question."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.error: Exception | None = None

    def head(self, *, anew: bool = False) -> object:
        if self.error is not None:
            raise self.error
        size = len(self.paths)
        return type("Head", (), {"tree": type("Tree", (), {"size": size})})

    def events(self, start: int, head: object) -> Iterator[tuple[int, object]]:
        for number, path in enumerate(self.paths[start:], start):
            yield number, type("Event", (), {"mod": ModuleVersion(path, "v1.0.0")})


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@contextmanager
def reading() -> Iterator[tuple[Log, Clock, News]]:
    log, clock = Log(), Clock()
    log.paths.append("q.io/before")
    news = News(log, lambda: True, clock)  # type: ignore[arg-type]
    assert news.due() is None, "nothing was looked at yet"
    news.begin()
    yield log, clock, news


def test_each_module_twice() -> None:
    with reading() as (log, clock, news):
        assert news.due() == []
        log.paths += ["q.io/a", "q.io/b", "q.io/a"]
        assert news.due() == ["q.io/a", "q.io/b"]
        assert news.due() == []
        clock.now_s = AGAIN_S - 1
        log.paths.append("q.io/b")
        assert news.due() == ["q.io/b"]
        clock.now_s = AGAIN_S
        assert news.due() == ["q.io/a"]
        clock.now_s = 2 * AGAIN_S
        assert news.due() == ["q.io/b"]
        clock.now_s = 9 * AGAIN_S
        assert news.due() == []


@pytest.mark.parametrize("error", [StorageError("away", key=""), BadSignatureError("another's")])
def test_a_log_that_cannot_be_read_says_nothing(error: Exception) -> None:
    with reading() as (log, _, news):
        log.error = error
        log.paths.append("q.io/a")
        assert news.due() is None
        news.begin()
        log.error = None
        assert news.due() is None
        news.begin()
        assert news.due() == []


def test_a_log_that_has_become_shorter_says_nothing() -> None:
    with reading() as (log, _, news):
        log.paths.clear()
        assert news.due() is None


def test_more_than_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_WAITING", 10)
    with reading() as (log, _, news):
        log.paths += [f"q.io/{number}" for number in range(11)]
        assert news.due() is None


def test_a_log_in_which_not_all_is_told() -> None:
    told = [True]
    log = Log()
    news = News(log, lambda: told[0], Clock())  # type: ignore[arg-type]
    news.begin()
    assert news.due() == []
    told[0] = False
    assert news.due() is None
