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

UNLIKE = {
    **dict.fromkeys(
        ("mod_download", "mod_graph", "mod_tidy_support_buildx"),
        "want the URL of cmd/go's own proxy in a log of requests",
    ),
    **dict.fromkeys(
        ("mod_run_pkg_version", "mod_install_pkg_version", "mod_get_nopkgs"),
        "want the words in which cmd/go's own proxy says that something is not found",
    ),
    "mod_list_update_nolatest": "wants go's words for a body that is no list: the server has refused it before",
    "mod_sum_absent": "wants the client to find that a hash is missing: the server has found it before",
    "mod_sumdb_proxy": "wants the words of a proxy without the database: the server has a way to it of its own",
    "mod_invalid_path_dotname": "its database has a wrong hash, which the client never asks for and the server does",
}
"""Scripts that cannot pass through any proxy, or not through one that proves what it serves, and why."""


@pytest.mark.go
@pytest.mark.slow
def test_go_through_the_server_passes_its_own_scripts(tmp_path: Path) -> None:
    harness = os.environ.get("GOVGO_GOSCRIPTS", "")
    if not harness:
        pytest.skip("GOVGO_GOSCRIPTS names no harness for cmd/go's script tests")
    report, served = tmp_path / "report.json", tmp_path / "served"
    served.mkdir()
    scripts = os.environ.get("GOVGO_GOSCRIPTS_SELECTION", "counted")
    command = [
        f"{harness}/run",
        *("--govgo", f"{sys.executable} {Path(__file__).with_name('served_go.py')}"),
        *("--scripts", scripts),
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
