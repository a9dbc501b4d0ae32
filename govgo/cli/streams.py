# SPDX-License-Identifier: BSD-3-Clause
"""The standard streams of the process: what becomes of output that nobody takes.

A closed descriptor counts as /dev/null, as in every Go program: otherwise the next file that is opened would get its
number, and the output meant for the stream. A reader that has gone away (`govgo list -m all | head -1`) wanted no
more: the rest goes nowhere, and the command comes to its end, since its exit code may be what it was called for. Any
other fault of standard output is reported at the end. Faults of standard error cannot be reported.
"""

from __future__ import annotations

import io
import os
import sys

from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.streams import push
from govgo.errors import DiskError

_IN, _OUT, _ERR = 0, 1, 2


class Output(io.RawIOBase):
    """An output descriptor that never fails. `fault` is the first error, other than that its reader has gone away."""

    def __init__(self, descriptor: int) -> None:
        self.fault: OSError | None = None
        self._descriptor = descriptor

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        """Write all of `data`, or forget it."""
        try:
            push(self._descriptor, data)
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                self.fault = self.fault or error
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self._descriptor)
            os.close(null)
        return len(data)


class Streams:
    """The standard streams, put in the place of Python's own."""

    def __init__(self) -> None:
        for number in range(_ERR + 1):
            try:
                os.fstat(number)
            except OSError:
                os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the lowest free number: this one
        if sys.stdin is None:  # Python's word for a descriptor that was closed
            sys.stdin = open(_IN, encoding="utf-8", errors="surrogateescape")  # noqa: SIM115
        self._out = Output(_OUT)
        sys.stdout = _text(self._out, line_buffering=self._out.isatty())
        sys.stderr = _text(Output(_ERR), line_buffering=True)

    def flush(self) -> DiskError | None:
        """Write what is buffered; what standard output could not take, if anything."""
        sys.stdout.flush()
        sys.stderr.flush()
        fault = self._out.fault
        return disk_error("write", "/dev/stdout", fault) if fault is not None else None


def _text(raw: Output, *, line_buffering: bool) -> io.TextIOWrapper:
    buffered = io.BufferedWriter(raw)  # type: ignore[type-var]  # the stubs miss that any RawIOBase will do
    return io.TextIOWrapper(buffered, encoding="utf-8", errors="surrogateescape", line_buffering=line_buffering)
