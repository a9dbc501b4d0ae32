# SPDX-License-Identifier: BSD-3-Clause
"""The working directory, which somebody may have removed while we are in it."""

from __future__ import annotations

import os

from govgo.adapters.disk.diskerror import reason
from govgo.errors import InputError


def getwd() -> str:
    """Its name, as the system knows it.

    Raises:
        InputError: it has been removed; in go's words.
    """
    try:
        return os.getcwd()
    except OSError as error:
        raise InputError(f"cannot determine current directory: getwd: {reason(error)}") from error


def absolute(path: str) -> str:
    """`path` from the root, without `.` and `..`. What `os.path.abspath` is, but that its failure is one of ours.

    Raises:
        InputError: the path is relative, and the working directory has been removed.
    """
    return os.path.normpath(path if os.path.isabs(path) else os.path.join(getwd(), path))
