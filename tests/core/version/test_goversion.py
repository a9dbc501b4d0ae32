# SPDX-License-Identifier: BSD-3-Clause
"""Go versions and toolchain names. Expected values: the rules of go.dev/doc/toolchain."""

from __future__ import annotations

import pytest

from govgo.core.version import goversion


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("go1.2.3", "1.2.3"),
        ("1.2.3", ""),
        ("go1.2.3-bigcorp", "1.2.3"),
        ("go1.2.3 x", "1.2.3"),
        ("go1.2.3+x", ""),
        ("a/go1.2.3", ""),
        ("default", ""),
        ("go", ""),
    ],
)
def test_from_toolchain(name: str, expected: str) -> None:
    assert goversion.from_toolchain(name) == expected


def test_goversion_steps() -> None:
    assert [goversion.prev(x) for x in ("1.21rc2", "1.3.5", "1.1", "1", "1.40", "x")] == [
        "1.20",
        "1.2",
        "1",
        "1",
        "1.39",
        "",
    ]
    assert goversion.prev("1.40000000000000000000") == "1.39999999999999999999"
    assert [goversion.is_lang(x) for x in ("1.21", "1.20", "1.21rc1", "1.21.0", "x")] == [
        True,
        False,
        False,
        False,
        False,
    ]
    assert goversion.max_version("1.21", "1.21.0") == "1.21.0"


def test_numbers_of_any_length() -> None:
    """Longer than Python reads as decimal integers."""
    nines, ten = "9" * 10_000, "1" + "0" * 10_000
    assert goversion.compare(f"1.{nines}", f"1.{ten}") == -1
