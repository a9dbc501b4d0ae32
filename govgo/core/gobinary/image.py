# SPDX-License-Identifier: BSD-3-Clause
"""Where the addresses of a program are in its file, whatever the format of the executable.

The readers of the formats (`elf`, `pe`, `macho`) read headers only, in bounded pieces, and make an `Image` of them.
"""

from __future__ import annotations

from collections.abc import Callable

from govgo.core.records import NamedTuple
from govgo.errors import InputError

ReadAt = Callable[[int, int], bytes]
"""`read(offset, size)`: so many bytes of the file from an offset, fewer at its end."""

MAX_HEADER_BYTES = 16 << 20
"""More than the headers of any real executable take; tables of sections and load commands above it are refused."""

WORD = (1 << 64) - 1
"""Addresses are of 64 bits, and wrap."""


class UnrecognizedError(InputError):
    """The file is not an executable in a format that is known, or breaks the rules of its format."""

    code = "unrecognized-executable"

    def __init__(self) -> None:
        super().__init__("unrecognized file format")


class NotGoError(InputError):
    """The executable has no Go build information."""

    code = "not-a-go-executable"

    def __init__(self) -> None:
        super().__init__("not a Go executable")


class Part(NamedTuple):
    """A range of addresses, and where its bytes are in the file; the range may be longer in memory (`size`).

    Attributes:
        address: the first one.
        size: how many bytes are in the file.
        offset: where in the file; -1 for a part that has no bytes there.
    """

    address: int
    size: int
    offset: int


class Image(NamedTuple):
    """An executable.

    Attributes:
        parts: its segments or sections in the order of the file.
        start, size: the range in which the build information is: a section of its own, or the writable data.
    """

    parts: tuple[Part, ...]
    start: int
    size: int

    def read(self, read: ReadAt, address: int, size: int) -> bytes | None:
        """The bytes from an address on, at most to the end of the part that has it; None where no part has it."""
        for part in self.parts:
            # As in debug/buildinfo, the last address wraps around where a part is empty.
            if part.address <= address <= (part.address + part.size - 1) & WORD:
                left = part.address + part.size - address
                if part.offset < 0 or left <= 0:
                    return b""
                return read(part.offset + address - part.address, min(size, left))
        return None


def exactly(read: ReadAt, offset: int, size: int) -> bytes:
    """`size` bytes of a header.

    Raises:
        UnrecognizedError: the file ends before, or no header is that large.
    """
    if size > MAX_HEADER_BYTES or offset >= 1 << 62:
        raise UnrecognizedError
    data = read(offset, size)
    if len(data) < size:
        raise UnrecognizedError
    return data
