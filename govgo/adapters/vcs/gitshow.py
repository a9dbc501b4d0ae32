# SPDX-License-Identifier: BSD-3-Clause
"""Files as they were at a git reference (gitrevisions(7)), read by git-cat-file(1).

Only objects are read: no working tree, no filters, no hooks.

    GitTree    the files of one repository, as a workspace
    GitFiles   single files, each in the repository that holds its directory
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from govgo.adapters.vcs.git import NOT_INSTALLED, Git, GitError
from govgo.adapters.vcs.gitobjects import GitObjects
from govgo.adapters.workspace.tree import TreeFiles
from govgo.core.golib.quote import quote
from govgo.core.golib.url import mask_all
from govgo.core.records import NamedTuple
from govgo.core.vcs.revisionrange import split_range
from govgo.errors import DiskError, TooLargeError, UsageError
from govgo.ports.files import Workspace

_TIMEOUT_S = 60
_MOST_BYTES = 64 << 20
"""Of one object: a tree of a million files, or any source file."""
_KINDS = {b"40000": "dir", b"120000": "link", b"160000": "dir"}
"""By the mode of a tree's entry; a submodule is a directory, of which the repository has no files."""
_NO_FILES = b"160000"
_LONGEST_PATH = 4096
"""As PATH_MAX of Linux: what is deeper cannot be checked out, and a tree of a git repository may have any depth."""
CAREFUL = ("--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit")
"""Flags of git in a repository of the user's: nothing in it is written, and fewer of its settings name programs."""


class Commit(NamedTuple):
    """A commit, and the absolute root of the repository as seen from the directory that was asked about."""

    root: str
    id: str


def checkout_around(directory: str) -> str:
    """The nearest directory with a `.git`, from `directory` upwards (links are followed); "" for none.

    git has to be started there. On its way up it would take any directory with HEAD, objects and refs for a bare
    repository, and obey the settings in it, which name programs. Strangers can commit such a directory, but no `.git`;
    and git before 2.38 does not know safe.bareRepository.
    """
    above = os.path.realpath(directory)
    while not os.path.lexists(os.path.join(above, ".git")):
        if above == (above := os.path.dirname(above)):
            return ""
    return above


def find_commit(directory: str, ref: str, environ: Mapping[str, str], flag: str = "--since") -> Commit:
    """What a reference means in the repository around a directory; `A...B` is where the history of both parts.

    Raises:
        UsageError: there is no git, no repository, or no such commit; the sentence names `flag`.
    """
    first, dots, second = split_range(ref)
    if dots == "...":
        sides = [_commit(directory, each or "HEAD", environ, flag) for each in (first, second)]
        prefix = sides[0][0]
        said, _ = _git(flag, environ, directory, "merge-base", *(each for _, each in sides))
        commit = said.decode("ascii", "replace").strip()
        if not commit:
            error = UsageError(f"{flag} {quote(ref)}: no common ancestor in {directory}")
            error.hint = "a shallow clone may lack it: `git fetch --unshallow`"
            raise error
    else:
        prefix, commit = _commit(directory, ref, environ, flag)
    if not prefix:
        return Commit(directory, commit)
    if directory.endswith(f"/{prefix}"):
        return Commit(directory[: -len(prefix) - 1] or "/", commit)
    return Commit(os.path.realpath(directory)[: -len(prefix) - 1] or "/", commit)  # a link leads into the repository


def _commit(directory: str, ref: str, environ: Mapping[str, str], flag: str) -> tuple[str, str]:
    """(the directory seen from the root of its repository, the object id of a commit)."""
    wanted = ref if ref.startswith(":/") else f"{ref}^{{commit}}"  # :/TEXT is a commit, and all behind it is text
    said, why = _git(
        flag, environ, directory, "rev-parse", "--show-prefix", "--verify", "--quiet", "--end-of-options", wanted
    )
    above, _, commit = said.rstrip(b"\n").rpartition(b"\n")
    if not commit.isalnum():  # `^A` gives a commit to leave out
        raise UsageError(f"{flag} {quote(mask_all(ref))}: no such commit in {directory}" + (f": {why}" if why else ""))
    below = os.path.realpath(directory).removeprefix(os.path.realpath(_start(directory, environ))).strip("/")
    prefix = posixpath.join(os.fsdecode(above).rstrip("\n/"), below)
    return prefix.rstrip("/"), commit.decode("ascii", "replace")


