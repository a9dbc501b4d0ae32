# SPDX-License-Identifier: BSD-3-Clause
"""The modules that provide missing packages: by a replacement that nothing uses yet, else by the newest version.

Source: cmd/go's loader.resolveMissingImports and modload.queryImport.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from govgo.core.module.moduleversion import ModuleVersion, compare_selected
from govgo.core.module.paths import is_module_path, is_std, split_path_version
from govgo.core.version.pseudo import zero_pseudo_version
from govgo.errors import Failure, GovgoError, PackageError, find, is_not_found
from govgo.load.buildlist.package import LoadPkg
from govgo.load.buildlist.requirements import Requirements
from govgo.load.dependency.gomod import MissingSumError
from govgo.load.packages.errors import (
    ImportMissingError,
    ImportMissingSumError,
)
from govgo.load.packages.imports import (
    begin_modules,
    dir_in_module,
    fetch,
    may_add,
    maybe_in_module,
    path_prefixes,
    with_surroundings,
)
from govgo.load.session.errors import TooNewError, newest_too_new

if TYPE_CHECKING:
    from govgo.load.packages.loader import Loader
    from govgo.load.session.session import Session


def resolve_missing(loader: Loader) -> dict[ModuleVersion, LoadPkg]:
    """Modules to add so that missing packages are provided, each with the first package that it would provide.

    A package for which no module is found gets the error of the search, which says more than the one before.

    Raises:
        TooNewError: a module that provides a package needs a newer Go.
    """
    missing = [
        pkg
        for pkg in loader.pkgs
        if pkg.error is not None and not pkg.is_test and find(pkg.error, ImportMissingError) is not None
    ]
    rs = loader.requirements
    # A replacement may provide a package, and then nobody is asked about it; what is asked ahead counts as used.
    asked = [pkg.path for pkg in missing if not _unused_replacements(loader.session, pkg.path, rs)]
    begin_queries(loader.session, asked, lambda path: rs.graph().selected(path))
    added: dict[ModuleVersion, LoadPkg] = {}
    answers: list[tuple[LoadPkg, ModuleVersion]] = []
    for pkg in missing:
        try:
            answers.append((pkg, query_import(loader.session, pkg.path, loader.requirements)))
        except Failure as error:
            _add_main_module(loader, pkg, error)
            pkg.error = error
    too_new = newest_too_new(pkg.error for pkg in missing)
    if too_new is not None:
        cause = next(pkg for pkg in missing if find(pkg.error, TooNewError) is too_new)
        loader.session.report.note(f"toolchain upgrade needed to resolve {cause.path}")
        raise too_new
    for pkg, mod in answers:
        loader.session.report.note(f"found {pkg.path} in {mod.path} {mod.version}")
        added.setdefault(mod, pkg)
    return added


def _add_main_module(loader: Loader, pkg: LoadPkg, error: GovgoError) -> None:
    """Set the nearest main module in the chain of imports on the error, whose text names it."""
    missing = find(error, ImportMissingError)
    if missing is None:
        return
    importer = pkg.stack
    while importer is not None:
        if loader.session.main.contains(importer.mod.path):
            missing.importing_main_module = importer.mod
            missing.mod_root = loader.session.main.root(importer.mod)
            return
        importer = importer.stack


def begin_queries(session: Session, paths: Iterable[str], selected: Callable[[str], str]) -> None:
    """Fetch together what the searches for missing packages ask one after another; begin with the modules they search.

    Args:
        session: the command.
        paths: import paths that no module of the build list provides.
        selected: the selected version of a module path, "none" where there is none.
    """
    if not may_add(session):
        return
    prefixes = dict.fromkeys(
        prefix
        for path in paths
        if not is_std(path)
        for prefix in path_prefixes(path)
        if is_module_path(prefix) and not session.main.contains(prefix)
    )
    if not prefixes:
        return
    from govgo.load.query.prefetch import latest_versions, warm_latest

    warm_latest(session, prefixes)
    begin_modules(session, latest_versions(session, prefixes, selected))


def query_import(session: Session, path: str, rs: Requirements) -> ModuleVersion:
    """A module version that provides package `path` and can be added to the build list.

    An unused replacement is preferred to anything that the proxies know.

    Raises:
        ImportMissingError: there is none, or none may be added now.
        GovgoError: the sources cannot be asked.
    """
    replaced = _unused_replacements(session, path, rs)
    for mod in replaced:
        if _provides(session, mod, path):
            if session.build_mod == "readonly":
                raise with_surroundings(session, ImportMissingError(path, replaced=mod))
            return mod
    if replaced and not is_module_path(path):
        # Not a path that can be fetched, so only a replacement could hold it, and none does.
        from govgo.load.query.errors import PackageNotInModuleError

        raise PackageNotInModuleError(
            mod=replaced[0],
            query="latest",
            pattern=path,
            replacement=session.main.replacement(replaced[0]),
        )
    if is_std(path):
        raise with_surroundings(session, ImportMissingError(path, is_std=True))
    if session.build_mod in ("readonly", "vendor") and not session.policy.allows_missing_imports:
        raise with_surroundings(session, ImportMissingError(path, inner=_disabled(session)))
    return _query(session, path, rs)


def _query(session: Session, path: str, rs: Requirements) -> ModuleVersion:
    from govgo.load.packages.query import query_packages
    from govgo.load.query.retract import check_allowed

    session.report.note(f"finding module for package {path}")
    mg = rs.graph()
    try:
        candidates = query_packages(session, path, "latest", mg.selected, lambda mod: check_allowed(session, mod))
    except Failure as error:
        if is_not_found(error):
            raise with_surroundings(session, ImportMissingError(path, inner=error)) from error
        raise
    newer = ""
    for i, candidate in enumerate(candidates):
        mod = candidate.mod
        selected = mg.selected(mod.path)
        if compare_selected(mod.path, selected, mod.version) <= 0:
            return mod
        # The latest version holds the package, but the build list already has a newer one, which does not.
        if i == 0:
            newer = selected
    raise with_surroundings(session, ImportMissingError(path, module=candidates[0].mod, new_missing_version=newer))


def _disabled(session: Session) -> PackageError | None:
    if session.settings.mod_explicit:
        return PackageError(f"import lookup disabled by -mod={session.build_mod}")
    if session.build_mod_reason:
        return PackageError(f"import lookup disabled by -mod={session.build_mod}\n\t({session.build_mod_reason})")
    return None


def _unused_replacements(session: Session, path: str, rs: Requirements) -> list[ModuleVersion]:
    """Replaced module versions above the selected ones whose path could hold the package, longest path first."""
    found: list[ModuleVersion] = []
    for mod_path, version in session.main.highest_replaced.items():
        if not maybe_in_module(path, mod_path):
            continue
        if version == "":
            # Every version is replaced: use a pseudo-version that is lower than every real version.
            _, major, ok = split_path_version(mod_path)
            version = zero_pseudo_version(major[1:] if ok and major else "v0")
        if compare_selected(mod_path, rs.graph().selected(mod_path), version) < 0:
            found.append(ModuleVersion(mod_path, version))
    return sorted(found, key=lambda mod: len(mod.path), reverse=True)


def _provides(session: Session, mod: ModuleVersion, path: str) -> bool:
    try:
        root, is_local = fetch(session, mod)
    except Failure as error:
        if find(error, MissingSumError) is not None:
            raise ImportMissingSumError(path) from error
        raise
    return dir_in_module(session, path, mod.path, root, is_local=is_local)[1]
