# SPDX-License-Identifier: BSD-3-Clause
"""The units of a fleet on an executor: submitted a few at a time, tried again, collected as they are done.

What waits is one iterator, what is under way a window of the executor's size, and what is done is handed on at once:
the memory that this takes does not depend on how many units there are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from itertools import islice

from govgo.core.fleet.units import Known, Outcome, Status, Unit
from govgo.core.records import NamedTuple
from govgo.core.safetext import joined
from govgo.errors import GovgoError, UnavailableError

Work = Sequence[tuple[Unit, Known | None]]


class Pace(NamedTuple):
    """How work is given to an executor.

    Attributes:
        chunk: units that are submitted together.
        window: how many submissions are under way at most.
        attempts: how often a unit is tried where another attempt may help.
    """

    chunk: int
    window: int
    attempts: int


class _Piece(NamedTuple):
    """Units that are submitted together, and for which time."""

    units: Work
    attempt: int


def run_units(
    executor: Executor,
    run: Callable[[Work], list[Outcome]],
    units: Iterable[tuple[Unit, Known | None]],
    pace: Pace,
    keep: Callable[[Unit, Outcome, int], object],
) -> None:
    """Run all units, and hand on each outcome with the number of its attempt.

    A unit whose attempt failed in a way that may pass is tried again when those before it are done. Where a whole
    submission fails, because its worker was lost, each of its units is tried again by itself: the one that has ended
    the worker then ends no other.

    Args:
        executor: where to run.
        run: is submitted, with units; gives their outcomes in order.
        units: what to run, each with what is known of it.
        pace: how.
        keep: is given each outcome, in the order in which they come.

    Raises:
        GovgoError: what `run` raises, since that is about the job and not about a unit; units that are done are kept.
        UnavailableError: the executor takes no more work.
    """
    fresh = _pieces(units, pace.chunk)
    again: deque[_Piece] = deque()
    under_way: dict[Future[list[Outcome]], _Piece] = {}
    try:
        while True:
            while len(under_way) < pace.window and (piece := next(fresh, None) or (again and again.popleft())):
                under_way[_submit(executor, run, piece)] = piece
            if not under_way:
                return
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                _collect(future, under_way.pop(future), again, pace, keep)
    finally:
        for future in under_way:
            future.cancel()


def _pieces(units: Iterable[tuple[Unit, Known | None]], size: int) -> Iterator[_Piece]:
    all_units = iter(units)
    while piece := tuple(islice(all_units, size)):
        yield _Piece(piece, 1)


def _submit(executor: Executor, run: Callable[[Work], list[Outcome]], piece: _Piece) -> Future[list[Outcome]]:
    try:
        return executor.submit(run, piece.units)
    except RuntimeError as error:  # BrokenExecutor, or one that was shut down
        raise UnavailableError(f"the engine takes no more work: {error}") from error


def _collect(
    future: Future[list[Outcome]],
    piece: _Piece,
    again: deque[_Piece],
    pace: Pace,
    keep: Callable[[Unit, Outcome, int], object],
) -> None:
    error = CancelledError("cancelled") if future.cancelled() else future.exception()
    if error is None:
        outcomes: list[Outcome | None] = [*future.result()]
    elif isinstance(error, GovgoError):
        raise error
    else:
        outcomes = [None] * len(piece.units)
    for (unit, known), outcome in zip(piece.units, outcomes, strict=True):
        result = outcome or _lost(unit, error)
        if result.may_pass and piece.attempt < pace.attempts:
            again.append(_Piece(((unit, known),), piece.attempt + 1))
        else:
            keep(unit, result, piece.attempt)


def _lost(unit: Unit, error: BaseException | None) -> Outcome:
    text = joined(f"the worker was lost: {type(error).__name__}: {error}")
    return Outcome(unit.name, Status.FAILED, 3, ("killed",), text, may_pass=True)
