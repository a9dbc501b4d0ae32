# SPDX-License-Identifier: BSD-3-Clause
"""Records of the checksum database, and what go.sum lines follow from them.

A lookup answers with the record's number, its text, a blank line and a signed tree head:

    17
    example.org/m v1.0.0 h1:…=
    example.org/m v1.0.0/go.mod h1:…=

    go.sum database tree
    …

Lines for go.sum come from the text of the record and from nowhere else (CVE-2026-56864), and only after the text
was proved to be record 17 of a signed tree. Reference: Go Modules Reference, "Checksum database".
"""

from __future__ import annotations

from collections.abc import Iterable

from govgo.core.gosum.lines import format_line
from govgo.core.gosum.mismatch import absent_from_database, database_mismatch
from govgo.core.lazyregex import late
from govgo.core.module.escape import escape_path, escape_version
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.errors import SumDbFormatError, UnavailableError

MAX_LOOKUP_BYTES = 256 << 10
"""Larger answers to lookups are refused. One has a few hundred bytes; a hundred signatures have room."""

_NUMBER = late(rb"[+-]?[0-9]{1,30}")
_CONTROL = late(rb"[\x00-\x09\x0b-\x1f]")
_INT64 = 1 << 63


class NotInDatabaseError(UnavailableError):
    """The database says that it does not know a module version. That does not make the version absent."""

    code = "not-in-database"


class Record(NamedTuple):
    """A record as a lookup gives it, unproved: its number, its text, and the rest of the answer (a signed note)."""

    number: int
    text: bytes
    rest: bytes


def is_valid_record_text(text: bytes) -> bool:
    """Whether `text` may be a record: UTF-8 lines that all end in a newline, none empty, no control characters."""
    if not text.endswith(b"\n") or b"\n\n" in text or _CONTROL.search(text):
        return False
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def format_record(number: int, text: bytes) -> bytes:
    """A record as lookups give it, without the signed tree head.

    Raises:
        SumDbFormatError: the text cannot be a record.
    """
    if not is_valid_record_text(text):
        raise SumDbFormatError("malformed record data")
    return b"%d\n%b\n" % (number, text)


def parse_record(data: bytes) -> Record:
    """Read the record at the start of a lookup's answer.

    Raises:
        SumDbFormatError: it is malformed.
    """
    number, newline, body = data.partition(b"\n")
    text, blank, rest = body.partition(b"\n\n")
    text += b"\n"
    if not newline or not blank or _NUMBER.fullmatch(number) is None or not -_INT64 <= int(number) < _INT64:
        raise SumDbFormatError("malformed record data")
    if not is_valid_record_text(text):
        raise SumDbFormatError("malformed record data")
    return Record(int(number), text, rest)


def lookup_path(mod: ModuleVersion) -> str:
    """Where the answer for `mod` is below a database's URL, and in its cache: `lookup/PATH@VERSION`, both escaped.

    Raises:
        InvalidPathError, InvalidVersionError: path or version cannot be escaped.
    """
    return f"lookup/{escape_path(mod.path)}@{escape_version(mod.without_gomod().version)}"


def sum_lines(text: bytes, mod: ModuleVersion) -> tuple[str, ...]:
    """The go.sum lines for `mod` in a proved record; "/go.mod" at the end of its version asks for that hash."""
    prefix = f"{mod.path} {mod.version} "
    return tuple(line for line in text.decode().split("\n") if line.startswith(prefix))


def check_sum(lines: Iterable[str], database: str, mod: ModuleVersion, h1: str) -> None:
    """Compare the hash of a download with proved lines.

    Args:
        lines: the lines for `mod`, from `sum_lines`.
        database: its name, for the text.
        mod: the version; "/go.mod" at its end for the hash of a go.mod.
        h1: the download's hash, `h1:…`.

    Raises:
        SumMismatchError: the database has another hash, or none.
    """
    for line in lines:
        listed = line.rpartition(" ")[2]
        if line == format_line(mod, h1):
            return
        if line.startswith(f"{mod.path} {mod.version} h1:"):
            raise database_mismatch(database, mod, h1, listed)
    raise absent_from_database(database, mod, h1)
