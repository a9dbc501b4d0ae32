# SPDX-License-Identifier: BSD-3-Clause
"""Ranges of a module index: pages that overlap by a line, and answers that are not an index."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from govgo.adapters.proxy import indexrange
from govgo.adapters.proxy.indexrange import IndexRange, newest_time, read_range
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import NetworkError


class Index:
    """Answers as index.golang.org does: lines from `since` on, that moment included."""

    def __init__(self, count: int) -> None:
        self.lines = [
            (f"q.io/m{n % 7}", f"v1.0.{n}", f"2026-01-01T00:{n // 60:02d}:{n % 60:02d}Z") for n in range(count)
        ]
        self.asked: list[str] = []

    async def fetch(self, url: str, limit_bytes: int) -> bytes:
        self.asked.append(url.partition("?")[2])
        query = dict(each.split("=") for each in self.asked[-1].split("&"))
        since = query.get("since", "").replace("%3A", ":")
        begin = datetime.fromisoformat(since or "2000-01-01T00:00:00Z")
        found = [line for line in self.lines if datetime.fromisoformat(line[2]) >= begin][: int(query["limit"])]
        named = [dict(zip(("Path", "Version", "Timestamp"), line, strict=True)) for line in found]
        return "".join(f"{json.dumps(each)}\n" for each in named).encode()


NOW_US = 1_800_000_000_000_000
"""In January 2027."""


def read(index: Index, limit: int, since: str = "") -> IndexRange:
    return asyncio.run(read_range(index.fetch, "https://index.example/index", since, limit, NOW_US))


@pytest.mark.parametrize("limit", [1, 9, 10, 11, 25, 99])
def test_pages_follow_one_another(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexrange, "MAX_LINES", 10)
    index = Index(40)
    found = read(index, limit)
    want = [ModuleVersion(*line[:2]) for line in index.lines[:limit]]
    assert list(found.modules) == want
    assert found.next == index.lines[min(limit, 40) - 1][2]
    assert all(int(query.rpartition("limit=")[2]) <= 10 for query in index.asked)


def test_a_run_goes_on_where_the_last_one_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    index = Index(40)
    first = read(index, 15)
    rest = read(index, 100, first.next)
    assert len({*first.modules, *rest.modules}) == 40
    assert rest.modules[0] == first.modules[-1], "the line at that moment comes again"
    assert read(index, 5, "2027-01-01T00:00:00Z") == IndexRange((), 0, "2027-01-01T00:00:00Z")


def of_one_time(counts: dict[str, int]) -> Index:
    """An index with so many lines at each time."""
    index = Index(0)
    for time, count in counts.items():
        index.lines += [("q.io/m", f"v1.{len(index.lines)}.0", time) for _ in range(count)]
        index.lines = [(path, f"v1.{n}.0", at) for n, (path, _, at) in enumerate(index.lines)]
    return index


T1, T2, T3 = (f"2026-01-01T00:00:0{second}Z" for second in (1, 2, 3))


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 8, 10, 99])
def test_many_lines_of_one_time_are_all_read(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever goes on from a time gets its lines again; a limit below their number would lead nowhere."""
    monkeypatch.setattr(indexrange, "MAX_LINES", 10)
    index = of_one_time({T1: 2, T2: 9, T3: 2})
    found: dict[ModuleVersion, None] = {}
    since = ""
    for _ in range(40):
        part = read(index, limit, since)
        assert not part.crowded
        found.update(dict.fromkeys(part.modules))
        if part.next == since:
            break
        since = part.next
    assert list(found) == [ModuleVersion(*line[:2]) for line in index.lines]


