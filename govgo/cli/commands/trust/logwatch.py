# SPDX-License-Identifier: BSD-3-Clause
"""What `govgo log watch` does between its command line and the watch: lines, hooks, pauses, the exit code."""

from __future__ import annotations

import time
from collections.abc import Mapping

from govgo.cli.call import reporter, show
from govgo.cli.exitcodes import EXIT_DONE, EXIT_NO, EXIT_SECURITY, exit_code
from govgo.cli.options import CommandLineError, FlagError
from govgo.cli.session import change_directory, environment, network_options
from govgo.core.findings import Verdict, worst
from govgo.core.sumdb.cosignature import parse_witness
from govgo.core.typehints import Any
from govgo.errors import Failure, InputError, NoteError
from govgo.report.log.log import finding_line, round_line, round_text, version_line, version_text


def run_watch(words: tuple[str, ...], as_json: bool, flags: Mapping[str, Any]) -> int:
    """Watch until something is wrong, the command is interrupted, or, with -once, one look is over."""
    import gc

    from govgo.wiring.log import Means, Watching, open_watch, post_line

    if len(words) < 2:
        raise CommandLineError("watch takes a directory, and patterns of module paths")
    change_directory(flags)
    pause_s = _seconds(flags["interval"])
    witnesses = tuple(map(_witness, flags["witnesses"]))
    means = Means(environment(), reporter(), network_options(flags), flags["url"], flags["rate"])
    watching = Watching(
        patterns=",".join(words[1:]),
        since=_number(flags["since"]),
        vantages=flags["vantages"],
        witnesses=witnesses,
        quorum=flags["quorum"] or len(witnesses),
        hook=flags["hook"],
    )
    gc.enable()  # `cli.main` turns it off, for commands that end

    def tell(line: str, text: str) -> None:
        if as_json:
            show(line)
        elif text:
            show(text)
        if watching.hook:
            post_line(means, watching.hook, line)

    with open_watch(words[0], means, watching) as look:
        while True:
            try:
                code = _look(look, tell, as_json=as_json)
            except Failure as error:
                if flags["once"]:
                    raise
                reporter().note(str(error))
                code = exit_code(error)
            if flags["once"] or code == EXIT_SECURITY:
                return code
            time.sleep(pause_s)


def _look(look: Any, tell: Any, *, as_json: bool) -> int:
    """One look; the exit code that it would end with."""
    found = look(lambda version: tell(version_line(version), version_text(version)))
    for finding in found.findings:
        tell(finding_line(finding), "")
        if not as_json:
            reporter().note(finding.text)
    if as_json:
        show(round_line(found))
    else:
        reporter().note(round_text(found))
    verdict = worst(found.findings)
    return int(verdict) if verdict is not Verdict.PASSED else EXIT_NO if found.versions else EXIT_DONE


def _seconds(text: str) -> float:
    from govgo.core.golib.time import parse_duration

    try:
        seconds = parse_duration(text)
    except InputError:
        seconds = 0.0
    if not 0 < seconds < 1e8:
        raise FlagError(f'invalid value "{text}" for flag -interval: want a duration such as 30s or 5m')
    return seconds


def _number(text: str) -> int | None:
    if text and not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise FlagError(f'invalid value "{text}" for flag -since: want the number of a record')
    return int(text) if text else None


def _witness(text: str) -> Any:
    try:
        return parse_witness(text)
    except NoteError as error:
        raise FlagError(f'invalid value "{text}" for flag -witness: {error}') from None
