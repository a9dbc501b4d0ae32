# SPDX-License-Identifier: BSD-3-Clause
"""Commits of git repositories that nobody vouches for.

git obeys the settings of the repository that it runs in, and some of them name programs: the transport of a remote from
which a missing object would be fetched, a monitor of files, filters. So git never runs in such a repository. It runs in
an empty one of our own, whose settings are ours, with GIT_OBJECT_DIRECTORY for the objects; refs are read here. Only
`git cat-file` is run, which calls no hook; objects that are missing are not fetched.

A remote repository is fetched as those of modules are, into the clone that the module cache keeps for its URL.

Source: git(1), "Environment variables"; gitrepository-layout(5); gitrevisions(7), "<refname>".
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack, suppress

from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.temporary import new_directory
from govgo.adapters.vcs.git import Git, GitError
from govgo.adapters.vcs.gitclone import GitClone, uses_sha256
from govgo.adapters.vcs.gitshow import Commit, GitTree
from govgo.core.golib.quote import quote
from govgo.core.golib.url import mask_all
from govgo.core.lazyregex import late
from govgo.core.vcs.gitrefs import HEADS, MIN_HASH_DIGITS, SHA1_DIGITS, SHA256_DIGITS, TAGS, is_hex, parse_refs
from govgo.errors import DiskError, Failure, NotFoundError, UsageError

HEAD = "HEAD"
_TIMEOUT_S = 60.0
_MOST_REF_BYTES = 4096
_MOST_PACKED_BYTES = 256 << 20
_MOST_STEPS = 5
"""Symbolic refs that lead to each other, as in git (SYMREF_MAXDEPTH)."""
_REF = late(r"(?!/|.*//|.*\.\.|.*/\.|.*\.lock(?:/|$))[A-Za-z0-9_@+.,=%/-]+")
"""Names of refs that mean nothing else to git, and lie below the directory of refs (git-check-ref-format(1))."""
_PLACES = (
    *("{}", "refs/{}", f"{TAGS}{{}}", f"{HEADS}{{}}", "refs/remotes/{}", f"refs/remotes/{{}}/{HEAD}"),
    "refs/remotes/origin/{}",
)
"""Where a name is looked for: git's places in their order, then the branches of what this is a clone of."""


def git_directory(directory: str) -> str:
    """The git directory of a checkout, or a bare repository itself; "" for what is neither.

    A `.git` file, as a worktree and a submodule have it, names the directory.
    """
    inside = os.path.join(directory, ".git")
    if os.path.isfile(inside):
        text = _small_file(inside).strip()
        named = text.removeprefix(b"gitdir:").strip()
        inside = os.path.join(directory, os.fsdecode(named)) if named and named != text else ""
    for each in (inside, directory):
        if each and os.path.isfile(f"{each}/HEAD") and os.path.isdir(f"{_common(each)}/objects"):
            return os.path.realpath(each)
    return ""


class ForeignTree(GitTree):
    """The files of a commit; nothing lies outside.

    Attributes:
        commit: its name.
    """

    def __init__(self, git_dir: str, rev: str, mount: str, environ: Mapping[str, str]) -> None:
        """Find the commit, and start git, which waits for questions until `close`.

        Args:
            git_dir: of the repository, as by `git_directory`.
            rev: a name of a ref or a commit.
            mount: where its root is seen.
            environ: what git gets of the environment; variables that name repositories are left out.

        Raises:
            NotFoundError: no such commit.
            UsageError: there is no git.
            DiskError: the repository cannot be read.
        """
        with ExitStack() as held:
            self._own = held.enter_context(new_directory("govgo-git-"))
            _lay_out(self._own, is_sha256=uses_sha256(_small_file(f"{_common(git_dir)}/config", 1 << 20)))
            known = {name: value for name, value in environ.items() if not name.startswith("GIT_")}
            safe = {
                **known,
                "GIT_DIR": self._own,
                "GIT_OBJECT_DIRECTORY": f"{_common(git_dir)}/objects",
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_NO_REPLACE_OBJECTS": "1",
                "GIT_NO_LAZY_FETCH": "1",
                "GIT_ALLOW_PROTOCOL": "",
            }
            self.commit = _commit_of(_find(git_dir, rev), rev, safe)
            super().__init__(Commit(mount, self.commit), safe, start=self._own)
            self._held = held.pop_all()

    def close(self) -> None:
        """End git, and remove the directory that it ran in."""
        super().close()
        self._held.close()


def _lay_out(directory: str, *, is_sha256: bool) -> None:
    """Make an empty bare repository: git would copy hooks and settings from its templates."""
    config = f"[core]\n\trepositoryformatversion = {int(is_sha256)}\n\tbare = true\n"
    config += "[extensions]\n\tobjectformat = sha256\n" if is_sha256 else ""
    try:
        for name in ("objects", "refs"):
            os.mkdir(f"{directory}/{name}")
        for name, text in (("HEAD", f"ref: {HEADS}none\n"), ("config", config)):
            with open(f"{directory}/{name}", "w", encoding="ascii") as file:
                file.write(text)
    except OSError as error:
        raise disk_error("write", directory, error) from error


def _commit_of(found: str, rev: str, environ: Mapping[str, str]) -> str:
    """The commit that an object is, or that a tag leads to."""
    git = Git(environ, timeout_s=_TIMEOUT_S)
    args = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{found}^{{commit}}"]
    try:
        return git.run(args, "/", git_dir=environ["GIT_DIR"]).decode("ascii", "replace").strip()
    except GitError as error:
        if error.was_ended:
            raise
        if found.startswith(rev):
            raise NotFoundError(f"{quote(rev)} is not a commit of the repository") from error
        why = "it is damaged, or a clone without all objects"
        raise NotFoundError(f"{quote(rev)} is {found}, which is no commit that the repository has; {why}") from error


