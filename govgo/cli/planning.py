# SPDX-License-Identifier: BSD-3-Clause
"""`--dry-run`: what a command would change, in several formats.

govgo get rsc.io/quote@latest --dry-run
govgo tidy -n --diff
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

from govgo.cli.exitcodes import EXIT_DONE
from govgo.cli.session import open_session, run_session
from govgo.core.typehints import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govgo.core.resolution.plan import Plan
    from govgo.load.session.session import Session
    from govgo.report.style import Style


def show_plan(
    flags: Mapping[str, Any],
    command: str,
    make: Callable[[], Plan],
) -> int:
    """Make a plan and print it; the exit code of the command.

    Args:
        flags: the values of `plan_options`.
        command: the name of the verb.
        make: makes the plan.
    """
    from govgo.cli.outputs import Reports, fault_of
    from govgo.core.resolution.plan import Plan

    reading = {"outputs": (), "form": flags["plan_format"], "as_json": False, "chdir": ""}
    formats = plan_formats(diffs=bool(flags["diff"]))
    with Reports(reading, formats, lambda error: Plan(command, faults=(fault_of(error),))) as reports:
        plan = make()
        reports.tell(plan)
    reports.tell_faults(plan.faults)
    return reports.exit_code(plan.verdict)


def dry_run(
    flags: Mapping[str, Any],
    command: str,
    verb: Callable[[Session], object],
    *,
    requested: Callable[[], Collection[str]] | None = None,
    follows_imports: bool = False,
    **opening: Any,
) -> int:
    """Run a verb on files whose changes stay in memory, and print what would change.

    Args:
        flags: the values of `plan_options`, and those that `open_session` reads.
        command: the name of the verb.
        verb: does what the command does.
        requested: the module paths that arguments name, known when the verb has run; None: those that the verb edits.
        follows_imports: the verb decides by what is imported.
        opening: for `open_session`.
    """
    from govgo.adapters.workspace.planned import PlannedWorkspace
    from govgo.app.plan import plan_verb

    def make() -> Plan:
        def plan(session: Session) -> Plan:
            return plan_verb(
                session,
                command,
                lambda: verb(session),
                plan=PlannedWorkspace,
                requested=requested,
                follows_imports=follows_imports,
            )

        session = open_session(flags, **opening)
        return run_session(session, flags, plan) if "record" in flags else plan(session)

    return show_plan(flags, command, make)


def run_or_plan(flags: Mapping[str, Any], command: str, verb: Callable[[Session], object]) -> int:
    """Run a verb that names no modules, or say what it would change; the exit code (arguments as for `dry_run`)."""
    if flags["dry_run"]:
        return dry_run(flags, command, verb, requested=tuple)
    verb(open_session(flags))
    return EXIT_DONE


def plan_formats(*, diffs: bool) -> Mapping[str, Callable[[Plan, Style], str]]:
    """The formats of a plan; text and Markdown show unified diffs if `diffs`."""
    return {"text": partial(_text, diffs=diffs), "json": _json, "markdown": partial(_markdown, diffs=diffs)}


def _text(plan: Plan, style: Style, *, diffs: bool) -> str:
    from govgo.report.plan import text_report

    return text_report(plan, style, diffs=diffs)


def _json(plan: Plan, _: Style) -> str:
    from govgo.report.plan import json_report

    return json_report(plan)


def _markdown(plan: Plan, _: Style, *, diffs: bool) -> str:
    from govgo.report.plan import markdown_report

    return markdown_report(plan, diffs=diffs)
