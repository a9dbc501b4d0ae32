# SPDX-License-Identifier: BSD-3-Clause
"""`govgo verify`: proof of every go.sum line, for CI."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from govgo.cli.call import reporter, show
from govgo.cli.exitcodes import exit_code
from govgo.cli.options import argument, command, module_options, option
from govgo.cli.session import open_session
from govgo.core.findings import Claim, Verdict
from govgo.errors import Failure, GovgoError, UsageError
from govgo.wiring.verify import VerifyOptions, run_verify

if TYPE_CHECKING:
    from govgo.core.findings import Verification

FORMATS = ("text", "json", "sarif", "github", "junit", "markdown")
_STDOUT = "-"


@command(own=True, usage="[flags] [./... | directories]")
@option("-only", "only", multiple=True, metavar="CLAIMS", help="Check these claims only, e.g. database,lint.")
@option("-skip", "skip", multiple=True, metavar="CLAIMS", help="Check all claims but these.")
@option("-since", "since", metavar="REF", help="Only go.sum lines added since a git reference.")
@option("-offline", "offline", is_flag=True, help="Use kept proofs alone; report what they do not cover.")
@option("-bundle", "bundle", metavar="FILE", help="Also write the proofs to FILE.")
@option("-from-bundle", "from_bundle", metavar="FILE", help="Prove by the bundle FILE, without the database.")
@option("-format", "form", metavar="FORMAT", help="Print text, json, sarif, github, junit, markdown.")
@option("-json", "as_json", is_flag=True, help="The same as -format json.")
@option("-o", "outputs", multiple=True, metavar="FORMAT:FILE", help="Write a report to FILE, - to print it.")
@option("-strict", "strict", is_flag=True, help="Count lines that are right, but more than needed, as findings.")
@option("-exit-zero", "exit_zero", is_flag=True, help="Succeed despite findings, but not despite contradictions.")
@module_options
@argument("where")
def verify(where: tuple[str, ...], **flags: Any) -> int:
    """Prove go.sum by the checksum database, and compare the module cache and vendor directories with it.

    Claims: lint (go.sum is well formed), complete (it has the lines that the build list needs), database (every line is
    proved), cache (zips and trees are unmodified), vendor (vendored files are those of the verified zips).

    \b
    govgo verify                            the main module, or the workspace
    govgo verify ./...                      every module in and below the working directory
    govgo verify --since origin/main        only lines that a branch has added
    govgo verify -o sarif:out.sarif -o markdown:-
    govgo verify --only database --offline  with kept proofs alone

    Files are named from the root of the git repository.

    Exit codes: 0 all verified, 1 findings, 3 something could not be checked, 4 a contradiction.
    """
    options = VerifyOptions(flags["since"], flags["offline"], flags["bundle"], flags["from_bundle"], flags["strict"])
    with _Reports(_outputs(flags), options) as reports:
        claims = _claims(flags["only"], flags["skip"])
        session = open_session(flags, announce=False)
        try:
            written = run_verify(session, where, claims, options, reports.tell)
        except Failure as error:
            if reports.run is None:
                raise
            reports.fail(error)  # what was found is told, and counts
            written = None
    if written is not None:
        from govgo.report.findings.text import bundle_text

        file = session.absolute(flags["bundle"])
        session.report.note(bundle_text(file, written.records, written.size_bytes, len(written.left_out)))
    verdict = reports.run.verdict if reports.run is not None else Verdict.UNCHECKED
    if verdict is Verdict.FINDING and flags["exit_zero"]:
        verdict = Verdict.PASSED
    return max(int(verdict), *map(exit_code, reports.failures), 0)


class _Reports:
    """The reports of one run, in every format that was asked for.

    Each replaces the one of an earlier run, also where this run fails: then it says so, as does the one on standard
    output, except in the text format, for which the sentence on standard error is enough.
    """

    def __init__(self, outputs: Sequence[tuple[str, str]], options: VerifyOptions) -> None:
        """(format, file) of each; the options are for the report of a failure."""
        self.run: Verification | None = None
        self.failures: list[Failure] = []
        self._outputs = outputs
        self._options = options

    def __enter__(self) -> _Reports:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None and self.run is None:
            self._outputs = [
                (form, file)
                for form, file in self._outputs
                if (form != "text" if file == _STDOUT else os.path.isdir(os.path.dirname(file)))
            ]
            with suppress(OSError):  # the error on its way says more
                self.tell(_failed_run(error, self._options))

    def tell(self, run: Verification) -> None:
        """Write the reports. One that cannot be written does not keep the others from it."""
        self.run = run
        for form, file in self._outputs:
            try:
                _write(_render(run, form, terminal=file == _STDOUT and sys.stdout.isatty()), file)
            except Failure as error:
                self.fail(error)

    def fail(self, error: Failure) -> None:
        """Say that something failed beside the verification."""
        self.failures.append(error)
        reporter().note(str(error))


def _failed_run(error: BaseException, options: VerifyOptions) -> Verification:
    """A run in which nothing could be checked."""
    from datetime import UTC, datetime

    from govgo.app.verify.graph import from_error
    from govgo.core.findings import Finding, Verification

    if isinstance(error, GovgoError):
        finding = from_error(None, error)
        finding = finding._replace(verdict=max(finding.verdict, Verdict.UNCHECKED))
    elif isinstance(error, KeyboardInterrupt):
        finding = Finding("interrupted", None, Verdict.UNCHECKED, "interrupted")
    else:
        finding = Finding("bug", None, Verdict.UNCHECKED, f"internal error: {type(error).__name__}: {error}")
    return Verification(
        claims=tuple(Claim),
        modules=(),
        findings=(finding,),
        database="",
        tree_size=0,
        private="",
        since=options.since,
        offline=options.offline,
        started=datetime.now(UTC),
        duration_s=0,
    )


def _claims(only: Sequence[str], skip: Sequence[str]) -> tuple[Claim, ...]:
    kept, left_out = _named(only) or list(Claim), _named(skip)
    claims = tuple(claim for claim in Claim if claim in kept and claim not in left_out)
    if not claims:
        raise UsageError("no claim is left to check")
    return claims


def _named(values: Sequence[str]) -> list[Claim]:
    found: list[Claim] = []
    for name in (name.strip() for value in values for name in value.split(",")):
        try:
            found.append(Claim(name))
        except ValueError:
            raise UsageError(f"unknown claim {name!r}: claims are {', '.join(Claim)}") from None
    return found


def _outputs(flags: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """(format, file) of each report, one of them on standard output; files are absolute."""
    found: list[tuple[str, str]] = []
    for value in flags["outputs"]:
        form, colon, file = value.partition(":")
        if not colon or not file:
            raise UsageError(f"-o {value}: want FORMAT:FILE")
        found.append((form, file if file == _STDOUT else os.path.abspath(os.path.join(flags["chdir"], file))))
    form = "json" if flags["as_json"] else flags["form"]
    if form or not any(file == _STDOUT for _, file in found):
        found.append((form or "text", _STDOUT))
    for form, _ in found:
        if form not in FORMATS:
            raise UsageError(f"unknown format {form!r}: formats are {', '.join(FORMATS)}")
    return tuple(found)


def _render(run: Verification, form: str, *, terminal: bool) -> str:
    match form:
        case "json":
            from govgo.report.findings.json import json_report

            return json_report(run)
        case "sarif":
            from govgo.report.findings.sarif import sarif_report

            return sarif_report(run)
        case "github":
            from govgo.report.findings.github import github_report

            return github_report(run)
        case "junit":
            from govgo.report.findings.junit import junit_report

            return junit_report(run)
        case "markdown":
            from govgo.report.findings.markdown import markdown_report

            return markdown_report(run)
    from govgo.report.findings.text import MOST_ALIKE, plain, text_report

    paint = _paint if _wants_colour(terminal=terminal) else plain
    return text_report(run, paint, most_alike=MOST_ALIKE if terminal else 0)


_COLOURS = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36}
"""ECMA-48 codes of the colours that the text report asks for."""


def _paint(text: str, colour: str) -> str:
    return f"\x1b[{_COLOURS[colour]}m\x1b[1m{text}\x1b[0m"


def _wants_colour(*, terminal: bool) -> bool:
    """Whether colours may be printed (no-color.org, force-color.org)."""
    environ = os.environ
    if environ.get("NO_COLOR"):
        return False
    return bool(environ.get("FORCE_COLOR")) or (terminal and environ.get("TERM") != "dumb")


def _write(text: str, file: str) -> None:
    if file == _STDOUT:
        show(text, painted=True)
        return
    from govgo.adapters.disk.renew import keeping_places
    from govgo.adapters.workspace.workspace import DiskWorkspace

    DiskWorkspace(places=keeping_places(os.environ)).write(file, text.encode("utf-8", "surrogateescape"))
