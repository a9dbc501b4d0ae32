# SPDX-License-Identifier: BSD-3-Clause
"""Answers of earlier runs, given again while everything that they were made from is as it was.

A command is a function of its words, the environment and what it reads from the disk. An answer keeps the digest of
all that it read: the bytes of every file, go.mod files in the module cache and govgo's own code among them, and what
stood, or did not stand, at every other path that was looked at. Before it is given again all of it is read and
digested anew. So a changed file, one tampered with in the module cache too, is met with as without this (see
docs/design/005-warm-index.md). Reading and hashing 2,900 files takes 25 ms; loading what would judge them
takes longer than that already, so this file imports next to nothing.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import stat
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple

FILE = b"f"
"""The bytes of a file, and whether it is there."""
KIND = b"k"
"""What stands at a path, links followed: file, directory, something else or nothing."""
NAMES = b"n"
"""The names in a directory and what they are, links not followed."""
REAL = b"r"
"""The path with every link in it followed."""
STAMP = b"s"
"""Size, inode and times of a file or directory, the time of the last change of the inode among them, which nobody can
set. For extracted trees, whose thousands of files the go command does not look at again either."""

_MAGIC = b"govgo answer 1\n"
_DIGEST_SIZE = 32
_CHUNK = 1 << 16
_MOST_ANSWERS = 64
_MOST_BYTES = 32 << 20
_READ = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0)


class Change(NamedTuple):
    """A file that a command replaces: its bytes before (None: it was not there) and after."""

    path: str
    before: bytes | None
    after: bytes


class Answer(NamedTuple):
    """What came of a successful command.

    Attributes:
        text: what it printed.
        changes: the files that it replaced, in this order.
        mod_cache: the module cache whose lock guards these, or that is to be audited.
        audit: `text` is no output, but the module versions to look for in `mod_cache` (`govgo.cli.audit`).
    """

    text: bytes
    changes: tuple[Change, ...] = ()
    mod_cache: str = ""
    audit: bool = False


def file_state(data: bytes | None) -> bytes:
    """The state of a FILE that holds `data`; None where there is no file."""
    return b"-" if data is None else b"%d:" % len(data) + data


def look(what: bytes, path: bytes) -> bytes:
    """The present state of one thing: `what` is one of the constants above.  An error is a state, too."""
    try:
        if what == FILE:
            descriptor = os.open(path, _READ)
            try:
                data = os.read(descriptor, _CHUNK)
                if len(data) == _CHUNK:
                    data += b"".join(iter(lambda: os.read(descriptor, _CHUNK), b""))
            finally:
                os.close(descriptor)
            return b"%d:" % len(data) + data
        if what == STAMP:
            facts = os.stat(path)
            return b"%d %d %d %d" % (facts.st_size, facts.st_ino, facts.st_mtime_ns, facts.st_ctime_ns)
        if what == KIND:
            mode = os.stat(path).st_mode
            return b"f" if stat.S_ISREG(mode) else b"d" if stat.S_ISDIR(mode) else b"o"
        if what == NAMES:
            with os.scandir(path) as found:
                return b"/".join(sorted(entry.name + b"/" + _kind(entry) for entry in found))
        return os.path.realpath(path)
    except (FileNotFoundError, NotADirectoryError):
        return b"-"
    except (OSError, ValueError) as error:
        return b"!" + type(error).__name__.encode()


def _kind(entry: os.DirEntry[bytes]) -> bytes:
    if entry.is_symlink():
        return b"l"
    return b"d" if entry.is_dir() else b"f" if entry.is_file() else b"o"


def _digest(states: Iterable[bytes]) -> bytes:
    """Of states in order; each begins with or is of a known length, and none can pass for two."""
    parts: list[bytes] = []
    for state in states:
        parts.append(b"%d " % len(state))
        parts.append(state)
    return hashlib.sha256(b"".join(parts)).digest()


class AnswerBook:
    """A directory of answers, each in a file that appears whole or not at all.

    The directory belongs to the user alone, and lies outside the module cache, which others may fill.
    """

    def __init__(self, directory: str) -> None:
        """The answers in `directory`, which need not exist."""
        self._directory = directory

    def _file(self, question: bytes) -> str:
        # Only the hash of the question is on the disk: it holds the whole environment, secrets too.
        return f"{self._directory}/{hashlib.sha256(question).hexdigest()}"

    def recall(self, question: bytes) -> Answer | None:
        """The answer to `question` if there is one, and nothing that it was made from has changed."""
        body = read_sealed(self._file(question), _MAGIC, _MOST_BYTES)
        if body is None:
            return None
        asked, digest, things, text, changes, *rest = marshal.loads(body)
        if (
            asked != hashlib.sha256(question).digest()
            or _digest(look(thing[:1], thing[1:]) for thing in things.split(b"\0")) != digest
        ):
            return None
        return Answer(text, tuple(Change(*change) for change in changes), *rest)

    def keep(self, question: bytes, seen: dict[bytes, bytes], answer: Answer) -> None:
        """Keep an answer; silently not where it is large or the disk refuses.

        Args:
            question: everything but the disk that the answer depends on.
            seen: the state of each thing looked at, by `what` + path.
            answer: what came of it.
        """
        things = b"\0".join(seen)
        if things.count(b"\0") != len(seen) - 1:
            return  # a path that no disk can hold
        changes = [tuple(change) for change in answer.changes]
        asked = hashlib.sha256(question).digest()
        facts = (asked, _digest(seen.values()), things, answer.text, changes, answer.mod_cache, answer.audit)
        body = marshal.dumps(facts)
        if len(body) > _MOST_BYTES - _CHUNK:
            return
        with suppress(OSError):
            os.makedirs(self._directory, mode=0o700, exist_ok=True)
            write_sealed(self._file(question), _MAGIC, body)
            sweep(self._directory, _MOST_ANSWERS)


def read_sealed(path: str, magic: bytes, most_bytes: int) -> bytes | None:
    """The content of a file of `write_sealed`; None unless it is whole, this user's own and not for others to write."""
    try:
        descriptor = os.open(path, _READ)
    except OSError:
        return None
    with open(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        if facts.st_uid != os.geteuid() or facts.st_mode & 0o022 or facts.st_size > most_bytes:
            return None
        data = file.read()
    start = len(magic) + _DIGEST_SIZE
    body = data[start:]
    return body if data[:start] == magic + hashlib.sha256(body).digest() else None


def write_sealed(path: str, magic: bytes, body: bytes) -> None:
    """Put `body` into a file that appears whole or not at all, a checksum in front of it.  Raises OSError."""
    temp = f"{path}.{os.getpid()}.tmp"
    descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(magic + hashlib.sha256(body).digest() + body)
        os.replace(temp, path)
    except BaseException:
        os.unlink(temp)
        raise


def sweep(directory: str, most_files: int) -> None:
    """Remove the oldest files, and what killed writers left, where there are too many.  Raises OSError."""
    with os.scandir(directory) as found:
        files = sorted((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path) for entry in found)
    for _, path in files[:-most_files]:
        os.unlink(path)


def user_cache(environ: Mapping[str, str]) -> str:
    """govgo's part of the user's cache directory ($XDG_CACHE_HOME, else ~/.cache or ~/Library/Caches); "" for none.

    It is beside go's own build cache, and trusted like it.
    """
    base = environ.get("XDG_CACHE_HOME", "")
    if not base:
        home = environ.get("HOME", "")
        base = home and os.path.join(home, "Library/Caches" if sys.platform == "darwin" else ".cache")
    return f"{base}/govgo" if os.path.isabs(base) else ""


def code_files() -> list[bytes]:
    """The source files of the govgo modules that are loaded: the code that an answer was made by."""
    names = [getattr(module, "__file__", None) for name, module in sys.modules.items() if name.startswith("govgo")]
    return [os.fsencode(name) for name in names if name]
