# SPDX-License-Identifier: BSD-3-Clause
"""What the records of an honest checksum database look like, and data tiles, which hold 256 of them.

A record is two lines, the sums of one module version:

    example.org/m v1.0.0 h1:…=
    example.org/m v1.0.0/go.mod h1:…=

The path is a module path, the version canonical and one that the path may have, the hashes SHA-256 in base64. That is
what `govgo sumdb add` writes and what `govgo log audit` expects of others. A data tile (level -1) is the texts of its
records, each with an empty line behind it; it is proved by their hashes, not by its form.
"""

from __future__ import annotations

from collections.abc import Sequence

from govgo.core.golib.base64 import decode_base64, encode_base64
from govgo.core.lazyregex import late
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import canonical_version, check
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.core.sumdb.record import is_valid_record_text
from govgo.core.sumdb.tile import Tile
from govgo.core.sumdb.tlog import HASH_SIZE
from govgo.errors import Failure, SumDbFormatError

MALFORMED = "record-malformed"
NOT_TWO_LINES = "record-lines"
TWO_SUBJECTS = "record-subjects"
BAD_MODULE = "record-module"
NOT_CANONICAL = "record-version"
BAD_HASH = "record-hash"
REPEATED = "record-repeated"

RECORD_RULES = {
    MALFORMED: "the text of a record does not consist of lines: not UTF-8, control characters or empty lines",
    NOT_TWO_LINES: "a record is not the two lines of a module zip and its go.mod",
    TWO_SUBJECTS: "the two lines of a record are about different module versions",
    BAD_MODULE: "no module can have this path, or none with this path this version",
    NOT_CANONICAL: "the version is not canonical",
    BAD_HASH: "a hash is not h1: and the base64 of 32 bytes",
    REPEATED: "the log has two records for one module version",
}
"""What is wrong with a record, by its code; REPEATED is found only by who sees all of them."""

MAX_RECORD_BYTES = 64 << 10
"""Longer records are refused. One has some 200 bytes; a path has no limit of its own."""
MAX_DATA_TILE_BYTES = 8 << 20
"""Larger data tiles are refused. One has some 50 kB."""

# A record that is beyond doubt; what does not match is looked at by the rules. No element begins like a version or is a
# device name of Windows; a version above v1 has its suffix or is incompatible; gopkg.in, which has suffixes of its own,
# is left out. tests/property/test_fast_paths.py compares both.
_H1 = rb"h1:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="
_N = rb"(?:0|[1-9][0-9]{0,9})"
_DEVICE = rb"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])"
_PLAIN = late(
    rb"((?!gopkg\.in/|%(d)b\.)[a-z0-9]+(?:\.[a-z0-9]+)+"
    rb"(?:/(?!v[0-9]|(?i:%(d)b)[/ ])[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*)*"
    rb"(?: v[01]\.%(n)b\.%(n)b%(p)b"
    rb"|/v(?P<major>[2-9]|[1-9][0-9]) v(?P=major)\.%(n)b\.%(n)b%(p)b"
    rb"| v(?:[2-9]|[1-9][0-9])\.%(n)b\.%(n)b%(p)b\+incompatible)"
    rb") %(h)b\n\1/go\.mod %(h)b\n"
    % {
        b"d": _DEVICE,
        b"n": _N,
        b"p": rb"(?:-(?:0\.|[a-z]{1,6}\.[0-9]\.)?20[0-9]{12}-[0-9a-f]{12}|-[a-z]{1,6}(?:\.?[1-9])?)?",
        b"h": _H1,
    }
)


class RecordFault(NamedTuple):
    """What is wrong with a record: one of `RECORD_RULES`, and a sentence."""

    code: str
    text: str


class Judged(NamedTuple):
    """A record: what it is about, None where that cannot be read, and what is wrong with it."""

    mod: ModuleVersion | None
    faults: tuple[RecordFault, ...] = ()


