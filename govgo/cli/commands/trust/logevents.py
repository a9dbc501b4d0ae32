# SPDX-License-Identifier: BSD-3-Clause
"""`govgo log events`: the event log of a server, looked at from outside."""

from __future__ import annotations

from govgo.cli.call import reporter, show
from govgo.cli.options import CommandLineError, FlagError, argument, command, option, remote_options
from govgo.cli.session import change_directory, environment, network_options
from govgo.core.sumdb.note import parse_verifier
from govgo.core.typehints import Any
from govgo.errors import InputError, NoteError


@command(own=True, usage="[flags] url")
@option("-key", "key", metavar="KEY", help="The verifier key of the log, which the server shows at /events/key.")
@option("-since", "since", metavar="N", help="Begin with event N, or with the first one at a time (default 0).")
@option("-limit", "limit", bounds=(1, 10**9), default=0, metavar="N", help="List N events at most.")
@option("-state", "state", metavar="DIR", help="Keep the newest tree head in DIR, and compare with the one kept there.")
@option("-json", "as_json", is_flag=True, help="Print a line of JSON for each event.")
@remote_options
@argument("words")
def events(words: tuple[str, ...], as_json: bool, **flags: Any) -> int:
    """List the events of a server that runs `govgo serve -events`, each proved to be in its log.

    The signed tree head must have the signature of -key, and with -state continue the one that was seen before: else
    the log has two histories, both notes are kept, and the exit code is 4. The key comes from somebody who is trusted;
    whoever takes it from the server itself believes the server, for this once.

    \b
    govgo log events https://proxy.corp.example -key proxy.corp.example+1f2e3d4c+AX…
    govgo log events https://proxy.corp.example -key … -since 2026-01-01T00:00:00Z -json
    govgo log events https://proxy.corp.example -key … -state ~/.cache/proxy -limit 1    only the history

    Exit codes: 0 all that is listed is proved, 3 the server cannot be asked, or serves what was not signed, 4 a fork or
    a bad signature.
    """
    from govgo.report.log.events import event_line, event_text, head_line, head_text
    from govgo.wiring.events import Wanted, list_events

    if len(words) != 1:
        raise CommandLineError("events takes one URL")
    change_directory(flags)
    try:
        verifier = parse_verifier(flags["key"])
    except NoteError as error:
        raise FlagError(f'invalid value "{flags["key"]}" for flag -key: {error}') from None
    wanted = Wanted(words[0], verifier, *_since(flags["since"]), flags["limit"], flags["state"])
    head = list_events(
        environment(),
        reporter(),
        network_options(flags),
        wanted,
        lambda number, event: show((event_line if as_json else event_text)(number, event)),
    )
    if as_json:
        show(head_line(verifier.name, head))
    else:
        reporter().note(head_text(verifier.name, head))
    return 0


def _since(text: str) -> tuple[int, int]:
    """(number of an event, microseconds since the epoch) of -since; one of them is 0."""
    from govgo.core.events.event import time_us_of
    from govgo.core.golib.time import parse_rfc3339

    if text.isascii() and text.isdecimal() and len(text) < 19:
        return int(text), 0
    try:
        return 0, max(0, time_us_of(parse_rfc3339(text))) if text else 0
    except (InputError, OverflowError):
        raise FlagError(f'invalid value "{text}" for flag -since: want a number or a time') from None
