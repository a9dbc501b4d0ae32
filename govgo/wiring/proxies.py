# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `proxies`: real proxies, and the checksum database that they may mirror."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from govgo.adapters.proxy.peers import ProxyPeers
from govgo.app.proxies import Mirror, compare_proxies
from govgo.core.goenv import OFF
from govgo.core.goproxy.answers import ProxyComparison, Question

if TYPE_CHECKING:
    from govgo.adapters.loop.network import NetworkOptions
    from govgo.load.session.session import Session


def run_proxies(
    session: Session,
    names: Sequence[str],
    given: Sequence[str],
    skip: Collection[Question],
    network: NetworkOptions,
) -> ProxyComparison:
    """Compare proxies; see `app.proxies.compare_proxies`."""
    env = session.settings.env
    with ExitStack() as held:
        peers = held.enter_context(ProxyPeers(env, session.report, network))
        mirror: Mirror | None = None
        if env.gosumdb != OFF:
            from govgo.adapters.sumdb.session import SumClient

            client = held.enter_context(SumClient(env, session.report, network))
            mirror = Mirror(client, client.name)
        return compare_proxies(session, names, given, peers, mirror, skip)
