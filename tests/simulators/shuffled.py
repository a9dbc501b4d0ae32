# SPDX-License-Identifier: BSD-3-Clause
"""A differential test over HTTP in which the answers to one client arrive in an order that chance decides.

    python -m tests.simulators.shuffled --candidate govgo --cases 2000

takes the arguments of the differential tester `differ`, which must be importable. Its proxy answers each request of govgo
after a pause of its own, from a seeded generator, so that requests under way at once are answered in any order;
those of go, which asks for one thing after another, are answered at once.
"""

from __future__ import annotations

import importlib
import random
import sys
import time
from typing import Any

LONGEST_S = 0.025
"""The pauses are spread evenly from 0 to this."""


def shuffling(handler: Any, rng: random.Random, longest_s: float) -> Any:
    """A handler of `http.server` that answers as `handler` does, after a pause."""

    class Shuffling(handler):  # type: ignore[misc]
        def do_GET(self) -> None:
            if not self.headers.get("User-Agent", "").startswith("Go-http-client"):
                time.sleep(rng.uniform(0, longest_s))
            super().do_GET()

    return Shuffling


def main() -> int:
    """Run the tester; its exit status."""
    server = importlib.import_module("differ.proxyserver")
    server._QuietHandler = shuffling(server._QuietHandler, random.Random(1), LONGEST_S)
    sys.argv[1:1] = ["--proxy", "http"]
    status: int = importlib.import_module("differ.cli").main()
    return status


if __name__ == "__main__":
    sys.exit(main())
