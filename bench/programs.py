# SPDX-License-Identifier: BSD-3-Clause
"""What a benchmark needs: a module proxy on loopback, projects, and programs with caches of their own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import ssl
import stat
import subprocess
import time
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process and its children.

    Attributes:
        wall_s, cpu_s: seconds of wall and CPU.
        memory_mb: peak memory.
        requests, connections: how many it made.
        out: the file with its standard output.
        zips: the zips in its module cache afterwards, in bytes by name.
    """

    code: int
    wall_s: float
    cpu_s: float
    memory_mb: float
    requests: int
    out: Path
    zips: Mapping[str, int] = field(default_factory=dict)
    connections: int = 0


class Source:
    """Where modules come from: a URL, without requests that could be counted.

    Attributes:
        certificates: a file of the certificates that the server's is signed by; "" for those of the system.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.certificates = ""

    def ask(self, what: str) -> dict[str, object]:
        """`reset` the counters of requests, or read the `stats`."""
        return {}

    def stop(self) -> None:
        """End the server, where there is one."""


class Proxy(Source):
    """A running replay server, made by `start`."""

    def __init__(self, process: subprocess.Popen[str], url: str, certificates: str) -> None:
        super().__init__(url)
        self._process = process
        self.certificates = certificates
        context = ssl.create_default_context(cafile=certificates or None)
        handlers = urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        self._opener = urllib.request.build_opener(*handlers)

    @classmethod
    def start(cls, binary: Path, roots: Sequence[Path], options: Sequence[str], certificates: str = "") -> Proxy:
        """Serve `roots` with the server's own `options` (-rtt 30ms, -fail 0.02, …) until `stop`.

        With the name of a file for its `certificates` it speaks HTTP/2 over TLS.
        """
        if certificates:
            options = [*options, "-tls", "-ca", certificates]
        process = subprocess.Popen(
            [str(binary), "-exit-on-eof", *options, *map(str, roots)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise SystemExit("the replay server did not start")
        return cls(process, url, certificates)

    def ask(self, what: str) -> dict[str, object]:
        """As `Source.ask`."""
        with self._opener.open(f"{self.url}/-/{what}", timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if what == "stats" else {}

    def stop(self) -> None:
        """As `Source.stop`, by closing its standard input."""
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(30)


@dataclass(slots=True)
class Program:
    """One of the programs compared.

    Attributes:
        command: the words that run it.
        directory: where its home and its caches are.
        extra: what is added to its environment.
    """

    name: str
    command: Sequence[str]
    directory: Path
    extra: Mapping[str, str] = field(default_factory=dict)

    def environ(self, state: Path, url: str) -> dict[str, str]:
        """An environment with caches below `state`, without the caller's go settings, proxies and certificates."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("GO", "SSL_CERT", "XDG_")) and not name.lower().endswith("_proxy")
        }
        return kept | {
            "HOME": str(self.directory / "home"),
            "GOENV": "off",
            "GOFLAGS": "-mod=mod",
            "GOTOOLCHAIN": "local",
            "GOVCS": "*:off",
            "GOPROXY": url,
            "GOPATH": str(state / "path"),
            "GOMODCACHE": str(state / "mod"),
            "GOCACHE": str(self.directory / "gocache"),
            **self.extra,
        }

    def run(self, args: Sequence[str], cwd: Path, environ: Mapping[str, str], proxy: Source) -> Run:
        """Run once; standard output goes to a file beside the working directory."""
        out = cwd.parent / "out"
        if proxy.certificates:
            environ = {**environ, "SSL_CERT_FILE": proxy.certificates, "SSL_CERT_DIR": ""}
        proxy.ask("reset")
        with out.open("wb") as stdout, out.with_suffix(".err").open("wb") as stderr:
            start = time.perf_counter()
            process = subprocess.Popen(
                [*self.command, *args], cwd=cwd, env=environ, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
            )
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
        stats = proxy.ask("stats")
        requests, connections = stats.get("requests", 0), stats.get("connections", 0)
        assert isinstance(requests, int)
        assert isinstance(connections, int)
        cpu = usage.ru_utime + usage.ru_stime
        memory_mb = usage.ru_maxrss / 1024
        return Run(process.returncode, wall, cpu, memory_mb, requests, out, connections=connections)


def digest(path: Path) -> str:
    """SHA-256 of a file in hexadecimal, "missing" where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "missing"


def zips_digest(mod_cache: Path) -> str:
    """SHA-256 over the names and contents of all zips and .ziphash files of a module cache."""
    root = mod_cache / "cache/download"
    return _digest_of(root, (path for pattern in ("*.zip", "*.ziphash") for path in root.rglob(pattern)))


def zip_sizes(mod_cache: Path) -> dict[str, int]:
    """The bytes of each zip of a module cache, by name."""
    root = mod_cache / "cache/download"
    return {str(path.relative_to(root)): path.stat().st_size for path in root.rglob("*.zip")}


def hashes_digest(mod_cache: Path) -> str:
    """SHA-256 over the names and contents of all .ziphash files: of zips that each program has made itself."""
    root = mod_cache / "cache/download"
    return _digest_of(root, root.rglob("*.ziphash"))


def tree_digest(root: Path) -> str:
    """SHA-256 over the names and contents of all files of a tree."""
    return _digest_of(root, (path for path in root.rglob("*") if path.is_file()))


def _digest_of(root: Path, files: Iterable[Path]) -> str:
    lines = "".join(f"{path.relative_to(root)} {digest(path)}\n" for path in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def remove(tree: Path) -> None:
    """Remove a tree in which extracted modules are read-only."""
    for folder, names, _ in os.walk(tree):
        for path in (folder, *(os.path.join(folder, name) for name in names)):
            if not os.path.islink(path):
                os.chmod(path, os.stat(path).st_mode | stat.S_IRWXU)
    shutil.rmtree(tree, ignore_errors=True)


def build(replay: Path, top: Path) -> Path:
    """The replay server, built from its source."""
    binary = top / "replay"
    environ = {**os.environ, "GOFLAGS": "", "GOWORK": "off"}
    subprocess.run(["go", "build", "-o", str(binary), "."], cwd=replay / "replay", check=True, env=environ)
    return binary


def unpack(replay: Path, top: Path) -> tuple[list[Path], dict[str, Path]]:
    """The corpora of the replay folder: what the server serves, and the projects in them by name."""
    roots: list[Path] = []
    projects: dict[str, Path] = {}
    for archive in sorted((replay / "corpus").glob("*.tar.xz")):
        root = top / archive.name.partition(".")[0]
        root.mkdir()
        subprocess.run(["tar", "-C", str(root), "-xf", str(archive)], check=True)
        roots.append(root)
        projects |= {path.name: path for path in sorted((root / "projects").iterdir())}
    return roots, projects
