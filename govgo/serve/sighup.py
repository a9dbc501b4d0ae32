# SPDX-License-Identifier: BSD-3-Clause
"""SIGHUP means "read your files anew" to a server, also while it is starting: then it waits until somebody can.

Its default is to end the process, which for systemd would not even be a failure, so nobody would start it again.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hangups_wait() -> Iterator[None]:
    """A block in which SIGHUP waits until `hangups_come`, in this process and in those that it makes."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def hangups_come() -> None:
    """There is a handler: from now on SIGHUP comes, and one that has waited comes now."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGHUP])
