# SPDX-License-Identifier: BSD-3-Clause
"""A process that does one piece of work after another, with a limit of its memory, and of the time for each.

It has a process group of its own, so that what it has started ends with it. It ends by itself when the process that
has started it is gone, whatever it is doing (`child_process`).
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import subprocess
import sys
import time
from contextlib import suppress

from govgo.adapters.disk.programs import end_program
from govgo.adapters.disk.system import can_read
from govgo.core.fleet.units import Outcome
from govgo.core.records import NamedTuple
from govgo.errors import UnavailableError

START_LIMIT_S = 60.0
HEADER = struct.Struct(">Q")
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from govgo.adapters.fleet.child_process import main; main()"


class Lost(NamedTuple):
    """Why there is no answer: "timeout", "memory" or "killed", and a sentence."""

    code: str
    text: str


def start_child(target: str, job: object, memory_bytes: int) -> Child | Lost:
    """Start a process, and wait until it is ready; `Lost` where it has ended before.

    Args:
        target, job: see `chunks.Task`.
        memory_bytes: the limit of its address space.

    Raises:
        UnavailableError: it cannot be started, or says why the job cannot be done.
    """
    child = Child(target, memory_bytes)
    answer = child.ask(job, START_LIMIT_S)
    if isinstance(answer, Lost):
        return answer
    if answer is not True:
        child.close()
        raise UnavailableError(f"a worker cannot work: {answer}")
    return child


class Child:
    """One process. Not for two threads at once."""

    def __init__(self, target: str, memory_bytes: int) -> None:
        """Start it; the first that it is asked is its job (`start_child`).

        Raises:
            UnavailableError: it cannot be started.
        """
        self._memory_bytes = memory_bytes
        command = [sys.executable, "-X", "utf8", "-P", "-c", _PROGRAM, _ROOT, target, str(memory_bytes)]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise UnavailableError(f"a worker cannot be started: {error}") from error

    @property
    def pid(self) -> int:
        """The id of the child process."""
        return self._process.pid

    def call(self, unit: object, limit_s: float) -> Outcome | Lost:
        """Do one unit. After `Lost` the process has ended, and another has to take its place."""
        answer = self.ask(unit, limit_s)
        if isinstance(answer, Outcome | Lost):
            return answer
        self.close()
        return Lost("killed", f"the worker answered {type(answer).__name__}")

    def kill(self) -> None:
        """Kill the process, and what it has started; any thread may call this, and `close` has to follow."""
        if self._process.returncode is None:  # else its number may be another's by now
            with suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process, and what it has started."""
        self.kill()
        end_program(self._process)

    def ask(self, message: object, limit_s: float) -> object:
        """The answer to a message."""
        assert self._process.stdin is not None
        question = pickle.dumps(message)
        try:
            self._process.stdin.write(HEADER.pack(len(question)) + question)
            self._process.stdin.flush()
        except OSError:
            return self._lost()
        deadline = time.monotonic() + limit_s
        head = self._read(HEADER.size, deadline)
        data = head and self._read(HEADER.unpack(head)[0], deadline)
        if data is None:
            self.close()
            return Lost("timeout", f"not done after {limit_s:g} s")
        if not data:
            return self._lost()
        answer: object = pickle.loads(data)
        if answer is MemoryError:
            self.close()
            return Lost("memory", f"needs more than {self._memory_bytes >> 20} MiB")
        return answer

    def _read(self, size: int, deadline: float) -> bytes | None:
        """So many bytes; None where they do not come in time, b"" where they never will."""
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        parts: list[bytes] = []
        while size:
            if not can_read(descriptor, max(0.0, deadline - time.monotonic())):
                return None
            data = os.read(descriptor, min(size, 1 << 20))
            if not data:
                return b""
            parts.append(data)
            size -= len(data)
        return b"".join(parts)

    def _lost(self) -> Lost:
        self.close()
        status = self._process.returncode
        how = f"by signal {-status}" if status < 0 else f"with status {status}"
        return Lost("killed", f"the worker was ended {how}")
