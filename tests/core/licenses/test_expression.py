# SPDX-License-Identifier: BSD-3-Clause
"""SPDX expressions judged: truth tables worked out by hand from annex D of the specification (AND binds tighter)."""

from __future__ import annotations

import pytest

from govgo.core.licenses.expression import is_satisfied, licences_in


@pytest.mark.parametrize(
    ("expression", "accepted", "is_enough"),
    [
        ("MIT", "MIT", True),
        ("MIT", "ISC", False),
        ("MIT OR ISC", "ISC", True),
        ("MIT AND ISC", "ISC", False),
        ("MIT AND ISC", "ISC,MIT", True),
        ("MIT OR ISC AND Zlib", "MIT", True),
        ("MIT OR ISC AND Zlib", "ISC", False),
        ("(MIT OR ISC) AND Zlib", "MIT", False),
        ("(MIT OR ISC) AND Zlib", "ISC,Zlib", True),
        ("Zlib AND (MIT OR (ISC AND 0BSD))", "Zlib,ISC", False),
        ("Zlib AND (MIT OR (ISC AND 0BSD))", "Zlib,ISC,0BSD", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only", False),
        ("GPL-2.0-only WITH Classpath-exception-2.0 AND MIT", "MIT,GPL-2.0-only WITH Classpath-exception-2.0", True),
        ("(" * 5000 + "MIT" + ")" * 5000, "MIT", True),
    ],
)
def test_what_suffices(expression: str, accepted: str, is_enough: bool) -> None:
    assert is_satisfied(expression, frozenset(accepted.split(",")).__contains__) is is_enough


def test_licences_of_an_expression() -> None:
    assert licences_in("(MIT OR GPL-2.0-only WITH Classpath-exception-2.0) AND MIT AND ISC") == (
        "MIT",
        "GPL-2.0-only WITH Classpath-exception-2.0",
        "ISC",
    )
