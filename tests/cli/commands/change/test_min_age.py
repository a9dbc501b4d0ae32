# SPDX-License-Identifier: BSD-3-Clause
"""`-min-age` and `-as-of` from the command line: get, tidy and outdated, on a small world behind a proxy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from govgo.cli.main import invoke
from govgo.wiring.session import SystemClock
from tests.cli.commands.inspect.test_outdated import publish
from tests.simulators import campaigns
from tests.simulators.run import document
from tests.simulators.world import World

MAIN = "module example.com/app\n\ngo 1.21\n"
SOURCE = {"main.go": 'package main\n\nimport _ "q.io/a"\n\nfunc main() {}\n'}
VERSIONS = {
    "q.io/a@v1.0.0": ("2024-01-01", ""),
    "q.io/a@v1.1.0": ("2024-02-01", "module q.io/a\n\ngo 1.21\n\nrequire q.io/b v1.1.0\n"),
    "q.io/a@v1.2.0": ("2024-06-25", ""),
    "q.io/b@v1.0.0": ("2024-01-01", ""),
    "q.io/b@v1.1.0": ("2024-06-20", ""),
    "q.io/n@v1.0.0": ("2024-01-01", ""),
}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime(2024, 7, 1, tzinfo=UTC))
    with World(tmp_path) as world:
        publish(world, VERSIONS)
        world.proxy.files["/q.io/n/@v/v1.0.0.info"] = b'{"Version":"v1.0.0"}'  # nobody says when
        world.use(monkeypatch)
        monkeypatch.chdir(world.main(MAIN, SOURCE))
        yield world


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*words: str) -> tuple[int, str, str]:
        code = invoke(list(words))
        return code, *capsys.readouterr()

    return call


def required() -> list[str]:
    return [line.strip() for line in Path("go.mod").read_text().splitlines() if "q.io/" in line]


def test_get_takes_what_is_old_enough(world: World, run: Any) -> None:
    code, _, err = run("get", "-min-age=2w", "-min-age-except=q.io/b", "q.io/a")
    assert (code, required()) == (0, ["require q.io/a v1.1.0 // indirect"]), err
    code, _, err = run("get", "-min-age=5d", "q.io/a")
    assert (code, required()) == (0, ["require q.io/a v1.2.0 // indirect"]), err


def test_a_get_that_brings_in_a_young_dependency_is_refused(world: World, run: Any) -> None:
    code, out, err = run("get", "-min-age", "14d", "q.io/a@v1.1.0")
    assert (code, out) == (1, "")
    assert err.splitlines()[-3:] == [
        "govgo: q.io/b@v1.1.0: made 2024-06-20T00:00:00Z, 11 days ago: younger than 14 days (-min-age)",
        "\trequired by: example.com/app => q.io/a@v1.1.0",
        "\tthe newest version that is old enough: v1.0.0",
    ]
    assert Path("go.mod").read_text() == MAIN
    assert not Path("go.sum").exists()


def test_an_argument_that_is_too_young(world: World, run: Any) -> None:
    code, _, err = run("get", "-min-age", "14d", "q.io/a@v1.2.0")
    assert code == 1
    assert "q.io/a@v1.2.0: made 2024-06-25T00:00:00Z, 6 days ago: younger than 14 days (-min-age)" in err
    assert Path("go.mod").read_text() == MAIN


def test_tidy(world: World, run: Any) -> None:
    code, _, err = run("tidy", "-min-age", "14d")
    assert code == 1
    assert "q.io/b@v1.1.0: made" in err
    assert "required by: example.com/app => q.io/a@v1.1.0" in err
    assert Path("go.mod").read_text() == MAIN
    code, out, _ = run("tidy", "-diff", "-min-age", "14d")
    assert (code, out) == (1, "")
    assert run("tidy", "-min-age", "160d")[0] == 0  # then v1.1.0 of a is too young, too, and v1.0.0 needs no b
    assert required() == ["require q.io/a v1.0.0"]


def test_tidy_as_of_a_day(world: World, run: Any) -> None:
    assert run("tidy", "-as-of", "2024-01-15")[0] == 0
    assert required() == ["require q.io/a v1.0.0"]


def test_an_index_feed(world: World, run: Any) -> None:
    lines = ['{"Path":"q.io/a","Version":"v1.0.0","Timestamp":"2024-06-30T00:00:00Z"}\n']
    Path("feed").write_text("".join(lines))
    Path("go.mod").write_text(f"{MAIN}\nrequire q.io/b v1.0.0\n")
    code, _, err = run("get", "-index", "feed", "-min-age", "14d", "q.io/a@v1.0.0")
    assert code == 1
    assert "q.io/a@v1.0.0: first seen 2024-06-30T00:00:00Z, 24 hours ago" in err
    Path("feed").write_text("nonsense\n")
    code, _, err = run("get", "-index", "feed", "-min-age", "14d", "q.io/a@v1.0.0")
    assert (code, "feed:1: no JSON object" in err) == (1, True)
    code, _, err = run("get", "-index", "gone", "-min-age", "14d", "q.io/a@v1.0.0")
    assert (code, "reading index feed: open " in err) == (3, True)
    assert required() == ["require q.io/b v1.0.0"]


def test_outdated(world: World, run: Any) -> None:
    Path("go.mod").write_text(f"{MAIN}\nrequire q.io/a v1.0.0\n")
    code, out, _ = run("outdated", "--min-age", "14d")
    assert code == 0
    assert out.splitlines()[1].split()[:2] == ["q.io/a", "v1.0.0"]
    assert " v1.1.0 " in out.splitlines()[1]
    assert out.splitlines()[2] == "too young: q.io/a v1.2.0: made 6 days ago, on 2024-06-25"
    code, out, _ = run("outdated", "--as-of", "2024-01-15")
    assert out == "1 direct requirement up to date\n"


@pytest.mark.parametrize("verb", ["get", "tidy", "outdated", "what-if"])
@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["-min-age", "soon"], "invalid value for flag -min-age: 'soon' is not an age: "),
        (["-as-of", "soon"], "invalid value for flag -as-of: 'soon' is not a time: "),
        (["-min-age-except", "q.io"], "-min-age-except needs -min-age\n"),
    ],
)
def test_values_that_cannot_be_read(world: World, run: Any, verb: str, flags: list[str], told: str) -> None:
    code, out, err = run(verb, *flags)
    assert (code, out) == (2, "")
    assert err.startswith(told)


@pytest.mark.parametrize("verb", ["tidy", "download"])
def test_mod_verbs_have_gos_flags_alone(world: World, run: Any, verb: str) -> None:
    code, _, err = run("mod", verb, "-min-age", "14d")
    assert (code, err.splitlines()[0]) == (2, "flag provided but not defined: -min-age")


TOO_YOUNG_B = "q.io/b@v1.1.0: made 2024-06-20T00:00:00Z, 11 days ago: younger than 14 days (-min-age)"
TOO_YOUNG_A = "q.io/a@v1.2.0: made 2024-06-25T00:00:00Z, 6 days ago: younger than 14 days (-min-age)"
UNDATED = "q.io/n@v1.0.0: "
WHAT_IF: list[tuple[str, list[str], set[str] | str]] = [
    # The newest version of a that is old enough is v1.1.0, which needs the v1.1.0 of b that is 11 days old.
    ("-min-age=14d", ["get q.io/a"], TOO_YOUNG_B),
    ("-min-age=14d -min-age-except=q.io/b", ["get q.io/a"], {"q.io/a v1.1.0", "q.io/b v1.1.0"}),
    ("-min-age=14d -min-age-except=*.io/b,q.io/x", ["get q.io/a"], {"q.io/a v1.1.0", "q.io/b v1.1.0"}),
    ("-min-age=14d -min-age-except=q.io/a", ["get q.io/a"], {"q.io/a v1.2.0"}),
    ("-min-age=14d -min-age-except=q.io", ["get q.io/a"], {"q.io/a v1.2.0"}),
    ("-min-age=5d", ["get q.io/a"], {"q.io/a v1.2.0"}),
    ("-min-age=160d", ["get q.io/a"], {"q.io/a v1.0.0"}),
    ("-min-age=14d", ["get q.io/a@v1.2.0"], TOO_YOUNG_A),
    ("-min-age=14d", ["get q.io/a@v1.0.0"], {"q.io/a v1.0.0"}),
    ("-min-age=14d", ["tidy"], TOO_YOUNG_B),
    # An edit may say what it likes; what the build list comes to in the end is judged.
    ("-min-age=14d", ["require q.io/a@v1.2.0"], TOO_YOUNG_A),
    ("-min-age=14d", ["require q.io/a@v1.1.0"], TOO_YOUNG_B),
    ("-min-age=14d", ["require q.io/a@v1.1.0", "drop q.io/a"], set()),
    ("-min-age=14d", ["require q.io/b@v1.1.0", "exclude q.io/b@v1.1.0"], set()),
    ("-min-age=14d", ["require q.io/a@v1.1.0", "replace q.io/b=>q.io/b@v1.0.0"], {"q.io/a v1.1.0", "q.io/b v1.1.0"}),
    # A version without a date may be younger.
    ("-min-age=14d", ["require q.io/n@v1.0.0"], UNDATED),
    ("-min-age=14d", ["get q.io/n@v1.0.0"], UNDATED),
    ("-min-age=14d", ["get q.io/n"], 'no matching versions for query "upgrade"'),
    ("-min-age=14d -min-age-except=q.io/n", ["get q.io/n"], {"q.io/n v1.0.0"}),
    ("-as-of=2024-01-15", ["get q.io/a"], {"q.io/a v1.0.0"}),
    ("-as-of=2024-06-27 -min-age=5d", ["get q.io/a"], {"q.io/a v1.1.0", "q.io/b v1.1.0"}),
]


@pytest.mark.parametrize(
    ("flags", "steps", "want"), campaigns.one_in(3, WHAT_IF), ids=[f"{row[0]} {row[1]}" for row in WHAT_IF]
)
def test_what_if(world: World, run: Any, flags: str, steps: list[str], want: set[str] | str) -> None:
    code, out, err = run("what-if", *flags.split(), *steps, "--json")
    told = document(out, "govgo.plan-1.json")
    found = {f"{each['path']} {each['new']['version']}" for each in told["results"]}
    if isinstance(want, str):
        assert (code, found, want in err) == (1, set(), True), err
        assert want in told["errors"][0]["text"]
    else:
        assert (code, found) == (0, want), err
    assert Path("go.mod").read_text() == MAIN


def test_tidy_fails_closed_without_a_date(world: World, run: Any) -> None:
    Path("main.go").write_text('package main\n\nimport _ "q.io/n"\n\nfunc main() {}\n')
    code, _, err = run("tidy", "-min-age", "14d")
    assert (code, "q.io/n" in err, Path("go.mod").read_text()) == (1, True, MAIN)
    Path("go.mod").write_text(f"{MAIN}\nrequire q.io/n v1.0.0\n")
    code, _, err = run("tidy", "-min-age", "14d")
    assert (code, UNDATED in err) == (1, True)
    code, _, err = run("tidy", "-min-age", "14d", "-min-age-except", "q.io/n")
    assert (code, required()) == (0, ["require q.io/n v1.0.0"]), err


def test_tidy_excepts_by_pattern(world: World, run: Any) -> None:
    code, _, err = run("tidy", "-min-age", "14d", "-min-age-except", "*.io/b")
    assert (code, required()) == (0, ["require q.io/a v1.1.0"]), err  # a needs b, and imports none of it
