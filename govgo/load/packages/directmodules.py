# SPDX-License-Identifier: BSD-3-Clause
"""What loaded packages mean for the requirements: direct modules and new roots.

Source: cmd/go's loader.updateRequirements and preloadRootModules.
"""

from __future__ import annotations

from govgo.core.gosource.buildtags import any_tags
from govgo.core.modgraph.loader import Pruning
from govgo.core.module.moduleversion import ModuleVersion, sort
from govgo.core.typehints import TYPE_CHECKING
from govgo.errors import Failure, StaleError, find
from govgo.load.buildlist.package import IN_ALL, IS_ROOT
from govgo.load.buildlist.requirements import Requirements, in_force, sorted_roots
from govgo.load.buildlist.roots import update_roots
from govgo.load.packages.errors import (
    DirectImportFromImplicitDependencyError,
    ImportMissingError,
)
from govgo.load.packages.imports import (
    import_from_modules,
    warm_candidates,
)
from govgo.load.packages.tidyroots import tidy_roots
from govgo.load.session.errors import newest_too_new

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
    too_new = newest_too_new(pkg.error for pkg in loader.pkgs)
    if too_new is not None:
        raise too_new
    # While packages are loaded, roots are only added; unused ones are dropped at the end. So versions can only rise,
    # and the loop comes to an end.
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
        loader.must_not_commit = _go_loses_a_root(loader)
        raise
    changed = after.go_version() != before.go_version()
    if not changed and after is not before and after.roots != before.roots:
        changed = _selection_changed(loader, after)
    loader.requirements = after
    return changed


def _go_loses_a_root(loader: Loader) -> bool:
    """Whether go refuses to continue although it tolerates that go.mod lacks roots (a quirk of go, reproduced).

    go appends new roots to the array of the roots it read and sorts it. Where the array has room, the sorting moves the
    last of the old roots out of the old slice, and go.mod seems to need a change. There is room for one root, for none
    with a toolchain line, and for as many more as there are excluded requirements.
    """
    session, roots = loader.session, loader.requirements.roots
    if loader.requirements is not in_force(session) or loader.requirements.pruning is not Pruning.PRUNED:
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
    # Only a load of "all" under every build tag sees every direct import; any other keeps what is known.
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


def preload_root_modules(loader: Loader, paths: list[str]) -> bool:
    """Make the modules that provide the root packages roots, so that their requirements count from the start.

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
    except Failure as error:
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
    from govgo.load.packages.missing import query_import

    try:
        return query_import(loader.session, path, loader.requirements)
    except Failure:
        return None
