# SPDX-License-Identifier: BSD-3-Clause
"""`govgo audit`: known vulnerabilities in the exact build list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from govgo.cli.findings import formats_for_ci
from govgo.cli.options import FlagError, argument, command, module_options, option
from govgo.cli.outputs import Reports, fault_of, output_options
from govgo.cli.session import environment, network_options, open_session
from govgo.core.advisory.audit import Audit
from govgo.core.findings import Run, Verdict, worst
from govgo.core.goenv import DEFAULT_VULNDB
from govgo.core.policy.rules import AUDIT_RULES
from govgo.errors import InputError
from govgo.report.style import Style
from govgo.wiring.audit import run_audit


@command(own=True, usage="[flags] [./... | directories]")
@option("-db", "databases", multiple=True, metavar="SOURCE", help="Ask SOURCE: a URL, file, directory or module.")
@option("-max-db-age", "max_age", metavar="DURATION", help="Fail if a database is older: 14d, 36h.")
@option("-packages", "packages", is_flag=True, help="Leave out what no import leads to; needs the sources.")
@option("-offline", "offline", is_flag=True, help="Ask nobody: use what was kept of earlier runs.")
@output_options
@option("-exit-zero", "exit_zero", is_flag=True, help="Succeed despite vulnerabilities, but not despite errors.")
@module_options
@argument("where")
def audit(where: tuple[str, ...], **flags: Any) -> int:
    """Match every module of the build list with the advisories about it, and the standard library with the Go release.

    An advisory is matched with the selected version; with that of the replacement where a module is replaced. Calls are
    not analysed: a vulnerability counts even if the build never reaches it. The Go release is that of GOVGO_GO_VERSION,
    else the newest that go.mod names.

    What somebody has looked into may be put aside in govgo.toml, beside go.mod, with a reason and a last day:
    [audit] ignore = [{ id = "GO-2026-0001", reason = "…", expires = 2027-01-31 }].

    Without -db, GOVGO_VULNDB names the databases, separated by commas; else the Go vulnerability database is asked.

    \b
    govgo audit                                     the main module, or the workspace
    govgo audit ./... -o sarif:audit.sarif          every module below, also for code scanning
    govgo audit --db golang.org/x/vulndb@latest     advisories by GOPROXY, proved by the checksum database
    govgo audit --db vulndb.zip --offline           from a file, without any network
    govgo audit --packages                          only packages that the build imports

    Formats: text, json, sarif, github, gitlab, junit, markdown.

    Exit codes: 0 nothing known, 1 vulnerable, 3 something could not be checked, 4 a contradiction.
    """
    max_age = _duration(flags["max_age"]) if flags["max_age"] else None
    started = datetime.now(UTC)

    def failed(error: BaseException) -> Audit:
        return Audit((), (), (fault_of(error),), started)

    with Reports(flags, FORMATS, failed) as reports:
        session = open_session(flags, announce=False, offline=flags["offline"])
        stated = [name for name in environment().get("GOVGO_VULNDB").split(",") if name]
        run = run_audit(
            session,
            where,
            flags["databases"] or stated or [DEFAULT_VULNDB],
            network=network_options(flags),
            offline=flags["offline"],
            max_age=max_age,
            packages=flags["packages"],
        )
        reports.tell(run)
    reports.tell_faults(run.faults)
    verdict = worst(run.faults)
    if any(True for _ in run.exposures()) and not flags["exit_zero"]:
        verdict = max(verdict, Verdict.FINDING)
    return reports.exit_code(verdict)


def _duration(text: str) -> timedelta:
    """A duration in go's form, or in days: "14d"."""
    from govgo.core.golib.time import parse_duration

    try:
        if text.endswith("d") and text[:-1].isdecimal():
            return timedelta(days=int(text[:-1]))
        return timedelta(seconds=parse_duration(text))
    except (InputError, OverflowError):
        raise FlagError(f'invalid value "{text}" for flag -max-db-age: want a duration such as 14d or 36h') from None


def _text(run: Audit, style: Style) -> str:
    from govgo.report.audit.text import audit_text

    return audit_text(run, style)


def _json(run: Audit, _: Style) -> str:
    from govgo.report.audit.json import audit_json

    return audit_json(run)


def _markdown(run: Audit, _: Style) -> str:
    from govgo.report.audit.markdown import audit_markdown

    return audit_markdown(run)


def _findings(run: Audit) -> Run:
    from govgo.report.audit.findings import audit_findings

    return audit_findings(run)


def _rules() -> Mapping[str, str]:
    return AUDIT_RULES


FORMATS: Mapping[str, Callable[[Audit, Style], str]] = {
    "text": _text,
    "json": _json,
    **formats_for_ci(_findings, _rules),
    "markdown": _markdown,
}
