# SPDX-License-Identifier: BSD-3-Clause
"""Package patterns and the packages that they match (cmd/go's search and modload/search.go).

A pattern is an import path, perhaps with "..." in it; a directory ("./x", "/x", "./..."); or one of the words
all, std, cmd, tool, work. Local patterns live in `load/packages/localpatterns.py`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from os.path import isabs, join, normpath

from govgo.core.gosource import stdlib
from govgo.core.gosource.buildtags import TagSet
from govgo.core.gosource.imports import NoGoError
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.module.paths import is_local_import
from govgo.core.module.patterns import match_pattern, tree_can_match
from govgo.core.typehints import TYPE_CHECKING
from govgo.errors import DiskError, Failure, GovgoError, PatternError
from govgo.load.dependency.gomod import summary
from govgo.load.packages.imports import META_PACKAGES, dir_in_module, fetch, module_cache_prefix
from govgo.load.packages.sourcetree import sources

if TYPE_CHECKING:
    from govgo.load.session.session import Session


class MatchError(PatternError):
    """A fault met while matching `pattern`; `inner` is the fault."""

    code = "match"

    def __init__(self, match: Match, inner: BaseException) -> None:
        label = match.pattern if match.is_literal else f"pattern {match.pattern}"
        super().__init__(f"{label}: {inner}", inner=inner)
        self.pattern = match.pattern


class Match:
    """One pattern and what it matched so far.

    Attributes:
        pattern: the text.
        dirs: for a local pattern, the directories that may hold packages; None before the search.
        packages: import paths; None before the search.
        errors: faults of matching, not of loading what was matched.
    """

    __slots__ = ("dirs", "errors", "packages", "pattern")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.dirs: list[str] | None = None
        self.packages: list[str] | None = None
        self.errors: list[GovgoError] = []

    @property
    def is_meta(self) -> bool:
        """Whether it is a word for a set of packages."""
        return self.pattern in META_PACKAGES

    @property
    def is_literal(self) -> bool:
        """Whether it can match one package at most."""
        return "..." not in self.pattern and not self.is_meta

    @property
    def is_local(self) -> bool:
        """Whether it names directories."""
        return is_local_import(self.pattern) or isabs(self.pattern)

    def add_error(self, error: Failure) -> None:
        """Keep a fault of matching."""
        self.errors.append(MatchError(self, error))


class IgnorePatterns:
    """The `ignore` directives of one go.mod: "x" is any directory x, "./x" the one at the module's root."""

    __slots__ = ("_anywhere", "_at_root")

    def __init__(self, patterns: Sequence[str]) -> None:
        self._at_root = tuple(_slashed(p[2:]) for p in patterns if p.startswith("./"))
        self._anywhere = tuple(_slashed(p) for p in patterns if not p.startswith("./"))

    def covers(self, directory: str) -> bool:
        """Whether a directory, given relative to the module root ("." for itself), is ignored; "" lies outside."""
        if directory == "":
            return False
        place = _slashed(directory)
        return place.startswith(self._at_root) or any(part in place for part in self._anywhere)


def _slashed(path: str) -> str:
    path = path if path.startswith("/") else "/" + path
    return path if path.endswith("/") else path + "/"


def clean_patterns(patterns: Sequence[str]) -> list[str]:
    """Arguments in canonical form: "." for none, slashes, clean paths; what follows "@" in a query stays."""
    cleaned = []
    for pattern in patterns or ("",):
        if pattern == "" and not patterns:
            return ["."]
        path, version = pattern, ""
        if not is_local_import(pattern) and not isabs(pattern):
            cut = pattern.find("@")
            if cut >= 0:
                path, version = pattern[:cut], pattern[cut:]
        if isabs(path):
            path = normpath(path)
        else:
            path = path.replace("\\", "/")
            if path.startswith("./"):
                path = "./" + posixpath.normpath(path)
                path = "." if path == "./." else path
            else:
                path = posixpath.normpath(path)
        cleaned.append(path + version)
    return cleaned


def warn_unmatched(session: Session, matches: Sequence[Match]) -> None:
    """Warn of patterns that matched nothing although there was no error."""
    for match in matches:
        if not match.packages and not match.errors:
            session.report.note(f'warning: "{match.pattern}" matched no packages')


def match_packages(
    session: Session, match: Match, tags: TagSet, *, include_std: bool, modules: Sequence[ModuleVersion]
) -> None:
    """Set `match.packages` to the packages of `modules` (and the standard library) that the pattern matches.

    Faults of single modules or directories become `match.errors`.
    """
    walk = _Walk(session, match, tags)
    if include_std:
        walk.standard_library()
    if session.build_mod == "vendor":
        for main in session.main.modules:
            root = session.main.root(main)
            if root:
                walk.main_module(main, root)
        if session.mod_roots:
            walk.ignore = None
            walk.tree(session.vendor_dir, "", nested_modules=True)
    else:
        for mod in modules:
            walk.module(mod)
    match.packages = sorted(walk.found)


