# SPDX-License-Identifier: BSD-3-Clause
"""`govgo log …`: the whole of a checksum database, cloned, audited and watched."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from govgo.cli.call import reporter
from govgo.cli.findings import findings_markdown, formats_for_ci, itself
from govgo.cli.group import COMMANDS, TRUST, Entry, Group
from govgo.cli.options import (
    CommandLineError,
    FlagError,
    argument,
    chdir_option,
    command,
    flag_options,
    jobs_option,
    option,
    timeout_option,
    trace_option,
)
from govgo.cli.outputs import Reports, fault_of, output_options
from govgo.cli.session import change_directory, environment, network_options
from govgo.core.findings import Run, verdict_of
from govgo.core.log.result import LogRun
from govgo.report.style import Style

_COMMANDS = {
    "sync": Entry("trust.log", "sync", TRUST, "Clone a checksum database, and prove all of it."),
    "audit": Entry("trust.log", "audit", TRUST, "Look in a clone for what an honest log would not hold."),
    "help": COMMANDS["help"],
}

log_group = Group(_COMMANDS, "Clone, audit and watch a whole checksum database: the one that GOSUMDB names.")

_url_option = option("-url", "url", metavar="URL", help="Ask there (default: the URL of GOSUMDB, or the database).")
_rate_option = option("-rate", "rate", bounds=(1, 10_000), default=0, metavar="N", help="Requests a second at most.")
_workers_option = option(
    "-workers", "workers", bounds=(1, 256), default=0, metavar="N", help="Processes that compute (default: one a core)."
)
_network_options = flag_options(chdir_option, trace_option, jobs_option, timeout_option)


@command(own=True, usage="[flags] directory")
@_url_option
@_rate_option
@option("-range", "span", metavar="FROM:TO", help="Only records from number FROM on, before TO; either may be empty.")
@option(
    "-records-only", "records_only", is_flag=True, help="Leave out tiles of level 0, which follow from the records."
)
@_workers_option
@output_options
@_network_options
@argument("where")
def sync(where: tuple[str, ...], **flags: Any) -> int:
    """Clone the tiles and records of a checksum database into a directory, and prove every one.

    The newest tree head must continue the one that the directory has: else the database has shown two histories, both
    notes are kept, and the exit code is 4. Every tile is proved up to the tree head, and every record by its tile;
    what is served wrong is fetched once more, then told, and not kept. What is there is not fetched again, so a sync
    that was interrupted, or limited to a range, goes on where it was. The public log has 71 million records: 6 GB.

    \b
    govgo log sync /srv/sumlog -rate=50
    govgo log sync /srv/sumlog -range=0:1000000

    Formats: text, json, sarif, github, junit, markdown.

    Exit codes: 0 all is proved, 1 something is wrong, 3 something could not be fetched, 4 a fork or a bad signature.
    """
    from govgo.app.log.sync import Plan

    start, end = _span(flags["span"])
    return _run(
        "log sync",
        flags,
        where,
        lambda module, directory, means: module.sync_log(
            directory, means, Plan(start, end, hash_tiles=not flags["records_only"])
        ),
    )


@command(own=True, usage="[flags] directory")
@_workers_option
@output_options
@_network_options
@argument("where")
def audit(where: tuple[str, ...], **flags: Any) -> int:
    """Recompute a clone that `govgo log sync` made, and look for what an honest log would not hold.

    That is: two records for one version, records that are not two lines of go.sum about one module version, paths and
    versions that no module can have, malformed hashes; and a clone that is not what was signed, at every tree head that
    was kept. Nobody is asked.

    \b
    govgo log audit /srv/sumlog

    Formats: text, json, sarif, github, junit, markdown.

    Exit codes: 0 nothing found, 1 something is odd or the clone is damaged, 4 two different records for one version.
    """
    return _run("log audit", flags, where, lambda module, directory, means: module.audit_log(directory, means))


def _run(verb: str, flags: dict[str, Any], where: tuple[str, ...], work: Callable[[Any, str, Any], LogRun]) -> int:
    """Run a service, and report."""
    started = datetime.now(UTC)

    def failed(error: BaseException) -> LogRun:
        found = (fault_of(error),)
        return LogRun(verb, "", "could not be finished", "", 0, b"", (), found, started)

    with Reports(flags, FORMATS, failed) as reports:
        if len(where) != 1:
            raise CommandLineError(f"{verb.rpartition(' ')[2]} takes one directory")
        change_directory(flags)
        from govgo.wiring import log as wiring

        report = reporter()
        report.start_progress(verb, os.environ)
        workers = flags["workers"] or os.cpu_count() or 1
        means = wiring.Means(
            environment(),
            report,
            network_options(flags),
            flags.get("url", ""),
            flags.get("rate", 0),
            workers,
        )
        run = work(wiring, where[0], means)
        reports.tell(run)
    return reports.exit_code(verdict_of(run))


def _span(text: str) -> tuple[int, int | None]:
    """The two numbers of -range."""
    start, colon, end = text.partition(":")
    numbers = [each for each in (start, end) if each]
    if (text and not colon) or not all(each.isascii() and each.isdecimal() and len(each) < 19 for each in numbers):
        raise FlagError(f'invalid value "{text}" for flag -range: want FROM:TO')
    first, last = int(start or 0), int(end) if end else None
    if last is not None and last <= first:
        raise FlagError(f'invalid value "{text}" for flag -range: it is empty')
    return first, last


def _text(run: LogRun, style: Style) -> str:
    from govgo.report.log import log_text

    return log_text(run, style)


def _json(run: LogRun, _: Style) -> str:
    from govgo.report.log import log_json

    return log_json(run)


def _rules() -> Mapping[str, str]:
    from govgo.core.log.result import RULES

    return RULES


def _itself(run: LogRun) -> Run:
    return itself(run)


FORMATS: Mapping[str, Callable[[LogRun, Style], str]] = {
    "text": _text,
    "json": _json,
    **formats_for_ci(_itself, _rules),
    "markdown": findings_markdown,
}
