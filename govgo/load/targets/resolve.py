# SPDX-License-Identifier: BSD-3-Clause
"""The resolved graph of each module and workspace that the arguments of a command name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from govgo.core.findings import Finding, Place
from govgo.core.modgraph.loader import Pruning
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.records import NamedTuple
from govgo.core.resolution.resolution import Resolution, Stated
from govgo.errors import Failure, GovgoError
from govgo.load.buildlist.roots import try_expand_graph
from govgo.load.mainmodule.load import load_mod_file
from govgo.load.targets.errorfindings import from_error
from govgo.load.targets.locate import locate, locating
from govgo.load.targets.open import open_target
from govgo.load.targets.targets import Target, find_targets, shown

if TYPE_CHECKING:
    from govgo.core.gosum.ledger import SumLedger
    from govgo.load.buildlist.graph import ModGraph
    from govgo.load.buildlist.requirements import Requirements
    from govgo.load.session.session import Session
    from govgo.ports.files import Workspace


class Resolved(NamedTuple):
    """A module or workspace, its resolution, and what further questions about it are asked with.

    Attributes:
        target: the module or workspace.
        resolution: its graph.
        session: a session in which it is the main module or workspace.
        requirements: its requirements, made consistent as `go list -m all` makes them.
        ledger: its go.sum.
    """

    target: Target
    resolution: Resolution
    session: Session
    requirements: Requirements
    ledger: SumLedger

    def activate(self) -> None:
        """Make its go.sum the one in use again, after another module's; needed before anything is asked for."""
        if self.session.repo.ledger is not self.ledger:
            self.session.repo.reset(self.ledger)


Uses = Sequence[tuple[Resolved, Sequence[tuple[ModuleVersion, ModuleVersion]]]]
"""Some modules of build lists: (module version, what is used for it)."""


class Unresolved(NamedTuple):
    """A module or workspace without a whole graph: in a part of one, what is missing cannot be told from what is not.

    `fault` says why, and where.
    """

    target: Target
    fault: Finding


def audited(session: Session, where: Sequence[str]) -> tuple[Target, ...]:
    """The modules and workspaces that `where` names; a workspace stands for all its modules.

    Raises:
        UsageError: an argument names nothing, or there is no main module.
        InputError: a go.work file is malformed.
    """
    return tuple(target for target in find_targets(session, where, sums=False) if not target.work)


def resolve_all(
    session: Session, where: Sequence[str], known: Callable[[Target], Session | None] = lambda target: None
) -> Iterator[Resolved | Unresolved]:
    """Each module or workspace that `where` names, resolved in the order named; one that fails stops no other.

    Args:
        session: the session of the command.
        where: as in `find_targets`.
        known: for a target, what `resolve` takes under this name.

    Returns:
        Graphs that are whole; a part of one alone counts as none.

    Raises:
        UsageError: an argument names nothing, or there is no main module.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    for target in audited(session, where):
        error: GovgoError | None
        try:
            found = resolve(session, target, known=known(target))
            error = found.resolution.error
        except Failure as failure:
            error = failure
        if error is None:
            yield found
        else:
            yield Unresolved(target, from_error(None, error, Place(shown(session, target.mod_file))))


def resolve(session: Session, target: Target, files: Workspace | None = None, known: Session | None = None) -> Resolved:
    """Load the graph of a module or workspace as `go list -m all` would after it has put go.mod in order.

    Args:
        session: the session of the command.
        target: what to resolve.
        files: what to read its files from, None for those of the command.
        known: another session for it, whose go.mod files of dependencies need not be read again.

    Returns:
        The graph. Where only a part of it could be loaded, `resolution.error` says why.

    Raises:
        GovgoError: the go.mod or go.work file cannot be used.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    opened = open_target(session, target, files, known)
    with locating(session, opened):
        stated = load_mod_file(opened)
        rs, graph, error = try_expand_graph(opened, stated)
    if error is not None:
        locate(session, opened, error)
    is_raised = rs is not stated and stated.pruning is Pruning.UNPRUNED
    main = opened.main
    replaced = {mod: new for mod in graph.breadth_first() if (new := main.replacement(mod)) is not None}
    resolution = Resolution(
        kind=target.kind,
        path=target.path,
        directory=shown(session, target.root),
        mod_file=shown(session, target.mod_file),
        mains=main.modules,
        graph=graph,
        stated=_stated(session, opened),
        replacements=replaced,
        go_version=rs.go_version(),
        error=error,
        written=stated.partial_graph()[0] if is_raised else None,
        is_unpruned=partial(_is_unpruned, graph) if rs.pruning is Pruning.PRUNED else None,
    )
    return Resolved(target, resolution, opened, rs, opened.repo.ledger)


def _is_unpruned(graph: ModGraph, mod: ModuleVersion) -> bool:
    found = graph.summary(mod)
    return found is not None and found.pruning is Pruning.UNPRUNED


def _stated(outer: Session, session: Session) -> tuple[Stated, ...]:
    main = session.main
    found: list[Stated] = []
    for m in main.modules:
        file, index = main.mod_file(m), main.index(m)
        if file is None:
            continue
        shown_file = shown(outer, session.mod_file_path(main.root(m)))
        excluded = index.exclude if index is not None else ()
        for entry in file.require:
            if entry.mod not in excluded and not is_toolchain(entry.mod.path):
                line = entry.syntax.start.line if entry.syntax is not None else 0
                found.append(Stated(m, entry.mod, Place(shown_file, line), entry.indirect))
    return tuple(found)
