# SPDX-License-Identifier: BSD-3-Clause
"""A name server that never answers, in a network of its own: Linux lets a user make one (user_namespaces(7))."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_OWN = ["unshare", "--map-root-user", "--net", "--mount"]
_ALONE = shutil.which(_OWN[0]) is not None and not subprocess.run([*_OWN, "true"], capture_output=True).returncode

pytestmark = pytest.mark.skipif(not _ALONE, reason="this system lets no user have a network of their own")

# The C library asks at port 53 of the address in resolv.conf, for 5 s, and once more.
_ASK = """
import asyncio, fcntl, socket, struct, sys, time

from govgo.adapters.http.client import HttpClient
from govgo.adapters.http.curl_engine import CurlEngine
from govgo.adapters.http.timeouts import Patience
from govgo.errors import NetworkError

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
    fcntl.ioctl(silent, 0x8914, struct.pack("16sh", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP: netdevice(7)
    silent.bind(("127.0.0.1", 53))

    async def ask():
        client = HttpClient(CurlEngine(), patience=Patience(0.6))
        try:
            await client.get("http://q.example/", 100)
        except NetworkError as error:
            print(error)
        finally:
            await client.aclose()

    started = time.monotonic()
    asyncio.run(ask())
    print(len(silent.recv(512)) > 0, time.monotonic() - started < 4)
"""


def test_attack_a_name_server_that_never_answers(tmp_path: Path) -> None:
    """Who fails soon does so, though libcurl would wait for the C library when it is closed."""
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n")
    mounts = "".join(f"mount --bind {name} /etc/{name} && " for name in ("resolv.conf", "hosts"))
    command = [*_OWN, "sh", "-c", f'{mounts} exec "$0" -c "$1"', sys.executable, _ASK]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=60)
    said, times = done.stdout.splitlines()
    assert said.endswith("before any sign of the server)"), done.stderr
    assert times == "True True"
