# SPDX-License-Identifier: BSD-3-Clause
"""Arguments of `get` that name directories or the whole workspace, and the workspace that the module may belong to."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from govgo.app.get.argument import ArgumentError, PathSet, Query
from govgo.core.gosource.buildtags import any_tags
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import Failure
from govgo.load.mainmodule.load import must_have_mod_root
from govgo.load.packages.imports import dir_in_module
from govgo.load.packages.patterns import match_in_module, warn_unmatched
from govgo.load.session.session import Session


def workspace_has_package(session: Session, workspace: Mapping[str, str], path: str) -> bool:
    """Whether a module of the workspace, which has the directories of its modules by their paths, has the package."""
    for mod_path, root in workspace.items():
        try:
            _, found = dir_in_module(session, path, mod_path, root, is_local=True)
        except Failure:
            continue
        if found:
            return True
    return False


def local_options(session: Session, query: Query) -> PathSet:
    """A directory, or a pattern of directories, means the main module that contains it."""
    absolute = posixpath.normpath(posixpath.join(session.settings.cwd, query.pattern))
    detail = "" if query.pattern.startswith("/") else f" ({absolute})"
    pattern, main = dir_import_path(session, absolute)
    if main is None:
        must_have_mod_root(session)
        roots = [session.main.root(m) for m in session.main.modules]
        plural = "" if len(roots) == 1 else "s"
        raise ArgumentError(f"{query.pattern}{detail} is not within module{plural} rooted at {', '.join(roots)}")
    match = match_in_module(session, pattern, main, any_tags())
    if match.errors:
        raise match.errors[0]
    if match.packages:
        return PathSet(pkg_mods=(main,))
    if query.raw in ("", "."):
        raise ArgumentError("no package to get in current directory")
    if not query.wildcard:
        root = session.main.root(main)
        raise ArgumentError(f"{query.pattern}{detail} is not a package in module rooted at {root}")
    warn_unmatched(session, [match])
    return PathSet()


def work_options(session: Session, query: Query) -> PathSet:
    """The pattern "work" means the main module, if it holds packages."""
    main = session.main.single()
    match = match_in_module(session, query.pattern, main, any_tags())
    if match.errors:
        raise match.errors[0]
    if match.packages:
        return PathSet(pkg_mods=(main,))
    warn_unmatched(session, [match])
    return PathSet()


def dir_import_path(session: Session, directory: str) -> tuple[str, ModuleVersion | None]:
    """The import path of an absolute directory and its main module; (".", None) outside of all of them."""
    best: tuple[str, str, ModuleVersion] | None = None
    for main in session.main.modules:
        root, prefix = session.main.root(main), main.path
        if directory == root:
            return prefix, main
        if directory.startswith(root.rstrip("/") + "/") and (best is None or prefix > best[0]):
            below = directory[len(root.rstrip("/")) + 1 :]
            path = below.removeprefix("vendor/") if below.startswith("vendor/") else f"{prefix}/{below}"
            best = (prefix, path, main)
    return (best[1], best[2]) if best is not None else (".", None)
