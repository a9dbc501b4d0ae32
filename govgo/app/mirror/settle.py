# SPDX-License-Identifier: BSD-3-Clause
"""Files of a mirror that follow from others, and what a run that was killed leaves of them.

    q.io/a/@v/list    q.io/a/@latest    sumdb/NAME/latest

All other files are new when they are written, and no manifest names them before they are there. These change, and
neither they nor the manifest can be written at once with the rest. So whoever changes them leaves a mark first, and
takes it away when the manifest has been written, too. Who finds a mark lets them be what the manifest says: a list
follows from the zips, a latest version is one of the .info files, and a tree head stands in the lookups that came
with it. Lookups do not change, but two runs at once may write them under different heads; so they come late, too.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

from govgo.app.mirror.store import changed_meanwhile, read_manifest, write_manifest
from govgo.core.mirror.manifest import KEY, UNFINISHED, Content, Manifest, format_manifest
from govgo.core.storage.keys import module_of_key, module_of_lookup, version_list
from govgo.core.sumdb.record import parse_record
from govgo.errors import StorageError, SumDbFormatError

if TYPE_CHECKING:
    from govgo.ports.storage import Storage

_OF_MODULES = ("/@v/list", "/@latest")
_OF_DATABASES = ("/latest", "/supported")

UNFINISHED_RUN = "a run that changes this mirror is about to end, or was killed; `mirror add` or `import` mends it"


def follows(key: str) -> bool:
    """Whether a file follows from others, and is written anew when they change."""
    return key.endswith(_OF_MODULES) or (key.startswith("sumdb/") and key.endswith(_OF_DATABASES))


def comes_late(key: str) -> bool:
    """Whether a file is written right before the manifest: it changes, or two runs at once may differ in it."""
    return follows(key) or module_of_lookup(key) is not None


def finish(storage: Storage, changes: Mapping[str, bytes], manifest: Manifest, tag: str) -> None:
    """Write the files that come late or change, and the manifest; whatever happens, they go together in the end.

    Args:
        storage: the mirror.
        changes: the content of these files.
        manifest: the new one.
        tag: of the one that is there, "" for none.

    Raises:
        ConflictError: somebody else has changed the mirror meanwhile.
    """
    _check_unchanged(storage, tag)
    with _marked(storage, manifest) if changes else nullcontext():
        for key, data in sorted(changes.items()):
            if follows(key):
                storage.replace(key, data)
            else:
                _write_alone(storage, key, data, tag)
        write_manifest(storage, manifest, tag)


def _check_unchanged(storage: Storage, tag: str) -> None:
    entry = storage.head(KEY)
    if (entry.tag if entry is not None else "") != tag:
        raise changed_meanwhile(storage)


def _write_alone(storage: Storage, key: str, data: bytes, tag: str) -> None:
    """Write a file that does not follow from others, and leave that of a run alone whose manifest is there by now."""
    while not storage.create(key, data):
        entry = storage.head(key)
        _check_unchanged(storage, tag)
        if entry is not None and storage.swap(key, data, entry.tag):
            return


@contextmanager
def _marked(storage: Storage, manifest: Manifest) -> Iterator[None]:
    mark = UNFINISHED + hashlib.sha256(format_manifest(manifest)).hexdigest()[:16]
    storage.replace(mark, b"")
    try:
        yield
    except BaseException:
        with suppress(StorageError):  # also where somebody has taken the mark away
            _restore_all(storage)
            storage.delete(mark)
        raise
    if not storage.delete(mark):  # somebody has found it, and looked at a manifest that was about to change
        _restore_all(storage)


def is_unfinished(storage: Storage) -> bool:
    """Whether a run that changes the mirror is about to end, or was killed there."""
    return next(iter(storage.entries(UNFINISHED)), None) is not None


def settle(storage: Storage) -> None:
    """If a run was killed while it changed files, let these be what the manifest says."""
    marks = [entry.key for entry in storage.entries(UNFINISHED)]
    if marks:
        _restore_all(storage)
        for mark in marks:
            storage.delete(mark)
        _restore_all(storage)  # whoever has written a manifest before the mark was gone did not look again


def _restore_all(storage: Storage) -> None:
    """Let files that follow from others be what the manifest says, the one that is there when all is done."""
    manifest, tag = read_manifest(storage)
    while manifest is not None:
        restorer = Restorer(storage, manifest)
        for key, want in manifest.files.items():
            if follows(key) and content_of(storage.read(key)) != want:
                restorer.restore(key)
        before = tag
        manifest, tag = read_manifest(storage)
        if tag == before:
            break


class Restorer:
    """Writes files anew that follow from others, as a manifest says. It reads the manifest once, for all of them."""

    def __init__(self, storage: Storage, manifest: Manifest) -> None:
        """Nothing is read yet."""
        self._storage = storage
        self._manifest = manifest
        self._sources: dict[str, list[str]] | None = None

    def restore(self, key: str) -> bool:
        """Write a file anew; False where it follows from no others, or they come to something else."""
        if not follows(key):
            return False
        want = self._manifest.files[key]
        data = next((each for each in self._candidates(key, want) if content_of(each) == want), None)
        if data is not None:
            self._storage.replace(key, data)
        return data is not None

    def _candidates(self, key: str, want: Content) -> Iterator[bytes | None]:
        top = key.rpartition("/")[0]
        if key.endswith("/@v/list"):
            zips = (each for each in self._from(top) if each.endswith(".zip"))
            yield version_list(frozenset(mod.version for mod in map(module_of_key, zips) if mod is not None))
        elif key.endswith("/@latest"):
            for each in self._from(f"{top}/@v"):
                if each.endswith(".info") and self._manifest.files[each] == want:
                    yield self._storage.read(each)
        elif key.endswith("/supported"):
            yield b""
        else:
            for each in self._from(f"{top}/lookup"):
                with suppress(SumDbFormatError):
                    yield parse_record(self._storage.read(each) or b"").rest

    def _from(self, room: str) -> list[str]:
        """The files of a module, or the lookups of a database, in the order of the manifest."""
        if self._sources is None:
            self._sources = defaultdict(list)
            for key in self._manifest.files:
                module, versions, _ = key.rpartition("/@v/")
                database, lookup, _ = key.partition("/lookup/")
                if versions:
                    self._sources[f"{module}/@v"].append(key)
                if lookup:
                    self._sources[f"{database}/lookup"].append(key)
        return self._sources.get(room, [])


def content_of(data: bytes | None) -> Content | None:
    """What a manifest says of a file."""
    return None if data is None else Content(hashlib.sha256(data).hexdigest(), len(data))
