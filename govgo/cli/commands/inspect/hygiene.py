# SPDX-License-Identifier: BSD-3-Clause
"""`govgo hygiene`: what go.mod and go.work say without effect, or against good habits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from govgo.cli.findings import findings_markdown, findings_text, formats_for_ci, itself, names_in
from govgo.cli.options import argument, command, exit_zero_option, module_options, offline_option, option
from govgo.cli.outputs import Reports, fault_of, output_options
from govgo.cli.session import open_session
from govgo.core.findings import Inspection, verdict_of
from govgo.core.resolution.hygiene import RULES
from govgo.core.typehints import TYPE_CHECKING, Any
from govgo.errors import UsageError

if TYPE_CHECKING:
    from govgo.report.style import Style


@command(own=True, usage="[flags] [./... | directories]")
@option(
    *("-only", "only"),
    multiple=True,
    metavar="CODES",
    help="Report these findings only, e.g. version-skew.",
    values=tuple(RULES),
)
@option(*("-skip", "skip"), multiple=True, metavar="CODES", help="Report all findings but these.", values=tuple(RULES))
@offline_option
@output_options
@exit_zero_option
@module_options
@argument("where")
def hygiene(where: tuple[str, ...], **flags: Any) -> int:
    """Report what go.mod and go.work files say without effect, or against good habits, each with a command to fix it.

    Requirements that nothing needs, or that are marked // indirect wrongly; replacements and exclusions without
    effect; replacements by directories outside of the repository; a go line that a dependency raises; versions of
    commits and of +incompatible majors; versions that differ between the modules of a repository.

    \b
    govgo hygiene
    govgo hygiene ./...                               every module below, and what differs between them
    govgo hygiene --skip pseudo-version,version-skew
    govgo hygiene -o sarif:out.sarif -o markdown:-

    Requirements are compared with the imports of the module's own packages, where it has any. Nothing but .mod files
    is fetched; `govgo tidy` knows more, and needs the source of every dependency.

    Formats: text, json, sarif, github, gitlab, junit, markdown.

    Exit codes: 0 nothing found, 1 findings, 3 something could not be looked at, 4 a contradiction.
    """
    with Reports(flags, FORMATS, lambda error: _failed_run(error, offline=flags["offline"])) as reports:
        keep = _keep(flags["only"], flags["skip"])
        session = open_session(flags, announce=False, offline=flags["offline"], fails_soon=True)
        from govgo.app.hygiene import inspect

        run = inspect(session, where, keep, offline=flags["offline"])
        reports.tell(run)
    return reports.exit_code(verdict_of(run), exit_zero=flags["exit_zero"])


def _keep(only: Sequence[str], skip: Sequence[str]) -> Callable[[str], bool]:
    kept, left_out = frozenset(names_in(only)), frozenset(names_in(skip))
    for code in [*kept, *left_out]:
        if code not in RULES:
            raise UsageError(f"unknown finding {code!r}: findings are {', '.join(RULES)}")
    return lambda code: (not kept or code in kept) and code not in left_out


def _failed_run(error: BaseException, *, offline: bool) -> Inspection:
    """A run in which nothing could be looked at."""
    from datetime import UTC, datetime

    return Inspection("hygiene", "", "not finished", (), (fault_of(error),), datetime.now(UTC), 0, offline=offline)


def _json(run: Inspection, _: Style) -> str:
    from govgo.report.findings.json import inspection_report

    return inspection_report(run)


FORMATS: Mapping[str, Callable[[Inspection, Style], str]] = {
    "text": findings_text,
    "json": _json,
    **formats_for_ci(itself, RULES),
    "markdown": findings_markdown,
}
