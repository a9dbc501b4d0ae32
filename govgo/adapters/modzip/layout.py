# SPDX-License-Identifier: BSD-3-Clause
"""Whether the parts of a module zip that no hash covers are as they were written.

go.sum's hash covers the names and contents of a zip's files, not their times, attributes or versions. Programs that
make module zips (Go's archive/zip, and most others) write the same values there in every entry; an archive that
departs from them in a single place was damaged or changed. One that departs in several was made by another kind of
program, and is not reported. So this finds a flipped bit and an edited time stamp, and proves nothing about attackers.

Source of the layout: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16; Go's archive/zip.Writer.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from govgo.adapters.modzip.read import Archive
from govgo.core.lazyregex import late
from govgo.core.modzip.bounds import MAX_DIRECTORY
from govgo.core.records import NamedTuple
from govgo.errors import BadZipError

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_UTF8 = 1 << 11
_PLAIN_NAME = late(rb"[\x20-\x5b\x5d-\x7d]*")
_UNIX = 3
"""The system of a program whose attributes are modes: they differ from file to file."""
_FEW = 3
"""With fewer entries no majority shows what is usual."""


class _Entry(NamedTuple):
    """What no hash covers of one entry, as the directory has it; `extra` and `comment` are lengths."""

    creator: int
    version: int
    flags: int
    time: int
    date: int
    extra: int
    comment: int
    disk: int
    internal: int
    attributes: int
    name: bytes
    offset: int

    @property
    def shown(self) -> str:
        """The name as texts show it."""
        return self.name.decode("utf-8", "backslashreplace")


_COMPARED = _Entry._fields[:10]
_GO = (20, 20, 8, 0, 0, 0, 0, 0, 0, 0)
"""What Go's zip.Writer writes in the compared fields."""


def layout_fault(archive: Archive) -> str:
    """The one place where an archive departs from the usual layout; "" where there is none, or several.

    Raises:
        BadZipError, DiskError: it cannot be read.
    """
    found = list(islice(_departures(archive), 2))
    return found[0] if len(found) == 1 else ""


def _departures(archive: Archive) -> Iterator[str]:
    end_at = archive.size - _END.size
    tail = _exactly(archive, end_at, _END.size)
    _, disk, start_disk, here, total, length, offset, _ = _END.unpack(tail)
    if offset == 0xFFFFFFFF or total == 0xFFFF:
        return  # a zip64 archive: other records are at its end, and no module is that large
    count = len(archive.entries)
    facts = (("disk", disk, 0), ("disk", start_disk, 0), ("count", here, count), ("count", total, count))
    for name, value, expected in (*facts, ("offset", offset + length, end_at)):
        if value != expected:
            yield f"{name} in the end record"
    entries = tuple(_directory(archive.read_at(offset, min(length, MAX_DIRECTORY))))
    usual = _usual(entries)
    for entry in entries:
        for name, value, expected in zip(_COMPARED, entry, usual, strict=False):
            if value != expected and not (name == "attributes" and entry.creator >> 8 == _UNIX):
                yield f"{name} of {entry.shown} in the directory"
        yield from _local_departures(archive, entry, usual)


def _directory(directory: bytes) -> Iterator[_Entry]:
    at = 0
    while at + _CENTRAL.size <= len(directory):
        header = _CENTRAL.unpack_from(directory, at)
        _, creator, version, flags, _, time, date, _, _, _, name_length, extra, comment = header[:13]
        disk, internal, attributes, offset = header[13:]
        name = directory[at + _CENTRAL.size : at + _CENTRAL.size + name_length]
        flags = _flags(flags, name)
        yield _Entry(creator, version, flags, time, date, extra, comment, disk, internal, attributes, name, offset)
        at += _CENTRAL.size + name_length + extra + comment


def _usual(entries: Sequence[_Entry]) -> tuple[int, ...]:
    """What most entries have in the compared fields."""
    if len(entries) < _FEW:
        return _GO
    values = zip(*entries, strict=True)
    return tuple(Counter(column).most_common(1)[0][0] for column in islice(values, len(_COMPARED)))


def _local_departures(archive: Archive, entry: _Entry, usual: tuple[int, ...]) -> Iterator[str]:
    _, version, flags, _, time, date, *_ = _LOCAL.unpack(_exactly(archive, entry.offset, _LOCAL.size))
    found = (version, _flags(flags, entry.name), time, date)
    for name, value, expected in zip(_COMPARED[1:5], found, usual[1:5], strict=True):
        if value != expected:
            yield f"{name} of {entry.shown} in its header"


def _flags(flags: int, name: bytes) -> int:
    """The flags, without that of UTF-8 on names where programs set it or not as they like."""
    return flags if _PLAIN_NAME.fullmatch(name) else flags & ~_UTF8


def _exactly(archive: Archive, offset: int, length: int) -> bytes:
    data = archive.read_at(offset, length)
    if len(data) != length:
        raise BadZipError("zip: not a valid zip file")
    return data
