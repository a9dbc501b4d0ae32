# SPDX-License-Identifier: BSD-3-Clause
"""What tests wait for, by looking again, so that no machine is too slow for them and none is waited for in vain."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 60.0
"""For so long a test waits for what takes a moment: the machine may be busy."""


def eventually(check: Callable[[], object], timeout: float = PATIENCE_S) -> None:
    """Wait until something is true."""
    deadline_s = time.monotonic() + timeout
    while not check():
        assert time.monotonic() < deadline_s, "it did not become true"
        time.sleep(0.01)
