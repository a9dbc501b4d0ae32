# SPDX-License-Identifier: BSD-3-Clause
"""Files as they were at a git reference (gitrevisions(7)), read by git-cat-file(1).

Only objects are read: no working tree, no filters, no hooks.
"""

from __future__ import annotations

import posixpath
import subprocess
from functools import cache

from govgo.core.golib.quote import quote
from govgo.errors import UsageError

_TIMEOUT_S = 60


class GitFiles:
    """The files at one reference; each in the repository that holds its directory."""

    def __init__(self, ref: str) -> None:
        """Git is not run yet."""
        self._ref = ref
        self._commit = cache(self._resolve)

    def read(self, path: str) -> bytes | None:
        """The bytes that a file, named by its present absolute path, had at the reference; None where it did not exist.

        Raises:
            UsageError: there is no git, no repository, or no such reference.
        """
        directory, name = posixpath.split(path)
        commit = self._commit(directory)
        # "./" makes the path relative to `directory`, which need not be the root of the repository.
        listed = _git(directory, "ls-tree", "-z", commit, "--", f"./{name}").stdout
        kind = listed.split(b"\t")[0].split()
        if len(kind) != 3 or kind[1] != b"blob":
            return None
        done = _git(directory, "cat-file", "blob", kind[2].decode("ascii"))
        if done.returncode != 0:
            raise UsageError(f"git cat-file: {_said(done)}")
        return done.stdout

    def _resolve(self, directory: str) -> str:
        done = _git(directory, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{self._ref}^{{commit}}")
        if done.returncode != 0:
            why = _said(done)
            raise UsageError(f"--since {quote(self._ref)}: no such commit in {directory}" + (f": {why}" if why else ""))
        return done.stdout.decode("ascii", "replace").strip()


def _git(directory: str, *args: str) -> subprocess.CompletedProcess[bytes]:
    command = ["git", "--no-optional-locks", "-C", directory, *args]
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT_S, check=False)
    except FileNotFoundError:
        raise UsageError("--since needs git, which was not found") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"git {args[0]}: {error}") from error


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    return " ".join(done.stderr.decode("utf-8", "replace").split())
