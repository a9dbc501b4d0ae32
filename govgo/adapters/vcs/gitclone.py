# SPDX-License-Identifier: BSD-3-Clause
"""The bare git repository in the module cache that takes in what is fetched of a remote one.

Source: cmd/go/internal/modfetch/codehost (newGitRepo, fetchRefsLocked, ensureGitAttributes).
"""

from __future__ import annotations

import os
import re
from contextlib import AbstractContextManager
from typing import BinaryIO

from govgo.adapters.attribution import prefixed
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import locked
from govgo.adapters.vcs.clonedir import open_vcs_dir, remove_vcs_dir
from govgo.adapters.vcs.git import MAX_OUTPUT_BYTES, Git, GitError
from govgo.core.vcs.gitrefs import HEADS, SHA1_DIGITS, SHA256_DIGITS, TAGS
from govgo.core.version import semver

REMOTE = "origin"
_VERSION = re.compile(r"git version\s+(\d+\.\d+(?:\.\d+)?)")
_OBJECT_FORMAT_SINCE = "v2.29"
# Archives must not depend on what is exported where (golang.org/issue/27153).
_ATTRIBUTES = b"\n* -export-subst -export-ignore\n"


class GitClone:
    """See the module's docstring.

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
        """Hold the lock that all programs take who change the clone."""
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
