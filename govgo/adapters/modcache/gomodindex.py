# SPDX-License-Identifier: BSD-3-Clause
"""What the go.mod files of a module graph say and hash to, kept from one command to the next: they do not change.

Reading, hashing and parsing the thousands of go.mod files of a large graph takes twice as long as selecting versions
from them. There is one file for each go.sum, in the user's own cache directory:

    govgo gomods 2                          then, sealed (`disk.sealed`) and marshalled:
    (code, [(path, version)], [(number, file, stamp, h1, summary)])

`code` names the reader that found the summaries; another version of it starts afresh. Requirements are numbers in the
list of module versions, which most graphs name many times.

A summary and its hash come from the same bytes, and the hash is compared with go.sum as that of bytes just read. So
what others write into the module cache can never pass as what go.sum vouches for. `stamp` is there so that a changed
file is noticed as the go command notices it: an entry whose file has another size, inode or time is not used. One of
the times is that of the inode's last change, which no program can set; a file that changed a moment ago is not
remembered, since a second change might bear the same time.
"""

from __future__ import annotations

import marshal
import os
import time
from contextlib import suppress

from govgo.adapters.disk.sealed import (
    Stamp,
    checksum,
    code_stamp,
    make_private,
    read_sealed,
    remove_oldest,
    stamp,
    write_sealed,
)
from govgo.core.modfile.summary import Retraction, Summary
from govgo.core.module import cachepath
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import InputError

_MAGIC = b"govgo gomods 2\n"
_MOST_BYTES = 64 << 20
_MOST_FILES = 256
_MOST_UNUSED = 2
"""Entries that the command has not used go once there are more than this many times the used ones."""
_COARSE_NS = 2_000_000_000
"""The coarsest clock of a file system that is in use (FAT)."""
_FINE_NS = 100_000_000
"""Ten ticks of the slowest kernel clock from which the other file systems take their times."""
_COARSE_STEP_NS = 10_000_000
"""The times of file systems with coarse clocks (FAT, exFAT, HFS+, ext3) are multiples of this."""
_READERS = (
    *("modfile/quickread", "modfile/summary", "modfile/read", "modfile/parser", "modfile/syntax", "modfile/directives"),
    *("modfile/directivefile", "modfile/gomod", "modfile/quote", "module/paths", "version/semver", "golib/quote"),
    "gosum/dirhash",
)
"""The modules of `core` that decide what a go.mod says, and what its hash is."""

_new = tuple.__new__

_Plain = tuple[str, str, str, tuple[int, ...], bytes, tuple[tuple[str, str, str], ...], str, tuple[str, ...]]
"""A `Summary` without named tuples; requirements are numbers."""
_Entry = tuple[int, str, Stamp, str, _Plain]


class GoModIndex:
    """The index of one go.sum file (`ports.files.GoModIndex`).

    Args:
        mod_cache: GOMODCACHE.
        directory: where the files of the index are; made when it is needed, for the user alone.
        go_sum: the name of the go.sum file, which stands for a graph.
    """

    def __init__(self, mod_cache: str, directory: str, go_sum: str) -> None:
        self._root = mod_cache
        self._directory = directory
        name = checksum(os.fsencode(f"{mod_cache}\0{go_sum}")).hex()
        self._file = f"{directory}/{name}"
        self._code = code_stamp(_READERS)
        self._mods: list[ModuleVersion] = []
        self._entries: dict[ModuleVersion, _Entry] = {}
        self._recalled: dict[ModuleVersion, tuple[Summary, str]] = {}
        self._unknown: dict[ModuleVersion, tuple[str, Stamp]] = {}
        self._fresh: dict[ModuleVersion, tuple[str, Stamp, str, Summary]] = {}
        self._load()

    def recall(self, mv: ModuleVersion) -> tuple[Summary, str] | None:
        """What the go.mod of `mv` in the cache says, and its h1; None where that is not known of the file as it is."""
        recalled = self._recalled.get(mv)
        if recalled is not None:
            return recalled
        entry = self._entries.get(mv)
        try:
            file = entry[1] if entry is not None else f"{cachepath.file_stem(*mv)}.mod"
            now = stamp(f"{self._root}/{file}")
        except (OSError, InputError):
            return None
        if entry is None or entry[2] != now:
            self._unknown[mv] = file, now
            return None
        path, go_version, toolchain, require, indirect, retract, deprecated, ignore = entry[4]
        required = tuple(map(self._mods.__getitem__, require))
        retracted = tuple(map(Retraction._make, retract)) if retract else ()
        summary = Summary(path, go_version, toolchain, required, indirect, retracted, deprecated, ignore)
        recalled = self._recalled[mv] = summary, entry[3]
        return recalled

    def remember(self, mv: ModuleVersion, h1: str, summary: Summary) -> None:
        """Remember what was read from the file that `recall` did not know, after it had looked at the file."""
        found = self._unknown.pop(mv, None)
        if found is not None and _is_settled(found[1]):
            self._fresh[mv] = (*found, h1, summary)

    def flush(self) -> None:
        """Write what is new. What cannot be written is read again next time."""
        if self._fresh:
            with suppress(OSError):
                make_private(self._directory)
                write_sealed(self._file, _MAGIC, marshal.dumps(self._content()))
                remove_oldest(self._directory, _MOST_FILES)
        self._fresh.clear()

    def _load(self) -> None:
        body = read_sealed(self._file, _MAGIC, _MOST_BYTES)
        if body is None:
            return
        code, mods, entries = marshal.loads(body)
        if code == self._code:
            self._mods = [_new(ModuleVersion, mod) for mod in mods]  # faster than by its constructor
            self._entries = {self._mods[entry[0]]: entry for entry in entries}

    def _content(self) -> tuple[bytes, list[tuple[str, str]], list[_Entry]]:
        numbers: dict[ModuleVersion, int] = {}

        def number(mv: ModuleVersion) -> int:
            return numbers.setdefault(mv, len(numbers))

        kept: dict[ModuleVersion, _Entry] = {mv: each for mv, each in self._entries.items() if mv not in self._fresh}
        if len(kept) > _MOST_UNUSED * len(self._recalled.keys() | self._fresh.keys()):
            kept = {mv: each for mv, each in kept.items() if mv in self._recalled}
        entries: list[_Entry] = []
        for mv, (_, file, then, h1, old) in kept.items():
            required = tuple(number(self._mods[each]) for each in old[3])
            entries.append((number(mv), file, then, h1, (*old[:3], required, *old[4:])))
        for mv, (file, then, h1, new) in self._fresh.items():
            required = tuple(map(number, new.require))
            retracted = tuple((each.low, each.high, each.rationale) for each in new.retract)
            plain = (*new[:3], required, new.indirect, retracted, new.deprecated, new.ignore)
            entries.append((number(mv), file, then, h1, plain))
        return self._code, [(path, version) for path, version in numbers], entries


def _is_settled(then: Stamp) -> bool:
    """Whether a later change of the file would give it another stamp."""
    _, _, modified, changed = then
    step = _FINE_NS if changed % _COARSE_STEP_NS else _COARSE_NS
    return time.time_ns() - max(modified, changed) > step
