# SPDX-License-Identifier: BSD-3-Clause
"""A command line that was answered before is answered from memory, while nothing that the answer was made from changed.

Of warm `list -m all` on a graph of 2,900 modules, nine tenths is loading code and redoing what came out the same last
time. What is remembered, and why that is safe, is told in docs/design/005-warm-index.md.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from govgo import __version__
from govgo.modfetch.answers import AnswerBook, user_cache

if TYPE_CHECKING:
    from govgo.modfetch.answers import Change
    from govgo.modfetch.witness import Witness

_NOISE = frozenset({"_", "OLDPWD", "SHLVL", "WINDOWID", "COLUMNS", "LINES"})
"""Variables that shells and terminals change from one command to the next, and that nothing here reads."""


class Memory:
    """One command line, asked of the book of answers."""

    def __init__(self, args: Sequence[str], environ: Mapping[str, str], directory: str) -> None:
        """See `open_memory`."""
        self._book = AnswerBook(directory)
        self._question = _question(args, environ)
        self._witness: Witness | None = None
        self._printed: _Tee | None = None
        self._told: _Tee | None = None

    def recall(self) -> int | None:
        """Do again what the command did last time, if that is right: print its output, make its changes.

        Returns:
            The exit code; None where the command has to be run.
        """
        answer = self._book.recall(self._question)
        if answer is None or (answer.changes and not _make(answer.changes, answer.mod_cache)):
            return None
        if answer.audit:
            from govgo.cli.audit import check_cache, read

            return check_cache(read(answer.text), answer.mod_cache)
        rest = memoryview(answer.text)
        try:
            while rest:
                rest = rest[os.write(1, rest) :]
        except BrokenPipeError:
            pass  # nobody wants the rest
        return 0

    def watch(self) -> Witness:
        """Begin to watch what the command does."""
        from govgo.modfetch.witness import Witness

        self._witness = Witness()
        self._printed, self._told = _Tee(sys.stdout.buffer), _Tee(sys.stderr.buffer)
        sys.stdout, sys.stderr = self._printed.text(), self._told.text()
        return self._witness

    def keep(self) -> None:
        """The command has done its work well: remember what it did, unless it had something to say on stderr."""
        if self._witness is not None and self._printed is not None and self._told is not None:
            sys.stdout.flush()
            sys.stderr.flush()
            if self._printed.whole and not self._told.copy:
                self._witness.keep(self._book, self._question, bytes(self._printed.copy))


def open_memory(args: Sequence[str], environ: Mapping[str, str]) -> Memory | None:
    """The memory of a command line; None where there is no place for it.

    The place is `answers` in the user's cache directory. GOVGO_ANSWERS=off forbids all of this.
    """
    base = user_cache(environ) if environ.get("GOVGO_ANSWERS") != "off" else ""
    return Memory(args, environ, f"{base}/answers") if base else None


def _question(args: Sequence[str], environ: Mapping[str, str]) -> bytes:
    """Everything but the disk that an answer depends on."""
    try:
        cwd = os.getcwd()
    except OSError:
        cwd = ""  # no relative path leads anywhere
    try:
        same = os.path.samestat(os.stat(environ.get("PWD", "")), os.stat("."))
    except OSError:
        same = False
    kept = sorted(item for item in environ.items() if item[0] not in _NOISE)
    facts = (__version__, sys.version, sys.flags.utf8_mode, tuple(args), cwd, same, kept)
    return repr(facts).encode("utf-8", "surrogateescape")


def _make(changes: Sequence[Change], mod_cache: str) -> bool:
    """Replace files as the command did; False where another program was quicker, or the disk refuses."""
    from govgo.errors import GovgoError
    from govgo.modfetch.cache import ModCache
    from govgo.modfetch.workspace import DiskWorkspace

    files = DiskWorkspace(ModCache(mod_cache, writable_dirs=False))
    try:
        for change in changes:
            files.replace(*change)
    except GovgoError:
        return False  # the command itself will tell, or find out what is left to do
    return True


class _Tee(io.BufferedIOBase):
    """A stream that keeps a copy of what goes through it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.copy = bytearray()
        self.whole = True

    def text(self) -> TextIO:
        """This stream for text."""
        whole: Any = self  # a TextIOWrapper takes any buffer
        return io.TextIOWrapper(whole, "utf-8", "surrogateescape", newline="\n", line_buffering=self.isatty())

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.copy += data
        try:
            return self._stream.write(data)
        except OSError:
            self.whole = False
            raise

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            self.whole = False
            raise

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()
