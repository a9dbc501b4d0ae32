# SPDX-License-Identifier: BSD-3-Clause
"""The `h1:` hash of a set of files, as go.sum and the checksum database have it.

It is the SHA-256 of a summary with one line per file, sorted by the bytes of the name: the hexadecimal SHA-256 of
the content, two blanks, the name, a newline; printed in standard base64 after `h1:`. A module zip is summarised by

    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  example.org/m@v1.0.0/go.mod
    …

and a go.mod file alone by the one line whose name is `go.mod`.

Names may hold lone surrogates in place of bytes that are not UTF-8 (`surrogateescape`).
Source of the format: the Go Modules Reference, "go.sum files"; golang.org/x/mod/sumdb/dirhash (Hash1).
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Iterable

from govgo.core.typehints import Protocol
from govgo.errors import BadZipError


class Hash(Protocol):
    """What a hash function has come to."""

    def digest(self) -> bytes:
        """The hash of all files that were added."""
        ...


Sha256 = Callable[[bytes], Hash]

GO_MOD_NAME = "go.mod"
"""The one file name in the hash that go.sum holds under `/go.mod`."""


def h1(entries: Iterable[tuple[str, bytes]]) -> str:
    """The hash of files given as (name, SHA-256 of the content: 32 bytes), in any order.

    Raises:
        BadZipError: a name holds a newline, which the summary cannot carry.
    """
    lines: list[bytes] = []
    for name, digest in sorted((sort_key(name), digest) for name, digest in entries):
        if b"\n" in name:
            raise BadZipError("dirhash: filenames with newlines are not supported")
        lines.append(b"%b  %b\n" % (digest.hex().encode(), name))
    return _hash(b"".join(lines), _sha256())


def hash_gomod(data: bytes, sha256: Sha256 | None = None) -> str:
    """The hash of a module version's go.mod, as go.sum holds it under `version/go.mod`.

    Args:
        data: the file.
        sha256: computes SHA-256; None for that of hashlib.
    """
    # `h1` of one file, without its sorting: a command hashes thousands.
    sha256 = sha256 or _sha256()
    return _hash(b"%b  %b\n" % (sha256(data).digest().hex().encode(), GO_MOD_NAME.encode()), sha256)


def _sha256() -> Sha256:
    from hashlib import sha256  # loads OpenSSL, and a command that has every hash already does without

    return sha256


def _hash(summary: bytes, sha256: Sha256) -> str:
    return "h1:" + b2a_base64(sha256(summary).digest(), newline=False).decode()


def sort_key(name: str) -> bytes:
    """The bytes of `name`, the key by which the lines are sorted."""
    return name.encode("utf-8", "surrogateescape")


def is_h1(text: str) -> bool:
    """Whether `text` has the form of an `h1:` hash: 44 characters of base64 after the prefix, no NUL.

    A file that a crash cut short holds NUL bytes or is too short (cmd/go's isValidSum).
    """
    return len(text) == 47 and text.startswith("h1:") and "\0" not in text
