# SPDX-License-Identifier: BSD-3-Clause
"""Where the main module is, which module mode its files ask for, and the requirements that they state."""

from __future__ import annotations

import posixpath
from collections.abc import Collection
from typing import TYPE_CHECKING

from govgo.core.golib.quote import quote
from govgo.core.modfile import ModFile
from govgo.core.modgraph.loader import Pruning, pruning_for
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.version import goversion
from govgo.errors import UsageError
from govgo.load.buildlist.requirements import Requirements, sorted_roots
from govgo.load.session.mainmods import mod_go_version, work_go_version
from govgo.load.session.session import NoModRootError

if TYPE_CHECKING:
    from govgo.load.session.session import Session

UPDATING_COMMANDS = frozenset(
    {"get", "mod download", "mod init", "mod tidy", "work sync", "mod graph", "mod verify", "mod why"}
)
"""Commands that may fetch what go.mod and go.sum lack; the last three keep quiet about it and write nothing."""

READONLY_COMMANDS = frozenset({"mod vendor", "work vendor"})


def find_module_root(session: Session, directory: str) -> str:
    """The nearest directory at or above `directory` that holds a go.mod file, "" when there is none."""
    directory = posixpath.normpath(directory)
    while not session.files.is_file(posixpath.join(directory, "go.mod")):
        parent = posixpath.dirname(directory)
        if parent == directory:
            return ""
        directory = parent
    return directory


def is_temp_root(session: Session, root: str) -> bool:
    """Whether `root` is the system's directory for temporary files: a go.mod there is a left-over."""
    temp = session.settings.temp_dir
    return root == posixpath.normpath(temp) or session.files.real_path(root) == session.files.real_path(temp)


def missing_main_module(session: Session) -> UsageError:
    """The refusal to work without a main module, with a hint where a repository suggests one."""
    if session.settings.env.go111module == "off":
        return UsageError("modules disabled by GO111MODULE=off; see 'go help modules'")
    if not session.in_workspace:
        cwd = posixpath.normpath(session.settings.cwd)
        directory = cwd
        while True:
            if session.files.is_file(posixpath.join(directory, ".git/config")):
                relative = posixpath.relpath(directory, cwd)
                change = "" if relative == "." else f"cd {relative} && "
                return NoModRootError(
                    f"cannot find main module, but found .git/config in {directory}\n"
                    f"\tto create a module there, run:\n\t{change}go mod init"
                )
            parent = posixpath.dirname(directory)
            if parent == directory:
                break
            directory = parent
    return session.no_main_modules_error()


def explicit_mod(session: Session) -> bool:
    """Whether -mod decides: go's commands that change files, or only look, do not take the flag."""
    return session.settings.mod_explicit and session.command not in UPDATING_COMMANDS | READONLY_COMMANDS


def set_default_build_mod(session: Session) -> None:
    """Decide whether go.mod and go.sum may change, and whether the vendor directory is used.

    May be called again when the main module is known.

    Raises:
        UsageError: -mod=mod in workspace mode.
    """
    mod = session.settings.mod
    if explicit_mod(session):
        if session.in_workspace and mod not in ("readonly", "vendor"):
            raise UsageError(
                f"-mod may only be set to readonly or vendor when in workspace mode, but it is set to {quote(mod)}"
                "\n\tRemove the -mod flag to use the default readonly value, "
                "\n\tor set GOWORK=off to disable workspace mode."
            )
        session.build_mod = mod
    elif session.command in UPDATING_COMMANDS:
        session.build_mod = "mod"
    elif session.command in READONLY_COMMANDS:
        session.build_mod = "readonly"
    elif not session.mod_roots:
        session.build_mod = "mod" if session.allow_missing_imports else "readonly"
    else:
        session.build_mod = "vendor" if _vendor_is_used(session) else "readonly"


def _vendor_is_used(session: Session) -> bool:
    """Whether the vendor directory is taken without being asked for; notes why, or why not."""
    if session.in_workspace:
        source = "go.work"
        work = session.main.work_file
        go_version = work.go.version if work is not None and work.go is not None else ""
        directory = posixpath.join(posixpath.dirname(session.work_path), "vendor")
    else:
        source = "go.mod"
        index = session.main.single_index()
        go_version = index.go_version if index is not None else ""
        directory = posixpath.join(session.mod_roots[0], "vendor")
    if not session.files.is_dir(directory):
        return False
    if not go_version:
        session.build_mod_reason = f"Go version in {source} is unspecified, so vendor directory was not used."
        return False
    if goversion.compare(go_version, "1.14") < 0:
        session.build_mod_reason = f"Go version in {source} is {go_version}, so vendor directory was not used."
        return False
    for_workspace = _vendored_for_workspace(session, directory)
    if for_workspace != session.in_workspace:
        session.build_mod_reason = (
            "Outside workspace mode, but vendor directory is for a workspace."
            if for_workspace
            else "In workspace mode, but vendor directory is not for a workspace"
        )
        return False
    session.build_mod_reason = f"Go version in {source} is at least 1.14 and vendor directory exists."
    return True


def _vendored_for_workspace(session: Session, directory: str) -> bool:
    data = session.files.read(posixpath.join(directory, "modules.txt"))
    if data is None:
        return False
    line = data[:512].partition(b"\n")[0].decode("utf-8", "replace")
    return line.startswith("## ") and any(entry.strip() == "workspace" for entry in line[3:].split(";"))


def requirements_from_mod_files(session: Session) -> Requirements:
    """The requirements that the files of the main modules state, without excluded ones."""
    main = session.main
    if session.in_workspace:
        work = main.work_file
        toolchain = work.toolchain.name if work is not None and work.toolchain is not None else ""
        roots = [*main.modules, *_go_roots(work_go_version(work), toolchain)]
        files = [file for m in main.modules if (file := main.mod_file(m)) is not None]
        direct = {r.mod.path for file in files for r in file.require if not r.indirect}
        return Requirements(session, Pruning.WORKSPACE, sorted_roots(roots), direct)
    m = main.single()
    file = main.mod_file(m)
    assert file is not None
    listed, direct = roots_from_mod_file(session, m, file, toolchain=True)
    return Requirements(session, pruning_for(main.go_version()), sorted_roots(listed), direct)


def roots_from_mod_file(
    session: Session, m: ModuleVersion, file: ModFile, *, toolchain: bool
) -> tuple[tuple[ModuleVersion, ...], set[str]]:
    """The requirements of one main module as written, and the paths of those not marked indirect.

    Args:
        session: the command.
        m: the main module.
        file: its go.mod.
        toolchain: whether its toolchain line counts.
    """
    index = session.main.index(m)
    excluded: Collection[ModuleVersion] = index.exclude if index is not None else ()
    roots: list[ModuleVersion] = []
    direct: set[str] = {"go"}
    for r in file.require:
        if r.mod in excluded:
            verb = "dropping" if session.build_mod == "mod" else "ignoring"
            session.report.note(f"{verb} requirement on excluded version {r.mod.path} {r.mod.version}")
            continue
        roots.append(r.mod)
        if not r.indirect:
            direct.add(r.mod.path)
    name = file.toolchain.name if toolchain and file.toolchain is not None else ""
    return (*roots, *_go_roots(mod_go_version(file), name)), direct


def _go_roots(go_version: str, toolchain: str) -> list[ModuleVersion]:
    roots = [ModuleVersion("go", go_version)]
    if toolchain:
        roots.append(ModuleVersion("toolchain", toolchain))
    return roots
