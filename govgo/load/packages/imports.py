# SPDX-License-Identifier: BSD-3-Clause
"""From an import path to the one module and directory that provide it (cmd/go's modload/import.go).

A package is provided by the standard library, a main module, a module of the build list, or, in vendor mode, the vendor
directory; found twice, it is ambiguous.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from os.path import dirname, isabs, join

from govgo.core.golib.quote import quote
from govgo.core.gosource import stdlib
from govgo.core.module.moduleversion import NO_MODULE, ModuleVersion, is_toolchain
from govgo.core.module.paths import check_import_path, is_local_import, is_std
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.core.typehints import TYPE_CHECKING
from govgo.core.version.goversion import EXPLICIT_MODULES_TXT_IMPORT_VERSION, compare
from govgo.errors import DiskError, Failure, GoSumError, InvalidPathError, PackageError, find
from govgo.load.dependency.gomod import MissingSumError, ModSummary, ModuleError, RawSummaries, known_summary, summary
from govgo.load.packages.errors import (
    AmbiguousImportError,
    ImportMissingError,
    ImportMissingSumError,
    InvalidImportError,
)
from govgo.load.packages.sourcetree import Trees, sources
from govgo.ports.modules import Ask

if TYPE_CHECKING:
    from govgo.load.buildlist.graph import ModGraph
    from govgo.load.buildlist.requirements import Requirements
    from govgo.load.session.session import Session

META_PACKAGES = frozenset({"std", "cmd", "tool", "work", "all"})
"""Pattern words that stand for sets of packages (cmd/go's search.IsMetaPackage)."""


class Found(NamedTuple):
    """Where a package is.

    Attributes:
        mod: the module, NO_MODULE for the standard library.
        mod_root: the module's directory, "" for the standard library.
        dir: the package's directory; "" for packages without one, such as "C".
        alt_mods: modules of the build list whose path is a prefix and that do not hold the package.
    """

    mod: ModuleVersion
    mod_root: str = ""
    dir: str = ""
    alt_mods: tuple[ModuleVersion, ...] = ()


class Absent(NamedTuple):
    """Why a package cannot be looked for yet: module trees, or the go.mod of its module, have to be fetched first."""

    asks: tuple[Ask, ...]


def _in_goroot(session: Session, path: str) -> Found | None:
    """The package of a main module inside GOROOT/src, such as cmd, which goes before that of the standard library."""
    goroot = session.settings.env.goroot
    for main in session.main.modules if goroot else ():
        root = session.main.root(main)
        if root.startswith(f"{goroot}/src/"):
            directory, has_go = dir_in_module(session, path, main.path, root, is_local=True)
            if has_go:
                return Found(main, root, directory)
    return None


def std_directory(session: Session, path: str) -> str:
    """The directory of a standard package as messages show it; a GOROOT need not exist."""
    return f"{session.settings.env.goroot or '$GOROOT'}/src/{path}"


def path_prefixes(path: str) -> Iterator[str]:
    """The module paths that could hold the package, longest first; never "go" or "toolchain"."""
    while path and path not in (".", "/"):
        if not is_toolchain(path):
            yield path
        cut = path.rfind("/")
        if cut < 0:
            return
        path = path[:cut]


def maybe_in_module(path: str, mod_path: str) -> bool:
    """Whether, by its name alone, package `path` could be in module `mod_path`."""
    return path == mod_path or path.startswith(mod_path + "/")


def dir_in_module(session: Session, path: str, mod_path: str, mod_dir: str, *, is_local: bool) -> tuple[str, bool]:
    """The directory of package `path` in a module, and whether Go source is there.

    Args:
        session: the command.
        path: import path.
        mod_path: module path; "" for a vendor directory, which holds every path.
        mod_dir: the module's tree.
        is_local: a main module or a replacement directory, which may contain nested modules; zips do not.

    Returns:
        ("", False) when the path is not the module's, or a nested module begins on the way.

    Raises:
        DiskError: the directory cannot be read.
    """
    if path == mod_path:
        directory = mod_dir
    elif mod_path == "":
        directory = join(mod_dir, path)
    elif path.startswith(mod_path + "/"):
        directory = join(mod_dir, path[len(mod_path) + 1 :])
    else:
        return "", False
    if is_local:
        place = directory
        while place != mod_dir and len(place) > len(mod_dir):
            if sources(session).has_go_mod(place):
                return "", False
            place = dirname(place)
    return directory, sources(session).is_go_dir(directory, indexed=directory.startswith(module_cache_prefix(session)))


def module_cache_prefix(session: Session) -> str:
    """The prefix of the directories that go reads through its module index; a NUL byte, which no path has, for none."""
    cache = session.settings.env.gomodcache
    return "\0" if session.build_mod == "vendor" or not cache else f"{cache}/"


def fetch(session: Session, mod: ModuleVersion) -> tuple[str, bool]:
    """The directory of a module's tree, downloaded when needed, and whether it is a local one.

    Raises:
        MissingSumError: go.sum has no line for it and may not be extended.
        GovgoError: it cannot be fetched.
    """
    tree = _tree(session, mod, wait=True)
    assert not isinstance(tree, Absent)
    return tree


def _tree(session: Session, mod: ModuleVersion, *, wait: bool) -> tuple[str, bool] | Absent:
    """As `fetch`; without `wait`, what would have to be fetched."""
    if session.main.contains(mod.path) and mod.version == "":
        root = session.main.root(mod)
        if root:
            return root, True
    replacement = session.main.replacement(mod)
    if replacement is not None and replacement.version == "":
        return _local_replacement(session, mod, replacement.path), True
    source = replacement or mod
    known = session.scope.part(Trees).get(source)
    if known is not None:
        return known, False
    if session.must_have_sums() and not session.repo.ledger.have(source):
        raise ModuleError(source, MissingSumError())
    if not wait and not session.repo.at_hand(ask := Ask("zip", *source)):
        return Absent((ask,))
    known = session.repo.zip_dir(source)
    session.scope.part(Trees)[source] = known
    return known, False


def _local_replacement(session: Session, mod: ModuleVersion, path: str) -> str:
    directory = session.main.replaced_directory(path)
    if not session.files.exists(directory):
        error = session.files.stat_error(directory)
        is_unknown = error is not None and not isinstance(error.inner, FileNotFoundError)
        why = f": {error}" if is_unknown else " does not exist"
        raise ModuleError(mod, PackageError(f"replacement directory {one_line(path)}{why}"))
    return directory


def warm_candidates(session: Session, paths: Iterable[str], rs: Requirements, mg: ModGraph | None) -> None:
    """Fetch, all at once, the module trees that `import_from_modules` will search for these paths."""
    mods: dict[ModuleVersion, None] = {}
    for path in paths:
        for prefix in path_prefixes(path):
            version = rs.root_selected(prefix) if mg is None else mg.selected(prefix)
            if version is not None and version not in ("", "none"):
                mods[ModuleVersion(prefix, version)] = None
    asks = _absent_zips(session, mods, recorded_only=session.must_have_sums())
    if len(asks) > 1:
        session.repo.warm(asks)


def begin_recorded(session: Session, mods: Iterable[ModuleVersion]) -> None:
    """Begin to fetch the modules whose zip hash is in go.sum: packages were loaded from them before."""
    listed = (mod for mod in mods if mod.version and not is_toolchain(mod.path))
    with suppress(GoSumError):  # raised when it is read in earnest
        session.repo.begin(_absent_zips(session, listed, recorded_only=True))


def begin_modules(session: Session, mods: Iterable[ModuleVersion]) -> None:
    """Begin to fetch modules that will be searched for packages, and the go.mod of each."""
    with suppress(GoSumError):  # raised when it is read in earnest
        zips = _absent_zips(session, mods, recorded_only=session.must_have_sums())
        session.repo.begin(zips)
        begin_gomods(session, (ModuleVersion(ask.path, ask.version) for ask in zips))


def begin_gomods(session: Session, mods: Iterable[ModuleVersion]) -> None:
    """Begin to fetch go.mod files that will be read; `mods` are what replaces others where anything does."""
    if session.build_mod == "vendor":
        return
    known = session.part(RawSummaries)
    with suppress(GoSumError):  # raised when it is read in earnest
        session.repo.begin(
            [
                Ask("gomod", *mod)
                for mod in mods
                if mod.version and not is_toolchain(mod.path) and mod not in known
                if not session.must_have_sums() or session.repo.ledger.have(mod.gomod_key())
            ]
        )


def _absent_zips(session: Session, mods: Iterable[ModuleVersion], *, recorded_only: bool) -> list[Ask]:
    if session.build_mod == "vendor":
        return []
    known = session.scope.part(Trees)
    asks: dict[ModuleVersion, Ask] = {}
    for mod in mods:
        source = session.main.resolve(mod)
        if source.version == "" or source in known or source in asks:
            continue
        if recorded_only and not session.repo.ledger.have(source):
            continue
        if session.repo.cached_dir(source) is None:
            asks[source] = Ask("zip", source.path, source.version)
    return list(asks.values())


def import_from_modules(
    session: Session,
    path: str,
    rs: Requirements,
    mg: ModGraph | None = None,
    *,
    skip_mod_file: bool,
) -> Found:
    """The module and directory that provide package `path` among the modules of `rs`.

    Args:
        session: the command.
        path: import path.
        rs: requirements.
        mg: their graph, when it is to be used from the start; else the roots are searched first.
        skip_mod_file: do not read the providing module's go.mod (tidy for go 1.17 to 1.20, https://go.dev/issue/56222).

    Raises:
        InvalidImportError: no package can have that path.
        ImportMissingError: no module provides it.
        AmbiguousImportError: several do.
        ImportMissingSumError: go.sum lacks the hash of a module that must be searched.
        GovgoError: a module cannot be fetched, or the graph cannot be loaded.
    """
    found = find_package(session, path, rs, mg, skip_mod_file=skip_mod_file, wait=True)
    assert not isinstance(found, Absent)
    return found


def find_package(
    session: Session,
    path: str,
    rs: Requirements,
    mg: ModGraph | None,
    *,
    skip_mod_file: bool,
    wait: bool,
) -> Found | Absent:
    """As `import_from_modules`; without `wait`, what has to be fetched before the package can be looked for.

    Only the module graph is always waited for: it is loaded once, when no root provides some package.
    """
    _check_importable(path)
    if path == "C":
        return Found(NO_MODULE)
    std_path = is_std(path)
    std_dir = std_directory(session, path) if std_path and stdlib.is_package(path) else ""
    if std_dir and (own := _in_goroot(session, path)) is not None:
        return own
    if session.build_mod == "vendor":
        return _import_vendored(session, path, std_dir)
    while True:
        found = _search(session, path, rs, mg, std_dir, wait=wait)
        if isinstance(found, Absent):
            return found
        if found is not None:
            external = found.mod.path and not session.main.contains(found.mod.path)
            if external and not skip_mod_file:
                if not wait and (ask := _gomod_to_fetch(session, found.mod)):
                    return Absent((ask,))
                summary(session, found.mod)
            return found
        if mg is not None:
            outside = None if session.mod_roots else session.no_main_modules_error()
            missing = ImportMissingError(path, inner=outside, outside=outside is not None, is_std=std_path)
            raise with_surroundings(session, missing)
        mg = rs.graph()


def _gomod_to_fetch(session: Session, mod: ModuleVersion) -> Ask | None:
    """The go.mod that `summary` would wait for."""
    known = known_summary(session, mod)
    if isinstance(known, ModSummary):
        return None
    ask = Ask("gomod", *known)
    return None if session.repo.at_hand(ask) else ask


def with_surroundings(session: Session, error: ImportMissingError) -> ImportMissingError:
    """The error with what its sentence depends on beside its cause: where the command runs, and what it may do."""
    error.containing_cwd = session.main.containing_cwd or NO_MODULE
    error.may_add = may_add(session)
    if error.is_std and session.settings.env.goroot:
        error.std_dir = std_directory(session, error.path)
    return error


def may_add(session: Session) -> bool:
    """Whether missing modules may be added; the sentences about missing packages depend on it."""
    return session.build_mod == "mod" or (session.build_mod == "readonly" and session.policy.allows_missing_imports)


def _check_importable(path: str) -> None:
    if stdlib.is_package(path):
        return
    if "@" in path:
        raise InvalidImportError(path, f"import path {quote(path)} should not have @version")
    if is_local_import(path):
        raise InvalidImportError(
            path, f"{quote(path)} is relative, but relative import paths are not supported in module mode"
        )
    if isabs(path):
        raise InvalidImportError(path, f"{quote(path)} is not a package path; see 'go help packages'")
    if path in META_PACKAGES:
        raise InvalidImportError(path, f"{quote(path)} is not an importable package; see 'go help packages'")
    try:
        check_import_path(path)
    except InvalidPathError as error:
        raise InvalidImportError(path, str(error), inner=error) from error


def _import_vendored(session: Session, path: str, std_dir: str) -> Found:
    """The package in vendor mode: the standard library, a main module, or the vendor directory; no module cache.

    Raises:
        AmbiguousImportError: it is in two of them.
        ImportMissingError: it is in none.
    """
    hits = [Found(NO_MODULE, "", std_dir)] if std_dir else []
    failure: DiskError | None = None
    for main in session.main.modules:
        root = session.main.root(main)
        if not root:
            continue
        try:
            directory, ok = dir_in_module(session, path, main.path, root, is_local=True)
        except DiskError as error:
            failure = failure or error
            continue
        if ok:
            hits.append(Found(main, root, directory))
    if session.mod_roots:
        hits += _in_vendor_dir(session, path)
    if len(hits) > 1:
        raise AmbiguousImportError(path, tuple(hit.dir for hit in hits))
    if failure is not None:
        raise failure
    if not hits:
        raise with_surroundings(session, ImportMissingError(path))
    return hits[0]


def _in_vendor_dir(session: Session, path: str) -> list[Found]:
    root = session.vendor_dir
    directory, ok = dir_in_module(session, path, "", root, is_local=False)
    if not ok:
        return []
    from govgo.load.dependency.modulestxt import read_vendor_list

    mod = read_vendor_list(session).packages.get(path)
    if mod is None and compare(session.main.go_version(), EXPLICIT_MODULES_TXT_IMPORT_VERSION) >= 0:
        verb = "work" if session.in_workspace else "mod"
        session.report.note(
            f"ignoring package {path} which exists in the vendor directory but is missing from vendor/modules.txt."
            f" To sync the vendor directory run go {verb} vendor."
        )
        return []
    return [Found(mod or NO_MODULE, root, directory)]


def _search(
    session: Session, path: str, rs: Requirements, mg: ModGraph | None, std_dir: str, *, wait: bool
) -> Found | Absent | None:
    """Search the candidate modules that the roots, or the graph, select; None where none holds the package."""
    absent: list[Ask] = []
    hits: list[tuple[ModuleVersion, str, str]] = [(NO_MODULE, "", std_dir)] if std_dir else []
    missing_sums: list[ModuleVersion] = []
    alternatives: list[ModuleVersion] = []
    for prefix in path_prefixes(path):
        version = rs.root_selected(prefix) if mg is None else mg.selected(prefix)
        if version is None or version == "none":
            continue
        mod = ModuleVersion(prefix, version)
        try:
            tree = _tree(session, mod, wait=wait)
        except Failure as error:
            if find(error, MissingSumError) is None:
                raise
            missing_sums.append(mod)
            continue
        if isinstance(tree, Absent):
            absent += tree.asks
            continue
        root, is_local = tree
        directory, has_go = dir_in_module(session, path, prefix, root, is_local=is_local)
        if has_go:
            hits.append((mod, root, directory))
        else:
            alternatives.append(mod)
    if absent:
        return Absent(tuple(absent))
    if len(hits) > 1:
        hits.reverse()
        raise AmbiguousImportError(path, tuple(hit[2] for hit in hits), tuple(hit[0] for hit in hits))
    if missing_sums:
        raise ImportMissingSumError(path, tuple(reversed(missing_sums)), found=bool(hits))
    return Found(*hits[0], tuple(alternatives)) if hits else None
