# SPDX-License-Identifier: BSD-3-Clause
"""Amounts of bytes on the command line."""

from __future__ import annotations

import pytest

from govgo.cli.options import FlagError
from govgo.cli.sizes import parse_size


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("1", 1),
        ("1500", 1500),
        ("700MB", 700_000_000),
        ("700 mb", 700_000_000),
        ("4G", 4_000_000_000),
        ("1.5k", 1500),
        ("512MiB", 512 << 20),
        ("2Ti", 2 << 40),
        ("10B", 10),
    ],
)
def test_amounts(text: str, want: int) -> None:
    assert parse_size("limit", text) == want


@pytest.mark.parametrize("text", ["", "0", "0.1", "-1", "MB", "1 2", "1e9", "9PB", "١"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(FlagError, match="for flag -limit: want an amount"):
        parse_size("limit", text)
