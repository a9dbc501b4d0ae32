# SPDX-License-Identifier: BSD-3-Clause
"""`govgo graph` with the flags that go lacks, on the world of `test_tree`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from govgo.cli.main import invoke
from tests.cli.commands.inspect.test_tree import world as world
from tests.simulators.run import document
from tests.simulators.world import World

Told = tuple[int, str, str]


@pytest.fixture
def graph(world: World, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*args: str) -> Told:
        return (invoke(["graph", *args]), *capsys.readouterr())

    return run


def valid(text: str) -> dict[str, Any]:
    return document(text, "govgo.graph-1.json")


def test_the_whole_graph_is_that_of_go(graph: Any) -> None:
    # go's own text, without Go and its toolchain.
    _, text, _ = graph()
    lines = [line for line in text.splitlines() if " go@" not in line and " toolchain@" not in line]
    assert "q.io/a@v1.0.0 q.io/b@v1.1.0" in lines
    code, out, err = graph("-format", "text")
    assert (code, out.splitlines(), err) == (0, lines, "")
    code, out, err = graph("-json")
    drawn = valid(out)["graph"]
    names = [f"{each['path']}@{each['version']}".rstrip("@") for each in drawn["nodes"]]
    assert (code, err) == (0, "")
    assert [f"{names[each['from']]} {names[each['to']]}" for each in drawn["requirements"]] == lines
    # The go.mod is not tidy: go raises its requirement on q.io/b, and prints that.
    assert all(each["selected"] for each in drawn["nodes"])
    assert "example.com/app q.io/b@v1.1.0" in lines


def test_selected_versions(graph: Any) -> None:
    assert graph("-selected", "-focus", "q.io/b", "-depth", "1") == (
        0,
        "example.com/app q.io/b@v1.1.0\nq.io/a@v1.0.0 q.io/b@v1.1.0\nq.io/b@v1.1.0 q.io/c@v1.0.0\n",
        "",
    )
    drawn = valid(graph("-selected", "-json")[1])["graph"]
    (raised,) = [each for each in drawn["requirements"] if not each["decides"]]
    assert (raised["asked"], drawn["nodes"][raised["to"]]["version"]) == ("v1.0.0", "v1.1.0")
    assert drawn["only_selected"]


@pytest.mark.parametrize(
    ("form", "begin"), [("dot", "digraph "), ("mermaid", "flowchart "), ("html", "<!DOCTYPE html>")]
)
def test_formats(graph: Any, form: str, begin: str) -> None:
    code, out, err = graph("-format", form)
    assert (code, err) == (0, "")
    assert out.startswith(begin)


def test_several_reports_at_once_and_a_directory(graph: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("sub").mkdir()
    monkeypatch.chdir("sub")
    code, out, _ = graph("-o", "html:g.html", "-o", "dot:g.dot", "..")
    assert (code, out[:21]) == (0, "example.com/app q.io/")
    assert Path("g.html").read_text().startswith("<!DOCTYPE html>")
    assert Path("g.dot").read_text().startswith("digraph ")


def test_a_run_that_fails_says_so_in_its_files(graph: Any) -> None:
    assert graph("-o", "html:g.html", "-o", "json:g.json")[0] == 0
    Path("go.mod").write_text("module example.com/app\n\nrequire nonsense\n")
    code, out, err = graph("-o", "html:g.html", "-o", "json:g.json")
    assert (code, out) == (1, "")
    assert "go.mod:3: usage: require module/path v1.2.3" in err
    assert "The graph could not be loaded" in Path("g.html").read_text()
    document = valid(Path("g.json").read_text())
    assert (document["graph"], len(document["errors"])) == (None, 1)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("-format svg", 2, "govgo: unknown format 'svg': formats are text, dot, mermaid, json, html\n"),
        ("-focus q.io/gone", 1, "govgo: q.io/gone: not in the build list; did you mean q.io/"),
        ("-selected -go=1.16", 2, "govgo: -go goes with go's own text alone\n"),
        ("-selected nowhere", 2, "govgo: nowhere: no such file or directory\n"),
        ("-selected ./...", 2, "govgo: one module or workspace is wanted, and there are 2: name one\n"),
        ("nowhere", 2, "govgo: 'go mod graph' accepts no arguments\n"),
        ("-depth x", 2, 'invalid value "x" for flag -depth: it takes a number from 0 to 100000\n'),
    ],
)
def test_what_is_refused(graph: Any, world: World, words: str, code: int, told: str) -> None:
    world.main("module example.com/other\n", name="main/other")
    found, out, err = graph(*words.split())
    assert (found, out) == (code, "")
    assert err.startswith(told)


def test_offline_with_an_empty_cache(graph: Any) -> None:
    code, out, _ = graph("-offline", "-json")
    assert code == 3
    assert valid(out)["errors"][0]["code"] == "offline"


def test_the_mimic_of_go_has_none_of_this(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["mod", "graph", "-selected"]) == 2
    assert "flag provided but not defined: -selected" in capsys.readouterr().err
