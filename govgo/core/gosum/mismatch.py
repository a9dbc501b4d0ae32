# SPDX-License-Identifier: BSD-3-Clause
"""Two hashes for one thing: the errors that end a command with SECURITY ERROR, and what they say.

Source: cmd/go/internal/modfetch (checkModSum), golang.org/x/mod/sumdb; `go help module-auth`. A line of go.sum that is
compared with the database, and a go.sum that contradicts itself, are cases that go does not tell.
"""

from __future__ import annotations

from collections.abc import Iterable

from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import SumMismatchError

_REPLACED = """
The bits may have been replaced on the origin server, or an attacker may
have intercepted the download attempt.

For more information, see 'go help module-auth'.
"""

_GOSUM = f"""

SECURITY ERROR
This download does NOT match an earlier download recorded in go.sum.{_REPLACED}"""

_DATABASE = f"""

SECURITY ERROR
This download does NOT match the one reported by the checksum server.{_REPLACED}"""

_ABSENT = """

SECURITY ERROR
This download does NOT match one reported by the checksum server.
The checksum server has provided checksums, but the checksums do
not contain an entry for the download.
The checksum server may be malfunctioning, or an attacker may have
intercepted the checksum request.
The download cannot be verified.

For more information, see 'go help module-auth'.
"""

_CONTRADICTION = """

SECURITY ERROR
go.sum has different checksums for this module version, and at most one of
them is true. Keep the line that a trusted copy of go.sum has, and delete
the others.
"""

_FALSE_LINE = """

SECURITY ERROR
This line does NOT match the one that the checksum database has.
Its author may have been given other bytes than everybody else.

For more information, see 'govgo help module-auth'.
"""


def gosum_mismatch(mod: ModuleVersion, h1: str, known: str, file: str) -> SumMismatchError:
    """The error for a download whose hash is `h1`, where `file`, a go.sum, has `known`."""
    where = f"{mod.path}@{mod.version}"
    text = f"verifying {where}: checksum mismatch\n\tdownloaded: {h1}\n\t{file}:     {known}{_GOSUM}"
    return SumMismatchError(text, module=where, want=known, got=h1, against=file)


def database_mismatch(database: str, mod: ModuleVersion, h1: str, listed: str) -> SumMismatchError:
    """The error for a download whose hash is `h1`, where the database has `listed`."""
    where, noun = _named(mod)
    text = f"{where}: verifying {noun}: checksum mismatch\n\tdownloaded: {h1}\n\t{database}: {listed}{_DATABASE}"
    return SumMismatchError(text, module=f"{mod.path}@{mod.version}", want=listed, got=h1, against=database)


def absent_from_database(database: str, mod: ModuleVersion, h1: str = "") -> SumMismatchError:
    """The error for a proved answer of the database that has no hash for the module version."""
    where, noun = _named(mod)
    text = f"{where}: verifying {noun}: checksum missing from sumdb response{_ABSENT}"
    return SumMismatchError(text, module=f"{mod.path}@{mod.version}", got=h1, against=database)


def contradiction(
    mod: ModuleVersion, h1: str, known: str, file: str, lines: Iterable[tuple[int, str]]
) -> SumMismatchError:
    """The error for a go.sum that has several hashes for a module version.

    Args:
        mod: the module version.
        h1: the hash of the download, which `file` has.
        known: another one that it has.
        file: the go.sum.
        lines: (number, hash) of its lines for the module version.
    """
    where = f"{mod.path}@{mod.version}"
    listed = "".join(f"\n\t{file}:{number}: {each}" for number, each in lines)
    text = f"verifying {where}: conflicting checksums\n\tdownloaded: {h1}{listed}{_CONTRADICTION}"
    return SumMismatchError(text, module=where, want=known, got=h1, against=file)


def false_line(mod: ModuleVersion, file: str, digest: str, database: str, proved: str) -> SumMismatchError:
    """The error for a line of `file` with the hash `digest`, where the database proves another one."""
    where = f"{mod.path}@{mod.version}"
    text = f"verifying {where}: checksum mismatch\n\t{file}: {digest}\n\t{database}: {proved}{_FALSE_LINE}"
    return SumMismatchError(text, module=where, want=proved, got=digest, against=database)


def _named(mod: ModuleVersion) -> tuple[str, str]:
    """`path@version`, and which of its two hashes is meant: "module" or "go.mod"."""
    version = mod.without_gomod().version
    return f"{mod.path}@{version}", "module" if version == mod.version else "go.mod"
