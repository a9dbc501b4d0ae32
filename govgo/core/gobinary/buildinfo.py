# SPDX-License-Identifier: BSD-3-Clause
"""The build information that Go's linker leaves in the data of a binary.

    ff " Go buildinf:"  pointer size, flags, …       32 bytes, at an address that is a multiple of 16
    flags & 2 (since go 1.18)                         then two strings, each behind its length as a varint
    flags & 2 == 0                                    the header has the addresses of two Go strings instead

The strings are the Go release and the list of modules (`modinfo`), which is framed by 16 bytes at both ends.
Source: debug/buildinfo.
"""

from __future__ import annotations

from typing import Literal

from govgo.core.gobinary.elf import read_elf
from govgo.core.gobinary.image import WORD, Image, NotGoError, ReadAt, UnrecognizedError, exactly
from govgo.core.gobinary.macho import read_fat, read_macho
from govgo.core.gobinary.modinfo import BuildInfo, parse_modinfo
from govgo.core.gobinary.pe import read_pe

_MAGIC = b"\xff Go buildinf:"
_ALIGN = 16
_HEADER_BYTES = 32
_CHUNK_BYTES = 1 << 20
MAX_TEXT_BYTES = 32 << 20
"""A list of modules above this is none: the largest real ones have some 200 kB."""
_FRAME = 16
_MAX_VARINT_BYTES = 10


def read_build_info(read: ReadAt) -> BuildInfo:
    """The build information of an executable.

    Raises:
        UnrecognizedError: no executable.
        NotGoError: it has no build information.
        BuildInfoError: the list of modules is malformed.
    """
    read, image = _open(read)
    if not image.size:
        raise NotGoError
    at = _find(read, image)
    header = _bytes(read, image, at, _HEADER_BYTES)
    if len(header) < _HEADER_BYTES:
        raise NotGoError
    if header[15] & 2:
        version, at = _inline(read, image, at + _HEADER_BYTES)
        text, _ = _inline(read, image, at)
    else:
        size = header[14]
        order: Literal["big", "little"] = "big" if header[15] & 1 else "little"
        if size not in (4, 8):
            raise NotGoError
        version = _pointed(read, image, header[16 : 16 + size], order)
        text = _pointed(read, image, header[16 + size : 16 + 2 * size], order)
    if not version:
        raise NotGoError
    framed = len(text) >= 2 * _FRAME + 1 and text[-_FRAME - 1 : -_FRAME] == b"\n"
    modules = text[_FRAME:-_FRAME] if framed else b""
    return parse_modinfo(version.decode("utf-8", "surrogateescape"), modules.decode("utf-8", "surrogateescape"))


def _open(read: ReadAt) -> tuple[ReadAt, Image]:
    ident = exactly(read, 0, 16)
    if ident.startswith(b"\x7fELF"):
        return read, read_elf(read)
    if ident.startswith(b"MZ"):
        return read, read_pe(read)
    if ident.startswith(b"\xfe\xed\xfa") or ident[1:4] == b"\xfa\xed\xfe":
        return read, read_macho(read)
    if ident.startswith((b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")):
        return read_fat(read)
    raise UnrecognizedError


def _find(read: ReadAt, image: Image) -> int:
    """The address of the header.

    It is aligned, so that none lies across two chunks that begin at aligned addresses.
    """
    start, end = (image.start + _ALIGN - 1) & ~(_ALIGN - 1), image.start + image.size
    if end > WORD:
        raise UnrecognizedError
    while start < end:
        chunk = _bytes(read, image, start, min(_CHUNK_BYTES, end - start))
        if not chunk:
            break
        found = chunk.find(_MAGIC)
        while found >= 0:
            if end - start - found < _HEADER_BYTES:
                raise NotGoError
            if found % _ALIGN == 0:
                return start + found
            found = chunk.find(_MAGIC, -(-found // _ALIGN) * _ALIGN)
        start += _CHUNK_BYTES
    raise NotGoError


def _bytes(read: ReadAt, image: Image, address: int, size: int) -> bytes:
    data = image.read(read, address & WORD, size)
    if data is None:
        raise UnrecognizedError
    return data


def _inline(read: ReadAt, image: Image, at: int) -> tuple[bytes, int]:
    """A string behind its length, and the address behind the string."""
    length = shift = 0
    for byte in _bytes(read, image, at, _MAX_VARINT_BYTES):
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    else:
        raise NotGoError
    at += shift // 7
    if length > MAX_TEXT_BYTES:
        raise NotGoError
    data = _bytes(read, image, at, length) if length else b""
    if len(data) < length:
        raise NotGoError
    return data, at + length


def _pointed(read: ReadAt, image: Image, pointer: bytes, order: Literal["big", "little"]) -> bytes:
    """The Go string whose header is at an address; b"" where there is none."""
    size = len(pointer)
    header = image.read(read, int.from_bytes(pointer, order), 2 * size)
    if header is None or len(header) < 2 * size:
        return b""
    length = int.from_bytes(header[size:], order)
    if length > MAX_TEXT_BYTES:
        return b""
    data = image.read(read, int.from_bytes(header[:size], order), length)
    return data if data is not None and len(data) == length else b""
