# SPDX-License-Identifier: BSD-3-Clause
"""Go versions from those of golang.org/toolchain."""

from __future__ import annotations

import pytest

from govgo.adapters.proxy.toolchains import go_version


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("v0.0.1-go1.21.3.linux-amd64", "1.21.3"),
        ("v0.0.1-go1.22rc1.darwin-arm64", "1.22rc1"),
        ("v0.0.1", ""),
        ("v0.0.1-go1.21.3", ""),
    ],
)
def test_go_version(version: str, found: str) -> None:
    assert go_version(version) == found
