# SPDX-License-Identifier: BSD-3-Clause
"""`govgo env` from the outside; expected texts and shapes are those of go 1.26.8."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.commands.conftest import Run


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


@pytest.mark.parametrize("args", [[], ["-json"], ["GOPROXY"], ["GO111MODULE"], ["-json", "GOPROXY"], ["-changed"]])
def test_env_with_an_impossible_go111module(run: Run, args: list[str]) -> None:
    """go prints none of its settings then; it can be mended all the same."""
    done = run("env", *args, GO111MODULE="nonsense")
    assert (done.stdout, done.stderr) == ("", "govgo: unknown environment setting GO111MODULE=nonsense\n")
    assert run("env", "-w", "GO111MODULE=on", GO111MODULE="nonsense").returncode == 0


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
