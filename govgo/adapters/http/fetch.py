# SPDX-License-Identifier: BSD-3-Clause
"""One body, fetched with as many requests as it takes: tried again after faults, asked for beside a late answer.

    late      a second request is made beside the first; the first of the two that goes on is used, the other is cut
    cut       the rest is asked for; what has come is kept

The rest is asked for with Range and If-Range where the server gave a strong ETag (RFC 9110, section 13.1.5). Any other
second answer begins at byte 0; as much of it as is known already is skipped, if it is the same by its CRC-32: a
cluster of proxies may hold several zips of one module version. If it is not, the body begins anew.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from govgo.adapters.http.engine import Answer, Fault, TransferError
from govgo.adapters.http.retry import UNCOUNTED, RetryPolicy
from govgo.adapters.http.servertext import get_text, shorten
from govgo.adapters.http.timeouts import LARGE_BYTES, Pace
from govgo.core.fastzlib import fast_zlib
from govgo.core.golib.quote import quote
from govgo.core.golib.url import mask, mask_all
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.errors import Failure, GovgoError, NetworkError, TooLargeError

if TYPE_CHECKING:
    from datetime import datetime

_T = TypeVar("_T")

# A try that brought so many bytes does not count as one of those that the policy allows.
_WORTH_BYTES = 1 << 20
# What answers a request with a range, and one with a condition, beside 200.
_PARTS = frozenset({206, 416})
_UNCHANGED = frozenset({304})
_RANGE = late(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})\Z", re.ASCII)
_LENGTH = late(r"\d{1,18}\Z", re.ASCII)
# An opaque tag that is strong: no W/ before it (RFC 9110, section 8.8.3).
_STRONG = late(r'"[!#-~]{1,200}"\Z', re.ASCII)

# Any opaque tag (RFC 9110, section 8.8.3).
_TAG = late(r'(?:W/)?"[!#-~]{0,200}"\Z', re.ASCII)

_HINTS = {
    Fault.TIMEOUT: "-timeout=20m or GOVGO_TIMEOUT=20m waits longer for an answer to begin",
    Fault.DEAD: "-timeout=1m or GOVGO_TIMEOUT=1m waits longer for a server that shows no sign of being there",
    Fault.TLS: "if an authority of your own has signed the certificate, SSL_CERT_FILE has to name a file that holds it",
}

_Opened = tuple[Answer, AsyncIterator[bytes] | None, bytes]
"""An answer, its body (None where nothing was read of it), and what was read of that and is new."""


class Means(NamedTuple):
    """What the fetches of one client have in common.

    Attributes:
        ask: sends a request and follows its redirects.
        refusal: the error for an answer of another status than 200.
        pause_s: the pause before the next try after (fault, URL, number of the try, whether a body had begun).
        retry: which statuses are tried again, and how often.
        event: `Reporter.event`.
        spawn: starts a task that ends with the client, if not before.
    """

    ask: Callable[[str, Pace], Awaitable[Answer]]
    refusal: Callable[[Answer, str], Awaitable[GovgoError]]
    pause_s: Callable[[TransferError, str, int, bool], float | None]
    retry: RetryPolicy
    event: Callable[[str, Mapping[str, object]], None]
    spawn: Callable[[Coroutine[Any, Any, _Opened]], asyncio.Task[_Opened]]


class _AskAgain(Exception):
    """An answer that says to come back later."""

    def __init__(self, pause_s: float, why: str) -> None:
        super().__init__(why)
        self.pause_s = pause_s


class Validators(NamedTuple):
    """What an answer is known by: its tag, and the text of Last-Modified, "" for none that can be used."""

    etag: str = ""
    modified: str = ""


class Condition:
    """What makes a request conditional, and what its answer was (RFC 9110, section 13.1).

    ETag                 If-None-Match: the same tag
    Last-Modified        If-Modified-Since: the same time, where the answer was a second older than its Date, or more

    Two versions of a file within one second have one time; so a time that is as young as its answer says nothing.

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


