# SPDX-License-Identifier: BSD-3-Clause
"""The checksum database for the commands that work on go.sum itself."""

from __future__ import annotations

from govgo.adapters.loop.network import NetworkOptions
from govgo.adapters.sumdb.session import SumClient
from govgo.load.session.session import Session


def open_sum_client(session: Session, network: NetworkOptions) -> SumClient:
    """The database that GOSUMDB names; to be used in a `with`."""
    return SumClient(session.settings.env, session.report, network)
