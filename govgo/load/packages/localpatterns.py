# SPDX-License-Identifier: BSD-3-Clause
"""Patterns that name directories: ".", "./x", "/abs/x", "./..." (cmd/go's search.MatchDirs, modload's
resolveLocalPackage and pathInModuleCache).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from os.path import dirname, isabs, join, normpath

from govgo.core import modfile
from govgo.core.gosource.buildtags import TagSet, build_tags
from govgo.core.gosource.imports import NoGoError
from govgo.core.modgraph.loader import Pruning
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.module.paths import has_file_prefix
from govgo.core.module.patterns import match_pattern
from govgo.core.safetext import one_line
from govgo.core.typehints import TYPE_CHECKING
from govgo.errors import DiskError, Failure, GovgoError, InputError, PackageError, PatternError
from govgo.load.dependency.modulestxt import read_vendor_list
from govgo.load.mainmodule.find import find_module_root
from govgo.load.packages.imports import dir_in_module
from govgo.load.packages.patterns import IgnorePatterns, Match
from govgo.load.packages.sourcetree import sources
from govgo.load.query.errors import PackageNotInModuleError

if TYPE_CHECKING:
    from govgo.load.buildlist.requirements import Requirements
    from govgo.load.session.session import Session


class BuiltinPackageError(PackageError):
    """The directory is not a package: "builtin", or the root of the standard library. Wildcards pass over it."""

    code = "builtin-package"


def in_dir(session: Session, path: str, directory: str) -> str:
    """`path` relative to `directory`, "." for itself, "" where it is not below; symbolic links are resolved."""
    real_path, real_directory = session.files.real_path(path), session.files.real_path(directory)
    for candidate in (path, real_path):
        for base in (directory, real_directory):
            if candidate == base:
                return "."
            if has_file_prefix(candidate, base):
                return candidate[len(base.rstrip("/")) + 1 :]
    return ""


def platform_tags(session: Session) -> TagSet:
    """The build tags of the platform that GOOS, GOARCH and CGO_ENABLED name, and of -tags."""
    env = session.settings.env
    return build_tags(env.goos, env.goarch, cgo=env.cgo_enabled, extra=session.settings.tags)


def match_local_dirs(session: Session, match: Match, mod_roots: Sequence[str], rs: Requirements) -> None:
    """Set `match.dirs`; a wildcard outside of all modules in use is refused before directories are walked."""
    match.dirs = []
    if match.is_literal:
        match.dirs = [match.pattern]
        return
    cut = match.pattern.index("...")
    base = _absolute(session, dirname(normpath(match.pattern[: cut + 3])))
    root = find_module_root(session, base)
    if root not in mod_roots and not path_in_module_cache(session, base, rs):
        scope = "main module or its selected dependencies"
        if session.in_workspace:
            scope = "modules listed in go.work or their selected dependencies"
        match.add_error(PatternError(f"directory prefix {session.short_path(base)} does not contain {scope}"))
        return
    _match_dirs(session, match, mod_roots)


def _match_dirs(session: Session, match: Match, mod_roots: Sequence[str]) -> None:
    clean = normpath(match.pattern)
    prefix = ""
    if clean != "." and match.pattern.startswith("./"):
        prefix = "./"
        clean = "./" + clean
    start = dirname(clean[: clean.index("...")])
    start = start or "."
    base = _absolute(session, start)
    root = next((root for root in reversed(mod_roots) if root and has_file_prefix(base, root)), "")
    if mod_roots and not root:
        plural = "s" if len(mod_roots) > 1 else ""
        match.add_error(PatternError(f"directory {base} is outside module root{plural} ({', '.join(mod_roots)})"))
    matches = match_pattern(clean)
    absent = session.files.stat_error(f"{base}/")
    if absent is not None:  # in go's words, by the name that the pattern has for it
        why = str(absent).rpartition(": ")[2]
        match.add_error(DiskError(f"lstat {one_line(start.rstrip('/'))}/: {why}", path=base, inner=absent.inner))
        return
    ignore = _ignore_patterns(session, root)
    tags = platform_tags(session)
    for directory, shown in _walk(session, match, base, normpath(start), ignore, root):
        name = prefix + shown
        if matches(name) and _has_package(session, directory, tags):
            assert match.dirs is not None
            match.dirs.append(name)


def _walk(
    session: Session, match: Match, base: str, shown: str, ignore: IgnorePatterns | None, root: str
) -> Iterator[tuple[str, str]]:
    """(absolute, as the pattern spells it) of the directories that may hold packages, in order of names.

    At the first directory that cannot be listed the walk ends, as go's does.
    """
    pending = [(base, shown)]
    while pending:
        directory, shown = pending.pop()
        element = shown.rpartition("/")[2]
        hidden = element.startswith(".") and element not in (".", "..")
        if hidden or element.startswith("_") or element == "testdata":
            continue
        if ignore is not None and ignore.covers(in_dir(session, directory, root)):
            if session.settings.trace:
                session.report.raw(f"# ignoring directory {directory}")
            continue
        if directory != base and sources(session).has_go_mod(directory):
            continue
        yield directory, shown
        try:
            entries = sources(session).entries(directory)
        except Failure as error:
            match.add_error(error)
            return
        pending += [
            (join(directory, name), name if shown == "." else join(shown, name))
            for name, kind in reversed(entries)
            if kind == "dir"
        ]


def _ignore_patterns(session: Session, root: str) -> IgnorePatterns | None:
    data = session.files.read(join(root, "go.mod")) if root else None
    if data is None:
        return None
    try:
        return IgnorePatterns([entry.path for entry in modfile.parse("go.mod", data).ignore])
    except InputError:
        return None


def _has_package(session: Session, directory: str, tags: TagSet) -> bool:
    """Whether the platform's tags leave a Go file, or what the load reports: one that is malformed or unreadable."""
    tree = sources(session)
    try:
        tree.scan(directory, tags)
    except NoGoError:
        return tree.has_dead_link(directory, tags) or tree.is_package(directory, tags)
    except Failure:
        return True
    return not tree.may_be_documentation(directory) or tree.is_package(directory, tags)


