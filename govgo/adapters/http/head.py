# SPDX-License-Identifier: BSD-3-Clause
"""What go refuses in the head of an answer over HTTP/1, and the engines' libraries take.

libcurl takes a head that breaks off for a whole one, so that half an answer would be an empty file; the length of a
body that it cannot read, or that is coded in a way of which nobody knows the end, for no length. Bytes that no header
can hold would come into requests and messages. Source: net/http (ReadResponse, readTransfer), net/textproto
(ReadMIMEHeader).

The head of HTTP/2 is checked by the libraries (RFC 9113, section 8.2.1).
"""

from __future__ import annotations

from collections.abc import Sequence

from govgo.adapters.http.engine import Fault, TransferError
from govgo.adapters.http.servertext import shorten
from govgo.core.golib.quote import quote
from govgo.core.lazyregex import late

# What nearly all heads are like; each line of another one is looked at by itself.
_USUAL = late(
    rb"HTTP/\d\.\d \d{3} [ -~]*\r?\n"
    rb"(?:(?![CcTt](?i:ontent-len|ransfer-enc))[\w-]+: [ -~]*\r?\n"
    rb"|Content-Length: \d{1,18}\r?\n)*"
    rb"(?:Transfer-Encoding: chunked\r?\n(?:(?!(?i:content-len|transfer-enc))[\w-]+: [ -~]*\r?\n)*)?"
    rb"\r?\n"
)
# As go reads them: a name may hold spaces, also before its colon, but not begin with one.
_STATUS = late(rb"HTTP/\d\.\d +\d{3}(?: |\r?\n)")
_FIELD = late(rb"[!#-'*+\-.^_`|~\w][!#-'*+\-.^_`|~\w ]*:[\t -~\x80-\xff]*\r?\n")
_LENGTH = late(rb"[ \t]*\d{1,18}[ \t]*\r?\n")
_CHUNKED = late(rb"(?i)[ \t]*chunked[ \t]*\r?\n")
_SHOWN_BYTES = 200


def check_head(lines: Sequence[bytes]) -> None:
    """Check the lines of a head, those that end it and what follows it included.

    Raises:
        TransferError: it is not whole, or go would refuse it.
    """
    if lines[0].startswith(b"HTTP/2") or _USUAL.match(b"".join(lines)):
        return
    end = next((at for at, line in enumerate(lines) if not line.strip(b"\r\n")), 0)
    if not end:
        raise TransferError(Fault.CUT, _BROKEN + "unexpected EOF")
    fault = _fault_of(lines[:end])
    if fault:
        raise TransferError(Fault.PROTOCOL, _BROKEN + fault)


def _fault_of(lines: Sequence[bytes]) -> str:
    """What is wrong, in go's words."""
    if not _STATUS.match(lines[0]):
        return _status_fault(lines[0].rstrip(b"\r\n"))
    codings = []
    for at, line in enumerate(lines[1:]):
        text = line.rstrip(b"\r\n")
        name, colon, value = line.partition(b":")
        if not at and text[:1] in b" \t":
            return f"malformed MIME header initial line: {_quoted(text)}"
        if not colon:
            return f"malformed MIME header: missing colon: {_quoted(text)}"
        if not _FIELD.match(line):
            return f"malformed MIME header line: {_quoted(text)}"
        field = name.rstrip(b" ").lower()
        if field == b"content-length" and not _LENGTH.match(value):
            return f"bad Content-Length {_quoted(value.strip())}"
        if field == b"transfer-encoding":
            if not _CHUNKED.match(value):
                return f"unsupported transfer encoding: {_quoted(value.strip())}"
            codings.append(value.strip())
    return f"too many transfer encodings: [{' '.join(map(_quoted, codings))}]" if len(codings) > 1 else ""


def _status_fault(line: bytes) -> str:
    version, space, rest = line.partition(b" ")
    if not space:
        return f"malformed HTTP response {_quoted(line)}"
    status = rest.lstrip(b" ").partition(b" ")[0]
    if len(status) != 3 or not status.isdigit():
        return f"malformed HTTP status code {_quoted(status)}"
    return f"malformed HTTP version {_quoted(version)}"


def _quoted(text: bytes) -> str:
    return quote(shorten(text.decode("utf-8", "surrogateescape"), _SHOWN_BYTES))


_BROKEN = "net/http: HTTP/1.x transport connection broken: "
