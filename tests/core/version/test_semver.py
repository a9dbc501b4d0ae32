# SPDX-License-Identifier: BSD-3-Clause
"""Semantic versions: what the vectors do not say. Expected values: semver.org 2.0.0, section 11."""

from __future__ import annotations

from itertools import pairwise

from govgo.core.version import semver

ASCENDING = (
    "x", "v1.0.0-alpha", "v1.0.0-alpha.1", "v1.0.0-alpha.beta", "v1.0.0-beta", "v1.0.0-beta.2", "v1.0.0-beta.11",
    "v1.0.0-rc.1", "v1.0.0", "v1.0.1", "v1.10.0", "v2.0.0",
)  # fmt: skip


def test_order() -> None:
    for low, high in pairwise(ASCENDING):
        assert semver.key(low) < semver.key(high)
        assert (semver.compare(low, high), semver.compare(high, low)) == (-1, 1)
    assert semver.compare("v1", "v1.0.0+meta") == 0


def test_one_less() -> None:
    assert [semver.one_less(digits) for digits in ("1", "10", "100", "2000")] == ["0", "9", "99", "1999"]


def test_numbers_of_any_length() -> None:
    """Longer than Python reads as decimal integers."""
    nines, ten = "9" * 10_000, "1" + "0" * 10_000
    assert semver.compare(f"v1.{nines}.0", f"v1.{ten}.0") == -1
    assert semver.compare(f"v1.0.0-{ten}", f"v1.0.0-{nines}") == 1
