# SPDX-License-Identifier: BSD-3-Clause
"""What is shown of the text that a server chooses."""

from __future__ import annotations

from govgo.adapters.http.servertext import error_detail, printable, shorten, status_text


def test_error_details() -> None:
    plain = "text/plain; charset=utf-8"
    assert error_detail(plain, b"a\nb\n\nc") == "a b"
    assert error_detail("text/html", b"a") == ""
    assert error_detail("text/plain; charset=latin-1", b"a") == ""
    assert error_detail(plain, b"x\n" * 20) == "x x x x x x x x [Truncated: too many lines.]"
    assert len(error_detail(plain, b"y" * 4000).encode()) <= 500
    assert error_detail(plain, "grün".encode()) == "grün"
    assert status_text(404, "") == "404 Not Found"
    assert status_text(404, "Not\x1b[2J") == "404 Not Found"
    assert status_text(799, "") == "799 "


def test_a_body_that_is_cut_within_a_character() -> None:
    assert error_detail("text/plain", b"x" * 4095 + "ü".encode()[:1]).startswith("xxx")
    assert error_detail("text/plain", b"x\xc3") == ""


def test_printable() -> None:
    assert printable("a\nb\x1b[2J grün") == "a b\ufffd[2J grün"


def test_a_text_is_cut_between_characters() -> None:
    assert shorten("grün", 5) == "grün"
    assert shorten("grünspan", 8) == "grün…"
    assert shorten("x" * 501) == "x" * 497 + "…"
