# SPDX-License-Identifier: BSD-3-Clause
"""`govgo why --version` from the command line. The texts are worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.cli.main import invoke
from govgo.report.style import Style
from tests.simulators import campaigns
from tests.simulators import run as runs
from tests.simulators.proxy import Status
from tests.simulators.world import World

MAIN = """module example.com/app

go 1.21

require (
	q.io/a v1.1.0
	q.io/c v1.0.0
)

require q.io/b v1.1.0 // indirect
"""
MODULES = {
    ("q.io/a", "v1.0.0"): "module q.io/a\n\ngo 1.21\n\nrequire q.io/b v1.0.0\n",
    ("q.io/a", "v1.1.0"): "module q.io/a\n\ngo 1.21\n\nrequire q.io/b v1.2.0\n",
    ("q.io/b", "v1.0.0"): "module q.io/b\n\ngo 1.21\n",
    ("q.io/b", "v1.1.0"): "module q.io/b\n\ngo 1.21\n",
    ("q.io/b", "v1.2.0"): "module q.io/b\n\ngo 1.21\n",
    ("q.io/c", "v1.0.0"): "module q.io/c\n\ngo 1.21\n\nrequire q.io/b v1.0.0\n",
}
TEXT = """# q.io/b v1.2.0 (requirement graph)
example.com/app
q.io/a v1.1.0
q.io/b v1.2.0

selected: the highest of 3 requirements
  v1.2.0  q.io/a v1.1.0  decides
  v1.1.0  example.com/app (go.mod:10)
  v1.0.0  q.io/c v1.0.0
"""
NEEDED = """
to lower it to v1.1.0: these requirements are in the way; `--to v1.1.0` looks for versions:
  go.mod:6  q.io/a  v1.1.0, an older version
"""
FOUND = """
to lower it to v1.0.0, change 2 requirements:
  go.mod:6   q.io/a  v1.1.0 => v1.0.0
  go.mod:10  q.io/b  v1.1.0 => v1.0.0
"""
IMPOSSIBLE = """
to remove it: no older version of what is required directly does that without raising another module
  go.mod:6  q.io/a v1.1.0  1 older version tried:
    v1.0.0: example.com/app -> q.io/a v1.0.0 -> q.io/b v1.0.0
  go.mod:7  q.io/c v1.0.0  no older version is known
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as world:
        for (path, version), gomod in MODULES.items():
            world.publish(path, version, gomod)
        world.use(monkeypatch, GOWORK="")
        monkeypatch.chdir(world.main(MAIN))
        yield world


class Run(runs.Run):
    """One run: its exit code and what it printed."""

    command = ("why", "--version")
    schema = "govgo.why-version-1.json"


@pytest.mark.parametrize(
    ("args", "code", "text"),
    [
        ([], 0, TEXT + NEEDED),
        (["--to", "v1.0.0"], 0, TEXT + FOUND),
        (["--to=none"], 1, TEXT + IMPOSSIBLE),
        (
            ["--all"],
            0,
            TEXT + "\nthe only chain of requirements:\n  example.com/app -> q.io/a v1.1.0 -> q.io/b v1.2.0\n" + NEEDED,
        ),
        (["--format", "markdown"], 0, f"```text\n{TEXT}{NEEDED}```\n"),
    ],
)
def test_text(world: World, capsys: pytest.CaptureFixture[str], args: list[str], code: int, text: str) -> None:
    run = Run(capsys, "q.io/b", *args)
    assert run.out == text
    assert run.code == code
    assert not (world.root / "main/go.sum").exists(), "a report writes nothing"


