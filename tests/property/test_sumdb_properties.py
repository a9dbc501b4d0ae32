# SPDX-License-Identifier: BSD-3-Clause
"""Transparency logs up to 1,000 records: every honest proof checks, and no changed one does.

RFC 6962, section 2.1.1: "The verifier can compute the tree hash from the audit path and the leaf"; section 2.1.2: a
consistency proof shows that "the first m inputs D[0:m] are equal in both trees".
"""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govgo.core.sumdb import note, proof, record, tile, tlog
from govgo.core.sumdb.signer import sign_note
from govgo.core.sumdb.tile import HashedTile, Tile
from govgo.core.sumdb.tileauth import TileAuth, prefix_nodes
from govgo.core.sumdb.tlog import Tree
from govgo.errors import GovgoError, IntegrityError, TileMismatchError
from tests.simulators import campaigns, logmath
from tests.simulators.sumdb_log import Log, keys

LIMIT = 1000
SIZES = st.integers(1, LIMIT)
TEXT = "ab =+/1\u2014\u00e9\U0001f512\x85\t\n\x00\x7f"
FAST = settings(max_examples=150, deadline=None)


@cache
def log() -> Log:
    return Log().grow(LIMIT)


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    return bytes(changed)


@st.composite
def record_places(draw: st.DrawFn) -> tuple[int, int]:
    size = draw(SIZES)
    return size, draw(st.integers(0, size - 1))


@st.composite
def prefixes(draw: st.DrawFn) -> tuple[int, int]:
    size = draw(SIZES)
    return size, draw(st.integers(1, size))


@campaigns.thirds
@settings(max_examples=50, deadline=None)
@given(place=record_places(), bit=st.integers(0, 1 << 16))
def test_record_proofs(third: int, place: tuple[int, int], bit: int) -> None:
    size, n = place
    tree = log().tree(size)
    leaf = tlog.record_hash(log().records[n])
    path = logmath.prove_record(size, n, log().nodes.__getitem__)
    logmath.check_record(path, size, tree.hash, n, leaf)
    bad = [
        (path, flipped(tree.hash, bit), leaf),
        (path, tree.hash, flipped(leaf, bit)),
        ((*path, leaf), tree.hash, leaf),
    ]
    if path:
        which = bit % len(path)
        bad.append(((*path[:which], flipped(path[which], bit), *path[which + 1 :]), tree.hash, leaf))
        bad.append((path[1:], tree.hash, leaf))
    for hashes, root, start in bad:
        with pytest.raises(IntegrityError):
            logmath.check_record(hashes, size, root, n, start)


@FAST
@given(prefixes(), st.integers(0, 1 << 16))
def test_tree_proofs(place: tuple[int, int], bit: int) -> None:
    size, older = place
    old, new = log().tree(older).hash, log().tree(size).hash
    path = proof.prove_tree(size, older, log().nodes.__getitem__)
    logmath.check_tree(path, size, new, older, old)
    bad = [(path, flipped(new, bit), old), (path, new, flipped(old, bit)), ((*path, new), new, old)]
    if path:
        which = bit % len(path)
        bad.append(((*path[:which], flipped(path[which], bit), *path[which + 1 :]), new, old))
        bad.append((path[:-1], new, old))
    for hashes, root, start in bad:
        with pytest.raises(IntegrityError):
            logmath.check_tree(hashes, size, root, older, start)


@campaigns.thirds
@settings(max_examples=50, deadline=None)
@given(
    place=prefixes(),
    height=st.sampled_from([1, 2, 3, 5, 8]),
    records=st.lists(st.integers(0, LIMIT - 1), max_size=6),
    data=st.data(),
)
def test_tiles(third: int, place: tuple[int, int], height: int, records: list[int], data: st.DataObject) -> None:
    """Honest tiles prove every record and prefix asked for; one flipped bit in any of them proves nothing."""
    size, older = place
    tree = log().tree(size)
    nodes = [*((0, n % size) for n in records), *prefix_nodes(older, height)]
    auth = TileAuth(tree, height)
    tiles = auth.ask(nodes)
    for one in tiles:
        auth.add(HashedTile(one, log().tile(one)))
    assert {hashed.tile for hashed in auth.prove()} == set(tiles)
    assert auth.prefix_root(older) == log().tree(older).hash
    assert all(auth.leaf(n % size) == tlog.record_hash(log().records[n % size]) for n in records)

    forged = data.draw(st.sampled_from(tiles))
    bit = data.draw(st.integers(0, forged.width * 256 - 1))
    auth = TileAuth(tree, height)
    for one in tiles:
        honest = log().tile(one)
        auth.add(HashedTile(one, flipped(honest, bit) if one == forged else honest))
    with pytest.raises(TileMismatchError):
        auth.prove()


@FAST
@given(st.integers(0, 1 << 61))
def test_stored_order_is_a_bijection(index: int) -> None:
    level, n = logmath.split_stored_hash_index(index)
    assert logmath.stored_hash_index(level, n) == index


@FAST
@given(st.integers(1, 30), st.integers(-1, 63), st.integers(0, (1 << 62) - 1), st.integers(1, 1 << 30))
def test_tile_paths_round_trip(height: int, level: int, number: int, width: int) -> None:
    coordinates = Tile(height, level, number, min(width, 1 << height))
    assert tile.parse_tile_path(coordinates.path) == coordinates


@FAST
@given(st.text("x0128/.pdat+-", max_size=30))
def test_tile_paths_are_read_only_as_written(text: str) -> None:
    try:
        parsed = tile.parse_tile_path("tile/" + text)
    except GovgoError:
        return
    assert parsed.path == "tile/" + text


@FAST
@given(st.integers(0, 1 << 62), st.binary(min_size=32, max_size=32))
def test_tree_heads_round_trip(size: int, digest: bytes) -> None:
    tree = Tree(size, digest)
    assert tlog.parse_tree(tlog.format_tree(tree).encode()) == tree


@pytest.mark.wide
@FAST
@given(st.integers(0, 1 << 62), st.lists(st.text(TEXT, min_size=1), min_size=1), st.binary())
def test_records_round_trip(number: int, lines: list[str], rest: bytes) -> None:
    text = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
    try:
        message = record.format_record(number, text)
    except GovgoError:
        assert not record.is_valid_record_text(text)
        return
    assert record.parse_record(message + rest) == record.Record(number, text, rest)


@FAST
@given(st.text(TEXT, max_size=200), st.integers(0, 1 << 16))
def test_notes(text: str, bit: int) -> None:
    """What is signed opens as it was; with any bit of its text changed it does not open."""
    signer, key = keys(1)
    verifier = note.parse_verifier(key)
    try:
        message = sign_note(note.Note(text + "\n"), [signer])
        opened = note.open_note(message, [verifier])
    except (GovgoError, UnicodeEncodeError):
        return
    assert opened.text == text + "\n"
    body, signatures = message[: len(opened.text.encode())], message[len(opened.text.encode()) :]
    with pytest.raises(GovgoError):
        note.open_note(flipped(body, bit) + signatures, [verifier])
