# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `storage`: a storage by name, the checksum database, and temporary files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from govgo.adapters.storage.directory import DirectoryStorage
from govgo.adapters.storage.staging import TemporaryStaging
from govgo.adapters.sumdb.session import SumClient
from govgo.app.storage.check import check_storage
from govgo.core.goenv import OFF
from govgo.core.safetext import one_line
from govgo.errors import UsageError
from govgo.wiring.mirror import named_storage

if TYPE_CHECKING:
    from govgo.adapters.loop.network import NetworkOptions
    from govgo.core.storage.outcomes import StorageCheck
    from govgo.load.session.session import Session
    from govgo.ports.storage import Storage


def existing_storage(session: Session, where: str) -> Storage:
    """The storage that `where` names. A directory has to be there: of a name with a typo all would be in order.

    Raises:
        UsageError: it names none.
    """
    storage = named_storage(session, where)
    if isinstance(storage, DirectoryStorage) and not os.path.isdir(storage.root):
        raise UsageError(f"{one_line(where)}: no such directory")
    return storage


def run_storage_check(
    session: Session,
    where: str,
    patterns: Sequence[str],
    *,
    network: NetworkOptions,
    offline: bool,
    sample: int,
    repair: bool,
) -> StorageCheck:
    """Check a storage (arguments as for `check_storage`).

    Args:
        session: the command.
        where: what names the storage.
        network: how to talk to the checksum database.
        offline: ask no database.
    """
    with ExitStack() as held:
        storage = held.enter_context(closing(existing_storage(session, where)))
        database = None
        if session.settings.env.gosumdb != OFF and not offline:
            database = held.enter_context(SumClient(session.settings.env, session.report, network))
        staging = TemporaryStaging(session.settings.temp_dir)
        return check_storage(
            session, storage, database=database, staging=staging, patterns=patterns, sample=sample, repair=repair
        )
