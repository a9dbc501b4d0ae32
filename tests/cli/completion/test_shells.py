# SPDX-License-Identifier: BSD-3-Clause
"""Completion as somebody meets it who types TAB in bash, zsh or fish; what it loads, and how long it takes."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulators import campaigns
from tests.test_startup import HEAVY, loaded, packages

ROOT = Path(__file__).parents[3]
_DEADLINE_S = 20
HOSTILE = 'require (\n\t"evil.io/x;echo${IFS}run" v1.0.0\n\t"evil.io/x$(echo)" v1.0.0\n)\n'
_PYTHON_S = 0.014
"""What `python -c pass` takes of the processor on an idle machine, on which a completion takes 40 ms."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a module, a module cache, `govgo` on PATH, and every script."""
    home = tmp_path_factory.mktemp("home")
    module = home / "m"
    module.mkdir()
    (module / "go.mod").write_text("module m\n\ngo 1.21\n\nrequire rsc.io/quote v1.5.2\n" + HOSTILE)
    (module / "outfile.txt").touch()
    versions = home / "go/pkg/mod/cache/download/rsc.io/quote/@v"
    versions.mkdir(parents=True)
    (versions / "v1.5.2.mod").touch()
    (home / "bin").mkdir()
    program = home / "bin/govgo"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m govgo "$@"\n')
    program.chmod(0o755)
    return home


def environ(home: Path) -> dict[str, str]:
    path = f"{home}/bin:{os.environ['PATH']}"
    return {"HOME": str(home), "PATH": path, "TERM": "xterm", "LC_ALL": "C.UTF-8", "GOENV": "off", "GOPROXY": "off"}


def script(home: Path, shell: str) -> str:
    done = subprocess.run(
        [str(home / "bin/govgo"), "completion", shell], env=environ(home), capture_output=True, text=True, check=True
    )
    return done.stdout


class Terminal:
    """A shell in a pseudo-terminal."""

    def __init__(self, home: Path, command: list[str]) -> None:
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.chdir(home / "m")
            os.execvpe(command[0], command, environ(home))
        self.is_zsh = command[0] == "zsh"
        self._shown = ""

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def wait_for(self, pattern: str) -> str:
        """Wait until what was shown since the last call matches; the match."""
        deadline = time.monotonic() + _DEADLINE_S
        while True:
            plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\x08|\x07|\x1b\][^\x07]*\x07", "", self._shown)
            if match := re.search(pattern, plain):
                self._shown = ""
                return match[0]
            left = deadline - time.monotonic()
            assert left > 0, plain
            if select.select([self._fd], [], [], left)[0]:
                self._shown += os.read(self._fd, 1 << 16).decode(errors="replace")

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._fd)


SETUP = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "bind 'set enable-bracketed-paste off'; source {}"),
    "zsh": (["zsh", "-f", "-i"], "bindkey -e; autoload -U compinit; compinit -u; source {}"),
}


