# SPDX-License-Identifier: BSD-3-Clause
"""`govgo check`: one gate for the build list, by the rules of govgo.toml."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from govgo.cli.findings import formats_for_ci, itself
from govgo.cli.options import argument, command, exit_zero_option, module_options, option
from govgo.cli.outputs import Reports, fault_of, output_options
from govgo.cli.session import network_options, open_session, reference_fault
from govgo.core.findings import verdict_of
from govgo.core.policy.checked import Checked
from govgo.core.policy.rules import NOTES, RULES
from govgo.core.typehints import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govgo.report.style import Style


@command(own=True, usage="[flags] [./... | directories]")
@option(
    "-since",
    "since",
    metavar="REF",
    help="Tell only what has come since a git reference.",
    fault_in=reference_fault,
)
@option("-policy", "policy", metavar="FILE", help="Judge every module by FILE, and by no govgo.toml beside it.")
@option("-db", "databases", multiple=True, metavar="SOURCE", help="Ask SOURCE for advisories, as in govgo audit.")
@option("-index", "index", metavar="FILE", help="Take dates from FILE, a feed as of index.golang.org.")
@option("-offline", "offline", is_flag=True, help="Make no request: use what is here, and report what is missing.")
@output_options
@exit_zero_option
@module_options
@argument("where")
def check(where: tuple[str, ...], **flags: Any) -> int:
    """Judge the build list by the rules in the table [check] of govgo.toml, each of which is off unless it is stated.

    The file is the nearest at or above go.mod or go.work, within the repository. Where there is none, or it has no such
    table, nothing is checked, and that is exit code 2.

    \b
      required-version = ">=0.1"              the version of govgo
      [check]
      verify = true                           go.sum, module cache and vendor, as govgo verify; or a list of claims
      tidy = true                             go.mod and go.sum, as govgo tidy writes them
      modules.allow = ["github.com/acme"]     patterns as in GOPRIVATE
      modules.deny = [{ module = "q.io/x", versions = "<v1.2.3", reason = "…" }]
      replacements = "no-local"               or "none", or a list: ["q.io/x => q.io/fork"]
      no-pseudo-versions = "direct"           or true, for the whole build list; also no-incompatible,
      no-retracted = true                     no-deprecated
      min-age = "14d"                         but for min-age-except = ["github.com/acme"]
      licenses = { allow = ["MIT", "Apache-2.0"], packages = true }     or deny; SPDX identifiers
      advisories = true                       as govgo audit, or { packages = true, max-db-age = "14d" }
      majors = { newest = true, allow = { "q.io/x" = ["v2"] } }
      go = { min = "1.24", max = "1.26" }
      max-modules = 200
      warn = ["deprecated"]                   reported, and fails nothing
      waivers = [{ rule = "too-young", module = "q.io/x", reason = "…", expires = 2027-01-31 }]

    \b
    govgo check
    govgo check ./... -o sarif:check.sarif -o markdown:summary.md
    govgo check --since origin/main...        only what a branch has introduced since it left main
    govgo check --policy /etc/govgo.toml      rules that no change of the repository can rewrite

    A finding stands at the line of the requirement that brought the module in. Waivers that have expired or match
    nothing get a note. Contradictions, and what could not be checked, cannot be waived.

    Formats: text, json, sarif, github, gitlab, junit, markdown.

    Exit codes: 0 every rule holds, 1 findings, 2 no rules, or some that make no sense, 3 something could not be
    checked, 4 a contradiction.
    """

    def failed(error: BaseException) -> Checked:
        return _failed_run(error, since=flags["since"], offline=flags["offline"])

    with Reports(flags, FORMATS, failed) as reports:
        session = open_session(flags, announce=False, offline=flags["offline"], fails_soon=True)
        from govgo.wiring.check import CheckOptions, run_check

        options = CheckOptions(flags["policy"], flags["since"], flags["databases"], flags["offline"])
        run = run_check(session, where, options, network_options(flags, fails_soon=True))
        reports.tell(run)
    return reports.exit_code(verdict_of(run), exit_zero=flags["exit_zero"])


def _failed_run(error: BaseException, *, since: str, offline: bool) -> Checked:
    """A run in which nothing could be checked."""
    from datetime import UTC, datetime

    return Checked((), (), (fault_of(error),), datetime.now(UTC), 0, since=since, offline=offline)


def _text(run: Checked, style: Style) -> str:
    from govgo.report.check.text import check_text

    return check_text(run, style)


def _json(run: Checked, _: Style) -> str:
    from govgo.report.check.json import check_json

    return check_json(run)


def _markdown(run: Checked, _: Style) -> str:
    from govgo.report.check.markdown import check_markdown

    return check_markdown(run)


FORMATS: Mapping[str, Callable[[Checked, Style], str]] = {
    "text": _text,
    "json": _json,
    **formats_for_ci(itself, {**RULES, **NOTES}),
    "markdown": _markdown,
}
