# SPDX-License-Identifier: BSD-3-Clause
"""go.work files: finding, reading, checking and writing them."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

from govgo.core.modfile import ModFileErrors, WorkFile, parse_work
from govgo.core.version import goversion
from govgo.errors import Failure, InputError, UsageError
from govgo.load.mainmodule.read import by_hand, missing_file, read_mod_file
from govgo.load.session.godebug import check_godebug
from govgo.load.session.mainmods import work_go_version
from govgo.load.session.toonew import TooNewError

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def find_go_work(session: Session, directory: str = "") -> str:
    """The go.work file that GOWORK or the directories above `directory`, by default the working one, name; or ""."""
    from govgo.load.session.session import RootMode

    if session.root_mode is RootMode.NONE:
        return ""
    setting = session.settings.env.gowork
    if setting == "off":
        return ""
    if setting not in ("", "auto"):
        if not setting.startswith("/"):
            raise UsageError("invalid GOWORK: not an absolute path")
        return setting
    directory = posixpath.normpath(directory or session.settings.cwd)
    goroot = session.settings.env.goroot
    while True:
        file = posixpath.join(directory, "go.work")
        if session.files.is_file(file):
            return file
        parent = posixpath.dirname(directory)
        if parent == directory or (goroot and parent == goroot):
            return ""
        directory = parent


def init_workfile(session: Session) -> None:
    """Let the command work in a workspace when there is one; commands that never do so leave this out."""
    session.work_path = find_go_work(session)


def work_file_path(session: Session) -> str:
    """The go.work file in use after `init_workfile`, "" when there is none."""
    if not session.work_path and not session.initialized:
        init_workfile(session)
    return session.work_path


def read_work_file(session: Session, path: str) -> WorkFile:
    """Read and parse a go.work file.

    Raises:
        InputError: it is missing or malformed.
        TooNewError: it needs a newer Go.
    """
    short = session.short_path(path)
    data = session.files.read(path)
    if data is None:
        raise InputError(f"reading go.work: {missing_file(short)}")
    try:
        file = parse_work(short, data)
    except ModFileErrors as error:
        raise InputError(f"errors parsing go.work:\n{error}", inner=error, hint=by_hand(short, data)) from None
    if (
        file.go is not None
        and goversion.compare(file.go.version, session.local_go) > 0
        and session.command != "work edit"
    ):
        raise session.too_new(short, file.go.version)
    return file


def load_work_file(session: Session, path: str) -> tuple[WorkFile, tuple[str, ...]]:
    """Read a go.work file and check it: (file, absolute directories of its modules in order).

    Raises:
        InputError: it is missing, malformed or contradicts itself.
    """
    file = read_work_file(session, path)
    short = session.short_path(path)
    roots: list[str] = []
    for use in file.use:
        root = posixpath.normpath(posixpath.join(posixpath.dirname(path), use.path))
        if root in roots:
            raise InputError(
                f"error loading go.work:\n{short}:{use.syntax.start.line}: "
                f"path {root} appears multiple times in workspace"
            )
        roots.append(root)
    for line in file.godebug:
        try:
            check_godebug("godebug", line.key, line.value, session.local_go)
        except InputError as error:
            raise InputError(f"error loading go.work:\n{short}:{line.syntax.start.line}: {error}") from None
    return file, tuple(roots)


def write_work_file(session: Session, path: str, file: WorkFile) -> None:
    """Clean a go.work file up and write it."""
    file.sort_blocks()
    file.cleanup()
    session.files.write(path, file.format())


def update_work_go_version(file: WorkFile, go_version: str) -> bool:
    """Raise the go line of a go.work file to at least `go_version`; whether it changed."""
    if goversion.compare(work_go_version(file), go_version) >= 0:
        return False
    file.add_go_stmt(go_version)
    if file.toolchain is not None:
        # A toolchain line that the go line implies, or that Go before 1.21 would have to read, goes.
        name = file.toolchain.name
        version = goversion.from_toolchain(name)
        if (
            name == "go" + go_version
            or goversion.compare(version, go_version) < 0
            or goversion.compare(version, goversion.GO_STRICT_VERSION) < 0
        ):
            file.drop_toolchain_stmt()
    return True


def update_work_file(session: Session, file: WorkFile) -> None:
    """Note the module path beside each `use` line that lacks it, as far as the go.mod files can be read."""
    for use in [each for each in file.use if each.path and not each.module_path]:
        try:
            _, mod_file = read_mod_file(session, session.absolute(posixpath.join(use.path, "go.mod")))
        except Failure:
            continue  # told when the modules are loaded
        if mod_file.module is not None:
            file.add_use(use.path, mod_file.module.mod.path)


class LocalWorkspace(NamedTuple):
    """The modules of a workspace; `modules` holds (module path, absolute directory)."""

    modules: tuple[tuple[str, str], ...]


def load_workspace(session: Session) -> LocalWorkspace | None:
    """The workspace around the working directory as far as it can be read; None when there is none.

    Raises:
        TooNewError: go.work needs a newer Go.
    """
    path = find_go_work(session)
    if not path:
        return None
    try:
        _, roots = load_work_file(session, path)
    except TooNewError:
        raise
    except Failure:
        return None
    modules: dict[str, str] = {}
    for root in roots:
        try:
            _, mod_file = read_mod_file(session, posixpath.join(root, "go.mod"))
        except Failure:
            continue  # told when the workspace is loaded
        if mod_file.module is not None:
            modules[mod_file.module.mod.path] = root
    return LocalWorkspace(tuple(modules.items()))
