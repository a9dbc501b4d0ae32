# SPDX-License-Identifier: BSD-3-Clause
"""`govgo fleet report`: what the results in a directory come to, and questions about versions."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from govgo.cli.exitcodes import EXIT_DONE
from govgo.cli.options import argument, chdir_option, command, jobs_option, option, timeout_option
from govgo.cli.outputs import Reports, output_options
from govgo.cli.session import change_directory, environment, working_directory
from govgo.core.fleet.impact import Closures
from govgo.core.fleet.keys import DECIDING_VARIABLES
from govgo.core.fleet.summary import Summary
from govgo.core.module.paths import check_path
from govgo.core.typehints import TYPE_CHECKING, Any
from govgo.core.version import semver
from govgo.errors import InputError, UsageError
from govgo.report.fleet.html import summary_page
from govgo.report.fleet.json import summary_json
from govgo.report.fleet.markdown import summary_markdown
from govgo.report.fleet.text import summary_text
from govgo.report.style import PLAIN, Style

if TYPE_CHECKING:
    from govgo.adapters.fleet.results import Results


@command(own=True, usage="[flags] [OUT]")
@option("-below", "below", metavar="M@v", help="Tell who selects the module M below version v.")
@option("-impact", "impact", metavar="M@v", help="Tell what the upgrade of M to v would change there.")
@output_options
@chdir_option
@jobs_option
@timeout_option
@argument("words")
def report(words: tuple[str, ...], **flags: Any) -> int:
    """Put the results in a directory together: the most-used modules, versions that differ, advisories, licences.

    Each verb that was run with -out OUT has its part. Questions about versions need `govgo fleet list`.

    \b
    govgo fleet report                                      the results in ./fleet
    govgo fleet report audit -o html:audit.html
    govgo fleet report -below golang.org/x/net@v0.38.0      who selects it below
    govgo fleet report -impact golang.org/x/net@v0.38.0     what the upgrade would change, by minimal version selection

    Formats: text, json, markdown, html.

    Exit codes: 0 done, 2 no results there.
    """
    from govgo.adapters.fleet.results import Results

    with Reports(flags, FORMATS, failed_summary) as reports:
        change_directory(flags)
        if len(words) > 1:
            raise UsageError(f"one directory of results can be reported on, not {len(words)}")
        out = words[0] if words else "fleet"
        results = Results(os.path.normpath(os.path.join(working_directory(os.environ), out)), "")
        if not results.verbs():
            raise UsageError(f"{out}: no results of a fleet there")
        if flags["below"] and flags["impact"]:
            raise UsageError("-below and -impact cannot be used together; -impact tells both")
        module, version = _module_version(flags["below"] or flags["impact"])
        if module and "list" not in results.verbs():
            raise UsageError(f"{out}: questions about versions need `govgo fleet list` there")
        closures = _closures(module, version, flags) if flags["impact"] else None
        reports.tell(summarize(results, module, version, closures))
    return reports.exit_code(EXIT_DONE)


def summarize(results: Results, module: str = "", version: str = "", closures: Closures | None = None) -> Summary:
    """Put the results together, and write the tables and summaries beside them."""
    from govgo.wiring.fleet.reduce import reduce_results

    summary = reduce_results(results, module, version, closures)
    for form, name in (("json", "summary.json"), ("markdown", "summary.md"), ("html", "summary.html")):
        results.write(name, FORMATS[form](summary._replace(below=None, impact=None), PLAIN))
    return summary


def failed_summary(error: BaseException) -> Summary:
    """The summary of a run that has failed."""
    return Summary("", error=str(error))


def _module_version(text: str) -> tuple[str, str]:
    if not text:
        return "", ""
    module, _, version = text.partition("@")
    try:
        check_path(module)
    except InputError as error:
        raise UsageError(f"{text}: {error}") from None
    if not semver.is_valid(version):
        raise UsageError(f"{text}: want a module and a version, such as golang.org/x/net@v0.38.0")
    return module, version


def _closures(module: str, version: str, flags: Mapping[str, Any]) -> Closures:
    """What main modules select that require the upgrade alone: one with graph pruning, one without."""
    from govgo.cli.commands.fleet.verbs import VERBS, verb_values
    from govgo.cli.commands.fleet.worker import Job, closure_of

    env = environment()
    variables = {each: env.get(each) for each in DECIDING_VARIABLES if env.get(each)}
    job = Job("list", verb_values(VERBS["list"], flags), variables, "", datetime.now(UTC))
    return Closures(*(closure_of(job, module, version, go) for go in ("1.17", "1.16")))


FORMATS: Mapping[str, Callable[[Summary, Style], str]] = {
    "text": summary_text,
    "json": lambda summary, _: summary_json(summary),
    "markdown": lambda summary, _: summary_markdown(summary),
    "html": lambda summary, _: summary_page(summary),
}
