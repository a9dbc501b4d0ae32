# SPDX-License-Identifier: BSD-3-Clause
"""What a server looks at twice a second or once, it looks at all the time here: else most tests would only wait."""

from __future__ import annotations

import pytest

from govgo.app.events import log
from govgo.serve.events import journal


@pytest.fixture(autouse=True)
def _beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "BEAT_S", 0.02)
    monkeypatch.setattr(log, "_HEAD_S", 0.01)
