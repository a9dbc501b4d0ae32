# SPDX-License-Identifier: BSD-3-Clause
"""cmd/go's own script tests, with govgo in go's place.

Needs a Go tree and a harness that runs `cmd/go/testdata/script` with the module verbs handed to another program; the
variable GOVGO_GOSCRIPTS names the harness's directory. It takes minutes, so it is marked slow, too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NOT_COUNTED = {"vcs", "auth"}
"""Areas that need version control systems and credential helpers which a machine may lack."""
SHARE = 0.95


@pytest.mark.go
@pytest.mark.slow
def test_go_scripts_pass(tmp_path: Path) -> None:
    harness = os.environ.get("GOVGO_GOSCRIPTS", "")
    if not harness:
        pytest.skip("GOVGO_GOSCRIPTS names no harness for cmd/go's script tests")
    report = tmp_path / "report.json"
    command = [f"{harness}/run", "--govgo", f"{sys.executable} -m govgo", "--scripts", "counted", "--json", str(report)]
    root = str(Path(__file__).parents[2])
    subprocess.run(command, env={**os.environ, "GOVGO_ENV_PYTHONPATH": root}, check=False, capture_output=True)
    results = json.loads(report.read_text())["scripts"]
    areas = json.loads(Path(harness, "classes.json").read_text())
    counted = {name: result for name, result in results.items() if areas.get(name) not in NOT_COUNTED}
    failed = sorted(name for name, result in counted.items() if result["result"] != "PASS")
    assert len(counted) >= 200
    assert len(failed) <= (1 - SHARE) * len(counted), failed
