# SPDX-License-Identifier: BSD-3-Clause
"""`govgo diff`: what a change means for the build list; and what two binaries were built from."""

from __future__ import annotations

from govgo.cli.options import argument, command, module_options, option
from govgo.cli.outputs import Reports, fault_of, output_options
from govgo.cli.session import open_session
from govgo.core.findings import Verdict, worst
from govgo.core.resolution.compare import Comparison
from govgo.core.typehints import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govgo.report.style import Style


@command(own=True, usage="[flags] [REF [REF] | REF..REF | FILES] [-- ./... | directories]")
@option("-exit-code", "exit_code", is_flag=True, help="Exit with 1 when there are differences.")
@option("-zip", "zips", multiple=True, metavar="MODULE", help="Compare the source of MODULE as well.")
@option("-offline", "offline", is_flag=True, help="Make no request; what the module cache lacks is unknown.")
@output_options
@module_options
@argument("sides", behind="where")
def diff(sides: tuple[str, ...], where: tuple[str, ...], **flags: Any) -> int:
    """Compare the build list and go.mod of two states: git references, go.mod files, archives, the work tree, binaries.

    \b
    govgo diff                                HEAD and the work tree
    govgo diff v1.4.0 v1.5.0                  two references
    govgo diff main... -o markdown:-          what a branch has changed since it left main, for a comment
    govgo diff old/go.mod go.mod              two files
    govgo diff release.tar.gz -- ./...        an archive and the work tree, every module
    govgo diff bin/app-1.4 bin/app-1.5        the modules in two Go binaries, and how they were built
    govgo diff --zip golang.org/x/net         also what changed in its source
    govgo diff --zip rsc.io/quote@v1.5.1..v1.5.2

    Git's objects are read, nothing is checked out. Only module versions that came or went are asked about: their age,
    and whether they are retracted or deprecated. The requirement that decides about a version is named with the line
    of go.mod that leads to it.

    The source is that of the zips, whose hashes are proved. What a reviewer looks at first stands before the diff:
    new cgo, assembly, binaries, go:linkname, unsafe, init functions, processes, and network.

    Formats: text, json, markdown.

    Exit codes: 0 compared, 1 differences with -exit-code or a go.mod that cannot be used, 3 something could not be
    fetched, 4 a contradiction.
    """
    with Reports(flags, FORMATS, lambda error: _failed_run(error, offline=flags["offline"])) as reports:
        session = open_session(flags, announce=False, offline=flags["offline"])
        from govgo.wiring.diff import is_side, run_diff

        named = [word for word in sides if is_side(session, word)]
        directories = [word for word in sides if word not in named]
        result = run_diff(session, named, [*directories, *where], zips=flags["zips"], offline=flags["offline"])
        reports.tell(result)
    reports.tell_faults(result.findings)
    verdict = worst(result.findings)
    if flags["exit_code"] and result.is_different:
        verdict = max(verdict, Verdict.FINDING)
    return reports.exit_code(verdict)


def _failed_run(error: BaseException, *, offline: bool) -> Comparison:
    """A run in which nothing was compared."""
    from datetime import UTC, datetime

    from govgo.core.resolution.compare import SideName

    nothing = SideName("none", "")
    return Comparison(nothing, nothing, (), {}, (), (fault_of(error),), 0, datetime.now(UTC), offline)


def _text(run: Comparison, style: Style) -> str:
    from govgo.report.diff.text import text_report

    return text_report(run, style)


def _json(run: Comparison, _: Style) -> str:
    from govgo.report.diff.json import json_report

    return json_report(run)


def _markdown(run: Comparison, _: Style) -> str:
    from govgo.report.diff.markdown import markdown_report

    return markdown_report(run)


FORMATS = {"text": _text, "json": _json, "markdown": _markdown}
