# SPDX-License-Identifier: BSD-3-Clause
"""`mod edit` and `work edit`: change a go.mod or a go.work by flags alone; nothing else is read or looked up."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from govgo.app.edit.flags import Edit
from govgo.core.modfile import (
    ModFile,
    ModFileErrors,
    WorkFile,
    is_go_version,
    is_toolchain_name,
    parse,
    parse_work,
)
from govgo.core.module.paths import check_new_module_path
from govgo.core.records import NamedTuple
from govgo.errors import ConflictError, DiskError, InputError, InvalidPathError, UsageError, VerbFlagsError
from govgo.load.mainmodule.gowork import find_go_work, no_work_file, write_work_file
from govgo.load.mainmodule.load import must_have_mod_root
from govgo.load.mainmodule.read import called, missing_file, read_as

if TYPE_CHECKING:
    from govgo.load.session.session import Session

_F = TypeVar("_F", ModFile, WorkFile)


class EditedMod(NamedTuple):
    """A go.mod that has been edited in memory.

    Attributes:
        path: absolute path of the file.
        before: its bytes as they were read.
        file: what it is to be.
    """

    path: str
    before: bytes
    file: ModFile


class EditedWork(NamedTuple):
    """A go.work that has been edited in memory; `path` is absolute."""

    path: str
    file: WorkFile


def main_mod_file(session: Session) -> str:
    """The go.mod of the main module: -modfile as it was given, else an absolute path. A workspace does not count here.

    Raises:
        UsageError: there is none.
    """
    must_have_mod_root(session)
    return session.settings.modfile_given or session.mod_file_path(session.mod_roots[0])


def find_work_file(session: Session, named_file: str | None) -> str:
    """The go.work to edit: the named one, or the one in use.

    Raises:
        UsageError: there is none.
    """
    name = find_go_work(session) if named_file is None else named_file
    if not name:
        raise no_work_file()
    return name


def edit_mod(
    session: Session,
    *,
    named_file: str | None = None,
    module: str = "",
    go: str = "",
    toolchain: str = "",
    edits: Sequence[Edit[ModFile]] = (),
) -> EditedMod:
    """Read a go.mod and apply edits to it; the file itself stays as it is.

    Args:
        session: the command.
        named_file: another file than the main module's; there is none of the name "".
        module: the new module path, "" to leave it.
        go: the new go line, "none" to drop it, "" to leave it.
        toolchain: the new toolchain line, likewise.
        edits: further edits, made in this order after those.

    Raises:
        UsageError: an argument makes no sense, or an edit that the file does not allow.
        DiskError: the file cannot be read.
        InputError: the file is malformed.
    """
    name = main_mod_file(session) if named_file is None else named_file
    if module:
        try:
            check_new_module_path(module)
        except InvalidPathError as error:
            raise UsageError(f"invalid -module: {error}", inner=error) from None
    _check_lines(session, "mod", go, toolchain)
    path = posixpath.join(session.settings.cwd, name) if name else ""
    before = read_as(session, path, name)
    try:
        file = parse(name, before)
    except ModFileErrors as error:
        raise InputError(f"errors parsing {session.short_path(name)}:\n{error}", inner=error) from None
    if module:
        file.add_module_stmt(module)
    _apply(file, go, toolchain, edits)
    return EditedMod(path, before, file)


def edit_work(
    session: Session,
    name: str,
    *,
    go: str,
    toolchain: str,
    edits: Sequence[Edit[WorkFile]],
) -> EditedWork:
    """Read a go.work and apply edits to it; the file itself stays as it is.

    Args:
        session: the command.
        name: the file.
        go, toolchain, edits: as for `edit_mod`.

    Raises:
        UsageError: an argument makes no sense, or an edit that the file does not allow.
        InputError: the file is missing or malformed.
    """
    _check_lines(session, "work", go, toolchain)
    short = session.short_path(name)
    path = posixpath.join(session.settings.cwd, name)
    lead = f"errors parsing {short}:\nreading go.work: "
    try:
        data = session.files.read(path)
    except DiskError as error:
        raise called(error, path, short, lead) from error
    if data is None:
        raise InputError(lead + missing_file(short))
    try:
        file = parse_work(short, data)
    except ModFileErrors as error:
        raise InputError(f"errors parsing {short}:\nerrors parsing go.work:\n{error}", inner=error) from None
    _apply(file, go, toolchain, edits)
    return EditedWork(path, file)


def write_mod(session: Session, edited: EditedMod) -> None:
    """Write an edited go.mod back.

    Raises:
        ConflictError: somebody else changed it meanwhile.
    """
    try:
        session.files.replace(edited.path, edited.before, edited.file.format())
    except ConflictError as error:
        raise ConflictError("go.mod changed during editing; not overwriting", inner=error) from None


def write_work(session: Session, edited: EditedWork) -> None:
    """Write an edited go.work back; go does not look whether somebody else changed it."""
    write_work_file(session, edited.path, edited.file)


def _check_lines(session: Session, verb: str, go: str, toolchain: str) -> None:
    """Refuse what a go or toolchain line cannot hold; "none" and "" pass. `verb` is "mod" or "work"."""
    like = "; expecting something like"
    if go not in ("", "none") and not is_go_version(go):
        raise VerbFlagsError(f'{verb}: invalid -go option{like} "-go {session.local_go}"')
    if toolchain not in ("", "none") and not is_toolchain_name(toolchain):
        raise VerbFlagsError(f'{verb}: invalid -toolchain option{like} "-toolchain go{session.local_go}"')


def _apply(file: _F, go: str, toolchain: str, edits: Sequence[Edit[_F]]) -> None:
    """Set, drop ("none") or leave ("") the go and toolchain lines, make the edits, and clean up."""
    if go == "none":
        file.drop_go_stmt()
    elif go:
        file.add_go_stmt(go)
    if toolchain == "none":
        file.drop_toolchain_stmt()
    elif toolchain:
        file.add_toolchain_stmt(toolchain)
    for edit in edits:
        edit(file)
    file.sort_blocks()
    file.cleanup()
