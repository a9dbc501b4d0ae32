# SPDX-License-Identifier: BSD-3-Clause
"""What a lying proxy or checksum database can try on the client, one test for each attempt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb import note, record
from govgo.core.sumdb.signer import sign_note
from govgo.core.sumdb.tile import Tile
from govgo.core.sumdb.tlog import format_tree
from govgo.errors import (
    BadSignatureError,
    ForkError,
    GovgoError,
    IntegrityError,
    SumMismatchError,
    TooLargeError,
    UnavailableError,
    find,
)
from tests.simulators import campaigns
from tests.simulators.sumdb_home import Home, run
from tests.simulators.sumdb_log import LINES, WANTED, Log, Server, h1, keys, record_text

LOOKUP = "/lookup/example.org/wanted@v1.2.3"
EVIL = h1("evil")


@pytest.fixture(scope="module")
def big() -> Log:
    """A log whose tiles have three levels, with a version in the midst."""
    log = Log().grow(30_000)
    log.add(*WANTED)
    return log.grow(36_000)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def flip(tile: str, where: int) -> Callable[[str, bytes], bytes]:
    """A forger of one bit of one tile."""

    def forge(path: str, body: bytes) -> bytes:
        if path != tile:
            return body
        changed = bytearray(body)
        changed[where] ^= 1
        return bytes(changed)

    return forge


def test_an_honest_database_is_believed(home: Home, log: Log) -> None:
    server = Server(log)
    assert home.lookup(server, WANTED) == LINES[:1]
    assert home.latest.read_bytes() == log.head()
    assert home.kept() == {LOOKUP[1:], "tile/8/0/001", "tile/8/0/003.p/33", "tile/8/1/000.p/3"}
    assert len(server.requests) == len(set(server.requests))


def test_both_hashes_cost_one_lookup(home: Home, log: Log) -> None:
    server = Server(log)
    gomod = ModuleVersion(WANTED.path, "v1.2.3/go.mod")
    assert home.lookup_many(server, [WANTED, gomod]) == {WANTED: LINES[:1], gomod: LINES[1:]}
    assert server.requests.count(LOOKUP) == 1


# Rule 1: only the configured key's signature counts.


def test_head_signed_by_a_wrong_key(home: Home, log: Log) -> None:
    server = Server(log)
    other, _ = keys(2)
    answer = record.format_record(300, log.records[300]) + log.head(signers=[other])
    server.forge = lambda path, body: answer if path == LOOKUP else body
    with pytest.raises(BadSignatureError, match="note has no verifiable signatures"):
        home.lookup(server, WANTED)
    assert server.requests == [LOOKUP], "a security error is never tried again"
    assert home.kept() == set()


def test_head_with_a_spoilt_signature(home: Home, log: Log) -> None:
    server = Server(log)
    server.forge = lambda path, body: body.replace(b"\n801\n", b"\n802\n") if path == LOOKUP else body
    with pytest.raises(BadSignatureError, match="invalid signature for key"):
        home.lookup(server, WANTED)
    assert home.kept() == set()


def test_signatures_of_strangers_are_ignored(home: Home, log: Log) -> None:
    server = Server(log)
    stranger, _ = keys(3, "witness.example")
    answer = record.format_record(300, log.records[300]) + log.head(signers=[stranger, log.signer])
    server.forge = lambda path, body: answer if path == LOOKUP else body
    assert home.lookup(server, WANTED) == LINES[:1]


def test_signatures_of_strangers_are_not_kept(home: Home, log: Log) -> None:
    """What a proxy has put below the database's signature is in no file: not in `latest`, not in the answer."""
    server = Server(log)
    stranger, _ = keys(3, "sum.evil.example")
    server.forge = lambda path, body: (
        sign_note(note.Note(format_tree(log.tree())), [log.signer, stranger])
        if path == "/latest"
        else record.format_record(log.numbers[WANTED], log.records[log.numbers[WANTED]])
        + log.head(signers=[stranger, log.signer])
        if path == LOOKUP
        else body
    )
    assert home.lookup(server, WANTED) == LINES[:1]
    assert home.latest.read_bytes() == log.head()
    assert (home.cache / LOOKUP[1:]).read_bytes() == log.answer(*WANTED)
    other = Home(home.cache.parent / "other")

    async def head() -> bytes:
        db = other.client(server)
        try:
            return (await db.head()).note
        finally:
            await db.aclose()

    assert run(head()) == log.head() == other.latest.read_bytes()


def test_malformed_note_is_refused_whole(home: Home, log: Log) -> None:
    server = Server(log)
    junk = "\u2014 some junk\n".encode()
    server.forge = lambda path, body: body + junk if path == LOOKUP else body
    with pytest.raises(IntegrityError, match="malformed note"):
        home.lookup(server, WANTED)


