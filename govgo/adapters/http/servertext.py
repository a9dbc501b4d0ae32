# SPDX-License-Identifier: BSD-3-Clause
"""Text that a server chooses, such as the body of an error, made safe for a terminal: one line of at most 500 bytes.

The body of an error is shown if it is plain text in UTF-8 of graphic characters and white space: its lines up to the
first blank one, at most eight of them. Source: cmd/go/internal/web (formatErrorDetail), which prints them as lines.
"""

from __future__ import annotations

import unicodedata

MAX_TEXT_BYTES = 500
MAX_DETAIL_LINES = 8
# An error's body is read this far.
MAX_BODY_BYTES = 4096
_SPACES = frozenset("\t\n\v\f\r \x85\xa0")
_GRAPHIC = frozenset("LMNPS")


def error_detail(content_type: str, body: bytes) -> str:
    """The text of an error's body; "" where it cannot be shown."""
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
    lines = []
    for line in text.split("\n"):
        if not line.strip():
            break
        lines.append(" ".join(line.split()))
    if len(lines) > MAX_DETAIL_LINES:
        lines[MAX_DETAIL_LINES:] = ["[Truncated: too many lines.]"]
    return shorten(" ".join(lines))


def status_text(status: int, reason: str) -> str:
    """The status with its reason phrase: the server's if that is printable ASCII, else the usual one."""
    reason = reason.strip()
    if not reason or not reason.isascii() or not reason.isprintable():
        from http.client import responses

        reason = responses.get(status, "")
    return f"{status} {shorten(reason, 80)}"


def printable(text: str) -> str:
    """`text` on one line, control characters replaced: a terminal could take them as commands."""
    return shorten("".join(c if _is_graphic(c) or c == " " else "\ufffd" for c in " ".join(text.split())))


def shorten(text: str, limit_bytes: int = MAX_TEXT_BYTES) -> str:
    """`text`, cut to at most `limit_bytes` in UTF-8."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit_bytes:
        return text
    return data[: limit_bytes - 3].decode("utf-8", "ignore") + "…"


def _is_graphic(c: str) -> bool:
    """Go's unicode.IsGraphic, but for the spaces, of which ASCII's and the ideographic one count here."""
    return (" " <= c <= "~") if c < "\x7f" else unicodedata.category(c)[0] in _GRAPHIC or c == "\u3000"
