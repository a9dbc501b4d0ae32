#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A client of large files for `bench/serve`: so many connections that ask for one path again and again.

    zipload.py PORT PATH CONNECTIONS SECONDS [drop]     prints: requests bytes seconds

It reads 256 KiB at a time; wrk reads 8 KiB at a time, and is slower than the servers. With `drop` the kernel throws the
bytes of bodies away instead of copying them (MSG_TRUNC, as `iperf3 --skip-rx-copy` does), which leaves the processor to
the server: clients on other machines would take none of it.
"""

from __future__ import annotations

import select
import socket
import sys
import time

PIECE = 256 << 10


class Connection:
    """One connection: `left` bytes of a body are to come, -1 while the head of an answer is read."""

    def __init__(self, port: int, request: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(request)
        self.socket.setblocking(False)
        self.head = b""
        self.left = -1


def begin_body(each: Connection) -> None:
    """Read the length of a body from the head of its answer."""
    head, _, body = each.head.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    if not lines[0].startswith(b"http/1.1 200"):
        raise SystemExit(lines[0].decode())
    length = next(line for line in lines if line.startswith(b"content-length:"))
    each.left = int(length.partition(b":")[2]) - len(body)
    each.head = b""


def main() -> None:
    port, path, count, seconds = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    flags = socket.MSG_TRUNC if sys.argv[5:] == ["drop"] else 0
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    view = memoryview(bytearray(PIECE))
    poll = select.epoll()
    connections = {}
    for _ in range(count):
        each = Connection(port, request)
        connections[each.socket.fileno()] = each
        poll.register(each.socket, select.EPOLLIN)
    begun_s = time.perf_counter()
    done = received = 0
    while (taken_s := time.perf_counter() - begun_s) < seconds:
        for descriptor, _ in poll.poll(0.1):
            each = connections[descriptor]
            try:
                if each.left < 0:
                    piece = each.socket.recv(4096)
                    size = len(piece)
                    each.head += piece
                    if b"\r\n\r\n" in each.head:
                        begin_body(each)
                else:
                    size = each.socket.recv_into(view, min(PIECE, each.left), flags)
                    each.left -= size
            except BlockingIOError:
                continue
            if not size:
                raise SystemExit("the server closed a connection")
            received += size
            if not each.left:
                done += 1
                each.left = -1
                each.socket.sendall(request)
    print(done, received, taken_s)


if __name__ == "__main__":
    main()
