# SPDX-License-Identifier: BSD-3-Clause
"""The sockets that libcurl waits for, watched on behalf of an asyncio event loop.

Where there is epoll, they live in a set of their own and the loop sees one descriptor for all of them: watching a
socket costs one system call, and all that is ready comes at once. Elsewhere each is a reader and writer of the loop.
"""

from __future__ import annotations

import select
import sys
from asyncio import AbstractEventLoop
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

READ, WRITE = 1, 2  # CURL_CSELECT_IN, CURL_CSELECT_OUT
_BATCH = 64

Act = Callable[[list[tuple[int, int]]], None]


class PollSet(Protocol):
    """Sockets and what is waited for on each."""

    def watch(self, fd: int, read: bool, write: bool) -> None:
        """Wait for `fd` to become readable, writable or both; neither forgets it."""
        ...

    def watched(self) -> list[int]:
        """The descriptors that are waited for."""
        ...

    def close(self) -> None:
        """Forget everything."""
        ...


def open_poll_set(loop: AbstractEventLoop, act: Act) -> PollSet:
    """A poll set that calls `act` on the loop with (descriptor, READ | WRITE) of what is ready."""
    return EpollSet(loop, act) if sys.platform == "linux" else LoopSet(loop, act)


if sys.platform == "linux":

    class EpollSet:
        """One epoll descriptor for all."""

        def __init__(self, loop: AbstractEventLoop, act: Act) -> None:
            self._loop = loop
            self._act = act
            self._epoll = select.epoll()
            self._known: set[int] = set()
            loop.add_reader(self._epoll.fileno(), self._ready)

        def watch(self, fd: int, read: bool, write: bool) -> None:
            """Wait for `fd` to become readable, writable or both; neither forgets it."""
            mask = (select.EPOLLIN if read else 0) | (select.EPOLLOUT if write else 0)
            if not mask:
                if fd in self._known:
                    self._known.remove(fd)
                    with suppress(OSError):  # closed already
                        self._epoll.unregister(fd)
            elif fd in self._known:
                try:
                    self._epoll.modify(fd, mask)
                except FileNotFoundError:  # closed meanwhile, and the number is in use again
                    self._epoll.register(fd, mask)
            else:
                self._known.add(fd)
                self._epoll.register(fd, mask)

        def watched(self) -> list[int]:
            """The descriptors that are waited for."""
            return sorted(self._known)

        def close(self) -> None:
            """Forget everything."""
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()

        def _ready(self) -> None:
            due = []
            for fd, mask in self._epoll.poll(0, _BATCH):
                events = READ if mask & ~select.EPOLLOUT else 0
                due.append((fd, events | (WRITE if mask & select.EPOLLOUT else 0)))
            if due:
                self._act(due)


class LoopSet:
    """Readers and writers of the loop."""

    def __init__(self, loop: AbstractEventLoop, act: Act) -> None:
        self._loop = loop
        self._act = act
        self._known: set[int] = set()

    def watch(self, fd: int, read: bool, write: bool) -> None:
        """Wait for `fd` to become readable, writable or both; neither forgets it."""
        if read:
            self._loop.add_reader(fd, self._act, [(fd, READ)])
        else:
            self._loop.remove_reader(fd)
        if write:
            self._loop.add_writer(fd, self._act, [(fd, WRITE)])
        else:
            self._loop.remove_writer(fd)
        if read or write:
            self._known.add(fd)
        else:
            self._known.discard(fd)

    def watched(self) -> list[int]:
        """The descriptors that are waited for."""
        return sorted(self._known)

    def close(self) -> None:
        """Forget everything."""
        for fd in list(self._known):
            self.watch(fd, False, False)