# Rule 2: tiles are checked against their parents up to the signed tree before they are used or kept.


@pytest.mark.wide
def test_forged_tile_at_any_level(home: Home, big: Log) -> None:
    honest = Server(big)
    home.lookup(honest, WANTED)
    tiles = [path for path in honest.requests if path.startswith("/tile/")]
    assert {path.split("/")[3] for path in tiles} == {"0", "1", "2"}
    for number, tile in enumerate(tiles):
        for where in (0, -1):
            server = Server(big)
            server.forge = flip(tile, where)
            victim = Home(home.cache.parent / f"{number}{where}")
            with pytest.raises(IntegrityError, match="downloaded inconsistent tile"):
                victim.lookup(server, WANTED)
            assert tile[1:] not in victim.kept()
            assert LOOKUP[1:] not in victim.kept()


def test_forged_record_under_forged_leaf_tile(home: Home, log: Log) -> None:
    """Tile and record agree with each other, and only the parent tells."""
    liar = Log()
    for (path, version), number in log.numbers.items():
        text = log.records[number].decode()
        liar.add(path, version, text.replace(LINES[0], f"{WANTED.path} {WANTED.version} {EVIL}"))
    server = Server(log)
    answer = record.format_record(300, liar.records[300]) + log.head()
    leaf_tile = "/tile/8/0/001"
    server.forge = lambda path, body: answer if path == LOOKUP else liar_tile(liar) if path == leaf_tile else body
    with pytest.raises(IntegrityError, match="downloaded inconsistent tile"):
        home.lookup(server, WANTED)
    assert home.kept().isdisjoint({LOOKUP[1:], leaf_tile[1:]})


def liar_tile(liar: Log) -> bytes:
    return b"".join(liar.nodes[0, n] for n in range(256, 512))


def test_damaged_tile_is_fetched_once_more(home: Home, log: Log) -> None:
    server = Server(log)
    flipped: list[str] = []

    def damage_first(path: str, body: bytes) -> bytes:
        if path.startswith("/tile/8/0/001") and path not in flipped:
            flipped.append(path)
            return bytes([body[0] ^ 1]) + body[1:]
        return body

    server.forge = damage_first
    assert home.lookup(server, WANTED) == LINES[:1]
    assert server.requests.count("/tile/8/0/001") == 2


# Rule 3: lines come from the proved record and from nowhere else.


def test_lines_beside_the_record_are_not_believed(home: Home, log: Log) -> None:
    evil = f"{WANTED.path} {WANTED.version} {EVIL}\n"
    answer = record.format_record(5, log.records[5]) + log.head(extra=evil)
    server = Server(log)
    server.forge = lambda path, body: answer if path == LOOKUP else body
    with pytest.raises(SumMismatchError, match="checksum missing from sumdb response"):
        home.lookup(server, WANTED)


def test_forged_record(home: Home, log: Log) -> None:
    server = Server(log)
    server.forge = lambda path, body: body.replace(LINES[0].split()[2].encode(), EVIL.encode())
    with pytest.raises(IntegrityError, match="cannot authenticate record data in server response"):
        home.lookup(server, WANTED)
    assert LOOKUP[1:] not in home.kept()


def test_record_number_of_another_record(home: Home, log: Log) -> None:
    server = Server(log)
    server.forge = lambda path, body: body.replace(b"300\n", b"301\n", 1) if path == LOOKUP else body
    with pytest.raises(IntegrityError, match="cannot authenticate record data"):
        home.lookup(server, WANTED)


@pytest.mark.parametrize("number", ["801", "-1", "4611686018427387904", "9223372036854775807"])
def test_record_number_outside_of_the_tree(home: Home, log: Log, number: str) -> None:
    server = Server(log)
    server.forge = lambda path, body: number.encode() + body[3:] if path == LOOKUP else body
    with pytest.raises(IntegrityError, match=f"cannot validate record {number} in tree of size 801"):
        home.lookup(server, WANTED)


# Rule 4: an answer that says nothing is a failure.


@pytest.mark.parametrize(
    "body",
    [b"", b"\n", b"300\n", b"<html>Sign in</html>\n", b"300\n" + LINES[0].encode(), b"300\n\n\n"],
    ids=["empty", "newline", "number", "html", "cut", "no lines"],
)
def test_empty_or_meaningless_answer(home: Home, log: Log, body: bytes) -> None:
    server = Server(log)
    server.forge = lambda path, honest: body if path == LOOKUP else honest
    with pytest.raises(IntegrityError):
        home.lookup(server, WANTED)
    assert home.kept() == set()


