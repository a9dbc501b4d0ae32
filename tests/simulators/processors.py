# SPDX-License-Identifier: BSD-3-Clause
"""How busy the machine is: a test that measures time takes off what it has waited for a processor.

Waiting for the lock of the interpreter is no such wait, so what holds it too long is still seen.
"""

from __future__ import annotations

import os
from contextlib import suppress


def waited_s() -> float:
    """How long the threads of this process have been ready without a processor so far; 0 where the system has no count.

    The time of a thread that has ended is not in it any more.
    """
    found = 0
    with suppress(FileNotFoundError):
        for number in os.listdir("/proc/self/task"):
            with suppress(FileNotFoundError, ProcessLookupError), open(f"/proc/self/task/{number}/schedstat") as file:
                found += int(file.read().split()[1])  # ns; Linux, Documentation/scheduler/sched-stats.rst
    return found / 1e9
