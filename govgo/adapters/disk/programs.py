# SPDX-License-Identifier: BSD-3-Clause
"""Where programs are looked for.

As in Go's os/exec, never in a directory that PATH names from the working directory: a checkout may have a `git`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

_NOWHERE = "/nonexistent"
"""Stands for an empty PATH, in which Python would find what is in the working directory."""


def program_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program, with the absolute directories of PATH alone."""
    known = dict(environ)
    if "PATH" in known:
        kept = [each for each in known["PATH"].split(os.pathsep) if os.path.isabs(each)]
        known["PATH"] = os.pathsep.join(kept) or _NOWHERE
    return known
