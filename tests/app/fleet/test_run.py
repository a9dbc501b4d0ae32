# SPDX-License-Identifier: BSD-3-Clause
"""Units on executors that lose work, fail, and break."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest

from govgo.app.fleet.run import Pace, Work, run_units
from govgo.core.fleet.units import Kind, Known, Outcome, Status, Unit
from govgo.errors import MissingExtraError, UnavailableError


def units(count: int) -> Iterator[tuple[Unit, Known | None]]:
    return ((Unit(f"u{number}", Kind.DIRECTORY, "/u"), None) for number in range(count))


def done(unit: Unit) -> Outcome:
    return Outcome(unit.name, Status.DONE, 0)


def collected(
    executor: Executor, run: Callable[[Work], list[Outcome]], count: int, pace: Pace
) -> dict[str, tuple[Outcome, int]]:
    found: dict[str, tuple[Outcome, int]] = {}

    def keep(unit: Unit, outcome: Outcome, attempt: int) -> None:
        assert unit.name not in found
        found[unit.name] = outcome, attempt

    run_units(executor, run, units(count), pace, keep)
    return found


def test_every_unit_is_kept_once() -> None:
    with ThreadPoolExecutor(3) as executor:
        found = collected(executor, lambda work: [done(unit) for unit, _ in work], 100, Pace(7, 4, 3))
    assert found.keys() == {f"u{number}" for number in range(100)}
    assert {attempt for _, attempt in found.values()} == {1}


def test_what_may_pass_is_tried_again_and_what_fails_is_not() -> None:
    tried: Counter[str] = Counter()

    def run(work: Work) -> list[Outcome]:
        outcomes = []
        for unit, _ in work:
            tried[unit.name] += 1
            is_late = unit.name == "u1" and tried["u1"] < 3
            is_never = unit.name == "u2"
            failed = Outcome(unit.name, Status.FAILED, 3, ("network",), may_pass=is_late or is_never)
            outcomes.append(failed if is_late or is_never or unit.name == "u3" else done(unit))
        return outcomes

    with ThreadPoolExecutor(1) as executor:
        found = collected(executor, run, 5, Pace(5, 2, 3))
    assert {name: (outcome.status, attempt) for name, (outcome, attempt) in found.items()} == {
        "u0": ("done", 1),
        "u1": ("done", 3),
        "u2": ("failed", 3),
        "u3": ("failed", 1),
        "u4": ("done", 1),
    }
    assert tried == {"u0": 1, "u1": 3, "u2": 3, "u3": 1, "u4": 1}


def test_a_lost_worker_takes_only_the_unit_with_it_that_ends_workers() -> None:
    def run(work: Work) -> list[Outcome]:
        if any(unit.name == "u2" for unit, _ in work):
            raise ConnectionResetError("the worker is gone")
        return [done(unit) for unit, _ in work]

    with ThreadPoolExecutor(2) as executor:
        found = collected(executor, run, 6, Pace(3, 2, 3))
    statuses = {name: outcome.status for name, (outcome, _) in found.items()}
    assert statuses == {**dict.fromkeys((f"u{number}" for number in range(6)), "done"), "u2": "failed"}
    assert (found["u2"][0].faults, found["u2"][1]) == (("killed",), 3)


def test_an_error_about_the_job_ends_the_run() -> None:
    def run(work: Work) -> list[Outcome]:
        raise MissingExtraError("not installed")

    with ThreadPoolExecutor(2) as executor, pytest.raises(MissingExtraError):
        collected(executor, run, 6, Pace(1, 2, 3))


def test_an_executor_that_takes_no_more() -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(UnavailableError, match="takes no more work"):
        collected(executor, lambda work: [], 1, Pace(1, 1, 1))


def test_no_more_is_under_way_than_the_window() -> None:
    """What waits is not taken from the iterator."""
    taken: list[int] = []
    kept: list[str] = []
    pending: list[tuple[Future[Any], Any]] = []

    class Slow(Executor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            future: Future[Any] = Future()
            pending.append((future, fn(*args)))
            if len(pending) == 4:
                assert len(taken) - len(kept) == 4
                for each, result in pending:
                    each.set_result(result)
                pending.clear()
            return future

    def numbered() -> Iterator[tuple[Unit, Known | None]]:
        for number, each in enumerate(units(32)):
            taken.append(number)
            yield each

    run_units(
        Slow(),
        lambda work: [done(unit) for unit, _ in work],
        numbered(),
        Pace(1, 4, 1),
        lambda unit, outcome, attempt: kept.append(unit.name),
    )
    assert len(kept) == 32
