# SPDX-License-Identifier: BSD-3-Clause
"""An operator who reloads a server while it is starting."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc on this system")


def _puts_off(pid: int) -> bool:
    """Whether SIGHUP waits in a process, as the kernel has it (proc(5), SigBlk)."""
    try:
        words = Path(f"/proc/{pid}/status").read_text().split()
    except OSError:
        return False
    return bool(int(words[words.index("SigBlk:") + 1], 16) & 1 << (signal.SIGHUP - 1))


@contextmanager
def hung_up(process: subprocess.Popen[str]) -> Iterator[None]:
    """A block in which a process gets SIGHUP again and again, from the moment when it has understood what it is."""
    over, came = threading.Event(), threading.Event()

    def send() -> None:
        while not over.wait(0.002):
            if came.is_set() or _puts_off(process.pid):
                process.send_signal(signal.SIGHUP)
                came.set()

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
        time.sleep(0.05)
    finally:
        over.set()
        sender.join()
    assert came.is_set()
