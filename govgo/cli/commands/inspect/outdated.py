# SPDX-License-Identifier: BSD-3-Clause
"""`govgo outdated`: which dependencies have newer versions."""

from __future__ import annotations

from govgo.app.outdated import outdated as outdated_service
from govgo.cli.options import argument, command, horizon_options, module_options, option, record_options
from govgo.cli.outputs import Reports, fault_of, output_options
from govgo.cli.session import open_session, run_session
from govgo.core.findings import Verdict
from govgo.core.resolution.outdated import Outdated
from govgo.core.typehints import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govgo.report.style import Style


@command(own=True, usage="[flags] [./... | directories]")
@option("-all", "everything", is_flag=True, help="Look at the whole build list, not at direct requirements alone.")
@option("-exit-code", "exit_code", is_flag=True, help="Exit with 1 when something is outdated.")
@option("-markdown", "as_markdown", is_flag=True, help="The same as -format markdown.")
@output_options
@horizon_options
@record_options
@option(
    "-offline", "offline", is_flag=True, help="Make no request; lists of versions are not kept, so little is known."
)
@module_options
@argument("where")
def outdated(where: tuple[str, ...], **flags: Any) -> int:
    """Tell which dependencies have newer versions, are retracted or deprecated.

    A dependency is outdated if a newer version of the same module path is known, or if its version is retracted.
    "newest" is what `govgo get -u` selects, "patch" what `get -u=patch` does ("=" for the same version). A next major
    version is a module of another path; /v2, /v3, … are looked for until two of them in a row are missing. A module
    that has moved to another name is not found, unless its author has deprecated the old one. For a replaced module
    newer versions of the replacement are looked for.

    \b
    govgo outdated                            direct requirements
    govgo outdated --all ./...                the build list of every module below
    govgo outdated --exit-code -o json:outdated.json
    govgo outdated --markdown                 for an issue or a comment
    govgo outdated --min-age 14d              what is newer and has been out for two weeks
    govgo outdated --as-of 2024-05-06         what was newer then
    govgo outdated --record audit.jsonl       then --replay audit.jsonl repeats it, without a network

    Formats: text, json, markdown.

    Exit codes: 0 done, 1 something is outdated with -exit-code, 3 something could not be looked up, 4 a contradiction.
    """
    if flags["as_markdown"] and not flags["form"]:
        flags["form"] = "markdown"
    with Reports(flags, FORMATS, _failed_run) as reports:
        session = open_session(flags, announce=False, offline=flags["offline"])
        run = run_session(session, flags, lambda each: outdated_service(each, where, everything=flags["everything"]))
        reports.tell(run)
    if reports.is_text:
        from govgo.report.outdated.text import told_faults

        reports.tell_faults(told_faults(run))
    verdict = run.verdict
    if flags["exit_code"] and run.is_outdated:
        verdict = max(verdict, Verdict.FINDING)
    return reports.exit_code(verdict)


def _failed_run(error: BaseException) -> Outdated:
    """A run in which nothing was looked up."""
    from datetime import UTC, datetime

    return Outdated((), datetime.now(UTC), faults=(fault_of(error),))


def _text(run: Outdated, style: Style) -> str:
    from govgo.report.outdated.text import text_report

    return text_report(run, style)


def _json(run: Outdated, _: Style) -> str:
    from govgo.report.outdated.json import json_report

    return json_report(run)


def _markdown(run: Outdated, _: Style) -> str:
    from govgo.report.outdated.markdown import markdown_report

    return markdown_report(run)


FORMATS = {"text": _text, "json": _json, "markdown": _markdown}
