# SPDX-License-Identifier: BSD-3-Clause
"""Answers of an earlier run (`-reuse`): read them, and tell whether they still hold.

Rules: `go help list` and `go help mod download`, flag -reuse; cmd/go's Origin.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from govgo.core import paths
from govgo.core.query import is_revision_query
from govgo.ports import ModuleRepo, Origin


@runtime_checkable
class ReuseChecker(Protocol):
    """A repository that can tell cheaply whether its source still looks as `origin` says. Proxies cannot."""

    def check_reuse(self, path: str, origin: Origin) -> bool: ...


def is_reusable(repo: ModuleRepo, path: str, query: str, origin: Origin | None) -> bool:
    """Whether an earlier answer to `path@query`, which rested on `origin`, still holds."""
    if origin is None or not origin_covers(path, query, origin):
        return False
    return isinstance(repo, ReuseChecker) and repo.check_reuse(path, origin)


def origin_covers(path: str, query: str, origin: Origin) -> bool:
    """Whether `origin` says enough to check an answer to `query`.

    A sum over the whole repository always does. A canonical version never changes, so any trace of it will
    do. The name of a revision needs the commit or ref, and the tags, from which its version follows. All
    other queries depend on the tags alone.
    """
    if origin.repo_sum:
        return True
    if query == paths.canonical_version(query):
        return bool(origin.hash or origin.ref or origin.tag_sum)
    if is_revision_query(path, query) and not (origin.hash or origin.ref):
        return False
    return bool(origin.tag_sum)
