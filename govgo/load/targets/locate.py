# SPDX-License-Identifier: BSD-3-Clause
"""Where to look for the cause of an error: the line of a main module that leads to the module that the error is about.

    svc/go.mod:7    require x.io/a v1.0.0       x.io/a requires x.io/b, whose go.mod cannot be obtained

A line in the go.mod of a dependency is not a place: that file is none of the user's.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from govgo.core.findings import Finding, Place
from govgo.core.gosource.header import import_line
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import DiskError, GovgoError, PackageError, SumMismatchError, faults_of, find, parts
from govgo.load.buildlist.graph import GraphError
from govgo.load.dependency.gomod import ModuleError
from govgo.load.packages.sourcetree import is_source
from govgo.load.targets.errorfindings import from_error
from govgo.load.targets.targets import shown

if TYPE_CHECKING:
    from govgo.core.resolution.resolution import Resolution
    from govgo.load.session.session import Session
    from govgo.ports.files import Workspace


@contextmanager
def locating_in(resolution: Resolution, mod: ModuleVersion | None = None) -> Iterator[None]:
    """`locate_in` the error that is raised within, or each of several."""
    try:
        yield
    except GovgoError as error:
        for each in faults_of(error):
            locate_in(resolution, each, mod)
        raise


def locate_in(resolution: Resolution, error: GovgoError, mod: ModuleVersion | None) -> None:
    """Tell an error about a module of a build list its place, unless it knows one or no line leads to the module.

    Args:
        resolution: the build list.
        error: what went wrong with a zip or a package, for example.
        mod: the module that it is about, where it does not say so itself.
    """
    for each in (*_named(error), mod):
        if error.place is None and each is not None:
            error.place = resolution.leading_place(each)


def import_place(files: Workspace, shown_as: Callable[[str], str], imported: tuple[str, str] | None) -> Place | None:
    """The line of an import in a main module.

    Args:
        files: where to read.
        shown_as: from a path to what it is in reports.
        imported: the directory and the import path (`PackageError.imported_at`), None where no main module imports it.
    """
    if imported is None:
        return None
    directory, path = imported
    with suppress(DiskError):  # then the file is not known
        for name, kind in files.listdir(directory):
            file = posixpath.join(directory, name)
            data = files.read_source(file) if is_source(name, kind) and files.is_file(file) else None
            line = import_line(data, path) if data is not None else 0
            if line:
                return Place(shown_as(file), line)
    return None


def fault_in(resolution: Resolution, error: GovgoError, mod: ModuleVersion | None = None) -> Finding:
    """The same as a finding, which without a line has the file."""
    locate_in(resolution, error, mod)
    return from_error(None, error, Place(resolution.mod_file))


@contextmanager
def locating(outer: Session, session: Session) -> Iterator[None]:
    """`locate` the error that is raised within."""
    try:
        yield
    except GovgoError as error:
        locate(outer, session, error)
        raise


def locate(outer: Session, session: Session, error: GovgoError) -> None:
    """Tell an error its place, unless it is about no module, or none that a main module leads to.

    Args:
        outer: the session of the command, which knows how paths are shown.
        session: the one of the module or workspace that was to be loaded.
        error: what went wrong.
    """
    place = required_at(outer, session, _chain(session, error))
    if place is not None:
        error.place = place


def required_at(outer: Session, session: Session, chain: Sequence[ModuleVersion]) -> Place | None:
    """Where a main module, the first of a chain, requires the second; a version that was raised where it is stated."""
    if len(chain) < 2:
        return None
    main, wanted = chain[:2]
    file = session.main.mod_file(main)
    lines = [each for each in file.require if each.mod.path == wanted.path] if file is not None else []
    lines.sort(key=lambda each: each.mod != wanted)
    if not lines or lines[0].syntax is None:
        return None
    return Place(shown(outer, session.mod_file_path(session.main.root(main))), lines[0].syntax.start.line)


def _chain(session: Session, error: GovgoError) -> Sequence[ModuleVersion]:
    """The requirements that lead to the module of an error: those by which it was met, else that of a main module."""
    in_graph = find(error, GraphError)
    if in_graph is not None:
        return in_graph.path
    mismatch = find(error, SumMismatchError)
    if mismatch is not None and mismatch.chain:
        return [ModuleVersion(*each) for each in mismatch.chain]
    named = frozenset(_named(error))
    for main in session.main.modules:
        file = session.main.mod_file(main)
        for entry in file.require if file is not None else ():
            if not named.isdisjoint((entry.mod, session.main.resolve(entry.mod))):
                return (main, entry.mod)
    return ()


def _named(error: GovgoError) -> Iterator[ModuleVersion]:
    """The module versions that an error may be about, the likeliest first: it says so, or a sentence begins so."""
    of_module = find(error, ModuleError)
    if of_module is not None:
        yield of_module.mod
    mismatch = find(error, SumMismatchError)
    if mismatch is not None:
        yield _parsed(mismatch.module.removesuffix("/go.mod"))
    for each in parts(error):
        yield _parsed(str(each).partition(": ")[0])
    of_package = find(error, PackageError)
    if of_package is not None and of_package.nearest is not None:
        yield ModuleVersion(*of_package.nearest)


def _parsed(text: str) -> ModuleVersion:
    path, _, version = text.removeprefix("module ").partition("@")
    return ModuleVersion(path, version)
