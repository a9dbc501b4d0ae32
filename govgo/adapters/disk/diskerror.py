# SPDX-License-Identifier: BSD-3-Clause
"""Errors of the file system, in the words of Go's os package: `open /path: permission denied`.

Among them is a working directory that somebody has removed while we are in it.
"""

from __future__ import annotations

import errno
import os

from govgo.core.safetext import one_line
from govgo.errors import DiskError, InputError

_FULL_HINT = "free some space and run the command again; nothing half written was left behind"


def reason(error: OSError) -> str:
    """What the system said, as Go prints it: "no such file or directory"."""
    text = os.strerror(error.errno) if error.errno else str(error)  # Python's own errors have no number
    return text[:1].lower() + text[1:]


def disk_error(operation: str, path: str, error: OSError) -> DiskError:
    """A DiskError for `operation` ("open", "mkdir", "rename", …) on `path`."""
    hint = _FULL_HINT if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
    return DiskError(f"{operation} {one_line(path)}: {reason(error)}", path=path, inner=error, hint=hint)


def is_in_the_way(error: BaseException | None) -> bool:
    """Whether something that no program puts there cannot be read, and not what the disk does not let us look at."""
    number = error.errno if isinstance(error, OSError) else None  # None: neither a file nor a directory
    return number in (None, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENXIO, errno.ENAMETOOLONG)


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
