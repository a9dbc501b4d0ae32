# SPDX-License-Identifier: BSD-3-Clause
"""What a mirror holds, as one text: every file with its hash, and the tree heads that its clients may have seen.

    govgo mirror manifest v1

    head sum.example.org 41302118 kfyFR+Kk9nXC46ceyx9fPJ3UIAjJs3+q+O7t1FL3UXw=

    0cfa6b9d…64 digits 92 q.io/a/@v/v1.0.0.mod
    b94d27b9…64 digits 1830 q.io/a/@v/v1.0.0.zip

That is: the version of the format; the tree heads of the checksum databases, by name and size; the files by key, each
with its SHA-256 and its size in bytes. Blocks begin with an empty line. A manifest has exactly one spelling, and no
other is read. It proves nothing about modules: that is for the records and tiles among the files. It says whether a
copy is whole, and what two copies do not share.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import SEEK_END, BytesIO

from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.core.sumdb.tlog import MAX_TREE_SIZE, Tree, format_hash, parse_hash
from govgo.errors import InputError

_OWN = "govgo/"
"""Below this lies what a mirror has beside its files: no module path begins so, since its first element has no dot."""
KEY = f"{_OWN}manifest"
"""Where a mirror has its manifest."""
UNFINISHED = f"{_OWN}unfinished/"
"""Below this a run leaves a mark while it changes files that the manifest names."""
MAX_MANIFEST_BYTES = 1 << 30
"""Some five million files; larger ones are refused."""

_MAGIC = "govgo mirror manifest v1"
_FAMILY = "govgo mirror manifest v"
_HEAD = late(r"head ([^\s]{1,250}) (0|[1-9][0-9]{0,18}) ([A-Za-z0-9+/]{43}=)")
_FILE = late(r"([0-9a-f]{64}) (0|[1-9][0-9]{0,18}) ([^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,999})")
_NO_NAME = frozenset(("", ".", ".."))


class Content(NamedTuple):
    """The SHA-256 of a file in hexadecimal digits, and its size in bytes."""

    sha256: str
    size: int


class Manifest(NamedTuple):
    """What a mirror holds.

    Attributes:
        files: by key.
        heads: (database, tree) of every signed tree head that the mirror has had.
    """

    files: Mapping[str, Content] = {}
    heads: frozenset[tuple[str, Tree]] = frozenset()

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(each.size for each in self.files.values())

    def tree_sizes(self, database: str) -> tuple[int, ...]:
        """The sizes of the trees of a database whose heads the mirror has had, ascending."""
        return tuple(sorted(tree.size for name, tree in self.heads if name == database))


class Difference(NamedTuple):
    """What two mirrors do not share: the keys that only the second has, that both have, differently, and the rest."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def needed(self) -> tuple[str, ...]:
        """The files that turn the first mirror into the second, but for those that are too many."""
        return tuple(sorted((*self.added, *self.changed)))


def compare(old: Manifest, new: Manifest) -> Difference:
    """What turns `old` into `new`."""
    before, after = old.files, new.files
    return Difference(
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(key for key in after.keys() & before.keys() if after[key] != before[key])),
        removed=tuple(sorted(before.keys() - after.keys())),
    )


def format_manifest(manifest: Manifest) -> bytes:
    """The bytes of the manifest's file."""
    heads = sorted((name, tree.size, format_hash(tree.hash)) for name, tree in manifest.heads)
    lines = [_MAGIC, "", *(f"head {name} {size} {digest}" for name, size, digest in heads), ""]
    text = BytesIO("".join(f"{line}\n" for line in lines).encode())
    text.seek(0, SEEK_END)
    for key, each in sorted(manifest.files.items()):  # line by line: millions of them would take three times the text
        text.write(f"{each.sha256} {each.size} {key}\n".encode())
    return text.getvalue()


def parse_manifest(data: bytes, name: str = KEY) -> Manifest:
    """Read a manifest; only what `format_manifest` would write is accepted.

    Args:
        data: its bytes.
        name: of its file, for errors.

    Raises:
        InputError: it is malformed, or of another version of the format.
    """
    if len(data) > MAX_MANIFEST_BYTES:
        raise InputError(f"{name}: more than {MAX_MANIFEST_BYTES} bytes")
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError:
        raise InputError(f"{name}: not a manifest of a mirror") from None
    if lines[0] != _MAGIC:
        known = "of an unknown version" if lines[0].startswith(_FAMILY) else "not a manifest of a mirror"
        raise InputError(f"{name}: {known}")
    heads: set[tuple[str, Tree]] = set()
    at = 2
    while at < len(lines) and (found := _HEAD.fullmatch(lines[at])) is not None:
        if int(found[2]) >= MAX_TREE_SIZE:
            raise _malformed(name, at, lines[at])
        heads.add((found[1], Tree(int(found[2]), parse_hash(found[3]))))
        at += 1
    files: dict[str, Content] = {}
    for number, line in enumerate(lines[at + 1 : -1], at + 1):
        entry = _FILE.fullmatch(line)
        if entry is None or entry[3].startswith(_OWN) or not _NO_NAME.isdisjoint(entry[3].split("/")):
            raise _malformed(name, number, line)
        files[entry[3]] = Content(entry[1], int(entry[2]))
    manifest = Manifest(files, frozenset(heads))
    if format_manifest(manifest) != data:
        raise InputError(f"{name}: malformed manifest: its form or its order")
    return manifest


def _malformed(name: str, index: int, line: str) -> InputError:
    return InputError(f"{name}:{index + 1}: malformed manifest: {one_line(line[:200])}")
