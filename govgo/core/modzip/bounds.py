# SPDX-License-Identifier: BSD-3-Clause
"""How large a module zip may be, and how large and deep its directory.

The sizes of a zip, a go.mod and a LICENSE are go's (x/mod/zip). go has none of the other limits, and no module that can
be extracted comes near them. Without them a small archive costs gigabytes or minutes: a name of 64 KiB such as
`a/a/a/…` has 32,000 directories above it, and a thousand entries may share one compressed stream.

    zip, and its contents   500 MiB            as in go
    entries                 262,144            the largest modules have some 20,000
    directory               32 MiB             with names, extra fields and comments
    name                    2,048 bytes        file systems take 4,096 with the module cache's own path before it
    element of a name       255 bytes          as file systems do
    depth of a name         256 directories
    place of an entry       no other entry's   checked in zips that were fetched only
    contents inflated       516 MiB            the contents, and a go.mod that is read twice
"""

from __future__ import annotations

from govgo.errors import BadZipError

MAX_ZIP_FILE = 500 << 20
"""Bytes of a module zip, and of all its contents (x/mod/zip.MaxZipFile)."""
MAX_GO_MOD = 16 << 20
"""Bytes of a go.mod file (x/mod/zip.MaxGoMod)."""
MAX_LICENSE = 16 << 20
"""Bytes of a LICENSE file in the module's root (x/mod/zip.MaxLICENSE)."""
MAX_ENTRIES = 1 << 18
MAX_DIRECTORY = 32 << 20
MAX_NAME = 2048
MAX_ELEMENT = 255
MAX_DEPTH = 256
MAX_PATHS = 64 << 20
"""Characters of all names of a zip and of the directories above them, each counted once."""
MAX_EXTRA_FIELDS = 64
"""Extra fields of one entry that are looked through for the zip64 sizes; writers make up to five."""

_SHOWN = 64


def check_name(name: bytes) -> None:
    """Check the length and depth of an entry's name.

    Raises:
        BadZipError: it is beyond a limit.
    """
    if len(name) <= MAX_ELEMENT:
        return  # an element is no longer than its name, and a directory takes a byte for its slash
    if len(name) > MAX_NAME:
        raise fault(name, f"file name too long ({len(name)} bytes; limit is {MAX_NAME})")
    if name.count(b"/") > MAX_DEPTH:
        raise fault(name, f"too many directories in file name (limit is {MAX_DEPTH})")
    if max(map(len, name.split(b"/"))) > MAX_ELEMENT:
        raise fault(name, f"path element too long (limit is {MAX_ELEMENT} bytes)")


def fault(name: bytes, reason: str) -> BadZipError:
    """The error for an entry."""
    text = shown(name)
    return BadZipError(f"zip: {text}: {reason}", issues=((text, reason),))


def shown(name: bytes) -> str:
    """The beginning of a name, in printable ASCII."""
    text = ascii(name[:_SHOWN].decode("utf-8", "replace"))[1:-1]
    return text + "..." if len(name) > _SHOWN else text
