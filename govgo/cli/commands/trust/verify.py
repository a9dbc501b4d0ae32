# SPDX-License-Identifier: BSD-3-Clause
"""`govgo verify`: proof of every go.sum line, for CI."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from govgo.cli.findings import findings_markdown, findings_text, formats_for_ci, itself, names_in
from govgo.cli.options import argument, check_directory, command, exit_zero_option, module_options, option
from govgo.cli.outputs import Reports, fault_of, output_options
from govgo.cli.session import network_options, open_session, reference_fault
from govgo.core.findings import USUAL_CLAIMS, VERIFY_RULES, Claim, Verdict
from govgo.core.typehints import TYPE_CHECKING, Any
from govgo.errors import Failure, UsageError
from govgo.wiring.verify import VerifyOptions, run_verify

if TYPE_CHECKING:
    from govgo.core.findings import Verification
    from govgo.report.style import Style


@command(own=True, usage="[flags] [./... | directories | binaries]")
@option(
    *("-only", "only"),
    multiple=True,
    metavar="CLAIMS",
    help="Check these claims only, e.g. database,lint.",
    values=tuple(Claim),
)
@option(*("-skip", "skip"), multiple=True, metavar="CLAIMS", help="Check all claims but these.", values=tuple(Claim))
@option(
    "-since",
    "since",
    metavar="REF",
    help="Only go.sum lines added since a git reference.",
    fault_in=reference_fault,
)
@option("-offline", "offline", is_flag=True, help="Use kept proofs alone; report what they do not cover.")
@option("-bundle", "bundle", metavar="FILE", help="Also write the proofs to FILE.")
@option("-from-bundle", "from_bundle", metavar="FILE", help="Prove by the bundle FILE, without the database.")
@option("-against", "against", metavar="FILE", help="Compare the hashes in Go binaries with the go.sum FILE.")
@option("-tags", "git_tags", own=True, is_flag=True, help="Also compare with what the git tags name now.")
@output_options
@option("-strict", "strict", is_flag=True, help="Count lines that are right, but more than needed, as findings.")
@exit_zero_option
@module_options
@argument("where")
def verify(where: tuple[str, ...], **flags: Any) -> int:
    """Prove go.sum by the checksum database, and compare the module cache and vendor directories with it.

    Claims: lint (go.sum is well formed), complete (it has the lines that the build list needs), database (every line is
    proved), cache (zips and trees are unmodified), vendor (vendored files are those of the verified zips). With -tags
    also tags: the repository of each module still has, at the tag of its version, what was published.

    \b
    govgo verify                            the main module, or the workspace
    govgo verify ./...                      every module in and below the working directory
    govgo verify --since origin/main        only lines that a branch has added
    govgo verify -o sarif:out.sarif -o markdown:-
    govgo verify --only database --offline  with kept proofs alone
    govgo verify --only database,tags       has somebody moved a tag?
    govgo verify bin/tool --against go.sum  the modules that a Go binary was built from

    Formats: text, json, sarif, github, gitlab, junit, markdown. Files are named from the root of the git repository.

    Exit codes: 0 all verified, 1 findings, 3 something could not be checked, 4 a contradiction.
    """
    names = ("since", "offline", "bundle", "from_bundle", "strict", "against")
    options = VerifyOptions(**{name: flags[name] for name in names})
    with Reports(flags, FORMATS, lambda error: _failed_run(error, options)) as reports:
        claims = _claims(flags["only"], flags["skip"], git_tags=flags["git_tags"])
        session = open_session(flags, announce=False, fails_soon=True)
        if options.bundle:
            check_directory("-bundle ", session.absolute(options.bundle))
        try:
            network = network_options(flags, fails_soon=True)
            written = run_verify(session, where, claims, options, reports.tell, network)
        except Failure as error:
            if reports.result is None:
                raise
            reports.fail(error)  # what was found is reported, and counts
            written = None
    if written is not None:
        from govgo.report.findings.text import bundle_text

        file = session.absolute(flags["bundle"])
        session.report.note(bundle_text(file, written.records, written.size_bytes, len(written.left_out)))
    verdict = reports.result.verdict if reports.result is not None else Verdict.UNCHECKED
    return reports.exit_code(verdict, exit_zero=flags["exit_zero"])


def _failed_run(error: BaseException, options: VerifyOptions) -> Verification:
    """A run in which nothing could be checked."""
    from datetime import UTC, datetime

    from govgo.core.findings import Verification

    return Verification(
        claims=USUAL_CLAIMS,
        modules=(),
        findings=(fault_of(error),),
        database="",
        tree_size=0,
        private="",
        since=options.since,
        offline=options.offline,
        started=datetime.now(UTC),
        duration_s=0,
    )


def _claims(only: Sequence[str], skip: Sequence[str], *, git_tags: bool) -> tuple[Claim, ...]:
    kept, left_out = [*(_named(only) or USUAL_CLAIMS), *([Claim.TAGS] if git_tags else [])], _named(skip)
    claims = tuple(claim for claim in Claim if claim in kept and claim not in left_out)
    if not claims:
        raise UsageError("no claim is left to check")
    return claims


def _named(values: Sequence[str]) -> list[Claim]:
    found: list[Claim] = []
    for name in names_in(values):
        try:
            found.append(Claim(name))
        except ValueError:
            raise UsageError(f"unknown claim {name!r}: claims are {', '.join(Claim)}") from None
    return found


def _json(run: Verification, _: Style) -> str:
    from govgo.report.findings.json import json_report

    return json_report(run)


FORMATS: Mapping[str, Callable[[Verification, Style], str]] = {
    "text": findings_text,
    "json": _json,
    **formats_for_ci(itself, VERIFY_RULES),
    "markdown": findings_markdown,
}
