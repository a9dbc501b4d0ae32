# SPDX-License-Identifier: BSD-3-Clause
"""Platforms and experiments: what `go env -w` accepts and refuses (go 1.26.8)."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from govgo.core.gosource.platforms import is_platform, unknown_experiment


@pytest.mark.parametrize("pair", ["linux/amd64", "js/wasm", "plan9/386", "linux/sparc64", "aix/ppc64"])
def test_platforms(pair: str) -> None:
    assert is_platform(*pair.split("/"))


@pytest.mark.parametrize("pair", ["nosuch/amd64", "linux/wasm", "js/amd64", "plan9/arm64", "/amd64", "linux/"])
def test_no_platforms(pair: str) -> None:
    assert not is_platform(*pair.split("/"))


@pytest.mark.go
def test_platforms_are_those_of_go() -> None:
    go = shutil.which("go")
    assert go is not None
    listed = subprocess.run([go, "tool", "dist", "list", "-broken"], capture_output=True, text=True, check=True).stdout
    assert all(is_platform(*pair.split("/")) for pair in listed.split())


@pytest.mark.parametrize(
    ("text", "unknown"),
    [("", ""), ("none", ""), ("simd,nosimd,regabi,noregabi", ""), ("nosuch", "such"), ("simd,x", "x"), (",,", "")],
)
def test_experiments(text: str, unknown: str) -> None:
    assert unknown_experiment(text) == unknown