class Fetch:
    """One body on its way.

    Attributes:
        size: how much has come, in bytes.
        encoding: the Content-Encoding of the body.
        condition: what is known of the body, None for nothing; where that still holds, nothing comes.
    """

    __slots__ = (
        "_answer",
        "_beside",
        "_beside_pace",
        "_besides",
        "_counted",
        "_crc",
        "_crc32",
        "_etag",
        "_limit_bytes",
        "_means",
        "_pace",
        "_rewind",
        "_shown",
        "_sink",
        "_told",
        "_tries",
        "_url",
        "condition",
        "encoding",
        "size",
    )

    def __init__(
        self,
        means: Means,
        url: str,
        shown: str,
        pace: Pace,
        sink: Callable[[bytes], object],
        rewind: Callable[[], None],
        limit_bytes: int,
    ) -> None:
        """Nothing is sent yet.

        Args:
            means: the client's.
            url: where the body is.
            shown: the same without passwords.
            pace: of the first try.
            sink: takes the body piece by piece.
            rewind: called before the first piece, and again where the body begins anew.
            limit_bytes: a longer body is refused.
        """
        self._means = means
        self._url = url
        self._shown = shown
        self._pace = self._beside_pace = pace
        self._sink = sink
        self._rewind = rewind
        self._limit_bytes = limit_bytes
        pace.late = self._ask_beside
        self.size = 0
        self.encoding = self._etag = ""
        self.condition: Condition | None = None
        self._crc = 0
        self._crc32: Callable[[bytes, int], int]  # from the first piece on; most bodies come whole
        self._answer: Answer | None = None
        self._beside: asyncio.Task[_Opened] | None = None
        self._besides = self._tries = self._counted = self._told = 0

    def body(self) -> Coroutine[Any, Any, None]:
        """Fetch the whole body. Not a coroutine itself, which spares one for each request.

        Raises:
            NotFoundError: 404 or 410.
            TooLargeError: it is longer than the limit.
            NetworkError: anything else that the server or the way to it is to blame for.
        """
        return self._repeat(self._read)

    def first_byte_only(self) -> None:
        """Ask for one byte, before anything is sent; the server may ignore that."""
        self._pace.extra = ("Range: bytes=0-0",)

    async def page(self, read: Callable[[Answer], Awaitable[_T]]) -> _T:
        """What `read` makes of the answer, whatever its status.

        Raises:
            NetworkError: no answer.
        """

        async def work() -> _T:
            answer, _, _ = await self._open(any_status=True)
            self._drop_beside()
            self._pace.late = None  # what has come of a page is enough
            return await read(answer)

        return await self._repeat(work)

    async def _repeat(self, work: Callable[[], Awaitable[_T]]) -> _T:
        means = self._means
        means.event("started", {"what": "request", "name": self._shown})
        try:
            while True:
                counts = True
                try:
                    return await work()
                except TransferError as err:
                    pause_s, why = self._pause_after(err), mask_all(str(err))
                    counts = err.fault not in UNCOUNTED
                except _AskAgain as again:
                    pause_s, why = again.pause_s, str(again)
                finally:
                    if self._answer is not None:
                        self._answer.close()
                        self._answer = None
                if self._beside is None:
                    self._tries += counts
                    self._pace = self._pace.again(self._ask_beside)
                    means.event("again", {"name": self._shown, "why": why, "pause_s": pause_s})
                    await asyncio.sleep(pause_s)
        finally:
            self._drop_beside()
            means.event("finished", {"name": self._shown, "bytes": self.size - self._told})

    def _pause_after(self, err: TransferError) -> float:
        """The pause before the next try.  Raises NetworkError where there is none."""
        if self._beside is not None:
            return 0.0  # it takes the place of what has failed
        if self.size - self._counted >= _WORTH_BYTES:
            self._counted = self.size
            self._tries = 0
        begun = self._answer is not None
        pause_s = self._means.pause_s(err, self._url, self._tries, begun)
        if pause_s is None:
            hint = _HINTS.get(err.fault, "") if not begun else ""
            # Go tells what could not be asked, and of a body that is cut where it was asked for first.
            shown = shorten(mask(err.url)) if err.url and not begun else self._shown
            doing = f"read {quote(shown)}" if begun else get_text(shown)
            text = f"{doing}: {mask_all(str(err))}"
            raise NetworkError(text, url=self._shown, inner=err, hint=hint) from err
        return pause_s

    async def _read(self) -> None:
        """Read the rest of the body from the next answer."""
        if self._beside is None:
            answer, chunks, fresh = await self._ask(self._pace)
            self._answer = answer
        else:
            answer, chunks, fresh = await self._open()
        if not self.size:
            if self.condition is not None:
                if answer.status == 304:
                    self.condition.unchanged = True
                    return
                self.condition.learn(answer.header)
            self._rewind()
            whole = answer.whole()
            if whole is not None:
                self.size = len(whole)
                if self.size > self._limit_bytes:
                    raise too_large(self._shown, self._limit_bytes)
                self._sink(whole)
                return
            etag = answer.header("etag")
            self._etag = etag if _STRONG.match(etag) else ""
            length = answer.header("content-length")
            self._crc32 = fast_zlib().crc32
            self._pace.large = _LENGTH.match(length) is not None and int(length) > LARGE_BYTES
        self._take(fresh)
        async for chunk in chunks or answer.chunks():
            self._take(chunk)
        if answer.status == 206 and self.size != _whole_size(answer):
            raise TransferError(Fault.CUT, "unexpected EOF")  # a server may send less than the range that it was asked

    def _take(self, data: bytes) -> None:
        if not data:
            return
        if self._beside is not None:
            self._drop_beside()
        self.size += len(data)
        self._told += len(data)
        self._means.event("received", {"name": self._shown, "bytes": len(data)})
        if self.size > self._limit_bytes:
            raise too_large(self._shown, self._limit_bytes)
        self._crc = self._crc32(data, self._crc)
        self._sink(data)

    async def _open(self, *, any_status: bool = False) -> _Opened:
        """The next answer: of the request beside the last one, where there is one."""
        if self._beside is not None:
            task, self._beside = self._beside, None
            try:
                opened = await task
            except asyncio.CancelledError:
                _drop(task)  # it may have ended in the same turn of the loop
                raise
            self._pace = self._beside_pace
            self._pace.late = self._ask_beside
        else:
            opened = await self._ask(self._pace, any_status=any_status)
        self._answer = opened[0]
        return opened

    async def _ask(self, pace: Pace, *, any_status: bool = False) -> _Opened:
        """Ask for what is missing."""
        good = _PARTS
        if self._etag and self.size:
            pace.extra = (f"Range: bytes={self.size}-", f"If-Range: {self._etag}")
        elif self.condition is not None and not self.size:
            pace.extra, good = self.condition.lines, _UNCHANGED
        answer = await self._means.ask(self._url, pace)
        try:
            status = answer.status
            if status != 200 and not (pace.extra and status in good):
                retry_after = answer.header("retry-after")
                pause_s = self._means.retry.pause_for_status(status, retry_after, self._tries)
                if pause_s is not None:
                    raise _AskAgain(pause_s, f"status {status}")
                if not any_status:
                    raise await self._means.refusal(answer, self._shown)
            if self.size:
                return await self._go_on(answer)
            self.encoding = answer.header("content-encoding") if answer.has_header(b"content-encoding") else ""
            return answer, None, b""
        except BaseException:
            answer.close()
            raise

    async def _go_on(self, answer: Answer) -> _Opened:
        """The answer where its body goes on after what has come already.

        Raises:
            TransferError: it is another body.
        """
        chunks = answer.chunks()
        if answer.header("content-encoding") == self.encoding:
            if answer.status == 206:
                place = _RANGE.match(answer.header("content-range"))
                if place is not None and int(place[1]) == self.size:
                    return answer, chunks, b""
            elif answer.status == 200:
                left, crc = self.size, 0
                async for chunk in chunks:
                    crc = self._crc32(chunk[:left], crc)
                    if len(chunk) >= left:
                        if crc == self._crc:
                            return answer, chunks, chunk[left:]
                        break
                    left -= len(chunk)
        if self._beside is None:
            # Nothing else goes on with the old body. Its bytes do not count for the number of tries any more.
            self.size = self._crc = 0
            self._counted = self._limit_bytes
        self._etag = ""
        raise TransferError(Fault.CUT, "unexpected EOF")

    # The request beside a late one.

    def _ask_beside(self) -> None:
        """Ask for what is missing once more, and use the answer if it comes first."""
        if self._beside is not None or self._besides >= self._means.retry.retries:
            return
        self._besides += 1
        self._beside_pace = self._pace.again(_stalled)
        self._beside = self._means.spawn(self._ask(self._beside_pace))
        self._beside.add_done_callback(self._decide)
        self._means.event("again", {"name": self._shown, "why": "late", "pause_s": 0.0})

    def _decide(self, task: asyncio.Task[_Opened]) -> None:
        """End the late try where the request beside it has an answer that can be used."""
        if task.cancelled():
            return  # it was dropped
        error = task.exception()
        if self._beside is not task:
            return  # it is waited for
        if isinstance(error, (TransferError, _AskAgain)) or (isinstance(error, Failure) and self.size):
            self._beside = None
        else:
            self._pace.fault = TransferError(Fault.STALL, "overtaken")

    def _drop_beside(self) -> None:
        """The late try goes on: it is late no more."""
        task, self._beside = self._beside, None
        if task is None:
            return
        self._pace.fault = None
        _drop(task)


