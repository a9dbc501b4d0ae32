# SPDX-License-Identifier: BSD-3-Clause
"""`govgo proxies`: the same modules at several proxies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from govgo.cli.findings import findings_markdown, findings_text, formats_for_ci, itself, names_in
from govgo.cli.options import argument, command, exit_zero_option, module_options, option
from govgo.cli.outputs import Reports, fault_of, output_options
from govgo.cli.session import network_options, open_session
from govgo.core.findings import verdict_of
from govgo.core.goproxy.answers import RULES, ProxyComparison, Question
from govgo.core.typehints import TYPE_CHECKING, Any
from govgo.errors import UsageError

if TYPE_CHECKING:
    from govgo.report.style import Style


@command(own=True, usage="[flags] [module[@version] ...]")
@option("-proxy", "proxies", multiple=True, metavar="URL", help="Ask the proxy at URL, in place of those of GOPROXY.")
@option("-skip", "skip", multiple=True, metavar="WHAT", help="Ask all but these: list, latest, info, mod, zip …")
@output_options
@exit_zero_option
@module_options
@argument("names")
def proxies(names: tuple[str, ...], **flags: Any) -> int:
    """Ask several proxies for the same modules, compare the answers byte for byte, and judge them by the protocol.

    Without a module the build list counts; without @version the newest version that a proxy lists. The questions are
    list, latest, info, mod, zip, absent (a version that does not exist: the answer has to be 404 or 410), and lookup
    (the record of the checksum database, if the proxy serves it). Zips are checked by every rule of module zips. All
    hashes are compared with what the checksum database has recorded, and the history of the database that a proxy
    serves with the one that is known here.

    \b
    govgo proxies rsc.io/quote@v1.5.2 --proxy https://proxy.corp.example --proxy https://goproxy.example
    govgo proxies rsc.io/quote                  the newest version, at each proxy of GOPROXY
    govgo proxies --skip zip -o junit:out.xml   the build list, without its zips

    GOPROXY's proxies are not asked about private modules (GONOPROXY, GOPRIVATE); those of -proxy are.

    Formats: text, json, sarif, github, gitlab, junit, markdown.

    Exit codes: 0 all agree, 1 findings, 3 something could not be asked, 4 a contradiction of the checksum database.
    """
    with Reports(flags, FORMATS, _failed_run) as reports:
        skip = list(_questions(flags["skip"]))
        session = open_session(flags, announce=False, fails_soon=True)
        from govgo.wiring.proxies import run_proxies

        run = run_proxies(session, names, flags["proxies"], skip, network_options(flags, fails_soon=True))
        reports.tell(run)
    return reports.exit_code(verdict_of(run), exit_zero=flags["exit_zero"])


def _questions(values: Sequence[str]) -> Iterator[Question]:
    for name in names_in(values):
        try:
            yield Question(name)
        except ValueError:
            raise UsageError(f"unknown question {name!r}: questions are {', '.join(Question)}") from None


def _failed_run(error: BaseException) -> ProxyComparison:
    """A run in which nobody could be asked."""
    from datetime import UTC, datetime

    return ProxyComparison((), (), {}, (), (fault_of(error),), datetime.now(UTC), 0)


def _json(run: ProxyComparison, _: Style) -> str:
    from govgo.report.proxies import proxies_json

    return proxies_json(run)


FORMATS: Mapping[str, Callable[[ProxyComparison, Style], str]] = {
    "text": findings_text,
    "json": _json,
    **formats_for_ci(itself, RULES),
    "markdown": findings_markdown,
}