def resolve_local_package(session: Session, directory: str, rs: Requirements) -> str:
    """The import path of a directory in a main module or in a module of the build list.

    Raises:
        PackageError: it holds no Go files, or belongs to no module in use.
        BuiltinPackageError: it is not a package, although it holds Go files.
    """
    path = _absolute(session, directory)
    _check_has_go(session, path)
    for main in session.main.modules:
        root = session.main.root(main)
        if root and path == root:
            return main.path
    found = _in_main_modules(session, path)
    if found:
        return found
    goroot = session.settings.env.goroot
    if goroot:
        sub = in_dir(session, path, join(goroot, "src"))
        if sub == "builtin":
            raise BuiltinPackageError('"builtin" is a pseudo-package, not an importable package')
        if sub not in ("", ".") and "@" not in sub:
            return sub
    found = path_in_module_cache(session, path, rs)
    if not found:
        raise PackageError(_outside_text(session, path))
    return found


def _check_has_go(session: Session, path: str) -> None:
    if not session.files.exists(path):
        raise PackageError(f"stat {path}: directory not found")
    try:
        entries = sources(session).entries(path)
    except DiskError:  # there is a package, of whatever kind: no other module can have it
        return
    if not any(name.endswith(".go") and name[0] not in "._" and kind != "dir" for name, kind in entries):
        raise PackageError(f"no buildable Go source files in {path}")


def _in_main_modules(session: Session, path: str) -> str:
    """The import path within a main module, "" when the directory is in none."""
    refusal: GovgoError | None = None
    longest = ""
    for main in session.main.modules:
        root = session.main.root(main)
        if not root or not has_file_prefix(path, root) or "@" in path[len(root) :]:
            continue
        suffix = path[len(root) :].lstrip("/")
        if suffix.startswith("vendor/"):
            return _vendored_path(session, path, suffix[len("vendor/") :])
        package = posixpath.join(main.path, suffix)
        _, ok = dir_in_module(session, package, main.path, root, is_local=True)
        if ok:
            return package
        # This main module could hold the directory but does not; another one may.
        if len(main.path) > len(longest):
            longest = main.path
            refusal = PackageNotInModuleError(main_modules=(main,), query="", pattern=package)
    if refusal is not None:
        raise refusal
    return ""


def _vendored_path(session: Session, path: str, package: str) -> str:
    if session.build_mod != "vendor":
        raise PackageError(f"without -mod=vendor, directory {path} has no package path")
    if package not in read_vendor_list(session).packages:
        raise PackageError(f"directory {path} is not a package listed in vendor/modules.txt")
    return package


def _outside_text(session: Session, path: str) -> str:
    shown = session.short_path(path)
    what = "current directory" if shown == "." else f"directory {shown}"
    if not session.in_workspace:
        return f"{what} outside main module or its selected dependencies"
    root = find_module_root(session, path)
    if root:
        return (
            f"{what} is contained in a module that is not one of the workspace modules listed in go.work."
            f" You can add the module to the workspace using:\n\tgo work use {session.short_path(root)}"
        )
    return f"{what} outside modules listed in go.work or their selected dependencies"


def path_in_module_cache(session: Session, directory: str, rs: Requirements) -> str:
    """The import path of a directory in the tree of a module of the build list; "" when it is in none."""
    if rs.pruning is Pruning.PRUNED:
        for mod in rs.roots:
            if rs.root_selected(mod.path) == mod.version:
                found = _path_in(session, directory, mod)
                if found:
                    return found
    try:
        build_list = rs.graph().build_list()
    except Failure as error:
        partial = getattr(error, "graph", None)
        build_list = partial.build_list() if partial is not None else ()
    for mod in build_list:
        found = _path_in(session, directory, mod)
        if found:
            return found
    return ""


def _path_in(session: Session, directory: str, mod: ModuleVersion) -> str:
    if is_toolchain(mod.path):
        return ""
    replacement = session.main.replacement(mod)
    root: str | None
    if replacement is not None and replacement.version == "":
        root = session.main.replaced_directory(replacement.path)
    elif mod.version == "":
        root = None
    else:
        root = session.repo.cached_dir(replacement or mod)
    sub = in_dir(session, directory, root) if root else ""
    if not sub or "/vendor/" in sub or sub.startswith("vendor/") or "@" in sub:
        return ""
    return posixpath.normpath(posixpath.join(mod.path, sub))


def _absolute(session: Session, path: str) -> str:
    return normpath(path if isabs(path) else join(session.settings.cwd, path))
