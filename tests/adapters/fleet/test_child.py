# SPDX-License-Identifier: BSD-3-Clause
"""Processes with limits: what a unit may not take, and that nothing of them is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.fleet import child as engine_child
from govgo.adapters.fleet.child import Child, Lost, start_child
from govgo.adapters.fleet.chunks import Children, Limits, Task
from govgo.core.fleet.units import Kind, Outcome, Status, Unit
from govgo.errors import UnavailableError

TARGET = "tests.adapters.fleet.test_child:Doer"
LIMIT = 512 << 20


class Doer:
    """A worker that does what the place of a unit says."""

    def __init__(self, job: Any) -> None:
        if job == "refuse":
            raise UnavailableError("no such database")

    def __call__(self, work: Any) -> Outcome:
        unit = work[0]
        word, _, argument = unit.place.partition(" ")
        match word:
            case "sleep":
                time.sleep(float(argument))
            case "memory":
                self.held = bytearray(int(argument))
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "print":
                print("not an answer", flush=True)
                os.write(1, b"nor this\n")
            case "child":
                started = subprocess.Popen(["sleep", "600"])
                return Outcome(unit.name, Status.DONE, 0, text=str(started.pid))
            case "limits":
                import resource

                return Outcome(unit.name, Status.DONE, 0, text=str(resource.getrlimit(resource.RLIMIT_AS)[0]))
        return Outcome(unit.name, Status.DONE, 0, text=str(os.getpid()))

    def end(self) -> None:
        """Nothing is held open."""


def unit(place: str) -> tuple[Unit, None]:
    return Unit("u", Kind.DIRECTORY, place), None


def is_gone(pid: int) -> bool:
    """Whether a process has ended, waited for or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))


@pytest.fixture
def child() -> Iterator[Child]:
    found = start_child(TARGET, "job", LIMIT)
    assert isinstance(found, Child)
    yield found
    found.close()


def test_one_process_does_unit_after_unit(child: Child) -> None:
    answers = [child.call(unit(place), 10) for place in ("", "print", "")]
    assert {answer.text for answer in answers} == {str(child.pid)}


def test_the_memory_limit_is_set_and_met(child: Child) -> None:
    answer = child.call(unit("limits"), 10)
    assert answer.text == str(LIMIT)
    assert child.call(unit(f"memory {LIMIT}"), 10) == Lost("memory", "needs more than 512 MiB")


@pytest.mark.wide
def test_the_time_limit_ends_the_process_and_what_it_has_started(child: Child) -> None:
    grandchild = int(child.call(unit("child"), 10).text)
    assert not is_gone(grandchild)
    assert child.call(unit("sleep 600"), 0.3) == Lost("timeout", "not done after 0.3 s")
    assert is_gone(child.pid)
    assert any(is_gone(grandchild) or time.sleep(0.02) for _ in range(3000))


def test_a_killed_process(child: Child) -> None:
    answer = child.call(unit("die"), 10)
    assert isinstance(answer, Lost)
    assert answer.code == "killed"
    assert "signal 9" in answer.text


def test_a_job_that_cannot_be_done() -> None:
    with pytest.raises(UnavailableError, match="no such database"):
        start_child(TARGET, "refuse", LIMIT)


def test_a_process_that_ends_before_it_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_child, "_PROGRAM", "import os; os.kill(os.getpid(), 9)")
    assert start_child(TARGET, "job", LIMIT) == Lost("killed", "the worker was ended by signal 9")


@pytest.mark.wide
def test_a_child_ends_with_its_parent(tmp_path: Path) -> None:
    program = (
        f"from govgo.adapters.fleet.child import start_child; from tests.adapters.fleet.test_child import unit\n"
        f"child = start_child({TARGET!r}, 'job', {LIMIT}); print(child.pid, flush=True)\n"
        "child.call(unit('sleep 600'), 600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        pid = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
    assert any(is_gone(pid) or time.sleep(0.02) for _ in range(3000)), "the child has outlived its parent"


@pytest.mark.wide
def test_each_unit_that_a_child_is_lost_on_has_its_outcome() -> None:
    children = Children()
    task = Task(TARGET, "job", Limits(3.0, LIMIT), "1")
    try:
        places = ("", "die", "", "sleep 9", f"memory {LIMIT}", "")
        outcomes = children.run(task, [unit(place) for place in places])
    finally:
        children.close()
    assert [each.faults for each in outcomes] == [(), ("killed",), (), ("timeout",), ("memory",), ()]
    assert [each.may_pass for each in outcomes] == [False, True, False, True, True, False]


@pytest.mark.wide
def test_children_that_are_killed_from_outside_start_no_other() -> None:
    children = Children()
    task = Task(TARGET, "job", Limits(60.0, LIMIT), "1")
    killer = threading.Timer(0.5, children.kill)
    killer.start()
    outcomes = children.run(task, [unit("sleep 600"), unit("sleep 600")])
    killer.join()
    children.close()
    assert [each.faults for each in outcomes] == [("killed",), ("killed",)]
