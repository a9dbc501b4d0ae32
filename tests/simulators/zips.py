# SPDX-License-Identifier: BSD-3-Clause
"""Module zips, honest and hostile: every field of every header can be made to lie.

Zip(Member("m.io/x@v1.0.0/x.go", b"package x\\n"), Member("m.io/x@v1.0.0/../x", b"", ...)).bytes()
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from functools import cached_property

STORED, DEFLATED = 0, 8
DESCRIPTOR, ENCRYPTED = 1 << 3, 1 << 0
UNIX = 3 << 8


def deflate(content: bytes) -> bytes:
    """A raw deflate stream."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


@dataclass(frozen=True)
class Member:
    """One entry. None means the truth; `local_*` are what the local header says, where it differs."""

    name: str | bytes
    content: bytes = b""
    method: int = DEFLATED
    flags: int = 0
    packed: bytes | None = None
    crc: int | None = None
    size: int | None = None
    packed_size: int | None = None
    local_name: bytes | None = None
    local_method: int | None = None
    local_flags: int | None = None
    local_crc: int | None = None
    local_size: int | None = None
    mode: int = 0
    descriptor: bytes | None = None
    offset: int | None = None
    zip64: bool = False

    @property
    def raw_name(self) -> bytes:
        return self.name if isinstance(self.name, bytes) else self.name.encode()

    @cached_property
    def data(self) -> bytes:
        if self.packed is not None:
            return self.packed
        return self.content if self.method == STORED else deflate(self.content)

    @cached_property
    def stated(self) -> tuple[int, int, int]:
        """(checksum, packed size, size) as the directory tells them."""
        crc = zlib.crc32(self.content) if self.crc is None else self.crc
        packed = len(self.data) if self.packed_size is None else self.packed_size
        return crc, packed, len(self.content) if self.size is None else self.size

    def local(self) -> bytes:
        """Local header, data and data descriptor."""
        crc, packed, size = self.stated
        flags = self.flags if self.local_flags is None else self.local_flags
        method = self.method if self.local_method is None else self.local_method
        name = self.raw_name if self.local_name is None else self.local_name
        numbers = (0, 0, 0) if self.flags & DESCRIPTOR else (crc, packed, size)
        if self.local_crc is not None or self.local_size is not None:
            numbers = (
                crc if self.local_crc is None else self.local_crc,
                packed,
                size if self.local_size is None else self.local_size,
            )
        extra = b""
        if self.zip64:
            extra = struct.pack("<2H2Q", 1, 16, size, packed)
            numbers = (numbers[0], 0xFFFFFFFF, 0xFFFFFFFF)
        head = struct.pack("<4s5H3I2H", b"PK\3\4", 20, flags, method, 0, 0, *numbers, len(name), len(extra))
        tail = b""
        if self.flags & DESCRIPTOR:
            tail = b"PK\7\x08" + struct.pack("<3I", crc, packed, size) if self.descriptor is None else self.descriptor
        return head + name + extra + self.data + tail

    def central(self, offset: int) -> bytes:
        """The directory's record, the local header lying at `offset`."""
        crc, packed, size = self.stated
        name = self.raw_name
        at = offset if self.offset is None else self.offset
        extra = b""
        if self.zip64:
            extra = struct.pack("<2H3Q", 1, 24, size, packed, at)
            size = packed = at = 0xFFFFFFFF
        creator = UNIX if self.mode else 0
        fields = (creator, 20, self.flags, self.method, 0, 0, crc, packed, size, len(name), len(extra), 0, 0, 0)
        return struct.pack("<4s6H3I5H2I", b"PK\1\2", *fields, self.mode << 16, at) + name + extra


@dataclass(frozen=True)
class Zip:
    """An archive of members, in the order given."""

    members: tuple[Member, ...]
    prefix: bytes = b""
    comment: bytes = b""
    count: int | None = None
    zip64_end: bool = False

    def bytes(self) -> bytes:
        """The whole file."""
        body, directory = bytearray(self.prefix), b""
        for member in self.members:
            directory += member.central(len(body) - len(self.prefix))
            body += member.local()
        start = len(body) - len(self.prefix)
        count = len(self.members) if self.count is None else self.count
        end = b""
        if self.zip64_end:
            record = len(body) + len(directory)
            end += struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(directory), start)
            end += struct.pack("<4sIQI", b"PK\6\7", 0, record, 1)
            tail = (0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
        else:
            tail = (count & 0xFFFF, count & 0xFFFF, len(directory), start)
        end += struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, *tail, len(self.comment)) + self.comment
        return bytes(body) + directory + end


def archive(*members: Member) -> bytes:
    """The bytes of an archive of `members`."""
    return Zip(members).bytes()


def module_zip(prefix: str, files: dict[str, bytes]) -> bytes:
    """An honest module zip: `prefix` is "path@version"."""
    return archive(*(Member(f"{prefix}/{name}", content) for name, content in files.items()))
