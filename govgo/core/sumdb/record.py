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

import re
from collections.abc import Iterable

from govgo.core.gosum.lines import format_line
from govgo.core.module.escape import escape_path, escape_version
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.errors import SumDbFormatError, SumMismatchError, UnavailableError

_NUMBER = re.compile(rb"[+-]?[0-9]{1,30}")
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f]")
_INT64 = 1 << 63

_DATABASE_MISMATCH = """

SECURITY ERROR
This download does NOT match the one reported by the checksum server.
The bits may have been replaced on the origin server, or an attacker may
have intercepted the download attempt.

For more information, see 'go help module-auth'.
"""

_DATABASE_ABSENT = """

SECURITY ERROR
This download does NOT match one reported by the checksum server.
The checksum server has provided checksums, but the checksums do
not contain an entry for the download.
The checksum server may be malfunctioning, or an attacker may have
intercepted the checksum request.
The download cannot be verified.

For more information, see 'go help module-auth'.
"""


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
            raise mismatch_error(database, mod, h1, listed)
    raise absent_error(database, mod, h1)


def mismatch_error(database: str, mod: ModuleVersion, h1: str, listed: str) -> SumMismatchError:
    """The error for a download whose hash is `h1`, where the database has `listed`."""
    where, noun = _where(mod)
    return SumMismatchError(
        f"{where}: verifying {noun}: checksum mismatch\n\tdownloaded: {h1}\n\t{database}: {listed}{_DATABASE_MISMATCH}",
        module=f"{mod.path}@{mod.version}",
        want=listed,
        got=h1,
        against=database,
    )


def absent_error(database: str, mod: ModuleVersion, h1: str = "") -> SumMismatchError:
    """The error for a proved answer of the database that has no hash for the module version."""
    where, noun = _where(mod)
    return SumMismatchError(
        f"{where}: verifying {noun}: checksum missing from sumdb response{_DATABASE_ABSENT}",
        module=f"{mod.path}@{mod.version}",
        got=h1,
        against=database,
    )


def _where(mod: ModuleVersion) -> tuple[str, str]:
    """`path@version`, and which of its two hashes is meant: "module" or "go.mod"."""
    version = mod.without_gomod().version
    return f"{mod.path}@{version}", "module" if version == mod.version else "go.mod"
