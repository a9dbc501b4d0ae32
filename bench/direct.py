# SPDX-License-Identifier: BSD-3-Clause
"""Modules from git repositories (`GOPROXY=direct`): ten of them, made here, by file:// and behind an HTTP server."""

from __future__ import annotations

import http.server
import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from programs import Program, Run, Source, digest, hashes_digest, remove

COUNT = 10
VERBS = ("mod download", "list -m all", "mod tidy")
_HOST = "https://github.com/bench/"  # a host whose repositories need no page to be found; git is told where they are
_FILES, _LINES = 20, 200


class GitServer(Source):
    """Repositories behind `git http-backend` on loopback; each request and each connection takes `rtt_s` longer."""

    def __init__(self, root: Path, rtt_s: float) -> None:
        counted = self._requests = [0]

        class Handler(_Handler):
            place, delay_s, requests = root, rtt_s, counted

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        super().__init__(f"http://127.0.0.1:{self._server.server_port}/")

    def ask(self, what: str) -> dict[str, object]:
        """As `Source.ask`."""
        if what == "reset":
            self._requests[0] = 0
        return {"requests": self._requests[0]}

    def stop(self) -> None:
        """As `Source.stop`."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    """Runs `git http-backend` for each request, as a CGI program (RFC 3875)."""

    protocol_version = "HTTP/1.1"
    place = Path()
    delay_s = 0.0
    requests: list[int]

    def setup(self) -> None:
        super().setup()
        time.sleep(self.delay_s)

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding") != "chunked":
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))
            return
        parts = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        self._answer(b"".join(parts))

    def _answer(self, body: bytes) -> None:
        self.requests[0] += 1
        time.sleep(self.delay_s)
        path, _, query = self.path.partition("?")
        environ = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.place),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=environ, capture_output=True, check=False)
        head, _, data = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n") if ": " in line)
        self.send_response_only(int(fields.pop("Status", "200 OK").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass


def make_repositories(root: Path) -> None:
    """`COUNT` bare repositories of a few commits, with the tags v1.0.0 and v1.1.0, and a main module in `src`."""
    lines = "".join(f"// line {number}\n" for number in range(_LINES))
    for number in range(COUNT):
        path = root / f"m{number}"
        mod = f"module github.com/bench/m{number}\n\ngo 1.21\n"
        first = {"go.mod": mod, "LICENSE": "free\n", "a/a.go": f"package a\n{lines}"}
        second = {f"a/f{file}.go": f"package a\n{lines}" for file in range(_FILES)}
        stream = _commit(1_600_000_000, first, "v1.0.0") + _commit(1_600_000_001, second, "v1.1.0")
        stream += _commit(1_600_000_002, {"b/b.go": "package b\n"})
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(path)], check=True)
        subprocess.run(["git", "-C", str(path), "fast-import", "--quiet"], input=stream.encode(), check=True)
    source = root / "src"
    source.mkdir()
    requires = "".join(f"\tgithub.com/bench/m{number} v1.1.0\n" for number in range(COUNT))
    (source / "go.mod").write_text(f"module example.com/main\n\ngo 1.21\n\nrequire (\n{requires})\n")
    imports = "".join(f'\t_ "github.com/bench/m{number}/a"\n' for number in range(COUNT))
    (source / "main.go").write_text(f"package main\n\nimport (\n{imports})\n\nfunc main() {{}}\n")


def _commit(seconds: int, files: Mapping[str, str], tag: str = "") -> str:
    """A commit on main, in the format of git-fast-import(1)."""
    parts = [f"commit refs/heads/main\ncommitter A <a@example.com> {seconds} +0000\ndata 1\nc\n"]
    parts += [f"M 100644 inline {name}\ndata {len(text)}\n{text}\n" for name, text in files.items()]
    return "".join(parts) + (f"reset refs/tags/{tag}\nfrom refs/heads/main\n\n" if tag else "")


def direct(
    programs: Sequence[Program], top: Path, rtts: Sequence[str], repeat: int, row: Callable[[Sequence[object]], str]
) -> bool:
    """Print a table of ten modules from repositories; True if all outcomes were the same."""
    root = top / "repositories"
    root.mkdir()
    make_repositories(root)
    places = {"file": Source(f"file://{root}/")}
    places |= {f"http, {rtt} ms": GitServer(root, float(rtt) / 1000) for rtt in rtts}
    names = [program.name for program in programs]
    ratios = [f"wall / {name}" for name in names[:-1]]
    head = ["direct", "repositories", *(f"{name} s (CPU)" for name in names), "git processes", "requests", *ratios]
    print(row([*head, "check"]), row(["---"] * (len(head) + 1)), sep="\n", flush=True)
    valid = True
    try:
        for verb in VERBS:
            for name, place in places.items():
                runs: dict[str, list[Run]] = {program.name: [] for program in programs}
                outcomes, processes = set(), []
                for number in range(repeat):
                    for program in programs if number % 2 == 0 else programs[::-1]:
                        run, outcome, _ = _run(program, verb, root, place, counted=False)
                        runs[program.name].append(run)
                        outcomes.add(outcome)
                for program in programs:
                    processes.append(_run(program, verb, root, place, counted=True)[2])
                walls = [statistics.median(run.wall_s for run in each) for each in runs.values()]
                cpus = [statistics.median(run.cpu_s for run in each) for each in runs.values()]
                times = [f"{wall:.3f} ({cpu:.2f})" for wall, cpu in zip(walls, cpus, strict=True)]
                requests = "/".join(str(each[-1].requests) for each in runs.values())
                shown = [f"{walls[-1] / wall:.2f}" for wall in walls[:-1]]
                sound = len(outcomes) == 1 and not any(run.code for each in runs.values() for run in each)
                valid = valid and sound
                cells = [verb, name, *times, "/".join(map(str, processes)), requests, *shown]
                print(row([*cells, "ok" if sound else "INVALID"]), flush=True)
    finally:
        for place in places.values():
            place.stop()
    print()
    return valid


def _run(program: Program, verb: str, root: Path, place: Source, *, counted: bool) -> tuple[Run, str, int]:
    """One cold run, its outcome, and if `counted`, how many git processes it started itself."""
    state = Path(tempfile.mkdtemp(dir=program.directory))
    shutil.copytree(root / "src", state / "src")
    environ = program.environ(state, "direct") | {
        "GOVCS": "*:git",
        "GOSUMDB": "off",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{place.url}.insteadOf",
        "GIT_CONFIG_VALUE_0": _HOST,
    }
    log = state / "git.log"
    if counted:
        counter = state / "bin" / "git"
        counter.parent.mkdir()
        counter.write_text(f'#!/bin/sh\necho >> "{log}"\nexec "{shutil.which("git")}" "$@"\n')
        counter.chmod(0o755)
        environ["PATH"] = f"{counter.parent}:{environ['PATH']}"
    run = program.run(verb.split(), state / "src", environ, place)
    files = [digest(state / "src" / name) for name in ("go.mod", "go.sum")]
    outcome = " ".join([hashes_digest(state / "mod"), digest(run.out), *files])
    processes = len(log.read_text().splitlines()) if log.exists() else 0
    remove(state)
    return run, outcome, processes
