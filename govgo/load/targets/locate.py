# SPDX-License-Identifier: BSD-3-Clause
"""Where to look for the cause of an error: the line of a main module that leads to the module that the error is about.

    svc/go.mod:7    require x.io/a v1.0.0       x.io/a requires x.io/b, whose go.mod cannot be had

A line in the go.mod of a dependency is no place: that file is none of the user's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from govgo.core.findings import Place
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GovgoError, SumMismatchError, find
from govgo.load.buildlist.graph import GraphError
from govgo.load.dependency.gomod import ModuleError
from govgo.load.targets.targets import shown

if TYPE_CHECKING:
    from govgo.load.session.session import Session


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
    of_module = find(error, ModuleError)
    path, _, version = str(error).partition(": ")[0].partition("@")  # other errors name it in their sentence only
    mod = of_module.mod if of_module is not None else ModuleVersion(path, version)
    for main in session.main.modules:
        file = session.main.mod_file(main)
        for entry in file.require if file is not None else ():
            if mod in (entry.mod, session.main.resolve(entry.mod)):
                return (main, entry.mod)
    return ()
