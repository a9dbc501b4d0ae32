# SPDX-License-Identifier: BSD-3-Clause
"""What can be answered to a question, before it becomes a response of HTTP."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

from govgo.core.records import NamedTuple


class Body(NamedTuple):
    """A small answer.

    Attributes:
        data: its bytes.
        modified: since when it is so, in seconds since the epoch.
        fresh_s: how long it may be taken for true; None forever.
    """

    data: bytes
    modified: float
    fresh_s: float | None = None


class OpenFile:
    """A file without a name, to which this process alone can write. It is closed with the last answer that uses it.

    Attributes:
        descriptor: open for reading and writing. The file may still grow.
    """

    __slots__ = ("_closed", "descriptor")

    def __init__(self, descriptor: int, closed: Callable[[], object] = lambda: None) -> None:
        """`closed` is called, from any thread, when the answer is closed."""
        self.descriptor = descriptor
        self._closed = closed

    def __del__(self) -> None:
        with suppress(OSError):
            os.close(self.descriptor)
        self._closed()


class StoredFile(NamedTuple):
    """A large answer: the copy of a stored file that was proved.

    Attributes:
        key: where it is stored.
        size: in bytes.
        modified: since when, in seconds since the epoch.
        digest: the SHA-256 of its bytes.
        file: the copy.
    """

    key: str
    size: int
    modified: float
    digest: bytes
    file: OpenFile


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
