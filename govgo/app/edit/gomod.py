# SPDX-License-Identifier: BSD-3-Clause
"""`mod edit`: change a go.mod by flags alone; nothing else is read or looked up."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from govgo.app.edit.flags import Edit
from govgo.core.modfile import ModFile, ModFileErrors, is_go_version, is_toolchain_name, parse
from govgo.core.modfile.directivefile import DirectiveFile
from govgo.core.module.moduleversion import is_toolchain
from govgo.core.module.paths import check_import_path
from govgo.errors import ConflictError, DiskError, InputError, InvalidPathError, UsageError, VerbFlagsError
from govgo.load.mainmodule.read import missing_file

if TYPE_CHECKING:
    from govgo.load.session.session import Session


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


def edit_mod(
    session: Session,
    *,
    named_file: str = "",
    module: str = "",
    go: str = "",
    toolchain: str = "",
    edits: Sequence[Edit[ModFile]] = (),
) -> EditedMod:
    """Read a go.mod and apply edits to it; the file itself stays as it is.

    Args:
        session: the command.
        named_file: another file than the main module's.
        module: the new module path, "" to leave it.
        go: the new go line, "none" to drop it, "" to leave it.
        toolchain: the new toolchain line, likewise.
        edits: further edits, made in this order after those.

    Raises:
        UsageError: an argument makes no sense, or an edit that the file does not admit.
        DiskError: the file cannot be read.
        InputError: the file is malformed.
    """
    name = named_file or main_mod_file(session)
    if module:
        check_new_module_path(module)
    check_lines(session, "mod", go, toolchain)
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
    set_lines(file, go, toolchain)
    for edit in edits:
        edit(file)
    file.sort_blocks()
    file.cleanup()
    return EditedMod(path, before, file)


def write_mod(session: Session, edited: EditedMod) -> None:
    """Write an edited go.mod back.

    Raises:
        ConflictError: somebody else changed it meanwhile.
    """
    try:
        session.files.replace(edited.path, edited.before, edited.file.format())
    except ConflictError as error:
        raise ConflictError("go.mod changed during editing; not overwriting", inner=error) from None


def main_mod_file(session: Session) -> str:
    """The absolute path of the main module's go.mod; a workspace does not count here."""
    session.must_have_mod_root()
    return session.mod_file_path(session.mod_roots[0])


def check_new_module_path(path: str) -> None:
    """Refuse what is no module path, or is the name of Go itself."""
    try:
        check_import_path(path)
    except InvalidPathError as error:
        raise UsageError(f"invalid -module: {error}", inner=error) from None
    if is_toolchain(path):
        raise UsageError("invalid -module: module path is reserved")


def check_lines(session: Session, verb: str, go: str, toolchain: str) -> None:
    """Refuse what a go or toolchain line cannot hold; "none" and "" pass. `verb` is "mod" or "work"."""
    like = "; expecting something like"
    if go not in ("", "none") and not is_go_version(go):
        raise VerbFlagsError(f'{verb}: invalid -go option{like} "-go {session.local_go}"')
    if toolchain not in ("", "none") and not is_toolchain_name(toolchain):
        raise VerbFlagsError(f'{verb}: invalid -toolchain option{like} "-toolchain go{session.local_go}"')


def set_lines(file: DirectiveFile, go: str, toolchain: str) -> None:
    """Set, drop ("none") or leave ("") the go and toolchain lines."""
    if go == "none":
        file.drop_go_stmt()
    elif go:
        file.add_go_stmt(go)
    if toolchain == "none":
        file.drop_toolchain_stmt()
    elif toolchain:
        file.add_toolchain_stmt(toolchain)
