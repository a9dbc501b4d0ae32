# SPDX-License-Identifier: BSD-3-Clause
"""Bodies that a server or a box on the way has compressed, though nobody asked for that (Content-Encoding: gzip).

The go command asks for gzip and undoes it, so a proxy behind such a box works with go, zips included. A stream has any
number of members one after another (RFC 1952, section 2.2), whose contents are joined. The sentences are those of Go's
compress/gzip.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from govgo.core.golib.quote import quote
from govgo.errors import NetworkError

_GZIP_WINDOW = 31
"""16 for the header and trailer of gzip, 15 for the largest window."""
_SLICE = 1 << 14
"""Bytes given to zlib at once: it copies what follows a member."""
_PIECE = 1 << 18
"""Bytes of content given out at once."""
_MAX_MEMBERS = 1_000_000
"""Members of one body; an empty one has twenty bytes, and a body of 500 MiB would have millions."""
_CODINGS = frozenset({"gzip", "x-gzip"})
_OTHER_CODINGS = frozenset({"br", "compress", "dcb", "dcz", "deflate", "x-compress", "zstd"})
"""All others that are registered (RFC 9110, section 18.6), and change a body."""


def is_coded(coding: str) -> bool:
    """Whether the Content-Encoding of a body is one that changes it."""
    return bool(coding) and coding.lower() in _CODINGS | _OTHER_CODINGS


class Gunzip:
    """Undoes the coding of one body, piece by piece."""

    def __init__(self, coding: str, shown: str) -> None:
        """Begin with the first byte of the body of the URL `shown`, whose Content-Encoding is `coding`.

        Raises:
            NetworkError: it is not gzip.
        """
        if coding.lower() not in _CODINGS:
            raise NetworkError(f"reading {shown}: unexpected Content-Encoding", url=shown)
        self._shown = shown
        self._members = 0
        self._stream = zlib.decompressobj(_GZIP_WINDOW)
        self._is_within = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The content of the next `data` bytes, inflated no further than the caller goes on asking.

        Raises:
            NetworkError: they are not gzip, or a member's checksum is wrong.
        """
        for at in range(0, len(data), _SLICE):
            yield from self._inflate(data[at : at + _SLICE])

    def finish(self) -> None:
        """Check that the body ends where a member ends.

        Raises:
            NetworkError: it was cut.
        """
        if self._is_within:
            raise self._fault("unexpected EOF")

    def _inflate(self, data: bytes) -> Iterator[bytes]:
        piece = b""
        while data or len(piece) == _PIECE:  # after a full piece more may be to come without further input
            self._is_within = True
            try:
                piece = self._stream.decompress(data, _PIECE)
            except zlib.error as err:
                raise self._fault(_sentence(str(err))) from err
            if piece:
                yield piece
            data = self._stream.unconsumed_tail
            if self._stream.eof:
                data, piece = self._stream.unused_data, b""
                self._members += 1
                if self._members > _MAX_MEMBERS:
                    raise self._fault("gzip: too many members")
                self._stream = zlib.decompressobj(_GZIP_WINDOW)
                self._is_within = False

    def _fault(self, text: str) -> NetworkError:
        return NetworkError(f"read {quote(self._shown)}: {text}", url=self._shown)


def beginning(coding: str, body: bytes, limit_bytes: int, shown: str) -> bytes:
    """The first `limit_bytes` of what is in a body, or as much of it as can be unpacked.

    Raises:
        NetworkError: nothing can (`Gunzip`).
    """
    stream = Gunzip(coding, shown)
    content = b""
    try:
        for piece in stream.feed(body):
            content += piece[: limit_bytes - len(content)]
            if len(content) == limit_bytes:
                return content
        stream.finish()
    except NetworkError:
        if not content:
            raise
    return content


def _sentence(fault: str) -> str:
    """What compress/gzip says where zlib says `fault`."""
    if "header" in fault or "compression method" in fault:
        return "gzip: invalid header"
    if "incorrect data check" in fault or "incorrect length check" in fault:
        return "gzip: invalid checksum"
    return "flate: corrupt input"
