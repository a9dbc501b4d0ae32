# SPDX-License-Identifier: BSD-3-Clause
"""The headers of a Mach-O file, and of a universal one, which holds several: macOS and iOS.

Source: Apple's <mach-o/loader.h> and <mach-o/fat.h>.
"""

from __future__ import annotations

import struct

from govgo.core.gobinary.image import Image, Part, ReadAt, UnrecognizedError, exactly

_MAGIC_32, _MAGIC_64 = 0xFEEDFACE, 0xFEEDFACF
_MAGIC_FAT = 0xCAFEBABE
_SEGMENT_32, _SEGMENT_64 = 0x1, 0x19
_READ_WRITE = 3
_MAX_ARCHITECTURES = 64


def read_fat(read: ReadAt) -> tuple[ReadAt, Image]:
    """The first image of a universal file, and how its file is read; as in go, every image must be sound.

    Raises:
        UnrecognizedError: the headers break the rules of the format.
    """
    magic, count = struct.unpack(">II", exactly(read, 0, 8))
    if magic != _MAGIC_FAT or not 0 < count <= _MAX_ARCHITECTURES:
        raise UnrecognizedError
    rows = struct.unpack(f">{5 * count}I", exactly(read, 8, 20 * count))
    images = []
    machines = set()
    for at in range(0, len(rows), 5):
        machines.add(rows[at : at + 2])
        inner = _within(read, rows[at + 2], rows[at + 3])
        images.append((inner, read_macho(inner)))
    if len(machines) < count:
        raise UnrecognizedError
    return images[0]


def _within(read: ReadAt, start: int, length: int) -> ReadAt:
    return lambda offset, size: read(start + offset, max(0, min(size, length - offset)))


def read_macho(read: ReadAt) -> Image:
    """The image of a Mach-O file.

    Raises:
        UnrecognizedError: the headers break the rules of the format.
    """
    first = exactly(read, 0, 4)
    order, magic = next(
        ((order, magic) for order in "<>" if (magic := struct.unpack(f"{order}I", first)[0]) in (_MAGIC_32, _MAGIC_64)),
        ("", 0),
    )
    if not order:
        raise UnrecognizedError
    count, size = struct.unpack_from(f"{order}II", exactly(read, 0, 28), 16)
    commands = exactly(read, 32 if magic == _MAGIC_64 else 28, size)
    parts: list[Part] = []
    own: tuple[int, int] | None = None
    data = (0, 0)
    at = 0
    for _ in range(count):
        if len(commands) - at < 8:
            raise UnrecognizedError
        kind, length = struct.unpack_from(f"{order}II", commands, at)
        if not 8 <= length <= len(commands) - at:
            raise UnrecognizedError
        if kind in (_SEGMENT_32, _SEGMENT_64):
            segment = _segment(commands[at : at + length], order, wide=kind == _SEGMENT_64)
            name, part, in_memory, is_data, section = segment
            if name != b"__PAGEZERO":
                parts.append(part)
            own = own or section
            if data == (0, 0) and is_data and part.address and part.size:
                data = (part.address, in_memory)
        at += length
    return Image(tuple(parts), *(own or data))


def _segment(command: bytes, order: str, *, wide: bool) -> tuple[bytes, Part, int, bool, tuple[int, int] | None]:
    """(name, part, size in memory, whether it is writable data, place of the section "__go_buildinfo" in it)."""
    form = f"{order}16sQQQQIIII" if wide else f"{order}16sIIIIIIII"
    if len(command) < 8 + struct.calcsize(form):
        raise UnrecognizedError
    name, address, in_memory, offset, in_file, most, rights, sections, _ = struct.unpack_from(form, command, 8)
    if offset >= 1 << 63 or in_file >= 1 << 63:
        raise UnrecognizedError
    row = struct.Struct(f"{order}16s16sQQ32x" if wide else f"{order}16s16sII28x")
    at = 8 + struct.calcsize(form)
    if len(command) - at < row.size * sections:
        raise UnrecognizedError
    own = None
    for number in range(sections):
        title, _, start, length = row.unpack_from(command, at + number * row.size)
        if title.rstrip(b"\0") == b"__go_buildinfo" and own is None:
            own = (start, length)
    is_data = most == rights == _READ_WRITE
    return name.partition(b"\0")[0], Part(address, in_file, offset), in_memory, is_data, own
