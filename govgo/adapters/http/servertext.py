# SPDX-License-Identifier: BSD-3-Clause
"""What is shown of the text that a server chooses, such as the body of an error: little of it, and safe to print.

    reading https://proxy.example/q.io/a/@v/list: 404 Not Found
        server response: not found: q.io/a

    reading https://proxy.example/q.io/a/@v/list: 500 Internal Server Error
        server response:
        the first line of the body
        the second

The body of an error is shown if it is plain text in UTF-8 of graphic characters and white space: its lines up to the
first blank one, at most eight of them. Source: cmd/go/internal/web (formatErrorDetail).
"""

from __future__ import annotations

import unicodedata

from govgo.core.golib.quote import quote
from govgo.core.safetext import one_line, visible

MAX_TEXT_BYTES = 500
MAX_DETAIL_LINES = 8
MAX_DETAIL_BYTES = 8 * 81
# An error's body is read this far.
MAX_BODY_BYTES = 4096
_SPACES = frozenset("\t\n\v\f\r \x85\xa0")
_GRAPHIC = frozenset("LMNPS")


def error_detail(content_type: str, body: bytes) -> str:
    """The text of an error's body, its lines behind tabs but for the first; "" where it cannot be shown."""
    media, _, parameters = content_type.partition(";")
    if media.strip().lower() != "text/plain":
        return ""
    charset = parameters.lower().replace(" ", "").replace('"', "").partition("charset=")[2].partition(";")[0]
    if charset not in ("", "utf-8", "us-ascii"):
        return ""
    cut = len(body) >= MAX_BODY_BYTES
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as err:
        # A body that is cut may end within a character, of at most four bytes.
        if not cut or err.start < len(body) - 4:
            return ""
        text = body[: err.start].decode("utf-8")
    if not all(c in _SPACES or _is_graphic(c) for c in text):
        return ""
    detail = ""
    for number, line in enumerate(text.split("\n")):
        if not line.strip():
            break
        if number:
            detail += "\n\t"
        if number >= MAX_DETAIL_LINES:
            return detail + "[Truncated: too many lines.]"
        if len((detail + line).encode()) > MAX_DETAIL_BYTES:
            return detail + "[Truncated: too long.]"
        detail += visible(line.rstrip("\r"))
    return detail


def get_text(shown: str) -> str:
    """`Get "URL"`, with which errors of net/http begin: there a masked password is ***, and an empty port left out."""
    scheme, slashes, rest = shown.partition("//")
    end = next((at for at, each in enumerate(rest) if each in "/?#"), len(rest))
    place = rest[:end].removesuffix(":").replace(":xxxxx@", ":***@")
    return f"Get {quote(scheme + slashes + place + rest[end:])}"


def status_text(status: int, reason: str) -> str:
    """The status with its reason phrase: the server's if that is printable ASCII, else the usual one."""
    reason = reason.strip()
    if not reason or not reason.isascii() or not reason.isprintable():
        from http.client import responses

        reason = responses.get(status, "")
    return f"{status} {shorten(reason, 80)}"


def printable(text: str) -> str:
    """`text` on one line, of at most 500 bytes."""
    return shorten(one_line(" ".join(text.split())))


def shorten(text: str, limit_bytes: int = MAX_TEXT_BYTES) -> str:
    """`text`, cut to at most `limit_bytes` in UTF-8."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit_bytes:
        return text
    return data[: limit_bytes - 3].decode("utf-8", "ignore") + "…"


def _is_graphic(c: str) -> bool:
    """Go's unicode.IsGraphic, except that of the spaces only ASCII's and the ideographic one count."""
    return (" " <= c <= "~") if c < "\x7f" else unicodedata.category(c)[0] in _GRAPHIC or c == "\u3000"
