# SPDX-License-Identifier: BSD-3-Clause
"""The objects of a repository, read by one `git cat-file --batch` that is asked again and again: a process costs 3 ms.

    v1.0.0:go.mod                                           asked
    d95f3ad14dee633a758d2e331151e950dd13e4ed blob 21        answered, and 21 bytes and a line feed
    v1.0.0:none
    v1.0.0:none missing

Format: git-cat-file(1), "BATCH OUTPUT".
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from govgo.adapters.http.servertext import shorten
from govgo.adapters.vcs.git import CANCELED, Git, GitError
from govgo.core.golib.quote import quote
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.errors import TooLargeError

_MAX_HEAD_BYTES = 1 << 14
_HEAD = late(rb"([0-9a-f]{40,64}) ([a-z]+) ([0-9]{1,15})\n\Z")
_VERB = ("cat-file", "--batch")


class GitObject(NamedTuple):
    """An object: its hash, its kind ("blob", "commit", …) and its bytes."""

    name: str
    kind: str
    data: bytes


class GitObjects:
    """Reads objects of one repository, for one thread at a time."""

    def __init__(self, git: Git, directory: str, *, flags: Sequence[str] = (), is_bare: bool = True) -> None:
        """Git is not run yet.

        Args:
            git: runs it.
            directory: where it runs.
            flags: of git itself.
            is_bare: the directory is the repository; else git looks for it.
        """
        self._git = git
        self._dir = directory
        self._args = (*flags, *_VERB)
        self._git_dir = directory if is_bare else ""
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, name: str, limit_bytes: int) -> GitObject | None:
        """An object by its name (gitrevisions(7)), None where there is none.

        Raises:
            GitError: git failed or was ended.
            TooLargeError: the object is larger than `limit_bytes`.
        """
        if "\n" in name:
            return None
        try:
            return self._ask(name.encode("utf-8", "surrogateescape"), limit_bytes)
        except (OSError, ValueError) as err:  # of a pipe that is broken, or closed meanwhile
            raise self._failed(str(err)) from err

    def _ask(self, name: bytes, limit_bytes: int) -> GitObject | None:
        process = self._process
        if process is None:
            process = self._process = self._git.start(self._args, self._dir, git_dir=self._git_dir)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(name + b"\n")
        process.stdin.flush()
        head = process.stdout.readline(_MAX_HEAD_BYTES)
        match = _HEAD.match(head)
        if match is None:
            # "NAME missing", "NAME ambiguous": the name itself may be of any form.
            if head.startswith(name + b" ") and head.endswith(b"\n"):
                return None
            raise self._failed(f"unexpected response {quote(shorten(head.decode('utf-8', 'replace')))}")
        size = int(match[3])
        if size > limit_bytes:
            self.close()
            raise TooLargeError(f"object exceeds {limit_bytes} bytes", limit_bytes=limit_bytes)
        data = process.stdout.read(size + 1)
        if len(data) != size + 1:
            raise self._failed("unexpected end of its output")
        return GitObject(match[1].decode(), match[2].decode(), data[:-1])

    def _failed(self, text: str) -> GitError:
        self.close()
        return GitError(f"git {' '.join(_VERB)} in {self._dir}: {CANCELED if self._git.closed else text}")

    def close(self) -> None:
        """End git; it is started again when something is read."""
        process, self._process = self._process, None
        if process is not None:
            self._git.end(process)
