# SPDX-License-Identifier: BSD-3-Clause
"""A second process for mechanical work: the hashes over full tiles, and the writing of small files.

A cold graph of 3,000 modules hashes 2,000 tiles (255 node hashes each) and writes 8,000 files. That is a third of the
time that it computes, and a second core is idle meanwhile, since only one thread of Python runs at a time. The process
is started where much is to be fetched, and ends with the event loop. Where there is none, or it has died, hashes are
computed in this process, and callers write their files themselves (`ready`).
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections import deque
from contextlib import suppress

import govgo
from govgo.adapters.disk.system import usable_cpus
from govgo.adapters.loop.helper_process import EXTRA, FILE, FLUSH, HEADER, LENGTH, LIST, TILE
from govgo.adapters.loop.tasks import finished
from govgo.core.sumdb.tile import subtree_hash
from govgo.core.sumdb.tlog import HASH_SIZE

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(govgo.__file__)))
_BUFFER_BYTES = 1 << 20
# The most bytes that may wait for a helper that does not keep up; past this the caller does the work itself.
_MAX_WAITING_BYTES = 8 << 20


class Helper:
    """The process, which belongs to one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, command: list[str]) -> None:
        """Start the process.

        Raises:
            OSError: it could not be started.
        """
        self._loop = loop
        self._socket, theirs = socket.socketpair()
        with theirs:
            for each in (self._socket, theirs):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
            self._socket.setblocking(False)
            try:
                self._process = subprocess.Popen(command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, cwd="/")
            except OSError:
                self._socket.close()
                raise
        self._alive = True
        self._unsent: list[bytes] = []
        self._unsent_bytes = 0
        self._soon = False
        self._blocked = False
        self._given = False
        self._received = b""
        self._tiles: deque[tuple[bytes, asyncio.Future[bytes]]] = deque()
        self._flush: asyncio.Future[None] | None = None
        self._fault = ""
        self._loop.add_reader(self._socket, self._read)

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    @property
    def ready(self) -> bool:
        """Whether it takes more work; if not, the caller does the work itself."""
        return self._alive and self._unsent_bytes < _MAX_WAITING_BYTES

    async def tile_hash(self, data: bytes) -> bytes:
        """The hash over the 32-byte entries of a full tile."""
        if not self.ready or self._flush is not None:
            return subtree_hash(data)
        answer: asyncio.Future[bytes] = self._loop.create_future()
        self._tiles.append((data, answer))
        self._send(TILE, b"", data)
        return await answer

    def write(self, path: str, data: bytes, *, counts: bool) -> None:
        """Create or replace a file, its directory too; if it `counts`, `take_fault` returns a failure."""
        self._send(FILE if counts else EXTRA, os.fsencode(path), data)

    def rewrite_list(self, directory: str) -> None:
        """Make the `list` of a directory of go.mod files name them (`versionlist`)."""
        self._send(LIST, os.fsencode(directory), b"")

    async def flush(self) -> None:
        """Wait until the process has done all that it was given."""
        if not self._alive or not self._given:
            return
        if self._flush is None:
            self._flush = self._loop.create_future()
            self._send(FLUSH, b"", b"")
        await finished(self._flush)

    def take_fault(self) -> str:
        """The first fault of a file that counts since the last call, or ""."""
        text, self._fault = self._fault, ""
        return text

    def close(self) -> None:
        """End the process, once it has finished what was sent to it."""
        if self._alive:
            self._alive = False
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
        self._socket.close()
        self._process.wait()

    def _send(self, kind: int, name: bytes, data: bytes) -> None:
        self._given = True
        # Collected until the loop's next turn: one system call sends the many small files that one turn brings.
        self._unsent += (HEADER.pack(kind, len(name), len(data)) + name, data)
        self._unsent_bytes += len(data)
        if not self._soon and not self._blocked:
            self._soon = True
            self._loop.call_soon(self._push)

    def _push(self) -> None:
        self._soon = False
        if not self._alive or not self._unsent:
            return
        data = b"".join(self._unsent)
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._die()
            return
        self._unsent = [data[sent:]] if sent < len(data) else []
        self._unsent_bytes = len(data) - sent
        if self._unsent and not self._blocked:
            self._loop.add_writer(self._socket, self._push)
        elif self._blocked and not self._unsent:
            self._loop.remove_writer(self._socket)
        self._blocked = bool(self._unsent)

    def _read(self) -> None:
        try:
            chunk = self._socket.recv(_BUFFER_BYTES)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            self._die()
            return
        data = self._received + chunk
        at = 0
        # Answers come in the order of the requests, so those before the first flush are hashes of tiles.
        while self._tiles and len(data) - at >= HASH_SIZE:
            answer = self._tiles.popleft()[1]
            if not answer.done():
                answer.set_result(data[at : at + HASH_SIZE])
            at += HASH_SIZE
        if not self._tiles and len(data) - at >= LENGTH.size:
            end = at + LENGTH.size + LENGTH.unpack_from(data, at)[0]
            if len(data) >= end:
                self._flushed(data[at + LENGTH.size : end].decode())
                at = end
        self._received = data[at:]

    def _flushed(self, text: str) -> None:
        self._given = False
        self._fault = self._fault or text
        flush, self._flush = self._flush, None
        if flush is not None:
            flush.set_result(None)

    def _die(self) -> None:
        """Go on without the process: compute here the hashes that are waited for. What it was to write is lost."""
        self._alive = False
        self._unsent.clear()
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        for data, answer in self._tiles:
            if not answer.done():
                answer.set_result(subtree_hash(data))
        self._tiles.clear()
        if self._flush is not None:
            self._flushed("the process that writes files has ended")


def child_command(module: str, *, alone: bool) -> list[str] | None:
    """The command of a process that runs `main` of a module of govgo on another core.

    None without a second core, or where Python or the package is not a file (an archive).

    Args:
        module: its full name.
        alone: leave out all packages that are installed, and start faster.
    """
    if usable_cpus() < 2 or not sys.executable or not os.path.isdir(os.path.join(_ROOT, "govgo")):
        return None
    program = f"import sys; sys.path.insert(0, sys.argv[1]); from {module} import main; main()"
    # -I leaves sys.path without this package.
    return [sys.executable, "-X", "utf8", "-I", "-B", *(["-S"] if alone else []), "-c", program, _ROOT]


def start_helper(loop: asyncio.AbstractEventLoop) -> Helper | None:
    """A helper; None where there can be none."""
    command = child_command("govgo.adapters.loop.helper_process", alone=True)
    if command is not None:
        with suppress(OSError):
            return Helper(loop, command)
    return None
