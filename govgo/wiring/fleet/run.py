# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `fleet`: a run from its units to its results: which earlier ones stand, and how it is resumed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from govgo.adapters.fleet.chunks import Task
from govgo.adapters.fleet.engines import Engine
from govgo.adapters.fleet.results import Results
from govgo.app.fleet.run import Pace, run_units
from govgo.core.fleet.units import Entry, Known, Outcome, Status, Unit
from govgo.core.records import NamedTuple

if TYPE_CHECKING:
    from govgo.ports.reporter import Reporter


class Tally(NamedTuple):
    """How many repositories a run has looked at, by what came of them.

    Attributes:
        total: all of them.
        unchanged: of them, those whose earlier result stands.
        resumed: of them, those that the interrupted run had done.
    """

    total: int
    unchanged: int
    resumed: int


def run_fleet(
    results: Results,
    engine: Engine,
    task: Task,
    units: Iterable[Unit],
    settings: str,
    about: Mapping[str, object],
    *,
    attempts: int,
    resume: bool,
    report: Reporter,
    kept: Callable[[Entry], object],
) -> Tally:
    """Run units on an engine and keep their results; to be called while `results` is writing.

    Args:
        results: where to keep them.
        engine: where to run.
        task: what workers get.
        units: the repositories.
        settings: the key of what is asked.
        about: what a resumed run needs to know.
        attempts: how often a unit is tried where another attempt may help.
        resume: take what an interrupted run has kept.
        report: gets the progress.
        kept: is given each line.

    Raises:
        GovgoError: the job cannot be done; what is done is kept, and the run may be resumed.
    """
    chosen = {unit.name: unit for unit in units}
    interrupted = {name: entry for name, entry in results.interrupted().items() if name in chosen}
    before = {entry.name: entry for entry in results.entries() if entry.name in chosen} | interrupted
    done = interrupted if resume else {}
    if not resume:
        results.begin(about)
    resumed = [entry for entry in done.values() if not entry.may_pass]
    report.event("step", {"name": "fleet", "count": len(chosen) - len(resumed)})
    for entry in resumed:
        kept(entry)
    unchanged = 0

    def keep(unit: Unit, outcome: Outcome, attempt: int) -> None:
        nonlocal unchanged
        unchanged += outcome.status is Status.UNCHANGED
        entry = _keep(results, unit, outcome, attempt, before.get(unit.name), settings)
        done[unit.name] = entry
        kept(entry)
        report.event("advanced", {"name": "fleet", "count": 1})

    pace = Pace(engine.chunk, engine.window, attempts)
    run_units(engine.executor, partial(engine.run, task), _work(results, chosen, before, done), pace, keep)
    results.end(done[name] for name in sorted(done))
    results.sweep(entry.result for entry in done.values())
    return Tally(len(chosen), unchanged, len(resumed))


def _keep(results: Results, unit: Unit, outcome: Outcome, attempt: int, earlier: Entry | None, settings: str) -> Entry:
    """Keep an outcome. Where nothing has changed, the earlier document stands, and its line says what was asked."""
    if outcome.status is not Status.UNCHANGED:
        return results.keep(unit, outcome, attempt)
    assert earlier is not None
    entry = earlier._replace(kind=unit.kind, ref=unit.ref, settings=settings)
    results.keep_entry(entry)
    return entry


def _work(
    results: Results, chosen: Mapping[str, Unit], before: Mapping[str, Entry], done: Mapping[str, Entry]
) -> Iterator[tuple[Unit, Known | None]]:
    """The units that are to be run, each with what is known of it."""
    for name, unit in chosen.items():
        if name not in done or done[name].may_pass:
            earlier = before.get(name)
            is_kept = earlier is not None and (not earlier.result or results.has(earlier))
            yield unit, earlier.known if earlier is not None and is_kept else None