@pytest.mark.parametrize("limit", [3, 10, 99])
def test_a_time_with_more_lines_than_an_answer_is_passed_and_told(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines behind the tenth of that time cannot be asked for; those of later times can."""
    monkeypatch.setattr(indexrange, "MAX_LINES", 10)
    index = of_one_time({T1: 2, T2: 13, T3: 2})
    found: dict[ModuleVersion, None] = {}
    since, crowded = "", set()
    for _ in range(40):
        part = read(index, limit, since)
        crowded.add(part.crowded)
        found.update(dict.fromkeys(part.modules))
        if part.next == since:
            break
        since = part.next
    assert list(found) == [ModuleVersion(*line[:2]) for line in (*index.lines[:12], *index.lines[15:])]
    assert crowded - {""} == {T2}


@pytest.mark.parametrize(
    "line",
    [
        b"<html>",
        b"[]",
        b'{"Path":"q.io/a"}',
        b'{"Path":1,"Version":"v1.0.0","Timestamp":"2026-01-01T00:00:00Z"}',
        b'{"Path":"q.io/a","Version":"v1.0.0","Timestamp":"soon"}',
        b"\xff",
        b"[" * 5000,
    ],
)
def test_what_is_no_index(line: bytes) -> None:
    async def fetch(url: str, limit_bytes: int) -> bytes:
        return line + b"\n"

    with pytest.raises(NetworkError, match=r"https://i\.example: not a line of a module index"):
        asyncio.run(read_range(fetch, "https://i.example", "", 10, NOW_US))


LAST = "9999-12-31T23:59:59.999999Z"


@pytest.mark.parametrize("late", ["2027-02-01T00:00:00Z", LAST, "9999-12-31T23:59:59.999999-14:00"])
def test_attack_a_line_whose_time_is_to_come(late: str) -> None:
    """Who goes on later goes on from the last line before it: what comes then has other times."""
    index = of_one_time({T1: 2, T2: 2, late: 2})
    found = read(index, 100)
    assert (len(found.modules), found.next, found.settled) == (6, late, T2)
    assert read(of_one_time({late: 2}), 100).settled == ""


@pytest.mark.parametrize(("late", "settled"), [(LAST, T1), (T2, "2026-01-01T00:00:02.000001Z")])
def test_attack_the_end_of_time_with_more_lines_than_an_answer(
    late: str, settled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexrange, "MAX_LINES", 10)
    found = read(of_one_time({T1: 2, late: 13}), 100)
    assert (found.crowded, found.settled) == (late, settled)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://i.example", "https://i.example/?limit=5"),
        ("https://i.example/index", "https://i.example/index?limit=5"),
        ("https://i.example?key=k", "https://i.example/?key=k&limit=5"),
    ],
)
def test_a_url_without_path_or_with_a_query(url: str, asked: str) -> None:
    urls: list[str] = []

    async def nothing(url: str, limit_bytes: int) -> bytes:
        urls.append(url)
        return b""

    asyncio.run(read_range(nothing, url, "", 5, NOW_US))
    assert urls == [asked]


def test_an_answer_that_is_none_names_the_url_without_its_password() -> None:
    async def page(url: str, limit_bytes: int) -> bytes:
        return b"<html>"

    with pytest.raises(NetworkError, match=r"^https://me:xxxxx@i\.example/: not a line of a module index: <html>"):
        asyncio.run(read_range(page, "https://me:secret@i.example/", "", 5, NOW_US))


def newest(index: Index, now: datetime) -> str:
    now_us = int(now.timestamp() * 1_000_000)
    return asyncio.run(newest_time(index.fetch, "https://index.example/index", now_us))


@pytest.mark.parametrize("count", [1, 9, 10, 11, 400])
@pytest.mark.parametrize(
    "wrong",
    [timedelta(0), timedelta(hours=-7), timedelta(hours=7), timedelta(days=-9000), timedelta(days=9000)],
)
def test_the_end_is_that_of_the_index_whatever_our_clock_shows(
    wrong: timedelta, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexrange, "MAX_LINES", 10)
    index = Index(count)
    assert newest(index, datetime(2026, 1, 1, 0, 10, tzinfo=UTC) + wrong) == index.lines[-1][2]
    assert len(index.asked) < 50


def test_an_index_without_lines_has_no_end() -> None:
    index = Index(0)
    assert newest(index, datetime(2026, 1, 1, tzinfo=UTC)) == ""
    assert len(index.asked) < 30


@pytest.mark.parametrize("time", ["2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_the_end_of_an_index_that_does_not_listen(time: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gives the same lines whatever it is asked, and as many as it can."""
    monkeypatch.setattr(indexrange, "MAX_LINES", 10)
    asked: list[str] = []
    lines = "".join(f'{{"Path":"q.io/m","Version":"v1.0.{n}","Timestamp":"{time}"}}\n' for n in range(10))

    async def fetch(url: str, limit_bytes: int) -> bytes:
        asked.append(url)
        return lines.encode()

    found = asyncio.run(newest_time(fetch, "https://index.example/index", 1_767_225_600_000_000))
    assert found == time
    assert len(asked) <= 64
