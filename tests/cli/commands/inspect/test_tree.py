# SPDX-License-Identifier: BSD-3-Clause
"""`govgo tree` from the command line, on a small world behind a proxy. The trees are drawn by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulators import run as runs
from tests.simulators.proxy import Status
from tests.simulators.world import World

MAIN = """module example.com/app

go 1.21

require (
	q.io/a v1.0.0
	q.io/b v1.0.0
	q.io/r v1.0.0
)

require q.io/c v1.0.0 // indirect

replace q.io/r => ../fork
"""
FORK = "module q.io/r\n\ngo 1.21\n\nrequire q.io/c v1.0.0 // indirect\n"
MODULES = {
    ("q.io/a", "v1.0.0"): "module q.io/a\n\ngo 1.21\n\nrequire q.io/b v1.1.0\n\nrequire q.io/c v1.0.0 // indirect\n",
    ("q.io/b", "v1.0.0"): "module q.io/b\n\ngo 1.21\n",
    ("q.io/b", "v1.1.0"): "module q.io/b\n\ngo 1.21\n\nrequire q.io/c v1.0.0\n\nretract v1.1.0 // it was too fast\n",
    ("q.io/c", "v1.0.0"): "module q.io/c\n\ngo 1.21\n",
    ("q.io/c", "v1.1.0"): "module q.io/c\n\ngo 1.21\n\nretract v1.0.0 // it was too slow\n",
}
TREE = """example.com/app
├── q.io/a v1.0.0
│   └── q.io/b v1.1.0 (retracted: it was too fast)
│       └── q.io/c v1.0.0
├── q.io/b v1.1.0 (asked v1.0.0, raised by q.io/a v1.0.0; retracted: it was too fast) (*)
└── q.io/r v1.0.0 => ../fork
"""
COUNTS = "example.com/app: 4 modules, 3 direct, 8 requirements, 1 replaced, 1 retracted\n"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as world:
        for (path, version), gomod in MODULES.items():
            world.publish(path, version, gomod)
        world.main(FORK, name="fork")
        world.use(monkeypatch, GOWORK="")
        monkeypatch.chdir(world.main(MAIN))
        yield world


class Run(runs.Run):
    """One run: its exit code and what it printed."""

    command = ("tree",)
    schema = "govgo.tree-1.json"


@pytest.fixture
def tree(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *args: Run(capsys, *args)


def test_a_module(world: World, tree: Any) -> None:
    run = tree()
    assert (run.code, run.out, run.err) == (0, TREE, f"govgo: {COUNTS}")
    assert not Path("go.sum").exists()
    run = tree("--offline")
    assert (run.code, run.out) == (0, TREE)


def test_flags_may_follow_arguments(world: World, tree: Any) -> None:
    run = tree(".", "--edges", "all", "--depth=1")
    assert run.out.splitlines()[-1] == "└── q.io/c v1.0.0 (indirect)"
    assert tree("-i", "q.io/b", "--prefix=none").out == (
        "q.io/b v1.1.0 (retracted: it was too fast)\n"
        "example.com/app (asks v1.0.0 in go.mod:7)\n"
        "q.io/a v1.0.0 (asks v1.1.0, decides)\n"
        "example.com/app (asks v1.0.0 in go.mod:6, decides)\n"
    )


def test_retractions_are_those_of_the_latest_versions_where_that_is_asked_for(world: World, tree: Any) -> None:
    run = tree("--retracted", "-i", "q.io/c", "--depth", "0")
    assert (run.code, run.out) == (0, "q.io/c v1.0.0 (retracted: it was too slow)\n")


def test_retractions_that_cannot_be_had_are_told(world: World, tree: Any) -> None:
    world.proxy.script("/q.io/c/@v/list", *[Status(404)] * 9)
    run = tree("--retracted", "--depth", "0")
    assert (run.code, run.out) == (3, "example.com/app\n")
    assert "govgo: go.mod:11: loading module retractions for q.io/c@v1.0.0: " in run.err


def test_json(world: World, tree: Any) -> None:
    run = tree("--json")
    assert run.err == ""
    (module,) = run.json["modules"]
    assert (module["path"], module["file"], module["go"], module["selected"]) == (
        "example.com/app",
        "go.mod",
        "1.21",
        4,
    )
    nodes = {node["path"]: node for node in module["nodes"]}
    assert list(nodes) == ["example.com/app", "q.io/a", "q.io/b", "q.io/c", "q.io/r"]
    assert nodes["q.io/b"] == {
        "path": "q.io/b",
        "version": "v1.1.0",
        "depth": 1,
        "main": False,
        "direct": True,
        "replaced_by": None,
        "retracted": "it was too fast",
        "pruned": False,
        "required_by_selected": True,
        "decided_by": {"path": "q.io/a", "version": "v1.0.0", "file": None, "line": None},
    }
    assert nodes["q.io/r"]["replaced_by"] == {"path": "../fork", "version": ""}
    assert module["requirements"][0] == {
        "from": "example.com/app",
        "to": "q.io/a",
        "asked": "v1.0.0",
        "selected": "v1.0.0",
        "decides": True,
        "indirect": False,
        "file": "go.mod",
        "line": 6,
    }
    assert len(module["requirements"]) == 5
    assert len(tree("--json", "--edges=all").json["modules"][0]["requirements"]) == 8


def test_markdown(world: World, tree: Any) -> None:
    run = tree("-format", "markdown")
    assert run.out == f"## Requirements\n\n```text\n{TREE}```\n\n- {COUNTS}"


def test_no_module_in_several_majors_is_told(world: World, tree: Any) -> None:
    run = tree("-d")
    assert (run.code, run.out) == (0, "")
    assert run.err.endswith("govgo: no module is selected in several major versions\n")


def test_many_modules_one_of_them_broken(world: World, tree: Any) -> None:
    world.main("module example.com/bad\n\nrequire nonsense\n", name="main/bad")
    world.main("module example.com/gone\n\ngo 1.21\n\nrequire q.io/gone v1.0.0\n", name="main/gone")
    run = tree("./...")
    assert run.out == TREE
    assert "govgo: bad/go.mod:3: errors parsing go.mod:\ngo.mod:3: usage: require module/path v1.2.3\n" in run.err
    assert "govgo: gone/go.mod:5: q.io/gone@v1.0.0: " in run.err
    assert run.code == 3
    document = tree("./...", "--json").json
    assert [each["path"] for each in document["modules"]] == ["example.com/app"]
    assert [(each["code"], each["file"], each["line"]) for each in document["errors"]] == [
        ("input", "bad/go.mod", 3),
        ("build-list", "gone/go.mod", 5),
    ]


def test_a_workspace(world: World, tree: Any) -> None:
    world.main("module example.com/other\n\ngo 1.21\n\nrequire q.io/b v1.0.0\n", name="main/other")
    Path("go.work").write_text("go 1.21\n\nuse (\n\t.\n\t./other\n)\n")
    run = tree("--depth", "1")
    assert run.out == (
        "example.com/app\n"
        "├── q.io/a v1.0.0\n"
        "├── q.io/b v1.1.0 (asked v1.0.0, raised by q.io/a v1.0.0; retracted: it was too fast)\n"
        "└── q.io/r v1.0.0 => ../fork\n"
        "\n"
        "example.com/other\n"
        "└── q.io/b v1.1.0 (asked v1.0.0, raised by q.io/a v1.0.0; retracted: it was too fast)\n"
    )
    assert run.err.startswith("govgo: workspace .: 4 modules, 3 direct")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("-i q.io/gone", 1, "govgo: q.io/gone: not in the build list; did you mean q.io/"),
        ("--prune b", 1, "govgo: b: not in the build list; did you mean q.io/b?\n"),
        ("nowhere", 2, "govgo: nowhere: no such file or directory\n"),
        ("--depth x", 2, 'invalid value "x" for flag -depth: it takes a number from 0 to 100000\n'),
        ("--charset latin", 2, "invalid value 'latin' for flag -charset: want utf8 or ascii\n"),
        ("--format dot", 2, "govgo: unknown format 'dot': formats are text, json, markdown\n"),
        ("-o json:t -o markdown:./t", 2, "govgo: -o markdown:"),
        ("-o json:- -format markdown", 2, "govgo: -o markdown:-: another report goes there\n"),
        ("--nonsense", 2, "flag provided but not defined: -nonsense\n"),
    ],
)
def test_what_is_refused(world: World, tree: Any, words: str, code: int, told: str) -> None:
    run = tree(*words.split())
    assert (run.code, run.out) == (code, "")
    assert run.err.startswith(told)


def test_two_reports_never_share_a_file(world: World, tree: Any) -> None:
    assert tree("-o", "json:one", "-o", "markdown:two").code == 0
    Path("link").symlink_to("one")
    before = Path("one").read_bytes()
    assert tree("-o", "markdown:one", "-o", "json:link").code == 2
    assert Path("one").read_bytes() == before
    assert tree("-o", "json:/dev/null", "-o", "markdown:/dev/null").code == 0


def test_a_dead_network_and_an_empty_cache(world: World, tree: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tree("--offline")
    assert (run.code, run.out) == (3, "")
    assert "q.io/a@v1.0.0" in run.err
    document = tree("--offline", "--json").json
    assert (document["modules"], document["errors"][0]["code"]) == ([], "offline")
    monkeypatch.setenv("GOPROXY", "http://127.0.0.1:1")
    run = tree()
    assert (run.code, run.out) == (3, "")


def test_a_failed_run_is_a_document_too(world: World, tree: Any) -> None:
    run = tree("nowhere", "--json")
    assert run.code == 2
    assert run.json["errors"][0]["text"] == "nowhere: no such file or directory"


def test_bytes_that_contradict_go_sum_end_the_command(world: World, tree: Any) -> None:
    Path("go.sum").write_text(f"q.io/a v1.0.0/go.mod h1:{'x' * 43}=\n")
    run = tree("./...", "--json")
    assert run.code == 4
    assert run.json["errors"][0]["code"] == "sum-mismatch"


def test_retractions_of_what_replaces_a_module(world: World, tree: Any) -> None:
    world.publish("q.io/fork", "v1.5.0", "module q.io/fork\n\nretract v1.5.0 // broken fork\n")
    world.publish("q.io/fork", "v1.6.0", "module q.io/fork\n\nretract v1.5.0 // very broken\n")
    world.publish("q.io/other", "v1.0.0", "module q.io/other\n")
    world.main(
        "module example.com/app\n\ngo 1.21\n\nrequire (\n\tq.io/b v1.1.0\n\tq.io/c v1.0.0\n)\n\n"
        "replace q.io/b => q.io/fork v1.5.0\n\nreplace q.io/c v1.0.0 => q.io/other v1.0.0\n"
    )
    b, c = "q.io/b v1.1.0 => q.io/fork v1.5.0", "q.io/c v1.0.0 => q.io/other v1.0.0\n"
    assert tree("--prefix=none").out == f"example.com/app\n{b} (retracted: broken fork)\n{c}"
    assert tree("--prefix=none", "--retracted").out == f"example.com/app\n{b} (retracted: very broken)\n{c}"
