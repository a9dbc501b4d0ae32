# SPDX-License-Identifier: BSD-3-Clause
"""What loaded packages mean for the requirements: direct modules, new roots, modules for missing packages
(cmd/go's loader.updateRequirements, resolveMissingImports, preloadRootModules).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from govgo.core.gosource.buildtags import any_tags
from govgo.core.module.moduleversion import ModuleVersion, sort
from govgo.core.version.goversion import compare
from govgo.errors import Failure, GovgoError, StaleError, find
from govgo.load.buildlist.package import IN_ALL, IS_ROOT, LoadPkg
from govgo.load.buildlist.requirements import Pruning, Requirements, sorted_roots
from govgo.load.buildlist.roots import update_roots
from govgo.load.packages.errors import DirectImportFromImplicitDependencyError, ImportMissingError
from govgo.load.packages.imports import import_from_modules, warm_candidates
from govgo.load.packages.missing import query_import, warm_queries
from govgo.load.packages.tidyroots import tidy_roots
from govgo.load.session.toonew import TooNewError

if TYPE_CHECKING:
    from govgo.load.packages.loader import Loader


def update_requirements(loader: Loader) -> bool:
    """Make the loader's requirements agree with its packages.

    Modules whose packages main modules import become direct, and roots. Where go.mod may not change, the importing
    package gets an error instead.

    Returns:
        Whether a selected version changed that some package came from, or may now come from.

    Raises:
        TooNewError: some package needs a newer Go; the highest version.
        GovgoError: the requirements cannot be made to agree.
    """
    before = loader.requirements
    direct = _direct_modules(loader)
    too_new = _newest_refusal(pkg.error for pkg in loader.pkgs)
    if too_new is not None:
        raise too_new
    # Roots are only ever added while packages are loaded; those without use are dropped at the very end. So versions
    # can only rise, and the loop comes to an end.
    add = tidy_roots(loader.session, before, loader.pkgs).roots if loader.opts.tidy else ()
    try:
        after = update_roots(
            loader.session,
            direct,
            before,
            loader.pkgs,
            add,
            roots_imported=loader.opts.assume_roots_imported,
        )
    except StaleError:
        loader.must_not_commit = _spoils_roots(loader)
        raise
    changed = after.go_version() != before.go_version()
    if not changed and after is not before and after.roots != before.roots:
        changed = _selection_changed(loader, after)
    loader.requirements = after
    return changed


def _spoils_roots(loader: Loader) -> bool:
    """Whether go, where it tolerates that go.mod lacks roots, refuses to go on all the same.

    A new root that finds room behind the roots read from go.mod is sorted in among them; then the last one is lost,
    and go.mod seems to need a change. There is room for one, less a toolchain line, more for excluded requirements.
    """
    session, roots = loader.session, loader.requirements.roots
    if loader.requirements is not session.requirements or loader.requirements.pruning is not Pruning.PRUNED:
        return False
    file = session.main.mod_file(session.main.single())
    missing = [
        pkg.mod
        for pkg in loader.pkgs
        if pkg.from_external_module
        and pkg.flags & (IN_ALL | IS_ROOT)
        and loader.requirements.root_selected(pkg.mod.path) is None
    ]
    if file is None or len(roots) + len(missing) > len(file.require) + 2:
        return False
    return sorted_roots((*roots, *missing))[: len(roots)] != roots


def _direct_modules(loader: Loader) -> set[str]:
    """Paths of the modules that main modules import from."""
    session = loader.session
    rs = loader.requirements
    # Only a load of "all" with every build tag has seen every direct import; else what is known stays.
    complete = loader.all_is_root and loader.tags == any_tags()
    direct = set() if complete else set(rs.direct)
    main_modules = frozenset(session.main.modules)
    for pkg in loader.pkgs:
        if pkg.mod not in main_modules:
            continue
        for dep in pkg.imports:
            if not dep.from_external_module:
                continue
            if session.in_workspace:
                if session.build_mod == "vendor":
                    continue
                if rs.graph().required_by(dep.mod) is None:
                    pkg.error = DirectImportFromImplicitDependencyError(pkg.path, dep.path, dep.mod)
            elif pkg.error is None and session.build_mod != "mod" and rs.root_selected(dep.mod.path) != dep.mod.version:
                pkg.error = DirectImportFromImplicitDependencyError(pkg.path, dep.path, dep.mod)
                continue
            direct.add(dep.mod.path)
    return direct


def _newest_refusal(errors: Iterable[GovgoError | None]) -> TooNewError | None:
    newest: TooNewError | None = None
    for error in errors:
        refusal = find(error, TooNewError) if error is not None else None
        if refusal is not None and (newest is None or compare(refusal.go_version, newest.go_version) > 0):
            newest = refusal
    return newest


def _selection_changed(loader: Loader, after: Requirements) -> bool:
    """Whether other roots change where a package comes from, or give one that had an error."""
    mg = after.graph()
    for pkg in loader.pkgs:
        if pkg.from_external_module and mg.selected(pkg.mod.path) != pkg.mod.version:
            return True
        if pkg.error is not None:
            try:
                import_from_modules(loader.session, pkg.path, after, skip_mod_file=loader.skip_mod_files)
            except Failure:
                continue
            return True
    return False


def resolve_missing(loader: Loader) -> dict[ModuleVersion, LoadPkg]:
    """Modules to add so that missing packages are provided, each with the first package that it would provide.

    A package that no module can be found for keeps the better explanation as its error.

    Raises:
        TooNewError: a module that would do needs a newer Go.
    """
    missing = [
        pkg
        for pkg in loader.pkgs
        if pkg.error is not None and not pkg.is_test and find(pkg.error, ImportMissingError) is not None
    ]
    warm_queries(loader.session, (pkg.path for pkg in missing))
    added: dict[ModuleVersion, LoadPkg] = {}
    answers: list[tuple[LoadPkg, ModuleVersion]] = []
    for pkg in missing:
        try:
            answers.append((pkg, query_import(loader.session, pkg.path, loader.requirements)))
        except Failure as error:
            _blame_main_module(loader, pkg, error)
            pkg.error = error
    too_new = _newest_refusal(pkg.error for pkg in missing)
    if too_new is not None:
        culprit = next(pkg for pkg in missing if find(pkg.error, TooNewError) is too_new)
        loader.session.report.note(f"toolchain upgrade needed to resolve {culprit.path}")
        raise too_new
    for pkg, mod in answers:
        loader.session.report.note(f"found {pkg.path} in {mod.path} {mod.version}")
        added.setdefault(mod, pkg)
    return added


def _blame_main_module(loader: Loader, pkg: LoadPkg, error: GovgoError) -> None:
    """Say at which main module the chain of imports begins, nearest first."""
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


def preload_root_modules(loader: Loader, paths: list[str]) -> bool:
    """Make roots of the modules that provide the root packages, so that their requirements are seen from the start.

    Returns:
        Whether the requirements changed, so that patterns have to be matched again.
    """
    session = loader.session
    warm_candidates(session, paths, loader.requirements, None)
    needed: set[ModuleVersion] = set()
    for path in paths:
        mod = _root_module(loader, path)
        if mod is not None and loader.requirements.root_selected(mod.path) != mod.version:
            needed.add(mod)
    if not needed:
        return False
    add = list(needed)
    sort(add)
    try:
        after = update_roots(
            session,
            loader.requirements.direct,
            loader.requirements,
            (),
            tuple(add),
            roots_imported=loader.opts.assume_roots_imported,
        )
    except GovgoError as error:
        loader.error(error)
        session.finish()
        return False
    assert after.roots != loader.requirements.roots, f"internal error: adding {add} had no effect on the roots"
    loader.requirements = after
    return True


def _root_module(loader: Loader, path: str) -> ModuleVersion | None:
    """The module that provides, or could provide, a root package; None for standard and unknown ones."""
    try:
        found = import_from_modules(loader.session, path, loader.requirements, skip_mod_file=loader.skip_mod_files)
        return found.mod if found.mod.path else None
    except Failure as error:
        if find(error, ImportMissingError) is None or not loader.opts.resolve_missing_imports:
            return None
    try:
        return query_import(loader.session, path, loader.requirements)
    except Failure:
        return None
