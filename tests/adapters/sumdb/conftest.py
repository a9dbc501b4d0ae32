# SPDX-License-Identifier: BSD-3-Clause
"""The log of a checksum database that tests ask about one version."""

from __future__ import annotations

import pytest

from tests.simulators.sumdb_log import WANTED, Log


@pytest.fixture
def log() -> Log:
    """With `WANTED` amid 800 others."""
    log = Log().grow(300)
    log.add(*WANTED)
    return log.grow(500)