class GitTree(TreeFiles):
    """The files of a commit where they would be checked out. Trees are read as they are looked into."""

    def __init__(
        self,
        commit: Commit,
        environ: Mapping[str, str],
        outside: Workspace | None = None,
        *,
        start: str = "",
        apart: Sequence[str] = (),
    ) -> None:
        """Start git, which waits for questions until `close`.

        Args:
            commit: its root need not exist where another directory is named to start in.
            environ: the environment of git.
            outside: the files elsewhere.
            start: where git is started; "" for the root of the commit.
            apart: as in `TreeFiles`.

        Raises:
            DiskError: git cannot be run, or the repository lacks the commit.
        """
        super().__init__(commit.root, outside, apart)
        self._digest_size = len(commit.id) // 2
        self._objects = GitObjects(Git(environ), start or commit.root, flags=CAREFUL, is_bare=False)
        try:
            self._trees = {"": self._tree(f"{commit.id}^{{tree}}")}
        except DiskError:
            self._objects.close()
            raise

    def close(self) -> None:
        """End the git process."""
        self._objects.close()

    def kind_of(self, name: str) -> str:
        """The kind of an entry, "" for none."""
        if not name:
            return "dir"
        entry = self._entry(name)
        return "" if entry is None else _KINDS.get(entry[0], "file")

    def names_in(self, name: str) -> Sequence[tuple[str, str]]:
        """What is in a directory."""
        listed = ((os.fsdecode(base), _KINDS.get(mode, "file")) for base, (mode, _) in self._directory(name).items())
        return sorted(listed, key=lambda item: os.fsencode(item[0]))

    def content_of(self, name: str) -> bytes:
        """The blob of a file or link.

        Raises:
            DiskError: the repository lacks it.
        """
        entry = self._entry(name)
        assert entry is not None, "asked for what is there"
        return self._object(entry[1], name)

    def _entry(self, name: str) -> tuple[bytes, str] | None:
        if len(name) > _LONGEST_PATH:
            return None
        parent, base = posixpath.split(name)
        return self._directory(parent).get(os.fsencode(base))

    def _directory(self, name: str) -> dict[bytes, tuple[bytes, str]]:
        """The entries of a directory, none of what is not one."""
        missing = []
        while name not in self._trees:
            missing.append(name)
            name = posixpath.dirname(name)
        known = self._trees[name]
        for path in reversed(missing):
            entry = known.get(os.fsencode(posixpath.basename(path)))
            is_tree = entry is not None and _KINDS.get(entry[0]) == "dir" and entry[0] != _NO_FILES
            known = self._trees[path] = self._tree(entry[1], path) if entry is not None and is_tree else {}
        return known

    def _tree(self, name: str, shown: str = ".") -> dict[bytes, tuple[bytes, str]]:
        data = self._object(name, shown)
        try:
            return {base: (mode, digest) for mode, base, digest in _tree_entries(data, self._digest_size)}
        except ValueError:
            raise DiskError(f"git cat-file: {shown}: not a tree", path=shown) from None

    def _object(self, name: str, shown: str) -> bytes:
        try:
            found = self._objects.read(name, _MOST_BYTES)
        except (GitError, TooLargeError) as error:
            raise DiskError(f"{shown}: {error}", path=shown, inner=error) from error
        if found is None:
            raise DiskError(f"git cat-file: {shown}: the repository lacks this object", path=shown)
        return found.data


def _tree_entries(data: bytes, digest_size: int) -> Iterator[tuple[bytes, bytes, str]]:
    r"""(mode, name, object id) of a tree object: `mode SP name NUL digest`, again and again (gitformat-tree)."""
    at = 0
    while at < len(data):
        space, end = data.index(b" ", at), data.index(b"\0", at)
        stop = end + 1 + digest_size
        yield data[at:space], data[space + 1 : end], data[end + 1 : stop].hex()
        at = stop


class GitFiles:
    """The files at one reference; each in the repository that holds its directory."""

    def __init__(self, ref: str, environ: Mapping[str, str]) -> None:
        """Git is not run yet; it gets this environment."""
        self._environ = environ
        self._commit = cache(lambda directory: find_commit(directory, ref, environ))

    def read(self, path: str) -> bytes | None:
        """The bytes that a file, named by its present absolute path, had at the reference; None where it did not exist.

        Raises:
            UsageError: there is no git, no repository, or no such reference.
            DiskError: the repository lacks the file's object.
        """
        directory, name = posixpath.split(path)
        commit = self._commit(directory)
        if not path.startswith(f"{commit.root.rstrip('/')}/"):
            path = posixpath.join(os.path.realpath(directory), name)
        tree = GitTree(commit, self._environ)
        try:
            return tree.read(path) if tree.is_file(path) else None
        finally:
            tree.close()


def _start(directory: str, environ: Mapping[str, str]) -> str:
    """Where git is started for a directory: where a repository was named by GIT_DIR, in the directory itself."""
    return directory if environ.get("GIT_DIR") else checkout_around(directory) or directory


def _git(flag: str, environ: Mapping[str, str], directory: str, *args: str) -> tuple[bytes, str]:
    """What git prints; of one that fails nothing, and what it complains of in one line."""
    try:
        return Git(environ, timeout_s=_TIMEOUT_S).run([*CAREFUL, *args], _start(directory, environ)), ""
    except GitError as error:
        if not error.was_ended:
            return b"", " ".join(error.stderr.split())
        if str(error).endswith(NOT_INSTALLED):
            raise UsageError(f"{flag} needs git, which was not found") from error
        raise UsageError(f"{flag}: {error}") from error
