# SPDX-License-Identifier: BSD-3-Clause
"""Where files are in the module cache, relative to GOMODCACHE.

    cache/download/<escaped path>/@v/<escaped version>.{info,mod,zip,ziphash,lock,partial}
    cache/download/<escaped path>/@v/list
    cache/download/sumdb/<name>/…
    cache/lock
    <escaped path>@<escaped version>/…            the extracted tree

Source: the Go Modules Reference, "Module cache"; cmd/go/internal/modfetch (CachePath, DownloadDir).
"""

from __future__ import annotations

from functools import lru_cache

from govgo.core.golib.quote import quote
from govgo.core.lazyregex import late
from govgo.core.module.escape import escape_path, escape_version
from govgo.core.module.moduleversion import is_toolchain, is_valid_version
from govgo.core.module.paths import canonical_version
from govgo.errors import InputError, InvalidVersionError

DOWNLOAD = "cache/download"
"""The part of the cache that is laid out as a module proxy serves it."""
LOCK = "lock"
"""The suffix of the file that is locked while zip and tree of a module version are written, by go as well."""
SIDE_LOCK = "cache/lock"
"""The lock that guards edits of go.mod and go.sum files outside the cache."""

_NUMBER = "(?:0|[1-9][0-9]*)"
_PLAIN = late(rf"v{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-(?:0\.)?[0-9]{{14}}-[0-9a-f]{{12}})?(?:\+incompatible)?\Z")
"""Releases and most pseudo-versions. They are canonical and have no capital letter, so that neither the checks nor the
escaping below would change them; one command asks for thousands.
"""


@lru_cache(maxsize=16384)
def version_dir(path: str) -> str:
    """The directory of everything downloaded for the module `path`: `cache/download/<escaped path>/@v`.

    Raises:
        InvalidPathError: `path` is not a module path.
    """
    return f"{DOWNLOAD}/{escape_path(path)}/@v"


@lru_cache(maxsize=65536)
def file_stem(path: str, version: str) -> str:
    """The path of a module version's files without their suffix: `cache/download/<path>/@v/<version>`.

    Raises:
        InputError: `path` is "go" or "toolchain", which have no files.
        InvalidPathError: `path` is not a module path.
        InvalidVersionError: `version` is not semantic or not canonical.
    """
    if is_toolchain(path):
        raise InputError("internal error: invalid operation on toolchain module")
    return f"{version_dir(path)}/{_escaped_version(path, version)}"


@lru_cache(maxsize=16384)
def tree_dir(path: str, version: str) -> str:
    """The directory that the module version's zip is extracted to: `<escaped path>@<escaped version>`.

    Raises:
        InputError, InvalidPathError, InvalidVersionError: as `file_stem`.
    """
    if is_toolchain(path):
        raise InputError("internal error: invalid operation on toolchain module")
    return f"{escape_path(path)}@{_escaped_version(path, version)}"


def _escaped_version(path: str, version: str) -> str:
    if _PLAIN.match(version):
        return version
    if not is_valid_version(path, version):
        raise InvalidVersionError(f"non-semver module version {quote(version)}", version=version)
    if canonical_version(version) != version:
        raise InvalidVersionError(f"non-canonical module version {quote(version)}", version=version)
    return escape_version(version)
