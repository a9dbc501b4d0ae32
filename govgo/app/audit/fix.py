# SPDX-License-Identifier: BSD-3-Clause
"""`govgo audit -fix`: do what the plans say, as `govgo get` does it, and audit again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from govgo.app.audit.audit import audit
from govgo.app.audit.plan import FixOptions
from govgo.app.get.get import GetOptions, get
from govgo.app.plan import plan_verb
from govgo.core.advisory.auditresult import Audit
from govgo.core.advisory.fixplan import FixPlan
from govgo.core.advisory.openvex import VexStatement
from govgo.core.findings import Finding, Place
from govgo.core.resolution.plan import Plan
from govgo.errors import Failure, ReportedError
from govgo.load.targets.errorfindings import from_error, from_reported
from govgo.load.targets.open import muted, reading
from govgo.load.targets.resolve import resolve
from govgo.load.targets.targets import MODULE, Target
from govgo.ports.advisories import AdvisorySource, Snapshot

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.files import Executables, PlannedFiles, Workspace


def fix(
    session: Session,
    where: Sequence[str],
    sources: Collection[AdvisorySource],
    executables: Executables,
    *,
    options: FixOptions,
    plan: Callable[[Workspace], PlannedFiles],
    dry_run: bool = False,
    max_age: timedelta | None = None,
    packages: bool = False,
    statements: Sequence[VexStatement] = (),
) -> Audit:
    """Audit, do what the plans say, and audit again.

    Args:
        session, where, sources, executables, max_age, packages, statements: as for `audit`.
        options: what to clear.
        plan: makes files whose changes stay in memory.
        dry_run: write nothing; say in `dry_runs` what would change.

    Returns:
        What is found afterwards, with the plans; in a dry run what is found before.

    Raises:
        GovgoError: as for `audit`.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    asked = [_Asked(source) for source in sources]
    repeated = partial(
        audit, session, where, asked, executables, max_age=max_age, packages=packages, statements=statements
    )
    before = repeated(fix=options, plan=plan)
    faults: list[Finding] = []
    done: list[FixPlan] = []
    dry_runs: list[Plan] = []
    for each in [each for module in before.modules for each in module.fixes if each.bumps]:
        own = _session_for(session, each)
        try:
            if dry_run:
                dry_runs.append(_dry_run(own, each, plan))
            else:
                get(own, each.arguments, GetOptions())
                done.append(each)
        except Failure as error:
            faults.append(from_error(None, error, Place(each.mod_file)))
        except ReportedError as error:
            faults.append(from_reported(error, Place(each.mod_file)))
    if dry_run or not done:
        return before._replace(faults=(*before.faults, *faults), dry_runs=tuple(dry_runs))
    after = _with_plans(repeated(), before, done)
    return after._replace(faults=(*after.faults, *faults))


def _with_plans(after: Audit, before: Audit, done: Sequence[FixPlan]) -> Audit:
    """What is found afterwards, with the plans of before."""
    planned = {(module.kind, module.directory): module for module in before.modules}
    modules = []
    for module in after.modules:
        old = planned.get((module.kind, module.directory), module)
        fixes = tuple(each._replace(is_done=each in done) for each in old.fixes)
        modules.append(module._replace(fixes=fixes, unfixable=old.unfixable))
    return after._replace(modules=tuple(modules))


class _Asked:
    """A source that is asked once, for both audits: what a plan brings in was looked up for the first one."""

    def __init__(self, source: AdvisorySource) -> None:
        self._source = source
        self._paths: frozenset[str] = frozenset()
        self._snapshot: Snapshot | None = None

    def about(self, paths: Collection[str]) -> Snapshot:
        """As the source; it is asked again where there are other modules."""
        wanted = frozenset(paths)
        if self._snapshot is None or not wanted <= self._paths:
            self._paths = self._paths | wanted
            self._snapshot = self._source.about(self._paths)
        return self._snapshot


def _session_for(session: Session, plan: FixPlan) -> Session:
    """A session in the directory of a main module. What the plan leaves alone may be of any age."""
    settings = session.settings._replace(cwd=plan.root, mod="", mod_explicit=False)
    horizon = settings.horizon
    if horizon is not None and horizon.min_age is not None:
        target = Target(MODULE, plan.path, plan.root, session.mod_file_path(plan.root), ())
        before = {mod.path for mod in resolve(session, target).resolution.modules}
        changed = {bump.path for bump in plan.bumps}
        changed.update(each.change.path for bump in plan.bumps for each in bump.drags)
        settings = settings._replace(horizon=horizon._replace(settled=frozenset(before - changed)))
    own = reading(session, session.files, settings)
    own.report = muted(session.report)
    return own


def _dry_run(session: Session, each: FixPlan, plan: Callable[[Workspace], PlannedFiles]) -> Plan:
    return plan_verb(
        session,
        "audit",
        lambda: get(session, each.arguments, GetOptions()),
        plan=plan,
        requested=lambda: [bump.path for bump in each.bumps],
    )
