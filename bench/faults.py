# SPDX-License-Identifier: BSD-3-Clause
"""How much longer govgo takes when some answers of the proxy fail. The go command stops at the first failure."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence

from programs import Program, Proxy
from scenarios import SCENARIOS, Runner

FAULTS = {
    "none": (),
    "2 % answers 503": ("-fail", "0.02"),
    "2 % bodies stall": ("-stall", "0.02"),
    "2 % bodies cut": ("-truncate", "0.02"),
}
"""What goes wrong, and the options of the replay server for it."""
LABELS = ("cold-list", "cold-list-sum", "cold-download", "get-cold", "tidy-cold-untidy", "vendor-cold")


def faults(
    runner: Runner,
    govgo: Program,
    proxies: Mapping[str, Proxy],
    projects: Sequence[str],
    repeat: int,
    row: Callable[[Sequence[object]], str],
) -> bool:
    """Print a table of cold scenarios with a column for each fault; True if every output was right."""
    names = [name for name in proxies if name != "none"]
    head = ["scenario", "project", "fault-free s", *(f"{name}: s (ratio)" for name in names), "check"]
    print(row(head), row(["---"] * len(head)), sep="\n", flush=True)
    valid = True
    for label in LABELS:
        scenario = SCENARIOS[label]
        for project in projects:
            if not runner.fits(scenario, project):
                continue
            walls: dict[str, list[float]] = {name: [] for name in proxies}
            expected, sound = runner.expected(scenario, project), True
            for _ in range(repeat):
                for name, proxy in proxies.items():
                    run, outcome = runner.run_once(scenario, project, govgo, proxy)
                    walls[name].append(run.wall_s)
                    expected = expected or outcome
                    sound = sound and run.code == 0 and outcome == expected
            times = {name: statistics.median(each) for name, each in walls.items()}
            cells = [f"{times[name]:.2f} ({times[name] / times['none']:.2f})" for name in names]
            print(row([label, project, f"{times['none']:.2f}", *cells, "ok" if sound else "INVALID"]), flush=True)
            valid = valid and sound
    print()
    return valid
