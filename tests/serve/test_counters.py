# SPDX-License-Identifier: BSD-3-Clause
"""Counters that processes share."""

from __future__ import annotations

import os

from govgo.serve.counters import Counters, answered, share


def test_each_process_has_its_row() -> None:
    counters = Counters(share(3))
    counters.add("stored", 2)
    for worker in (1, 2):
        pid = os.fork()
        if not pid:
            try:
                mine = counters.of_worker(worker)
                mine.add("stored", 10 * worker)
                mine.set("connections", worker)
            finally:
                os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
    assert counters.total("stored") == 32
    assert counters.total("connections") == 3


def test_places_of_answers() -> None:
    assert answered("mod", 200) != answered("mod", 404) != answered("zip", 404)
    assert answered("mod", 418) == answered("mod", 400)
    assert answered("mod", 599) == answered("mod", 500)


def test_fetches_by_how_long_they_took() -> None:
    counters = Counters()
    for seconds in (0.001, 0.07, 0.08, 99.0):
        counters.observe_fetch(seconds)
    assert [counters.total(f"fetch_le {bound}") for bound in ("0.01", "0.05", "0.1", "inf")] == [1, 0, 2, 1]
    assert counters.total("fetch_microseconds") == 99_151_000
