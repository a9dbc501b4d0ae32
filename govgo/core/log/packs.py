# SPDX-License-Identifier: BSD-3-Clause
"""Packs: how a clone of a checksum database keeps its records, 65,536 in a file, those of one tile of level 1.

    govgo log records 1
    FIRST COUNT split BYTES
    …

FIRST is the number of the first record, a multiple of 65,536. In the form "split", BYTES of zlib data follow, `path
version` of each record in a line, and then 64 bytes a record: the hash of its zip and that of its go.mod. So a record
of some 200 bytes takes some 83: the second line repeats the first, and base64 does not compress. A pack with a record
of any other form is "whole": BYTES of zlib data, the records as a data tile has them.

Nothing here is proved: the records are, by their hashes.
"""

from __future__ import annotations

import binascii
from collections.abc import Sequence

from govgo.core.fastzlib import fast_zlib
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.sumdb.rules import join_data_tile, split_data_tile
from govgo.errors import SumDbFormatError

PACK_RECORDS = 1 << 16
MAX_PACK_BYTES = 256 << 20
"""No pack is larger, neither packed nor unpacked; one of ordinary records has 5.5 MB, and 13 MB unpacked."""

_MAGIC = b"govgo log records 1\n"
_HEAD = late(rb"govgo log records 1\n(0|[1-9][0-9]{0,18}) ([1-9][0-9]{0,4}) (split|whole) (0|[1-9][0-9]{0,9})\n")
_SPLIT = late(rb"([^ \n]+ [^ \n]+) h1:([A-Za-z0-9+/]{43}=)\n\1/go\.mod h1:([A-Za-z0-9+/]{43}=)\n")
_DIGEST_BYTES = 32


class Pack(NamedTuple):
    """A pack as its file has it: the number of its first record, and the texts of its records."""

    first: int
    texts: list[bytes]


def format_pack(first: int, texts: Sequence[bytes]) -> bytes:
    """The file of a pack; there is at least one record."""
    zlib = fast_zlib()
    split = _split(texts)
    if split is None:
        body = bytes(zlib.compress(join_data_tile(texts), 3))
        return _MAGIC + b"%d %d whole %d\n" % (first, len(texts), len(body)) + body
    names = bytes(zlib.compress(split[0], 3))
    return _MAGIC + b"%d %d split %d\n" % (first, len(texts), len(names)) + names + split[1]


def _split(texts: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Names and hashes apart; None where a record would not come back as it was."""
    names: list[bytes] = []
    hashes: list[bytes] = []
    for text in texts:
        found = _SPLIT.fullmatch(text)
        if found is None:
            return None
        name, first, second = found.groups()
        digests = binascii.a2b_base64(first), binascii.a2b_base64(second)
        if (_encoded(digests[0]), _encoded(digests[1])) != (first, second):
            return None  # stray bits in the last character
        names.append(name)
        hashes += digests
    return b"\n".join(names) + b"\n", b"".join(hashes)


def _encoded(digest: bytes) -> bytes:
    return binascii.b2a_base64(digest, newline=False)


def parse_pack(data: bytes) -> Pack:
    """Read the file of a pack.

    Raises:
        SumDbFormatError: it is malformed.
    """
    found = _HEAD.match(data)
    if found is None:
        raise SumDbFormatError("malformed pack of records")
    first, count, size = int(found[1]), int(found[2]), int(found[4])
    body = memoryview(data)[found.end() :]
    if first % PACK_RECORDS or count > PACK_RECORDS:
        raise SumDbFormatError("malformed pack of records")
    if found[3] == b"whole":
        return Pack(first, split_data_tile(_inflated(body), count))
    names = _inflated(body[:size]).split(b"\n")
    hashes = bytes(body[size:])
    if len(names) != count + 1 or names[-1] or len(hashes) != 2 * _DIGEST_BYTES * count:
        raise SumDbFormatError("malformed pack of records")
    encode = binascii.b2a_base64
    texts = [
        b"%b h1:%b\n%b/go.mod h1:%b\n"
        % (
            name,
            encode(hashes[at : at + 32], newline=False),
            name,
            encode(hashes[at + 32 : at + 64], newline=False),
        )
        for name, at in zip(names, range(0, len(hashes), 64), strict=False)
    ]
    return Pack(first, texts)


def pack_size(data: bytes) -> tuple[int, int]:
    """The number of the first record, and of how many there are, from the beginning of a pack's file.

    Raises:
        SumDbFormatError: it is malformed.
    """
    found = _HEAD.match(data)
    if found is None:
        raise SumDbFormatError("malformed pack of records")
    return int(found[1]), int(found[2])


def _inflated(data: memoryview) -> bytes:
    zlib = fast_zlib()
    engine = zlib.decompressobj()
    try:
        whole = bytes(engine.decompress(data, MAX_PACK_BYTES))
    except zlib.error as error:
        raise SumDbFormatError("damaged pack of records") from error
    if not engine.eof or engine.unused_data:
        raise SumDbFormatError("damaged pack of records")
    return whole
