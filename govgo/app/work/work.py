# SPDX-License-Identifier: BSD-3-Clause
"""`work init` and `work use`: the directories of a workspace (Go Modules Reference, "Workspaces")."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from contextlib import suppress

from govgo.core.modfile import WorkFile, parse_work
from govgo.core.module.paths import has_file_prefix
from govgo.core.version.goversion import DEFAULT_GO_MOD_VERSION, DEFAULT_GO_WORK_VERSION, max_version
from govgo.core.walk import preorder
from govgo.errors import DiskError, Failure, GovgoError, InputError
from govgo.load.mainmodule.gowork import (
    init_workfile,
    need_work_file,
    read_work_file,
    update_work_file,
    update_work_go_version,
    write_work_file,
)
from govgo.load.mainmodule.read import read_mod_file
from govgo.load.session.mainmodules import directory_path
from govgo.load.session.policy import WORK
from govgo.load.session.session import Faults, Session


def init_workspace(session: Session, directories: Sequence[str]) -> str:
    """Write a new go.work that uses `directories`; returns its path.

    Raises:
        InputError: the file exists already.
    """
    session.policy = WORK
    init_workfile(session)
    path = session.work_path or posixpath.join(session.settings.cwd, "go.work")
    if session.files.exists(path):
        raise InputError(f"{path} already exists")
    work = parse_work(path, b"")
    work.add_go_stmt(session.local_go)
    _use(session, path, work, directories, recursive=False)
    write_work_file(session, path, work)
    return path


def use_directories(session: Session, directories: Sequence[str], *, recursive: bool) -> None:
    """Add use lines for the modules in `directories`, drop those without a module, and raise the go line as needed."""
    session.policy = WORK
    path = need_work_file(session)
    work = read_work_file(session, path)
    _use(session, path, work, directories, recursive=recursive)
    write_work_file(session, path, work)


def _use(session: Session, path: str, work: WorkFile, directories: Sequence[str], *, recursive: bool) -> None:
    root = posixpath.dirname(path)
    present: dict[str, list[str]] = {}
    for line in work.use:
        present.setdefault(_absolute(root, line.path), []).append(line.path)
    faults = Faults(session)
    asked = _Asked(session, root, faults)
    for directory in directories:
        asked.take(directory, present, recursive=recursive)
    for error in asked.put_off:
        faults.add(error)
    _rewrite(work, present, asked.use)
    go_version = work.go.version if work.go is not None else DEFAULT_GO_WORK_VERSION
    for line in work.use:
        if not line.path:
            continue
        try:
            _, file = read_mod_file(session, posixpath.join(_absolute(root, line.path), "go.mod"))
        except Failure as error:
            faults.add(error)
            continue
        needed = file.go.version if file.go is not None else DEFAULT_GO_MOD_VERSION
        go_version = max_version(go_version, needed)
    faults.stop()
    update_work_go_version(work, go_version)
    update_work_file(session, work)


class _Asked:
    """What the arguments ask for.

    Attributes:
        use: by absolute directory the path for its use line, "" to drop the line.
        put_off: why directories cannot be used. As in go, one that is named twice is told before all of these.
    """

    def __init__(self, session: Session, root: str, faults: Faults) -> None:
        self.use: dict[str, str] = {}
        self.put_off: list[GovgoError] = []
        self._session = session
        self._root = root
        self._faults = faults

    def take(self, directory: str, present: Iterable[str], *, recursive: bool) -> None:
        """Enter what an argument asks for; `present` are the directories that are used so far."""
        try:
            self._take(directory, present, recursive=recursive)
        except Failure as error:
            self.put_off.append(error)

    def _take(self, directory: str, present: Iterable[str], *, recursive: bool) -> None:
        session = self._session
        absolute, _ = self._spelled(directory)
        _check_known(session, absolute)
        if not session.files.exists(absolute):
            raise InputError(f"directory {session.short_path(absolute)} does not exist")
        if not session.files.is_dir(absolute):
            raise InputError(f"{session.short_path(absolute)} is not a directory")
        if not recursive:
            self._add(directory)
            return
        # As in go, a directory that cannot be listed, such as "", ends the search, and nothing tells of it.
        with suppress(DiskError):
            if directory:
                self._add_tree(directory)
        for known in present:
            if has_file_prefix(known, absolute) and known not in self.use:
                self.use[known] = ""

    def _add_tree(self, directory: str) -> None:
        session = self._session
        for path, kind in preorder((directory, "dir"), self._below):
            if kind == "dir":
                self._add(path)
            elif kind == "link" and session.files.is_dir(self._spelled(path)[0]):
                # As go has it: relative from the argument, and shortened where that is absolute.
                place = self._spelled(path)[0] if directory.startswith("/") else posixpath.normpath(path)
                session.report.raw(f"warning: ignoring symlink {session.short_path(place)}")

    def _below(self, entry: tuple[str, str]) -> list[tuple[str, str]]:
        """What is in a directory, and its kind."""
        path, kind = entry
        listed = self._session.files.listdir(self._spelled(path)[0]) if kind == "dir" else ()
        return [(posixpath.join(path, name), kind) for name, kind in listed]

    def _add(self, directory: str) -> None:
        session = self._session
        absolute, spelled = self._spelled(directory)
        file = posixpath.join(absolute, "go.mod")
        try:
            _check_known(session, file)
        except DiskError as error:
            self.put_off.append(error)
            return
        if not session.files.exists(file):
            self.use[absolute] = ""
            return
        if not session.files.is_file(file):
            self.put_off.append(DiskError(f"{session.short_path(file)} is not a regular file", path=file))
            return
        twin = self.use.get(absolute, "")
        if twin and twin != spelled:
            self._faults.add(InputError(f'already added "{spelled}" as "{twin}"'))
        self.use[absolute] = spelled

    def _spelled(self, directory: str) -> tuple[str, str]:
        """The absolute path of an argument, and its path for a use line."""
        absolute = _absolute(self._session.settings.cwd, directory)
        if directory.startswith("/"):
            return absolute, absolute
        return absolute, directory_path(posixpath.relpath(absolute, self._root))


def _check_known(session: Session, path: str) -> None:
    """Raises DiskError where it is not known whether there is anything at `path`."""
    error = session.files.stat_error(path)
    if error is not None and not isinstance(error.inner, FileNotFoundError):
        raise error


def _rewrite(work: WorkFile, present: dict[str, list[str]], use: dict[str, str]) -> None:
    for absolute, spelled in use.items():
        lines = present.get(absolute, [])
        kept = sum(1 for line in lines if line == spelled)
        for line in lines:
            if line != spelled:
                work.drop_use(line)
        if spelled and kept != 1:
            if kept > 1:
                work.drop_use(spelled)
            work.add_new_use(spelled, "")


def _absolute(root: str, path: str) -> str:
    clean = posixpath.normpath(path if path.startswith("/") else posixpath.join(root, path))
    return "/" + clean.lstrip("/")  # normpath keeps two slashes in front, which mean nothing on our systems
