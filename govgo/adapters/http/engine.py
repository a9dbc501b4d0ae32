# SPDX-License-Identifier: BSD-3-Clause
"""What the HTTP client needs of an engine that moves bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol


class Answer(Protocol):
    """A response whose body is read chunk by chunk, as it came over the wire."""

    status: int

    @property
    def reason(self) -> str:
        """The reason phrase of HTTP/1, unchecked; "" with HTTP/2."""
        ...

    def head(self) -> bytes:
        """The status line and the headers, a line each."""
        ...

    def has_header(self, name: bytes) -> bool:
        """Whether a header (lower-case name) may be there; false only when it is not."""
        ...

    def header(self, name: str) -> str:
        """The value of a header (lower-case name), or ""."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes.  Raises TransferError."""
        ...

    async def body(self, limit_bytes: int) -> bytes:
        """The body; a few more bytes than `limit_bytes` may come before it stops.  Raises TransferError."""
        ...

    def close(self) -> None:
        """Give the connection back; cut the transfer if it is not over."""
        ...


class Engine(Protocol):
    """Sends GET requests; belongs to one event loop."""

    async def send(self, origin: str, target: str, headers: list[str]) -> Answer:
        """Ask for `origin` + `target` with headers "name: value".  Raises TransferError."""
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...
