# SPDX-License-Identifier: BSD-3-Clause
"""Repositories over one GOPATH, closed after each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.adapters.loop import helper, network
from govgo.adapters.repository import zips
from tests.simulators.modulehome import Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=["here", "elsewhere"])
def extracting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Zips are extracted in this process, and in another one."""
    started = []
    if request.param == "elsewhere":
        start = network.Network.start_extractor
        monkeypatch.setattr(zips, "_MANY", 1)
        monkeypatch.setattr(helper, "usable_cpus", lambda: 2)
        monkeypatch.setattr(network.Network, "start_extractor", lambda self: started.append(start(self)))
    yield
    assert bool(started) == (request.param == "elsewhere")
