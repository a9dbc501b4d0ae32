# SPDX-License-Identifier: BSD-3-Clause
"""Links in a checkout that lead out of it.

Somebody who looks at the repository of a stranger writes reports beside it, and a repository can hold links: a report
that is written through one of them takes the place of a file of the user's. Links outside of checkouts are the user's
own, and so are those that stay inside of one. Behind a link to a pipe, a terminal or a descriptor no file is lost.
"""

from __future__ import annotations

import os
import stat

from govgo.adapters.disk.streams import is_stream

_MARKS = (".git", "go.work", "go.mod")
"""What the top of a checkout has; the first one that is found anywhere above counts."""


def way_out(path: str) -> str:
    """Where a link in an absolute path leads that lies in a checkout and leads out of it, "" where none does."""
    if is_stream(path) and not _is_disk(path):
        return ""
    at = "/"
    for name in filter(None, path.split("/")):
        above, at = os.path.realpath(at), os.path.join(at, name)
        if not os.path.islink(at):
            continue
        top = _top(above)
        target = os.path.realpath(at)
        if top and target != top and not target.startswith(top.rstrip("/") + "/"):
            return target
    return ""


def _is_disk(path: str) -> bool:
    try:
        return stat.S_ISBLK(os.stat(path).st_mode)
    except OSError:
        return False


def _top(directory: str) -> str:
    """The top of the checkout that a directory is in, "" for none."""
    for mark in _MARKS:
        at = directory
        while not os.path.lexists(os.path.join(at, mark)):
            if at == "/":
                break
            at = os.path.dirname(at)
        else:
            return at
    return ""
