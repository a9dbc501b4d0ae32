# SPDX-License-Identifier: BSD-3-Clause
"""The event log over HTTP: as an index of versions, and as a tile log that others can verify and follow.

    /index?since=TIME&limit=N&include=all    versions by when they were stored, a line of JSON each
    /events/checkpoint                       the signed tree head
    /events/key                              its verifier key
    /events/seen/NAME                        the newest head of the log of a peer that was seen here
    /events/tile/L/NNN[.p/W]                 hashes               (c2sp.org/tlog-tiles)
    /events/tile/entries/NNN[.p/W]           events, each behind its length in two bytes
    /events/tile/8/L/NNN[.p/W]               the same hashes, by the path that checksum databases have
    /events/tile/8/data/NNN[.p/W]            events with an empty line behind each

The index has the form of index.golang.org: times rise, the first line is at `since` or later, and there are 2,000 lines
at most. A version that was removed since then is left out, unless `include=all` asks for it, and so is in any case one
that the policy refuses by now: nobody could have it here. The log itself stays what was signed.

A client goes on from the time of the last line. So where thousands of events are left out in a row, the last of them is
told nevertheless: an answer without it would be the same forever, and one that looks further could take minutes.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import parse_qs

from govgo.app.events.log import EventLog
from govgo.core.events.event import STORED, Event, format_time_us, time_us_of
from govgo.core.golib.time import parse_rfc3339
from govgo.core.lazyregex import late
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.safetext import one_line
from govgo.core.sumdb.heads import Head
from govgo.core.sumdb.rules import split_data_tile
from govgo.core.sumdb.tile import Tile, parse_tile_path
from govgo.core.sumdb.tileauth import DATABASE_HEIGHT
from govgo.errors import Failure, InputError, SecurityError
from govgo.serve.http.routes import Call, Reply, Route
from govgo.serve.upstream.coldloop import ColdLoop

_T = TypeVar("_T")

MAX_LINES = 2000
"""Of an answer of the index; also how many there are if nothing else is asked for."""
MAX_EVENTS = 1 << 14
"""So many are looked at for an answer: 64 pages of the log, each of which is read and proved."""

_TEXT, _BYTES = "text/plain; charset=utf-8", "application/octet-stream"
_FRESH = (b"cache-control", b"no-cache")
_LASTING = (b"cache-control", b"public, max-age=31536000, immutable")
_PRIVATE_LASTING = (b"cache-control", b"private, max-age=31536000, immutable")
_NUMBER = late(r"[0-9]{1,9}", re.ASCII)
_TILE = late(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[0-9]{1,3})?)")
"""The path of a tile without its height."""


class IndexPages:
    """Answers the paths of one event log.

    Attributes:
        log: the log.
    """

    def __init__(
        self,
        cold: ColdLoop,
        log: EventLog,
        key: str,
        is_removed: Callable[[ModuleVersion], bool],
        is_refused: Callable[[ModuleVersion], bool],
        seen: Callable[[str], bytes],
        *,
        is_private: Callable[[], bool],
    ) -> None:
        """Nothing is read yet.

        Args:
            cold: where the storage is read.
            log: the log.
            key: its verifier key.
            is_removed: whether a version is known to have been removed.
            is_refused: whether the policy refuses a version.
            seen: the newest head of a peer's log that was seen, by its name; b"" for none.
            is_private: whether answers are for those alone who ask.
        """
        self._cold = cold
        self.log = log
        self._key = key
        self._is_removed = is_removed
        self._is_refused = is_refused
        self._seen = seen
        self._is_private = is_private

    @property
    def routes(self) -> tuple[Route, ...]:
        """The paths of the log and of the index."""
        return (
            Route(lambda path, _: path == "/index", self._answer(self._index)),
            Route(lambda path, _: path.startswith("/events/"), self._answer(self._events)),
        )

    def _answer(self, answer: Callable[[Call], Reply]) -> Callable[[Call], Awaitable[Reply]]:
        async def on_cold_loop(call: Call) -> Reply:
            try:
                return await self._stored(lambda: answer(call))
            except InputError as error:
                return _refusal(400, str(error))
            except Failure as error:
                return _refusal(503, str(error))
            except SecurityError as error:
                # It says that the storage is not to be believed; the journal reports that with its own fault, too.
                return _refusal(500, str(error).partition("\n\n")[0])

        return on_cold_loop

    async def _stored(self, work: Callable[[], _T]) -> _T:
        return await asyncio.wrap_future(self._cold.call(self._cold.stored(work)))

    def _index(self, call: Call) -> Reply:
        since_us, limit, everything = _asked(call.query)
        head = self.log.head()
        first = self.log.first_since(since_us, head)
        lines: list[str] = []
        for number, event in self.log.events(first, head):
            is_last = number - first == MAX_EVENTS - 1
            if is_last or self._is_told(event, everything=everything):
                path, version = event.mod
                time = format_time_us(event.time_us)
                lines.append(f'{{"Path":"{path}","Version":"{version}","Timestamp":"{time}"}}\n')  # no quotes in either
            if is_last or len(lines) == limit:
                break
        return Reply(200, _TEXT, "".join(lines).encode(), (_FRESH,))

    def _is_told(self, event: Event, *, everything: bool) -> bool:
        if event.kind != STORED or self._is_refused(event.mod):
            return False
        return everything or not self._is_removed(event.mod)

    def _events(self, call: Call) -> Reply:
        name = call.path.removeprefix("/events/")
        if name == "checkpoint":
            return Reply(200, _TEXT, self.log.head().note, (_FRESH,))
        if name == "key":
            return Reply(200, _TEXT, f"{self._key}\n".encode(), (_FRESH,))
        if name.startswith("seen/"):
            note = self._seen(name.removeprefix("seen/"))
            return Reply(200, _TEXT, note, (_FRESH,)) if note else _refusal(404, "not found: no such log was seen")
        short = _TILE.fullmatch(name)
        if short is not None:
            level = "data" if short[1] == "entries" else short[1]
            return self._tile(parse_tile_path(f"tile/{DATABASE_HEIGHT}/{level}/{short[2]}"), bundled=True)
        if name.startswith("tile/"):
            return self._tile(parse_tile_path(name), bundled=False)
        return _refusal(404, "not found: no path of an event log")

    def _tile(self, tile: Tile, *, bundled: bool) -> Reply:
        if tile.height != DATABASE_HEIGHT:
            return _refusal(404, f"tiles have height {DATABASE_HEIGHT}")
        if not _has(self.log.head(), tile) and not _has(self.log.head(anew=True), tile):
            return _refusal(404, "no such tile")
        data = self.log.tile(tile)
        if data is None:
            return _refusal(404, "no such tile")
        lasting = _PRIVATE_LASTING if self._is_private() else _LASTING
        if tile.level >= 0:
            return Reply(200, _BYTES, data, (lasting,))
        if bundled:
            texts = split_data_tile(data, tile.width)
            data = b"".join(len(text).to_bytes(2, "big") + text for text in texts)
        return Reply(200, _BYTES if bundled else _TEXT, data, (lasting,))


def _has(head: Head, tile: Tile) -> bool:
    """Whether a tree has a tile: what is not shown yet is not served."""
    level = max(0, tile.level)
    return head.tree.size >> (tile.height * level) >= (tile.number << tile.height) + tile.width


def _asked(query: str) -> tuple[int, int, bool]:
    """(since, limit, whether what was removed is wanted, too).

    Raises:
        InputError: values that make no sense.
    """
    try:
        values = parse_qs(query, keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise InputError("too many fields") from None
    since = values.get("since", [""])[-1]
    limit = values.get("limit", [""])[-1]
    include = values.get("include", [""])[-1]
    if limit and (not _NUMBER.fullmatch(limit) or int(limit) < 1):
        raise InputError(f"limit: want a number from 1 to {MAX_LINES}: {one_line(limit[:100])}")
    if include not in ("", "all"):
        raise InputError(f'include: want "all": {one_line(include[:100])}')
    since_us = 0
    if since:
        # "+" stands for a space in a query, and is in times of other zones.
        since_us = max(0, time_us_of(parse_rfc3339(since[:100].replace(" ", "+"))))
    return since_us, min(int(limit or MAX_LINES), MAX_LINES), include == "all"


def _refusal(status: int, text: str) -> Reply:
    return Reply(status, _TEXT, f"{one_line(text[:1000])}\n".encode("utf-8", "backslashreplace"), (_FRESH,))
