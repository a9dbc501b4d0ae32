# SPDX-License-Identifier: BSD-3-Clause
"""cmd/go's own script tests with the real go, whose module commands ask through `govgo serve`.

Needs the harness of `test_goscripts.py`. The scripts are those that pass with the real go alone; here they must, too.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

#: All that ask a proxy for much. Scripts about workspaces, editing and repositories do not.
AREAS = ("proxy", "download", "sum", "get", "list", "query", "retract", "tidy", "graph", "why")
UNLIKE = {
    **dict.fromkeys(
        ("mod_download", "mod_graph", "mod_tidy_support_buildx"),
        "want the URL of cmd/go's own proxy in a log of requests",
    ),
    **dict.fromkeys(
        ("mod_run_pkg_version", "mod_install_pkg_version", "mod_get_nopkgs"),
        "want the words in which cmd/go's own proxy says that something is not found",
    ),
    "mod_sum_absent": "wants the client to find that a hash is missing: the server has found it before",
}
"""Scripts that cannot pass through any proxy, and why."""


@pytest.mark.go
@pytest.mark.slow
def test_go_through_the_server_passes_its_own_scripts(tmp_path: Path) -> None:
    harness = os.environ.get("GOVGO_GOSCRIPTS", "")
    if not harness:
        pytest.skip("GOVGO_GOSCRIPTS names no harness for cmd/go's script tests")
    report, served = tmp_path / "report.json", tmp_path / "served"
    served.mkdir()
    areas = os.environ.get("GOVGO_GOSCRIPTS_AREAS", ",".join(AREAS)).split(",")
    command = [
        f"{harness}/run",
        *("--govgo", f"{sys.executable} {Path(__file__).with_name('served_go.py')}"),
        *("--scripts", ",".join(f"class:{area}" for area in areas)),
        *("--json", str(report)),
    ]
    try:
        subprocess.run(
            command, env={**os.environ, "GOVGO_ENV_SERVED_DIR": str(served)}, check=False, capture_output=True
        )
    finally:
        servers = [int(path.read_text()) for path in served.glob("*/pid")]
        for pid in servers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
    assert servers, "nothing went through a server"
    results = json.loads(report.read_text())["scripts"]
    failed = sorted(name for name, result in results.items() if result["result"] == "FAIL" and name not in UNLIKE)
    assert failed == []
    assert sum(result["result"] == "PASS" for result in results.values()) >= 5
