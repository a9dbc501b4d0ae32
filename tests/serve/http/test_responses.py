# SPDX-License-Identifier: BSD-3-Clause
"""Conditions and ranges, by the examples of RFC 9110 (sections 13 and 14)."""

from __future__ import annotations

import time

import pytest

from govgo.serve.http.responses import Asked, Facts, http_date, joined, ok_headers, refusal_headers, wanted
from govgo.serve.protocol.answer import Refusal

#: RFC 9110, 14.1.2: "Assuming that the representation length is 10000".
FACTS = Facts(b'"xyzzy"', 784111777.9, 10000)
DATE = b"Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    ("value", "start", "end"),
    [("bytes=0-499", 0, 500), ("bytes=500-999", 500, 1000), ("bytes=-500", 9500, 10000), ("bytes=9500-", 9500, 10000),
     ("bytes=0-0", 0, 1), ("bytes=-20000", 0, 10000), ("bytes=9999-99999", 9999, 10000)],
)  # fmt: skip
def test_ranges(value: str, start: int, end: int) -> None:
    part = wanted(Asked("GET", {b"range": value.encode()}), FACTS)
    assert (part.status, part.start, part.size) == (206, start, end - start)
    assert (b"content-range", b"bytes %d-%d/10000" % (start, end - 1)) in part.headers


@pytest.mark.parametrize("value", ["bytes=10000-", "bytes=99999-100000", "bytes=-0"])
def test_ranges_that_do_not_exist(value: str) -> None:
    part = wanted(Asked("GET", {b"range": value.encode()}), FACTS)
    assert (part.status, part.headers[0]) == (416, (b"content-range", b"bytes */10000"))


@pytest.mark.parametrize("value", ["bytes=0-1,5-6", "bytes=", "bytes=-", "bytes=5-1", "pages=1-2", "bytes=a-b", "0-5"])
def test_ranges_that_are_not_understood(value: str) -> None:
    assert wanted(Asked("GET", {b"range": value.encode()}), FACTS).status == 200


def test_ranges_are_for_get() -> None:
    assert wanted(Asked("HEAD", {b"range": b"bytes=0-1"}), FACTS).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({b"if-none-match": b'"xyzzy"'}, 304),
        ({b"if-none-match": b'W/"xyzzy"'}, 304),
        ({b"if-none-match": b'"r2d2xxxx", "xyzzy"'}, 304),
        ({b"if-none-match": b"*"}, 304),
        ({b"if-none-match": b'"r2d2xxxx"'}, 200),
        ({b"if-none-match": b'"r2d2xxxx"', b"if-modified-since": DATE}, 200),
        ({b"if-modified-since": DATE}, 304),
        ({b"if-modified-since": b"Sun, 06 Nov 1994 08:49:36 GMT"}, 200),
        ({b"if-modified-since": b"last week"}, 200),
        ({b"range": b"bytes=0-1", b"if-range": b'"xyzzy"'}, 206),
        ({b"range": b"bytes=0-1", b"if-range": b'W/"xyzzy"'}, 200),
        ({b"range": b"bytes=0-1", b"if-range": b'"other"'}, 200),
        ({b"range": b"bytes=0-1", b"if-range": DATE}, 206),
        ({b"range": b"bytes=0-1", b"if-range": b"Sun, 06 Nov 1994 08:49:38 GMT"}, 200),
        ({b"range": b"bytes=0-1", b"if-none-match": b'"xyzzy"'}, 304),
        # The other forms of a date (5.6.7), and what precedes what (13.2.2).
        ({b"if-modified-since": b"Sunday, 06-Nov-94 08:49:37 GMT"}, 304),
        ({b"if-modified-since": b"Sun Nov  6 08:49:37 1994"}, 304),
        ({b"if-modified-since": b"Sun Nov  6 08:49:36 1994"}, 200),
        ({b"if-match": b'"r2d2xxxx", "xyzzy"'}, 200),
        ({b"if-match": b"*"}, 200),
        ({b"if-match": b'W/"xyzzy"'}, 412),
        ({b"if-match": b'"r2d2xxxx"', b"if-none-match": b'"xyzzy"'}, 412),
        ({b"if-match": b'"r2d2xxxx"', b"range": b"bytes=0-1"}, 412),
        ({b"if-match": b'"xyzzy"', b"if-unmodified-since": b"Sun, 06 Nov 1994 08:49:36 GMT"}, 200),
        ({b"if-unmodified-since": b"Sun, 06 Nov 1994 08:49:36 GMT"}, 412),
        ({b"if-unmodified-since": DATE}, 200),
        ({b"if-unmodified-since": b"last week"}, 200),
    ],
)
def test_conditions(headers: dict[bytes, bytes], status: int) -> None:
    assert wanted(Asked("GET", headers), FACTS).status == status


def test_a_date_without_a_zone_is_in_gmt_wherever_the_server_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert wanted(Asked("GET", {b"if-modified-since": b"Sun Nov  6 08:49:37 1994"}), FACTS).status == 304
        assert wanted(Asked("GET", {b"if-modified-since": b"Sun Nov  6 08:49:36 1994"}), FACTS).status == 200
    finally:
        monkeypatch.undo()
        time.tzset()


def test_tags_in_several_lines_are_one_list() -> None:
    lines = [(b"if-none-match", b'"r2d2xxxx"'), (b"if-none-match", b'"xyzzy"'), (b"range", b"a"), (b"range", b"b")]
    assert joined(lines) == {b"if-none-match": b'"r2d2xxxx", "xyzzy"', b"range": b"b"}


def test_dates() -> None:
    assert http_date(784111777) == DATE


def test_how_long_it_may_be_kept() -> None:
    def caching(headers: list[tuple[bytes, bytes]]) -> bytes:
        return dict(headers)[b"cache-control"]

    assert caching(ok_headers("mod", FACTS, None, private=False)) == b"public, max-age=31536000, immutable"
    assert caching(ok_headers("mod", FACTS, None, private=True)) == b"private, max-age=31536000, immutable"
    assert caching(ok_headers("list", FACTS, 59.9, private=False)) == b"public, max-age=59"
    assert caching(refusal_headers(Refusal(404, "no", 9.5))) == b"max-age=9"
    assert caching(refusal_headers(Refusal(503, "no"))) == b"no-store"
    assert dict(refusal_headers(Refusal(503, "no", retry_after_s=3)))[b"retry-after"] == b"3"
