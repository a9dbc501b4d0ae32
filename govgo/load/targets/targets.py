# SPDX-License-Identifier: BSD-3-Clause
"""What a command looks at: modules and workspaces, found from its arguments, and the lines of their go.sum."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from govgo.core.gosum.lines import SumFault, SumLine, old_name, read_lines
from govgo.core.modfile import module_path
from govgo.core.module.paths import has_file_prefix, upwards
from govgo.core.records import NamedTuple
from govgo.core.walk import preorder
from govgo.errors import DiskError, Failure, UsageError
from govgo.load.mainmodule.find import find_module_root
from govgo.load.mainmodule.gowork import find_go_work, load_work_file
from govgo.ports.evidence import OldFiles

if TYPE_CHECKING:
    from govgo.load.session.session import Session

MODULE, WORKSPACE = "module", "workspace"

MODULE_FILES = ("go.mod", "go.sum", "go.modverify", "go.work", "go.work.sum")
"""Files that stand for the directory in which they lie."""


class SumFile(NamedTuple):
    """One go.sum or go.work.sum, or the go.modverify of vgo where there is no go.sum.

    Attributes:
        path: absolute.
        shown: as findings name it.
        everything: all lines.
        lines, faults: those that are to be checked; after a git reference only what was added.
    """

    path: str
    shown: str
    everything: tuple[SumLine, ...]
    lines: tuple[SumLine, ...]
    faults: tuple[SumFault, ...]


class Target(NamedTuple):
    """A module, or the files of a workspace that belong to none of its modules.

    Attributes:
        kind: MODULE or WORKSPACE.
        path: the module path, "" for a workspace or where go.mod does not say.
        root: the absolute directory.
        mod_file: absolute path of its go.mod or go.work.
        sums: its own go.sum file, when it exists.
        shared: for a workspace, the go.sum files of its modules, which its loads read too.
        work: for a module, the go.work file that decides what it needs, "" for none.
    """

    kind: str
    path: str
    root: str
    mod_file: str
    sums: tuple[SumFile, ...]
    shared: tuple[SumFile, ...] = ()
    work: str = ""


def source_root(session: Session) -> str:
    """The directory that the paths in reports start at: that of the git repository around the working directory.

    Code scanning and annotations look there, wherever in it the command runs. Outside of a repository it is the
    directory where the command was started, or the one that -C names if that lies elsewhere.
    """
    files, cwd = session.files, session.settings.cwd
    for above in upwards(cwd):
        if files.is_dir(posixpath.join(above, ".git")) or files.is_file(posixpath.join(above, ".git")):
            return above
    start = session.settings.start_dir or cwd
    return start if has_file_prefix(cwd, start) else cwd


def shown(session: Session, path: str) -> str:
    """A path as reports have it: relative to `source_root` where it lies below it."""
    root = session.part(_Root)
    if not root.path:
        root.path = source_root(session)
    return "." if path == root.path else path.removeprefix(root.path.rstrip("/") + "/")


def shown_start(session: Session) -> str:
    """The directory where the command was started, as reports have it."""
    return shown(session, session.settings.start_dir or session.settings.cwd)


def show_from(session: Session, root: str) -> None:
    """Show paths relative to `root`, for a session whose files tell nothing of the git repository."""
    session.part(_Root).path = root


class _Root:
    """The `source_root` of a session, once it is known."""

    def __init__(self) -> None:
        self.path = ""


def find_targets(
    session: Session,
    args: Sequence[str],
    old: OldFiles | None = None,
    *,
    bare: bool = False,
    sums: bool = True,
    unread: list[DiskError] | None = None,
) -> tuple[Target, ...]:
    """The modules and workspaces that a command looks at, in the order named, each once.

    Args:
        session: the command.
        args: directories, go.mod or go.work files, and `DIR/...` for every go.mod below; none for the main module
            or the workspace around the working directory.
        old: lines that were there already do not count.
        bare: a go.sum file needs no go.mod beside it.
        sums: read the go.sum files, too.
        unread: gets why a target is left out whose files cannot be read; without it, and where none is left, that is
            raised.

    Raises:
        UsageError: an argument names nothing, or there is no main module.
        InputError: a go.work file is malformed.
        DiskError: a file cannot be read.
    """
    works: dict[str, tuple[str, ...]] = {}
    roots: dict[str, str] = {}
    if not args:
        args = ("",)
    elif session.settings.modfile:
        raise UsageError("-modfile cannot be used with directories")
    for arg in args:
        if arg in ("...", ".../") or arg.endswith("/..."):
            _add_tree(session, session.absolute(arg.rstrip("/").removesuffix("...") or "."), roots, works)
        else:
            _add_one(session, arg, roots, works, bare=bare)

    @cache
    def read(path: str) -> tuple[SumFile, ...]:
        return _sum_files(session, path, old) if sums else ()

    def workspace(work: str, members: Sequence[str]) -> Target:
        shared = [file for root in members for file in read(session.sum_file_path(root))]
        return Target(WORKSPACE, "", posixpath.dirname(work), work, read(f"{work}.sum"), tuple(shared))

    found: list[Target] = []
    refused: list[DiskError] = []
    for make in (
        *(partial(_module_target, session, root, read, work) for root, work in roots.items()),
        *(partial(workspace, work, members) for work, members in works.items()),
    ):
        try:
            found.append(make())
        except DiskError as error:
            refused.append(error)
    if refused and (unread is None or not found):
        raise refused[0]
    if unread is not None:
        unread += refused
    return tuple(found)


def _add_one(
    session: Session, arg: str, roots: dict[str, str], works: dict[str, tuple[str, ...]], *, bare: bool
) -> None:
    path = session.absolute(arg or ".")
    if posixpath.basename(path) in MODULE_FILES and session.files.is_file(path):
        base = posixpath.basename(path)
        path = posixpath.dirname(path)
        if base.startswith("go.work"):
            _add_workspace(session, posixpath.join(path, "go.work"), roots, works)
            return
    work = _work_above(session, path)
    if not arg:
        if work:
            _add_workspace(session, work, roots, works)
            return
        root = find_module_root(session, path)
        if not root and not (bare and _has_sums(session, path)):
            raise session.no_main_modules_error()
        path = root or path
    if session.files.is_file(posixpath.join(path, "go.mod")):
        _add_root(session, path, work, roots, works)
    elif session.files.is_file(posixpath.join(path, "go.work")):
        _add_workspace(session, posixpath.join(path, "go.work"), roots, works)
    elif bare and _has_sums(session, path):
        roots.setdefault(path, "")
    else:
        error = session.files.stat_error(path)
        is_absent = error is not None and isinstance(error.inner, FileNotFoundError)
        raise UsageError(f"{arg}: {'no such file or directory' if is_absent else 'no go.mod file there'}")


def _has_sums(session: Session, directory: str) -> bool:
    path = posixpath.join(directory, "go.sum")
    return session.files.is_file(path) or session.files.is_file(old_name(path))


def _add_tree(session: Session, top: str, roots: dict[str, str], works: dict[str, tuple[str, ...]]) -> None:
    found = False
    known: dict[str, str] = {}
    for directory in _directories(session, top):
        if session.files.is_file(posixpath.join(directory, "go.mod")):
            found = True
            _add_root(session, directory, _work_above(session, directory, known), roots, works)
    if not found:
        raise UsageError(f"{session.short_path(top)}/...: no go.mod file there")


def _directories(session: Session, top: str) -> Iterator[str]:
    """`top` and what is below, but for what go's own patterns pass over; no link is followed."""

    def below(directory: str) -> Iterator[str]:
        for name, kind in session.files.listdir(directory):
            if kind == "dir" and not name.startswith((".", "_")) and name not in ("testdata", "vendor", "node_modules"):
                yield posixpath.join(directory, name)

    return preorder(top, below) if session.files.is_dir(top) else iter(())


