# SPDX-License-Identifier: BSD-3-Clause
"""`--dry-run` of every verb that changes files, and `govgo what-if`: the texts are worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.cli.main import invoke
from tests.simulators import campaigns
from tests.simulators import run as runs
from tests.simulators.proxy import Stall, Status
from tests.simulators.world import World

MAIN = """module example.com/app

go 1.21

require q.io/a v1.0.0

require q.io/b v1.0.0 // indirect
"""
SOURCE = {"main.go": 'package main\n\nimport _ "q.io/a"\n\nfunc main() {}\n'}
A = 'package a\n\nimport _ "q.io/b"\n'
MODULES = {
    ("q.io/a", "v1.0.0"): ("module q.io/a\n\ngo 1.21\n\nrequire q.io/b v1.0.0\n", {"a.go": A}),
    ("q.io/a", "v1.1.0"): (
        "module q.io/a\n\ngo 1.21\n\nrequire (\n\tq.io/b v1.2.0\n\tq.io/c v1.0.0\n)\n",
        {"a.go": A + 'import _ "q.io/c"\n'},
    ),
    ("q.io/b", "v1.0.0"): ("module q.io/b\n\ngo 1.21\n", {"b.go": "package b\n"}),
    ("q.io/b", "v1.2.0"): ("module q.io/b\n\ngo 1.21\n", {"b.go": "package b\n"}),
    ("q.io/c", "v1.0.0"): ("module q.io/c\n\ngo 1.21\n", {"c.go": "package c\n"}),
    ("q.io/z", "v1.0.0"): ("module q.io/z\n\ngo 1.21\n", {"z.go": "package z\n"}),
}
GET = """ ~ q.io/a  v1.0.0 => v1.1.0  requested
 ~ q.io/b  v1.0.0 => v1.2.0  raised by q.io/a v1.1.0
 + q.io/c  v1.0.0            needed by q.io/a v1.1.0
Would update go.mod (+1 ~2) and go.sum (+6); nothing was written.
The build list would have 4 modules in place of 3.
"""
GET_DIFF = """diff current/go.mod planned/go.mod
--- current/go.mod
+++ planned/go.mod
@@ -2,6 +2,9 @@
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[World]:
    with World(tmp_path) as world:
        for (path, version), (gomod, files) in MODULES.items():
            world.publish(path, version, gomod, files)
        world.use(monkeypatch, GOWORK="")
        monkeypatch.chdir(world.main(MAIN, SOURCE))
        assert invoke(["tidy"]) == 0
        capsys.readouterr()
        yield world


class Run(runs.Run):
    """One run: its exit code and what it printed. It has written nothing in the main module."""

    schema = "govgo.plan-1.json"

    def __init__(self, world: World, capsys: pytest.CaptureFixture[str], *args: str) -> None:
        before = self._files(world)
        super().__init__(capsys, *args)
        assert self._files(world) == before

    @staticmethod
    def _files(world: World) -> dict[str, bytes]:
        top = world.root / "main"
        return {str(path): path.read_bytes() for path in top.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "flags", campaigns.one_in(3, [(each,) for each in [["-n"], ["--dry-run"], ["-n", "--format=text"]]])
)
@pytest.mark.parametrize("behind", [False, True])
def test_get(world: World, capsys: pytest.CaptureFixture[str], flags: list[str], behind: bool) -> None:
    words = ["q.io/a@v1.1.0", *flags] if behind else [*flags, "q.io/a@v1.1.0"]
    run = Run(world, capsys, "get", *words)
    assert run.out == GET
    assert run.code == 0