def test_json(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    (result,) = Run(capsys, "q.io/b", "--json", "--to", "v1.0.0", "--all").json["results"]
    assert result["selected"] == "v1.2.0"
    assert [(each["version"], each["file"], each["line"], each["decides"]) for each in result["requirements"]] == [
        ("v1.2.0", None, None, True),
        ("v1.1.0", "go.mod", 10, False),
        ("v1.0.0", None, None, False),
    ]
    assert result["lowering"]["outcome"] == "found"
    assert [(each["line"], each["new"]) for each in result["lowering"]["changes"]] == [(6, "v1.0.0"), (10, "v1.0.0")]
    assert result["chains"] == {"first": [result["chain"]], "counted": 1, "is_all": True}


def test_no_such_module(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "q.io/zzz", "--json")
    assert run.code == 1
    assert run.json["results"][0]["selected"] is None
    run = Run(capsys, "q.io/zzz")
    assert run.out == "# q.io/zzz\n(nothing requires it)\n"


def test_many_modules(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.main(MAIN.replace("app", "other").replace("v1.1.0\n\tq", "v1.0.0\n\tq"), name="main/other")
    run = Run(capsys, "q.io/b", "./...")
    assert run.code == 0
    assert [line for line in run.out.splitlines() if line.startswith("#")] == [
        "# q.io/b v1.2.0 (requirement graph in example.com/app)",
        "# q.io/b v1.1.0 (requirement graph in example.com/other)",
    ]


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    ("fault", "code"),
    campaigns.one_in(
        3,
        [
            ("broken go.mod", 1),
            ("dead network", 3),
            ("offline", 3),
            ("no directory", 2),
            ("bad --to", 2),
            ("bad flag", 2),
        ],
    ),
)
def test_what_fails(world: World, capsys: pytest.CaptureFixture[str], fault: str, code: int, form: str) -> None:
    args = ["q.io/b", "--format", form]
    if fault == "broken go.mod":
        world.main(MAIN + "\nrequire nonsense\n")
    elif fault == "dead network":
        world.proxy.script("*", Status(503))
    args += {"offline": ["--offline"], "no directory": ["./nowhere"], "bad --to": ["--to", "soon"]}.get(fault, [])
    args += ["--depth", "3"] if fault == "bad flag" else []
    run = Run(capsys, *args)
    assert run.code == code
    assert run.err
    if form == "text":
        assert run.out == ""
    else:
        document = run.json
        assert document["results"] == []
        assert document["errors"]
        if fault == "broken go.mod":
            assert (document["errors"][0]["file"], document["errors"][0]["line"]) == ("go.mod", 12)


def test_older_versions_that_nobody_can_list_are_no_answer(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert Run(capsys, "q.io/b").code == 0
    run = Run(capsys, "q.io/b", "--to", "v1.0.0", "--offline", "--json")
    assert run.code == 3
    assert run.json["results"][0]["lowering"]["outcome"] == "unknown"


UNPROVED = """
to lower it to v1.0.0: not known: found no way; that there is none is not proved
  go.mod:7  q.io/r v1.2.0  2 older versions tried:
    v1.1.0: example.com/app -> q.io/r v1.1.0 -> q.io/s v1.2.0
    v1.0.0: example.com/app -> q.io/q v1.1.0 -> q.io/r v1.1.0 -> q.io/s v1.2.0
"""


def test_what_is_not_proved_is_not_said(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """q v1.0.0 together with r v1.0.0 would do, which one requirement after another does not show."""
    requires = {("q", 0): "", ("q", 1): "r v1.1.0", ("r", 0): "", ("r", 1): "s v1.2.0", ("r", 2): "s v1.1.0"}
    for (name, minor), other in {**requires, ("s", 0): "", ("s", 1): "", ("s", 2): ""}.items():
        require = f"\nrequire q.io/{other}\n" if other else ""
        world.publish(f"q.io/{name}", f"v1.{minor}.0", f"module q.io/{name}\n\ngo 1.21\n{require}")
    world.main("module example.com/app\n\ngo 1.21\n\nrequire (\n\tq.io/q v1.1.0\n\tq.io/r v1.2.0\n)\n")
    run = Run(capsys, "q.io/s", "--to", "v1.0.0")
    assert run.out.endswith(UNPROVED)
    assert run.code == 3
    run = Run(capsys, "q.io/s", "--to", "v1.0.0", "--json")
    assert run.code == 3
    lowering = run.json["results"][0]["lowering"]
    assert (lowering["outcome"], [each["line"] for each in lowering["blocked"]]) == ("unknown", [7])


def test_names_of_strangers(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "q.io/\x1b[31mred")
    assert "\x1b" not in run.out + run.err


def test_a_terminal_is_spared_hundreds_of_lines() -> None:
    from govgo.core.module.moduleversion import ModuleVersion
    from govgo.core.resolution.resolution import Requirement
    from govgo.core.resolution.whyversion import Explained
    from govgo.report.whyversion import _requirement_lines

    target = ModuleVersion("q.io/b", "v1.0.0")
    requirements = tuple(Requirement(ModuleVersion(f"q.io/x{i}", "v1.0.0"), target) for i in range(100))
    explained = Explained("q.io/b", "v1.0.0", None, requirements, requirements, (), None, None)
    assert len(list(_requirement_lines(explained, Style()))) == 100
    shown = list(_requirement_lines(explained, Style(width=80)))
    assert len(shown) == 30
    assert shown[-1] == "  … and 71 more"


def test_a_narrow_terminal_breaks_no_word() -> None:
    from govgo.core.module.moduleversion import ModuleVersion
    from govgo.core.resolution.resolution import Requirement
    from govgo.core.resolution.whyversion import Explained
    from govgo.report.whyversion import _requirement_lines

    target = ModuleVersion("q.io/b", "v1.0.0")
    decides, circular = (Requirement(ModuleVersion(f"q.io/{name}", "v1.0.0"), target) for name in ("x", "longer"))
    explained = Explained("q.io/b", "v1.0.0", None, (decides, circular), (decides,), (), None, None)
    assert list(_requirement_lines(explained, Style(width=40))) == [
        "  v1.0.0  q.io/x v1.0.0       decides",
        "  v1.0.0  q.io/longer v1.0.0",
        "          is there only because of this version",
    ]


@pytest.mark.parametrize("flag", ["--to=v1.0.0", "--all", "--offline", "--json", "--format=json", "-o=json:-"])
def test_flags_of_versions_are_not_for_packages(world: World, capsys: pytest.CaptureFixture[str], flag: str) -> None:
    assert invoke(["why", flag, "q.io/b"]) == 2
    assert "needs --version" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["-version", "-json", "-to=v1.0.0"])
def test_the_mimic_has_the_flags_of_go_alone(world: World, capsys: pytest.CaptureFixture[str], flag: str) -> None:
    assert invoke(["mod", "why", flag, "q.io/b"]) == 2
    assert "flag provided but not defined" in capsys.readouterr().err
