# SPDX-License-Identifier: BSD-3-Clause
"""What builds need in a mirror: the go.mod files of the whole graph, and the zips of the build list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from govgo.core.findings import Finding
from govgo.core.mirror.manifest import Manifest
from govgo.core.module.cachepath import DOWNLOAD, file_stem, version_dir
from govgo.core.module.escape import unescape_path, unescape_version
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.record import Record
from govgo.core.sumdb.timeline import Head
from govgo.core.version import semver
from govgo.core.version.pseudo import is_pseudo
from govgo.errors import InputError


class Closure(NamedTuple):
    """The files of modules that builds ask for.

    Attributes:
        gomods: module versions whose .mod file is read.
        zips: those whose .info and .zip files are fetched, too; all of them are in `gomods`.
        faults: what kept something from being resolved; it is not in the closure.
    """

    gomods: frozenset[ModuleVersion] = frozenset()
    zips: frozenset[ModuleVersion] = frozenset()
    sums: Mapping[ModuleVersion, frozenset[tuple[str, str]]] = {}
    faults: tuple[Finding, ...] = ()

    def without(self, manifest: Manifest) -> Closure:
        """What a mirror lacks."""
        return self._replace(
            gomods=frozenset(mod for mod in self.gomods if file_key(mod, "mod") not in manifest.files),
            zips=frozenset(mod for mod in self.zips if file_key(mod, "zip") not in manifest.files),
        )


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


def file_key(mod: ModuleVersion, suffix: str) -> str:
    """The key of a file of a module version: "q.io/a/@v/v1.0.0.zip" for the suffix "zip".

    Raises:
        InputError: a proxy can have no file for `mod`.
    """
    return f"{file_stem(*mod).removeprefix(_TOP)}.{suffix}"


def list_key(path: str) -> str:
    """The key of the list of versions of a module."""
    return f"{version_dir(path).removeprefix(_TOP)}/list"


def latest_key(path: str) -> str:
    """The key of what a proxy answers for the latest version of a module without tagged versions."""
    return f"{version_dir(path).removeprefix(_TOP).removesuffix('/@v')}/@latest"


_TOP = f"{DOWNLOAD}/"


def version_list(versions: frozenset[str]) -> bytes:
    """The content of a list: tagged versions in order, a line each (Go Modules Reference, "GOPROXY protocol")."""
    tagged = sorted((v for v in versions if not is_pseudo(v)), key=lambda v: (semver.key(v), v))
    return "".join(f"{version}\n" for version in tagged).encode()


_SUFFIXES = (".info", ".mod", ".zip", ".ziphash")


def module_of_key(key: str) -> ModuleVersion | None:
    """The module version whose file a key is; None for lists, files of a checksum database and others."""
    if key.startswith("sumdb/") or "/@v/" not in key:
        return None
    path, _, name = key.rpartition("/@v/")
    version, _, suffix = name.rpartition(".")
    if f".{suffix}" not in _SUFFIXES:
        return None
    try:
        return ModuleVersion(unescape_path(path), unescape_version(version))
    except InputError:
        return None