def match_in_module(session: Session, pattern: str, mod: ModuleVersion, tags: TagSet) -> Match:
    """The packages of one module version, in the build list or not, that match the pattern.

    Faults are not raised but stand in `.errors` of the answer.
    """
    match = Match(pattern)
    if not match.is_literal:
        match_packages(session, match, tags, include_std=False, modules=[mod])
        return match
    match.packages = []
    try:
        root, is_local = fetch(session, mod)
        directory, has_go = dir_in_module(session, pattern, mod.path, root, is_local=is_local)
        if has_go and _is_package(session, directory, tags):
            match.packages = [pattern]
    except Failure as error:
        match.errors = [error]
    return match


def _is_package(session: Session, directory: str, tags: TagSet) -> bool:
    """Whether the tags leave a Go file. A package with a file that cannot be read exists all the same."""
    try:
        sources(session).scan(directory, tags, indexed=directory.startswith(module_cache_prefix(session)))
    except NoGoError:
        return False
    except Failure:
        return True
    return True


class _Walk:
    """The search for the packages that match a pattern; a path found in two trees counts once."""

    def __init__(self, session: Session, match: Match, tags: TagSet) -> None:
        self.session = session
        self.match = match
        self.tags = tags
        self.found: list[str] = []
        self.ignore: IgnorePatterns | None = None
        self._have = {"builtin"}
        everything: Callable[[str], bool] = _always
        self.matches = everything if match.is_meta else match_pattern(match.pattern)
        self.can_match = everything if match.is_meta else tree_can_match(match.pattern)

    def standard_library(self) -> None:
        for name in stdlib.packages():
            if name not in self._have and self.matches(name):
                self._have.add(name)
                self.found.append(name)

    def module(self, mod: ModuleVersion) -> None:
        if is_toolchain(mod.path) or not self.can_match(mod.path):
            return
        session = self.session
        if session.main.contains(mod.path):
            root = session.main.root(mod)
            if root:
                self.main_module(mod, root)
            return
        try:
            root, is_local = fetch(session, mod)
        except Failure as error:
            self.match.add_error(error)
            return
        try:
            self.ignore = IgnorePatterns(summary(session, mod).ignore)
        except Failure:
            self.ignore = None
        self.tree(root, mod.path, nested_modules=not is_local)

    def main_module(self, mod: ModuleVersion, root: str) -> None:
        index = self.session.main.index(mod)
        self.ignore = IgnorePatterns(index.ignore if index is not None else ())
        self.tree(root, mod.path, nested_modules=False)

    def tree(self, root: str, prefix: str, *, nested_modules: bool) -> None:
        """Walk one tree, except what is below a directory called vendor.

        Args:
            root: its directory.
            prefix: import path of the root; "" for a vendor directory, whose root is not a package.
            nested_modules: whether to go on below a nested go.mod.
        """
        pending = [("dir", "", prefix)]
        while pending:
            kind, relative, name = pending.pop()
            directory = f"{root}/{relative}" if relative else root
            if relative and not self._enters(kind, directory, relative, name):
                continue
            if relative and not nested_modules and self.session.files.is_file_on_disk(join(directory, "go.mod")):
                continue
            if name and name not in self._have:
                self._have.add(name)
                if self.matches(name) and _is_package(self.session, directory, self.tags):
                    self.found.append(name)
            if relative.rpartition("/")[2] == "vendor":
                continue
            for entry, kind in reversed(self._entries(directory, root)):
                if kind not in ("dir", "link") or entry[0] in "._" or entry == "testdata":
                    continue
                below = f"{relative}/{entry}" if relative else entry
                pending.append((kind, below, f"{name}/{entry}" if name else entry))

    def _enters(self, kind: str, directory: str, relative: str, name: str) -> bool:
        """Whether the walk goes into an entry, a directory or a link; what it passes over is reported in its turn."""
        if self.ignore is not None and self.ignore.covers(relative):
            if kind == "dir" and self.session.settings.trace:
                self.session.report.raw(f"# ignoring directory {directory}")
            return False
        if not self.can_match(name):
            return False
        if kind == "link" and "..." in self.match.pattern and self.session.files.is_dir(directory):
            self.session.report.raw(f"warning: ignoring symlink {directory}")
        return kind == "dir"

    def _entries(self, directory: str, root: str) -> Sequence[tuple[str, str]]:
        try:
            return sources(self.session).entries(directory)
        except DiskError as error:
            if directory == root:  # go adds a slash, so that a root that is a link is followed
                error = DiskError(str(error).replace(f" {root}: ", f" {root}/: ", 1), path=root, inner=error)
            self.match.add_error(error)
            return ()


def _always(_path: str) -> bool:
    return True
