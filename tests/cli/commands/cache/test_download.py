# SPDX-License-Identifier: BSD-3-Clause
"""`govgo download` from the outside; expected texts and shapes are those of go 1.26.8."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands.conftest import Run
from tests.simulators.proxy import ProxySimulator, Stall


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


@pytest.mark.parametrize(
    ("words", "variable"),
    [(["-timeout=200ms"], ""), ([], "200ms"), (["-timeout", "200ms"], "20m")],
    ids=["flag", "variable", "flag before variable"],
)
def test_how_long_an_answer_is_waited_for(run: Run, words: list[str], variable: str) -> None:
    with ProxySimulator() as proxy:
        proxy.script("*", Stall())
        done = run("download", *words, "q.io/a@v1.0.0", GOPROXY=proxy.url, GOVGO_TIMEOUT=variable)
        url = f"{proxy.url}/q.io/a/@v/v1.0.0.info"
    assert done.returncode == 3
    assert f'Get "{url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)' in done.stderr


@pytest.mark.parametrize("value", ["90", "-5s", "soon"])
def test_a_timeout_that_is_no_duration(run: Run, value: str) -> None:
    done = run("download", f"-timeout={value}", "q.io/a@v1.0.0", GOPROXY="off")
    assert done.returncode == 2
    assert done.stderr.startswith(f'invalid value "{value}" for flag -timeout: parse error\n')


def test_the_timeout_of_go_test_is_another_one(run: Run) -> None:
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        assert run("download", "q.io/a@v1.0.0", GOPROXY=proxy.url, GOFLAGS="-timeout=1ns").returncode == 0
