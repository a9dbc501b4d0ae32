# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `log`: a checksum database over the network, a clone in a directory, processes that compute."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime

from govgo.adapters.disk.diskerror import absolute
from govgo.adapters.disk.temporary import new_directory
from govgo.adapters.http.send import Poster
from govgo.adapters.loop.network import Network, NetworkOptions
from govgo.adapters.repository.repository import Repository
from govgo.adapters.storage.plain import PlainStorage
from govgo.adapters.sumdb.buckets import DiskBuckets
from govgo.adapters.sumdb.logsource import WebLog, WebLogs
from govgo.app.log.audit import LogAudit
from govgo.app.log.clone import Clone
from govgo.app.log.sample import Download, compare_downloads, compare_lookups, random_records
from govgo.app.log.sync import Plan, Sync
from govgo.app.log.watch import Round, Watch
from govgo.core.goenv import OFF, GoEnv
from govgo.core.golib import url as gourl
from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.gosum.ledger import SumLedger
from govgo.core.log.result import LogRun
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.patterns import match_prefix_patterns
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.core.sumdb.gosumdb import Database, database_of
from govgo.core.sumdb.note import Verifier, parse_verifier
from govgo.errors import NetworkError, UnavailableError
from govgo.ports.reporter import Reporter


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
def open_log(means: Means) -> Iterator[WebLog]:
    """The log that GOSUMDB names, or that is at another place.

    Raises:
        UsageError: there is none, or not a URL.
    """
    database = means.database
    with closing(Network(means.env, means.report, means.network, local=False)) as network:
        yield WebLog(means.url or database.url or database.direct_url, network, rate=means.rate)


def open_clone(directory: str) -> Clone:
    """The clone in a directory, which need not exist yet."""
    return Clone(PlainStorage(absolute(directory)), one_line(directory))


@contextmanager
def worker_processes(count: int) -> Iterator[Executor]:
    """So many processes. They are started when the first work comes, and take nothing over from this one. ("forkserver"
    would leave a directory behind, since `cli.main` ends the process without the work that Python does at its end.)

    Raises:
        UnavailableError: one of them was killed.
    """
    import multiprocessing
    from concurrent.futures import BrokenExecutor, ProcessPoolExecutor

    pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield pool
    except BrokenExecutor as error:
        raise UnavailableError("a process that computes was killed, for want of memory perhaps", inner=error) from error
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


def audit_log(directory: str, means: Means, sample: int) -> LogRun:
    """Audit a clone; its own key counts (errors as `LogAudit.run`).

    With `sample`, so many random records are compared with what is served: modules by GOPROXY, lookups by the database.
    """
    started, begun_s = datetime.now(UTC), time.monotonic()
    clone = open_clone(directory)
    verifier = parse_verifier(clone.key())
    with worker_processes(means.workers) as pool, DiskBuckets(absolute(directory)) as buckets:
        audit = LogAudit(clone, verifier, pool, buckets, means.report, in_flight=means.workers + 1)
        run = audit.run(started)
    if sample:
        records = random_records(clone, sample, random.SystemRandom())
        found = list(run.findings)
        if means.database.key == clone.key():
            with open_log(means) as source:
                found += compare_lookups(records, clone.head(verifier), source, verifier)
        with _downloads(means) as download:
            found += compare_downloads(records, download)
        run = run._replace(findings=tuple(found), counts=(*run.counts, ("sampled", len(records))))
    return run._replace(duration_s=time.monotonic() - begun_s)


@contextmanager
def _downloads(means: Means) -> Iterator[Download]:
    """Downloads from the proxies, into a module cache that is empty and goes away; no database vouches for them."""
    with new_directory("govgo-sample-") as cache:
        env = means.env._replace(gosumdb=OFF, gomodcache=cache)
        repo = Repository(env, means.report, ledger=SumLedger(), options=means.network, writable_dirs=True)

        def download(mod: ModuleVersion) -> tuple[str, str]:
            (done,) = repo.download([mod], extract=False)
            done.check()
            sums = done.sum, hash_gomod(repo.gomod(mod))
            os.remove(done.zip)
            return sums

        with closing(repo):
            yield download


class Watching(NamedTuple):
    """What `watch_log` watches.

    Attributes:
        patterns: module path patterns as in GOPRIVATE, separated by commas; all below them, too.
        since: the first record of a first look, None for the end of the log.
        vantages: URLs of other places that publish the log: the database's, or of proxies that mirror it.
        witnesses, quorum: their keys, and how many must have cosigned.
        hook: a URL that gets each new version, "" for none.
    """

    patterns: str
    since: int | None = None
    vantages: tuple[str, ...] = ()
    witnesses: tuple[Verifier, ...] = ()
    quorum: int = 0
    hook: str = ""


@contextmanager
def open_watch(directory: str, means: Means, watching: Watching) -> Iterator[Callable[[Callable[..., None]], Round]]:
    """A function that looks once, and tells each new version (errors as `Watch.look`).

    Raises:
        UsageError: settings or URLs that make no sense.
    """
    state = open_clone(directory)
    state.open(means.database.key)
    verifier = parse_verifier(means.database.key)
    with ExitStack() as held:
        source = held.enter_context(open_log(means))
        vantages = held.enter_context(_vantages(means, watching.vantages)) if watching.vantages else None
        watch = Watch(
            source,
            state,
            verifier,
            lambda path: match_prefix_patterns(watching.patterns, path),
            vantages=vantages,
            witnesses=watching.witnesses,
            quorum=watching.quorum,
        )
        yield lambda tell: watch.look(tell, watching.since)


@contextmanager
def _vantages(means: Means, urls: Sequence[str]) -> Iterator[WebLogs]:
    """The log as other places show it: below the URL itself, or where a module proxy has it."""
    places = [(url, f"{url.rstrip('/')}/sumdb/{means.database.name}") for url in urls]
    with closing(Network(means.env, means.report, means.network, local=False)) as network:
        yield WebLogs(places, network, rate=means.rate)


def post_line(means: Means, url: str, line: str) -> None:
    """Tell a web hook a line of JSON.

    Raises:
        NetworkError: there was no answer, or one that is not a success.
    """
    answer = Poster(means.env.network, means.network.limits).post(url, line.encode(), "application/json", 1 << 20)
    if not 200 <= answer.status < 300:
        shown = gourl.parse(url).redacted()
        raise NetworkError(f"the hook {shown} answered {answer.status}", url=shown, status=answer.status)
