# SPDX-License-Identifier: BSD-3-Clause
"""The files that the `//go:embed` patterns of a package match (cmd/go's load.ResolveEmbed).

Reference: the documentation of package embed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from govgo.core.module.paths import check_file_path
from govgo.core.module.patterns import glob_match
from govgo.core.walk import preorder
from govgo.errors import InvalidPathError, PackageError, PatternError
from govgo.load.packages.sourcetree import sources

if TYPE_CHECKING:
    from govgo.load.session.session import Session

_VCS_DIRS = frozenset({".bzr", ".hg", ".git", ".svn"})


class EmbedError(PackageError):
    """A pattern that embeds nothing, or something that cannot be embedded; `pattern` is as written."""

    code = "embed"

    def __init__(self, pattern: str, reason: str) -> None:
        super().__init__(f"pattern {pattern}: {reason}")
        self.pattern = pattern


def resolve_embed(session: Session, directory: str, patterns: Sequence[str]) -> list[str]:
    """The files that the patterns match, relative to `directory`, sorted.

    Raises:
        EmbedError: the first pattern that is malformed, matches nothing, or matches what cannot be embedded.
    """
    found: set[str] = set()
    for pattern in patterns:
        glob = pattern.removeprefix("all:")
        if not _is_valid(glob):
            raise EmbedError(pattern, "invalid pattern syntax")
        try:
            matched = _Embed(session, directory, hidden_too=glob != pattern).files(glob)
        except NotEmbeddableError as refusal:
            raise EmbedError(pattern, str(refusal)) from None
        if not matched:
            raise EmbedError(pattern, "no matching files found")
        found |= matched
    return sorted(found)


class NotEmbeddableError(PackageError):
    """Why a match cannot be embedded."""

    code = "embed-refused"


def _is_valid(glob: str) -> bool:
    if glob == "" or any(element in ("", ".", "..") for element in glob.split("/")):
        return False
    try:
        glob_match(glob, "")
    except PatternError:
        return False
    return True


def _is_bad_name(name: str) -> bool:
    """Whether a file or directory of that name never gets into a module."""
    try:
        check_file_path(name)
    except InvalidPathError:
        return True
    return name in _VCS_DIRS


class _Embed:
    """The search for the files of one pattern in one package directory."""

    def __init__(self, session: Session, directory: str, *, hidden_too: bool) -> None:
        self.session = session
        self.directory = directory
        self.hidden_too = hidden_too

    def files(self, glob: str) -> set[str]:
        found: set[str] = set()
        for relative, kind in self._glob(glob.split("/")):
            self._check_path(relative, kind)
            if kind == "file":
                found.add(relative)
            elif kind == "dir":
                below = list(self._walk(relative))
                if not below:
                    raise NotEmbeddableError(f"cannot embed directory {relative}: contains no embeddable files")
                found.update(below)
            else:
                raise NotEmbeddableError(f"cannot embed irregular file {relative}")
        return found

    def _entries(self, relative: str) -> Sequence[tuple[str, str]]:
        return sources(self.session).entries(f"{self.directory}/{relative}" if relative else self.directory)

    def _glob(self, elements: Sequence[str]) -> list[tuple[str, str]]:
        """(relative path, kind) of everything that matches, in order of names."""
        places = [("", "dir")]
        for element in elements:
            places = [
                (f"{place}/{name}" if place else name, kind)
                for place, _ in places
                for name, kind in self._entries(place)
                if glob_match(element, name)
            ]
        return places

    def _check_path(self, relative: str, kind: str) -> None:
        """Refuse a file in another module, behind a link, or with a name that a module zip cannot hold."""
        what = "directory" if kind == "dir" else "file"
        parts = relative.split("/")
        for depth in range(len(parts), 0, -1):
            place = "/".join(parts[:depth])
            inner = depth < len(parts)
            if self.session.files.exists(f"{self.directory}/{place}/go.mod"):
                raise NotEmbeddableError(f"cannot embed {what} {relative}: in different module")
            if inner and self._kind(place) != "dir":
                raise NotEmbeddableError(f"cannot embed {what} {relative}: in non-directory {place}")
            name = parts[depth - 1]
            if _is_bad_name(name):
                where = "in invalid directory" if inner else "invalid name"
                raise NotEmbeddableError(f"cannot embed {what} {relative}: {where} {name}")

    def _kind(self, relative: str) -> str:
        parent, _, name = relative.rpartition("/")
        return next((kind for entry, kind in self._entries(parent) if entry == name), "")

    def _walk(self, relative: str) -> Iterator[str]:
        """The files below an embedded directory, without hidden ones and nested modules."""
        return (path for path, kind in preorder((relative, "dir"), self._below) if kind == "file")

    def _below(self, entry: tuple[str, str]) -> Iterator[tuple[str, str]]:
        """What is in a directory, and its kind."""
        relative, kind = entry
        if kind != "dir" or self.session.files.exists(f"{self.directory}/{relative}/go.mod"):
            return
        for name, inner in self._entries(relative):
            path = f"{relative}/{name}"
            hidden = name[0] in "._"
            if not _is_bad_name(name) and (not hidden or self.hidden_too):
                yield path, inner
            elif inner != "dir" and not hidden:
                raise NotEmbeddableError(f"cannot embed file {path}: invalid name {name}")
