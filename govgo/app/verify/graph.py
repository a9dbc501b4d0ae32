# SPDX-License-Identifier: BSD-3-Clause
"""The module graph of each target of `govgo verify`: what its go.sum has to hold, and who needs a module.

A graph is loaded as go would load it, but without the lines of go.sum that are known to be false or unreadable, so that
one bad line does not hide other findings; the database proves those modules instead. Only the module cache is written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, cast

from govgo.core.findings import Claim, ClaimResult, Finding, Place, Remedy, Verdict, worst
from govgo.core.gosum.lines import SumLine
from govgo.core.modgraph.loader import pruning_for
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.module.paths import module_sort_key
from govgo.core.version import goversion
from govgo.errors import (
    GovgoError,
    SecurityError,
    find,
)
from govgo.load.mainmodule.keepsums import Which, keep_sums
from govgo.load.mainmodule.load import load_mod_file
from govgo.load.session.session import Session
from govgo.load.targets.errorfindings import from_error
from govgo.load.targets.locate import locate, locating, required_at
from govgo.load.targets.open import open_target
from govgo.load.targets.targets import WORKSPACE, SumFile, Target, shown

if TYPE_CHECKING:
    from govgo.core.gosum.ledger import SumLedger
    from govgo.load.buildlist.graph import ModGraph
    from govgo.load.buildlist.requirements import Requirements
    from govgo.ports.files import Workspace


class _CleanSums:
    """A workspace whose go.sum files lack the lines that are known to be wrong."""

    def __init__(self, files: Workspace, clean: Mapping[str, bytes]) -> None:
        self._files = files
        self._clean = clean

    def __getattr__(self, name: str) -> object:
        return getattr(self._files, name)

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, those of go.sum files without the lines that are known to be wrong."""
        data = self._clean.get(path)
        return self._files.read(path) if data is None else data


class TargetGraph:
    """The module graph of one target, loaded when it is first asked for."""

    def __init__(self, session: Session, target: Target, distrusted: Collection[SumLine] = ()) -> None:
        """`distrusted` are the lines of go.sum that contradict the database or each other."""
        self._outer = session
        self._target = target
        self._distrusted = frozenset(distrusted)
        self._ledger: SumLedger | None = None

    @cached_property
    def session(self) -> Session:
        """A session with the target as its main module or workspace, read but for the graph.

        Raises:
            GovgoError: go.mod or go.work cannot be used.
        """
        session = self._fresh_session()
        load_mod_file(session)
        self._ledger = session.repo.ledger
        return session

    def _fresh_session(self) -> Session:
        """A session over the target before anything is read; it shares everything that was fetched."""
        clean = {file.path: self._clean(file) for file in (*self._target.sums, *self._target.shared)}
        return open_target(self._outer, self._target, cast("Workspace", _CleanSums(self._outer.files, clean)))

    def activate(self) -> None:
        """Make this target's go.sum the one in use again, after another target's."""
        repo = self.session.repo
        if self._ledger is not None and repo.ledger is not self._ledger:
            repo.reset(self._ledger)

    @cached_property
    def loaded(self) -> tuple[Requirements, ModGraph, GovgoError | None]:
        """The requirements, their graph as far as it could be loaded, and why it is not whole.

        Raises:
            GovgoError: there is nothing at all.
        """
        session = self.session
        with locating(self._outer, session):
            rs = load_mod_file(session)
            graph, error = rs.partial_graph()
        if error is not None:
            locate(self._outer, session, error)
        return rs, graph, error

    def needed_by(self, key: ModuleVersion) -> tuple[str, ...]:
        """The shortest chain of requirements to the module of a go.sum key; () where none is known."""
        try:
            path = self._path_to(key)
        except GovgoError:  # of the main module; the claims that need it report it, and this only adds to a finding
            return ()
        if not path:
            return ()
        line = required_at(self._outer, self.session, path)
        first = f"{path[0]} ({line})" if line is not None else str(path[0])
        return (first, *(f"{mv.path} {mv.version}" for mv in path[1:]))

    def missing_place(self, key: ModuleVersion) -> Place:
        """Where to look for a line that is not there: the requirement that leads to it, else the go.sum file."""
        line = required_at(self._outer, self.session, self._path_to(key))
        return line if line is not None else Place(shown(self._outer, self._sum_path))

    def _path_to(self, key: ModuleVersion) -> tuple[ModuleVersion, ...]:
        """The shortest chain of requirements; without a graph, what the main modules require themselves."""
        wanted = key.without_gomod()
        main = self.session.main
        try:
            graph = self.loaded[1]
        except GovgoError:  # `check_complete` reports it
            for m in main.modules:
                file = main.mod_file(m)
                for entry in file.require if file is not None else ():
                    if main.resolve(entry.mod) == wanted:
                        return (m, entry.mod)
            return ()
        return graph.find_path(lambda mv: mv.version != "" and main.resolve(mv) == wanted)

    @property
    def _sum_path(self) -> str:
        target = self._target
        return f"{target.mod_file}.sum" if target.kind == WORKSPACE else target.mod_file.removesuffix(".mod") + ".sum"

    def _clean(self, file: SumFile) -> bytes:
        lines = [line.text for line in file.everything if line not in self._distrusted]
        return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


