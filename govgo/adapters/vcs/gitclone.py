# SPDX-License-Identifier: BSD-3-Clause
"""The bare git repository in the module cache into which a remote one is fetched.

    GOMODCACHE/cache/vcs/HASH         the repository; HASH is the SHA-256 of `git3:URL`
    GOMODCACHE/cache/vcs/HASH.info    `git3:URL`
    GOMODCACHE/cache/vcs/HASH.lock    the lock of both

The go command uses the same directories, layout and locks.

Source: cmd/go/internal/modfetch/codehost (WorkDir, newGitRepo, fetchRefsLocked, ensureGitAttributes).
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import BinaryIO

from govgo.adapters.attribution import prefixed
from govgo.adapters.disk import modes
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import locked
from govgo.adapters.vcs.git import MAX_OUTPUT_BYTES, Git, GitError
from govgo.core.golib.quote import quote
from govgo.core.vcs.gitrefs import HEADS, SHA1_DIGITS, SHA256_DIGITS, TAGS
from govgo.core.version import semver
from govgo.errors import CacheCorruptError, UsageError

_KIND = "git3"
_MAX_INFO_BYTES = 1 << 16


def open_vcs_dir(gomodcache: str, url: str) -> str:
    """The directory for the clone of `url`, made empty where it or its .info file is missing; + ".lock" is its lock.

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
    try:
        os.makedirs(parent, exist_ok=True)
    except OSError as err:
        raise disk_error("mkdir", parent, err) from err
    with locked(directory + ".lock"):
        known = _read(directory + ".info")
        if known is not None and os.path.isdir(directory):
            have = known.decode("utf-8", "surrogateescape").removesuffix("\n")
            if have != key:
                text = f"{directory}.info exists with wrong content (have {quote(have)} want {quote(key)})"
                raise CacheCorruptError(text)
            return directory
        _make(directory, key)
    return directory


def remove_vcs_dir(directory: str) -> None:
    """Remove a clone that could not be made whole; the lock must be held."""
    shutil.rmtree(directory, ignore_errors=True)


def _make(directory: str, key: str) -> None:
    remove_vcs_dir(directory)
    info = directory + ".info"
    try:
        os.makedirs(directory)
        descriptor = os.open(info, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, modes.FILE)
        with open(descriptor, "wb") as f:
            f.write(key.encode("utf-8", "surrogateescape"))
    except OSError as err:
        remove_vcs_dir(directory)
        raise disk_error("open", info, err) from err


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as f:
            return f.read(_MAX_INFO_BYTES)
    except OSError:
        return None


REMOTE = "origin"
_VERSION = re.compile(r"git version\s+(\d+\.\d+(?:\.\d+)?)")
_OBJECT_FORMAT_SINCE = "v2.29"
# Archives must not depend on what is exported where (golang.org/issue/27153).
_ATTRIBUTES = b"\n* -export-subst -export-ignore\n"


class GitClone:
    """A bare clone.

    Attributes:
        has_all: whether `fetch_all` has been done.
    """

    def __init__(self, git: Git, url: str, gomodcache: str) -> None:
        """Take the directory in the module cache that is for `url`; the repository in it may not be made yet.

        Raises:
            GovgoError: the directory cannot be used.
        """
        self.has_all = False
        self._git = git
        self._url = url
        self._dir = open_vcs_dir(gomodcache, url)

    def lock(self) -> AbstractContextManager[int]:
        """Hold the lock that every program takes that changes the clone."""
        return locked(self._dir + ".lock")

    @property
    def exists(self) -> bool:
        """Whether the repository is made."""
        return os.path.exists(self._dir + "/objects")

    def create(self, *, sha256: bool) -> None:
        """Make the repository, for hashes of the given kind; the lock must be held.

        Raises:
            GitError: it could not be made.
        """
        try:
            found = _VERSION.match(self._git.run(["version"], self._dir).decode("utf-8", "replace"))
        except GitError as err:
            raise prefixed(err, "unable to resolve git version: failed to execute git version: ") from err
        words = ["init", "--bare"]
        if sha256:
            words.append("--object-format=sha256")
        elif found is not None and semver.compare(_OBJECT_FORMAT_SINCE, "v" + found[1]) <= 0:
            words.append("--object-format=sha1")
        try:
            self._git.run(words, self._dir)
            self.run("remote", "add", REMOTE, "--", self._url)
        except BaseException:
            remove_vcs_dir(self._dir)
            raise

    def digits(self) -> int:
        """How many digits a hash has."""
        try:
            found = self.run("config", "extensions.objectformat").strip()
        except GitError:
            return SHA1_DIGITS
        return SHA256_DIGITS if found == b"sha256" else SHA1_DIGITS

    def fetch_all(self) -> None:
        """Fetch all branches and tags with their history; the lock must be held.

        Raises:
            GitError: git failed.
        """
        if self.has_all:
            return
        # First all refs, then what is missing below them: git up to 2.23 at least gets both at once wrong.
        self.run("fetch", "-f", "--end-of-options", REMOTE, f"{HEADS}*:{HEADS}*", f"{TAGS}*:{TAGS}*")
        if os.path.exists(self._dir + "/shallow"):
            self.run("fetch", "--unshallow", "-f", "--end-of-options", REMOTE)
        self.has_all = True

    def ignore_export_attributes(self) -> None:
        """Let archives hold every file as it is; the lock must be held.

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
        """Run git in the repository; as `Git.run`."""
        return self._git.run(args, self._dir, git_dir=self._dir, sink=sink, limit_bytes=limit_bytes)
