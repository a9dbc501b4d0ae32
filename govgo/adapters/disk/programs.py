# SPDX-License-Identifier: BSD-3-Clause
"""Where programs are looked for, and how they are ended.

As in Go's os/exec, never in a directory that PATH names from the working directory: a checkout may have a `git`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

from govgo.core.typehints import TYPE_CHECKING

if TYPE_CHECKING:
    from subprocess import Popen

_NOWHERE = "/nonexistent"
"""Stands for an empty PATH, in which Python would find what is in the working directory."""


def program_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program, with the absolute directories of PATH alone."""
    known = dict(environ)
    if "PATH" in known:
        kept = [each for each in known["PATH"].split(os.pathsep) if os.path.isabs(each)]
        known["PATH"] = os.pathsep.join(kept) or _NOWHERE
    return known


def end_program(process: Popen[bytes]) -> None:
    """End a program, if need be by force. What it has started may hold its pipes open: that is not waited for."""
    process.kill()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    process.wait()
