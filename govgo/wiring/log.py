# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `log`: a checksum database over the network, a clone in a directory, processes that compute."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from govgo.adapters.loop.network import Network, NetworkOptions
from govgo.adapters.storage.plain import PlainStorage
from govgo.adapters.sumdb.buckets import DiskBuckets
from govgo.adapters.sumdb.logsource import WebLog
from govgo.app.log.audit import LogAudit
from govgo.app.log.clone import Clone
from govgo.app.log.sync import Plan, Sync
from govgo.core.goenv import GoEnv
from govgo.core.log.result import LogRun
from govgo.core.sumdb.database import Database, database_of
from govgo.core.sumdb.note import parse_verifier
from govgo.ports.talk import Reporter


class Means(NamedTuple):
    """How a run does its work.

    Attributes:
        env: go's settings.
        report: where to report to.
        network: how to talk to servers.
        url: where the log is, "" for the URL of GOSUMDB, else the database itself. Proxies are not asked: they have no
            records.
        rate: requests a second at most, 0 for no limit.
        workers: how many processes compute.
    """

    env: GoEnv
    report: Reporter
    network: NetworkOptions
    url: str = ""
    rate: int = 0
    workers: int = 1

    @property
    def database(self) -> Database:
        """The database that GOSUMDB names.  Raises UsageError."""
        return database_of(self.env)


@contextmanager
def open_log(means: Means, url: str = "") -> Iterator[WebLog]:
    """The log that GOSUMDB names, or that is at another place.

    Raises:
        UsageError: there is none, or not a URL.
    """
    database = means.database
    network = Network(means.env, means.report, means.network, local=False)
    try:
        yield WebLog(url or means.url or database.url or database.direct_url, network, rate=means.rate)
    finally:
        network.close()


def open_clone(directory: str) -> Clone:
    """The clone in a directory, which need not exist yet."""
    return Clone(PlainStorage(os.path.abspath(directory)))


@contextmanager
def worker_processes(count: int) -> Iterator[Executor]:
    """So many processes. They are started when the first work comes, and take nothing over from this one."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("forkserver"))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def sync_log(directory: str, means: Means, plan: Plan) -> LogRun:
    """Clone a log (errors as `Sync.run`)."""
    started, begun_s = datetime.now(UTC), time.monotonic()
    clone = open_clone(directory)
    clone.open(means.database.key)
    verifier = parse_verifier(means.database.key)
    with open_log(means) as source, worker_processes(means.workers) as pool:
        plan = plan._replace(in_flight=means.workers + 1)
        run = Sync(source, clone, verifier, pool, means.report, plan).run(started)
    return run._replace(duration_s=time.monotonic() - begun_s)


def audit_log(directory: str, means: Means) -> LogRun:
    """Audit a clone; its own key counts (errors as `LogAudit.run`)."""
    started, begun_s = datetime.now(UTC), time.monotonic()
    clone = open_clone(directory)
    verifier = parse_verifier(clone.key())
    with worker_processes(means.workers) as pool, DiskBuckets(os.path.abspath(directory)) as buckets:
        audit = LogAudit(clone, verifier, pool, buckets, means.report, in_flight=means.workers + 1)
        run = audit.run(started)
    return run._replace(duration_s=time.monotonic() - begun_s)
