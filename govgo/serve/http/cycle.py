# SPDX-License-Identifier: BSD-3-Clause
"""One request and its response below an ASGI application, with two messages that ASGI lacks.

{"type": "govgo.file", "file": OpenFile, "offset": 0, "count": 1000, "more_body": True}
    a part of the body that is in a file: the kernel sends it; over TLS it is read and sent by hand
{"type": "govgo.abort"}
    cut the connection, so that the client sees that what it has is not whole
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from govgo.serve.protocol.answer import OpenFile

_AT_ONCE = 1 << 20
_PIECE = 256 << 10
_TURN = 4 << 20
"""After so many bytes others have their turn, also where a client reads as fast as it is sent to."""


class Cycle(RequestResponseCycle):
    """See the module's docstring.

    Attributes:
        progress: grows with what was sent from files.
        status: of the response, 0 before it.
        sent: bytes of the body so far.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.progress = 0
        self.status = 0
        self.sent = 0
        self._writable: asyncio.Future[None] | None = None

    def left(self) -> None:
        """The client has left: what waits for it goes on, and ends."""
        self.disconnected = True
        self.message_event.set()
        self._wake()

    async def send(self, message: Any) -> None:
        """Take a message of ASGI, or one of the two above."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self._has_left():
            return
        kind = message["type"]
        if kind == "govgo.file":
            await self._send_file(message["file"], message["offset"], message["count"])
            if not message["more_body"]:
                await self._end()
        elif kind == "govgo.abort":
            self._abort()
        else:
            if kind == "http.response.start":
                self.status = message["status"]
            else:
                self.sent += len(message.get("body", b""))
            await super().send(message)

    def _has_left(self) -> bool:
        """Whether the client has: uvloop closes a transport a turn before it says so, and then takes nothing more."""
        self.disconnected = self.disconnected or self.transport.is_closing()
        return self.disconnected

    def _abort(self) -> None:
        self.disconnected = True  # at once, or what is sent before the loop turns would count as an error
        self.response_complete = True
        self.message_event.set()
        self.transport.abort()

    async def _end(self) -> None:
        if self._has_left() or self.response_complete:
            return
        await super().send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_file(self, file: OpenFile, offset: int, count: int) -> None:
        if self.disconnected or self.response_complete or not count or self.scope["method"] == "HEAD":
            return
        self.sent += count
        if self.chunked_encoding:
            self.transport.write(b"%x\r\n" % count)
        else:
            self.expected_content_length -= count
        whole = await self._copy(file, offset, count)
        if self._has_left():
            return
        if not whole:
            self._abort()
        elif self.chunked_encoding:
            self.transport.write(b"\r\n")

    async def _copy(self, file: OpenFile, offset: int, count: int) -> bool:
        """Send a part of a file; whether all of it went out."""
        socket = self.transport.get_extra_info("socket")
        if socket is None or self.transport.get_extra_info("sslcontext") is not None:
            return await self._copy_by_hand(file, offset, count)
        # What the transport still holds goes first, and all of it, as the kernel is given the socket itself.
        self.transport.set_write_buffer_limits(high=0)
        out = os.dup(socket.fileno())
        try:
            turn = _TURN
            while count:
                while self.transport.get_write_buffer_size():
                    if not self.flow.write_paused:
                        await asyncio.sleep(0)
                    await self.flow.drain()
                    if self.disconnected:
                        return False
                if self._has_left():
                    return False
                try:
                    sent = os.sendfile(out, file.descriptor, offset, min(count, _AT_ONCE))
                except BlockingIOError:
                    await self._wait_until_writable(out)
                    turn = _TURN
                    continue
                except OSError:
                    return False
                if not sent:
                    return False  # it is shorter than it should be
                offset += sent
                count -= sent
                self.progress += sent
                turn -= sent
                if turn <= 0:
                    await asyncio.sleep(0)
                    turn = _TURN
            return True
        finally:
            os.close(out)
            if not self.disconnected:
                self.transport.set_write_buffer_limits()

    async def _wait_until_writable(self, descriptor: int) -> None:
        """Wait until the socket takes more, or the client has left: the descriptor is our own, and stays open then."""
        loop = asyncio.get_running_loop()
        self._writable = loop.create_future()
        loop.add_writer(descriptor, self._wake)
        try:
            await self._writable
        finally:
            loop.remove_writer(descriptor)

    def _wake(self) -> None:
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    async def _copy_by_hand(self, file: OpenFile, offset: int, count: int) -> bool:
        loop = asyncio.get_running_loop()
        while count:
            data = await loop.run_in_executor(None, os.pread, file.descriptor, min(count, _PIECE), offset)
            if not data:
                return False
            if self.flow.write_paused:
                await self.flow.drain()
            if self._has_left():
                return False
            self.transport.write(data)
            offset += len(data)
            count -= len(data)
            self.progress += len(data)
        return True
