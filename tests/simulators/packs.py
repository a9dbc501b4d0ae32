# SPDX-License-Identifier: BSD-3-Clause
"""A git server (git://) with one tag, v1.0.0, whose pack is cut off, or never ends.

Source: gitprotocol-pack(5), gitformat-pack(5).
"""

from __future__ import annotations

import os
import socket
import struct
import zlib
from typing import BinaryIO

from tests.simulators.server import Server

TAG = "refs/tags/v1.0.0"
_COMMIT = b"1234567890" * 4
_BLOB = 3
_CHUNK = 60_000
_OBJECTS = 100_000
"""More than 100: fewer are not kept as a pack."""


class PackServer(Server):
    """See the module's docstring.

    Attributes:
        url: of the repository.
        most: bytes of the pack until the connection is cut; 0 for no end.
    """

    def __init__(self, most: int = 0) -> None:
        super().__init__()
        self.most = most

    @property
    def url(self) -> str:
        return f"git://127.0.0.1:{self.port}/x"

    def serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as asked:
            _line(asked)  # which repository
            capabilities = b"side-band-64k ofs-delta shallow"
            connection.sendall(_packet(_COMMIT + b" " + TAG.encode() + b"\0" + capabilities + b"\n") + b"0000")
            is_shallow = False
            while not (line := _line(asked)).startswith(b"done"):
                is_shallow = is_shallow or line.startswith(b"deepen")
                if not line and is_shallow:
                    connection.sendall(_packet(b"shallow " + _COMMIT) + b"0000")
                    is_shallow = False
            head = b"PACK" + struct.pack(">II", 2, _OBJECTS)
            connection.sendall(_packet(b"NAK\n") + _packet(b"\1" + head))
            sent = 0
            while not self.ending.is_set() and not (self.most and sent >= self.most):
                connection.sendall(_packet(b"\1" + _blob(os.urandom(8) + bytes(_CHUNK - 8))))
                sent += _CHUNK


def _packet(data: bytes) -> bytes:
    return b"%04x" % (len(data) + 4) + data


def _line(asked: BinaryIO) -> bytes:
    size = asked.read(4)
    if len(size) < 4:
        return b"done"  # it has gone away
    return asked.read(int(size, 16) - 4) if size != b"0000" else b""


def _blob(data: bytes) -> bytes:
    size, head = len(data), bytearray()
    byte, size = _BLOB << 4 | size & 15, size >> 4
    while size:
        head.append(byte | 0x80)
        byte, size = size & 0x7F, size >> 7
    head.append(byte)
    return bytes(head) + zlib.compress(data, 0)
