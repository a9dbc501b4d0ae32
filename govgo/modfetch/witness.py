# SPDX-License-Identifier: BSD-3-Clause
"""What one command saw of the disk, so that its answer can be given again (see `answers`).

The command works with a workspace and a module cache that note the state of whatever they look at, as it was when
they looked (`watched`). What they do not know of cannot go unnoticed: the interpreter's audit events tell of every file
that is opened, and a file that was opened and not noted, a connection or another program end the watch.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from govgo.modfetch.answers import FILE, NAMES, STAMP, Answer, AnswerBook, Change, code_files, look

_FATAL = frozenset(
    {
        *("os.fork", "os.forkpty", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink"),
        *("os.exec", "os.posix_spawn", "os.system", "subprocess.Popen", "socket.__new__", "shutil.copyfile"),
    }
)
"""Audit events after which a command is more than an answer. Source: the Python documentation, "Audit events table"."""

_CONTENTS = frozenset({FILE, NAMES, STAMP})
"""States that speak for what is in a file or directory."""


class Witness:
    """The states of what was looked at, and the changes that were made.

    Attributes:
        seen: state by `what` + path, as they were before the command changed anything.
    """

    def __init__(self) -> None:
        """Begin to watch the process; there is no end to that but its own."""
        self.seen: dict[bytes, bytes] = {}
        self._changes: dict[str, Change] = {}
        self._mod_cache = ""
        self._opened: set[str] = set()
        self._read: set[str] = set()
        self._whole = True
        self._deaf = False
        self._settled: Answer | None = None
        sys.addaudithook(self._hear)

    def void(self) -> None:
        """The answer depends on something that cannot be looked at again."""
        self._whole = False

    def note(self, what: bytes, path: str, state: bytes) -> None:
        """`path` was seen in `state`; what a command has changed itself is not looked at any more."""
        if path in self._changes:
            return
        if what in _CONTENTS:
            self._read.add(path)
        thing = what + os.fsencode(path)
        if self.seen.setdefault(thing, state) != state or not path.startswith("/"):
            self.void()

    def look(self, what: bytes, path: str) -> bytes:
        """Look now, and note it."""
        state = look(what, os.fsencode(path))
        self.note(what, path, state)
        return state

    @contextmanager
    def changing(self, change: Change, mod_cache: str) -> Iterator[None]:
        """Note a change that is made within; to change a file twice, or unread, is too much for an answer."""
        if change.path in self._changes or FILE + os.fsencode(change.path) not in self.seen:
            self.void()
        self._changes[change.path] = change
        self._mod_cache = mod_cache
        try:
            with self.apart():  # locks and temporary files belong to the change
                yield
        except BaseException:
            self.void()
            raise

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is opened within has no part in the answer."""
        self._deaf = True
        try:
            yield
        finally:
            self._deaf = False

    def settle(self, answer: Answer) -> None:
        """This is the answer, if it can be one; what the command does from now on is done each time."""
        strange = self._opened - self._read - sys.path_importer_cache.keys()
        self._whole = self._whole and all(map(_is_code, strange))
        self._settled = answer

    def keep(self, book: AnswerBook, question: bytes, text: bytes) -> None:
        """Keep the answer to `question`, `text` with the changes unless another was settled, if the watch was whole."""
        if self._settled is None:
            self.settle(Answer(text, tuple(self._changes.values()), self._mod_cache))
        assert self._settled is not None
        if self._whole:
            for path in code_files():
                self.seen[FILE + path] = look(FILE, path)
            book.keep(question, self.seen, self._settled)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if self._deaf or self._settled is not None:
            return
        if event in ("open", "os.listdir", "os.scandir"):
            if isinstance(args[0], str | bytes):
                self._opened.add(os.fsdecode(args[0]))
        elif event in _FATAL:
            self._whole = False


def _is_code(path: str) -> bool:
    """Whether a file was opened to import it."""
    return path.endswith((".py", ".pyc", ".so")) or path == os.devnull
