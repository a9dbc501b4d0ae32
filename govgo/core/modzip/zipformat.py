# SPDX-License-Identifier: BSD-3-Clause
"""The ZIP format as far as module zips need it: the directory at the end, and the header before each entry's data.

    [local header, name, extra; data; descriptor]…    one for each entry
    [directory record, name, extra, comment]…         the directory: where each local header is, sizes, checksum
    end record, comment                               where the directory is, and how many records it has

The functions get bytes by `read(offset, length)`, which gives fewer only at the end of the file, so an archive of any
size is read in small pieces. Within `bounds`, `read_directory` accepts and refuses what Go's archive/zip does, with its
sentences: data before the archive, comments, zip64 records, counts modulo 65,536. `local_fault` is stricter than Go: it
finds the archives in which two readers could see different contents.

Names may have lone surrogates in place of bytes that are not UTF-8 (`surrogateescape`).
Source of the format: PKWARE's APPNOTE.TXT, sections 4.3 to 4.5; the behaviour of archive/zip.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Callable, Sequence
from operator import attrgetter

from govgo.core.modzip import bounds
from govgo.core.records import NamedTuple
from govgo.errors import BadZipError

STORED, DEFLATED = 0, 8

NOT_A_ZIP = "zip: not a valid zip file"
BAD_CHECKSUM = "zip: checksum error"
UNKNOWN_METHOD = "zip: unsupported compression algorithm"
CUT_SHORT = "unexpected EOF"

Read = Callable[[int, int], bytes]
"""`read(offset, length)`: the bytes there, fewer at the end of the file."""

LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_CENTRAL_HEADER = struct.Struct("<4sH2x2H4x3I3H4x2I")
_DIRECTORY_END = struct.Struct("<4s4H2IH")
_DIRECTORY_END_64_LOCATOR = struct.Struct("<4sIQI")
_DIRECTORY_END_64 = struct.Struct("<4sQ2H2I4Q")
_EXTRA_HEADER = struct.Struct("<2H")
_DESCRIPTOR_SIZES, _DESCRIPTOR_SIZES_64 = struct.Struct("<2I"), struct.Struct("<2Q")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_LOCATOR_64_MARK, _END_64_MARK, _DESCRIPTOR_MARK = b"PK\x06\x07", b"PK\x06\x06", b"PK\x07\x08"

_ZIP64_EXTRA = 1
_MAX_32, _MAX_63 = 0xFFFFFFFF, (1 << 63) - 1
_HAS_DESCRIPTOR, _ENCRYPTED = 1 << 3, 1 << 0
_UNIX_CREATORS = (3, 19)  # Unix and OS X: the high half of the external attributes is st_mode
_WINDOW = 1 << 18
DESCRIPTOR_MAX = 24
"""Bytes of the longest data descriptor: mark, checksum and two sizes of 64 bits."""


class Entry(NamedTuple):
    """One record of the central directory.

    Attributes:
        name: "/" at the end marks a directory.  raw_name: its bytes.
        crc: CRC-32 of the content.  packed, size: bytes in the archive and of the content.
        offset: of the local header in the file; it may lie outside.
        mode: st_mode where a Unix program made the archive, else 0.
    """

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int

    @property
    def is_dir(self) -> bool:
        return self.name.endswith("/")

    @property
    def has_descriptor(self) -> bool:
        """Whether checksum and sizes stand behind the data, too."""
        return bool(self.flags & _HAS_DESCRIPTOR)


class _End(NamedTuple):
    """The record that ends an archive; `base` is where the archive begins in the file."""

    records: int
    size: int
    offset: int
    base: int


class _Stop(Exception):
    """There is no further directory record; `text` says what is wrong if the end record promises more."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def read_directory(read: Read, size: int) -> tuple[Entry, ...]:
    """The entries of an archive of `size` bytes, in the directory's order.

    Raises:
        BadZipError: it is not an archive, its directory lacks records that its end record promises, or it is beyond one
            of the `bounds`.
    """
    end = _find_end(read, size)
    window = _Window(read, end.base + end.offset)
    entries: list[Entry] = []
    while True:
        try:
            entry = _read_record(window)
        except _Stop as stop:
            # The count in the end record has 16 bits only, so records are read until there is none.
            if len(entries) & 0xFFFF != end.records & 0xFFFF:
                raise BadZipError(stop.text) from None
            return tuple(entries)
        if len(entries) == bounds.MAX_ENTRIES:
            raise BadZipError(f"zip: too many entries (limit is {bounds.MAX_ENTRIES})")
        if window.taken > bounds.MAX_DIRECTORY:
            raise BadZipError(f"zip: directory too large (limit is {bounds.MAX_DIRECTORY} bytes)")
        bounds.check_name(entry.raw_name)
        entries.append(entry._replace(offset=entry.offset + end.base) if end.base else entry)


