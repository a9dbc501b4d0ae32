# SPDX-License-Identifier: BSD-3-Clause
"""Command lines that cannot be read: the lines that go 1.26.8 prints, recorded, with the program's own name in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgo.cli.main import invoke

# The first line of `go help X`.
USAGE = {
    "get": "[-t] [-u] [-tool] [build flags] [packages]",
    "list": "[-f format] [-json] [-m] [list flags] [build flags] [packages]",
    "env": "[-json] [-changed] [-u] [-w] [var ...]",
    "mod download": "[-x] [-json] [-reuse=old.json] [modules]",
    "mod edit": "[editing flags] [-fmt|-print|-json] [go.mod]",
    "mod graph": "[-go=version] [-x]",
    "mod init": "[module-path]",
    "mod tidy": "[-e] [-v] [-x] [-diff] [-go=version] [-compat=version]",
    "mod vendor": "[-e] [-v] [-o outdir]",
    "mod verify": "",
    "mod why": "[-m] [-vendor] packages...",
    "work edit": "[editing flags] [go.work]",
    "work init": "[moddirs]",
    "work sync": "",
    "work use": "[-r] [moddirs]",
    "work vendor": "[-e] [-v] [-o outdir]",
}


@pytest.mark.parametrize("command", USAGE)
def test_an_unknown_flag(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke([*command.split(), "-nosuch"]) == 2
    usage = f"usage: govgo {command} {USAGE[command]}".rstrip()
    assert capsys.readouterr() == (
        "",
        f"flag provided but not defined: -nosuch\n{usage}\nRun 'govgo help {command}' for details.\n",
    )


@pytest.mark.parametrize("command", USAGE)
def test_help_begins_with_the_usage_line(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["help", *command.split()], [*command.split(), "--help"]):
        assert invoke(words) == 0
        assert capsys.readouterr().out.startswith(f"usage: govgo {command} {USAGE[command]}".rstrip() + "\n\n")


TOLD = [
    ("mod graph -go=x", 'invalid value "x" for flag -go: expecting a Go version like "1.26.8"\n'
     "usage: govgo mod graph [-go=version] [-x]\nRun 'govgo help mod graph' for details.\n"),
    ("mod tidy -compat", "flag needs an argument: -compat\n"
     "usage: govgo mod tidy [-e] [-v] [-x] [-diff] [-go=version] [-compat=version]\n"
     "Run 'govgo help mod tidy' for details.\n"),
    ("nosuch", "govgo nosuch: unknown command\nRun 'govgo help' for usage.\n"),
    ("mod nosuch", "govgo mod: unknown command\nRun 'govgo help mod' for usage.\n"),
    ("work nosuch", "govgo work: unknown command\nRun 'govgo help work' for usage.\n"),
    ("help nosuch", "govgo help nosuch: unknown help topic. Run 'govgo help'.\n"),
    ("help mod nosuch", "govgo help mod nosuch: unknown help topic. Run 'govgo help mod'.\n"),
    ("mod help nosuch", "govgo help mod nosuch: unknown help topic. Run 'govgo help mod'.\n"),
    ("-C nosuch mod graph", "govgo: chdir nosuch: no such file or directory\n"),
    ("mod -C=nosuch graph", "govgo: chdir nosuch: no such file or directory\n"),
    ("mod grahp", "govgo mod: unknown command\nhint: did you mean `govgo mod graph`?\n"
     "Run 'govgo help mod' for usage.\n"),
]  # fmt: skip
"""Command line, standard error; the hint is govgo's own."""


@pytest.mark.parametrize(("line", "told"), TOLD, ids=[line for line, _ in TOLD])
def test_what_is_told(
    line: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "go.mod").write_text("module m\n\ngo 1.24\n")
    monkeypatch.chdir(tmp_path)
    assert invoke(line.split()) == 2
    assert capsys.readouterr() == ("", told)
