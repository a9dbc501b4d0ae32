# SPDX-License-Identifier: BSD-3-Clause
"""go's flag syntax (package flag's documentation, "Command line flag syntax"; `go help environment`, GOFLAGS)."""

from __future__ import annotations

import ast

import click
import pytest
from click.testing import CliRunner

from govgo.cli.options import FLAG_ORDER, GoCommand, OptionalValue


@click.command(cls=GoCommand)
@click.option("-C", "chdir", default="")
@click.option("-json", "json", cls=OptionalValue, default="")
@click.option("-m", "modules", is_flag=True)
@click.option("-u", "upgrade", cls=OptionalValue, default="")
@click.option("-o", "output", multiple=True)
@click.option("-go", "go", default="")
@click.argument("args", nargs=-1)
@click.pass_context
def sample(ctx: click.Context, **values: object) -> None:
    click.echo(repr({key: value for key, value in values.items() if value not in ("", False, ())}))
    click.echo(repr(ctx.meta[FLAG_ORDER]))


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
def test_accepted(words: list[str], values: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFLAGS", "")
    result = CliRunner().invoke(sample, words)
    assert result.exit_code == 0, result.output
    assert ast.literal_eval(result.output.splitlines()[0]) == values


REFUSED = [
    (["-x"], "flag provided but not defined: -x"),
    (["-m=maybe"], 'invalid boolean value "maybe" for -m'),
    (["-go"], "flag needs an argument: -go"),
    (["---m"], "bad flag syntax: ---m"),
    (["-m", "-C", "/"], "-C flag must be first flag on command line"),
]


@pytest.mark.parametrize(("words", "message"), REFUSED, ids=lambda value: str(value))
def test_refused(words: list[str], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFLAGS", "")
    result = CliRunner().invoke(sample, words)
    assert result.exit_code == 2
    assert message in result.output


def test_goflags_supply_what_the_line_does_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFLAGS", "-go=1.1 -u=patch -vettool=1")
    result = CliRunner().invoke(sample, ["-go=1.2"])
    assert result.output.splitlines() == ["{'upgrade': 'patch', 'go': '1.2'}", "[('u', 'patch'), ('go', '1.2')]"]


def test_the_order_of_flags_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFLAGS", "")
    result = CliRunner().invoke(sample, ["-o=1", "-m", "-o=2"])
    assert result.output.splitlines()[1] == "[('o', '1'), ('m', 'true'), ('o', '2')]"
