# SPDX-License-Identifier: BSD-3-Clause
"""A command in an empty directory, with an environment of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from govgo.cli.main import invoke

Run = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run govgo in an empty directory with a home of its own, in this process: what a process adds, others test."""
    work = tmp_path / "work"
    work.mkdir()

    def call(*args: str, **environ: str) -> CompletedProcess[str]:
        env = {
            "HOME": str(tmp_path),
            "GOENV": str(tmp_path / "goenv"),
            "GOSUMDB": "off",
            "GOFLAGS": "-modcacherw",
            "PATH": os.environ["PATH"],
            **environ,
        }
        with pytest.MonkeyPatch.context() as patch:
            for name in os.environ.keys() - env.keys():
                patch.delenv(name)
            for name, value in env.items():
                patch.setenv(name, value)
            patch.chdir(work)
            capfd.readouterr()
            code = invoke([*args])
        return CompletedProcess([*args], code, *capfd.readouterr())

    return call
