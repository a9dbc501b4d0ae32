# SPDX-License-Identifier: BSD-3-Clause
"""`mod init`: a new go.mod in the working directory."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from govgo.core.golib.quote import quote, unquote
from govgo.core.lazyregex import late
from govgo.core.modfile import ModFile
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.module.paths import check_import_path, check_new_module_path, is_local_import, split_path_version
from govgo.errors import InvalidPathError, UsageError
from govgo.load.buildlist.requirements import put_in_force, requirements_from_mod_files
from govgo.load.buildlist.roots import update_roots
from govgo.load.mainmodule.find import find_module_root
from govgo.load.mainmodule.load import init
from govgo.load.mainmodule.write import add_go_stmt, commit_requirements
from govgo.load.packages.localpatterns import in_dir
from govgo.load.session.mainmodules import MainModule, make_main_modules
from govgo.load.session.policy import INIT

if TYPE_CHECKING:
    from govgo.load.session.session import Session

_IMPORT_COMMENT = late(rb"(?m)^package[ \t]+[^ \t\r\n/]+[ \t]+//[ \t]+import[ \t]+(\"[^\"]+\")[ \t]*\r?\n")


def init_module(session: Session, path: str) -> None:
    """Create go.mod in the working directory.

    Args:
        session: the command.
        path: the module path; "" to infer it from import comments or the directory below GOPATH.

    Raises:
        UsageError: there is a go.mod already, or no path can be inferred.
        InvalidPathError: the path cannot be a module's.
    """
    session.policy = INIT
    root = posixpath.normpath(session.settings.cwd)
    session.scope.mod_roots = (root,)
    init(session)
    file_path = session.mod_file_path(root)
    if session.files.exists(file_path):
        raise UsageError(f"{session.settings.modfile_given or file_path} already exists")
    if path:
        _check_path(path)
    else:
        path = find_module_path(session, root)
    session.report.note(f"creating new go.mod: module {path}")
    file = ModFile()
    file.add_module_stmt(path)
    mod = ModuleVersion(path, "")
    session.scope.main = make_main_modules(
        [MainModule(mod, root, file, None)],
        cwd_root=find_module_root(session, root),
        local_go=session.local_go,
        tell=session.fail,
    )
    add_go_stmt(session, mod, file, session.local_go)
    rs = requirements_from_mod_files(session)
    put_in_force(session, update_roots(session, rs.direct, rs))
    commit_requirements(session)
    if _has_sources(session, root):
        session.report.note("to add module requirements and sums:\n\tgo mod tidy")


def _has_sources(session: Session, root: str) -> bool:
    """Whether the directory looks like an existing project."""
    return any(
        name.endswith(".go") or kind == "dir"
        for name, kind in session.files.listdir(root)
        if not name.startswith((".", "_"))
    )


def _check_path(path: str) -> None:
    """Check a module path that was given, in go's words for `mod init`: suggest one where only the suffix is wrong.

    Raises:
        InvalidPathError: it cannot be a module's.
    """
    if is_toolchain(path):
        raise InvalidPathError(f"invalid module path {quote(path)}: ")
    try:
        check_new_module_path(path)
    except InvalidPathError as error:
        text = str(error).replace("malformed import path", "malformed module path", 1)
        if is_local_import(path):
            text = f"malformed module path {quote(path)}: is a local import path"
        raise InvalidPathError(text) from None
    if split_path_version(path)[2]:
        return
    if path.startswith("gopkg.in/"):
        reason = (
            "module paths beginning with gopkg.in/ must always have a major version suffix in the form of .vN:"
            f"\n\tgo mod init {_suggest_gopkg(path)}"
        )
    else:
        reason = (
            "major version suffixes must be in the form of /vN and are only allowed for v2 or later:"
            f"\n\tgo mod init {_suggest_path(path)}"
        )
    raise InvalidPathError(f'invalid module path "{path}": {reason}')


def _suggest_path(path: str) -> str:
    base = path.rstrip("0123456789.")
    digits = re.findall("[0-9]+", path[len(base) :])
    major = digits[0].lstrip("0") if digits else ""
    base = base.removesuffix("/v").removesuffix("/")
    return f"{base}/v2" if major in ("", "1") else f"{base}/v{major}"


def _suggest_gopkg(path: str) -> str:
    base = path.rstrip("0123456789.")
    digits = re.findall("[0-9]+", path)
    major = digits[0].lstrip("0") if digits else ""
    base = base.removesuffix(".v").removesuffix("/v").removesuffix("/")
    return f"{base}.v{major or '1'}"


def find_module_path(session: Session, root: str) -> str:
    """The module path that the sources or the place of a directory suggest.

    Raises:
        UsageError: there is no suggestion.
    """
    entries = session.files.listdir(root)
    found = _import_comment(session, root)
    if found:
        return found
    for name, kind in entries:
        if kind == "dir":
            found = _import_comment(session, posixpath.join(root, name))
            if found:
                return posixpath.dirname(found) or "."
    fault = ""
    for place in filter(None, session.settings.env.gopath.split(":")):
        path = in_dir(session, root, posixpath.join(place, "src"))
        if path in ("", "."):
            continue
        try:
            check_import_path(path)
        except InvalidPathError as error:
            fault = str(error)
            break
        return path
    reason = "outside GOPATH, module path must be specified"
    if fault:
        reason = f"bad module path inferred from directory in GOPATH: {fault}"
    raise UsageError(
        f"cannot determine module path for source directory {root} ({reason})\n\n"
        "Example usage:\n"
        "\t'go mod init example.com/m' to initialize a v0 or v1 module\n"
        "\t'go mod init example.com/m/v2' to initialize a v2 module\n\n"
        "Run 'go help mod init' for more information."
    )


def _import_comment(session: Session, directory: str) -> str:
    """The first import comment in the Go files of a directory."""
    for name, kind in session.files.listdir(directory):
        if kind == "file" and name.endswith(".go"):
            data = session.files.read(posixpath.join(directory, name)) or b""
            match = _IMPORT_COMMENT.search(data)
            path = unquote(match[1].decode("utf-8", "surrogateescape")) if match else None
            if path:
                return path
    return ""
