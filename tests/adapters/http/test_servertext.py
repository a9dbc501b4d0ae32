# SPDX-License-Identifier: BSD-3-Clause
"""What is shown of the text that a server chooses."""

from __future__ import annotations

import pytest

from govgo.adapters.http.servertext import error_detail, get_text, printable, shorten, status_text

PLAIN = "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        # as go 1.26.8 prints them after "server response:"
        (b"not found: no such file\n", "not found: no such file"),
        (b"two\nlines\n\nand no more\n", "two\n\tlines"),
        (b"a\tb\n  c\n", "a\tb\n\t  c"),
        (b"x\n" * 8, "\n\t".join("x" * 8)),
        (b"x\n" * 9, "x\n\t" * 8 + "[Truncated: too many lines.]"),
        (b"y" * 648, "y" * 648),
        (b"y" * 649, "[Truncated: too long.]"),
        (b"x\n" + b"y" * 645, "x\n\t" + "y" * 645),
        (b"x\n" + b"y" * 646, "x\n\t[Truncated: too long.]"),
        ("ü".encode() * 324, "ü" * 324),
        # go prints these as they are
        (b"a\r\nb\rc\v\n", "a\n\tb\\x0dc\\x0b"),
        (b"::error::x\n  ::error::y\n##[error]z\n", "\\x3a:error::x\n\t  \\x3a:error::y\n\t#\\x23[error]z"),
    ],
)
def test_error_details(body: bytes, shown: str) -> None:
    assert error_detail(PLAIN, body) == shown


def test_bodies_that_are_not_shown() -> None:
    assert error_detail("text/html", b"a") == ""
    assert error_detail("text/plain; charset=latin-1", b"a") == ""
    assert error_detail(PLAIN, b"\x1b[31m") == ""


def test_status_texts() -> None:
    assert status_text(404, "") == "404 Not Found"
    assert status_text(404, "Not\x1b[2J") == "404 Not Found"
    assert status_text(799, "") == "799 "


def test_a_body_that_is_cut_within_a_character() -> None:
    assert error_detail("text/plain", b"x\n\n" + b"y" * 4092 + "ü".encode()[:1]) == "x"
    assert error_detail("text/plain", b"x\xc3") == ""


def test_printable() -> None:
    assert printable("a\nb\x1b[2J grün") == "a b\\x1b[2J grün"


def test_a_text_is_cut_between_characters() -> None:
    assert shorten("grün", 5) == "grün"
    assert shorten("grünspan", 8) == "grün…"
    assert shorten("x" * 501) == "x" * 497 + "…"


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        # as go 1.26.8 has them in GOPROXY
        ("https://h/a:/b", 'Get "https://h/a:/b"'),
        ("https://h:/a?b:", 'Get "https://h/a?b:"'),
        ("https://h:", 'Get "https://h"'),
        ("https://h:80/a", 'Get "https://h:80/a"'),
        ("https://[::1]:/a", 'Get "https://[::1]/a"'),
        ("https://u:xxxxx@h/a", 'Get "https://u:***@h/a"'),
        ("https://h/u:xxxxx@h", 'Get "https://h/u:xxxxx@h"'),
    ],
)
def test_the_url_in_an_error_of_a_connection(shown: str, text: str) -> None:
    assert get_text(shown) == text
