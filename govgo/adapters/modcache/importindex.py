# SPDX-License-Identifier: BSD-3-Clause
"""What the directories of extracted module trees import, kept from one command to the next: a tree does not change.

There is one file for each module version, in the user's own cache directory, written when one of its directories is
scanned for the first time:

    govgo imports 1                                  then, sealed (`disk.sealed`) and marshalled:
    (code, {directory and build tags: (stamp, imports)})

`code` names the scanner that found the imports; another version of it starts afresh. `stamp` is the SHA-256 of the
names, sizes, inodes and times of the directory's source files, and an entry whose stamp has changed is not used. The
go command checks less than that for its module index in GOCACHE. One of the times is that of the inode's last change,
which no program can set.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Sequence
from contextlib import suppress

from govgo.adapters.disk.sealed import (
    checksum,
    code_stamp,
    file_stamp,
    make_private,
    read_sealed,
    remove_oldest,
    write_sealed,
)
from govgo.core.gosource.buildtags import TagSet

_MAGIC = b"govgo imports 1\n"
_MOST_BYTES = 4 << 20
_MOST_FILES = 4096
_SCANNERS = (
    *("gosource/buildtags", "gosource/constraint", "gosource/header", "gosource/imports", "gosource/parse"),
    *("gosource/scan", "golib/quote"),
)
"""The modules of `core` that decide what a file imports."""

Imports = tuple[tuple[str, ...], tuple[str, ...]]
"""Of a directory's files, and of its tests."""
_Entry = tuple[bytes, Imports]


class ImportIndex:
    """The index of one command (`ports.files.ImportIndex`).

    Args:
        mod_cache: GOMODCACHE.
        directory: where the files of the index are; made when it is needed, for the user alone.
    """

    def __init__(self, mod_cache: str, directory: str) -> None:
        self._trees = mod_cache + "/"
        self._directory = directory
        self._code = b""
        self._modules: dict[str, dict[str, _Entry]] = {}
        self._fresh: set[str] = set()

    def recall(self, directory: str, names: Sequence[str], tags: TagSet) -> Imports | None:
        """What was remembered for the files `names` of `directory` as they are now; None where nothing was."""
        root = self._root(directory)
        entry = self._load(root).get(_key(root, directory, tags)) if root else None
        if entry is None or entry[0] != self._stamp(directory, names):
            return None
        return entry[1]

    def remember(self, directory: str, names: Sequence[str], tags: TagSet, imports: Imports) -> None:
        """Remember what the files `names` of `directory` import."""
        root = self._root(directory)
        if root:
            self._load(root)[_key(root, directory, tags)] = self._stamp(directory, names), imports
            self._fresh.add(root)

    def flush(self) -> None:
        """Write what is new. What cannot be written is scanned again next time."""
        if self._fresh:
            with suppress(OSError):
                make_private(self._directory)
                for root in sorted(self._fresh):
                    write_sealed(self._file(root), _MAGIC, marshal.dumps((self._code, self._modules[root])))
                remove_oldest(self._directory, _MOST_FILES)
        self._fresh.clear()

    def _root(self, directory: str) -> str:
        """The root of the module tree that holds `directory`; "" outside of trees."""
        if not directory.startswith(self._trees):
            return ""
        at = directory.find("@", len(self._trees))
        end = directory.find("/", at)
        return "" if at < 0 else directory if end < 0 else directory[:end]

    def _file(self, root: str) -> str:
        return f"{self._directory}/{checksum(os.fsencode(root)).hex()}"

    def _load(self, root: str) -> dict[str, _Entry]:
        known = self._modules.get(root)
        if known is None:
            self._code = self._code or code_stamp(_SCANNERS)
            body = read_sealed(self._file(root), _MAGIC, _MOST_BYTES)
            code, known = marshal.loads(body) if body else (b"", {})
            if code != self._code:
                known = {}
            self._modules[root] = known
        return known

    def _stamp(self, directory: str, names: Sequence[str]) -> bytes:
        stamps = [file_stamp(f"{directory}/{name}") for name in names]
        return checksum(b"\0".join([*map(os.fsencode, names), *stamps]))


def _key(root: str, directory: str, tags: TagSet) -> str:
    return repr((directory[len(root) :], sorted(tags.tags), tags.goos, tags.is_any))