def _drop(task: asyncio.Task[_Opened]) -> None:
    """Cut a request whose answer nobody wants any more."""
    if not task.done():
        task.cancel()
    elif not task.cancelled() and task.exception() is None:
        task.result()[0].close()


def _whole_size(part: Answer) -> int:
    """The size of the body that a range is of."""
    place = _RANGE.match(part.header("content-range"))
    return int(place[2]) if place is not None else -1


def too_large(shown: str, limit_bytes: int) -> TooLargeError:
    """The error for a body that is longer than its limit."""
    return TooLargeError(f"reading {shown}: response exceeds {limit_bytes} bytes", limit_bytes=limit_bytes)


def _stalled() -> TransferError:
    """A late answer beside a late one is not waited for; another may be faster."""
    return TransferError(Fault.STALL, "context deadline exceeded (no more of the body came)")


def _usable(modified: str, date: str) -> str:
    """A Last-Modified that later answers can be compared by, else ""."""
    try:
        gap = _time(date) - _time(modified)
    except (ValueError, TypeError):  # no date, or a time zone in one of them alone
        return ""
    return modified if modified.isascii() and modified.isprintable() and gap.total_seconds() >= 1 else ""


def _time(text: str) -> datetime:
    from email.utils import parsedate_to_datetime  # which no command needs that asks once

    if len(text) > 64:
        raise ValueError("no HTTP-date")
    return parsedate_to_datetime(text)