@pytest.fixture(params=["bash", "zsh"], scope="module")
def terminal(home: Path, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    """One shell for all lines: zsh takes a second to prepare its completions."""
    shell = request.param
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")
    (home / f"script.{shell}").write_text(script(home, shell))
    command, setup = SETUP[shell]
    shown = Terminal(home, command)
    try:
        shown.type(setup.format(home / f"script.{shell}") + "; echo ready-$((40+2))\n")
        shown.wait_for("ready-42")
        yield shown
    finally:
        shown.close()


@pytest.mark.parametrize(
    ("typed", "completed"),
    campaigns.one_in(
        4,
        [
            ("govgo tid", "govgo tidy "),
            ("govgo explain sum-mism", "govgo explain sum-mismatch "),
            ("govgo list --vers", "govgo list --versions "),
            ("govgo list -mod=rea", "govgo list -mod=readonly "),
            ("govgo why -m rsc.io/q", "govgo why -m rsc.io/quote "),
            ("govgo get rsc.io/quote@v1", "govgo get rsc.io/quote@v1.5.2 "),
            ("govgo get rsc.io/quote@la", "govgo get rsc.io/quote@latest "),
            ("govgo why -m evil", "govgo why -m evil"),
            ("govgo verify -o sari", "govgo verify -o sarif:"),
            ("govgo verify -o sarif:outf", "govgo verify -o sarif:outfile.txt "),
            ("govgo tidy -modfile outf", "govgo tidy -modfile outfile.txt "),
        ],
    ),
)
def test_a_person_types_tab(terminal: Terminal, typed: str, completed: str) -> None:
    # Then the line is made an argument of echo: Ctrl-A goes to its beginning, Ctrl-E to its end.
    terminal.type(f'{typed}\t\x01echo "line: \x05."\n')
    shown = terminal.wait_for(r"\nline: .*\.\r")[7:-2]
    assert shown == (completed.rstrip() if terminal.is_zsh else completed)  # zsh takes the space back at Ctrl-A


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish on this machine")
@pytest.mark.parametrize(
    ("line", "want"),
    campaigns.one_in(
        3,
        [
            ("govgo tid", ["tidy\tMatch go.mod and go.sum to the imports of the source."]),
            ("govgo list --vers", ["--versions\tShow the known versions of each module."]),
            ("govgo list -mod=v", ["-mod=vendor"]),
            ("govgo get rsc.io/quote@v1", ["rsc.io/quote@v1.5.2"]),
            ("govgo verify -o sarif:outf", ["sarif:outfile.txt"]),
        ],
    ),
)
def test_fish_completes(home: Path, line: str, want: list[str]) -> None:
    (home / "script").write_text(script(home, "fish"))
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"source {home}/script; complete -C '{line}'"],
        cwd=home / "m",
        env=environ(home),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines() == want, done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_scripts_have_no_faults_of_syntax(home: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")
    done = subprocess.run([shell, "-n"], input=script(home, shell), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_shell_that_is_not_known(home: Path) -> None:
    done = subprocess.run([str(home / "bin/govgo"), "completion", "tcsh"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "govgo: completion: name one shell: bash, zsh, fish\n")


def test_a_completion_loads_little_and_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    (tmp_path / "go.mod").write_text("module m\n\nrequire rsc.io/quote v1.5.2\n")
    words = ("__complete", "zsh", "--", "get", "rsc.io/q")
    loaded(*words, cwd=tmp_path)  # makes the table
    result, names = loaded(*words, cwd=tmp_path)
    assert "rsc.io/quote\trequired by go.mod" in result.stdout
    assert not packages(names) & (HEAVY | {"click", "socket", "ssl"})
    assert not any(name.startswith(("govgo.wiring", "govgo.app")) for name in names)
    assert len([name for name in names if name.startswith("govgo")]) <= 60


def loaded_by(home: Path, line: str) -> set[str]:
    """The modules that a completion loads."""
    words = ["-X", "importtime", "-m", "govgo", "__complete", "zsh", "--", *line.split(" ")]
    environment = {**environ(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *words], cwd=home / "m", env=environment, check=True, capture_output=True, text=True
    )
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}


@pytest.mark.wide
def test_a_completion_loads_no_more_than_it_needs(home: Path) -> None:
    """What makes it slow is what it loads: no help, no event loop, no client, and none of the verbs."""
    script(home, "zsh")  # makes the table
    loaded = loaded_by(home, "get rsc.io/q")
    assert {"govgo.cli.completion", "govgo.core.module.cachepath"} <= loaded
    assert not loaded & {"click", "rich", "httpx", "pycurl", "asyncio", "json", "subprocess", "govgo.adapters.http"}
    assert not loaded & {"_hashlib", "govgo.core.modfile"}, "each would take a fifth of the time"
    assert not [name for name in loaded if name.startswith(("govgo.app.", "govgo.load.", "govgo.wiring."))]
    # Commands and flags are in the table: neither go.mod nor the environment is read for them.
    loaded = loaded_by(home, "list -")
    assert "govgo.cli.completion" in loaded
    unused = ("govgo.core.modfile", "govgo.core.module", "govgo.core.goenv")
    assert not [name for name in loaded if name.startswith(unused)]
