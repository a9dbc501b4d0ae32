# SPDX-License-Identifier: BSD-3-Clause
"""`govgo log …`: the whole of a checksum database, cloned, audited and watched."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from govgo.cli.call import reporter
from govgo.cli.findings import findings_markdown, formats_for_ci, itself
from govgo.cli.group import COMMANDS, TRUST, Entry, Group
from govgo.cli.options import (
    CommandLineError,
    FlagError,
    argument,
    command,
    option,
    remote_options,
)
from govgo.cli.outputs import Reports, fault_of, output_options
from govgo.cli.session import change_directory, environment, network_options
from govgo.core.findings import verdict_of
from govgo.core.log.result import RULES, LogRun
from govgo.core.typehints import Any
from govgo.report.log.log import log_json, log_text
from govgo.report.style import Style

_COMMANDS = {
    "sync": Entry("trust.log", "sync", TRUST, "Clone a checksum database, and prove all of it."),
    "audit": Entry("trust.log", "audit", TRUST, "Look in a clone for what an honest log would not hold."),
    "watch": Entry("trust.log", "watch", TRUST, "Tell new versions of some paths, with proof."),
    "events": Entry("trust.logevents", "events", TRUST, "List what a server has stored, by its event log."),
    "help": COMMANDS["help"],
}

log_group = Group(_COMMANDS, "Clone, audit and watch a whole checksum database; list the events of a server.")

_url_option = option("-url", "url", metavar="URL", help="Ask there (default: the URL of GOSUMDB, or the database).")
_rate_option = option("-rate", "rate", bounds=(1, 10_000), default=0, metavar="N", help="Requests a second at most.")
_workers_option = option(
    "-workers", "workers", bounds=(1, 256), default=0, metavar="N", help="Processes that compute (default: one a core)."
)


@command(own=True, usage="[flags] directory")
@_url_option
@_rate_option
@option("-range", "span", metavar="FROM:TO", help="Only records from number FROM on, before TO; either may be empty.")
@option(
    "-records-only", "records_only", is_flag=True, help="Leave out tiles of level 0, which follow from the records."
)
@_workers_option
@output_options
@remote_options
@argument("where")
def sync(where: tuple[str, ...], **flags: Any) -> int:
    """Clone the tiles and records of a checksum database into a directory, and prove every one.

    The newest tree head must continue the one that the directory has; otherwise the database has shown two histories,
    both notes are kept, and the exit code is 4. Every tile is proved up to the tree head, and every record by its tile.
    A wrong answer is fetched once more, then reported, and not kept. A sync that was interrupted, or limited to a
    range, continues where it stopped. The public log has 71 million records: 6 GB.

    \b
    govgo log sync /srv/sumlog -rate=50
    govgo log sync /srv/sumlog -range=0:1000000

    Formats: text, json, sarif, github, gitlab, junit, markdown.

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
@option(
    "-sample", "sample", bounds=(1, 1_000_000), default=0, metavar="N", help="Download and look up N random records."
)
@_workers_option
@output_options
@remote_options
@argument("where")
def audit(where: tuple[str, ...], **flags: Any) -> int:
    """Recompute a clone that `govgo log sync` made, and look for what an honest log would not hold.

    That is: two records for one version, records that are not two lines of go.sum about one module version, paths and
    versions that no module can have, malformed hashes; and a clone that is not what was signed, at every tree head that
    was kept. Nobody is asked, except for -sample: that many random module versions are downloaded by GOPROXY, hashed
    and looked up in the database, as if nobody had vouched for them.

    \b
    govgo log audit /srv/sumlog
    govgo log audit /srv/sumlog -sample=100

    Formats: text, json, sarif, github, gitlab, junit, markdown.

    Exit codes: 0 nothing found, 1 something is odd or the clone is damaged, 3 a sample could not be obtained, 4 two
    different records for one version, or a sample that contradicts its record.
    """
    return _run(
        "log audit",
        flags,
        where,
        lambda module, directory, means: module.audit_log(directory, means, flags["sample"]),
    )


@command(own=True, usage="[flags] directory pattern...")
@_url_option
@_rate_option
@option("-once", "once", is_flag=True, help="Look once, and tell by the exit code.")
@option("-interval", "interval", default="5m", metavar="DURATION", help="How long to wait between looks (default 5m).")
@option("-since", "since", metavar="N", help="Begin the first look with record N (default: the end of the log).")
@option("-json", "as_json", is_flag=True, help="Print a line of JSON for each event.")
@option("-hook", "hook", metavar="URL", help="Post each event to URL.")
@option("-vantage", "vantages", multiple=True, metavar="URL", help="Compare with what another proxy or mirror shows.")
@option("-witness", "witnesses", multiple=True, metavar="KEY", help="Want a cosignature by this key of a witness.")
@option("-quorum", "quorum", bounds=(1, 100), default=0, metavar="N", help="So many are enough (default: all).")
@remote_options
@argument("words")
def watch(words: tuple[str, ...], as_json: bool, **flags: Any) -> int:
    """Report each new version of module paths that match, with the proof that it is in the log.

    Patterns are those of GOPRIVATE, such as github.com/me/* or *.corp.example; what lies below a match, matches too.
    The directory keeps where the last look ended; it may be the one of `govgo log sync`. All records since then are
    fetched and proved, and the tree head must continue the last one. A look that fails is repeated, and may report
    versions twice; one that finds a fork keeps both notes, and ends the watch.

    With -json a version has the signed tree head and the hashes that lead from the record to it.

    \b
    govgo log watch ~/.cache/watch 'github.com/me/*' -hook=https://hooks.example/log
    govgo log watch ~/.cache/watch 'corp.example' -once || mail …      nothing of ours may be public

    Exit codes of -once: 0 nothing new, 1 new versions, or something wrong, 3 nothing could be proved, 4 a fork.
    """
    from govgo.cli.commands.trust.logwatch import run_watch

    return run_watch(words, as_json, flags)


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

        gc.enable()  # `cli.main` turns it off, for commands that hold little: here each request would leave 50 kB
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


FORMATS: Mapping[str, Callable[[LogRun, Style], str]] = {
    "text": log_text,
    "json": lambda run, _: log_json(run),
    **formats_for_ci(itself, RULES),
    "markdown": findings_markdown,
}
