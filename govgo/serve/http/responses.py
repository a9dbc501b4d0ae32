# SPDX-License-Identifier: BSD-3-Clause
"""Responses of HTTP: their headers, and what a conditional request or one for a range gets (RFC 9110, 13 and 14)."""

from __future__ import annotations

import hashlib
import http
import re
from collections.abc import Iterable, Mapping
from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime
from functools import cache

from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.serve.protocol.answer import Body, Refusal, StoredFile

LASTING = "public, max-age=31536000, immutable"
_TYPES: Mapping[str, str] = {
    "list": "text/plain; charset=utf-8",
    "latest": "application/json",
    "query": "application/json",
    "info": "application/json",
    "mod": "text/plain; charset=utf-8",
    "zip": "application/zip",
    "tile": "application/octet-stream",
}
_TEXT = "text/plain; charset=utf-8"
_RANGE = late(r"bytes=([0-9]{0,18})-([0-9]{0,18})\Z", re.ASCII)

_LISTS = frozenset({b"if-match", b"if-none-match"})

Headers = list[tuple[bytes, bytes]]


class Facts(NamedTuple):
    """What a conditional request is compared with.

    Attributes:
        etag: strong, with its quotes.
        modified: seconds since the epoch.
        size: of the whole answer, in bytes.
    """

    etag: bytes
    modified: float
    size: int


class Asked(NamedTuple):
    """What a request asks beyond its path, by the names of its headers in lower case."""

    method: str
    headers: Mapping[bytes, bytes]


class Part(NamedTuple):
    """Which part of an answer is sent: from `start` on `size` bytes, with a status; and headers that say so."""

    status: int
    start: int
    size: int
    headers: Headers


def body_facts(body: Body) -> Facts:
    """Facts of a small answer. Tags are hashes: the same on all machines."""
    return Facts(_tag(hashlib.sha256(body.data).digest()), body.modified, len(body.data))


def file_facts(file: StoredFile) -> Facts:
    """Facts of a stored zip."""
    return Facts(_tag(file.digest), file.modified, file.size)


def _tag(digest: bytes) -> bytes:
    return b'"%b"' % digest.hex()[:32].encode()


def ok_headers(kind: str, facts: Facts, fresh_s: float | None, *, private: bool) -> Headers:
    """The headers of a whole answer, without its length."""
    if fresh_s is None:
        caching = LASTING.replace("public", "private") if private else LASTING
    else:
        caching = f"{'private' if private else 'public'}, max-age={int(fresh_s)}"
    return [
        (b"content-type", _TYPES.get(kind, _TEXT).encode()),
        (b"cache-control", caching.encode()),
        (b"etag", facts.etag),
        (b"last-modified", http_date(int(facts.modified))),
        (b"accept-ranges", b"bytes"),
        (b"x-content-type-options", b"nosniff"),
    ]


def refusal_headers(refusal: Refusal) -> Headers:
    """The headers of a refusal, without its length."""
    headers = [
        (b"content-type", _TEXT.encode()),
        (b"cache-control", b"max-age=%d" % int(refusal.fresh_s) if refusal.fresh_s >= 1 else b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if refusal.retry_after_s:
        headers.append((b"retry-after", b"%d" % refusal.retry_after_s))
    return headers


@cache
def status_line(status: int) -> bytes:
    """`HTTP/1.1 200 OK` with its line end."""
    try:
        phrase = http.HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()


def http_date(seconds: int) -> bytes:
    """A time as HTTP writes it."""
    return formatdate(seconds, usegmt=True).encode()


def wanted(asked: Asked, facts: Facts) -> Part:
    """Which part a request gets: all, nothing new (304), a range (206), none that exists (416), or none (412)."""
    if _is_another(asked.headers, facts):
        return Part(412, 0, 0, [(b"content-length", b"0")])
    if _is_known(asked.headers, facts):
        return Part(304, 0, 0, [])
    found = asked.headers.get(b"range")
    whole = Part(200, 0, facts.size, [(b"content-length", b"%d" % facts.size)])
    if found is None or asked.method != "GET" or not _may_resume(asked.headers, facts):
        return whole
    match = _RANGE.match(found.decode("latin-1").replace(" ", ""))
    if match is None or match[1] == match[2] == "":
        return whole  # several ranges, or none that is understood: all of it is a right answer
    first, last = match[1], match[2]
    if first == "":
        start, end = max(0, facts.size - int(last)), facts.size
    else:
        start, end = int(first), min(facts.size, int(last) + 1 if last else facts.size)
        if last and int(last) < start:
            return whole
    if start >= facts.size or start >= end:
        return Part(416, 0, 0, [(b"content-range", b"bytes */%d" % facts.size), (b"content-length", b"0")])
    place = b"bytes %d-%d/%d" % (start, end - 1, facts.size)
    return Part(206, start, end - start, [(b"content-range", place), (b"content-length", b"%d" % (end - start))])


def joined(lines: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Header lines by name: the lists of tags in several lines are one list, of others the last counts."""
    found: dict[bytes, bytes] = {}
    for name, value in lines:
        found[name] = b"%b, %b" % (found[name], value) if name in _LISTS and name in found else value
    return found


def _is_another(headers: Mapping[bytes, bytes], facts: Facts) -> bool:
    """Whether the request is about other content (If-Match, If-Unmodified-Since)."""
    tags = headers.get(b"if-match")
    if tags is not None:  # compared strongly, as the name of the content that it is
        listed = [tag.strip() for tag in tags.split(b",")]
        return b"*" not in listed and facts.etag not in listed
    since = headers.get(b"if-unmodified-since")
    seconds = None if since is None else _seconds(since)
    return seconds is not None and int(facts.modified) > seconds


def _is_known(headers: Mapping[bytes, bytes], facts: Facts) -> bool:
    tags = headers.get(b"if-none-match")
    if tags is not None:
        listed = [tag.strip().removeprefix(b"W/") for tag in tags.split(b",")]
        return b"*" in listed or facts.etag in listed
    since = headers.get(b"if-modified-since")
    if since is None:
        return False
    seconds = _seconds(since)
    return seconds is not None and int(facts.modified) <= seconds


def _may_resume(headers: Mapping[bytes, bytes], facts: Facts) -> bool:
    """Whether the client's beginning is of this very content (If-Range)."""
    condition = headers.get(b"if-range")
    if condition is None:
        return True
    if condition.startswith((b'"', b"W/")):
        return condition == facts.etag
    return _seconds(condition) == int(facts.modified)


def _seconds(text: bytes) -> int | None:
    try:
        found = parsedate_to_datetime(text.decode("latin-1"))
        return int(found.replace(tzinfo=found.tzinfo or UTC).timestamp())  # asctime has no zone, and means this one
    except (ValueError, OverflowError):
        return None
