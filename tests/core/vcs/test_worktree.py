# SPDX-License-Identifier: BSD-3-Clause
"""Versions of main modules, by the Go Modules Reference, "Pseudo-versions" and "Mapping versions to commits"."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from govgo.core.module.info import Origin
from govgo.core.vcs.coderepo import Commit, locate
from govgo.core.vcs.worktree import version_at

HASH = "80d85c5d4d17598a0e9055e7c175a32b415d6128"
STAMP = "20180219231006-80d85c5d4d17"


@pytest.mark.parametrize(
    ("path", "tags", "reachable", "wanted"),
    [
        ("q.io/m", (), (), f"v0.0.0-{STAMP}"),
        ("q.io/m/v2", (), (), f"v2.0.0-{STAMP}"),
        ("q.io/m", ("v1.0.0", "v1.1.0"), ("v1.0.0", "v1.1.0"), "v1.1.0"),
        ("q.io/m", ("latest", "v1.0.0"), (), "v1.0.0"),
        ("q.io/m", ("v2.0.0",), ("v2.0.0", "v1.0.0"), f"v1.0.1-0.{STAMP}"),  # of another major version
        ("q.io/m", (), ("v1.2.3", "v1.10.0", "v1.9.0"), f"v1.10.1-0.{STAMP}"),
        ("q.io/m", (), ("v1.3.0-pre",), f"v1.3.0-pre.0.{STAMP}"),
        ("q.io/m/v2", (), ("v1.2.3", "v2.0.1"), f"v2.0.2-0.{STAMP}"),
        ("q.io/m/sub", ("v1.0.0", "sub/v0.3.0"), (), "v0.3.0"),
        ("q.io/m/sub", ("v1.0.0",), ("sub/v0.3.0", "v1.0.0"), f"v0.3.1-0.{STAMP}"),
        ("q.io/m", ("sub/v0.3.0",), ("sub/v0.3.0",), f"v0.0.0-{STAMP}"),
    ],
)
def test_version(path: str, tags: tuple[str, ...], reachable: tuple[str, ...], wanted: str) -> None:
    time = datetime(2018, 2, 19, 23, 10, 6, tzinfo=UTC)
    commit = Commit(HASH, HASH[:12], HASH, time, tags, Origin())
    assert version_at(locate(path, "q.io/m"), commit, reachable) == wanted
