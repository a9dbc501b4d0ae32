# SPDX-License-Identifier: BSD-3-Clause
"""`govgo env` and `govgo download` from the outside; expected texts and shapes are those of go 1.26.8."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.simulators.proxy import ProxySimulator

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


def test_env_prints_values_json_and_changes(run: Run, tmp_path: Path) -> None:
    done = run("env", "GOPROXY", "GOMOD", "NOPE", "GOMODCACHE")
    assert done.stdout == f"https://proxy.golang.org,direct\n{os.devnull}\n\n{tmp_path}/go/pkg/mod\n"
    done = run("env", "-json", "GOSUMDB", "GOMOD")
    assert done.stdout == f'{{\n\t"GOMOD": "{os.devnull}",\n\t"GOSUMDB": "off"\n}}\n'
    changed = run("env", "-changed", GOPRIVATE="it's.example").stdout.splitlines()
    assert changed == [
        f"GOENV='{tmp_path}/goenv'",
        "GOFLAGS='-modcacherw'",
        "GOPRIVATE='it'\\''s.example'",
        "GOSUMDB='off'",
    ]


def test_env_writes_and_unsets(run: Run, tmp_path: Path) -> None:
    assert run("env", "-w", "GOPROXY=https://a.example", "GOPRIVATE=git.example").returncode == 0
    assert (tmp_path / "goenv").read_text() == "GOPRIVATE=git.example\nGOPROXY=https://a.example\n"
    assert run("env", "GONOPROXY").stdout == "git.example\n"
    done = run("env", "-w", "GOPROXY=https://b.example", GOPROXY="https://c.example")
    assert done.stderr == "warning: go env -w GOPROXY=... does not override conflicting OS environment variable\n"
    assert run("env", "-u", "GOPROXY").returncode == 0
    assert (tmp_path / "goenv").read_text() == "GOPRIVATE=git.example\n"


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["-w"], "no KEY=VALUE arguments given"),
        (["-w", "GOPROXY"], "arguments must be KEY=VALUE: invalid argument: GOPROXY"),
        (["-w", "FOO=1"], "unknown go command variable FOO"),
        (["-w", "GOENV=x"], "GOENV can only be set using the OS environment"),
        (["-w", "GOMOD=x"], "GOMOD cannot be modified"),
        (["-w", "GOPATH=x"], 'GOPATH entry is relative; must be absolute path: "x"'),
        (["-w", "GOPATH=~/x"], "GOPATH entry cannot start with shell metacharacter '~': \"~/x\""),
        (["-w", "GO111MODULE=x"], 'invalid GO111MODULE value "x"'),
        (["-w", "GOFLAGS=a\nb"], "invalid newline in GOFLAGS=... value"),
        (["-w", "GOBIN=a", "GOBIN=b"], "multiple values for key: GOBIN"),
        (["-u"], "'go env -u' requires an argument"),
        (["-u", "-w"], "cannot use -u with -w"),
        (["a=b"], 'invalid variable name "a=b" (use -w to set variable)'),
    ],
)
def test_env_refuses(run: Run, args: list[str], text: str) -> None:
    done = run("env", *args)
    assert done.stderr == f"govgo: {text}\n"
    assert done.returncode != 0


def test_download_tells_where_everything_lies(run: Run, tmp_path: Path) -> None:
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        done = run("mod", "download", "-json", "q.io/a@v1.0.0", "q.io/none@v1.0.0", GOPROXY=proxy.url)
        decoder = json.JSONDecoder()
        first, end = decoder.raw_decode(done.stdout)
        second, _ = decoder.raw_decode(done.stdout[end:].lstrip())
    base = f"{tmp_path}/go/pkg/mod/cache/download/q.io/a/@v/v1.0.0"
    assert list(first) == ["Path", "Version", "Info", "GoMod", "Zip", "Dir", "Sum", "GoModSum"]
    assert (first["Info"], first["GoMod"], first["Zip"]) == (f"{base}.info", f"{base}.mod", f"{base}.zip")
    assert first["Dir"] == f"{tmp_path}/go/pkg/mod/q.io/a@v1.0.0"
    assert second["Error"].startswith(f"q.io/none@v1.0.0: reading {proxy.url}/q.io/none/@v/v1.0.0.info: 404 Not Found")
    assert done.returncode == 1


def test_download_says_nothing_and_traces_requests(run: Run) -> None:
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        assert run("download", "q.io/a@v1.0.0", GOPROXY=proxy.url).stderr == ""
        again = run("download", "-x", "q.io/a@v1.0.0", GOPROXY=proxy.url)
        assert (again.stdout, again.stderr) == ("", "")
        proxy.add_module("q.io/b", "v1.0.0")
        lines = run("download", "-x", "q.io/b@v1.0.0", GOPROXY=proxy.url).stderr.splitlines()
        assert f"# get {proxy.url}/q.io/b/@v/v1.0.0.zip" in lines
        assert any(line.startswith(f"# get {proxy.url}/q.io/b/@v/v1.0.0.mod: 200 OK (") for line in lines)


def test_download_without_anything_to_download(run: Run, tmp_path: Path) -> None:
    done = run("mod", "download")
    assert done.stderr == "govgo: no modules specified (see 'go help mod download')\n"
    assert done.returncode != 0
    (tmp_path / "work/go.mod").write_text("module m\n\ngo 1.21\n")
    done = run("mod", "download")
    assert (done.stderr, done.returncode) == ("govgo: no module dependencies to download\n", 0)
