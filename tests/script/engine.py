# SPDX-License-Identifier: BSD-3-Clause
"""Runs end-to-end scripts: a text of commands, and the files that they start from.

A script is a text archive: commands, then files, each after a line `-- name --`. Commands, one a line:

    govgo ARGS…        must succeed            ! govgo ARGS…     must fail
    exit CODE          exit code of the last command
    stdout 'REGEXP'    the last command's output has a line that matches; `! stdout` none (stderr likewise)
    cmp FILE FILE      equal files; `stdout` and `stderr` name the last command's output
    grep 'REGEXP' FILE; ! grep
    exists FILE; ! exists FILE; cd DIR; env K=V; rm FILE; cp FILE FILE; append FILE TEXT
    symlink FILE TARGET

`$PROXY` is the file:// proxy made from `testdata/mod/`, `$WORK` the directory of the script, also in the files.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from govgo.cli.main import invoke

_UNDER_MOD = frozenset({"download", "edit", "graph", "init", "tidy", "vendor", "why"})


@dataclass(frozen=True)
class Archive:
    """A text archive: its comment, and its files as (name, text) in order."""

    comment: str
    files: tuple[tuple[str, str], ...]


def parse_archive(text: str) -> Archive:
    """Split a text archive at its `-- name --` lines."""
    parts = re.split(r"(?m)^-- (.+?) --\n", text)
    return Archive(parts[0], tuple(zip(parts[1::2], parts[2::2], strict=True)))


class Script:
    """One script in a directory of its own."""

    def __init__(
        self,
        work: Path,
        proxy: str,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        go: str = "",
    ) -> None:
        self.work = work
        self.go = go
        self.capsys = capsys
        self.monkeypatch = monkeypatch
        self.stdout = self.stderr = ""
        self.code = 0
        self.variables = {"WORK": str(work), "PROXY": proxy}
        for name in [name for name in os.environ if name.startswith("GO")]:
            monkeypatch.delenv(name)
        home = work / ".home"
        home.mkdir()
        for name, value in {
            "HOME": str(home),
            "GOPATH": str(work / ".gopath"),
            "GOMODCACHE": str(work / ".gopath/pkg/mod"),
            "GOPROXY": proxy,
            "GOSUMDB": "off",
            "GOENV": "off",
            "GOTOOLCHAIN": "local",
            "GOCACHE": str(work / ".gocache"),
            "GOFLAGS": "-modcacherw",
        }.items():
            monkeypatch.setenv(name, value)

    def run(self, text: str, name: str) -> None:
        """Unpack the files and run the commands; fails with the line that went wrong."""
        archive = parse_archive(text)
        for path, content in archive.files:
            target = self.work / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(self._expand(content))
        self.monkeypatch.chdir(self.work)
        for number, line in enumerate(archive.comment.splitlines(), 1):
            words = [self._expand(word) for word in shlex.split(line, comments=True)]
            if not words:
                continue
            negated = words[0] == "!"
            try:
                self._command(words[negated:], negated=negated)
            except AssertionError as error:
                pytest.fail(
                    f"{name}:{number}: {line}\n{error}\nstdout:\n{self.stdout}\nstderr:\n{self.stderr}",
                    pytrace=False,
                )

    def _expand(self, word: str) -> str:
        return re.sub(r"\$(WORK|PROXY)", lambda found: self.variables[found[1]], word)

    def _command(self, words: list[str], *, negated: bool) -> None:
        name, *args = words
        match name:
            case "govgo":
                self._run(args)
                assert (self.code != 0) == negated, f"exit code {self.code}"
            case "exit":
                assert self.go or self.code == int(args[0]), f"exit code {self.code}"
            case "stdout" | "stderr":
                found = re.search(args[0], getattr(self, name), re.MULTILINE)
                assert bool(found) != negated
            case "grep":
                assert bool(re.search(args[0], self._text(args[1]), re.MULTILINE)) != negated
            case "cmp":
                assert self._text(args[0]) == self._text(args[1]), self._text(args[0])
            case "exists":
                assert Path(args[0]).exists() != negated
            case "cd":
                self.monkeypatch.chdir(args[0])
            case "env":
                key, _, value = args[0].partition("=")
                self.monkeypatch.setenv(key, value)
            case "symlink":
                Path(args[0]).symlink_to(args[1])
            case "rm":
                shutil.rmtree(args[0]) if Path(args[0]).is_dir() else Path(args[0]).unlink()
            case "cp":
                Path(args[1]).write_text(self._text(args[0]))
            case "append":
                with Path(args[0]).open("a") as file:
                    file.write(args[1] + "\n")
            case _:
                raise AssertionError(f"no such command: {name}")

    def _run(self, args: list[str]) -> None:
        """Run govgo in this process, or the real go under the same verb."""
        if self.go:
            words = ["mod", *args] if args[0] in _UNDER_MOD else args
            done = subprocess.run([self.go, *words], capture_output=True, text=True, check=False)
            self.code, self.stdout, self.stderr = done.returncode, done.stdout, done.stderr
            return
        self.capsys.readouterr()
        self.code = invoke(args)
        self.stdout, self.stderr = self.capsys.readouterr()

    def _text(self, name: str) -> str:
        if name in ("stdout", "stderr"):
            return str(getattr(self, name))
        return (self.work / name if not os.path.isabs(name) else Path(name)).read_text()
