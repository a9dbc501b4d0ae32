# SPDX-License-Identifier: BSD-3-Clause
"""The keys of served files: those of a module cache below `cache/download`, which are paths of the GOPROXY protocol.

q.io/a/@v/list    q.io/a/@v/v1.0.0.info  .mod  .zip  .ziphash  .published    q.io/a/@latest
sumdb/sum.example.org/lookup/q.io/a@v1.0.0    …/tile/8/0/000    …/latest    …/supported
"""

from __future__ import annotations

from govgo.core.lazyregex import late
from govgo.core.module.cachepath import DOWNLOAD, file_stem, version_dir
from govgo.core.module.escape import unescape
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.storage.published import SUFFIX as PUBLISHED
from govgo.core.version import semver
from govgo.core.version.pseudo import is_pseudo
from govgo.errors import InputError

_TOP = f"{DOWNLOAD}/"
_TEMPORARY = late(r"(?:.+/@v/|.+/@latest|sumdb/|govgo/|publish/upload).*[0-9]\.tmp")

EVENTS = "govgo/events"
"""Below this is what belongs to the events of a storage."""
EVENT_LOG = f"{EVENTS}/log"
COMPARE = f"{EVENTS}/compare"
"""Where something is written who wants a server to compare the storage with its event log now; empty when it has."""


def file_key(mod: ModuleVersion, suffix: str) -> str:
    """The key of a file of a module version: "q.io/a/@v/v1.0.0.zip" for the suffix "zip".

    Raises:
        InputError: a proxy can have no file for `mod`.
    """
    return f"{file_stem(*mod).removeprefix(_TOP)}.{suffix}"


def is_temporary(name: str) -> bool:
    """Whether a path below a storage is that of a temporary file, of ours or of go's, beside where a key may be."""
    return _TEMPORARY.fullmatch(name) is not None


def list_key(path: str) -> str:
    """The key of the list of versions of a module."""
    return f"{version_dir(path).removeprefix(_TOP)}/list"


def latest_key(path: str) -> str:
    """The key of what a proxy answers for the latest version of a module without tagged versions."""
    return f"{version_dir(path).removeprefix(_TOP).removesuffix('/@v')}/@latest"


def version_list(versions: frozenset[str]) -> bytes:
    """The content of a list: tagged versions in order, a line each (Go Modules Reference, "GOPROXY protocol")."""
    tagged = sorted((v for v in versions if not is_pseudo(v)), key=lambda v: (semver.key(v), v))
    return "".join(f"{version}\n" for version in tagged).encode()


_SUFFIXES = (".info", ".mod", ".zip", ".ziphash", f".{PUBLISHED}")


def module_of_key(key: str) -> ModuleVersion | None:
    """The module version whose file a key is; None for lists, files of a checksum database and others."""
    if key.startswith("sumdb/") or "/@v/" not in key:
        return None
    path, _, name = key.rpartition("/@v/")
    version, _, suffix = name.rpartition(".")
    if f".{suffix}" not in _SUFFIXES:
        return None
    try:
        return unescape(path, version)
    except InputError:
        return None


def module_of_lookup(key: str) -> ModuleVersion | None:
    """The module version whose lookup a key is: "sumdb/sum.example.org/lookup/q.io/a@v1.0.0"; None for others."""
    if not key.startswith("sumdb/"):
        return None
    path, at, version = key.partition("/lookup/")[2].rpartition("@")
    try:
        return unescape(path, version) if at else None
    except InputError:
        return None
