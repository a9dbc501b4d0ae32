# SPDX-License-Identifier: BSD-3-Clause
"""The units of work on a clone: functions of bytes, so that any `concurrent.futures.Executor` can run them.

A unit is about one pack: 65,536 records, 13 MB. It returns what is wrong, and for a whole log only hashes: 32 bytes for
256 records, and 8 for each record, by which records for one version are found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise

from govgo.core.log.packs import format_pack, parse_pack
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.sumdb.rules import judge_record, plain_subject, split_data_tile
from govgo.core.sumdb.tile import Tile, subtree_hash
from govgo.core.sumdb.tileauth import DATABASE_HEIGHT, WIDTH
from govgo.core.sumdb.tlog import HASH_SIZE
from govgo.errors import SumDbFormatError

DIGEST_BYTES = 8
MOST_FAULTS = 1000
"""No unit tells more: a log that is wrong all over is wrong enough."""

_LEAF = hashlib.sha256(b"\x00")  # `tlog.record_hash`, begun

WRONG_TILE = "wrong-tile"
WRONG_RECORD = "wrong-record"


class Wrong(NamedTuple):
    """Something that is not what the signed tree head says.

    Attributes:
        code: one of this module's, or of `rules.RECORD_RULES`.
        text: one sentence.
        number: of the record, -1 for a tile.
        mod: what the record is about, as far as that can be read.
        tile: the tile, None for a record.
    """

    code: str
    text: str
    number: int = -1
    mod: ModuleVersion | None = None
    tile: Tile | None = None


class Fetched(NamedTuple):
    """A part of a log as it was served, to be proved and packed.

    Attributes:
        first: the number of the pack's first record.
        kept: the pack as it is kept so far, b"" for none. Its records were proved.
        start: the number of the first record that was fetched, where a tile begins.
        data: the data tiles from there to the end of the pack or the log.
        hashes: the tiles of level 0 at the same places; empty where they were not fetched.
        entries: the proved hashes of the full ones among these tiles.
        tail: the proved bytes of the last tile of level 0, where it is partial; b"" where it is full.
    """

    first: int
    kept: bytes
    start: int
    data: list[bytes]
    hashes: list[bytes]
    entries: bytes
    tail: bytes


class Proved(NamedTuple):
    """The pack with what was fetched, b"" where something is wrong."""

    pack: bytes
    wrong: tuple[Wrong, ...]


def leaves_of(texts: Sequence[bytes]) -> bytes:
    """The record hashes of texts, one after the other."""
    begin = _LEAF.copy
    leaves: list[bytes] = []
    for text in texts:
        digest = begin()
        digest.update(text)
        leaves.append(digest.digest())
    return b"".join(leaves)


def prove_fetched(unit: Fetched) -> Proved:
    """Prove what was fetched, and pack it."""
    wrong: list[Wrong] = []
    texts = parse_pack(unit.kept).texts[: unit.start - unit.first] if unit.kept else []
    full = len(unit.entries) // HASH_SIZE
    for at, data in enumerate(unit.data):
        number = unit.start // WIDTH + at
        is_full = at < full
        want = unit.entries[at * HASH_SIZE : (at + 1) * HASH_SIZE] if is_full else unit.tail
        width = WIDTH if is_full else len(unit.tail) // HASH_SIZE
        served = unit.hashes[at] if unit.hashes else None
        found = _prove_tile(number, width, data, served, want, is_full=is_full)
        if isinstance(found, list):
            texts += found
        else:
            wrong += found
    if wrong:
        return Proved(b"", tuple(wrong[:MOST_FAULTS]))
    return Proved(format_pack(unit.first, texts), ())


def _prove_tile(
    number: int, width: int, data: bytes, served: bytes | None, want: bytes, *, is_full: bool
) -> list[bytes] | tuple[Wrong, ...]:
    """The texts of a data tile, or what is wrong with it or with its tile of level 0.

    Args:
        number, width: of the tile.
        data: the data tile.
        served: the tile of level 0, None where it was not fetched.
        want: the proved hash over a full tile, or the proved bytes of a partial one.
        is_full: which of the two.
    """

    def is_proved(leaves: bytes) -> bool:
        return len(leaves) == width * HASH_SIZE and (subtree_hash(leaves) if is_full else leaves) == want

    hash_tile = Tile(DATABASE_HEIGHT, 0, number, width)
    data_tile = Tile(DATABASE_HEIGHT, -1, number, width)
    try:
        texts = split_data_tile(data, width)
    except SumDbFormatError as error:
        texts, fault = [], str(error)
    else:
        fault = ""
    leaves = leaves_of(texts)
    if texts and is_proved(leaves):
        if served is not None and served != leaves:
            return (Wrong(WRONG_TILE, f"{hash_tile.path} does not hash into the signed tree", tile=hash_tile),)
        return texts
    known = served if served is not None and is_proved(served) else b"" if is_full else want
    wrong: list[Wrong] = []
    if served is not None and not is_proved(served):
        wrong.append(Wrong(WRONG_TILE, f"{hash_tile.path} does not hash into the signed tree", tile=hash_tile))
    if fault or not known:
        why = fault or "its records do not hash into the signed tree"
        wrong.append(Wrong(WRONG_TILE, f"{data_tile.path}: {why}", tile=data_tile))
        return tuple(wrong)
    for at, text in enumerate(texts):
        if leaves[at * HASH_SIZE : (at + 1) * HASH_SIZE] != known[at * HASH_SIZE : (at + 1) * HASH_SIZE]:
            n = number * WIDTH + at
            wrong.append(
                Wrong(WRONG_RECORD, f"record {n} is served with a text that was not signed", n, judge_record(text).mod)
            )
    return tuple(wrong)


class Examined(NamedTuple):
    """What an examination of a pack comes to.

    Attributes:
        first, records: the number of its first record, and how many there are.
        roots: the hashes over its full tiles of level 0.
        tail: the leaves of its last tile, where that is partial.
        marks: for each size that was asked for, the leaves of the partial tile of that tree.
        digests: 8 bytes for each module version, sorted.
        wrong: what no honest log would hold.
    """

    first: int
    records: int
    roots: bytes
    tail: bytes
    marks: tuple[tuple[int, bytes], ...]
    digests: bytes
    wrong: tuple[Wrong, ...]


def examine(data: bytes, sizes: tuple[int, ...]) -> Examined:
    """Hash and judge every record of a pack.

    Args:
        data: the pack's file.
        sizes: of trees that end within the pack, whose leaves are wanted.

    Raises:
        SumDbFormatError: it is not a pack.
    """
    first, texts = parse_pack(data)
    roots: list[bytes] = []
    marks: list[tuple[int, bytes]] = []
    tail = b""
    for start in range(0, len(texts), WIDTH):
        leaves = leaves_of(texts[start : start + WIDTH])
        for size in sizes:
            if 0 < size - first - start < WIDTH:
                marks.append((size, leaves[: (size - first - start) * HASH_SIZE]))
        if len(leaves) == WIDTH * HASH_SIZE:
            roots.append(subtree_hash(leaves))
        else:
            tail = leaves
    digests: list[bytes] = []
    wrong: list[Wrong] = []
    digest = hashlib.sha256
    for number, text in enumerate(texts, first):
        subject = plain_subject(text)
        if subject:
            digests.append(digest(subject).digest()[:DIGEST_BYTES])
            continue
        mod, faults = judge_record(text)
        if faults and len(wrong) < MOST_FAULTS:
            wrong += (Wrong(fault.code, f"record {number}: {fault.text}", number, mod) for fault in faults)
        if mod is not None:
            digests.append(version_digest(mod))
    digests.sort()
    return Examined(first, len(texts), b"".join(roots), tail, tuple(marks), b"".join(digests), tuple(wrong))


def version_digest(mod: ModuleVersion) -> bytes:
    """A short digest of a module version, the same for equal ones."""
    return hashlib.sha256(f"{mod.path} {mod.version}".encode()).digest()[:DIGEST_BYTES]


def repeated(digests: bytes) -> tuple[bytes, ...]:
    """The digests that occur more than once."""
    each = sorted(digests[at : at + DIGEST_BYTES] for at in range(0, len(digests), DIGEST_BYTES))
    return tuple(dict.fromkeys(a for a, b in pairwise(each) if a == b))[:MOST_FAULTS]


def find_versions(data: bytes, digests: frozenset[bytes]) -> tuple[tuple[ModuleVersion, int], ...]:
    """The records of a pack whose module versions have one of these digests: (version, number) of each.

    Raises:
        SumDbFormatError: it is not a pack.
    """
    first, texts = parse_pack(data)
    found = ((judge_record(text).mod, number) for number, text in enumerate(texts, first))
    return tuple((mod, n) for mod, n in found if mod is not None and version_digest(mod) in digests)


def records_of(data: bytes, numbers: Sequence[int]) -> tuple[bytes, ...]:
    """The texts of some records of a pack.

    Raises:
        SumDbFormatError: it is not a pack, or has them not.
    """
    first, texts = parse_pack(data)
    if any(not 0 <= number - first < len(texts) for number in numbers):
        raise SumDbFormatError("the pack has no such record")
    return tuple(texts[number - first] for number in numbers)
