# SPDX-License-Identifier: BSD-3-Clause
"""One argument of `get`: what it asks for, what could answer it, and how its errors are worded.

Rules: Go Modules Reference, "go get" and "Version queries".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from govgo.core.golib.quote import quote
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.module.paths import is_local_import
from govgo.core.module.patterns import match_pattern, tree_can_match
from govgo.core.module.versionquery import parse_path_version
from govgo.core.records import NamedTuple
from govgo.errors import GoSumError, GovgoError, QueryError, SettingError, SumMismatchError
from govgo.load.packages.imports import META_PACKAGES
from govgo.load.packages.patterns import clean_patterns
from govgo.load.query.errors import QueryMatchesMainModulesError, QueryUpgradesAllError
from govgo.load.session.session import Faults, Session


class ArgumentError(QueryError):
    """An argument of get that is invalid by itself."""

    code = "get-argument"


class QueryConflictError(QueryError):
    """Two arguments that ask for two versions of one module."""

    code = "get-conflict"


class PathSet(NamedTuple):
    """The options for one path; one of them is chosen: one of `pkg_mods`, or `mod`.

    Attributes:
        path: a package path, a module path, or a wildcard that matches nothing so far.
        pkg_mods: modules that each contain the package; only one of them can be in the build list.
        mod: a module whose path matches, but which holds no matching package; None where there is none.
        error: why there are no options.
    """

    path: str = ""
    pkg_mods: tuple[ModuleVersion, ...] = ()
    mod: ModuleVersion | None = None
    error: GovgoError | None = None


class Query:
    """An argument while it is being resolved.

    Attributes:
        raw: the argument as given, "" for the implied ".".
        raw_version: the part after "@", "" where there is none.
        pattern: the part before "@".
        local: whether the pattern is a path in the file system.
        version: the version query, "upgrade" or "patch" where none was given.
        candidates: option sets still to be resolved.
        resolved: module versions that this query has determined.
        matches_packages: whether a resolved module provides a matching package.
        conflict: the first query found incompatible with this one.
    """

    def __init__(self, raw: str, raw_version: str, pattern: str, *, local: bool, version: str) -> None:
        self.raw = raw
        self.raw_version = raw_version
        self.pattern = pattern
        self.local = local
        self.version = version
        self.candidates: list[PathSet] = []
        self.resolved: list[ModuleVersion] = []
        self.matches_packages = False
        self.conflict: Query | None = None
        self._seen: set[str] = set()
        self._match: Callable[[str], bool] | None = None
        self._can_match: Callable[[str], bool] | None = None
        if "..." in pattern:
            self._match = match_pattern(pattern)
            self._can_match = tree_can_match(pattern)

    def __str__(self) -> str:
        return self.raw

    @property
    def wildcard(self) -> bool:
        """Whether the pattern can match more than one path."""
        return self._match is not None

    def matches_path(self, path: str) -> bool:
        """Whether a module or package path matches the pattern."""
        if self._match is not None and not is_toolchain(path):
            return self._match(path)
        return path == self.pattern

    def can_match_in_module(self, mod_path: str) -> bool:
        """Whether a module of that path could hold a package that matches."""
        if is_toolchain(mod_path):
            return False
        if self._can_match is not None:
            return self._can_match(mod_path)
        return self.pattern == mod_path or self.pattern.startswith(mod_path + "/")

    def once(self, path: str, options: Callable[[], PathSet]) -> None:
        """Add the option set of `path`, unless `path` has come up before.

        An error takes its place: `resolve_candidates` reports it and ends the command.

        Raises:
            SumMismatchError: bytes contradict go.sum; as in go, that ends the command, and no argument is to blame.
            GoSumError, SettingError: the same of a go.sum that cannot be read, and of a variable that makes no sense.
        """
        if path in self._seen:
            return
        self._seen.add(path)
        try:
            found = options()
        except GovgoError as error:  # each argument's fault is reported, with the exit code of the worst
            if isinstance(error, GoSumError | SettingError) or (
                isinstance(error, SumMismatchError) and error.against.endswith(".sum")
            ):
                raise
            found = PathSet(error=error)
        if found.pkg_mods or found.mod is not None or found.error is not None:
            self.candidates.append(found._replace(path=path))

    def resolved_text(self, mv: ModuleVersion) -> str:
        """The name of `mv`, an answer to this query, in messages."""
        if mv.path != self.pattern:
            if mv.version != self.version:
                return f"{mv} (matching {self.pattern}@{self.version})"
            return f"{mv} (matching {self})"
        return self.answer_text(mv.version)

    def answer_text(self, version: str) -> str:
        """The argument, with the version that answers it where the argument does not contain it."""
        if version != self.version:
            return f"{self.pattern}@{self.version} ({version})"
        return str(self)


class QueryFaults(Faults):
    """Errors of the arguments of `get`."""

    def add_for(self, query: Query, error: GovgoError) -> None:
        """Report an error of a query, naming the query unless the error already does."""
        self.add(error, concise(query, str(error)))


def concise(query: Query, text: str) -> str:
    """The sentence for an error of `query`, without repeating the argument."""
    pattern = re.search(rf"(?m)(?:[ \t(\"`]|^){re.escape(query.pattern)}(?:[ @:;)\"`]|$)", text)
    if pattern:
        if not query.raw_version:
            return text
        if re.search(rf"(?m)(?:[ @(\"`]|^){re.escape(query.version)}(?:[ :;)\"`]|$)", text):
            return text
    return f"{query}: {text}" if query.raw else text


def conflict_error(mod_path: str, proposed: tuple[str, Query], standing: tuple[str, Query]) -> QueryConflictError:
    """The error of two (version, query) pairs that ask for different versions of `mod_path`."""
    detail = "" if mod_path == proposed[1].pattern else f"for module {mod_path}, "
    first, second = proposed[1].answer_text(proposed[0]), standing[1].answer_text(standing[0])
    return QueryConflictError(f"{detail}{first} conflicts with {second}")


def ok_for_main_module(version: str) -> bool:
    """Whether a version query can be asked of a main module."""
    return version in ("upgrade", "patch")


def parse_arguments(session: Session, arguments: Sequence[str], upgrade: str) -> tuple[tuple[Query, ...], bool]:
    """The queries of a command line, and whether `toolchain@none` was among them.

    Args:
        upgrade: the value of -u: "", "upgrade" or "patch".

    Raises:
        ReportedError: invalid arguments; each has been reported.
    """
    faults = Faults(session)
    queries: list[Query] = []
    drop_toolchain = False
    for argument in clean_patterns(arguments):
        try:
            query = _parse(argument, upgrade)
        except QueryError as error:
            faults.add(error)
            continue
        if query.version == "none" and query.pattern == "go":
            faults.add(ArgumentError("cannot use go@none"))
            continue
        if query.version == "none" and query.pattern == "toolchain":
            drop_toolchain = True
            continue
        if not arguments:
            query.raw = ""
        mistake = _file_argument(session, query)
        if mistake:
            faults.add(ArgumentError(mistake))
            continue
        queries.append(query)
    faults.stop()
    return tuple(queries), drop_toolchain


def _file_argument(session: Session, query: Query) -> str:
    """The error for an argument such as `x.go`, a common mistake; "" where it is none."""
    if not query.raw.endswith(".go") or query.raw_version:
        return ""
    if "/" not in query.raw:
        return f"{query.raw}: arguments must be package or module paths"
    path = query.raw if query.raw.startswith("/") else f"{session.settings.cwd}/{query.raw}"
    if session.files.exists(path) and not session.files.is_dir(path):
        return f"{query.raw} exists as a file, but 'go get' requires package arguments"
    return ""


def _parse(raw: str, upgrade: str) -> Query:
    pattern, raw_version, versioned = parse_path_version(raw)
    if versioned and (not raw_version or "@" in raw_version):
        raise ArgumentError(f"invalid module version syntax {quote(raw)}")
    query = Query(
        raw=raw,
        raw_version=raw_version,
        pattern=pattern,
        local=is_local_import(pattern) or pattern.startswith("/"),
        version=raw_version or upgrade or "upgrade",
    )
    _validate(query)
    return query


def _validate(query: Query) -> None:
    if query.local:
        if query.raw_version:
            raise ArgumentError(
                f"can't request explicit version {quote(query.raw_version)} of path"
                f" {quote(query.pattern)} in main module"
            )
        return
    if query.pattern == "all" and not ok_for_main_module(query.version):
        raise QueryUpgradesAllError(query.version)
    if query.pattern in META_PACKAGES and query.pattern != "all" and query.pattern != query.raw:
        if query.pattern == "tool":
            raise ArgumentError('can\'t request explicit version of "tool" pattern')
        raise ArgumentError(f"can't request explicit version of standard-library pattern {quote(query.pattern)}")


def main_module_error(session: Session, path: str, query: Query) -> QueryMatchesMainModulesError:
    """The refusal to move a main module to a version."""
    return QueryMatchesMainModulesError(
        main_modules=(ModuleVersion(path, ""),),
        pattern=query.pattern,
        query=query.version,
        pattern_is_module=session.main.contains(query.pattern),
    )
