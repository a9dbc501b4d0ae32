# SPDX-License-Identifier: BSD-3-Clause
"""Whatever a server, a cache or a repository holds: every parser ends in an answer, InputError or IntegrityError.

(Of a note that the known key has not signed, in BadSignatureError.)

The inputs are true texts with a few edits, pieces of the format strung together, and plain noise. `--slow` tries
100,000 of them on each parser.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from govgo.adapters.modzip.hash import check_and_hash_zip
from govgo.adapters.modzip.unzip import unzip
from govgo.adapters.proxy.revinfo import parse_info
from govgo.core.gosum.lines import find_conflicts, parse_gosum
from govgo.core.modfile import parse, parse_lax, parse_work
from govgo.core.modfile.quickread import summarize
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb import note, record, tile, tlog
from govgo.core.sumdb.bundle import format_bundle, make_bundle, parse_bundle, prove_bundle
from govgo.core.sumdb.heads import read_head
from govgo.core.sumdb.signer import parse_signer
from govgo.errors import BadSignatureError, InputError, IntegrityError
from tests.simulators import campaigns, fuzzing
from tests.simulators.sumdb_log import Log, keys
from tests.simulators.zips import DESCRIPTOR, STORED, Member, Zip

FEW, MANY = 300, campaigns.size(100_000, least=300)
MV = ModuleVersion("m.io/x", "v1.0.0")

Parser = Callable[[bytes], object]


@cache
def log() -> Log:
    return Log().grow(300)


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def read_notes(data: bytes) -> None:
    verifier = note.parse_verifier(log().key)
    note.read_note(data, [verifier])
    read_head(data, verifier)


def read_keys(data: bytes) -> None:
    for parse_key in (note.parse_verifier, parse_signer):
        try:
            parse_key(text_of(data))
        except InputError:
            continue


def read_tiles(data: bytes) -> None:
    """A path and a body: the first line and the rest."""
    path, _, body = data.partition(b"\n")
    parsed = tile.parse_tile_path(text_of(path))
    if parsed.height <= 8 and parsed.level >= 0:
        assert len(tile.HashedTile(parsed, body[: parsed.width * 32].ljust(parsed.width * 32, b"\0")).entry(0)) == 32


def read_records(data: bytes) -> None:
    parsed = record.parse_record(data)
    record.sum_lines(parsed.text, MV)


def read_bundles(data: bytes) -> None:
    prove_bundle(parse_bundle(data), note.parse_verifier(log().key))


def read_gomods(data: bytes) -> None:
    for reader in (parse, parse_lax, parse_work, summarize):
        try:
            reader("go.mod", data)
        except InputError:
            continue


def read_gosums(data: bytes) -> None:
    find_conflicts(data)
    parse_gosum("go.sum", data, skip_malformed=True)
    parse_gosum("go.sum", data)


def read_zips(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as home:
        file = Path(home, "x.zip")
        file.write_bytes(data)
        check_and_hash_zip(str(file), MV, shown="x.zip")
        unzip(str(Path(home, "tree")), MV, str(file))
        assert {path.name for path in Path(home).iterdir()} == {"x.zip", "tree"}, "nothing leaves its directory"


GO_MOD = b"""module m.io/x // c

go 1.21

require (
\tm.io/y v1.0.0 // indirect
\t"m.io/z" v0.0.0-20200102030405-0123456789ab
)

