# SPDX-License-Identifier: BSD-3-Clause
"""Answers that may change, asked for again by what is known of them: an answer that is still the same is not sent.

    ETag                 If-None-Match: the same tag
    Last-Modified        If-Modified-Since: the same time, where the answer was a second older than its Date, or more
    304                  what is known still holds
    another answer       takes the place of what was known

Two versions of a file within one second have one time; so a time that is as young as its answer says nothing.
Source: RFC 9110, sections 8.8.2.2 and 13.1.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from govgo.adapters.http.remote import HttpRemote

MAX_BYTES = 16 << 20
"""So many bytes of answers and of their names are remembered at most, by one `Answers`."""
_LARGEST_BYTES = 1 << 20
"""Larger answers are not remembered: a few of them would take the place of all others."""
_OVERHEAD_BYTES = 400
_TAG = re.compile(r'(?:W/)?"[!#-~]{0,200}"\Z', re.ASCII)


class Validators(NamedTuple):
    """What an answer is known by: its tag, and the text of Last-Modified, "" for none that can be used."""

    etag: str = ""
    modified: str = ""


class Condition:
    """What makes a request conditional, and what its answer was.

    Attributes:
        lines: the header lines of the request, and of each of its tries; none where nothing is known.
        unchanged: whether the answer was that what is known still holds.
        found: the validators of another answer; none where nothing can be asked by them.
    """

    __slots__ = ("found", "lines", "unchanged")

    def __init__(self, known: Validators | None = None) -> None:
        named = () if known is None else (("If-None-Match", known.etag), ("If-Modified-Since", known.modified))
        self.lines = tuple(f"{name}: {value}" for name, value in named if value)
        self.unchanged = False
        self.found = Validators()

    def learn(self, header: Callable[[str], str]) -> None:
        """Take the validators of another answer; `header` gives the value of a header, "" for none."""
        etag = header("etag")
        self.found = Validators(etag if _TAG.match(etag) else "", _usable(header("last-modified"), header("date")))


def _usable(modified: str, date: str) -> str:
    """A Last-Modified that later answers can be compared by, else ""."""
    try:
        gap = _time(date) - _time(modified)
    except (ValueError, TypeError):  # no date, or a time zone in one of them alone
        return ""
    return modified if modified.isascii() and modified.isprintable() and gap.total_seconds() >= 1 else ""


def _time(text: str) -> datetime:
    if len(text) > 64:
        raise ValueError("no HTTP-date")
    return parsedate_to_datetime(text)


class _Known(NamedTuple):
    body: bytes
    validators: Validators


class Answers:
    """The last answers that can be asked for again, by URL: what was not used for longest is forgotten first."""

    def __init__(self, limit_bytes: int = MAX_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._known)

    def get(self, url: str) -> _Known | None:
        """What is known of a URL."""
        found = self._known.get(url)
        if found is not None:
            self._known.move_to_end(url)
        return found

    def keep(self, url: str, body: bytes, validators: Validators) -> None:
        """Remember an answer in place of the one before, if it can be asked for again."""
        before = self._known.pop(url, None)
        if before is not None:
            self.bytes -= _size(url, before)
        if len(body) > _LARGEST_BYTES or not any(validators):
            return
        self._known[url] = known = _Known(body, validators)
        self.bytes += _size(url, known)
        while self.bytes > self._limit_bytes:
            self.bytes -= _size(*self._known.popitem(last=False))


def _size(url: str, known: _Known) -> int:
    return len(url) + len(known.body) + sum(map(len, known.validators)) + _OVERHEAD_BYTES


class RevalidatedRemote:
    """A remote whose answers are asked for again by what is known of them, where they may change."""

    is_local = False

    def __init__(
        self, remote: HttpRemote, answers: Answers, may_change: Callable[[str], bool], unchanged: Callable[[], object]
    ) -> None:
        """Nothing is asked yet.

        Args:
            remote: what is asked.
            answers: what is remembered; several remotes may share it.
            may_change: whether the answer for a path can be another one later.
            unchanged: called for each answer that was not sent again.
        """
        self._remote = remote
        self._answers = answers
        self._may_change = may_change
        self._unchanged = unchanged

    def url(self, path: str) -> str:
        """The URL of `path` as messages show it."""
        return self._remote.url(path)

    async def get(self, path: str, limit_bytes: int) -> bytes:
        """A file whole."""
        if not self._may_change(path):
            return await self._remote.get(path, limit_bytes)
        url = self._remote.url(path)
        known = self._answers.get(url)
        condition = Condition(None if known is None else known.validators)
        body = await self._remote.get(path, limit_bytes, condition)
        if known is not None and condition.unchanged:
            self._unchanged()
            return known.body
        self._answers.keep(url, body, condition.found)
        return body

    async def copy(
        self, path: str, sink: Callable[[bytes], object], rewind: Callable[[], None], limit_bytes: int
    ) -> int:
        """A file in chunks."""
        return await self._remote.copy(path, sink, rewind, limit_bytes)

    async def size(self, path: str) -> int | None:
        """The size of a file, as the server says it."""
        return await self._remote.size(path)