def check_complete(graph: TargetGraph, target: Target) -> tuple[ClaimResult, tuple[Finding, ...]]:
    """Whether go.sum holds what the build list needs, and nothing that no load could need.

    Needed are the go.mod hashes of every module that takes part in the selection, and the zip hashes of modules that
    main modules require directly; `govgo sum complete` finds the others, which depend on the sources.

    Raises:
        GovgoError: the build list cannot be loaded at all.
    """
    rs, loaded, error = graph.loaded
    if error is not None and find(error, SecurityError) is not None:
        raise error
    needed = _needed(graph.session, rs, loaded)
    listed = {line.mod: file for file in (*target.sums, *target.shared) for line in file.everything}
    findings = [_missing(graph, key) for key in sorted(needed - listed.keys(), key=module_sort_key)]
    missing = len(findings)
    extra: list[Finding] = []
    if error is None and _can_tell_extra(graph.session, rs):
        extra = [*_extra(graph.session, loaded, target)]
    findings += extra
    counts = (("needed", len(needed)), ("missing", missing), ("extra", len(extra)))
    if error is not None:
        findings.append(from_error(Claim.COMPLETE, error, Place(shown(graph.session, target.mod_file))))
    verdict = worst(findings)
    return ClaimResult(Claim.COMPLETE, verdict, counts), tuple(findings)


def _needed(session: Session, rs: Requirements, graph: ModGraph) -> set[ModuleVersion]:
    needed = keep_sums(session, None, rs, Which.LOADED_ZIP_SUMS_ONLY)
    resolve = session.main.resolve
    for main in session.main.modules:
        file = session.main.mod_file(main)
        for entry in file.require if file is not None else ():
            if not entry.indirect:
                needed.add(resolve(ModuleVersion(entry.mod.path, graph.selected(entry.mod.path))))
    return {key for key in needed if key.without_gomod().version not in ("", "none") and not is_toolchain(key.path)}


def _missing(graph: TargetGraph, key: ModuleVersion) -> Finding:
    version = key.without_gomod().version
    what = "go.mod file" if key.is_gomod_key else "module"
    return Finding(
        "missing-sum",
        Claim.COMPLETE,
        Verdict.FINDING,
        f"{key.path}@{version}: missing go.sum entry for {what}",
        module=key,
        place=graph.missing_place(key),
        needed_by=graph.needed_by(key),
        remedy=Remedy.COMPLETE,
        reason="missing go.sum entry",
    )


def _can_tell_extra(session: Session, rs: Requirements) -> bool:
    """Whether the graph names every module version that `go mod tidy` keeps lines for.

    It does not in a workspace, whose modules have needs of their own, and where tidy cares for the Go version before
    that reads the graph unpruned.
    """
    if session.in_workspace:
        return False
    go = rs.go_version()
    return goversion.compare(go, goversion.GO_STRICT_VERSION) >= 0 or pruning_for(goversion.prev(go)) is rs.pruning


def _extra(session: Session, graph: ModGraph, target: Target) -> list[Finding]:
    resolve = session.main.resolve
    named = {resolve(mv) for mv in graph.breadth_first()}
    return [
        Finding(
            "extra-sum",
            Claim.COMPLETE,
            Verdict.FINDING,
            f"{line.mod.path}@{line.mod.version}: no module in the requirement graph needs this line",
            module=line.mod,
            place=Place(file.shown, line.number),
            remedy=Remedy.TIDY,
            reason="no module in the requirement graph needs this line",
        )
        for file in target.sums
        for line in file.lines
        if line.mod.without_gomod() not in named
    ]
