# SPDX-License-Identifier: BSD-3-Clause
"""The headers of an ELF file: Linux, the BSDs, Android.

Source: the System V ABI, chapters 4 (object files) and 5 (program loading).
"""

from __future__ import annotations

import struct

from govgo.core.gobinary.image import Image, Part, ReadAt, UnrecognizedError, exactly

_HEADERS = {1: "HHIIIIIHHHHHH", 2: "HHIQQQIHHHHHH"}
_PROGRAMS = {1: "IIIIIIII", 2: "IIQQQQQQ"}
_SECTIONS = {1: "IIIIIIIIII", 2: "IIQQQQIIQQ"}
_LOAD, _EXECUTE, _WRITE = 1, 1, 2
_FIRST_RESERVED, _EXTENDED = 0xFF00, 0xFFFF


def read_elf(read: ReadAt) -> Image:
    """The image of an ELF file.

    Raises:
        UnrecognizedError: the headers break the rules of the format.
    """
    ident = exactly(read, 0, 16)
    width, order = ident[4], {1: "<", 2: ">"}.get(ident[5])
    if width not in _HEADERS or order is None or ident[6] != 1:
        raise UnrecognizedError
    form = order + _HEADERS[width]
    header = struct.unpack(form, exactly(read, 16, struct.calcsize(form)))
    _, _, version, _, programs_at, sections_at, _, _, program_size, programs, section_size, sections, names = header
    if version != 1 or (sections_at == 0 and sections) or (sections and names >= sections):
        raise UnrecognizedError
    rows = _table(read, order + _PROGRAMS[width], programs_at, program_size, programs)
    # The flags stand at another place in a file of 64 bits.
    columns = (0, 1, 2, 3, 5, 6) if width == 2 else (0, 6, 1, 2, 4, 5)
    loads = [[row[at] for at in columns] for row in rows]
    parts = tuple(Part(address, in_file, offset) for _, _, offset, address, in_file, _ in loads)
    if any(part.offset >= 1 << 63 or part.size >= 1 << 63 for part in parts):
        raise UnrecognizedError
    own = _own_section(read, order + _SECTIONS[width], sections_at, section_size, sections, names)
    if own is not None:
        return Image(parts, *own)
    for kind, flags, _, address, _, in_memory in loads:
        if kind == _LOAD and flags & (_EXECUTE | _WRITE) == _WRITE:
            return Image(parts, address, in_memory)
    return Image(parts, 0, 0)


def _table(read: ReadAt, form: str, offset: int, row_size: int, count: int) -> list[tuple[int, ...]]:
    want = struct.calcsize(form)
    if count and row_size < want:
        raise UnrecognizedError
    data = exactly(read, offset, row_size * count) if count else b""
    return [struct.unpack_from(form, data, at) for at in range(0, row_size * count, row_size or 1)]


def _own_section(read: ReadAt, form: str, offset: int, row_size: int, count: int, names: int) -> tuple[int, int] | None:
    """Address and size of the section ".go.buildinfo"; None where there is none."""
    if offset and not count:  # from 0xff00 sections on, their number stands in the first of them
        first = struct.unpack(form, exactly(read, offset, struct.calcsize(form)))
        count = first[5]
        if first[1] != 0 or count < _FIRST_RESERVED:
            raise UnrecognizedError
        if names == _EXTENDED:
            names = first[6]
            if names < _FIRST_RESERVED:
                raise UnrecognizedError
    rows = _table(read, form, offset, row_size, count)
    if not rows:
        return None
    if names >= len(rows):
        raise UnrecognizedError
    text = exactly(read, rows[names][4], rows[names][5])
    for row in rows:
        if text[row[0] : text.find(b"\0", row[0])] == b".go.buildinfo":
            return row[3], row[5]
    return None
