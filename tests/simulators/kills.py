# SPDX-License-Identifier: BSD-3-Clause
"""A command that is killed (SIGKILL) at a chosen step of what it does to files."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_PROGRAM = """
import itertools, os, signal, sys
left = itertools.count()
def dying(function):
    def call(*args, **keywords):
        if next(left) == int(sys.argv[1]):
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **keywords)
    return call
for name in ("link", "rename", "unlink", "fsync", "fdatasync"):
    setattr(os, name, dying(getattr(os, name)))
from govgo.cli.main import invoke
sys.exit(invoke(sys.argv[2:]))
"""


def killed_at(step: int, words: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Run govgo, and kill it before the step of that number; whether it came so far."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(step), *words],
        env={**environment, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0
