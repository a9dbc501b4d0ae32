# SPDX-License-Identifier: BSD-3-Clause
"""Which version is the one to take."""

from __future__ import annotations

import pytest

from govgo.core.registry.facts import best_version, standing_key

PSEUDO = "v0.0.0-20240102030405-0123456789ab"


@pytest.mark.parametrize(
    ("versions", "want"),
    [
        ("", ""),
        (PSEUDO, PSEUDO),
        (f"v0.1.0-rc.1 {PSEUDO}", "v0.1.0-rc.1"),
        # Go Modules Reference, "Version queries": latest is the highest release, else the highest pre-release
        ("v1.0.0 v2.0.0-rc.1 v1.10.0 v1.9.0", "v1.10.0"),
        ("v2.0.0-alpha v2.0.0-beta", "v2.0.0-beta"),
        ("v1.0.1-0.20240102030405-0123456789ab v0.9.0", "v0.9.0"),
        # and a version that is marked +incompatible where there is no other
        ("v1.5.0 v2.0.0+incompatible", "v1.5.0"),
        ("v2.0.0+incompatible v3.1.0+incompatible", "v3.1.0+incompatible"),
    ],
)
def test_the_version_to_take(versions: str, want: str) -> None:
    assert best_version(versions.split()) == want


def test_versions_in_order() -> None:
    want = ["v3.0.0+incompatible", PSEUDO, "v1.0.0-rc.1", "v0.9.0", "v0.10.0", "v1.0.0"]
    assert sorted(set(want), key=standing_key) == want