def check_places(entries: Sequence[Entry]) -> None:
    """Check that no entry's header and data lie within those of another.

    Raises:
        BadZipError: two overlap.
    """
    end = 0
    last = b""
    for entry in sorted(entries, key=attrgetter("offset")):
        if 0 <= entry.offset < end:
            raise bounds.fault(entry.raw_name, f"overlaps {bounds.shown(last)}")
        if entry.offset >= 0:
            end = entry.offset + LOCAL_HEADER.size + len(entry.raw_name) + entry.packed
            last = entry.raw_name


class _Window:
    """Reads forward, in large pieces: a directory has thousands of small records.

    Attributes:
        data: the piece at hand.
        at: where in it the next record begins.
        taken: how many bytes were taken so far.
    """

    def __init__(self, read: Read, offset: int) -> None:
        self.data = b""
        self.at = 0
        self.taken = 0
        self._read = read
        self._next = offset

    def take(self, length: int) -> int:
        """See to it that `data` has the next `length` bytes, and step over them.

        Returns:
            Where they begin in `data`, which ends with them or before at the end of the file.
        """
        at = self.at
        if len(self.data) - at < length:
            more = self._read(self._next, max(_WINDOW, length))
            self._next += len(more)
            self.data = self.data[at:] + more
            at = 0
        self.at = at + length
        self.taken += length
        return at


def _read_record(window: _Window) -> Entry:
    at = window.take(_CENTRAL_HEADER.size)
    if len(window.data) < window.at:
        if len(window.data) == at:
            raise BadZipError("EOF")
        raise _Stop(CUT_SHORT)
    mark, creator, flags, method, crc, packed, size, name_length, extra_length, comment_length, attributes, offset = (
        _CENTRAL_HEADER.unpack_from(window.data, at)
    )
    if mark != _CENTRAL_MARK:
        raise _Stop(NOT_A_ZIP)
    at = window.take(name_length + extra_length + comment_length)
    data = window.data
    if len(data) < window.at:
        if len(data) == at:
            raise BadZipError("EOF")
        raise _Stop(CUT_SHORT)
    raw_name = data[at : at + name_length]
    if _MAX_32 in (packed, size, offset):
        extra = data[at + name_length : at + name_length + extra_length]
        size, packed, offset = _zip64_values(extra, size, packed, offset)
    mode = attributes >> 16 if creator >> 8 in _UNIX_CREATORS else 0
    return Entry(raw_name.decode("utf-8", "surrogateescape"), raw_name, flags, method, crc, packed, size, offset, mode)


