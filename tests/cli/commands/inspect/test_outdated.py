# SPDX-License-Identifier: BSD-3-Clause
"""`govgo outdated` from the command line, on a small world behind a proxy. The tables are written by hand."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from govgo.wiring.session import SystemClock
from tests.simulators import run as runs
from tests.simulators.proxy import Status
from tests.simulators.world import World

NOW = datetime(2024, 7, 1, tzinfo=UTC)
MAIN = """module example.com/app

go 1.21

require (
	q.io/a v1.0.0
	q.io/b v1.0.0
	q.io/c v1.0.0
	q.io/d v1.0.0
	q.io/e v1.0.0
)

require q.io/f v1.0.0 // indirect

replace (
	q.io/c => q.io/fork v0.1.0
	q.io/d => ../local
)
"""
#: (module, date, go.mod): a has a pre-release after its newest release, and the majors 2 and 4; f is a pseudo-version.
VERSIONS = {
    "q.io/a@v1.0.0": ("2022-06-01", ""),
    "q.io/a@v1.0.1": ("2022-07-01", ""),
    "q.io/a@v1.1.0": ("2023-06-02", "module q.io/a\n\nretract v1.0.0 // it leaks\n"),
    "q.io/a@v1.2.0-rc.1": ("2023-07-01", ""),
    "q.io/a/v2@v2.0.0": ("2023-08-01", ""),
    "q.io/a/v4@v4.0.0": ("2024-06-01", ""),
    "q.io/a/v4@v4.1.0-rc.1": ("2024-06-02", ""),
    "q.io/b@v1.0.0": ("2020-01-01", "// Deprecated: use q.io/e instead.\nmodule q.io/b\n"),
    "q.io/c@v1.0.0": ("2020-01-01", ""),
    "q.io/c@v1.9.0": ("2024-01-01", ""),
    "q.io/fork@v0.1.0": ("2024-05-01", "module q.io/c\n"),
    "q.io/fork@v0.1.1": ("2024-05-31", "module q.io/c\n"),
    "q.io/e@v1.0.0": ("2020-01-01", ""),
    "q.io/f@v1.0.0": ("2020-01-01", ""),
    "q.io/f@v1.1.0": ("2020-01-02", ""),
}
TEXT = """\
module              current  age       patch   newest  age        behind                next major
q.io/a              v1.0.0   2y   v1.0.1  v1.1.0  12mo  2 releases, 12mo  v4.0.0 (30d)
q.io/c => q.io/fork  v0.1.0   2mo  =       v0.1.1  31d    1 release, 30d    -
retracted: q.io/a v1.0.0: it leaks
deprecated: q.io/b: use q.io/e instead.
2 of 5 direct requirements are outdated, 1 retracted, 1 deprecated, 1 with a later major version, \
1 replaced by a directory
"""


def publish(world: World, versions: dict[str, tuple[str, str]]) -> None:
    for name, (date, gomod) in versions.items():
        path, _, version = name.partition("@")
        world.publish(path, version, gomod)
        info = {"Version": version, "Time": f"{date}T00:00:00Z"}
        world.proxy.files[f"/{path}/@v/{version}.info"] = json.dumps(info).encode()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(SystemClock, "now", lambda _: NOW)
    with World(tmp_path) as world:
        publish(world, VERSIONS)
        world.main("module q.io/d\n", name="local")
        world.use(monkeypatch, GOWORK="")
        monkeypatch.chdir(world.main(MAIN))
        yield world


class Run(runs.Run):
    """One run: its exit code and what it printed."""

    command = ("outdated",)
    schema = "govgo.outdated-1.json"

    @property
    def cells(self) -> dict[str, list[str]]:
        """The rows of the table by module."""
        rows = [re.split(r"\s{2,}", line) for line in self.out.splitlines()]
        return {row[0]: row[1:] for row in rows[1:] if len(row) > 5}


@pytest.fixture
def outdated(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *args: Run(capsys, *args)


def squeezed(text: str) -> list[list[str]]:
    """The words of each line: how wide the columns are is tested with `style.table`."""
    return [line.split() for line in text.splitlines()]


def test_direct_requirements(world: World, outdated: Any) -> None:
    run = outdated()
    assert (run.code, squeezed(run.out), run.err) == (0, squeezed(TEXT), "")
    assert not Path("go.sum").exists()


def test_what_is_asked_for(world: World, outdated: Any) -> None:
    """A list suffices for what is up to date; dates are asked for what is shown."""
    outdated()
    asked = world.proxy.asked
    assert "/q.io/e/@v/list" in asked
    assert not [path for path in asked if path.startswith("/q.io/e/@v/") and path.endswith(".info")]
    infos = {path for path in asked if path.endswith(".info")}
    assert infos == {
        f"/q.io/{name}.info"
        for name in (
            *("a/@v/v1.0.0", "a/@v/v1.0.1", "a/@v/v1.1.0", "a/v4/@v/v4.0.0"),
            *("b/@v/v1.0.0", "fork/@v/v0.1.0", "fork/@v/v0.1.1"),
        )
    }
    probes = [path for path in asked if path.startswith("/q.io/a/v") and path.endswith("/list")]
    assert sorted(probes) == [f"/q.io/a/v{number}/@v/list" for number in (2, 3, 4, 5, 6, 7)]
    assert len(asked) == len(set(asked))


def test_the_whole_build_list(world: World, outdated: Any) -> None:
    run = outdated(".", "--all")
    assert run.cells["q.io/f"] == ["v1.0.0", "4y", "-", "v1.1.0", "4y", "1 release", "-", "indirectly"]
    assert run.cells["q.io/a"][-1] == "go.mod:6"
    assert run.out.splitlines()[-1].startswith("3 of 6 modules of the build list are outdated, ")


def test_exit_code(world: World, outdated: Any) -> None:
    assert outdated("--exit-code").code == 1
    world.main("module example.com/app\n\ngo 1.21\n\nrequire q.io/e v1.0.0\n")
    run = outdated("--exit-code")
    assert (run.code, run.out) == (0, "1 direct requirement up to date\n")


def test_json(world: World, outdated: Any) -> None:
    run = outdated("--json")
    assert run.err == ""
    assert run.json["summary"] == {
        "dependencies": 5,
        "outdated": 2,
        "retracted": 1,
        "deprecated": 1,
        "later_majors": 1,
        "errors": 0,
        "all": False,
        "time": "2024-07-01T00:00:00+00:00",
        "as_of": None,
        "min_age_s": None,
    }
    (module,) = run.json["modules"]
    a, b, c, d, e = module["dependencies"]
    assert a["majors"] == [
        {"path": "q.io/a/v2", "version": "v2.0.0", "time": None, "dated_by": None},
        {"path": "q.io/a/v4", "version": "v4.0.0", "time": "2024-06-01T00:00:00+00:00", "dated_by": "info"},
    ]
    assert (a["behind"], a["retracted"], a["line"]) == ({"releases": 2, "days": 366}, ["it leaks"], 6)
    assert (b["outdated"], b["deprecated"]) == (False, "use q.io/e instead.")
    assert (c["replaced_by"], c["newest"]["path"]) == ({"path": "q.io/fork", "version": "v0.1.0"}, "q.io/fork")
    assert (d["replaced_by"], d["newest"]) == ({"path": "../local", "version": ""}, None)
    assert (e["current"]["time"], e["newest"], e["error"]) == (None, None, None)


def test_markdown(world: World, outdated: Any) -> None:
    run = outdated("--markdown")
    lines = run.out.splitlines()
    assert lines[:4] == ["## Outdated dependencies", "", "### example.com/app", ""]
    assert lines[4].startswith("| module | current | age | patch | newest | age | behind | next major |")
    assert "- **deprecated**: q.io/b: use q.io/e instead." in lines
    assert run.out == outdated("-format", "markdown").out


def test_words_of_strangers_are_made_safe(world: World, outdated: Any) -> None:
    gomod = "// Deprecated: \x1b[31mred ##[error]x\nmodule q.io/e\n\nretract v1.0.0 // <b>`*bold*`\n"
    publish(world, {"q.io/e@v1.0.1": ("2024-01-01", gomod)})
    for form in ("text", "json", "markdown"):
        run = outdated("-format", form)
        assert "\x1b" not in run.out
        assert "##[" not in run.out
    assert "deprecated: q.io/e: \\x1b[31mred" in outdated().out
    assert "\\<b\\>\\`\\*bold\\*\\`" in outdated("--markdown").out


def test_many_modules_one_of_them_broken(world: World, outdated: Any) -> None:
    world.main("module example.com/bad\n\nrequire nonsense\n", name="main/bad")
    world.main("module example.com/gone\n\ngo 1.21\n\nrequire q.io/gone v1.0.0\n", name="main/gone")
    world.main("module example.com/new\n\ngo 1.21\n\nrequire q.io/f v1.1.0\n", name="main/new")
    run = outdated("./...")
    assert run.code == 3
    assert run.out.startswith("example.com/app\nmodule ")
    assert run.out.endswith("\n\nexample.com/new (new)\n1 direct requirement up to date\n")
    assert "govgo: bad/go.mod:3: errors parsing go.mod:\ngo.mod:3: usage: require module/path v1.2.3\n" in run.err
    assert "govgo: gone/go.mod:5: q.io/gone@v1.0.0: " in run.err
    document = outdated("./...", "--json").json
    assert [(each["code"], each["file"]) for each in document["errors"]] == [
        ("input", "bad/go.mod"),
        ("build-list", "gone/go.mod"),
    ]


def test_a_module_without_an_answer_stops_no_other(world: World, outdated: Any) -> None:
    world.proxy.script("/q.io/a/@v/list", *[Status(403)] * 9)
    run = outdated()
    assert run.code == 3
    assert "govgo: go.mod:6: module q.io/a: reading " in run.err
    assert list(run.cells) == ["q.io/c => q.io/fork"]
    assert run.out.splitlines()[-1].endswith(", 1 could not be looked up")
    (entry,) = outdated("--json").json["errors"]
    assert (entry["file"], entry["line"]) == ("go.mod", 6)


def test_a_major_version_that_cannot_be_looked_for_is_told(world: World, outdated: Any) -> None:
    world.proxy.script("/q.io/e/v2/@v/list", *[Status(403)] * 9)
    run = outdated()
    assert (run.code, list(run.cells)) == (3, ["q.io/a", "q.io/c => q.io/fork"])
    assert "q.io/e/v2" in run.err


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("nowhere", 2, "govgo: nowhere: no such file or directory\n"),
        ("--format dot", 2, "govgo: unknown format 'dot': formats are text, json, markdown\n"),
        ("--al", 2, "flag provided but not defined: -al\n"),
        ("--all=maybe", 2, 'invalid boolean value "maybe" for -all: parse error\n'),
    ],
)
def test_what_is_refused(world: World, outdated: Any, words: str, code: int, told: str) -> None:
    run = outdated(*words.split())
    assert (run.code, run.out) == (code, "")
    assert run.err.startswith(told)


def test_a_dead_network_and_an_empty_cache(world: World, outdated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = outdated("--offline")
    assert (run.code, run.out) == (3, "")
    document = outdated("--offline", "--json").json
    assert (document["modules"][0]["dependencies"], document["errors"][0]["code"]) == ([], "offline")
    monkeypatch.setenv("GOPROXY", "http://127.0.0.1:1")
    run = outdated()
    assert (run.code, run.out) == (3, "")


def test_offline_with_a_graph_no_answer_is_empty(world: World, outdated: Any) -> None:
    outdated()
    run = outdated("--offline")
    assert (run.code, run.out) == (
        3,
        "none of 5 direct requirements is known to be outdated, 1 replaced by a directory, 4 could not be looked up\n",
    )
    assert run.err.count("\n") == 1
    assert run.err.endswith(" (and 3 more for the same reason)\n")


def test_a_failed_run_is_a_document_too(world: World, outdated: Any) -> None:
    run = outdated("nowhere", "--json")
    assert run.code == 2
    assert run.json["errors"][0]["text"] == "nowhere: no such file or directory"


def test_bytes_that_contradict_go_sum_end_the_command(world: World, outdated: Any) -> None:
    Path("go.sum").write_text(f"q.io/a v1.1.0/go.mod h1:{'x' * 43}=\n")
    run = outdated("--json")
    assert run.code == 4
    assert run.json["errors"][0]["code"] == "sum-mismatch"


@pytest.mark.go
def test_the_newest_versions_are_those_of_go(world: World, outdated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFLAGS", "-modcacherw -mod=mod")
    publish(world, {"q.io/e@v1.1.0": ("2021-01-01", "module q.io/e\n\nretract v1.1.0 // a mistake\n")})
    publish(world, {"q.io/f@v2.0.0+incompatible": ("2022-01-01", "")})
    Path("go.mod").write_text(MAIN.replace("\tq.io/c => q.io/fork v0.1.0\n", ""))
    document = outdated("--all", "--json").json
    done = subprocess.run(["go", "list", "-m", "-u", "-json", "all"], capture_output=True, text=True, check=True)
    text, decoder, expected = done.stdout.strip(), json.JSONDecoder(), {}
    while text:
        module, end = decoder.raw_decode(text)
        text = text[end:].strip()
        if not module.get("Main") and not module.get("Replace"):
            newest = module.get("Update", {}).get("Version")
            expected[module["Path"]] = newest, module.get("Retracted", []), module.get("Deprecated", "")
    found = {
        each["path"]: (each["newest"] and each["newest"]["version"], each["retracted"], each["deprecated"])
        for each in document["modules"][0]["dependencies"]
        if each["replaced_by"] is None
    }
    assert found == expected
    assert expected["q.io/e"] == (None, [], "")
