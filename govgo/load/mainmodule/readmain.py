# SPDX-License-Identifier: BSD-3-Clause
"""Reading the go.mod files of all main modules, and go's sentences for those that cannot be used."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from govgo.core.modfile import ModFile, WorkFile
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import check_import_path
from govgo.core.version import goversion
from govgo.errors import DiskError, Failure, GovgoError, InputError, InvalidPathError
from govgo.load.mainmodule.read import CanonicalVersions, read_mod_file
from govgo.load.session.godebug import check_godebug
from govgo.load.session.mainmods import MainModule, index_mod_file, mod_go_version, work_go_version
from govgo.load.session.toonew import TooNewError

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def read_main_modules(session: Session, work_file: WorkFile | None) -> list[MainModule]:
    """The main modules at `session.mod_roots`, in order.

    Args:
        session: the command.
        work_file: the go.work file that lists them, None in module mode.

    Raises:
        GovgoError: one cannot be used.
        ReportedError: several cannot be used; each has been told.
    """
    entries: list[MainModule] = []
    faults: list[GovgoError] = []
    for root in session.mod_roots:
        try:
            entry = _read_main_module(session, root, work_file)
            entries.append(entry)
            _check_module_path(entry.mod.path)
        except InputError as error:
            faults.append(error)
    session.fail_all(faults)
    return entries


class UnreadableModuleError(InputError):
    """A go.mod file that go.work lists cannot be used."""

    code = "workspace-module"


def _read_main_module(session: Session, root: str, work_file: WorkFile | None) -> MainModule:
    path = session.mod_file_path(root)
    fix = CanonicalVersions(session)
    strict = session.in_workspace and not session.command.startswith("work ")
    try:
        data, file = read_mod_file(session, path, fix)
    except TooNewError as error:
        if strict:
            raise _work_too_old(session, path, work_file, error.go_version) from None
        if session.in_workspace:
            raise _cannot_load(session, path, error) from None
        raise
    except Failure as error:
        if session.in_workspace:
            raise _cannot_load(session, path, error) from None
        raise
    if strict:
        go = mod_go_version(file)
        if (
            goversion.compare(go, work_go_version(work_file)) > 0
            and goversion.compare(go, goversion.GO_STRICT_VERSION) >= 0
        ):
            raise _work_too_old(session, path, work_file, go)
    if not session.in_workspace:
        _check_godebugs(session, path, file)
    assert file.module is not None
    mod = ModuleVersion(file.module.mod.path, "")
    session.raw_go_versions[mod] = file.go.version if file.go is not None else ""
    return MainModule(mod, root, file, index_mod_file(data, file, needs_fix=fix.fixed))


def _check_godebugs(session: Session, path: str, file: ModFile) -> None:
    faults: list[GovgoError] = []
    for line in file.godebug:
        try:
            check_godebug("godebug", line.key, line.value, session.local_go)
        except InputError as error:
            place = f"{session.short_path(path)}:{line.syntax.start.line}"
            faults.append(InputError(f"error loading go.mod:\n{place}: {error}"))
    session.fail_all(faults)


def _check_module_path(path: str) -> None:
    try:
        check_import_path(path)
    except InvalidPathError as error:
        raise InvalidPathError(str(error).replace("malformed import path", "malformed module path", 1)) from None


def _cannot_load(session: Session, path: str, error: GovgoError) -> UnreadableModuleError:
    directory = session.short_path(posixpath.dirname(path))
    why = str(error).replace(path, session.short_path(path), 1) if isinstance(error, DiskError) else str(error)
    return UnreadableModuleError(f"cannot load module {directory} listed in go.work file: {why}", inner=error)


def _work_too_old(session: Session, path: str, work_file: WorkFile | None, go_version: str) -> UnreadableModuleError:
    # A go.work file without a go line stands for go 1.18.
    verb = "lists" if work_file is not None and work_file.go is not None else "implicitly requires"
    return UnreadableModuleError(
        f"module {session.short_path(posixpath.dirname(path))} listed in go.work file requires go >= {go_version}, "
        f"but go.work {verb} go {work_go_version(work_file)}; to update it:\n\tgo work use"
    )
