# SPDX-License-Identifier: BSD-3-Clause
"""A reader of zip files: contents are inflated piece by piece with every check, and never held whole in memory.

A zip names its files twice, in the directory at its end and in a local header before each file's data, so that one
archive can show two readers different contents. There are two sets of rules:

    Rules.GO      what Go's archive/zip accepts: for cached files, where the result must be go's
    Rules.STRICT  also: both headers agree, every checksum is true, every size exact, every entry a regular file or a
                  directory, and none lies within another: for what comes over the network

Both keep the `bounds` of the directory, and inflate no entry further than its declared size, and of one archive no more
than a module zip may hold, whatever its entries declare and share. Every path that reads a zip comes through here.

Python's zipfile is not used: it accepts other archives than Go does, and reads names differently.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING

from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import open_to_read
from govgo.core.fastzlib import fast_zlib
from govgo.core.modzip import zipformat
from govgo.core.modzip.bounds import MAX_GO_MOD, MAX_ZIP_FILE
from govgo.core.modzip.rules import CONTENTS_TOO_LARGE
from govgo.core.modzip.zipformat import CUT_SHORT, DEFLATED, DESCRIPTOR_MAX, LOCAL_HEADER, NOT_A_ZIP, STORED, Entry
from govgo.errors import BadZipError

if TYPE_CHECKING:
    import zlib
else:
    zlib = fast_zlib()

_RAW_DEFLATE = -15
_PIECE = 1 << 20
"""Bytes of compressed data read at once, and of content given out at once."""
_MAX_INFLATED = MAX_ZIP_FILE + MAX_GO_MOD
"""Bytes inflated of one archive: its contents, and its go.mod once more, which is compared first."""
_AROUND = LOCAL_HEADER.size + DESCRIPTOR_MAX + 64
"""Bytes read in addition to an entry's name and data: its headers, and extra fields of the usual length."""


class Rules(Enum):
    """Which archives are accepted; the module's docstring has the difference."""

    GO = "go"
    STRICT = "strict"


