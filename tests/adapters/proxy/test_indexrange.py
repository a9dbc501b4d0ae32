# SPDX-License-Identifier: BSD-3-Clause
"""Ranges of a module index: pages that overlap by a line, and answers that are not an index."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime

import pytest

from govgo.adapters.proxy import indexrange
from govgo.adapters.proxy.indexrange import IndexRange, read_range
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


def read(index: Index, limit: int, since: str = "") -> IndexRange:
    return asyncio.run(read_range(index.fetch, "https://index.example/index", since, limit))


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
        asyncio.run(read_range(fetch, "https://i.example", "", 10))


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

    asyncio.run(read_range(nothing, url, "", 5))
    assert urls == [asked]


def test_an_answer_that_is_none_names_the_url_without_its_password() -> None:
    async def page(url: str, limit_bytes: int) -> bytes:
        return b"<html>"

    with pytest.raises(NetworkError, match=r"^https://me:xxxxx@i\.example/: not a line of a module index: <html>"):
        asyncio.run(read_range(page, "https://me:secret@i.example/", "", 5))
