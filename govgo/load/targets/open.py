# SPDX-License-Identifier: BSD-3-Clause
"""A session of its own for each module or workspace that a command looks at.

All of them share the repository of the command, and so everything that was fetched. None writes more than the module
cache: what go.sum lacks is proved by the checksum database and forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from govgo.core.gosum.ledger import SumLedger
from govgo.load.dependency.gomod import RawSummaries
from govgo.load.mainmodule.gowork import init_workfile
from govgo.load.session.policy import GRAPH
from govgo.load.session.session import Session
from govgo.load.targets.targets import WORKSPACE, Target, show_from, source_root

if TYPE_CHECKING:
    from govgo.load.session.session import Settings
    from govgo.ports.files import Workspace
    from govgo.ports.reporter import Reporter


class _Mute:
    """A `ports.Reporter` that passes on progress and drops sentences: the results contain them."""

    def __init__(self, report: Reporter) -> None:
        self._report = report

    def note(self, sentence: str) -> None:
        """Dropped: the command reports what it finds itself."""

    def raw(self, text: str) -> None:
        """Dropped: the command reports what it finds itself."""

    def event(self, kind: str, facts: Mapping[str, object]) -> None:
        """Progress goes to the reporter of the command."""
        self._report.event(kind, facts)


def muted(report: Reporter) -> Reporter:
    """`report` for a verb whose caller says itself what came of it: progress alone is passed on."""
    return _Mute(report)


def reading(outer: Session, files: Workspace, settings: Settings) -> Session:
    """The command over other files or settings, for `find_targets` and `resolve_all`; it need not be closed.

    Args:
        outer: the session of the command, whose repository it shares.
        files: what to read from; paths are shown as those of the command are.
        settings: in place of those of the command.
    """
    session = Session(
        settings=settings,
        repo=outer.repo,
        files=files,
        report=outer.report,
        clock=outer.clock,
        policy=outer.policy,
        open_index=outer.open_index,
    )
    session.lasting = outer.lasting
    show_from(session, source_root(outer))
    return session


@contextmanager
def without_sums(session: Session) -> Iterator[None]:
    """A block in which no go.sum speaks for what is fetched, as for a binary or a module named by its version."""
    repo = session.repo
    before = repo.ledger
    repo.reset(SumLedger())
    try:
        yield
    finally:
        repo.reset(before)


def open_target(
    outer: Session, target: Target, files: Workspace | None = None, known: Session | None = None
) -> Session:
    """A session with `target` as its main module or workspace, before anything of it is read.

    Args:
        outer: the session of the command.
        target: what to open.
        files: what to read it from, None for the files of the command.
        known: another session for it, with the same hashes in go.sum, whose go.mod files of dependencies need not be
            read again.

    Raises:
        GovgoError: go.work cannot be used.
    """
    settings = outer.settings
    session = Session(
        settings=settings._replace(
            cwd=target.root,
            env=settings.env._replace(gowork=target.mod_file if target.kind == WORKSPACE else "off"),
            mod="",
            mod_explicit=False,
        ),
        repo=outer.repo,
        files=outer.files if files is None else files,
        report=_Mute(outer.report),
        clock=outer.clock,
        # It fetches what go.sum lacks, and writes nothing; a workspace is read as by go's work verbs, despite a go
        # line below that of a module.
        policy=GRAPH._replace(lenient_workspace=True),
        open_index=outer.open_index,
    )
    session.lasting = outer.lasting
    if known is not None:
        # Directories are read again: another state of the sources may have others.
        read = {mod: found for mod, found in known.part(RawSummaries).items() if mod.version}
        session.part(RawSummaries).update(read)
        session.scope.go_versions.update({mod: go for mod, go in known.scope.go_versions.items() if mod.version})
    init_workfile(session)
    return session