def ask_remote(git: Git, url: str, ref: str, gomodcache: str) -> RemoteCommit:
    """Ask a remote repository which commit a ref is.

    Args:
        git: to run.
        url: of the repository.
        ref: a branch, a tag or a whole commit name; "" for HEAD.
        gomodcache: the module cache, which holds the clone.

    Raises:
        NotFoundError: no such ref.
        GovgoError: the repository cannot be asked.
    """
    wanted = ref or HEAD
    if is_hex(wanted) and len(wanted) in (SHA1_DIGITS, SHA256_DIGITS):
        return RemoteCommit(git, url, wanted, gomodcache)
    refs = parse_refs(git.run(["ls-remote", "-q", "--end-of-options", url], "/", remote=url))
    for name in (TAGS + wanted, HEADS + wanted, wanted):
        if refs.get(name):
            return RemoteCommit(git, url, refs[name], gomodcache)
    raise NotFoundError(f"{mask_all(url)}: unknown revision {quote(wanted)}")


class RemoteCommit:
    """One commit of a remote repository.

    Attributes:
        commit: its name.
    """

    def __init__(self, git: Git, url: str, commit: str, gomodcache: str) -> None:
        self.commit = commit
        self._git, self._url, self._gomodcache = git, url, gomodcache

    def fetch(self) -> str:
        """Fetch it, unless the clone has it; the git directory.  Raises GovgoError."""
        clone = GitClone(self._git, self._url, self._gomodcache)
        with clone.lock():
            if not clone.exists or (clone.digits() == SHA256_DIGITS) != (len(self.commit) == SHA256_DIGITS):
                clone.create(sha256=len(self.commit) == SHA256_DIGITS)
            if not self._is_there(clone):
                try:
                    clone.fetch_one(f"{self.commit}:refs/dummy")
                except Failure:  # an old or odd server may refuse to send a commit by its name
                    clone.fetch_all()
        return clone.directory

    def _is_there(self, clone: GitClone) -> bool:
        if clone.is_empty:
            return False
        with suppress(Failure):
            clone.run("cat-file", "-e", f"{self.commit}^{{tree}}")
            return True
        return False


def _find(git_dir: str, rev: str) -> str:
    """The object that a name means, in git's order of places."""
    if not _REF.fullmatch(rev):
        raise NotFoundError(f"{quote(rev)}: not the name of a branch, a tag or a commit")
    if os.path.isdir(f"{_common(git_dir)}/reftable"):
        raise DiskError(f"{git_dir}: its refs are kept as a reftable, which is not read", path=git_dir)
    packed = _small_file(f"{_common(git_dir)}/packed-refs", _MOST_PACKED_BYTES)
    for pattern in _PLACES:
        found = _read_ref(git_dir, pattern.format(rev), packed)
        if found:
            return found
    if is_hex(rev) and MIN_HASH_DIGITS <= len(rev) <= SHA256_DIGITS:
        return rev
    raise NotFoundError(f"unknown revision {quote(rev)}")


def _read_ref(git_dir: str, name: str, packed: bytes) -> str:
    for _ in range(_MOST_STEPS):
        if "/" not in name and not name.isupper():
            return ""  # only names such as HEAD stand beside refs/
        text = ""
        for base in (git_dir, _common(git_dir)):
            with suppress(DiskError):
                text = text or _small_file(f"{base}/{name}").decode("utf-8", "replace").strip()
        if not text.startswith("ref:"):
            commit = text or _packed_ref(packed, name)
            return commit if is_hex(commit) and len(commit) in (SHA1_DIGITS, SHA256_DIGITS) else ""
        name = text.removeprefix("ref:").strip()
        if not _REF.fullmatch(name):
            return ""
    return ""


def _packed_ref(packed: bytes, name: str) -> str:
    """What a line "COMMIT NAME" says, "" where there is none. The lines may be millions: they are not taken apart."""
    end = packed.find(b" " + os.fsencode(name) + b"\n")
    return packed[packed.rfind(b"\n", 0, end) + 1 : end].decode("ascii", "replace") if end >= 0 else ""


def _common(git_dir: str) -> str:
    """The directory that the worktrees of a repository share."""
    named = os.fsdecode(_small_file(f"{git_dir}/commondir").strip())
    return os.path.normpath(os.path.join(git_dir, named)) if named else git_dir


def _small_file(path: str, most_bytes: int = _MOST_REF_BYTES) -> bytes:
    """The bytes of a regular file, b"" where there is none.

    Raises:
        DiskError: it cannot be read, or is larger.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            # Not more room than that: Python takes all of it at once.
            data = file.read(min(os.fstat(descriptor).st_size, most_bytes) + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return b""
    except OSError as error:
        raise disk_error("open", path, error) from error
    if len(data or b"") > most_bytes:
        raise DiskError(f"read {path}: larger than {most_bytes} bytes", path=path)
    return data or b""


def check_url(url: str) -> None:
    """Refuse what git would take for a program to run, or for a flag.  Raises UsageError."""
    scheme = url.partition("://")[0]
    if url.startswith("-") or "::" in scheme or scheme not in ("https", "http", "ssh", "git", "file"):
        raise UsageError(f"{mask_all(url)}: not the URL of a git repository: https, ssh, git, http and file are")
