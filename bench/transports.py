# SPDX-License-Identifier: BSD-3-Clause
"""The verbs that load packages over HTTP/1.1, over HTTP/2 and from directories; connections are counted."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence

from programs import Program, Run, Source
from scenarios import SCENARIOS, Runner

LABELS = ("growth-tidy", "growth-vendor", "growth-get-u")


def transports(
    runner: Runner,
    programs: Sequence[Program],
    sources: Mapping[str, Source],
    projects: Sequence[str],
    repeat: int,
    row: Callable[[Sequence[object]], str],
) -> bool:
    """Print a table with a row for each scenario, project and transport; True if all outcomes were the same."""
    names = [program.name for program in programs]
    head = ["scenario", "project", "transport", *(f"{name} s (CPU)" for name in names), "requests", "connections"]
    print(row([*head, "check"]), row(["---"] * (len(head) + 1)), sep="\n", flush=True)
    valid = True
    for label in LABELS:
        scenario = SCENARIOS[label]
        for project in projects:
            if not runner.fits(scenario, project):
                continue
            outcomes = set()
            for transport, source in sources.items():
                runs: dict[str, list[Run]] = {name: [] for name in names}
                for number in range(repeat):
                    for program in programs if number % 2 == 0 else programs[::-1]:
                        run, outcome = runner.run_once(scenario, project, program, source)
                        runs[program.name].append(run)
                        outcomes.add(outcome)
                sound = len(outcomes) == 1 and not any(run.code for each in runs.values() for run in each)
                valid = valid and sound
                cells = [f"{_median(each, 'wall_s'):.3f} ({_median(each, 'cpu_s'):.2f})" for each in runs.values()]
                for fact in ("requests", "connections"):
                    cells.append("/".join(str(getattr(each[-1], fact)) for each in runs.values()))
                print(row([label, project, transport, *cells, "ok" if sound else "INVALID"]), flush=True)
    print()
    return valid


def _median(runs: Sequence[Run], name: str) -> float:
    return float(statistics.median(getattr(run, name) for run in runs))
