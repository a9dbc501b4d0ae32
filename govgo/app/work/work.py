# SPDX-License-Identifier: BSD-3-Clause
"""`work init` and `work use`: the directories of a workspace (Go Modules Reference, "Workspaces")."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from govgo.app.get.argument import Faults
from govgo.core.modfile import WorkFile, parse_work
from govgo.core.version.goversion import DEFAULT_GO_MOD_VERSION, DEFAULT_GO_WORK_VERSION, max_version
from govgo.errors import DiskError, GovgoError, InputError, UsageError
from govgo.load.mainmodule.gowork import (
    init_workfile,
    read_work_file,
    update_work_file,
    update_work_go_version,
    write_work_file,
)
from govgo.load.mainmodule.read import read_mod_file
from govgo.load.session.session import Session

NO_WORK_FILE = "no go.work file found\n\t(run 'go work init' first or specify path using GOWORK environment variable)"


def begin(session: Session, command: str) -> str:
    """Set out on a verb of `work`; returns the go.work file in use, "" where there is none."""
    session.command = command
    session.force_use_modules = True
    init_workfile(session)
    return session.work_path


def init_workspace(session: Session, directories: Sequence[str]) -> str:
    """Write a new go.work that uses `directories`; returns its path.

    Raises:
        InputError: the file exists already.
    """
    begin(session, "work init")
    path = session.work_path or posixpath.join(session.settings.cwd, "go.work")
    if session.files.exists(path):
        raise InputError(f"{path} already exists")
    work = parse_work(path, b"")
    work.add_go_stmt(session.local_go)
    _use(session, path, work, directories, recursive=False)
    write_work_file(session, path, work)
    return path


def use_directories(session: Session, directories: Sequence[str], *, recursive: bool) -> None:
    """Add or drop use lines so that go.work names what lies in `directories`, and raise its go line as needed."""
    path = begin(session, "work use")
    if not path:
        raise UsageError(NO_WORK_FILE)
    work = read_work_file(session, path)
    _use(session, path, work, directories, recursive=recursive)
    write_work_file(session, path, work)


def _use(session: Session, path: str, work: WorkFile, directories: Sequence[str], *, recursive: bool) -> None:
    root = posixpath.dirname(path)
    present: dict[str, list[str]] = {}
    for line in work.use:
        present.setdefault(_absolute(root, line.path), []).append(line.path)
    faults = Faults(session)
    wanted: dict[str, str] = {}  # absolute -> as go.work shall say it, "" to drop
    for directory in directories:
        try:
            _look(session, faults, root, directory, present, wanted, recursive=recursive)
        except GovgoError as error:
            faults.tell(error)
    _rewrite(work, present, wanted)
    go_version = work.go.version if work.go is not None else DEFAULT_GO_WORK_VERSION
    for line in work.use:
        if not line.path:
            continue
        try:
            _, file = read_mod_file(session, posixpath.join(_absolute(root, line.path), "go.mod"))
        except GovgoError as error:
            faults.tell(error)
            continue
        needed = file.go.version if file.go is not None else DEFAULT_GO_MOD_VERSION
        go_version = max_version(go_version, needed)
    faults.stop()
    update_work_go_version(work, go_version)
    update_work_file(session, work)


def _look(
    session: Session,
    faults: Faults,
    root: str,
    directory: str,
    present: dict[str, list[str]],
    wanted: dict[str, str],
    *,
    recursive: bool,
) -> None:
    """Note what the argument `directory` asks for in `wanted`."""
    absolute, _ = _spelled(session, root, directory)
    if not session.files.exists(absolute):
        raise InputError(f"directory {session.short_path(absolute)} does not exist")
    if not session.files.is_dir(absolute):
        raise InputError(f"{session.short_path(absolute)} is not a directory")
    if not recursive:
        _note(session, faults, root, directory, wanted)
        return
    _walk(session, faults, root, directory, wanted)
    for known in present:
        if (known == absolute or known.startswith(absolute.rstrip("/") + "/")) and known not in wanted:
            wanted[known] = ""


def _walk(session: Session, faults: Faults, root: str, directory: str, wanted: dict[str, str]) -> None:
    _note(session, faults, root, directory, wanted)
    absolute, _ = _spelled(session, root, directory)
    for name, kind in session.files.listdir(absolute):
        path = posixpath.join(directory, name)
        if kind == "dir":
            _walk(session, faults, root, path, wanted)
        elif kind == "link" and session.files.is_dir(posixpath.join(absolute, name)):
            shown = session.short_path(posixpath.join(absolute, name))
            session.report.raw(f"warning: ignoring symlink {shown}")


def _note(session: Session, faults: Faults, root: str, directory: str, wanted: dict[str, str]) -> None:
    absolute, spelled = _spelled(session, root, directory)
    file = posixpath.join(absolute, "go.mod")
    if not session.files.exists(file):
        wanted[absolute] = ""
        return
    if not session.files.is_file(file):
        faults.tell(DiskError(f"{session.short_path(file)} is not a regular file", path=file))
        return
    twin = wanted.get(absolute, "")
    if twin and twin != spelled:
        faults.tell(InputError(f'already added "{spelled}" as "{twin}"'))
    wanted[absolute] = spelled


def _rewrite(work: WorkFile, present: dict[str, list[str]], wanted: dict[str, str]) -> None:
    for absolute, spelled in wanted.items():
        lines = present.get(absolute, [])
        kept = sum(1 for line in lines if line == spelled)
        for line in lines:
            if line != spelled:
                work.drop_use(line)
        if spelled and kept != 1:
            if kept > 1:
                work.drop_use(spelled)
            work.add_use(spelled, "")


def _absolute(root: str, path: str) -> str:
    return posixpath.normpath(path if path.startswith("/") else posixpath.join(root, path))


def _spelled(session: Session, root: str, directory: str) -> tuple[str, str]:
    """The absolute path of an argument, and how a go.work in `root` is to say it."""
    if directory.startswith("/"):
        clean = posixpath.normpath(directory)
        return clean, clean
    absolute = _absolute(session.settings.cwd, directory)
    relative = posixpath.relpath(absolute, root)
    if relative == "." or relative.startswith(("./", "../")) or relative == "..":
        return absolute, relative
    return absolute, f"./{relative}"
