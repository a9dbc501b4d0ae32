# SPDX-License-Identifier: BSD-3-Clause
"""Answers of an earlier run (`-reuse`): read them, and find out whether they still hold.

Rules: `go help list` and `go help mod download`, flag -reuse; cmd/go's Origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from govgo.core.module import paths
from govgo.core.module.info import ModuleInfo, Origin
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.query import is_revision_query
from govgo.errors import DiskError, InputError
from govgo.ports.modules import ModuleRepo

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def is_reusable(repo: ModuleRepo, path: str, query: str, origin: Origin | None) -> bool:
    """Whether an earlier answer to `path@query`, which depended on `origin`, still holds."""
    if origin is None or not origin_covers(path, query, origin):
        return False
    return repo.check_reuse(path, origin)


def origin_covers(path: str, query: str, origin: Origin) -> bool:
    """Whether `origin` says enough to check an answer to `query`.

    A sum over the whole repository always does. A canonical version never changes, so that its commit, its ref or the
    tags will do. A revision by name takes the commit or ref, and the tags, from which its version follows. All other
    queries depend on the tags alone.
    """
    if origin.repo_sum:
        return True
    if query == paths.canonical_version(query):
        return bool(origin.hash or origin.ref or origin.tag_sum)
    if is_revision_query(path, query) and not (origin.hash or origin.ref):
        return False
    return bool(origin.tag_sum)


def read_reuse(session: Session, name: str) -> dict[ModuleVersion, ModuleInfo]:
    """The modules of an earlier run's JSON output, by version and by query; those without an origin do not count.

    Args:
        name: the file, relative to the working directory.

    Raises:
        DiskError: it cannot be read.
        InputError: it is no such output.
    """
    data = session.files.read(session.absolute(name))
    if data is None:
        raise DiskError(f"open {name}: no such file or directory", path=name)
    try:
        text = data.decode()
        known = {}
        for fields in _objects(text):
            info = _module(fields)
            if info.origin is not None:
                known[ModuleVersion(info.path, info.version)] = info
                if info.query:
                    known[ModuleVersion(info.path, info.query)] = info
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(f"parsing {name}: {error}") from None
    return known


def _objects(text: str) -> list[Any]:
    """The JSON values in `text`, which follow each other without commas."""
    found: list[Any] = []
    from json import JSONDecoder

    decoder, position = JSONDecoder(), 0
    while True:
        while position < len(text) and text[position].isspace():
            position += 1
        if position == len(text):
            return found
        value, position = decoder.raw_decode(text, position)
        found.append(value)


def _module(fields: Mapping[str, Any]) -> ModuleInfo:
    error = fields.get("Error")
    time = fields.get("Time")
    origin = fields.get("Origin")
    return ModuleInfo(
        path=fields.get("Path", ""),
        version=fields.get("Version", ""),
        query=fields.get("Query", ""),
        versions=tuple(fields.get("Versions") or ()),
        time=datetime.fromisoformat(time) if time else None,
        dir=fields.get("Dir", ""),
        go_mod=fields.get("GoMod", ""),
        go_version=fields.get("GoVersion", ""),
        retracted=tuple(fields.get("Retracted") or ()),
        deprecated=fields.get("Deprecated", ""),
        error=error if error is None or isinstance(error, str) else error["Err"],
        sum=fields.get("Sum", ""),
        go_mod_sum=fields.get("GoModSum", ""),
        origin=None if origin is None else _origin(origin),
        reuse=True,
    )


def _origin(fields: Mapping[str, str]) -> Origin:
    return Origin(
        vcs=fields.get("VCS", ""),
        url=fields.get("URL", ""),
        subdir=fields.get("Subdir", ""),
        hash=fields.get("Hash", ""),
        tag_prefix=fields.get("TagPrefix", ""),
        tag_sum=fields.get("TagSum", ""),
        ref=fields.get("Ref", ""),
        repo_sum=fields.get("RepoSum", ""),
    )
