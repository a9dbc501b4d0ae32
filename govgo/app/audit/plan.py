# SPDX-License-Identifier: BSD-3-Clause
"""The fix plans of an audit: one for each main module, worked out on files whose changes stay in memory.

Only version lists, go.mod files and dates are fetched. A module of a workspace is planned for by itself, as it is built
where nobody has the workspace: with every one of them cleared, so is the workspace, whose versions are the highest of
theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from govgo.core.advisory.auditresult import AuditedModule, Exposure
from govgo.core.advisory.fixplan import FixPlan, Flaw, Refusal, Unfixable, Why
from govgo.core.advisory.fixsearch import find_fix
from govgo.core.advisory.fixversions import Bounds, Judgement
from govgo.core.advisory.match import AdvisoryIndex, Vulnerability
from govgo.core.advisory.removable import removable_lines
from govgo.core.findings import Finding, Place
from govgo.core.modgraph.loader import Pruning, pruning_for
from govgo.core.module.moduleversion import ModuleVersion, compare_versions
from govgo.core.records import NamedTuple
from govgo.core.resolution.lower import Edits
from govgo.core.resolution.resolution import Resolution
from govgo.errors import Failure, GovgoError, find
from govgo.load.dependency.gomod import summary
from govgo.load.query.ages import warm_dates, why_not_counted
from govgo.load.query.prefetch import warm_latest
from govgo.load.query.retract import ExcludedError, ModuleRetractedError, check_allowed
from govgo.load.targets.edited import resolve_edited
from govgo.load.targets.errorfindings import from_error
from govgo.load.targets.resolve import Resolved, resolve
from govgo.load.targets.targets import MODULE, WORKSPACE, Target, shown
from govgo.ports.modules import Ask

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.files import PlannedFiles, Workspace


MOST_UNASKED = 10
"""For how many modules at fault a plan is made that nobody asked for: each costs version lists and selections."""


class FixOptions(NamedTuple):
    """What is asked of a plan.

    Attributes:
        ids: what to clear, by any name; () for everything.
        max_go: the go line may not be raised above this; "" for no limit.
        is_asked: somebody wants the plan. Else it is made where it takes little, and what hinders it is not a fault.
    """

    ids: tuple[str, ...] = ()
    max_go: str = ""
    is_asked: bool = True

    def wants(self, vulnerability: Vulnerability) -> bool:
        """Whether a vulnerability is to be cleared."""
        return not self.ids or not {vulnerability.id, *vulnerability.aliases}.isdisjoint(self.ids)


class Known(NamedTuple):
    """The advisories that are known.

    Attributes:
        advisories: by module.
        paths: the module paths that databases have been asked about.
        learn: asks them about more.
    """

    advisories: AdvisoryIndex
    paths: set[str]
    learn: Callable[[Collection[str]], None]

    def ask_about(self, resolution: Resolution) -> None:
        """Know what there is to know of the modules of a graph."""
        used = ((resolution.replacement(mod) or mod).path for mod in resolution.modules)
        fresh = {path for path in used if path not in self.paths}
        if fresh:
            self.paths.update(fresh)
            self.learn(fresh)


class Planning:
    """Plans for one module or workspace."""

    def __init__(
        self,
        session: Session,
        found: Resolved,
        known: Known,
        options: FixOptions,
        counts: Judgement,
        plan: Callable[[Workspace], PlannedFiles],
        faults: list[Finding],
    ) -> None:
        """Prepare.

        Args:
            session: the command.
            found: the module or workspace.
            known: the advisories.
            options: what is asked for.
            counts: whether a vulnerability is a finding, by what the project has put aside.
            plan: makes files whose changes stay in memory.
            faults: takes what cannot be planned, and why.
        """
        self._session = session
        self._found = found
        self._known = known
        self._options = options
        self._counts = counts
        self._plan = plan
        self._faults = faults
        self._hindered: list[str] = []

    def planned(self, audited: AuditedModule) -> AuditedModule:
        """What was found, with a plan for each main module that has something to clear."""
        wanted = [each for each in audited.exposures if self._options.wants(each.vulnerability)]
        in_modules = [each for each in wanted if each.chain]
        unfixable = tuple(self._unfixable(wanted))
        if not self._options.is_asked:
            at_fault = len({each.module for each in in_modules})
            if at_fault > MOST_UNASKED:
                why = f"{at_fault} modules are at fault, and a plan for more than {MOST_UNASKED} takes a while"
                return audited._replace(unfixable=unfixable, unplanned=why)
            if not any(each.vulnerability.fixed_in for each in in_modules):
                return audited._replace(unfixable=unfixable)
        plans = []
        for member in self._members() if in_modules else ():
            try:
                plan = self._for(member, in_modules)
            except Failure as error:
                self._fail(error, member.resolution.mod_file)
                continue
            if plan.bumps or plan.unfixable:
                plans.append(plan)
        return audited._replace(fixes=tuple(plans), unfixable=unfixable, unplanned="; ".join(self._hindered))

    def _unfixable(self, wanted: Iterable[Exposure]) -> Iterator[Unfixable]:
        """What no requirement changes: what is in Go itself, and what go.work replaces at all versions."""
        work = self._found.session.main.work_file
        replaced = {each.old.path for each in work.replace if not each.old.version} if work is not None else ()
        for each in wanted:
            if not each.chain:
                yield _in_go(each)
            elif each.module.path in replaced:
                text = f"it is replaced by {each.vulnerability.module}, which the replace line of go.work decides"
                fixed = each.vulnerability.fixed_in
                flaw = Flaw(each.module.path, each.vulnerability.id)
                yield Unfixable(flaw, each.module.version, Why.REPLACED, f"{text}; fixed in {fixed}" if fixed else text)

    def _members(self) -> Iterator[Resolved]:
        """The main modules of the target, each resolved by itself."""
        found, session = self._found, self._session
        if found.target.kind != WORKSPACE:
            yield found
            return
        for main in found.resolution.mains:
            root = found.session.main.root(main)
            target = Target(MODULE, main.path, root, session.mod_file_path(root), ())
            try:
                member = resolve(session, target)
            except Failure as error:
                self._fail(error, shown(session, target.mod_file))
                continue
            if member.resolution.error is None:
                yield member
            else:
                self._fail(member.resolution.error, member.resolution.mod_file)

    def _fail(self, error: GovgoError, mod_file: str) -> None:
        if self._options.is_asked:
            self._faults.append(from_error(None, error, Place(mod_file)).unchecked())
        else:
            self._hindered.append(str(error))

    def _for(self, member: Resolved, exposures: Collection[Exposure]) -> FixPlan:
        names = [{each.vulnerability.id, *each.vulnerability.aliases} for each in exposures]
        paths = [each.module.path for each in exposures]

        def wanted(vulnerability: Vulnerability, mod: ModuleVersion) -> bool:
            own = {vulnerability.id, *vulnerability.aliases}
            return any(path == mod.path and own & other for path, other in zip(paths, names, strict=True))

        member.activate()
        world = _World(self._session, member, self._known, self._plan)
        world.warm(dict.fromkeys(paths))
        plan = find_fix(
            world,
            member.resolution,
            self._known.advisories,
            wanted,
            Bounds(),
            counts=self._counts,
            max_go=self._options.max_go,
        )
        flaws = dict.fromkeys(Flaw(each.module.path, each.vulnerability.id) for each in exposures)
        return plan._replace(root=member.target.root, removable=tuple(removable_lines(member.resolution, flaws)))


def _in_go(exposure: Exposure) -> Unfixable:
    """What is in the standard library or the go command: no requirement brings it in."""
    module, fixed = exposure.module, exposure.vulnerability.fixed_in
    text = f"it is in Go itself: build with go {fixed} or later" if fixed else "it is in Go itself: no fix is known"
    return Unfixable(Flaw(module.path, exposure.vulnerability.id), module.version, Why.STDLIB, text)


class _World:
    """Answers of the module repository, for one main module."""

    def __init__(
        self, session: Session, resolved: Resolved, known: Known, plan: Callable[[Workspace], PlannedFiles]
    ) -> None:
        self._outer = session
        self._known = known
        self._resolved = resolved
        self._session = resolved.session
        self._plan = plan
        self._refusals: dict[ModuleVersion, Refusal | None] = {}

    def warm(self, paths: Iterable[str]) -> None:
        """Fetch the version lists of what is at fault, and the go.mod files with retractions."""
        warm_latest(self._session, paths)

    def foresee(self, mods: Sequence[ModuleVersion]) -> None:
        """Fetch the go.mod files of these versions, and their dates where these count."""
        session = self._session
        horizon = session.settings.horizon
        if horizon is not None:
            warm_dates(session, [mod for mod in mods if not horizon.excepts(mod.path)])
        sources = map(session.main.resolve, mods)
        session.repo.warm([Ask("gomod", mod.path, mod.version) for mod in sources if mod.version])

    def resolve(self, edits: Edits) -> Resolution:
        """The graph after edits. Without graph pruning `get` keeps whatever is selected: it may provide packages."""
        start = self._resolved.resolution
        if pruning_for(start.go_version) is Pruning.UNPRUNED:
            (main,) = start.mains
            edits = {**{(main, mod.path): mod.version for mod in start.modules if mod.version}, **edits}
        found = resolve_edited(self._outer, self._resolved, edits, self._plan)
        self._resolved.activate()
        self._known.ask_about(found)
        return found

    def newer(self, mod: ModuleVersion) -> Sequence[str]:
        """The listed versions above that of `mod`; of one that is replaced at all versions none, whoever has some."""
        if self._session.main.replacement(ModuleVersion(mod.path, "")) is not None:
            return ()
        known = self._session.repo.versions(mod.path).list
        return [each for each in known if compare_versions(mod.path, each, mod.version) > 0]

    def required(self, mod: ModuleVersion) -> tuple[ModuleVersion, ...]:
        """What a module version requires, behind its replacement."""
        return summary(self._session, mod).require

    def refusal(self, mod: ModuleVersion) -> Refusal | None:
        """Why a version may not be taken. Where its retraction cannot be looked up, it may, as with `get`."""
        if mod not in self._refusals:
            self._refusals[mod] = self._why(mod)
        return self._refusals[mod]

    def _why(self, mod: ModuleVersion) -> Refusal | None:
        session = self._session
        if session.main.contains(mod.path):
            return None
        try:
            check_allowed(session, mod)
        except Failure as error:
            for kind, why in ((ExcludedError, Why.EXCLUDED), (ModuleRetractedError, Why.RETRACTED)):
                if find(error, kind) is not None:
                    return Refusal(why, str(error))
        refused = why_not_counted(session, mod, min_age=True)
        return Refusal(Why.TOO_YOUNG, str(refused)) if refused is not None else None
