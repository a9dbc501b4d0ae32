# SPDX-License-Identifier: BSD-3-Clause
"""Executors by name.

    local              threads of this process, each with a child process; -workers says how many
    dask:ADDRESS       a Dask cluster: tcp://HOST:PORT of its scheduler
    serial             this process itself, one unit after another, without limits

Each is a `concurrent.futures.Executor`, so that another cluster that has one takes a few lines here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import ParamSpec, TypeVar

from govgo.adapters.disk.system import usable_cpus
from govgo.adapters.fleet.chunks import Children, InPlace, Task, Work, end_here, run_here
from govgo.core.fleet.units import Outcome
from govgo.core.records import NamedTuple
from govgo.errors import MissingExtraError, UnavailableError, UsageError

_P = ParamSpec("_P")
_T = TypeVar("_T")

LOCAL, SERIAL, DASK = "local", "serial", "dask:"
_DASK_CHUNK = 16
_CONNECT_S = 10
_WORKERS_S = 30
_PER_WORKER = 3
_LEAST_THREADS = 16
"""A cluster may have grown to so many by the time that it has begun."""


class Engine(NamedTuple):
    """An executor, and how work is given to it.

    Attributes:
        executor: where work is submitted.
        run: what is submitted, with a task and units.
        workers: how many it has, as far as that is known.
        chunk: how many units are submitted together: a cluster has a price for each piece of work.
        window: how many pieces of work are submitted before the first is done; what waits is not in any memory.
    """

    executor: Executor
    run: Callable[[Task, Work], list[Outcome]]
    workers: int
    chunk: int
    window: int


@contextmanager
def open_engine(name: str, workers: int) -> Iterator[Engine]:
    """The engine that a name stands for; what is still under way at the end is given up.

    Args:
        name: see the module's docstring.
        workers: of the local engine, 0 for one on each core.

    Raises:
        UsageError: an unknown name.
        MissingExtraError: it needs a package that is not installed.
        UnavailableError: the cluster does not answer.
    """
    if name == LOCAL:
        with _local(workers or usable_cpus()) as engine:
            yield engine
    elif name == SERIAL:
        here = InPlace()
        try:
            yield Engine(_AtOnce(), here.run, 1, 1, 1)
        finally:
            here.close()
    elif name.startswith(DASK) and len(name) > len(DASK):
        with _dask(name.removeprefix(DASK)) as engine:
            yield engine
    else:
        raise UsageError(f"unknown engine {name!r}: engines are {LOCAL}, {DASK}ADDRESS and {SERIAL}")


@contextmanager
def _local(workers: int) -> Iterator[Engine]:
    with open_children(workers) as (executor, children):
        yield Engine(executor, children.run, workers, 1, 2 * workers)


@contextmanager
def open_children(workers: int) -> Iterator[tuple[Executor, Children]]:
    """So many threads, and child processes, one for each that asks for one; they are killed at the end."""
    children = Children()
    executor = ThreadPoolExecutor(workers, "fleet")
    try:
        yield executor, children
    finally:
        children.kill()
        executor.shutdown(cancel_futures=True)
        children.close()


@contextmanager
def _dask(address: str) -> Iterator[Engine]:
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtraError(
            "the engine dask needs distributed, which is not installed: pip install 'govgo[dask]'"
        ) from None
    try:
        client = Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UnavailableError(f"{DASK}{address}: {error}") from error
    try:
        try:
            client.wait_for_workers(1, timeout=_WORKERS_S)
            threads = sum(client.nthreads().values())
        except TimeoutError as error:
            raise UnavailableError(f"{DASK}{address}: the cluster has no workers") from error
        except OSError as error:
            raise UnavailableError(f"{DASK}{address}: {error}") from error
        # Not pure: equal work of two runs is not to be taken from the cluster's memory.
        executor: Executor = client.get_executor(pure=False)
        window = _PER_WORKER * max(threads, _LEAST_THREADS)
        yield Engine(executor, run_here, threads, _DASK_CHUNK, window)
        with suppress(OSError):  # a worker that has just been lost has no child processes to end
            client.run(end_here, on_error="ignore")
    finally:
        client.close()


class _AtOnce(Executor):
    """Does what is submitted at once."""

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        future: Future[_T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future
