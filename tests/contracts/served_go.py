# SPDX-License-Identifier: BSD-3-Clause
"""The real go, with `govgo serve` before each of cmd/go's proxies that GOPROXY names, for the harness of its scripts.

A server is started for each combination of settings that it would share with its clients, and stays for the next
command; SERVED_DIR has a directory for each, with the file `pid`. Who has made SERVED_DIR ends them. With settings that
make no sense no server starts, and go says so by itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

SHARED = ("GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE", "GOINSECURE")
#: An entry of GOPROXY that is the proxy of cmd/go's own tests, or one of its faulty ones (`…/mod/404`).
ENTRY = re.compile(r"http://127\.0\.0\.1:[0-9]+/mod(?:/[^,|]*)?(?![^,|])")


def served(proxy: str) -> str:
    """The URL of a server in front of `proxy`; its own where there can be none."""
    settings = {**{name: os.environ.get(name, "") for name in SHARED}, "GOPROXY": proxy}
    name = hashlib.sha256(repr(sorted(settings.items())).encode()).hexdigest()[:16]
    top = Path(os.environ["SERVED_DIR"], name)
    top.mkdir(exist_ok=True)
    with open(top / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (top / "url").exists():
            start(top, settings)
    return (top / "url").read_text()


def start(top: Path, settings: dict[str, str]) -> None:
    environment = {
        **settings,
        "PATH": "/usr/bin:/bin",
        "HOME": str(top),
        "GOPATH": str(top / "go"),
        "GOENV": "off",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    words = [sys.executable, "-m", "govgo", "serve", "-listen", "127.0.0.1:0", "-storage", str(top / "store")]
    with open(top / "told", "wb") as told:
        process = subprocess.Popen(words, env=environment, stderr=told, start_new_session=True)
    (top / "pid").write_text(str(process.pid))
    for _ in range(1200):
        found = re.search(r"serving at (\S+)\n", (top / "told").read_text())
        if found is not None:
            (top / "url").write_text(found[1])
            return
        if process.poll() is not None:
            (top / "url").write_text(settings["GOPROXY"])
            (top / "pid").unlink()
            return
        time.sleep(0.05)
    raise SystemExit((top / "told").read_text())


def main() -> None:
    go = os.environ["GOVGO_REAL_GO"]
    environment = dict(os.environ)
    proxy = environment.get("GOPROXY", "")
    if ENTRY.search(proxy):
        environment["GOPROXY"] = ENTRY.sub(lambda found: served(found[0]), proxy)
        environment["no_proxy"] = environment["NO_PROXY"] = "127.0.0.1,localhost"
    os.execve(go, [go, *sys.argv[1:]], environment)


if __name__ == "__main__":
    main()
