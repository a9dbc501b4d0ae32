# SPDX-License-Identifier: BSD-3-Clause
"""Small executables with Go build information, made from the documents of their formats; nothing in them can run."""

from __future__ import annotations

import struct

ADDRESS = 0x10000
"""Where the data of each is loaded."""
FRAME = b"0123456789abcdef"
"""The linker frames the list of modules by 16 bytes at both ends, whatever they are."""


def varint(number: int) -> bytes:
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def inline(version: str, modules: str) -> bytes:
    """The data of a binary since go 1.18: both strings behind the header."""
    text = FRAME + modules.encode() + FRAME if modules else b""
    header = b"\xff Go buildinf:" + bytes([8, 2]) + bytes(16)
    return header + varint(len(version)) + version.encode() + varint(len(text)) + text


def pointers(version: str, modules: str, *, size: int = 8, order: str = "<") -> bytes:
    """The data of a binary before go 1.18: the header has the addresses of two strings."""
    text = FRAME + modules.encode() + FRAME
    form = f"{order}{'Q' if size == 8 else 'I'}"
    heads = ADDRESS + 32
    strings = heads + 4 * size
    pack = struct.Struct(form).pack
    header = b"\xff Go buildinf:" + bytes([size, 0 if order == "<" else 1]) + pack(heads) + pack(heads + 2 * size)
    table = pack(strings) + pack(len(version)) + pack(strings + len(version)) + pack(len(text))
    return header.ljust(32, b"\0") + table + version.encode() + text


def elf(data: bytes, *, bits: int = 64, order: str = "<", section: bool = True, before: int = 0) -> bytes:
    """An ELF file; without `section`, the data is found by the program header alone."""
    wide = bits == 64
    head_size, program_size, section_size = (64, 56, 64) if wide else (52, 32, 40)
    data = bytes(before) + data
    at = head_size + program_size
    names = b"\0.go.buildinfo\0.shstrtab\0"
    sections_at = at + len(data) + len(names)
    word = "Q" if wide else "I"
    count = 3 if section else 0
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
    header = struct.pack(
        f"{order}HHI{word}{word}{word}IHHHHHH",
        *(2, 62, 1, ADDRESS, head_size, sections_at if count else 0, 0, head_size),
        *(program_size, 1, section_size, count, 2 if count else 0),
    )
    if wide:
        program = struct.pack(f"{order}IIQQQQQQ", 1, 6, at, ADDRESS, ADDRESS, len(data), len(data), 4096)
    else:
        program = struct.pack(f"{order}IIIIIIII", 1, at, ADDRESS, ADDRESS, len(data), len(data), 6, 4096)
    rows = b""
    if count:
        form = struct.Struct(f"{order}II{word}{word}{word}{word}II{word}{word}")
        rows = bytes(section_size)
        rows += form.pack(1, 1, 3, ADDRESS + before, at + before, len(data) - before, 0, 0, 16, 0)
        rows += form.pack(15, 3, 0, 0, at + len(data), len(names), 0, 0, 1, 0)
    return ident + header + program + data + names + rows


def pe(data: bytes, *, bits: int = 64) -> bytes:
    """A PE file whose image base and section address add up to ADDRESS."""
    base, section = ADDRESS - 0x1000, 0x1000
    if bits == 64:
        optional = struct.pack("<H22xQ", 0x20B, base).ljust(112, b"\0")
    else:
        optional = struct.pack("<H26xI", 0x10B, base).ljust(96, b"\0")
    dos = b"MZ" + bytes(0x3A) + struct.pack("<I", 0x80) + bytes(0x40)
    coff = struct.pack("<HHIIIHH", 0x8664 if bits == 64 else 0x14C, 1, 0, 0, 0, len(optional), 0x22)
    at = len(dos) + 4 + len(coff) + len(optional) + 40
    row = struct.pack("<8sIIII12xI", b".data", len(data), section, len(data), at, 0xC0000040)
    return dos + b"PE\0\0" + coff + optional + row + data


def macho(data: bytes, *, bits: int = 64, order: str = "<", section: bool = True, cpu: int = 7) -> bytes:
    """A Mach-O file; without `section`, the data is found as the writable segment."""
    wide = bits == 64
    word = "Q" if wide else "I"
    tail = "16x" if wide else "12x"
    segment_form = struct.Struct(f"{order}II16s{word}{word}{word}{word}IIII")
    section_form = struct.Struct(f"{order}16s16s{word}{word}I12x{tail}")
    size = segment_form.size + (section_form.size if section else 0)
    head_size = 32 if wide else 28
    at = head_size + size
    magic = 0xFEEDFACF if wide else 0xFEEDFACE
    header = struct.pack(f"{order}IIIIIII", magic, cpu, 3, 2, 1, size, 0).ljust(head_size, b"\0")
    command = segment_form.pack(
        *(0x19 if wide else 1, size, b"__DATA", ADDRESS, len(data), at, len(data), 3, 3, 1 if section else 0, 0)
    )
    if section:
        command += section_form.pack(b"__go_buildinfo", b"__DATA", ADDRESS, len(data), at)
    return header + command + data


def fat(*images: bytes) -> bytes:
    """A universal file of Mach-O images."""
    at = 8 + 20 * len(images)
    rows = body = b""
    for number, image in enumerate(images):
        rows += struct.pack(">IIIII", 7 + number, 3, at + len(body), len(image), 0)
        body += image
    return struct.pack(">II", 0xCAFEBABE, len(images)) + rows + body
