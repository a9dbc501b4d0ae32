# SPDX-License-Identifier: BSD-3-Clause
"""What loaded packages mean for the requirements: direct modules, new roots, and modules for missing packages.

Source: cmd/go's loader.updateRequirements, resolveMissingImports, preloadRootModules and modload.queryImport.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from govgo.core.gosource.buildtags import any_tags
from govgo.core.modgraph.loader import Pruning
from govgo.core.module.moduleversion import NO_MODULE, ModuleVersion, compare_selected, sort
from govgo.core.module.paths import check_path, is_std, split_path_version
from govgo.core.version.goversion import compare
from govgo.core.version.pseudo import zero_pseudo_version
from govgo.errors import Failure, GovgoError, InvalidPathError, PackageError, StaleError, find, is_not_found
from govgo.load.buildlist.package import IN_ALL, IS_ROOT, LoadPkg
from govgo.load.buildlist.requirements import Requirements, in_force, sorted_roots
from govgo.load.buildlist.roots import update_roots
from govgo.load.dependency.gomod import MissingSumError
from govgo.load.packages.errors import (
    DirectImportFromImplicitDependencyError,
    ImportMissingError,
    ImportMissingSumError,
)
from govgo.load.packages.imports import (
    begin_modules,
    dir_in_module,
    fetch,
    import_from_modules,
    may_add,
    maybe_in_module,
    path_prefixes,
    std_directory,
    warm_candidates,
)
from govgo.load.packages.tidyroots import tidy_roots
from govgo.load.session.errors import TooNewError

if TYPE_CHECKING:
    from govgo.load.packages.loader import Loader
    from govgo.load.session.session import Session


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
    too_new = _newest_too_new(pkg.error for pkg in loader.pkgs)
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


def _newest_too_new(errors: Iterable[GovgoError | None]) -> TooNewError | None:
    newest: TooNewError | None = None
    for error in errors:
        found = find(error, TooNewError) if error is not None else None
        if found is not None and (newest is None or compare(found.go_version, newest.go_version) > 0):
            newest = found
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
    begin_queries(loader.session, asked)
    added: dict[ModuleVersion, LoadPkg] = {}
    answers: list[tuple[LoadPkg, ModuleVersion]] = []
    for pkg in missing:
        try:
            answers.append((pkg, query_import(loader.session, pkg.path, loader.requirements)))
        except Failure as error:
            _add_main_module(loader, pkg, error)
            pkg.error = error
    too_new = _newest_too_new(pkg.error for pkg in missing)
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
    try:
        return query_import(loader.session, path, loader.requirements)
    except Failure:
        return None


def begin_queries(session: Session, paths: Iterable[str]) -> None:
    """Fetch together what the searches for missing packages ask one after another; begin with the modules they search.

    Args:
        session: the command.
        paths: import paths that no module of the build list provides.
    """
    if not may_add(session):
        return
    prefixes = dict.fromkeys(
        prefix
        for path in paths
        if not is_std(path)
        for prefix in path_prefixes(path)
        if _is_module_path(prefix) and not session.main.contains(prefix)
    )
    if not prefixes:
        return
    from govgo.load.query.prefetch import latest_versions, warm_latest

    warm_latest(session, prefixes)
    begin_modules(session, latest_versions(session, prefixes))


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
                raise _missing(session, path, replaced=mod)
            return mod
    if replaced and not _is_module_path(path):
        # Not a path that can be fetched, so only a replacement could hold it, and none does.
        from govgo.load.query.errors import PackageNotInModuleError

        raise PackageNotInModuleError(
            mod=replaced[0],
            query="latest",
            pattern=path,
            replacement=session.main.replacement(replaced[0]),
        )
    if is_std(path):
        raise _missing(session, path, is_std=True)
    if session.build_mod in ("readonly", "vendor") and not session.policy.allows_missing_imports:
        raise _missing(session, path, inner=_disabled(session))
    return _query(session, path, rs)


def _query(session: Session, path: str, rs: Requirements) -> ModuleVersion:
    from govgo.load.packages.find import query_packages
    from govgo.load.query.retract import check_allowed

    session.report.note(f"finding module for package {path}")
    mg = rs.graph()
    try:
        candidates = query_packages(session, path, "latest", mg.selected, lambda mod: check_allowed(session, mod))
    except Failure as error:
        if is_not_found(error):
            raise _missing(session, path, inner=error) from error
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
    raise _missing(session, path, module=candidates[0].mod, new_missing_version=newer)


def _missing(
    session: Session,
    path: str,
    *,
    module: ModuleVersion = NO_MODULE,
    inner: BaseException | None = None,
    is_std: bool = False,
    replaced: ModuleVersion = NO_MODULE,
    new_missing_version: str = "",
) -> ImportMissingError:
    return ImportMissingError(
        path,
        module=module,
        inner=inner,
        is_std=is_std,
        replaced=replaced,
        new_missing_version=new_missing_version,
        containing_cwd=session.main.containing_cwd,
        may_add=may_add(session),
        std_dir=std_directory(session, path) if session.settings.env.goroot else "",
    )


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


def _is_module_path(path: str) -> bool:
    try:
        check_path(path)
    except InvalidPathError:
        return False
    return True
