# SPDX-License-Identifier: BSD-3-Clause
"""The git work tree that a main module lies in: its commit, its tags, and whether something is not committed."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from datetime import datetime

from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import reading
from govgo.adapters.vcs.git import Git, GitError, commit_time
from govgo.adapters.vcs.gitshow import CAREFUL, checkout_around
from govgo.core.modfile import module_path
from govgo.core.module.info import Origin
from govgo.core.module.paths import split_path_version
from govgo.core.modzip.bounds import MAX_GO_MOD
from govgo.core.vcs.coderepo import Commit, locate
from govgo.core.vcs.worktree import DIRTY, GitState, version_at
from govgo.errors import InputError

_TIMEOUT_S = 60.0
_SHORT = 12
_HEAD = "HEAD"


class GitWorkTrees:
    """Looks at work trees (`ports.evidence.WorkTrees`)."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Git is not run yet; it gets this environment."""
        self._git = Git(environ, timeout_s=_TIMEOUT_S)

    def state(self, directory: str, path: str, ignored: Collection[str] = ()) -> GitState | None:
        """The state of the work tree around a directory; None where there is none, or nothing was ever committed.

        Args:
            directory: of the module, absolute.
            path: the module path.
            ignored: absolute paths of files that do not count as changes, whatever is in them.

        Raises:
            GitError: there is a repository, and git cannot say.
            DiskError: the go.mod in its root cannot be read.
        """
        top = checkout_around(directory)
        if not top:
            return None
        root = self._line(top, "rev-parse", "--show-toplevel")
        if not root:
            return None  # a bare repository
        try:
            commit, _, seconds = self._line(root, "log", "-1", "--no-show-signature", "--format=%H:%ct").partition(":")
        except GitError as error:
            if "does not have any commits yet" in error.stderr:
                return None
            raise
        time = commit_time(commit, seconds)
        inside = [os.path.relpath(os.path.realpath(file), root) for file in ignored]
        but = [f":(top,exclude,literal){file}" for file in inside if not file.startswith("../")]
        files = ("--porcelain", "--untracked-files=all", "--", ":(top)", *but)
        is_modified = bool(self._run(root, "status", *files))
        version = self._version(root, path, commit, time)
        return GitState(commit, time, is_modified, version + DIRTY if version and is_modified else version)

    def _version(self, root: str, path: str, commit: str, time: datetime) -> str:
        """The module's version. The go.mod in the root says which import path the repository has, as for go."""
        file = os.path.join(root, "go.mod")
        try:
            with reading(file) as opened:
                top = module_path(opened.read(MAX_GO_MOD))
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise disk_error("open", file, error) from error
        prefix, _, is_valid = split_path_version(top)
        if not is_valid:
            return ""
        try:
            module = locate(path, prefix)
        except InputError:
            return ""
        tags = tuple(sorted(self._tags(root, "--points-at")))
        found = Commit(commit, commit[:_SHORT], commit, time, tags, Origin())
        return version_at(module, found, self._tags(root, "--merged"))

    def _tags(self, root: str, which: str) -> list[str]:
        told = self._run(root, "for-each-ref", f"{which}={_HEAD}", "--format=%(refname:strip=2)", "refs/tags")
        return told.decode("utf-8", "replace").split("\n")[:-1]

    def _line(self, directory: str, *words: str) -> str:
        return os.fsdecode(self._run(directory, *words)).rstrip("\n")

    def _run(self, directory: str, *words: str) -> bytes:
        return self._git.run([*CAREFUL, *words], directory)