def _zip64_values(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """The three values; those that were all ones are taken from the zip64 field, in the order of the format."""
    values = [size, packed, offset]
    missing = [i for i in range(3) if values[i] == _MAX_32]
    for field in _extra_fields(extra, _ZIP64_EXTRA):
        at = 0
        while missing:
            if len(field) < at + 8:
                raise _Stop(NOT_A_ZIP)
            values[missing.pop(0)] = int.from_bytes(field[at : at + 8], "little")
            at += 8
    if any(i > 0 for i in missing):  # archive/zip takes a size of all ones as it is, but not the other two
        raise _Stop(NOT_A_ZIP)
    size, packed, offset = values
    return size, packed, offset - (1 << 64) if offset > _MAX_63 else offset


def _extra_fields(extra: bytes, wanted: int) -> list[bytes]:
    fields: list[bytes] = []
    start = 0
    for _ in range(bounds.MAX_EXTRA_FIELDS + 1):  # the last round finds the end
        body = start + _EXTRA_HEADER.size
        if body > len(extra):
            return fields
        tag, length = _EXTRA_HEADER.unpack_from(extra, start)
        start = body + length
        if start > len(extra):
            return fields
        if tag == wanted:
            fields.append(extra[body:start])
    raise _Stop(NOT_A_ZIP)


def _find_end(read: Read, size: int) -> _End:
    for reach in (1024, 65 * 1024):
        reach = min(reach, size)
        block = read(size - reach, reach)
        at = _last_end_mark(block)
        if at >= 0:
            break
        if reach == size:
            raise BadZipError(NOT_A_ZIP)
    else:
        raise BadZipError(NOT_A_ZIP)
    end_offset = size - reach + at
    _, _, _, _, records, length, offset, _ = _DIRECTORY_END.unpack_from(block, at)
    if records == 0xFFFF or length == 0xFFFF or offset == _MAX_32:
        found = _read_end_64(read, end_offset)
        if found is not None:
            end_offset, records, length, offset = found
    if length > _MAX_63 or offset > _MAX_63:
        raise BadZipError(NOT_A_ZIP)
    base = end_offset - length - offset
    if not 0 <= base + offset < size:
        raise BadZipError(NOT_A_ZIP)
    if base > 0 and _is_record(read, offset):
        base = 0  # the end record is wrong about the size of its directory: nothing stands before the archive
    return _End(records, length, offset, base)


def _last_end_mark(block: bytes) -> int:
    """Where the end record begins; -1 if there is none or its comment is cut short."""
    if len(block) < _DIRECTORY_END.size:
        return -1
    at = block.rfind(_END_MARK, 0, len(block) - _DIRECTORY_END.size + len(_END_MARK))
    if at < 0:
        return -1
    comment_length = _DIRECTORY_END.unpack_from(block, at)[-1]
    return at if at + _DIRECTORY_END.size + comment_length <= len(block) else -1


def _read_end_64(read: Read, end_offset: int) -> tuple[int, int, int, int] | None:
    """(its offset, records, directory size, directory offset) of the zip64 end record; None if there is none."""
    at = end_offset - _DIRECTORY_END_64_LOCATOR.size
    if at < 0:
        return None
    locator = read(at, _DIRECTORY_END_64_LOCATOR.size)
    mark, disk, offset, disks = _DIRECTORY_END_64_LOCATOR.unpack(locator)
    if mark != _LOCATOR_64_MARK or disk != 0 or disks != 1 or offset > _MAX_63:
        return None
    record = read(offset, _DIRECTORY_END_64.size)
    if len(record) < _DIRECTORY_END_64.size:
        raise BadZipError("EOF")
    fields = _DIRECTORY_END_64.unpack(record)
    if fields[0] != _END_64_MARK:
        raise BadZipError(NOT_A_ZIP)
    return offset, fields[7], fields[8], fields[9]


def _is_record(read: Read, offset: int) -> bool:
    try:
        _read_record(_Window(read, offset))
    except (_Stop, BadZipError):
        return False
    return True


class LocalHeader(NamedTuple):
    """The header before an entry's data, as far as readers use it."""

    flags: int
    method: int
    crc: int
    packed: int
    size: int
    name_length: int
    extra_length: int

    @property
    def length(self) -> int:
        """Bytes of the header with name and extra field."""
        return LOCAL_HEADER.size + self.name_length + self.extra_length


def local_header(entry: Entry, head: bytes, archive: str) -> LocalHeader:
    """The entry's local header, given the bytes at its place.

    Raises:
        BadZipError: there is no local header at that place.
    """
    if entry.offset < 0:
        raise BadZipError(f"readat {archive}: negative offset")
    if len(head) < LOCAL_HEADER.size:
        raise BadZipError("EOF")
    mark, _, flags, method, _, _, crc, packed, size, name_length, extra_length = LOCAL_HEADER.unpack_from(head)
    if mark != _LOCAL_MARK:
        raise BadZipError(NOT_A_ZIP)
    return LocalHeader(flags, method, crc, packed, size, name_length, extra_length)


def local_fault(entry: Entry, local: LocalHeader, head: bytes) -> str:
    """Where the local header, which begins `head`, differs from the directory, or "".

    Checksum and sizes may be zero where they stand behind the data.
    """
    packed, size = local.packed, local.size
    name_end = LOCAL_HEADER.size + local.name_length
    if _MAX_32 in (packed, size):
        try:
            size, packed, _ = _zip64_values(head[name_end : local.length], size, packed, 0)
        except _Stop:
            return "local header has no zip64 sizes"
    if head[LOCAL_HEADER.size : name_end] != entry.raw_name:
        return "name in the local header differs"
    if local.method != entry.method:
        return "compression method in the local header differs"
    if (local.flags ^ entry.flags) & (_HAS_DESCRIPTOR | _ENCRYPTED):
        return "flags in the local header differ"
    if local.crc == entry.crc and packed == entry.packed and size == entry.size:
        return ""
    if entry.has_descriptor and local.crc in (0, entry.crc) and packed in (0, entry.packed) and size in (0, entry.size):
        return ""
    return "checksum or sizes in the local header differ"


def descriptor_fault(entry: Entry, tail: bytes, *, strict: bool) -> str:
    """What is wrong with the data descriptor that begins `tail`, or ""; its sizes are compared only if `strict`."""
    body = tail.removeprefix(_DESCRIPTOR_MARK)
    if len(body) < 12:
        return CUT_SHORT
    if int.from_bytes(body[:4], "little") != entry.crc:
        return BAD_CHECKSUM
    short = _DESCRIPTOR_SIZES.pack(entry.packed & _MAX_32, entry.size & _MAX_32)
    if strict and not body.startswith(short, 4):
        long = _DESCRIPTOR_SIZES_64.pack(entry.packed, entry.size)
        if not body.startswith(long, 4):
            return "sizes in the data descriptor differ"
    return ""


def kind_fault(entry: Entry) -> str:
    """Why the entry is not a regular file or directory, by the mode that a Unix program gave it, or ""."""
    if entry.mode == 0:
        return ""
    kind = stat.S_IFMT(entry.mode)
    if kind in (0, stat.S_IFREG) or (entry.is_dir and kind == stat.S_IFDIR):
        return ""
    return "not a regular file"
