# SPDX-License-Identifier: BSD-3-Clause
"""Sentences of an audit."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from govgo.core.advisory.auditresult import Database
from govgo.report.audit.text import database_text

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("size", "changed", "text"),
    [
        (1, (2026, 3, 9), "osv: 1 advisory, last changed yesterday"),
        (4789, (2026, 3, 10), "osv: 4,789 advisories, last changed today"),
        (2, (2026, 2, 8), "osv: 2 advisories, last changed 30 days ago"),
        (2, (2099, 1, 1), "osv: 2 advisories, last changed on 2099-01-01, which is yet to come"),
        (-1, None, "osv: of unknown age"),
    ],
)
def test_databases(size: int, changed: tuple[int, int, int] | None, text: str) -> None:
    modified = None if changed is None else datetime(*changed, tzinfo=UTC)
    assert database_text(Database("osv", size, modified, is_kept=False, is_proved=False), NOW) == text
