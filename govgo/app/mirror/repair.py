# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mirror add -repair`: what of a mirror is not as its manifest says, and what has to be fetched again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govgo.app.mirror.settle import Restorer
from govgo.core.mirror.contents import Closure
from govgo.core.mirror.manifest import Content, Manifest
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.storage.keys import file_key, module_of_key, module_of_lookup

if TYPE_CHECKING:
    from govgo.ports.mirror import Staging
    from govgo.ports.storage import Storage


class Sound(NamedTuple):
    """What of a mirror is as its manifest says.

    Attributes:
        manifest: that part of it. A version counts as a whole: its files, and its lookup.
        damaged: the files that are missing, or have another content.
        restored: how many more there were that follow from others, and are sound by now.
    """

    manifest: Manifest
    damaged: frozenset[str] = frozenset()
    restored: int = 0

    def widen(self, closure: Closure, before: Manifest) -> Closure:
        """A closure that also has the versions of which something is damaged."""
        mods = _versions(self.damaged)
        zips = {mod for mod in mods if file_key(mod, "zip") in before.files}
        return closure._replace(gomods=closure.gomods | mods, zips=closure.zips | zips)


def sound_part(storage: Storage, manifest: Manifest, staging: Staging, *, restore_all: bool) -> Sound:
    """Read every file of a mirror; with `restore_all` write those anew that follow from others.

    Raises:
        StorageError: the mirror cannot be read or written.
    """
    damaged: set[str] = set()
    restored = 0
    restorer = Restorer(storage, manifest)
    for key, want in manifest.files.items():
        if _content(storage, key, staging) == want:
            continue
        if restore_all and restorer.restore(key):
            restored += 1
        else:
            damaged.add(key)
    mods = _versions(damaged)
    sound = {
        key: content for key, content in manifest.files.items() if key not in damaged and _version(key) not in mods
    }
    return Sound(manifest._replace(files=sound), frozenset(damaged), restored)


def _versions(keys: set[str] | frozenset[str]) -> frozenset[ModuleVersion]:
    return frozenset(mod for mod in map(_version, keys) if mod is not None)


def _version(key: str) -> ModuleVersion | None:
    return module_of_key(key) or module_of_lookup(key)


def _content(storage: Storage, key: str, staging: Staging) -> Content | None:
    pieces = storage.chunks(key)
    if pieces is None:
        return None
    with staging.copy_pieces(pieces) as copy:
        return copy.content
