# SPDX-License-Identifier: BSD-3-Clause
"""Every tree of up to 1,000 records: honest proofs check, and with any hash changed they do not.

One tree in four by default, all with --wide: one bit of each hash, in turn. Every bit of every hash with --slow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import pytest

from govgo.core.sumdb import proof
from govgo.core.sumdb.proof import check_records, prove_records
from govgo.core.sumdb.tlog import record_hash
from govgo.errors import IntegrityError
from tests.simulators import campaigns, logmath
from tests.simulators.sumdb_log import Log

LIMIT = 1000
SIZES = range(1, LIMIT + 1)


@cache
def log() -> Log:
    return Log().grow(LIMIT)


def flipped(hashes: proof.Proof, bits: range, turn: int) -> Iterator[proof.Proof]:
    """The hashes with one bit changed: of each, `bits` beginning with number `turn`."""
    for i, digest in enumerate(hashes):
        for bit in bits:
            place = (bit + turn + i) % 256
            changed = bytearray(digest)
            changed[place >> 3] ^= 1 << (place & 7)
            yield (*hashes[:i], bytes(changed), *hashes[i + 1 :])


def record_of(size: int) -> int:
    """A record for each size: edges, middles and all between come up."""
    return (size * 7 + size // 3) % size


def check_size(size: int, bits: range) -> None:
    made, read = log(), log().nodes.__getitem__
    root, n = made.tree(size).hash, record_of(size)
    leaf = record_hash(made.records[n])
    path = logmath.prove_record(size, n, read)
    logmath.check_record(path, size, root, n, leaf)
    for bad in flipped((*path, leaf, root), bits, size):
        with pytest.raises(IntegrityError):
            logmath.check_record(bad[:-2], size, bad[-1], n, bad[-2])
    older = n + 1
    link = proof.prove_tree(size, older, read)
    begun = made.tree(older).hash
    logmath.check_tree(link, size, root, older, begun)
    for bad in flipped((*link, begun, root), bits, size):
        with pytest.raises(IntegrityError):
            logmath.check_tree(bad[:-2], size, bad[-1], older, bad[-2])
    numbers = sorted({0, n, size - 1})
    leaves = [record_hash(made.records[number]) for number in numbers]
    shared = prove_records(size, numbers, read)
    check_records(shared, size, root, list(zip(numbers, leaves, strict=True)))
    for bad in flipped((*shared, *leaves, root), bits, size):
        claimed = list(zip(numbers, bad[len(shared) : -1], strict=True))
        with pytest.raises(IntegrityError):
            check_records(bad[: len(shared)], size, bad[-1], claimed)


FEW_SIZES = (*range(1, 131), *range(131, LIMIT, 9), 255, 256, 257, 511, 512, 513, LIMIT)


@pytest.mark.wide
@pytest.mark.parametrize("sizes", [FEW_SIZES, pytest.param(SIZES, marks=pytest.mark.wide)], ids=["few", "all"])
def test_every_size(sizes: Sequence[int]) -> None:
    for size in sizes:
        check_size(size, range(1))


@pytest.mark.slow
@pytest.mark.parametrize("hundred", range(10))
def test_every_size_and_every_bit(hundred: int) -> None:
    for size in campaigns.spread(SIZES[hundred * 100 : hundred * 100 + 100]):
        check_size(size, range(256))
