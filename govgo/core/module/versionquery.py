# SPDX-License-Identifier: BSD-3-Clause
"""Version queries: what `latest`, `upgrade`, `patch`, `v1`, `<v1.2.3` … ask for, and what they choose.

    latest      the highest release, else the highest pre-release      v1.2    the highest v1.2.x
    upgrade     as latest, but not below the selected version          <v1.2   the highest version below v1.2.0
    patch       the highest with the selected major and minor          >=v1.2  the lowest version from v1.2.0 on

Nothing is fetched here. `parse_query` turns the text into a `QueryMatcher`; the caller fetches the list of versions,
drops those that the matcher and its own rules (exclusions, retractions) refuse, and lets the matcher choose. The choice
may depend on one go.mod file: whether the highest compatible version has one of its own. `deciding_version` names the
version to look at, and `choose` takes the answer.

Source of the rules: the Go Modules Reference, "Version queries" and "Compatibility with non-module
repositories".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from govgo.core.golib.quote import quote
from govgo.core.module.moduleversion import (
    compare_versions,
    is_prerelease_version,
    is_toolchain,
    is_valid_version,
    is_version_prefix,
    major_minor,
)
from govgo.core.module.paths import INCOMPATIBLE, match_path_major, split_path_version
from govgo.core.records import NamedTuple
from govgo.core.version import pseudo, semver
from govgo.errors import QueryError

_HOLDS: dict[str, Callable[[int], bool]] = {
    "<=": lambda order: order <= 0,
    "<": lambda order: order < 0,
    ">=": lambda order: order >= 0,
    ">": lambda order: order > 0,
    "==": lambda order: order == 0,
}


class DisallowedError(QueryError):
    """A version that must not be chosen; raised by the predicate that says which versions are allowed."""

    code = "disallowed"


class NoMatchingVersionError(QueryError):
    """The module exists, but no version of it satisfies the query and what is allowed.

    This is not a kind of NotFoundError: the source did answer, so no other one is asked. `left_out` says which of its
    versions were not looked at.
    """

    code = "no-matching-version"

    def __init__(self, query: str, current: str = "", left_out: str = "") -> None:
        text = f"no matching versions for query {quote(query)}"
        if query in ("upgrade", "patch") and current not in ("", "none"):
            text += f" (current version is {current})"
        super().__init__(f"{text}: {left_out} do not count" if left_out else text)
        self.query = query
        self.current = current


class NoPatchBaseError(QueryError):
    """The query `patch` for a module of which no version is selected."""

    code = "no-patch-base"

    def __init__(self, path: str) -> None:
        super().__init__(f'can\'t query version "patch" of module {path}: no existing version is required')
        self.path = path


class QueryMatcher(NamedTuple):
    """A parsed version query on one module path.

    Attributes:
        prefix: what a version must begin with, or "".
        relation, limit: a comparison that a version must pass ("<", "<=", ">", ">=", "=="; "" for none).
        is_revision: the query is not a version but a branch, tag or commit, which only the source can resolve.
        can_stat: the query is a complete version, which the source can be asked for directly.
        prefer_lower: choose the lowest match instead of the highest.
        may_use_latest: if no version matches, the latest revision that the source names may be used.
        prefer_incompatible: +incompatible versions are considered like all others.
    """

    path: str
    query: str
    current: str = ""
    prefix: str = ""
    relation: str = ""
    limit: str = ""
    is_revision: bool = False
    can_stat: bool = False
    prefer_lower: bool = False
    may_use_latest: bool = False
    prefer_incompatible: bool = False

    @property
    def is_direct(self) -> bool:
        """Whether the query names one revision, so that no list of versions is needed."""
        return self.is_revision or self.can_stat

    @property
    def may_stay(self) -> bool:
        """Whether the current version answers the query when nothing else does."""
        return self.query in ("upgrade", "patch") and self.current not in ("", "none")

    def takes(self, version: str) -> bool:
        """Whether a listed version is a candidate.

        A proxy may list entries such as `v1`, which cannot be downloaded. A range that selects one fails, as it does in
        the go command. The everyday queries skip it: one bad tag must not break every `get -u`.
        """
        if not self.matches(version):
            return False
        is_range = self.query not in ("latest", "upgrade", "patch")
        return is_range or is_toolchain(self.path) or not is_version_prefix(self.path, version)

    def matches(self, version: str) -> bool:
        """Whether `version` satisfies the query; exclusions and retractions are checked by the caller."""
        if self.prefix and not version.startswith(self.prefix):
            # "1.21" belongs to the prefix "1.21." of the go and toolchain paths.
            is_language = is_toolchain(self.path) and self.prefix == f"{version}."
            if not is_language:
                return False
        if not self.relation:
            return True
        return _HOLDS[self.relation](compare_versions(self.path, version, self.limit))

    def deciding_version(self, versions: Sequence[str]) -> str | None:
        """The version whose go.mod decides whether +incompatible versions count; None if no go.mod has to be read.

        It is the highest compatible version, where an incompatible one follows.

        Args:
            versions: those that match and are allowed, ascending.
        """
        if self.prefer_incompatible:
            return None
        compatible = None
        for version in versions:
            if not version.endswith(INCOMPATIBLE):
                compatible = version
            elif compatible is not None:
                return compatible
        return None

    def choose(self, versions: Sequence[str], *, deciding_has_go_mod: bool = False) -> str | None:
        """The version that answers the query, None when there is none.

        Releases are preferred to pre-releases. If a compatible version has a go.mod file of its own, then the author
        uses modules, and the +incompatible versions above it are tags from before that; they do not count.

        Args:
            versions: those that match and are allowed, ascending.
            deciding_has_go_mod: whether `deciding_version(versions)` has a go.mod of its own.
        """
        if deciding_has_go_mod and (deciding := self.deciding_version(versions)) is not None:
            versions = versions[: list(versions).index(deciding) + 1]
        if not self.prefer_lower:
            versions = versions[::-1]
        first_prerelease = None
        for version in versions:
            if not is_prerelease_version(self.path, version):
                return version
            if first_prerelease is None:
                first_prerelease = version
        return first_prerelease


def parse_query(path: str, query: str, current: str = "") -> QueryMatcher:
    """Parse `query` for module `path`, of which `current` is selected ("" when that is not known, "none" for none).

    Raises:
        QueryError: a comparison with a string that is not a version, or with a prefix where that is ambiguous.
        NoPatchBaseError: `patch` without a current version.
    """
    prefers_incompatible = current.endswith(INCOMPATIBLE)
    has_current = current not in ("", "none")
    match query:
        case "latest":
            return QueryMatcher(path, query, current, may_use_latest=True, prefer_incompatible=prefers_incompatible)
        case "upgrade" if not has_current:
            return QueryMatcher(path, query, current, may_use_latest=True, prefer_incompatible=prefers_incompatible)
        case "patch" if not has_current:
            raise NoPatchBaseError(path)
        case "upgrade" | "patch":
            return QueryMatcher(
                path,
                query,
                current,
                prefix=f"{major_minor(path, current)}." if query == "patch" else "",
                relation=">=",
                limit=current,
                may_use_latest=pseudo.is_pseudo(current),
                prefer_incompatible=prefers_incompatible,
            )
    for relation in ("<=", "<", ">=", ">"):
        if query.startswith(relation):
            return _parse_comparison(path, query, current, relation)
    if not is_valid_version(path, query):
        return QueryMatcher(path, query, current, is_revision=True)
    prefers_incompatible = prefers_incompatible or not _matches_major(path, query)
    if is_version_prefix(path, query):
        # v1.2 does not mean v1.2.0-pre, hence the comparison beside the prefix.
        return QueryMatcher(
            path,
            query,
            current,
            prefix=f"{query}.",
            relation=">=",
            limit=query,
            prefer_incompatible=prefers_incompatible,
        )
    return QueryMatcher(
        path,
        query,
        current,
        prefix=semver.canonical(query),
        relation="==",
        limit=query,
        can_stat=True,
        prefer_incompatible=prefers_incompatible,
    )


def _parse_comparison(path: str, query: str, current: str, relation: str) -> QueryMatcher:
    limit = query.removeprefix(relation)
    if not is_valid_version(path, limit):
        raise QueryError(f"invalid semantic version {quote(limit)} in range {quote(query)}")
    if relation in ("<=", ">") and is_version_prefix(path, limit):
        # @v1.2 may mean v1.2.3, so it is open whether <=v1.2 allows v1.2.3.
        raise QueryError(f"ambiguous semantic version {quote(limit)} in range {quote(query)}")
    return QueryMatcher(
        path,
        query,
        current,
        relation=relation,
        limit=limit,
        prefer_lower=relation.startswith(">"),
        prefer_incompatible=current.endswith(INCOMPATIBLE) or not _matches_major(path, limit),
    )


def _matches_major(path: str, version: str) -> bool:
    _, path_major, ok = split_path_version(path)
    return ok and match_path_major(version, path_major)


def is_revision_query(path: str, query: str) -> bool:
    """Whether `query` may name one revision, like `v1.0.0` or `master`, rather than choose among versions."""
    if query in ("latest", "upgrade", "patch") or query.startswith(("<", ">")):
        return False
    return not (is_valid_version(path, query) and is_version_prefix(path, query))


def parse_path_version(argument: str) -> tuple[str, str, bool]:
    """Cut `path@version` into (path, version, whether there was an `@`).

    Raises:
        QueryError: the version begins with `-` or `/`, so that a command could take it for something else.
    """
    path, at, version = argument.partition("@")
    if version.startswith(("-", "/")):
        raise QueryError(f"invalid module version {quote(version)}")
    return path, version, bool(at)