def _add_root(session: Session, root: str, work: str, roots: dict[str, str], works: dict[str, tuple[str, ...]]) -> None:
    """A module; what it needs is decided by its workspace, where it is in one."""
    if work and work not in works and root in _members(session, work):
        works[work] = _members(session, work)
    roots.setdefault(root, work if root in works.get(work, ()) else "")


def _add_workspace(session: Session, work: str, roots: dict[str, str], works: dict[str, tuple[str, ...]]) -> None:
    _, members = load_work_file(session, work)
    works.setdefault(work, members)
    for root in members:
        roots.setdefault(root, work)


def _members(session: Session, work: str) -> tuple[str, ...]:
    """The modules of a workspace, () where its file cannot be read: that is reported where it is named."""
    try:
        return load_work_file(session, work)[1]
    except Failure:
        return ()


def _work_above(session: Session, directory: str, known: dict[str, str] | None = None) -> str:
    if session.settings.modfile:
        return ""
    return find_go_work(session, directory, known)


def _module_target(session: Session, root: str, read: Callable[[str], tuple[SumFile, ...]], work: str) -> Target:
    sums = read(session.sum_file_path(root))
    mod_file = session.mod_file_path(root)
    data = session.files.read(mod_file)
    path = module_path(data) if data is not None else ""
    return Target(MODULE, path, root, mod_file, sums, work=work)


def _sum_files(session: Session, path: str, old: OldFiles | None) -> tuple[SumFile, ...]:
    data = session.files.read(path)
    if data is None:
        path = old_name(path)
        data = session.files.read(path)
    if data is None:
        return ()
    name = shown(session, path)
    everything, faults = read_lines(name, data)
    lines = everything
    if old is not None:
        before = frozenset((old.read(path) or b"").split(b"\n"))
        fresh = {number for number, line in enumerate(data.split(b"\n"), 1) if line not in before}
        lines = tuple(line for line in lines if line.number in fresh)
        faults = tuple(fault for fault in faults if fault.line in fresh)
    return (SumFile(path, name, everything, lines, faults),)
