# SPDX-License-Identifier: BSD-3-Clause
"""What can be answered to a question, before it becomes a response of HTTP."""

from __future__ import annotations

import mmap
import os
from contextlib import suppress

from govgo.core.records import NamedTuple


class Body(NamedTuple):
    """A small answer.

    Attributes:
        data: its bytes.
        modified: since when it is so, in seconds since the epoch.
        fresh_s: how long it may be taken for true; None for ever.
    """

    data: bytes
    modified: float
    fresh_s: float | None = None


class Mark(NamedTuple):
    """What changes with every write to a file, also one in its place whose times are set back.

    Only the kernel sets the time of the last change of an inode. It changes with names and modes, too: that costs a
    proof, and no more.

    Attributes:
        inode: its number.
        modified_ns: when the content was last written to, which anybody may set.
        size: in bytes.
        names: how many it has.
        changed_ns: when the inode was last changed.
    """

    inode: int
    modified_ns: int
    size: int
    names: int
    changed_ns: int

    @property
    def tag(self) -> str:
        """The same as a text."""
        return "-".join(f"{fact:x}" for fact in self)

    def has_content_of(self, other: Mark) -> bool:
        """Whether the content is the same, by size and time; a new name changes neither."""
        return (self.inode, self.modified_ns, self.size) == (other.inode, other.modified_ns, other.size)


_WINDOW = 4 << 20
"""The parts of a file that are mapped, in bytes."""
_WINDOWS = 16
_PIECE = 256 << 10


class OpenFile:
    """A file that is closed with the last answer that uses it, and may still grow.

    Its pieces are mapped, and the mappings shared by all who send it. They are for the kernel alone (os.write): where
    somebody cuts the file short, that gets an error, while whoever reads a mapping is killed.
    """

    __slots__ = ("_windows", "descriptor")

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._windows: dict[int, memoryview] = {}

    def piece(self, offset: int, count: int) -> memoryview | bytes:
        """Some of the bytes from `offset` on, at most `count`; none at the end of the file.

        Raises:
            OSError: it cannot be read.
        """
        number, start = divmod(offset, _WINDOW)
        window = self._windows.get(number)
        if window is None:
            if os.fstat(self.descriptor).st_size < (number + 1) * _WINDOW:
                return os.pread(self.descriptor, min(count, _PIECE), offset)
            mapped = mmap.mmap(self.descriptor, _WINDOW, prot=mmap.PROT_READ, offset=number * _WINDOW)
            window = self._windows[number] = memoryview(mapped)
            if len(self._windows) > _WINDOWS:
                del self._windows[next(iter(self._windows))]
        return window[start : start + count]

    def mark(self) -> Mark:
        """What it is known by now."""
        found = os.fstat(self.descriptor)
        return Mark(found.st_ino, found.st_mtime_ns, found.st_size, found.st_nlink, found.st_ctime_ns)

    def is_unwritten(self, mark: Mark) -> bool:
        """Whether nobody has written to it since it had this mark, where a proof can no more be had.

        A name that was given or taken (evicted, replaced, moved to its place) changes the kernel's time as well, and
        not the content. Where the number of names has changed, the other times are believed.
        """
        now = self.mark()
        return now == mark or (now.has_content_of(mark) and now.names != mark.names)

    def forget(self) -> None:
        """Its content is about to become another."""
        self._windows = {}

    def __del__(self) -> None:
        with suppress(OSError):
            os.close(self.descriptor)


class StoredFile(NamedTuple):
    """A large answer that is stored and proved.

    Attributes:
        key: where.
        size: in bytes.
        modified: since when, in seconds since the epoch.
        tag: changes with the bytes: the file's mark, or the tag of a storage on another machine.
        file: open for reading, the stored one or a copy of it; None before it is copied.
        mark: the file's, when it was proved; None before it is open.
    """

    key: str
    size: int
    modified: float
    tag: str
    file: OpenFile | None
    mark: Mark | None = None

    def is_as_proved(self) -> bool:
        """Whether nobody has written to the open file since it was proved."""
        return self.file is not None and self.file.mark() == self.mark


class Elsewhere(NamedTuple):
    """The answer is to be fetched from a URL."""

    url: str


class Refusal(NamedTuple):
    """No answer.

    Attributes:
        status: of HTTP.
        text: the reason, for people.
        fresh_s: how long this will not change; 0 where it may at any time.
        retry_after_s: when to ask again; 0 where nobody knows.
    """

    status: int
    text: str
    fresh_s: float = 0.0
    retry_after_s: int = 0
