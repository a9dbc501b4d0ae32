# SPDX-License-Identifier: BSD-3-Clause
"""Engines by name; that of Dask over a cluster in this process's own children."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.fleet.chunks import Limits, Task
from govgo.adapters.fleet.engines import open_engine
from govgo.errors import MissingExtraError, UnavailableError, UsageError
from tests.adapters.fleet.test_child import LIMIT, TARGET, unit


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))


def outcomes(name: str, places: tuple[str, ...]) -> list[tuple[str, ...]]:
    task = Task(TARGET, "job", Limits(5.0, LIMIT), "1")
    with open_engine(name, 2) as engine:
        futures = [engine.executor.submit(engine.run, task, [unit(place)]) for place in places]
        return [future.result()[0].faults for future in futures]


@pytest.mark.parametrize("name", ["local", "serial"])
def test_units_are_done(name: str) -> None:
    assert outcomes(name, ("", "", "")) == [(), (), ()]


@pytest.mark.wide
def test_a_killed_worker_of_the_local_engine_is_replaced() -> None:
    assert outcomes("local", ("die", "", "die", "")) == [("killed",), (), ("killed",), ()]


@pytest.mark.parametrize("name", ["", "dask", "dask:", "ray:x"])
def test_unknown_engines(name: str) -> None:
    with pytest.raises(UsageError, match="engines are"), open_engine(name, 0):
        pass


def test_dask_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name == "distributed":
            raise ImportError(name)
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"govgo\[dask\]"), open_engine("dask:tcp://127.0.0.1:1", 0):
        pass


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_units_on_a_cluster() -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster:
        assert outcomes(f"dask:{cluster.scheduler_address}", ("", "die", "")) == [(), ("killed",), ()]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_does_not_answer() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(UnavailableError), open_engine("dask:tcp://127.0.0.1:1", 0):
        pass