class Archive:
    """An open zip file: its entries, and their contents on request.

    Attributes:
        size: of the file in bytes.
        entries: in the order of its directory.
        inflated: bytes of content that were given out so far.
    """

    def __init__(self, descriptor: int, path: str, rules: Rules) -> None:
        self.path = path
        self.size = os.fstat(descriptor).st_size
        self._descriptor = descriptor
        self._strict = rules is Rules.STRICT
        self.entries = zipformat.read_directory(self._read, self.size)
        self.inflated = 0
        if self._strict:
            zipformat.check_places(self.entries)

    def contents(self, entry: Entry) -> Iterable[bytes]:
        """The entry's content in pieces of at most about a mebibyte; faults are raised before the end.

        Raises:
            BadZipError: the entry breaks the rules of this archive.
            DiskError: the file could not be read.
        """
        length = min(entry.packed, _PIECE) + len(entry.raw_name) + _AROUND
        head = self._read(entry.offset, length) if entry.offset >= 0 else b""
        local = zipformat.local_header(entry, head, self.path)
        skip = local.length
        if self._strict:
            if len(head) < skip:
                head = self._read(entry.offset, skip)
            fault = zipformat.kind_fault(entry) or zipformat.local_fault(entry, local, head)
            if fault:
                raise BadZipError(f"{NOT_A_ZIP} ({fault})", issues=((entry.name, fault),))
        if entry.is_dir:
            if entry.size:
                raise BadZipError(NOT_A_ZIP)
            return ()
        piece = self._in_one(entry, head, skip)
        if piece is None:
            return self._in_pieces(entry, entry.offset + skip)
        self._count(piece)
        return (piece,)

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes of the file as they are, fewer at its end.

        Raises:
            DiskError: the file could not be read.
        """
        return self._read(offset, length) if offset >= 0 else b""

    def _in_one(self, entry: Entry, head: bytes, skip: int) -> bytes | None:
        """The content of a small entry that lies in `head` whole and without fault; None to read it in pieces.

        Nearly all files of module zips are small, and this is faster. Whatever is wrong with an entry, `_in_pieces`
        finds it again and raises the error.
        """
        end = skip + entry.packed
        if entry.method != DEFLATED or entry.size > _PIECE or len(head) < end + DESCRIPTOR_MAX:
            return None
        stream = zlib.decompressobj(_RAW_DEFLATE)
        try:
            piece = stream.decompress(memoryview(head)[skip:end], entry.size + 1)
        except zlib.error:
            return None
        if not stream.eof or len(piece) != entry.size or stream.unused_data or zlib.crc32(piece) != entry.crc:
            return None
        if entry.has_descriptor and zipformat.descriptor_fault(entry, head[end:], strict=self._strict):
            return None
        return piece

    def _in_pieces(self, entry: Entry, start: int) -> Iterator[bytes]:
        crc = total = 0
        for piece in self._inflate(entry, self._packed(start, entry.packed)):
            crc = zlib.crc32(piece, crc)
            total += len(piece)
            if total > entry.size:
                raise BadZipError(NOT_A_ZIP)
            self._count(piece)
            yield piece
        if total != entry.size:
            raise BadZipError(CUT_SHORT)
        self._check_end(entry, start, crc)

    def _count(self, piece: bytes) -> None:
        self.inflated += len(piece)
        if self.inflated > _MAX_INFLATED:
            raise BadZipError(CONTENTS_TOO_LARGE)

    def _read(self, offset: int, length: int) -> bytes:
        try:
            data = os.pread(self._descriptor, length, offset)
            while 0 < len(data) < length and offset + len(data) < self.size:
                more = os.pread(self._descriptor, length - len(data), offset + len(data))
                if not more:
                    break
                data += more
        except OverflowError:  # an offset beyond what the system can address: nothing is there
            return b""
        except OSError as error:
            raise disk_error("read", self.path, error) from error
        return data

    def _packed(self, start: int, length: int) -> Iterator[bytes]:
        end = min(start + length, self.size)
        while start < end:
            piece = self._read(start, min(_PIECE, end - start))
            if not piece:
                return
            start += len(piece)
            yield piece

    def _inflate(self, entry: Entry, packed: Iterator[bytes]) -> Iterator[bytes]:
        if entry.method == STORED:
            yield from packed
        elif entry.method == DEFLATED:
            yield from self._inflate_stream(entry, packed)
        else:
            raise BadZipError(zipformat.UNKNOWN_METHOD)

    def _inflate_stream(self, entry: Entry, packed: Iterator[bytes]) -> Iterator[bytes]:
        stream = zlib.decompressobj(_RAW_DEFLATE)
        most = min(entry.size + 1, _PIECE)  # one byte more than declared is enough to see that a zip is a bomb
        used = 0
        try:
            for data in packed:
                used += len(data)
                while data and not stream.eof:
                    piece = stream.decompress(data, most)
                    if piece:
                        yield piece
                    data = stream.unconsumed_tail
                if stream.eof:
                    break
            while not stream.eof:
                piece = stream.decompress(b"", most)
                if piece:
                    yield piece
                elif not stream.eof:
                    raise BadZipError(CUT_SHORT)
        except zlib.error:
            raise BadZipError(f"flate: corrupt input before offset {used - len(stream.unconsumed_tail)}") from None
        if self._strict and (stream.unused_data or used != entry.packed):
            raise BadZipError(f"{NOT_A_ZIP} (data after the end of the compressed stream)")

    def _check_end(self, entry: Entry, start: int, crc: int) -> None:
        if entry.has_descriptor:
            tail = self._read(start + entry.packed, DESCRIPTOR_MAX)
            fault = zipformat.descriptor_fault(entry, tail, strict=self._strict)
            if fault:
                raise BadZipError(fault)
        # archive/zip takes a checksum of 0 for one that was not recorded.
        unset = entry.crc == 0 and not entry.has_descriptor and not self._strict
        if crc != entry.crc and not unset:
            raise BadZipError(zipformat.BAD_CHECKSUM)


@contextmanager
def open_archive(path: str, rules: Rules) -> Iterator[Archive]:
    """Open the zip file `path`.

    Raises:
        DiskError: it could not be opened or read.
        BadZipError: it has no readable directory.
    """
    try:
        descriptor = open_to_read(path)
    except OSError as error:
        raise disk_error("open", path, error) from error
    try:
        yield Archive(descriptor, path, rules)
    finally:
        os.close(descriptor)
