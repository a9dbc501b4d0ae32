# SPDX-License-Identifier: BSD-3-Clause
"""The helper process (see `helper`): hashes tiles and writes files of the cache, in the order of the requests.

A file of its own with few imports, so that the process starts quickly.

Requests come over the socket that is its standard input, as `HEADER` (kind, length of the name, length of the data),
name, data. Answers go back over it in the order of their requests; only TILE and FLUSH have one.

    TILE    a full tile             32 bytes, the hash over it
    FILE    a file to be kept       -
    EXTRA   one that may be lost    -
    LIST    a directory of .mod     -
    FLUSH   -                       LENGTH and a sentence: what went wrong with a FILE since the last one, or ""
"""

from __future__ import annotations

import os
import signal
import struct

from govgo.adapters.disk.trees import Writer
from govgo.adapters.disk.versionlist import rewrite_list
from govgo.core.sumdb.tile import subtree_hash
from govgo.errors import DiskError

TILE, FILE, EXTRA, LIST, FLUSH = range(5)
HEADER = struct.Struct("<BIQ")
LENGTH = struct.Struct("<I")
_CHUNK = 1 << 20
_SOCKET = 0
# The main process waits for this work only at its end, so it may run at a lower priority.
_NICE = 5


class _Work:
    """Serves requests; `answers` are those still to be sent."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self._fault = ""
        self._writer = Writer()

    def do(self, kind: int, name: bytes, data: bytes) -> None:
        """Serve one request of the command."""
        if kind == TILE:
            self.answers.append(subtree_hash(data))
        elif kind == FLUSH:
            text, self._fault = self._fault.encode(), ""
            self.answers.append(LENGTH.pack(len(text)) + text)
        else:
            try:
                if kind == LIST:
                    rewrite_list(os.fsdecode(name))
                else:
                    self._writer.write(os.fsdecode(name), data)
            except (DiskError, OSError) as error:
                if kind == FILE:
                    self._fault = self._fault or str(error)


def main() -> None:
    """Serve until the other side closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other side decides when to stop
    os.nice(_NICE)
    work = _Work()
    rest = b""
    while chunk := os.read(_SOCKET, _CHUNK):
        buffer = rest + chunk if rest else chunk
        at = 0
        while len(buffer) - at >= HEADER.size:
            kind, name_bytes, data_bytes = HEADER.unpack_from(buffer, at)
            middle = at + HEADER.size + name_bytes
            if len(buffer) < middle + data_bytes:
                break
            work.do(kind, buffer[middle - name_bytes : middle], buffer[middle : middle + data_bytes])
            at = middle + data_bytes
        rest = buffer[at:]  # the beginning of a request whose end has not come yet
        if work.answers:
            answer, work.answers = memoryview(b"".join(work.answers)), []
            while answer:
                answer = answer[os.write(_SOCKET, answer) :]
    os._exit(0)  # nothing is left to clean up, and the other side waits
