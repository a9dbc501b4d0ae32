# SPDX-License-Identifier: BSD-3-Clause
"""Edit requirements so that certain module versions are selected, and others upgraded as far as these allow.

In each round the graph of the new roots is loaded. A version that exceeds one that must be selected, or requires such a
version, is disqualified, and the roots that lead to it are lowered to an earlier version. This ends when no conflict is
left, or when one cannot be resolved.

The result need not be optimal: any versions that fit together are accepted, and there is a reason for each change.
(cmd/go's modload/edit.go; golang.org/issue/36460)
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from govgo.core.modgraph.loader import Pruning, pruning_for
from govgo.core.modgraph.mvs import NONE
from govgo.core.module.moduleversion import ModuleVersion, compare_versions, sort, version_key
from govgo.core.version import goversion
from govgo.errors import Failure, find, is_not_found
from govgo.load.buildlist.disqualify import Disqualifications, Reason
from govgo.load.buildlist.graph import ModGraph, read_mod_graph
from govgo.load.buildlist.requirements import Requirements, sorted_roots
from govgo.load.buildlist.roots import convert_pruning, minimal_requirements
from govgo.load.buildlist.versionconflicts import Conflict, ConstraintError
from govgo.load.query.prefetch import warm_latest
from govgo.load.query.query import version_list
from govgo.load.query.retract import check_allowed
from govgo.load.session.errors import TooNewError

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def edit_requirements(
    session: Session,
    rs: Requirements,
    try_upgrade: Sequence[ModuleVersion],
    must_select: Sequence[ModuleVersion],
) -> tuple[Requirements, bool]:
    """Edit requirements: the edited ones, and whether they differ.

    Args:
        session: the command.
        rs: the requirements, which stay as they are.
        try_upgrade: versions to be selected as far as `must_select` allows.
        must_select: versions to be selected, "none" to remove a module.

    Raises:
        ConstraintError: the versions of `must_select` do not fit together.
        GovgoError: the module graph cannot be loaded.
    """
    assert rs.pruning != Pruning.WORKSPACE
    return _Edit(session, rs, must_select).run(try_upgrade)


def previous_version(session: Session, mv: ModuleVersion) -> ModuleVersion:
    """The tagged and allowed version just before `mv`, "none" when there is none.

    Raises:
        GovgoError: the versions cannot be listed.
    """
    if mv.version == "" and session.main.contains(mv.path):
        return ModuleVersion(mv.path, NONE)
    try:
        versions = version_list(session, mv.path, lambda each: check_allowed(session, each)).list
    except Failure as error:
        if is_not_found(error):
            return ModuleVersion(mv.path, NONE)
        raise
    limit = version_key(mv.path, mv.version)
    below = [v for v in versions if version_key(mv.path, v) < limit]
    if session.settings.horizon is not None:
        from govgo.load.query.ages import Narrowing

        narrowing = Narrowing(session, mv.path, below, min_age=True)
        while below and narrowing.drops(below[-1]):
            pass
    return ModuleVersion(mv.path, below[-1] if below else NONE)


class _Edit:
    """One edit. `selected` holds the version of each path that is to be a root, as far as is known in this round."""

    def __init__(self, session: Session, original: Requirements, must_select: Sequence[ModuleVersion]) -> None:
        self.session = session
        self.original = original
        self.pruning = _final_pruning(original, must_select)
        self.rs = convert_pruning(session, original, self.pruning)
        self.selected: dict[str, str] = self._present()
        self.must_select = must_select
        self.must: dict[str, str] = {}
        self.conflicts: list[Conflict] = []
        self.rejected: set[ModuleVersion] = set()
        """Versions that cannot be roots. Every round that lowers a root adds one, so the rounds come to an end."""

    def _present(self) -> dict[str, str]:
        if self.pruning == Pruning.PRUNED:
            return dict(self.rs.max_root_version)
        # Without pruning, whatever is selected may provide packages and is to be kept.
        return dict(self.rs.graph().build_list()[len(self.session.main.modules) :])

    def run(self, try_upgrade: Sequence[ModuleVersion]) -> tuple[Requirements, bool]:
        for path, version in try_upgrade:
            known = self.selected.get(path)
            if known is None or compare_versions(path, known, version) < 0:
                self._say(f"trying upgrade to {path}@{version}")
                self.selected[path] = version
        for mv in self.must_select:
            self._require(mv)
        roots: tuple[ModuleVersion, ...] = ()
        dirty = True
        while dirty and not self.conflicts:
            roots = sorted_roots(
                ModuleVersion(path, version) for path, version in self.selected.items() if version != NONE
            )
            dirty = self._round(roots)
        if self.conflicts:
            raise ConstraintError(tuple(self.conflicts))
        return self._finish(roots)

    def _require(self, mv: ModuleVersion) -> None:
        known = self.must.get(mv.path)
        if known is not None and known != mv.version:
            other = ModuleVersion(mv.path, known)
            above, below = (other, mv) if compare_versions(mv.path, known, mv.version) > 0 else (mv, other)
            self.conflicts.append(Conflict((above,), constraint=below))
            return
        self.must[mv.path] = self.selected[mv.path] = mv.version

    def _say(self, sentence: str) -> None:
        if self.session.settings.verbose:
            self.session.report.note(sentence)

    def _round(self, roots: tuple[ModuleVersion, ...]) -> bool:
        """Load the graph of `roots` and lower those that lead to a conflict; whether any root changed."""
        graph, upgraded = self._extended_graph(roots)
        prunings = {mv: self._root_pruning(graph, mv) for mv in (*roots, *upgraded)}
        bad = Disqualifications(prunings)
        for mv in graph.breadth_first():
            self._check(graph, bad, mv)
        self._warm(mv for mv in roots if bad.path(mv, prunings[mv])[0])
        dirty = False
        for mv in roots:
            if self._resolve(graph, bad, prunings, mv):
                dirty = True
        return dirty or self._accept_upgrades(graph)

    def _warm(self, mods: Iterable[ModuleVersion]) -> None:
        """Have the versions of `mods` listed, all at once: an older one will have to take the place of each."""
        warm_latest(self.session, [mv.path for mv in mods if self.must.get(mv.path) != mv.version])

    def _extended_graph(self, roots: tuple[ModuleVersion, ...]) -> tuple[ModGraph, set[ModuleVersion]]:
        """The graph below `roots` and below the versions that would replace them as roots, and those versions.

        It holds a chain of requirements to each selected version, so that conflicts can be explained.
        """
        upgraded: set[ModuleVersion] = set()
        while True:
            graph, error = read_mod_graph(self.session, self.pruning, roots, upgraded)
            if self.pruning == Pruning.UNPRUNED:
                break
            fresh = {
                mv
                for path in self.selected
                if (mv := ModuleVersion(path, graph.selected(path))).version != NONE
                and mv not in upgraded
                and graph.required_by(mv) is None
            }
            if not fresh:
                break
            upgraded |= fresh
        if error is not None and find(error, TooNewError) is not None:
            raise error
        # Other errors come up again on the walk through the graph, where they are resolved or explained.
        return graph, upgraded

    def _root_pruning(self, graph: ModGraph, mv: ModuleVersion) -> Pruning:
        if self.pruning == Pruning.PRUNED:
            summary = graph.summary(mv)
            if summary is not None and summary.pruning == Pruning.UNPRUNED:
                return Pruning.UNPRUNED
        return self.pruning

    def _too_high(self, mv: ModuleVersion) -> bool:
        limit = self.must.get(mv.path)
        return limit is not None and compare_versions(mv.path, mv.version, limit) > 0

    def _check(self, graph: ModGraph, bad: Disqualifications, mv: ModuleVersion) -> None:
        """Disqualify `mv` if it exceeds a version that must be selected, cannot be read, or requires such a version."""
        if self._too_high(mv):
            bad.disqualify(mv, Pruning.PRUNED, Reason(dep=mv))
            return
        error = graph.error(mv)
        if error is not None:
            # Perhaps a source is only down for now; but what the version requires cannot be known.
            bad.disqualify(mv, Pruning.PRUNED, Reason(error=error))
            return
        required = graph.required_by(mv)
        if required is None or graph.summary(mv) is None:
            return  # pruned out, or the main module, which is what is being edited
        for req in required:
            if self._too_high(req):
                bad.disqualify(mv, Pruning.PRUNED, Reason(dep=req))
                return
        for req in required:
            if not bad.require(mv, req):
                return

    def _resolve(
        self,
        graph: ModGraph,
        bad: Disqualifications,
        prunings: dict[ModuleVersion, Pruning],
        mv: ModuleVersion,
    ) -> bool:
        """Lower the root `mv` if it is disqualified; whether it was lowered. What cannot be resolved is a conflict."""
        path, error = bad.path(mv, prunings[mv])
        if not path:
            return False
        last = path[-1]
        constraint = None if error is not None else ModuleVersion(last.path, self.must[last.path])
        conflict = Conflict(path, constraint=constraint, error=error)
        if self.must.get(mv.path) == mv.version:
            self.conflicts.append(conflict)
            return False
        chosen = ModuleVersion(mv.path, graph.selected(mv.path))
        if chosen.version != mv.version and bad.reason(chosen, prunings[mv]) is None and chosen not in self.rejected:
            return False  # a higher version is selected anyway, and will be the root in place of `mv`
        original = self.original.partial_graph()[0].selected(mv.path)
        if error is not None and original == mv.version:
            # A version that was there before is not given up only because its requirements cannot be read now.
            self.conflicts.append(conflict)
            return False
        self.rejected.add(mv)
        lower = self._lower(graph, bad, mv, original)
        self.selected[mv.path] = lower.version
        self._explain(conflict, mv, lower, original)
        return True

    def _lower(self, graph: ModGraph, bad: Disqualifications, mv: ModuleVersion, original: str) -> ModuleVersion:
        """The next lower version that is not disqualified; never below the original version if that can be kept."""
        pruning = self.pruning
        summary = graph.summary(mv)
        if pruning == Pruning.PRUNED and summary is not None:
            pruning = summary.pruning
        above_original = compare_versions(mv.path, mv.version, original) > 0
        lower = mv
        while True:
            try:
                lower = previous_version(self.session, lower)
                passed = compare_versions(mv.path, lower.version, original) < 0
            except Failure:
                if not above_original:
                    raise
                passed = True
            if above_original and passed and ModuleVersion(mv.path, original) not in self.rejected:
                lower = ModuleVersion(mv.path, original)
            if lower in self.rejected:
                continue
            if bad.reason(lower, pruning) is None:
                return lower
            self.rejected.add(lower)

    def _explain(self, conflict: Conflict, mv: ModuleVersion, lower: ModuleVersion, original: str) -> None:
        if conflict.error is None and not self.session.settings.verbose:
            return
        if lower.version == NONE:
            action = f"removing {mv}"
        elif lower.version == original:
            action = f"restoring {lower}"
        else:
            action = f"trying {lower}"
        self.session.report.note(f"{conflict.summary()}\n\t{action}")

    def _accept_upgrades(self, graph: ModGraph) -> bool:
        """Move roots up to the versions that are selected; whether any moved.

        Left until nothing has to be lowered, since lowering changes which requirements are pruned out.
        """
        moved: list[ModuleVersion] = []
        for path, version in self.selected.items():
            if path not in self.must and graph.selected(path) != version:
                moved.append(ModuleVersion(path, version))
        sort(moved)
        for mv in moved:
            self.selected[mv.path] = graph.selected(mv.path)
            self._say(f"accepting indirect upgrade from {mv} to {self.selected[mv.path]}")
        return bool(moved)

    def _finish(self, roots: tuple[ModuleVersion, ...]) -> tuple[Requirements, bool]:
        session, rs, original = self.session, self.rs, self.original
        if self.pruning == Pruning.UNPRUNED:
            roots = self._explicit(roots)
        if self.pruning == original.pruning and roots == original.roots:
            return original, False
        direct = frozenset(mv.path for mv in roots) & rs.direct
        edited = Requirements(session, self.pruning, roots, direct)
        if self.pruning == Pruning.UNPRUNED and pruning_for(edited.go_version()) == Pruning.PRUNED:
            # A dependency has raised the go version: list all that the graph needs from now on.
            edited = convert_pruning(session, edited, Pruning.PRUNED)
        return edited, True

    def _explicit(self, roots: tuple[ModuleVersion, ...]) -> tuple[ModuleVersion, ...]:
        """The modules of an unpruned graph that go.mod has to list."""
        session, rs = self.session, self.rs
        base = [mv.path for mv in self.must_select if mv.version != NONE and not session.main.contains(mv.path)]
        base += [
            path
            for path, version in roots
            if (known := rs.root_selected(path)) is not None and (known == version or path in rs.direct)
        ]
        return minimal_requirements(session, session.main.single(), base, roots)[0]


def _final_pruning(rs: Requirements, must_select: Collection[ModuleVersion]) -> Pruning:
    """The pruning after the edit, as far as it is known before.

    Conflicts that only an unpruned graph has must be found from the start; those that pruning removes must not.
    """
    for path, version in must_select:
        if path == "go":
            return pruning_for(version)
        if path == "toolchain" and pruning_for(goversion.from_toolchain(version)) == Pruning.UNPRUNED:
            return Pruning.UNPRUNED
    return rs.pruning
