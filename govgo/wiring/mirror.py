# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `mirror`: storages by name, the checksum database, and temporary files."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from govgo.adapters.storage.desk import TemporaryDesk
from govgo.adapters.storage.open import open_storage
from govgo.adapters.sumdb.session import SumClient
from govgo.app.mirror.add import add
from govgo.app.mirror.closure import closure_of
from govgo.core.goenv import OFF
from govgo.core.mirror.outcomes import Added
from govgo.wiring.plan import planned

if TYPE_CHECKING:
    from govgo.adapters.loop.network import NetworkOptions
    from govgo.load.session.session import Session
    from govgo.ports.storage import Storage


def run_add(
    session: Session,
    mirror: str,
    where: Sequence[str],
    queries: Sequence[str],
    *,
    network: NetworkOptions,
    alone: bool = False,
    tidy: bool = False,
    dry_run: bool = False,
) -> Added:
    """Bring into a mirror what builds need (arguments as for `closure_of` and `add`).

    Args:
        session: the command.
        mirror: what names the storage.
        network: how to talk to the checksum database.

    Raises:
        UsageError: an argument names nothing.
        GovgoError: as `add`.
    """
    with ExitStack() as held:
        storage = named_storage(session, mirror)
        held.callback(storage.close)
        database = None
        if session.settings.env.gosumdb != OFF:
            database = held.enter_context(SumClient(session.settings.env, session.report, network))
        closure = closure_of(session, where, queries, plan=planned, alone=alone, tidy=tidy)
        desk = TemporaryDesk(session.settings.temp_dir)
        return add(session, storage, closure, database=database, desk=desk, dry_run=dry_run)


def named_storage(session: Session, name: str) -> Storage:
    """The storage that a word of the command line names; paths are relative to the working directory.

    Raises:
        UsageError: it names none.
    """
    return open_storage(name if "://" in name else session.absolute(name), session.settings.env.process)