def test_answer_without_a_tree_head(home: Home, log: Log) -> None:
    home.lookup(Server(log), ModuleVersion("example.org/filler", "v0.0.1"))
    server = Server(log)
    server.forge = lambda path, body: body.partition(b"go.sum database tree")[0] if path == LOOKUP else body
    with pytest.raises(IntegrityError):
        home.lookup(server, WANTED)


def test_unrelated_record(home: Home, log: Log) -> None:
    """A true record, truly proved, that speaks of another module."""
    answer = log.answer("example.org/filler", "v0.0.7")
    server = Server(log)
    server.forge = lambda path, body: answer if path == LOOKUP else body
    with pytest.raises(SumMismatchError, match="checksum missing from sumdb response"):
        home.lookup(server, WANTED)

    async def check() -> None:
        await home.client(server).check(WANTED, LINES[0].split()[2])

    with pytest.raises(SumMismatchError, match="verifying module: checksum missing"):
        run(check())


def test_partial_record(home: Home) -> None:
    """The record has the go.mod hash only; the zip's is asked for."""
    log = Log().grow(10)
    log.add(*WANTED, LINES[1] + "\n")
    with pytest.raises(SumMismatchError, match="checksum missing from sumdb response"):
        home.lookup(Server(log), WANTED)
    assert home.lookup(Server(log), ModuleVersion(WANTED.path, "v1.2.3/go.mod")) == LINES[1:]


def test_version_that_only_begins_alike(home: Home) -> None:
    log = Log().grow(10)
    log.add(*WANTED, f"{WANTED.path} v1.2.3-evil {EVIL}\nx{LINES[0]}\n")
    with pytest.raises(SumMismatchError, match="checksum missing"):
        home.lookup(Server(log), WANTED)


def test_download_that_contradicts_the_database(home: Home, log: Log) -> None:
    async def check() -> None:
        await home.client(Server(log)).check(ModuleVersion(WANTED.path, "v1.2.3/go.mod"), EVIL)

    with pytest.raises(SumMismatchError) as caught:
        run(check())
    assert str(caught.value).startswith(
        "example.org/wanted@v1.2.3: verifying go.mod: checksum mismatch\n"
        f"\tdownloaded: {EVIL}\n\tsum.example.org: {LINES[1].split()[2]}\n\nSECURITY ERROR\n"
    )
    assert caught.value.want == LINES[1].split()[2]


# Rule 6: a tile has exactly the width asked for.


@pytest.mark.parametrize("size", [0, 1, 31, 8191, 8193, 16384])
def test_tile_of_a_wrong_width(home: Home, log: Log, size: int) -> None:
    server = Server(log)
    server.forge = lambda path, body: (body * 2)[:size] if path == "/tile/8/0/001" else body
    with pytest.raises((IntegrityError, UnavailableError)) as caught:
        home.lookup(server, WANTED)
    assert "tile/8/0/001" in str(caught.value)
    assert "tile/8/0/001" not in home.kept()


def test_partial_tile_gone_since_the_tile_is_full(home: Home, log: Log) -> None:
    server = Server(log)
    server.head_size = 700
    server.missing = {"/tile/8/0/002.p/188"}
    assert home.lookup(server, WANTED) == LINES[:1]
    assert (home.cache / "tile/8/0/002.p/188").read_bytes() == log.tile(Tile(8, 0, 2, 188))


def test_full_tile_for_a_partial_one_has_full_width(home: Home, log: Log) -> None:
    server = Server(log)
    server.head_size = 700
    server.missing = {"/tile/8/0/002.p/188"}
    server.forge = lambda path, body: body[:6016] if path == "/tile/8/0/002" else body
    with pytest.raises(IntegrityError, match="want 8192"):
        home.lookup(server, WANTED)


# Rule 7 is in core/sumdb/test_heads.py; rule 8 in test_route.py.


# Rule 10: what is on disk is proved again, and only what was proved is there.


@pytest.mark.parametrize("name", [LOOKUP[1:], "tile/8/0/001", "tile/8/0/003.p/33", "tile/8/1/000.p/3"])
@pytest.mark.parametrize("damage", campaigns.one_in(2, ["flip", "cut", "empty", "zero"]))
def test_poisoned_cache_file(home: Home, log: Log, name: str, damage: str) -> None:
    home.lookup(Server(log), WANTED)
    path = home.cache / name
    whole = path.read_bytes()
    bad = {"flip": bytes([whole[40] ^ 1]), "cut": b"", "empty": b"", "zero": b"\0" * (len(whole) - 40)}[damage]
    path.write_bytes(b"" if damage == "empty" else whole[:40] + bad + (whole[41:] if damage == "flip" else b""))
    server = Server(log)
    assert home.lookup(server, WANTED) == LINES[:1]
    assert path.read_bytes() == whole
    assert f"/{name}" in server.requests