def make_record(mod: ModuleVersion, zip_sum: str, gomod_sum: str) -> bytes:
    """The text of a record.

    Raises:
        SumDbFormatError: it would not be one that `judge_record` accepts.
    """
    text = f"{mod.path} {mod.version} {zip_sum}\n{mod.path} {mod.version}/go.mod {gomod_sum}\n".encode(
        "utf-8", "surrogateescape"
    )
    for fault in judge_record(text).faults:
        raise SumDbFormatError(f"{mod}: {fault.text}")
    return text


def judge_record(text: bytes) -> Judged:
    """What a record is about, and what is wrong with it."""
    plain = plain_subject(text)
    return Judged(ModuleVersion(*plain.decode("ascii").split(" "))) if plain else judge_by_rules(text)


def plain_subject(text: bytes) -> bytes:
    """`path version` of a record that is beyond doubt, b"" for any other, which `judge_record` is to be asked about."""
    plain = _PLAIN.fullmatch(text)
    return b"" if plain is None else plain[1]


def judge_by_rules(text: bytes) -> Judged:
    """`judge_record` without its short way."""
    if not is_valid_record_text(text) or len(text) > MAX_RECORD_BYTES:
        return Judged(None, (RecordFault(MALFORMED, RECORD_RULES[MALFORMED]),))
    lines = [line.split(" ") for line in text.decode().split("\n")[:-1]]
    if any(len(words) != 3 for words in lines):
        return Judged(None, (RecordFault(NOT_TWO_LINES, "a line of the record has not three words"),))
    mod = ModuleVersion(lines[0][0], lines[0][1]).without_gomod()
    faults: list[RecordFault] = []
    if len(lines) != 2 or lines[0][1] != mod.version or not lines[1][1].endswith("/go.mod"):
        faults.append(RecordFault(NOT_TWO_LINES, RECORD_RULES[NOT_TWO_LINES]))
    others = {ModuleVersion(words[0], words[1]).without_gomod() for words in lines} - {mod}
    if others:
        faults.append(RecordFault(TWO_SUBJECTS, f"the record is about {mod} and about {min(others)}"))
    faults += _module_faults(mod)
    for words in lines:
        if not _is_hash(words[2]):
            faults.append(RecordFault(BAD_HASH, f"no h1: hash: {one_line(words[2])}"))
    return Judged(mod, tuple(faults))


def _module_faults(mod: ModuleVersion) -> list[RecordFault]:
    try:
        check(mod.path, mod.version)
    except Failure as error:
        return [RecordFault(BAD_MODULE, str(error))]
    if canonical_version(mod.version) != mod.version:
        return [RecordFault(NOT_CANONICAL, f"the version is not canonical: {mod}")]
    return []


def _is_hash(text: str) -> bool:
    """Whether a hash is written as Go would write it: with no stray bits in its last character."""
    if not text.startswith("h1:") or len(text) != 47:
        return False
    try:
        digest = decode_base64(text[3:])
    except ValueError:
        return False
    return len(digest) == 32 and encode_base64(digest) == text[3:]


def max_tile_bytes(tile: Tile) -> int:
    """More bytes than that no tile of its kind has."""
    return MAX_DATA_TILE_BYTES if tile.level < 0 else HASH_SIZE << tile.height


def split_data_tile(data: bytes, width: int) -> list[bytes]:
    """The texts of the records in a data tile. They prove nothing until they are hashed.

    Raises:
        SumDbFormatError: it has not so many records.
    """
    texts = data.split(b"\n\n")
    if len(texts) != width + 1 or texts[-1]:
        raise SumDbFormatError(f"{len(texts) - 1} records in a data tile, want {width}")
    del texts[-1]
    return [text + b"\n" for text in texts]


def join_data_tile(texts: Sequence[bytes]) -> bytes:
    """A data tile of these records."""
    return b"".join([text + b"\n" for text in texts])
