# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `log events`: the event log of a server over the network, its heads kept in a directory."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from govgo.adapters.disk.diskerror import absolute
from govgo.adapters.disk.temporary import new_directory
from govgo.adapters.http.remote import Web
from govgo.adapters.loop.network import Network, NetworkOptions
from govgo.adapters.storage.plain import PlainStorage
from govgo.adapters.sumdb.remotelog import RemoteLog
from govgo.core.events.event import Event, parse_event
from govgo.core.goenv import GoEnv
from govgo.core.records import NamedTuple
from govgo.core.sumdb.heads import Head
from govgo.core.sumdb.note import Verifier
from govgo.core.sumdb.tileauth import WIDTH
from govgo.ports.reporter import Reporter


class Wanted(NamedTuple):
    """What is listed.

    Attributes:
        url: of the server.
        verifier: the log's key.
        number: of the first event.
        time_us: the first event is at this time or later, in microseconds since the epoch; 0 where `number` counts.
        limit: so many events at most, 0 for all.
        state: the directory of the newest head, "" to keep none.
    """

    url: str
    verifier: Verifier
    number: int = 0
    time_us: int = 0
    limit: int = 0
    state: str = ""


def list_events(
    env: GoEnv, report: Reporter, options: NetworkOptions, wanted: Wanted, tell: Callable[[int, Event], object]
) -> Head:
    """Tell the events of a log, proved; its newest head.

    Raises:
        UsageError: not a URL.
        ForkError, BadSignatureError: the log misbehaves.
        IntegrityError, InputError: what is served is not what was signed, or no event.
        NotFoundError, UnavailableError: the server cannot be asked.
        StorageError: the head cannot be kept.
    """
    with ExitStack() as held:
        state = wanted.state or held.enter_context(new_directory("govgo-events-"))
        network = Network(env, report, options, local=False)
        held.callback(network.close)
        network.loop()
        remote = Web(network.client).open(f"{wanted.url.rstrip('/')}/events")
        verifier = wanted.verifier._replace(origin=wanted.verifier.name)
        log = RemoteLog(verifier, remote, PlainStorage(absolute(state)), report.note, where=wanted.state)
        return network.run(_list(log, wanted, tell))


async def _list(log: RemoteLog, wanted: Wanted, tell: Callable[[int, Event], object]) -> Head:
    try:
        head = await log.newest()
        first = wanted.number
        if wanted.time_us:
            first = await _page_since(log, head, wanted.time_us) * WIDTH
        left = wanted.limit or head.tree.size
        for start in range(first // WIDTH * WIDTH, head.tree.size, WIDTH):
            for number, text in enumerate(await log.page(start // WIDTH, head), start):
                event = parse_event(text)
                if number < first or event.time_us < wanted.time_us:
                    continue
                if not left:
                    return head
                tell(number, event)
                left -= 1
        return head
    finally:
        await log.aclose()


async def _page_since(log: RemoteLog, head: Head, time_us: int) -> int:
    """The first page whose last event is not before a time."""
    low, high = 0, -(-head.tree.size // WIDTH)
    while low < high:
        middle = (low + high) // 2
        if parse_event((await log.page(middle, head))[-1]).time_us < time_us:
            low = middle + 1
        else:
            high = middle
    return low
