# SPDX-License-Identifier: BSD-3-Clause
"""Go binaries among the arguments of a command, and what they say of the modules that they were built from."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING

from govgo.core.gobinary.buildinfo import read_build_info
from govgo.core.gobinary.modinfo import BuildInfo
from govgo.errors import InputError, UsageError

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.files import Executables

_MODULE_FILES = ("go.mod", "go.sum", "go.work", "go.work.sum")


def split_binaries(session: Session, args: Sequence[str]) -> tuple[list[str], list[str]]:
    """The arguments that name files which are no go.mod and so on, and the others."""
    binaries: list[str] = []
    others: list[str] = []
    for arg in args:
        path = session.absolute(arg)
        is_file = posixpath.basename(path) not in _MODULE_FILES and session.files.is_file(path)
        (binaries if is_file else others).append(arg)
    return binaries, others


def build_info(session: Session, files: Executables, arg: str) -> BuildInfo:
    """What a binary, as an argument names it, was built from.

    Raises:
        UsageError: the file is no Go binary, or it was built without modules.
        DiskError: it cannot be read.
    """
    try:
        with files.reading(session.absolute(arg)) as read:
            info = read_build_info(read)
    except InputError as error:
        raise UsageError(f"{arg}: neither go.mod nor a Go binary: {error}") from error
    if info.main is None and not info.deps:
        raise UsageError(f"{arg}: it was built without modules, so it names none")
    return info
