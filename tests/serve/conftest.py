# SPDX-License-Identifier: BSD-3-Clause
"""The world and the server that most tests need; a file with needs of its own has its own under the same name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulators.served import Served
from tests.simulators.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Upstream has q.io/a v1.0.0."""
    with World(tmp_path) as world:
        world.publish("q.io/a", "v1.0.0")
        yield world


@pytest.fixture
def served(shared: Served) -> Served:
    """The server of all tests of a file, which has served and stored nothing yet."""
    shared.world.calm()
    shared.renew()
    return shared
