# SPDX-License-Identifier: BSD-3-Clause
"""Numbers and names as reports have them."""

from __future__ import annotations

import pytest

from govgo.core.findings import ModuleReport
from govgo.report.words import many, titled


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((0, "module"), "0 modules"),
        ((1, "module"), "1 module"),
        ((1024, "module"), "1,024 modules"),
        ((1, "dependency", "dependencies"), "1 dependency"),
        ((2, "dependency", "dependencies"), "2 dependencies"),
    ],
)
def test_many(words: tuple[int, str], text: str) -> None:
    assert many(*words) == text


@pytest.mark.parametrize(
    ("kind", "path", "directory", "text"),
    [
        ("module", "q.io/m", ".", "q.io/m"),
        ("module", "q.io/m", "sub", "q.io/m (sub)"),
        ("module", "", "sub", "sub"),
        ("workspace", "", ".", "workspace ."),
    ],
)
def test_titled(kind: str, path: str, directory: str, text: str) -> None:
    assert titled(ModuleReport(kind, path, directory, (), (), ())) == text
