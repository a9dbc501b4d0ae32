# SPDX-License-Identifier: BSD-3-Clause
"""What is submitted to an executor: a few units, done one after the other in a process with limits.

It runs in a thread of this process for the local engine, and in a worker of a cluster for the others. Either way each
thread has a child process of its own, which lives as long as the job is the same.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence
from typing import Protocol

from govgo.adapters.fleet.child import Child, Lost, start_child
from govgo.core.fleet.units import Known, Outcome, Status, Unit
from govgo.core.records import NamedTuple


class Limits(NamedTuple):
    """What a unit may take.

    Attributes:
        time_s: by the clock.
        memory_bytes: the address space of its process. A process whose memory in use has passed half of it is
            replaced between units.
    """

    time_s: float
    memory_bytes: int


class Task(NamedTuple):
    """What a worker gets besides the units; it is pickled.

    Attributes:
        target: "module:function"; the function makes a `Worker` of the job.
        job: as for `Child`.
        limits: what a unit may take.
        number: of the run, so that a worker knows whether its child process is for this job.
    """

    target: str
    job: object
    limits: Limits
    number: str


class Worker(Protocol):
    """Does units, one after the other."""

    def __call__(self, work: tuple[Unit, Known | None]) -> Outcome:
        """The outcome of a unit."""
        ...

    def end(self) -> object:
        """Let go of what it holds open."""
        ...


Work = Sequence[tuple[Unit, Known | None]]


class Children:
    """The child processes of the threads of one process."""

    def __init__(self) -> None:
        """None is started yet."""
        self._lock = threading.Lock()
        self._by_thread: dict[int, tuple[str, Child]] = {}
        self._ended = threading.Event()

    def run(self, task: Task, work: Work) -> list[Outcome]:
        """The outcomes of units, in their order.

        Raises:
            UnavailableError: no process can be started, or the job cannot be done at all.
        """
        return [self._run(task, unit, known) for unit, known in work]

    def ask(self, task: Task, message: object) -> object:
        """The answer of this thread's child to a message that is not a unit; `Lost` where there is none.

        Raises:
            UnavailableError: no process can be started.
        """
        child = self._child(task)
        if isinstance(child, Lost):
            return child
        answer = child.ask(message, task.limits.time_s)
        if isinstance(answer, Lost):
            self._drop()
        return answer

    def kill(self) -> None:
        """Kill all; no other is started. The threads find out by themselves."""
        with self._lock:
            self._ended.set()
            for _, child in self._by_thread.values():
                child.kill()

    def close(self) -> None:
        """Close what is left, once no thread works any more. Others may be started afterwards."""
        with self._lock:
            for _, child in self._by_thread.values():
                child.close()
            self._by_thread.clear()
            self._ended.clear()

    def _run(self, task: Task, unit: Unit, known: Known | None) -> Outcome:
        child = self._child(task)
        if isinstance(child, Lost):
            return lost(unit, child)
        answer = child.call((unit, known), task.limits.time_s)
        if isinstance(answer, Lost):
            self._drop()
            return lost(unit, answer)
        if answer.peak_bytes > task.limits.memory_bytes // 2:
            self._drop()
        return answer

    def _child(self, task: Task) -> Child | Lost:
        """The child of this thread for the job."""
        thread = threading.get_ident()
        number, known = self._by_thread.get(thread, ("", None))
        if known is not None and number == task.number:
            return known
        self._drop()
        if self._ended.is_set():
            return Lost("killed", "the run has ended")
        child = start_child(task.target, task.job, task.limits.memory_bytes)
        if isinstance(child, Lost):
            return child
        with self._lock:
            self._by_thread[thread] = task.number, child
            if self._ended.is_set():
                child.kill()
        return child

    def _drop(self) -> None:
        with self._lock:
            _, child = self._by_thread.pop(threading.get_ident(), ("", None))
        if child is not None:
            child.close()


class InPlace:
    """Does units in this process, without limits."""

    def __init__(self) -> None:
        """Nothing is loaded yet."""
        self._worker: Worker | None = None

    def run(self, task: Task, work: Work) -> list[Outcome]:
        """The outcomes of units of one task, in their order."""
        if self._worker is None:
            self._worker = make_worker(task.target, task.job)
        return [self._worker(each) for each in work]

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.end()


_HERE = Children()
"""Those of a worker of a cluster, which has nothing else to keep them in."""


def run_here(task: Task, work: Work) -> list[Outcome]:
    """`Children.run` in a worker of a cluster."""
    return _HERE.run(task, work)


def end_here() -> None:
    """End the child processes of a worker of a cluster."""
    _HERE.close()


def make_worker(target: str, job: object) -> Worker:
    """The worker that the function makes which `target` names."""
    module, _, name = target.partition(":")
    made: Worker = getattr(importlib.import_module(module), name)(job)
    return made


def lost(unit: Unit, why: Lost) -> Outcome:
    """The outcome of a unit whose worker was lost; another attempt may help."""
    return Outcome(unit.name, Status.FAILED, 3, (why.code,), f"{unit.name}: {why.text}", may_pass=True)
