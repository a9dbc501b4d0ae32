# SPDX-License-Identifier: BSD-3-Clause
"""`mod edit` and `work edit`: change a go.mod or a go.work by flags alone; nothing else is read or looked up.

Source of the rules: `go help mod edit`, `go help work edit`; cmd/go/internal/modcmd/edit.go and workcmd/edit.go, whose
checks and sentences differ a little between the two files.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from govgo.app.edit.flags import Edit
from govgo.core.modfile import ModFile, ModFileErrors, WorkFile, is_go_version, is_toolchain_name, parse, parse_work
from govgo.core.module.moduleversion import is_toolchain
from govgo.core.module.paths import check_import_path
from govgo.errors import ConflictError, DiskError, InputError, InvalidPathError, UsageError, VerbFlagsError
from govgo.load.mainmodule.gowork import find_go_work, write_work_file
from govgo.load.mainmodule.read import missing_file

if TYPE_CHECKING:
    from govgo.load.session.session import Session

_File = TypeVar("_File", ModFile, WorkFile)


class EditedMod(NamedTuple):
    """A go.mod that has been edited in memory.

    Attributes:
        path: absolute path of the file.
        before: its bytes as they were read.
        file: its new content.
    """

    path: str
    before: bytes
    file: ModFile


class EditedWork(NamedTuple):
    """A go.work that has been edited in memory; `path` is absolute."""

    path: str
    file: WorkFile


def edit_mod(
    session: Session,
    *,
    named_file: str = "",
    module: str = "",
    go: str = "",
    toolchain: str = "",
    edits: Sequence[Edit[ModFile]] = (),
) -> EditedMod:
    """Read a go.mod and apply edits to it; the file on disk stays as it is until `write_mod`.

    Args:
        session: the command.
        named_file: the file to edit, "" for that of the main module.
        module: the new module path, "" to leave it.
        go: the new go line, "none" to drop it, "" to leave it.
        toolchain: the new toolchain line, likewise.
        edits: further edits, made in this order after those.

    Raises:
        UsageError: an argument that makes no sense, or an edit that the file does not allow.
        DiskError: the file cannot be read.
        InputError: the file is malformed.
    """
    name = named_file or main_mod_file(session)
    if module:
        _check_new_module_path(module)
    _check_lines(session, "mod", go, toolchain)
    path = posixpath.join(session.settings.cwd, name)
    before = session.files.read(path)
    if before is None:
        raise DiskError(missing_file(name), path=path)
    try:
        file = parse(name, before)
    except ModFileErrors as error:
        raise InputError(f"errors parsing {session.short_path(name)}:\n{error}", inner=error) from None
    if module:
        file.add_module_stmt(module)
    _apply(file, go, toolchain, edits)
    return EditedMod(path, before, file)


def write_mod(session: Session, edited: EditedMod) -> None:
    """Write an edited go.mod back.

    Raises:
        ConflictError: it has changed since it was read.
    """
    try:
        session.files.replace(edited.path, edited.before, edited.file.format())
    except ConflictError as error:
        raise ConflictError("go.mod changed during editing; not overwriting", inner=error) from None


def main_mod_file(session: Session) -> str:
    """The absolute path of the main module's go.mod; a workspace does not count here."""
    session.must_have_mod_root()
    return session.mod_file_path(session.mod_roots[0])


def find_work_file(session: Session, named_file: str) -> str:
    """The go.work to edit: the named one, or the one in force.

    Raises:
        UsageError: there is none.
    """
    name = named_file or find_go_work(session)
    if not name:
        from govgo.app.work.work import NO_WORK_FILE  # edits of go.mod need nothing of that file

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
    """Read a go.work and apply edits to it; the file on disk stays as it is until `write_work`.

    Args:
        session: the command.
        name: the file, as `find_work_file` returns it.
        go, toolchain, edits: as for `edit_mod`.

    Raises:
        UsageError: an argument that makes no sense, or an edit that the file does not allow.
        InputError: the file is missing or malformed.
    """
    _check_lines(session, "work", go, toolchain)
    short = session.short_path(name)
    path = posixpath.join(session.settings.cwd, name)
    data = session.files.read(path)
    if data is None:
        raise InputError(f"errors parsing {short}:\nreading go.work: {missing_file(short)}")
    try:
        file = parse_work(short, data)
    except ModFileErrors as error:
        raise InputError(f"errors parsing {short}:\nerrors parsing go.work:\n{error}", inner=error) from None
    _apply(file, go, toolchain, edits)
    return EditedWork(path, file)


def write_work(session: Session, edited: EditedWork) -> None:
    """Write an edited go.work back; unlike go.mod, go does not check that it is still what was read."""
    write_work_file(session, edited.path, edited.file)


def _check_new_module_path(path: str) -> None:
    """Refuse what is no module path, or is the name of Go itself."""
    try:
        check_import_path(path)
    except InvalidPathError as error:
        raise UsageError(f"invalid -module: {error}", inner=error) from None
    if is_toolchain(path):
        raise UsageError("invalid -module: module path is reserved")


def _check_lines(session: Session, verb: str, go: str, toolchain: str) -> None:
    """Refuse what a go or toolchain line cannot hold; "none" and "" pass. `verb` is "mod" or "work"."""
    like = "; expecting something like"
    if go not in ("", "none") and not is_go_version(go):
        raise VerbFlagsError(f'{verb}: invalid -go option{like} "-go {session.local_go}"')
    if toolchain not in ("", "none") and not is_toolchain_name(toolchain):
        raise VerbFlagsError(f'{verb}: invalid -toolchain option{like} "-toolchain go{session.local_go}"')


def _apply(file: _File, go: str, toolchain: str, edits: Sequence[Edit[_File]]) -> None:
    """Set, drop ("none") or leave ("") the go and toolchain lines, make the edits, and put the file in go's layout."""
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
