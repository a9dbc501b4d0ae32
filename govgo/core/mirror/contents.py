# SPDX-License-Identifier: BSD-3-Clause
"""What builds need in a mirror: the go.mod files of the whole graph, and the zips of the build list."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from govgo.core.findings import Finding, Place
from govgo.core.mirror.manifest import Manifest
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.storage.keys import file_key
from govgo.core.sumdb.heads import Head
from govgo.core.sumdb.record import Record


class Closure(NamedTuple):
    """The files of modules that builds ask for.

    Attributes:
        gomods: module versions whose .mod file is read.
        zips: those whose .info and .zip files are fetched, too; all of them are in `gomods`.
        sums: the hashes that go.sum files state, each with the name of the file.
        asking: the line of a go.mod that leads to a module version, None where there is none.
        faults: what kept something from being resolved; it is not in the closure.
    """

    gomods: frozenset[ModuleVersion] = frozenset()
    zips: frozenset[ModuleVersion] = frozenset()
    sums: Mapping[ModuleVersion, frozenset[tuple[str, str]]] = {}
    faults: tuple[Finding, ...] = ()
    asking: Callable[[ModuleVersion], Place | None] = lambda mod: None

    def without(self, manifest: Manifest) -> Closure:
        """What a mirror lacks."""
        return self._replace(
            gomods=frozenset(mod for mod in self.gomods if file_key(mod, "mod") not in manifest.files),
            zips=frozenset(mod for mod in self.zips if not _has(manifest, mod)),
        )


def _has(manifest: Manifest, mod: ModuleVersion) -> bool:
    return all(file_key(mod, suffix) in manifest.files for suffix in ("zip", "info"))


class LogProofs(NamedTuple):
    """Records of a checksum database, with all that a client needs to prove them.

    Attributes:
        head: the signed tree head.
        records: by module version.
        tiles: the bytes of each tile by its path, "tile/8/0/000".
    """

    head: Head
    records: dict[ModuleVersion, Record]
    tiles: dict[str, bytes]
