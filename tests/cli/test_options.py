# SPDX-License-Identifier: BSD-3-Clause
"""go's flag syntax (package flag's documentation, "Command line flag syntax"; `go help environment`, GOFLAGS)."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import pytest

from govgo.cli.options import CommandLineError, HelpRequested, argument, command, flag_behind, option, read_line


@command()
@option("-C", "chdir")
@option("-json", "json", bare="true")
@option("-m", "modules", is_flag=True)
@option("-u", "upgrade", bare="true")
@option("-o", "output", multiple=True)
@option("-go", "go")
@option("-j", "jobs", bounds=(1, 9), default=0)
@argument("args")
def sample(**values: object) -> None:
    print(repr({key: value for key, value in values.items() if value not in ("", False, (), 0)}))


def run(*words: str, goflags: Sequence[str] = ()) -> list[tuple[str, str]]:
    flags, values = read_line(sample, "govgo sample", words, goflags)
    sample.function(**values)
    return flags


ACCEPTED = [
    (["-m", "a", "b"], {"modules": True, "args": ("a", "b")}),
    (["--m", "all"], {"modules": True, "args": ("all",)}),
    (["-m=false", "all"], {"args": ("all",)}),
    (["-m", "-m=0"], {}),
    (["-m=T"], {"modules": True}),
    (["-u", "a"], {"upgrade": "true", "args": ("a",)}),
    (["-u=patch", "a"], {"upgrade": "patch", "args": ("a",)}),
    (["-json=Path,Version"], {"json": "Path,Version"}),
    (["--json", "x"], {"json": "true", "args": ("x",)}),
    (["-go", "1.20"], {"go": "1.20"}),
    (["-go=1.20"], {"go": "1.20"}),
    (["-o", "a:b", "-o=-x"], {"output": ("a:b", "-x")}),
    (["a", "-m"], {"args": ("a", "-m")}),
    (["--", "-m"], {"args": ("-m",)}),
    (["-"], {"args": ("-",)}),
    (["-C", "/", "-m"], {"chdir": "/", "modules": True}),
]


@pytest.mark.parametrize(("words", "values"), ACCEPTED, ids=lambda value: " ".join(value) if value else "none")
def test_accepted(words: list[str], values: dict[str, object], capsys: pytest.CaptureFixture[str]) -> None:
    run(*words)
    assert ast.literal_eval(capsys.readouterr().out) == values


REFUSED = [
    (["-x"], "flag provided but not defined: -x"),
    (["-m=maybe"], 'invalid boolean value "maybe" for -m'),
    (["-go"], "flag needs an argument: -go"),
    (["-j=0"], 'invalid value "0" for flag -j: it takes a number from 1 to 9'),
    (["-j", "x"], 'invalid value "x" for flag -j'),
    (["---m"], "bad flag syntax: ---m"),
    (["-m", "-C", "/"], "-C flag must be first flag on command line"),
    (["-m=maybe", "-x"], 'invalid boolean value "maybe" for -m'),
    (["-m=maybe", "-h"], 'invalid boolean value "maybe" for -m'),
    (["-x", "-h"], "flag provided but not defined: -x"),
    (["---h"], "bad flag syntax: ---h"),
]


@pytest.mark.parametrize(("words", "message"), REFUSED, ids=lambda value: str(value))
def test_refused(words: list[str], message: str) -> None:
    with pytest.raises(CommandLineError) as caught:
        run(*words)
    assert message in str(caught.value)


HELP = [["-h"], ["--help"], ["-go", "1.20", "-h"], ["-m", "-help=1"], ["-h", "-x"], ["-h", "-C", "/"]]


@pytest.mark.parametrize("words", HELP, ids=" ".join)
def test_help(words: list[str]) -> None:
    with pytest.raises(HelpRequested):
        run(*words)


NO_HELP = [(["-go", "-h"], {"go": "-h"}), (["-go=-h"], {"go": "-h"}), (["a", "-h"], {"args": ("a", "-h")})]


@pytest.mark.parametrize(("words", "values"), NO_HELP, ids=lambda value: " ".join(value))
def test_what_only_looks_like_the_flag_for_help(
    words: list[str], values: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    run(*words)
    assert ast.literal_eval(capsys.readouterr().out) == values


def test_goflags_supply_what_the_line_does_not_set() -> None:
    assert run("-go=1.2", goflags=["-go=1.1", "-u=patch", "-vettool=1"]) == [("u", "patch"), ("go", "1.2")]


def test_goflags_never_set_a_flag_of_our_own() -> None:
    """GOFLAGS=-timeout=30s is for `go test`; a name that no command of go has is refused, as go does."""

    @command(usage="")
    @option("-timeout", "timeout", own=True)
    @option("-j", "jobs", own=True, bounds=(1, 9), default=0)
    def ours(**_: object) -> None: ...

    assert read_line(ours, "govgo ours", [], ["-timeout=30s"])[0] == []
    assert read_line(ours, "govgo ours", ["-timeout=5s"], ["-timeout=30s"])[0] == [("timeout", "5s")]


def test_the_order_of_flags_is_kept() -> None:
    assert run("-o=1", "-m", "-o=2") == [("o", "1"), ("m", "true"), ("o", "2")]


@command(own=True)
@option("-json", "json", is_flag=True)
@option("-o", "output", multiple=True)
@argument("args")
def own(**values: object) -> None:
    print(repr({key: value for key, value in values.items() if value not in ("", False, ())}))


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["./...", "--json"], {"json": True, "args": ("./...",)}),
        (["a", "-o", "x:-", "b", "-json", "c"], {"json": True, "output": ("x:-",), "args": ("a", "b", "c")}),
        (["a", "-", "--", "-json"], {"args": ("a", "-", "-json")}),
    ],
    ids=lambda value: " ".join(value),
)
def test_flags_of_a_command_that_go_lacks_may_follow_arguments(
    words: list[str], values: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    own.function(**read_line(own, "govgo own", words, ())[1])
    assert ast.literal_eval(capsys.readouterr().out) == values


@pytest.mark.parametrize(
    ("word", "meant"),
    [("-jsno", "-json"), ("--jso=1", "-json"), ("-JSON", "-json"), ("-outputs", ""), ("-modules", ""), ("-x", "")],
)
def test_a_mistyped_flag_gets_a_suggestion(word: str, meant: str) -> None:
    with pytest.raises(CommandLineError, match="flag provided but not defined") as caught:
        run(word)
    assert caught.value.meant == meant


@pytest.mark.parametrize(
    ("words", "behind"),
    [(["a", "-m"], "-m"), (["a", "--go=1.20", "-m"], "--go=1.20"), (["-m", "a"], ""), (["a", "-x", "-"], "")],
    ids=lambda value: " ".join(value),
)
def test_flags_that_stand_where_go_takes_them_for_arguments(words: list[str], behind: str) -> None:
    assert flag_behind(sample, "govgo sample", read_line(sample, "govgo sample", words, ())[1]) == behind
    assert flag_behind(own, "govgo own", {"args": words}) == ""


@command(own=True)
@option("-m", "modules", is_flag=True)
@argument("args", behind="rest")
def divided(**values: object) -> None:
    pass


@pytest.mark.parametrize(
    ("words", "args", "rest"),
    [
        (["a", "-m"], ("a",), ()),
        (["a", "-m", "--", "b", "-m"], ("a",), ("b", "-m")),
        (["--", "a", "--", "b"], (), ("a", "--", "b")),
    ],
)
def test_words_behind_two_dashes_may_mean_something_else(words: list[str], args: object, rest: object) -> None:
    _, values = read_line(divided, "govgo divided", words, ())
    assert (values["args"], values["rest"]) == (args, rest)