def test_what_get_says_it_does(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    told = Run(world, capsys, "get", "q.io/a@v1.1.0", "-n", "--format=json").json
    assert invoke(["get", "q.io/a@v1.1.0"]) == 0
    mod = (world.root / "main/go.mod").read_text()
    assert "q.io/a v1.1.0" in mod
    assert told["summary"]["modules_after"] == 4
    assert [(each["path"], each["change"], each["why"]) for each in told["results"]] == [
        ("q.io/a", "raised", "requested"),
        ("q.io/b", "raised", "raised"),
        ("q.io/c", "added", "needed"),
    ]
    assert all(each["is_cached"] for each in told["results"]), "get had to read them"


def test_a_requirement_that_is_removed(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(world, capsys, "get", "-n", "q.io/a@none")
    assert run.out.splitlines()[0] == " - q.io/a  v1.0.0  requested"


def test_diffs(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    out = Run(world, capsys, "get", "-n", "--diff", "q.io/a@v1.1.0").out
    assert GET_DIFF in out
    assert "+++ planned/go.sum\n" in out
    assert out.endswith(GET.partition("\nWould")[1] + GET.partition("\nWould")[2])
    markdown = Run(world, capsys, "get", "-n", "--diff", "--format", "markdown", "q.io/a@v1.1.0").out
    assert markdown == f"```diff\n{out}```\n"


def test_tidy(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert Run(world, capsys, "tidy", "--dry-run").out == "Would change nothing.\n"
    world.main(MAIN + "\nrequire q.io/z v1.0.0\n")
    run = Run(world, capsys, "tidy", "-n")
    assert run.out == (
        " - q.io/z  v1.0.0  no longer imported\n"
        "Would update go.mod (-1); nothing was written.\n"
        "The build list would have 3 modules in place of 4.\n"
    )
    assert "-require q.io/z v1.0.0\n" in Run(world, capsys, "tidy", "-n", "-diff").out


def test_tidy_of_a_new_import(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.main(MAIN, {"z.go": 'package main\n\nimport _ "q.io/z"\n'})
    assert Run(world, capsys, "tidy", "-n").out.splitlines()[0] == " + q.io/z  v1.0.0  imported"


def test_vendor(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(world, capsys, "vendor", "-n")
    assert run.out == "Would update vendor/modules.txt (new) (+6) and vendor/ (+2 files); nothing was written.\n"
    assert invoke(["vendor"]) == 0
    assert Run(world, capsys, "vendor", "--dry-run").out == "Would change nothing.\n"


def test_edit(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert Run(world, capsys, "edit", "-droprequire=q.io/b", "-n").out == (
        "Would update go.mod (-1); nothing was written.\n"
    )
    out = Run(world, capsys, "edit", "-require=q.io/z@v1.0.0", "--dry-run").out
    assert out.splitlines()[0] == " + q.io/z  v1.0.0  requested"
    # Only this is a question to the proxy; edit itself asks nobody.
    world.proxy.script("*", Status(503))
    run = Run(world, capsys, "edit", "-require=q.io/c@v1.0.0", "-n", "--format=json")
    assert run.code == 3
    assert run.json["files"][0]["file"] == "go.mod"
    assert run.json["errors"]
    assert invoke(["edit", "-require=q.io/c@v1.0.0"]) == 0


def test_the_mimic_of_go_ignores_n(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["mod", "edit", "-n", "-droprequire=q.io/b"]) == 0
    assert "q.io/b" not in (world.root / "main/go.mod").read_text()
    assert invoke(["mod", "tidy", "--dry-run"]) == 2


def test_goflags_cannot_make_a_dry_run(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFLAGS", "-modcacherw -n")
    assert invoke(["get", "q.io/a@v1.1.0"]) == 0
    assert "q.io/a v1.1.0" in (world.root / "main/go.mod").read_text()


def test_work(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert Run(world, capsys, "work", "init", ".", "-n").out == (
        "Would update go.work (new) (+2); nothing was written.\n"
    )
    assert invoke(["work", "init"]) == 0
    assert Run(world, capsys, "work", "use", "-n", ".").out == "Would update go.work (+1); nothing was written.\n"
    assert Run(world, capsys, "work", "edit", "-n", "-use=./x").out.startswith("Would update go.work (+1);")
    assert invoke(["work", "use", "."]) == 0
    world.main(MAIN.replace("app", "other").replace("a v1.0.0", "a v1.1.0"), SOURCE, name="main/other")
    assert invoke(["work", "use", "other"]) == 0
    out = Run(world, capsys, "work", "sync", "-n").out
    assert "go.mod (" in out
    assert "nothing was written" in out


def test_the_diff_of_a_file_above_can_be_applied(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert invoke(["work", "init", "."]) == 0
    (world.root / "main/below").mkdir()
    monkeypatch.chdir(world.root / "main/below")
    out = Run(world, capsys, "work", "edit", "-n", "--diff", "-use=./x").out
    name = (world.root / "main/go.work").as_posix().lstrip("/")
    assert f"\n--- current/{name}\n+++ planned/{name}\n" in out


WHATIF = """ ~ q.io/a  v1.0.0 => v1.1.0  requested
 ~ q.io/b  v1.0.0 => v1.2.0  raised by q.io/a v1.1.0
 + q.io/c  v1.0.0            needed by q.io/a v1.1.0
get q.io/a@v1.1.0: 1 added, 2 raised
tidy: no change of the build list
Would update go.mod (+1 ~2) and go.sum (+6 -4); nothing was written.
The build list would have 4 modules in place of 3.
"""


def test_what_if(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(world, capsys, "what-if", "get q.io/a@v1.1.0", "tidy")
    assert run.out == WHATIF
    assert run.code == 0


def test_what_is_dropped_and_not_required_is_told(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(world, capsys, "what-if", "drop q.io/a q.io/aa")
    assert run.code == 0
    assert "govgo: drop q.io/aa: go.mod does not require it\n" in run.err
    assert "drop q.io/a:" not in run.err


def test_what_a_requirement_costs(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(world, capsys, "what-if", "drop q.io/a q.io/b")
    sizes = sum(len(world.proxy.files[f"/q.io/{name}/@v/v1.0.0.zip"]) for name in "ab")
    assert run.out.splitlines()[2:4] == [
        "drop q.io/a q.io/b: 2 removed",
        f"  saves 2 modules ({sizes} bytes): q.io/a@v1.0.0, q.io/b@v1.0.0",
    ]


Z_ZIP = "/q.io/z/@v/v1.0.0.zip"


def test_the_size_of_a_download_costs_one_byte(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    size = len(world.proxy.files[Z_ZIP])
    world.proxy.calm()
    out = Run(world, capsys, "what-if", "require q.io/z@v1.0.0").out
    assert out.endswith(f"Not in the module cache: 1 zip, {size} bytes.\n")
    ranges = {path: headers.get("range") for path, headers in zip(world.proxy.asked, world.proxy.headers, strict=True)}
    assert [(path, ranges[path]) for path in ranges if path.endswith(".zip")] == [(Z_ZIP, "bytes=0-0")]
    world.proxy.script(Z_ZIP, Status(206, b"Partial Content", {"Content-Range": "bytes 0-0/12345678"}, b"P"))
    world.main(MAIN + "\nrequire q.io/z v1.0.0 // indirect\n")
    told = Run(world, capsys, "edit", "-n", "-droprequire=q.io/z", "--format=json").json
    assert [(each["path"], each["size_bytes"]) for each in told["results"]] == [("q.io/z", 12345678)]
    assert not world.cache.joinpath("cache/download/q.io/z/@v/v1.0.0.zip").exists()


@pytest.mark.parametrize("answer", [Status(404), Status(403), Status(206, b"", {"Content-Range": "bytes 0-0/*"}, b"P")])
def test_sizes_that_nobody_says(world: World, capsys: pytest.CaptureFixture[str], answer: Status) -> None:
    world.proxy.script(Z_ZIP, answer)
    run = Run(world, capsys, "what-if", "require q.io/z@v1.0.0", "--json")
    assert run.json["results"][0]["size_bytes"] is None
    assert run.json["summary"]["downloads_of_unknown_size"] == 1
    assert Run(world, capsys, "what-if", "require q.io/z@v1.0.0").out.endswith(
        "Not in the module cache: 1 zip, size unknown.\n"
    )


def test_a_size_that_does_not_come_is_not_waited_for(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("govgo.app.plan._PATIENCE_S", 0.2)
    world.proxy.script(Z_ZIP, Stall())
    run = Run(world, capsys, "what-if", "require q.io/z@v1.0.0", "--json")  # the answer never comes
    assert (run.code, run.json["summary"]["downloads_of_unknown_size"]) == (0, 1)


def test_offline_nobody_is_asked_for_a_size(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    Run(world, capsys, "what-if", "require q.io/z@v1.0.0")
    world.proxy.calm()
    run = Run(world, capsys, "what-if", "require q.io/z@v1.0.0", "--offline")
    assert run.out.endswith("Not in the module cache: 1 zip, size unknown.\n")
    assert world.proxy.asked == []


@pytest.mark.parametrize(
    ("args", "code"),
    campaigns.one_in(
        3,
        [
            (["what-if", "get q.io/nope"], 1),
            (["what-if", "fetch q.io/a"], 2),
            (["what-if"], 2),
            (["what-if", "drop q.io/a@v1"], 2),
            (["get", "-n", "q.io/nope"], 1),
            (["tidy", "-n", "words"], 2),
            (["tidy", "-n", "--format=yaml"], 2),
        ],
    ),
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_what_fails(world: World, capsys: pytest.CaptureFixture[str], args: list[str], code: int, form: str) -> None:
    run = Run(world, capsys, *args, *([] if "yaml" in args[-1] else ["--format", form]))
    assert run.code == code
    assert run.err
    if form == "text" or "yaml" in args[-1]:
        assert run.out == ""
    else:
        assert run.json["results"] == []
        assert run.json["errors"]


@pytest.mark.parametrize("fault", ["broken go.mod", "dead network", "offline"])
def test_no_half_report(world: World, capsys: pytest.CaptureFixture[str], fault: str) -> None:
    args = ["what-if", "get q.io/a@v1.1.0", "--json"]
    if fault == "broken go.mod":
        world.main(MAIN + "\nrequire nonsense\n")
    elif fault == "dead network":
        world.proxy.script("*", Status(503))
    else:
        args.append("--offline")
    run = Run(world, capsys, *args)
    assert run.code == (1 if fault == "broken go.mod" else 3)
    assert run.json["results"] == []
    assert run.json["errors"]
