# SPDX-License-Identifier: BSD-3-Clause
"""`govgo audit`: known vulnerabilities in the exact build list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from govgo.cli.findings import formats_for_ci, names_in
from govgo.cli.options import (
    FlagError,
    argument,
    command,
    diff_option,
    dry_run_option,
    exit_zero_option,
    horizon_options,
    module_options,
    option,
)
from govgo.cli.outputs import Reports, fault_of, output_options
from govgo.cli.session import environment, network_options, open_session
from govgo.core.advisory.auditresult import Audit
from govgo.core.findings import Run, Verdict, worst
from govgo.core.policy.rules import AUDIT_RULES
from govgo.core.typehints import Any
from govgo.errors import InputError
from govgo.report.style import Style
from govgo.wiring.audit import Fixing, run_audit


@command(own=True, usage="[flags] [./... | directories | binaries]")
@option("-db", "databases", multiple=True, metavar="SOURCE", help="Ask SOURCE: a URL, file, directory or module.")
@option("-max-db-age", "max_age", metavar="DURATION", help="Fail if a database is older: 14d, 2w, 36h.")
@option("-vex", "vex", multiple=True, metavar="FILE", help="Leave out what an OpenVEX document says is harmless.")
@option("-packages", "packages", is_flag=True, help="Leave out what no import leads to; needs the sources.")
@option("-plan", "plan", bare="all", help="Tell the smallest fix; -plan=ID,… that of some alone, -plan=none no fix.")
@option("-fix", "fix", bare="all", help="Do what -plan tells, and audit again; -fix=ID,… clears some alone.")
@dry_run_option
@diff_option
@option("-max-go", "max_go", metavar="VERSION", help="Let no bump raise the go line above VERSION.")
@horizon_options
@option("-offline", "offline", is_flag=True, help="Make no request: use what was kept of earlier runs.")
@output_options
@exit_zero_option
@module_options
@argument("where")
def audit(where: tuple[str, ...], **flags: Any) -> int:
    """Match every module of the build list with the advisories about it, and the standard library with the Go release.

    An advisory is matched with the selected version; with that of the replacement where a module is replaced. Calls are
    not analysed: a vulnerability counts even if the build never reaches it. The Go release is that of GOVGO_GO_VERSION,
    else the newest that go.mod names. For a Go binary, the modules in it and the release that built it count.

    A finding that somebody has looked into may be put aside in govgo.toml, next to go.mod, with a reason and a last
    day: [audit] ignore = [{ id = "GO-2026-0001", reason = "…", expires = 2027-01-31 }].

    Without -db, GOVGO_VULNDB names the databases, separated by commas; else the Go vulnerability database is asked.

    \b
    govgo audit                                     the main module, or the workspace
    govgo audit ./... -o sarif:audit.sarif          every module below, also for code scanning
    govgo audit --db golang.org/x/vulndb@latest     advisories by GOPROXY, proved by the checksum database
    govgo audit --db vulndb.zip --offline           from a file, without any network
    govgo audit --packages                          only packages that the build imports
    govgo audit bin/app                             what a Go binary was built from
    govgo audit --vex vendor.vex.json -o openvex:app.vex.json
    govgo audit --plan                              the fewest, lowest bumps that clear what is found, however many
    govgo audit --fix=GO-2024-2687,CVE-2023-45288   do that for some, as `govgo get` does it
    govgo audit --fix -n --diff                     only show what it would change

    A plan raises requirements of go.mod, and fetches version lists and go.mod files. It takes no version that is
    excluded, retracted or younger than -min-age, or that drags such a version along. What it cannot clear is shown
    with the reason. -fix writes go.mod and go.sum, audits again, and reports what is left. Without these flags a plan
    is made if at most ten modules are vulnerable; if it cannot be made, that is reported, and fails nothing.

    Formats: text, json, sarif, github, gitlab, junit, markdown, openvex.

    Exit codes: 0 nothing known, 1 vulnerable, 2 usage, 3 something could not be checked, 4 a contradiction.
    """
    max_age, fixing = _max_age(flags["max_age"]), _fixing(flags)
    started = datetime.now(UTC)

    def failed(error: BaseException) -> Audit:
        return Audit((), (), (fault_of(error),), started)

    with Reports(flags, _formats(diffs=flags["diff"]), failed) as reports:
        session = open_session(flags, announce=False, offline=flags["offline"], fails_soon=True)
        run = run_audit(
            session,
            where,
            flags["databases"] or environment().advisory_databases(),
            network=network_options(flags, fails_soon=True),
            offline=flags["offline"],
            max_age=max_age,
            packages=flags["packages"],
            vex=flags["vex"],
            fixing=fixing,
        )
        reports.tell(run)
    reports.tell_faults(run.faults)
    return reports.exit_code(_verdict(run, exit_zero=flags["exit_zero"]))


def _verdict(run: Audit, *, exit_zero: bool) -> Verdict:
    verdict = worst(run.faults)
    is_vulnerable = any(True for _ in run.exposures())
    return max(verdict, Verdict.FINDING) if is_vulnerable and not exit_zero else verdict


def _fixing(flags: Mapping[str, Any]) -> Fixing | None:
    """What the flags of the plan say; None where nothing is to be planned."""
    if flags["plan"] == "none" and flags["fix"]:
        raise FlagError("-plan=none and -fix do not go together")
    if flags["plan"] in ("", "none") and not flags["fix"]:
        for name in ("max_go", "min_age", "as_of", "index", "dry_run", "diff"):
            if flags[name]:
                shown = {"dry_run": "n"}.get(name, name.replace("_", "-"))
                raise FlagError(f"-{shown} needs {'-fix' if name in ('dry_run', 'diff') else '-plan or -fix'}")
        if flags["plan"] or flags["offline"]:  # version lists are kept nowhere
            return None
        from govgo.app.audit.plan import FixOptions

        return Fixing(FixOptions(is_asked=False))
    if (flags["dry_run"] or flags["diff"]) and not flags["fix"]:
        raise FlagError("-n and -diff need -fix; -plan changes nothing")
    from govgo.app.audit.plan import FixOptions
    from govgo.core.version import goversion

    max_go = flags["max_go"].removeprefix("go")
    if max_go and not goversion.is_valid(max_go):
        raise FlagError(f'invalid value "{flags["max_go"]}" for flag -max-go: want a Go version such as 1.23')
    given = flags["fix"] or flags["plan"]
    ids = () if given in ("all", "true") else tuple(name for name in names_in([given]) if name)
    return Fixing(FixOptions(ids, max_go), is_done=bool(flags["fix"]), dry_run=flags["dry_run"])


def _max_age(text: str) -> timedelta | None:
    """The age of -max-db-age; None for none."""
    if not text:
        return None
    from govgo.core.policy.durations import parse_age

    try:
        return parse_age(text)
    except InputError as error:
        raise FlagError(f"invalid value for flag -max-db-age: {error}") from None


def _text(run: Audit, style: Style, *, diffs: bool) -> str:
    from govgo.report.audit.text import audit_text

    return audit_text(run, style, diffs=diffs)


def _json(run: Audit, _: Style) -> str:
    from govgo.report.audit.json import audit_json

    return audit_json(run)


def _markdown(run: Audit, _: Style, *, diffs: bool) -> str:
    from govgo.report.audit.markdown import audit_markdown

    return audit_markdown(run, diffs=diffs)


def _openvex(run: Audit, _: Style) -> str | None:
    from govgo.report.audit.openvex import audit_openvex

    return audit_openvex(run)


def _findings(run: Audit) -> Run:
    from govgo.report.audit.findings import audit_findings

    return audit_findings(run)


def _formats(*, diffs: bool) -> Mapping[str, Callable[[Audit, Style], str | None]]:
    """The formats of an audit; text and Markdown show unified diffs of a dry run if `diffs`."""
    return {
        "text": partial(_text, diffs=diffs),
        "json": _json,
        **formats_for_ci(_findings, AUDIT_RULES),
        "markdown": partial(_markdown, diffs=diffs),
        "openvex": _openvex,
    }


FORMATS = _formats(diffs=False)
