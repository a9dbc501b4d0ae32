# SPDX-License-Identifier: BSD-3-Clause
"""SSLKEYLOGFILE, into which libcurl and OpenSSL's tools write the keys of TLS: Go's net/http knows no such variable."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulators import campaigns
from tests.simulators.internet import Internet, Reply

ASK = "import sys\nfrom govgo.cli.main import invoke\nsys.exit(invoke(['list', '-m', '-versions', 'corp.test/a']))\n"
ENGINES = {"libcurl": "", "httpx": "import sys\nsys.modules['pycurl'] = None\n"}


@pytest.mark.parametrize("engine", campaigns.one_in(2, ENGINES))
def test_attack_the_keys_of_tls_are_written_nowhere(engine: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    (tmp_path / "net").mkdir()
    at = "https://corp.test/corp.test/a/@v/"
    answers = {f"{at}list": Reply(200, {}, b"v1.0.0\n"), f"{at}v1.0.0.info": Reply(200, {}, b'{"Version":"v1.0.0"}')}
    answers |= {f"{at}v1.0.0.mod": Reply(200, {}, b"module corp.test/a\n")}
    with Internet(tmp_path / "net", answers) as net:
        env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "GOENV": "off", "GOSUMDB": "off"}
        env |= {"GOPROXY": "https://corp.test", "HTTPS_PROXY": net.url, "SSL_CERT_FILE": net.roots}
        env |= {"SSL_CERT_DIR": net.no_more_roots, "SSLKEYLOGFILE": str(keys)}
        ran = subprocess.run(
            [sys.executable, "-c", ENGINES[engine] + ASK], env=env, cwd=tmp_path, capture_output=True, text=True
        )
    assert (ran.stdout, ran.stderr) == ("corp.test/a v1.0.0\n", "")
    assert not keys.exists()