def test_poisoned_lookup_with_poisoned_tile(home: Home, log: Log) -> None:
    """Both cached files were replaced so that they agree."""
    home.lookup(Server(log), WANTED)
    liar = log.fork(300)
    liar.add(*WANTED, record_text(*WANTED, salt="evil"))
    liar.grow(500)
    (home.cache / LOOKUP[1:]).write_bytes(record.format_record(300, liar.records[300]) + log.head())
    (home.cache / "tile/8/0/001").write_bytes(liar_tile(liar))
    assert home.lookup(Server(log), WANTED) == LINES[:1]


def test_warm_cache_needs_no_network(home: Home, log: Log) -> None:
    home.lookup(Server(log), WANTED)
    server = Server(log)
    server.down = True
    assert home.lookup(server, WANTED) == LINES[:1]
    assert server.requests == []


def test_planted_link_is_not_written_through(home: Home, log: Log) -> None:
    outside = home.cache.parent / "outside"
    outside.write_text("precious")
    for name in (LOOKUP[1:], "tile/8/0/001"):
        (home.cache / name).parent.mkdir(parents=True)
        (home.cache / name).symlink_to(outside)
    assert home.lookup(Server(log), WANTED) == LINES[:1]
    assert outside.read_text() == "precious"
    assert not (home.cache / LOOKUP[1:]).is_symlink()


def test_no_temporary_files_stay(home: Home, log: Log) -> None:
    home.lookup(Server(log), WANTED)
    assert not [name for name in home.kept() if "tmp" in name]


# Where go is weaker.


def test_endless_answers_stop_at_their_caps(home: Home, log: Log) -> None:
    server = Server(log)
    server.forge = lambda path, body: body + b"x" * (1 << 20) if path == LOOKUP else body
    with pytest.raises(UnavailableError) as caught:
        home.lookup(server, WANTED)
    assert find(caught.value, TooLargeError) is not None
    server = Server(log)
    home.lookup(server, WANTED)
    assert server.limits[LOOKUP] == 256 << 10
    assert server.limits["/tile/8/0/001"] == 8192
    assert server.limits["/tile/8/0/003.p/33"] == 33 * 32


def test_tree_of_impossible_size(home: Home, log: Log) -> None:
    text = format_tree(log.tree()).replace("\n801\n", f"\n{1 << 62}\n")
    signed = sign_note(note.Note(text), [log.signer])
    server = Server(log)
    server.forge = lambda path, body: record.format_record(300, log.records[300]) + signed
    with pytest.raises(IntegrityError, match="tree size out of range"):
        home.lookup(server, WANTED)
    assert server.requests == [LOOKUP, LOOKUP]


def test_control_bytes_do_not_reach_the_text(home: Home, log: Log) -> None:
    server = Server(log)
    server.forge = lambda path, body: body.replace(b"go.sum database", b"\x1b[31mgo.sum\x07\x9b database")
    with pytest.raises(GovgoError) as caught:
        home.lookup(server, WANTED)
    assert all(c.isprintable() or c in "\n\t" for c in str(caught.value))
    assert "\\x1b" in str(caught.value)


def test_unknown_module_is_unavailable_and_not_absent(home: Home, log: Log) -> None:
    """A 404 of the database must not look like a version that does not exist, or another would be chosen."""
    server = Server(log)
    server.missing = {LOOKUP}
    with pytest.raises(UnavailableError, match=r"example.org/wanted@v1.2.3: reading .*404") as caught:
        home.lookup(server, WANTED)
    assert "NotFoundError" not in {type(e).__name__ for e in (caught.value, caught.value.inner)}


def test_fork_seen_in_one_lookup_stops_all(home: Home, log: Log) -> None:
    """Rule 9: a security error is not retried, and nothing is believed after it."""
    home.keep_head(log.head())
    fork = log.fork(200)
    fork.add(*WANTED)
    fork.grow(700)
    server = Server(fork)

    async def main() -> None:
        db = home.client(server)
        with pytest.raises(ForkError):
            await db.lookup(WANTED)
        asked = len(server.requests)
        with pytest.raises(ForkError):
            await db.lookup(ModuleVersion("example.org/filler", "v0.0.7"))
        with pytest.raises(ForkError):
            await db.lookup_many([ModuleVersion("example.org/filler", "v0.0.8")])
        assert len(server.requests) == asked
        await db.aclose()

    run(main())
    assert server.requests.count(LOOKUP) == 1
    assert home.latest.read_bytes() == log.head()
