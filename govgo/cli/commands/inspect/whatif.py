# SPDX-License-Identifier: BSD-3-Clause
"""`govgo what-if`: several changes, played without writing anything."""

from __future__ import annotations

from govgo.cli.options import argument, command, horizon_options, module_options, offline_option, option, record_options
from govgo.cli.outputs import Reports, fault_of, output_options
from govgo.cli.planning import plan_formats
from govgo.cli.session import open_session, run_session
from govgo.core.resolution.plan import Plan
from govgo.core.typehints import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govgo.load.session.session import Session


@command(own=True, usage="[flags] step...")
@option("-diff", "diff", is_flag=True, help="Show unified diffs of go.mod and go.sum.")
@offline_option
@horizon_options
@record_options
@output_options
@module_options
@argument("steps")
def whatif(steps: tuple[str, ...], diff: bool, offline: bool, **flags: Any) -> int:
    """Play changes one after another, and say what would come of them; nothing is written but the module cache.

    Steps: 'get M@V ...' with -u, -u=patch or -t; 'tidy'; 'drop M', 'require M@V', 'exclude M@V' and 'replace OLD=>NEW',
    after each of which go.mod is put in order as by `go list -m -mod=mod all`. What leaves the build list is named for
    each step, with the size of its zips where that is known.

    \b
    govgo what-if 'get golang.org/x/net@latest'
    govgo what-if 'drop github.com/pkg/errors' tidy
    govgo what-if 'replace rsc.io/quote=>../quote' 'get -u ./...' --diff
    govgo what-if 'get rsc.io/quote@v1.5.1' --json
    govgo what-if --min-age 14d 'get -u ./...'      with no version that is younger than two weeks
    govgo what-if --record FILE tidy                then --replay FILE says the same again, and asks nobody

    Formats: text, json, markdown.
    """
    formats = plan_formats(diffs=diff)
    with Reports(flags, formats, lambda error: Plan("what-if", faults=(fault_of(error),))) as reports:
        session = open_session(flags, offline=offline)
        plan = run_session(session, {**flags, "offline": offline}, lambda each: _played(each, steps))
        reports.tell(plan)
    reports.tell_faults(plan.faults)
    return reports.exit_code(plan.verdict)


def _played(session: Session, steps: tuple[str, ...]) -> Plan:
    from govgo.adapters.workspace.planned import PlannedWorkspace
    from govgo.app.whatif import read_step, what_if
    from govgo.errors import UsageError

    if not steps:
        raise UsageError("no step: want get, drop, require, exclude, replace or tidy")
    return what_if(session, [read_step(each) for each in steps], plan=PlannedWorkspace)
