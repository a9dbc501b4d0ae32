# SPDX-License-Identifier: BSD-3-Clause
"""What audits take beyond `list -m all`, and `licenses` with and without what was kept. The go command has neither.

GOVGO_VULNDB names the advisories: the zip of a module golang.org/x/vulndb.
"""

from __future__ import annotations

import os
import shutil
import statistics
from collections.abc import Callable, Sequence

from programs import Program, Proxy, remove
from scenarios import SCENARIOS, Runner

_LIST = ("list", "-m", "all")
_TIMES = {
    "vault": (("list -m all", _LIST, False), ("audit", ("audit", "-plan=none"), False)),
    "zgin": (
        ("list -m all", _LIST, False),
        ("audit with its plan", ("audit",), False),
        ("licenses, nothing kept", ("licenses",), True),
        ("licenses, again", ("licenses",), False),
    ),
}
"""For each project (name, arguments, whether nothing of earlier runs is kept)."""
_CODES = {"list": (0,), "audit": (1,), "licenses": (3,)}
"""Both projects are vulnerable; of modules that no build needs, zgin's recording has no zips."""


def audits(runner: Runner, govgo: Program, proxy: Proxy, repeat: int, row: Callable[[Sequence[object]], str]) -> bool:
    """Print a table of CPU seconds; True if every command ended as it should."""
    database = os.environ.get("GOVGO_VULNDB", "")
    if not database:
        raise SystemExit("GOVGO_VULNDB must name the zip of a module golang.org/x/vulndb")
    print(row(["command", "project", "CPU s", "beyond list", "check"]), row(["---"] * 5), sep="\n", flush=True)
    valid = True
    for project, commands in _TIMES.items():
        label = "warm-verify" if runner.fits(SCENARIOS["warm-verify"], project) else "warm-list"
        state = runner.warm_state(SCENARIOS[label], project, govgo)
        kept = state / "kept"
        environ = {**govgo.environ(state, proxy.url), "XDG_CACHE_HOME": str(kept), "GOVGO_VULNDB": database}
        found: dict[str, list[float]] = {name: [] for name, _, _ in commands}
        sound: dict[str, bool] = dict.fromkeys(found, True)
        for number in range(repeat + 1):
            for name, args, is_new in commands:
                if is_new:
                    shutil.rmtree(kept / "govgo" / "licenses", ignore_errors=True)
                done = govgo.run(args, state / "src", environ, proxy)
                sound[name] = sound[name] and done.code in _CODES[args[0]]
                if number:  # the first round parses the advisories, and fetches
                    found[name].append(done.cpu_s)
        base = statistics.median(found["list -m all"])
        for name, times in found.items():
            took = statistics.median(times)
            cells = [name, project, f"{took:.2f}", f"{took - base:.2f}", "ok" if sound[name] else "INVALID"]
            print(row(cells), flush=True)
        valid = valid and all(sound.values())
        remove(kept)
    print()
    return valid