replace m.io/y => ../y
exclude m.io/y v1.0.1
retract [v1.0.0, v1.0.5] // bad
"""
WORK = b"go 1.21\n\nuse (\n\t./a\n\t../b\n)\n\nreplace m.io/y v1.0.0 => m.io/y v1.0.1\n"
GO_SUM = b"m.io/y v1.0.0 h1:AAAA=\nm.io/y v1.0.0/go.mod h1:AAAA=\nm.io/y v1.0.0 h1:BBBB=\n"


@cache
def samples(kind: str) -> tuple[bytes, ...]:
    made = log()
    if kind == "notes":
        return made.head(), made.head(extra="more\n\n\n"), made.head(signers=[keys(2)[0], made.signer])
    if kind == "keys":
        return made.key.encode(), b"PRIVATE+KEY+sum.example.org+cdbbcbf7+AbY="
    if kind == "tiles":
        return b"tile/8/0/001.p/44\n" + bytes(44 * 32), b"tile/8/1/x001/234\n" + bytes(99), b"tile/8/data/000\n"
    if kind == "trees":
        return (tlog.format_tree(made.tree()).encode(),)
    if kind == "records":
        return (made.answer("example.org/filler", "v0.0.7"),)
    if kind == "bundles":
        head = read_head(made.head(), note.parse_verifier(made.key))
        return (format_bundle(make_bundle(head, {n: made.records[n] for n in (3, 70)}, made.nodes.__getitem__)),)
    if kind == "info":
        return (
            b'{"Version":"v1.0.0","Time":"2024-05-06T07:08:09Z","Origin":{"VCS":"git","URL":"https://q.io","x":[]}}',
        )
    if kind == "go.mod":
        return GO_MOD, WORK
    if kind == "go.sum":
        return (GO_SUM,)
    prefix = f"{MV}/"
    members = (
        Member(prefix + "go.mod", b"module m.io/x\n"),
        Member(prefix + "stored", b"as it is", STORED),
        Member(prefix + "d/y.go", b"package y\n" * 9, flags=DESCRIPTOR),
        Member(prefix + "big", b"z" * 90, zip64=True),
    )
    return Zip(members).bytes(), Zip(members[:1], prefix=b"#!", comment=b"PK", zip64_end=True).bytes()


PARSERS: dict[str, Parser] = {
    "notes": read_notes,
    "keys": read_keys,
    "tiles": read_tiles,
    "trees": tlog.parse_tree,
    "records": read_records,
    "bundles": read_bundles,
    "info": parse_info,
    "go.mod": read_gomods,
    "go.sum": read_gosums,
    "zips": read_zips,
}

PIECES = (
    *(b"\n", b"\n\n", b"\r\n", b" ", b"\t", b"\0", b"\x1b[2J", b"\xff", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"=", b"+"),
    *(b"0", b"-1", b"9223372036854775807", b"18446744073709551616", b"\xd9\xa1", b"1" * 40, b"v1.0.0", b"m.io/x"),
    *("\u2014 ".encode(), b"go.sum database tree\n", b"proof 1\n", b"h1:", b"tile/8/0/x001/000", b".p/", b"/go.mod"),
    *(b"require (", b")", b"=>", b"[", b",", b'"', b"`", b"// ", b"/*", b"module ", b"go ", b"retract "),
    *(b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\7\x08", b"\xff\xff\xff\xff", b"\0\0\0\0", b"../"),
    *(b"{", b"}", b"[" * 2000, b"1e999", b'\\ud800"', b"null", b"NaN", b'"Time":', b'"Version":'),
)


def made(kind: str, seed: int) -> bytes:
    """The input that a seed stands for. (Not drawn by hypothesis, which takes milliseconds for each choice.)"""
    return fuzzing.made(samples(kind), PIECES, campaigns.dice(seed))


def survive(kind: str, times: int) -> None:
    read = PARSERS[kind]
    for _ in range(times):
        seed = secrets.randbits(64)
        try:
            read(made(kind, seed))
        except (InputError, IntegrityError):
            continue
        except BadSignatureError:
            assert kind in ("notes", "bundles"), seed
        except Exception as error:
            error.add_note(f"made(kind={kind!r}, seed={seed})")
            raise


@pytest.mark.parametrize("kind", PARSERS)
def test_samples_are_read(kind: str) -> None:
    """What the edits begin from is sound, so that they reach past the first check."""
    if kind in ("keys", "go.mod", "go.sum", "zips", "tiles"):
        PARSERS[kind](samples(kind)[0])
    else:
        for sample in samples(kind):
            PARSERS[kind](sample)


@pytest.mark.parametrize("kind", campaigns.one_in(2, PARSERS))
def test_a_parser_survives(kind: str) -> None:
    survive(kind, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("kind", PARSERS)
def test_a_parser_survives_100_000_inputs(kind: str) -> None:
    survive(kind, MANY)
