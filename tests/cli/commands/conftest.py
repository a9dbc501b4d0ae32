# SPDX-License-Identifier: BSD-3-Clause
"""A command run from the outside, in an empty directory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run govgo in an empty directory with a home of its own."""
    work = tmp_path / "work"
    work.mkdir()

    def call(*args: str, **environ: str) -> subprocess.CompletedProcess[str]:
        env = {
            "HOME": str(tmp_path),
            "GOENV": str(tmp_path / "goenv"),
            "GOSUMDB": "off",
            "GOFLAGS": "-modcacherw",
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.getcwd(),
            **environ,
        }
        command = [sys.executable, "-m", "govgo", *args]
        return subprocess.run(command, cwd=work, env=env, capture_output=True, text=True, check=False)

    return call
