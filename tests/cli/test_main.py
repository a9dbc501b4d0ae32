# SPDX-License-Identifier: BSD-3-Clause
"""Command lines that cannot be read: the lines that go 1.26.8 prints, recorded, with the program's own name in them."""

from __future__ import annotations

import os
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
    group, _, name = command.rpartition(" ")
    for words in (["help", *command.split()], [*command.split(), "--help"], [*group.split(), "help", name]):
        assert invoke(words) == 0
        assert capsys.readouterr().out.startswith(f"usage: govgo {command} {USAGE[command]}".rstrip() + "\n\n")


@pytest.mark.parametrize("words", ["--help", "-C . --help", "-C=. -h", "-C . help", "-C=. help"])
def test_help_of_a_group(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    for group in ("", "mod ", "work "):
        assert invoke([*group.split(), *words.split()]) == 0
        assert capsys.readouterr().out.startswith(f"usage: govgo {group}")


@pytest.mark.parametrize("words", ["list -reuse FILE -h", "edit -require a@v1 --help", "-C . list -h"])
def test_help_behind_other_flags(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(words.split()) == 0
    assert capsys.readouterr().out.startswith("usage: govgo ")


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
    ("work help nosuch", "govgo help work nosuch: unknown help topic. Run 'govgo help work'.\n"),
    ("mod help nosuch", "govgo help mod nosuch: unknown help topic. Run 'govgo help mod'.\n"),
    ("-C nosuch mod graph", "govgo: chdir nosuch: no such file or directory\n"),
    ("mod -C=nosuch graph", "govgo: chdir nosuch: no such file or directory\n"),
    ("-C nosuch", "govgo: chdir nosuch: no such file or directory\n"),
    ("-C list -m", "govgo: chdir list: no such file or directory\n"),
    ("mod -C=nosuch", "govgo: chdir nosuch: no such file or directory\n"),
    ("mod -C nosuch -x", "govgo: chdir nosuch: no such file or directory\n"),
    ("-C nosuch help", "govgo: chdir nosuch: no such file or directory\n"),
    ("mod -C=nosuch help tidy", "govgo: chdir nosuch: no such file or directory\n"),
    ("help -C nosuch", "govgo help -C nosuch: unknown help topic. Run 'govgo help'.\n"),
    ("mod help -x", "govgo help mod -x: unknown help topic. Run 'govgo help mod'.\n"),
    ("help -- mod", "govgo help -- mod: unknown help topic. Run 'govgo help'.\n"),
    ("-C= bogus", "govgo: chdir : no such file or directory\n"),
    ("get -d=x m", 'invalid boolean value "x" for -d: parse error\n'
     "usage: govgo get [-t] [-u] [-tool] [build flags] [packages]\nRun 'govgo help get' for details.\n"),
    ("get -d=F m", "govgo: -d flag may not be set to false\n"),
    ("mod init -x m", "flag provided but not defined: -x\n"
     "usage: govgo mod init [module-path]\nRun 'govgo help mod init' for details.\n"),
    ("mod edit -go=x", 'go mod: invalid -go option; expecting something like "-go 1.26.8"\n'),
    ("list -m -f x -json", "go list -f cannot be used with -json\n"),
    ("mod grahp", "govgo mod: unknown command\nhint: did you mean `govgo mod graph`?\n"
     "Run 'govgo help mod' for usage.\n"),
    ("mdo tidy", "govgo mdo: unknown command\nhint: did you mean `govgo mod`?\nRun 'govgo help' for usage.\n"),
    ("-C . -nosuch", "flag provided but not defined: -nosuch\nusage: govgo <command> [arguments]\n"
     "Run 'govgo help' for details.\n"),
]  # fmt: skip
"""Command line, standard error; the hint is govgo's own."""


REFUSED = [
    ("GOFLAGS", "-nosuch", "list -m", "parsing $GOFLAGS: unknown flag -nosuch\n"),
    ("GOFLAGS", "-x -", "mod graph", 'parsing $GOFLAGS: non-flag "-"\n'),
    ("GOFLAGS", "-C=. -help", "mod verify", "parsing $GOFLAGS: unknown flag -help\n"),
    ("GOFLAGS", "-min-age=14d", "get", "parsing $GOFLAGS: unknown flag -min-age\n"),
    ("GOFLAGS", "-C=x", "mod graph -y",
     'invalid value "x" for flag -C (from $GOFLAGS): -C flag must be first flag on command line\n'
     "usage: govgo mod graph [-go=version] [-x]\nRun 'govgo help mod graph' for details.\n"),
    ("GOFLAGS", "-x=q", "mod tidy -x", 'invalid boolean value "q" for flag -x (from $GOFLAGS): parse error\n'
     "usage: govgo mod tidy [-e] [-v] [-x] [-diff] [-go=version] [-compat=version]\n"
     "Run 'govgo help mod tidy' for details.\n"),
    ("GOPATH", "x", "mod graph -y",
     'GOPATH entry is relative; must be absolute path: "x".\nFor more details see: \'go help gopath\'\n'),
    ("GOPATH", "x", "env -find",
     'GOPATH entry is relative; must be absolute path: "x".\nFor more details see: \'go help gopath\'\n'),
    ("GOPATH", "/a:~b", "env GOPATH", "GOPATH entry cannot start with shell metacharacter '~': \"~b\"\n"),
    ("GOWORK", "x", "mod edit -json", "invalid GOWORK: not an absolute path\n"),
    ("GOVGO_GO_VERSION", "x", "mod init m", 'invalid GOVGO_GO_VERSION "x"\n'),
    ("GOVGO_GO_VERSION", "1.99", "list -m",
     'GOVGO_GO_VERSION "1.99" is newer than go1.26.8, the newest release that govgo can answer as\n'),
    ("GOVGO_GO_VERSION", "go1.26.9", "version",
     'GOVGO_GO_VERSION "go1.26.9" is newer than go1.26.8, the newest release that govgo can answer as\n'),
    ("GOVGO_TIMEOUT", "90", "list -m", 'invalid GOVGO_TIMEOUT "90"\n'),
    ("GOTOOLCHAIN", "x", "mod init m", 'invalid GOTOOLCHAIN "x"\n'),
    ("GOTOOLCHAIN", "go1.20+x", "list -m",
     'invalid GOTOOLCHAIN "go1.20+x": only version suffixes are +auto and +path\n'),
]  # fmt: skip
"""A variable and its value, command line, what follows "go: " on standard error."""


@pytest.mark.parametrize(("name", "value", "line", "told"), REFUSED, ids=[" ".join(row[:3]) for row in REFUSED])
def test_environments_that_are_refused(
    name: str,
    value: str,
    line: str,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "go.mod").write_text("module m\n\ngo 1.24\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    assert invoke(line.split()) == 2
    assert capsys.readouterr() == ("", f"govgo: {told}")


@pytest.mark.parametrize(("value", "release"), [("", "1.26.8"), ("go1.21.3", "1.21.3"), ("1.26.8", "1.26.8")])
def test_the_version_names_the_release(
    value: str, release: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GOVGO_GO_VERSION", value)
    assert invoke(["version"]) == 0
    assert capsys.readouterr().out.endswith(f" (decides as go{release})\n")


SPARED = [
    ("GOTOOLCHAIN", "x", "env GOTOOLCHAIN", "x\n"),
    ("GOFLAGS", "-nosuch", "env GOFLAGS", "-nosuch\n"),
    ("GOFLAGS", "'", "env GOFLAGS", "'\n"),
    ("GOFLAGS", "- -nosuch -json", "env GOFLAGS", '{\n\t"GOFLAGS": "- -nosuch -json"\n}\n'),
]
"""What shows a mistake in a variable works in spite of it."""


@pytest.mark.parametrize(("name", "value", "line", "shown"), SPARED, ids=[" ".join(row[:3]) for row in SPARED])
def test_a_mistake_can_be_looked_at(
    name: str, value: str, line: str, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    assert invoke(line.split()) == 0
    assert capsys.readouterr().out == shown


@pytest.mark.parametrize(("line", "told"), TOLD, ids=[line for line, _ in TOLD])
def test_what_is_told(
    line: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "go.mod").write_text("module m\n\ngo 1.24\n")
    monkeypatch.chdir(tmp_path)
    assert invoke(line.split()) == 2
    assert capsys.readouterr() == ("", told)


def test_a_command_starts_over_though_its_directory_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """-C with an absolute path needs no other directory, the second time as the first."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)

    def run_as(release: str, args: list[str]) -> int | str:
        if release:
            return 0
        os.chdir(tmp_path)
        gone.rmdir()
        return "1.22.0"

    monkeypatch.setattr("govgo.cli.main._run_as", run_as)
    assert invoke(["-C", str(tmp_path), "tidy"]) == 0
