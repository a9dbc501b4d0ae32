# SPDX-License-Identifier: BSD-3-Clause
"""`govgo why`: of packages and modules as go explains them, and with --version of versions."""

from __future__ import annotations

from govgo.cli.call import show
from govgo.cli.options import argument, command, option, traceless_options
from govgo.cli.outputs import output_options
from govgo.cli.session import open_session
from govgo.core.typehints import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govgo.core.resolution.whyversion import WhyVersion
    from govgo.report.style import Style


@command(usage="[-m] [-vendor] packages...")
@option("-m", "modules", is_flag=True, help="The arguments are modules: find a chain to any of their packages.")
@option("-vendor", "vendor", is_flag=True, help="Leave the tests of dependencies out.")
@option("-version", "versions", own=True, is_flag=True, help="Explain why modules have their versions.")
@option("-all", "every_chain", own=True, is_flag=True, help="With --version: all chains of requirements, not one.")
@option(
    "-to", "to", own=True, metavar="VERSION", help="With --version: find what would lower it to VERSION, next or none."
)
@option("-offline", "offline", own=True, is_flag=True, help="With --version: make no request.")
@output_options
@traceless_options
@argument("targets")
def why(targets: tuple[str, ...], modules: bool, vendor: bool, versions: bool, **flags: Any) -> int:
    """Explain why packages or modules are needed: a shortest chain of imports from the main module.

    With --version, explain why modules have their versions: every requirement on them, the highest first, and which of
    them decides. With --to, also the smallest change of go.mod that brings a module to another version, or the proof
    that no older version of a direct requirement does that without raising another module. If neither is found, the
    text says what was tried, and the exit code is 3. Directories and ./... among the arguments name the main modules.

    \b
    govgo why golang.org/x/text/language
    govgo why -m golang.org/x/text rsc.io/sampler
    govgo why --version golang.org/x/net
    govgo why --version golang.org/x/net --to v0.23.0
    govgo why --version golang.org/x/net ./... --all --json

    Formats: text, json, markdown.
    """
    if versions:
        return _why_version(targets, modules=modules, vendor=vendor, **flags)
    from govgo.app.why import why as why_service
    from govgo.cli.exitcodes import EXIT_DONE
    from govgo.errors import UsageError
    from govgo.report.why import why_text

    own = {"every_chain": "all", "to": "to", "offline": "offline", "form": "format", "as_json": "json", "outputs": "o"}
    for dest, name in own.items():
        if flags[dest]:
            raise UsageError(f"-{name} needs --version")
    session = open_session(flags)
    reasons = why_service(session, targets, modules=modules, vendor=vendor)
    show(why_text(reasons, modules=modules, vendor=vendor))
    return EXIT_DONE


_MOST_CHAINS = 20
"""How many chains --all prints."""


def _why_version(targets: tuple[str, ...], *, modules: bool, vendor: bool, **flags: Any) -> int:
    from govgo.adapters.workspace.planned import PlannedWorkspace
    from govgo.app.whyversion import why_version
    from govgo.cli.outputs import Reports, fault_of
    from govgo.core.resolution.whyversion import WhyVersion
    from govgo.errors import UsageError

    where = [each for each in targets if each.startswith((".", "/"))]
    wanted = [each for each in targets if not each.startswith((".", "/"))]
    with Reports(
        flags, _FORMATS, lambda error: WhyVersion(tuple(wanted), flags["to"], (), (fault_of(error),))
    ) as reports:
        if modules or vendor:
            raise UsageError("why --version takes neither -m nor -vendor")
        for each in wanted:
            if each.startswith("-"):
                raise UsageError(f"{each}: no flag of why --version, or one that has to stand before the modules")
        session = open_session(flags, offline=flags["offline"])
        run = why_version(
            session,
            wanted,
            where,
            plan=PlannedWorkspace,
            to=flags["to"],
            most_chains=_MOST_CHAINS if flags["every_chain"] else 0,
        )
        reports.tell(run)
    reports.tell_faults(run.faults)
    return reports.exit_code(run.verdict)


def _text(run: WhyVersion, style: Style) -> str:
    from govgo.report.whyversion import text_report

    return text_report(run, style)


def _json(run: WhyVersion, _: Style) -> str:
    from govgo.report.whyversion import json_report

    return json_report(run)


def _markdown(run: WhyVersion, _: Style) -> str:
    from govgo.report.whyversion import markdown_report

    return markdown_report(run)


_FORMATS = {"text": _text, "json": _json, "markdown": _markdown}
