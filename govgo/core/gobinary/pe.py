# SPDX-License-Identifier: BSD-3-Clause
"""The headers of a PE file: Windows.

Source: Microsoft's "PE Format".
"""

from __future__ import annotations

import struct

from govgo.core.gobinary.image import WORD, Image, Part, ReadAt, UnrecognizedError, exactly

_MACHINES = frozenset({0, 0x14C, 0x1C4, 0x5032, 0x5064, 0x5128, 0x8664, 0xAA64})
"""Machines that debug/pe knows."""
_PE32, _PE32_PLUS = 0x10B, 0x20B
_ALIGN_32_BYTES = 0x00600000
_INITIALIZED_DATA_READ_WRITE = 0x00000040 | 0x40000000 | 0x80000000


def read_pe(read: ReadAt) -> Image:
    """The image of a PE file.

    Raises:
        UnrecognizedError: the headers break the rules of the format.
    """
    (signature_at,) = struct.unpack_from("<I", exactly(read, 0, 96), 0x3C)
    if exactly(read, signature_at, 4) != b"PE\0\0":
        raise UnrecognizedError
    header = exactly(read, signature_at + 4, 20)
    machine, count, _, _, _, optional_size, _ = struct.unpack("<HHIIIHH", header)
    if machine not in _MACHINES:
        raise UnrecognizedError
    optional = exactly(read, signature_at + 24, optional_size)
    base = _image_base(optional)
    table = exactly(read, signature_at + 24 + optional_size, 40 * count)
    parts: list[Part] = []
    data = (0, 0)
    for at in range(0, len(table), 40):
        memory, address, size, offset = struct.unpack_from("<IIII", table, at + 8)
        (flags,) = struct.unpack_from("<I", table, at + 36)
        parts.append(Part((base + address) & WORD, size, offset or -1))
        if data == (0, 0) and address and size and flags & ~_ALIGN_32_BYTES == _INITIALIZED_DATA_READ_WRITE:
            data = ((base + address) & WORD, memory)
    return Image(tuple(parts), *data)


def _image_base(optional: bytes) -> int:
    if not optional:
        return 0
    if len(optional) < 2:
        raise UnrecognizedError
    (magic,) = struct.unpack_from("<H", optional)
    if magic == _PE32 and len(optional) >= 96:
        return int(struct.unpack_from("<I", optional, 28)[0])
    if magic == _PE32_PLUS and len(optional) >= 112:
        return int(struct.unpack_from("<Q", optional, 24)[0])
    raise UnrecognizedError
