# SPDX-License-Identifier: BSD-3-Clause
"""`work edit`: change a go.work by flags alone; the modules that it uses are not read."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from govgo.app.edit.flags import Edit
from govgo.app.edit.gomod import check_lines, set_lines
from govgo.app.work.work import NO_WORK_FILE
from govgo.core.modfile import ModFileErrors, WorkFile, parse_work
from govgo.errors import InputError, UsageError
from govgo.load.mainmodule.gowork import find_go_work, write_work_file
from govgo.load.mainmodule.read import missing_file

if TYPE_CHECKING:
    from govgo.load.session.session import Session


class EditedWork(NamedTuple):
    """A go.work that has been edited in memory; `path` is absolute."""

    path: str
    file: WorkFile


def find_work_file(session: Session, named_file: str) -> str:
    """The go.work to edit: the named one, or the one in force.

    Raises:
        UsageError: there is none.
    """
    name = named_file or find_go_work(session)
    if not name:
        raise UsageError(NO_WORK_FILE)
    return name


def edit_work(
    session: Session,
    name: str,
    *,
    go: str = "",
    toolchain: str = "",
    edits: Sequence[Edit[WorkFile]] = (),
) -> EditedWork:
    """Read a go.work and apply edits to it; the file itself stays as it is.

    Args:
        session: the command.
        name: the file.
        go: the new go line, "none" to drop it, "" to leave it.
        toolchain: the new toolchain line, likewise.
        edits: further edits, made in this order after those.

    Raises:
        UsageError: an argument makes no sense, or an edit that the file does not admit.
        InputError: the file is missing or malformed.
    """
    check_lines(session, "work", go, toolchain)
    short = session.short_path(name)
    path = posixpath.join(session.settings.cwd, name)
    data = session.files.read(path)
    if data is None:
        raise InputError(f"errors parsing {short}:\nreading go.work: {missing_file(short)}")
    try:
        file = parse_work(short, data)
    except ModFileErrors as error:
        raise InputError(f"errors parsing {short}:\nerrors parsing go.work:\n{error}", inner=error) from None
    set_lines(file, go, toolchain)
    for edit in edits:
        edit(file)
    file.sort_blocks()
    file.cleanup()
    return EditedWork(path, file)


def write_work(session: Session, edited: EditedWork) -> None:
    """Write an edited go.work back."""
    write_work_file(session, edited.path, edited.file)
