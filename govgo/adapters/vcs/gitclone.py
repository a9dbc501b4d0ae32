# SPDX-License-Identifier: BSD-3-Clause
"""The bare clone of a remote git repository in the module cache: its place, its lock, and what is in it.

    GOMODCACHE/cache/vcs/HASH         the clone; HASH is the SHA-256 of `git3:URL`
    GOMODCACHE/cache/vcs/HASH.info    `git3:URL`
    GOMODCACHE/cache/vcs/HASH.lock    the lock of both

The go command uses the same directories, layout and locks.

Source: cmd/go/internal/modfetch/codehost (git.go; WorkDir in codehost.go); gitrepository-layout(5), git-config(1).
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import AbstractContextManager, suppress
from glob import escape as glob_escape
from glob import glob
from hashlib import sha256
from typing import BinaryIO

from govgo.adapters.disk import modes
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import locked, reading
from govgo.adapters.disk.trees import make_dirs, remove_tree
from govgo.adapters.vcs.git import MAX_OUTPUT_BYTES, Git, GitError
from govgo.adapters.vcs.gitobjects import GitObjects
from govgo.core.golib.quote import quote
from govgo.core.golib.url import mask
from govgo.core.lazyregex import late
from govgo.core.vcs.gitrefs import HEADS, SHA1_DIGITS, SHA256_DIGITS, TAGS
from govgo.errors import CacheCorruptError, DiskError, TooLargeError, UsageError

REMOTE = "origin"
"""The name of the remote repository in its clone."""
MAX_CLONE_BYTES = 256 << 30
"""So much may be fetched into a clone. It is more than any of the large hosts allows (250 GB; 10 GB are many)."""
_KIND = "git3"
_MAX_INFO_BYTES = 1 << 16
# Put in the clone's own attributes, which win over those of the commit: an archive must hold every file as it is,
# not with what .gitattributes substitutes or leaves out (golang.org/issue/27153).
_ATTRIBUTES = b"\n* -export-subst -export-ignore\n"
_SHA256_SETTING = late(rb"^[^\S\n]*+objectformat\s*=\s*\"?sha256", re.MULTILINE | re.IGNORECASE)
_DIRECTORIES = ("refs/heads", "refs/tags", "objects/info", "objects/pack")  # with objects/, a clone exists
_IN_QUOTES = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\t": r"\t"}


def uses_sha256(config: bytes) -> bool:
    """Whether the settings of a repository say that its hashes are SHA-256."""
    return _SHA256_SETTING.search(config) is not None


def open_vcs_dir(gomodcache: str, url: str) -> str:
    """The directory for the clone of `url`; it is made, empty, where it or its .info file is missing or not the user's.

    Raises:
        UsageError: there is no module cache.
        CacheCorruptError: the directory belongs to another repository.
        DiskError: it cannot be made.
    """
    if not gomodcache:
        raise UsageError("neither GOPATH nor GOMODCACHE are set")
    key = f"{_KIND}:{url}"
    parent = os.path.join(gomodcache, "cache/vcs")
    directory = f"{parent}/{sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()}"
    make_dirs(parent)
    with locked(directory + ".lock"):
        known = _read_info(directory + ".info")
        if known is not None and _is_ours(directory):
            have = known.decode("utf-8", "surrogateescape").removesuffix("\n")
            if have != key:
                text = f"{directory}.info exists with wrong content (have {quote(have)} want {quote(key)})"
                raise CacheCorruptError(text)
            return directory
        _make_vcs_dir(directory, key)
    return directory


def _is_ours(directory: str) -> bool:
    """Whether a clone is there, and nobody else can have put settings or hooks into it, for git would run them.

    git looks at the owner itself (safe.directory), but not where GIT_DIR names the clone, as it does here.
    """
    user = os.geteuid()
    try:
        found = os.lstat(directory)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != user:
            return False
        for place in filter(os.path.lexists, (directory, f"{directory}/hooks", f"{directory}/info")):
            with os.scandir(place) as entries:
                if any(each.is_symlink() or each.stat(follow_symlinks=False).st_uid != user for each in entries):
                    return False
    except OSError:
        return False
    return True


def remove_vcs_dir(directory: str) -> None:
    """Remove a clone that could not be made whole, or that is not to be used; the lock must be held."""
    with suppress(DiskError):
        remove_tree(directory)


def _make_vcs_dir(directory: str, key: str) -> None:
    remove_vcs_dir(directory)
    if os.path.lexists(directory):
        text = f"{directory} belongs to another user and cannot be replaced"
        raise DiskError(text, path=directory, hint="set GOMODCACHE to a directory of your own")
    info = directory + ".info"
    try:
        os.makedirs(directory)
        descriptor = os.open(info, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, modes.FILE)
        with open(descriptor, "wb") as f:
            f.write(key.encode("utf-8", "surrogateescape"))
    except OSError as err:
        remove_vcs_dir(directory)
        raise disk_error("open", info, err) from err


def _read_info(path: str) -> bytes | None:
    try:
        with reading(path) as f:
            return f.read(_MAX_INFO_BYTES)
    except OSError:
        return None


class GitClone:
    """The bare clone of a remote repository.

    Attributes:
        has_all: whether `fetch_all` has been done by this process.
        is_own: whether this process has made the repository: its tags are then those of the remote one.
        is_empty: whether, besides, nothing was fetched yet.
        objects: reads what is in it.
    """

    def __init__(self, git: Git, url: str, gomodcache: str) -> None:
        """Find or make the directory for `url`; git has not been run in it if it is new.

        Raises:
            GovgoError: the directory cannot be used.
        """
        self.has_all = False
        self.is_own = False
        self.is_empty = False
        self._git = git
        self._url = url
        self._dir = open_vcs_dir(gomodcache, url)
        self.objects = GitObjects(git, self._dir)

    @property
    def directory(self) -> str:
        """The bare repository: `cache/vcs/HASH` in the module cache."""
        return self._dir

    def lock(self) -> AbstractContextManager[int]:
        """Hold the lock that every program, go too, takes before it changes the clone."""
        return locked(self._dir + ".lock")

    @property
    def exists(self) -> bool:
        """Whether the repository is made."""
        return os.path.exists(self._dir + "/objects")

    def create(self, *, sha256: bool) -> None:
        """Make the repository, for hashes of the given kind, in the place of what is there; the lock must be held.

        Its few files are written here: git would need two processes, and copy hooks from its templates.

        Raises:
            DiskError: it could not be made.
        """
        url = "".join(_IN_QUOTES.get(c, c) for c in self._url)
        config = (
            f"[core]\n\trepositoryformatversion = {int(sha256)}\n\tfilemode = true\n\tbare = true\n"
            + ("[extensions]\n\tobjectformat = sha256\n" if sha256 else "")
            + f'[remote "{REMOTE}"]\n\turl = "{url}"\n\tfetch = +{HEADS}*:refs/remotes/{REMOTE}/*\n'
        )
        self.objects.close()
        remove_vcs_dir(self._dir)
        try:
            os.mkdir(self._dir)
            for name, text in (("HEAD", f"ref: {HEADS}master\n"), ("config", config)):
                with open(f"{self._dir}/{name}", "wb") as f:
                    f.write(text.encode("utf-8", "surrogateescape"))
            for name in _DIRECTORIES:
                os.makedirs(f"{self._dir}/{name}", exist_ok=True)
        except OSError as err:
            remove_vcs_dir(self._dir)
            raise disk_error("mkdir", self._dir, err) from err
        self.is_own = self.is_empty = True
        self.has_all = False

    def digits(self) -> int:
        """How many digits a hash of this repository has."""
        with suppress(OSError), reading(self._dir + "/config") as f:
            if uses_sha256(f.read()):
                return SHA256_DIGITS
        return SHA1_DIGITS

    def tags(self) -> set[str]:
        """The tags that are in the clone; none where git cannot tell."""
        if self.is_empty:
            return set()
        try:
            return set(self.run("tag", "-l").decode("utf-8", "surrogateescape").split("\n")) - {""}
        except GitError:
            return set()

    def fetch_one(self, refspec: str) -> None:
        """Fetch one commit without its history; the lock must be held.

        Raises:
            GitError: git failed; an old or odd server may refuse.
            TooLargeError: there is no end to it.
        """
        # Version 1 of the protocol loses tags of the commit (golang.org/issue/56881). There is nothing to tidy up in a
        # clone that was empty, and looking for that costs a process.
        settings = ["-c", "protocol.version=2", *(("-c", "maintenance.auto=false") if self.is_empty else ())]
        self.is_empty = False
        self._fetch(*settings, "fetch", "-f", "--depth=1", "--end-of-options", REMOTE, refspec)

    def fetch_all(self) -> None:
        """Fetch all branches and tags with their history; the lock must be held.

        Raises:
            GitError: git failed.
            TooLargeError: there is no end to it.
        """
        if self.has_all:
            return
        self.is_empty = False
        # In two steps: git up to 2.23 at least makes mistakes when one command does both.
        self._fetch("fetch", "-f", "--end-of-options", REMOTE, f"{HEADS}*:{HEADS}*", f"{TAGS}*:{TAGS}*")
        if os.path.exists(self._dir + "/shallow"):
            self._fetch("fetch", "--unshallow", "-f", "--end-of-options", REMOTE)
        self.has_all = True

    def _fetch(self, *args: str) -> None:
        try:
            self._git.run(args, self._dir, git_dir=self._dir, remote=self._url, check=self._check_size)
        except BaseException:
            # git leaves there what had come until it was ended, or the disk was full, and removes it after two weeks.
            for place in glob(f"{glob_escape(self._dir)}/objects/*/tmp_*"):
                with suppress(OSError):
                    os.remove(place)
            raise

    def _check_size(self) -> None:
        size = 0
        for place in glob(f"{glob_escape(self._dir)}/objects/*/*"):
            with suppress(OSError):
                size += os.lstat(place).st_size
        if size > MAX_CLONE_BYTES:
            text = f"git repository {mask(self._url)} has more than {MAX_CLONE_BYTES} bytes"
            raise TooLargeError(text, limit_bytes=MAX_CLONE_BYTES)

    def ignore_export_attributes(self) -> None:
        """Make `git archive` ignore the repository's .gitattributes (see `_ATTRIBUTES`); the lock must be held.

        Raises:
            DiskError: the file that says so could not be written.
        """
        path = self._dir + "/info/attributes"
        try:
            os.makedirs(self._dir + "/info", exist_ok=True)
            with open(path, "a+b") as f:
                f.seek(0)
                if not f.read().endswith(_ATTRIBUTES):
                    f.write(_ATTRIBUTES)
        except OSError as err:
            raise disk_error("open", path, err) from err

    def run(self, *args: str, sink: BinaryIO | None = None, limit_bytes: int = MAX_OUTPUT_BYTES) -> bytes:
        """Run git in the clone; the rest as for `Git.run`."""
        return self._git.run(args, self._dir, git_dir=self._dir, remote=self._url, sink=sink, limit_bytes=limit_bytes)
