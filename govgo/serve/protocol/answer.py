# SPDX-License-Identifier: BSD-3-Clause
"""What can be answered to a question, before it becomes a response of HTTP."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import NamedTuple


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


class OpenFile:
    """A descriptor that is closed with the last answer that uses it."""

    __slots__ = ("descriptor",)

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __del__(self) -> None:
        with suppress(OSError):
            os.close(self.descriptor)


class StoredFile(NamedTuple):
    """A large answer that is stored and proved.

    Attributes:
        key: where.
        size: in bytes.
        modified: since when, in seconds since the epoch.
        tag: changes with the bytes.
        file: open for reading; None where the storage is on another machine.
    """

    key: str
    size: int
    modified: float
    tag: str
    file: OpenFile | None


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
