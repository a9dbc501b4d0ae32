# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `storage`: a storage by name, the checksum database, and temporary files."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from govgo.adapters.storage.desk import TemporaryDesk
from govgo.adapters.sumdb.session import SumClient
from govgo.app.storage.check import check_storage
from govgo.core.goenv import OFF
from govgo.wiring.mirror import named_storage

if TYPE_CHECKING:
    from govgo.adapters.loop.network import NetworkOptions
    from govgo.core.storage.outcomes import StorageCheck
    from govgo.load.session.session import Session


def run_storage_check(
    session: Session,
    where: str,
    patterns: Sequence[str],
    *,
    network: NetworkOptions,
    offline: bool = False,
    sample: int = 0,
    repair: bool = False,
) -> StorageCheck:
    """Check a storage (arguments as for `check_storage`).

    Args:
        session: the command.
        where: what names the storage.
        network: how to talk to the checksum database.
        offline: ask no database.
    """
    with ExitStack() as held:
        storage = held.enter_context(closing(named_storage(session, where)))
        database = None
        if session.settings.env.gosumdb != OFF and not offline:
            database = held.enter_context(SumClient(session.settings.env, session.report, network))
        desk = TemporaryDesk(session.settings.temp_dir)
        return check_storage(
            session, storage, database=database, desk=desk, patterns=patterns, sample=sample, repair=repair
        )
