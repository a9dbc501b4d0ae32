# SPDX-License-Identifier: BSD-3-Clause
"""Where the main module is, and whether its go.mod may change or its vendor directory is used."""

from __future__ import annotations

import posixpath

from govgo.core.golib.quote import quote
from govgo.core.module.paths import upwards
from govgo.core.typehints import TYPE_CHECKING
from govgo.core.version import goversion
from govgo.errors import UsageError
from govgo.load.session.errors import NoModRootError

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def find_module_root(session: Session, directory: str) -> str:
    """The nearest directory at or above `directory` that holds a go.mod file, "" when there is none."""
    above = upwards(posixpath.normpath(directory))
    return next((each for each in above if session.files.is_file(posixpath.join(each, "go.mod"))), "")


def is_temp_root(session: Session, root: str) -> bool:
    """Whether `root` is the system's directory for temporary files: a go.mod there is a leftover."""
    temp = session.settings.temp_dir
    return root == posixpath.normpath(temp) or session.files.real_path(root) == session.files.real_path(temp)


def modules_disabled() -> UsageError:
    """The error that a verb about modules alone can do nothing."""
    return UsageError("modules disabled by GO111MODULE=off; see 'go help modules'")


def missing_main_module(session: Session) -> UsageError:
    """The error that there is no main module; in a git repository it suggests where to make one."""
    if session.settings.env.go111module == "off":
        return modules_disabled()
    if not session.in_workspace:
        cwd = posixpath.normpath(session.settings.cwd)
        for directory in upwards(cwd):
            if session.files.is_file(posixpath.join(directory, ".git/config")):
                relative = posixpath.relpath(directory, cwd)
                change = "" if relative == "." else f"cd {relative} && "
                return NoModRootError(
                    f"cannot find main module, but found .git/config in {directory}\n"
                    f"\tto create a module there, run:\n\t{change}go mod init"
                )
    return session.no_main_modules_error()


def set_default_build_mod(session: Session) -> None:
    """Set `session.build_mod`: whether go.mod and go.sum may change, and whether the vendor directory is used.

    To be called again once go.mod is read, since its go line decides about the vendor directory.

    Raises:
        UsageError: -mod=mod in workspace mode.
    """
    mod = session.settings.mod
    if session.policy.build_mod:
        session.build_mod = session.policy.build_mod
    elif session.obeys_mod_flag:
        if session.in_workspace and mod not in ("readonly", "vendor"):
            raise UsageError(
                f"-mod may only be set to readonly or vendor when in workspace mode, but it is set to {quote(mod)}"
                "\n\tRemove the -mod flag to use the default readonly value, "
                "\n\tor set GOWORK=off to disable workspace mode."
            )
        session.build_mod = mod
    elif not session.mod_roots:
        session.build_mod = "mod" if session.policy.allows_missing_imports else "readonly"
    else:
        session.build_mod = "vendor" if _vendor_is_used(session) else "readonly"


def _vendor_is_used(session: Session) -> bool:
    """Whether the vendor directory is used although no -mod asks for it; records the reason."""
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
