# SPDX-License-Identifier: BSD-3-Clause
"""What `govgo what-if` says is what the commands then do: random changes of random modules, said and done."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from govgo.app.whatif import read_step
from govgo.cli.main import invoke
from govgo.core.golib.diff import diff
from govgo.errors import UsageError
from tests.script.proxytree import add_version

PATHS = ("p.io/p", "q.io/q", "r.io/r", "s.io/s", "t.io/t")
VERSIONS = tuple(f"v1.{minor}.0" for minor in range(3))


def publish(root: Path, chance: random.Random) -> None:
    """Five modules with three versions each, whose packages import what they require, but for what is indirect."""
    for number, path in enumerate(PATHS):
        for version in VERSIONS:
            required, imports = [], []
            for other in PATHS[number + 1 :]:
                if chance.random() < 0.5:
                    indirect = chance.random() < 0.3
                    required.append(f"require {other} {chance.choice(VERSIONS)}{' // indirect' * indirect}\n")
                    imports += [] if indirect else [f'import _ "{other}"\n']
            go = chance.choice(("1.16", "1.20"))
            gomod = f"module {path}\n\ngo {go}\n\n{''.join(required)}"
            add_version(root, path, version, {"go.mod": gomod, "a.go": f"package a\n\n{''.join(imports)}"})


def write_main(directory: Path, chance: random.Random) -> None:
    directory.mkdir()
    required = chance.sample(PATHS, chance.randint(1, 3))
    lines = [f"require {path} {chance.choice(VERSIONS)}\n" for path in required]
    go = chance.choice(("1.16", "1.20"))
    (directory / "go.mod").write_text(f"module example.com/main\n\ngo {go}\n\n{''.join(lines)}")
    imports = "".join(f'import _ "{path}"\n' for path in required if chance.random() < 0.8)
    (directory / "main.go").write_text(f"package main\n\n{imports}\nfunc main() {{}}\n")


def random_step(chance: random.Random) -> str:
    path, version = chance.choice(PATHS), chance.choice(VERSIONS)
    return chance.choice(
        (
            f"get {path}@{version}",
            f"get {path}@none",
            f"get {path}",
            "get -u ./...",
            "tidy",
            f"drop {path}",
            f"require {path}@{version}",
            f"exclude {path}@{version}",
            f"replace {path}=>{path}@{version}",
            f"replace {path}@{version}=>./copy",
        )
    )


def commands(step: str) -> list[list[str]]:
    """The command lines of go that do a step."""
    verb, *words = step.replace("=>", "=").split()
    if verb in ("get", "tidy"):
        return [["get", *words]] if verb == "get" else [["mod", "tidy"]]
    flag = {"drop": "-droprequire"}.get(verb, f"-{verb}")
    return [["mod", "edit", f"{flag}={words[0]}"], ["list", "-m", "-mod=mod", "all"]]


Runner = Callable[[list[str]], tuple[int, str]]


@pytest.fixture
def govgo_runner(capsys: pytest.CaptureFixture[str]) -> Runner:
    def run(arguments: list[str]) -> tuple[int, str]:
        capsys.readouterr()
        code = invoke(arguments)
        return code, capsys.readouterr().out

    return run


def go_runner(arguments: list[str]) -> tuple[int, str]:
    done = subprocess.run(["go", *arguments], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout


def files(directory: Path) -> dict[str, bytes]:
    return {name: (directory / name).read_bytes() for name in ("go.mod", "go.sum") if (directory / name).exists()}


def diffs(before: dict[str, bytes], after: dict[str, bytes]) -> dict[str, str]:
    """What `what-if` says of files that change."""
    return {
        name: diff(f"current/{name}", before.get(name, b""), f"planned/{name}", after.get(name, b""))
        for name in ("go.mod", "go.sum")
        if before.get(name) != after.get(name)
    }


def said_is_done(directory: Path, steps: list[str], say: Runner, do: Runner) -> bool:
    """That `what-if` says of a module what the commands then do; whether the steps succeeded.

    Args:
        directory: the main module, which is the working directory. The commands change it.
        steps: what is played.
        say: runs govgo.
        do: runs what does the steps.
    """
    before = files(directory)
    listed = dict(line.partition(" ")[::2] for line in say(["list", "-m", "-mod=mod", "all"])[1].splitlines())
    for name in ("go.mod", "go.sum"):
        (directory / name).unlink(missing_ok=True)
    for name, data in before.items():
        (directory / name).write_bytes(data)
    code, out = say(["what-if", *steps, "--json"])
    assert files(directory) == before, "what-if writes nothing"
    codes = [do(command)[0] for step in steps for command in commands(step)]
    assert (code == 0) == (not any(codes)), (steps, code, codes)
    if code:
        return False
    after = files(directory)
    told: dict[str, Any] = json.loads(out)
    want = diffs(before, after)
    said = {file["file"].rpartition("/")[2]: file["diff"] for file in told["files"]}
    assert said == want, (steps, said, want)
    for each in told["results"]:
        listed.pop(each["path"], None)
        if each["new"] is not None:
            listed[each["path"]] = each["new"]["version"]
    code, out = do(["list", "-m", "-mod=mod", "-f", "{{.Path}} {{.Version}}", "all"])
    real = dict(line.partition(" ")[::2] for line in out.splitlines())
    said = {path: version.partition(" ")[0] for path, version in listed.items()}
    assert said == real, (steps, dict(said.items() - real.items()), dict(real.items() - said.items()))
    return True


def check_one(root: Path, seed: int, say: Runner, do: Runner, monkeypatch: pytest.MonkeyPatch) -> bool:
    """One case; whether the steps succeeded."""
    chance = random.Random(seed)
    directory = root / f"main{seed}"
    write_main(directory, chance)
    monkeypatch.chdir(directory)
    if chance.random() < 0.6:
        say(["tidy"])
    return said_is_done(directory, [random_step(chance) for _ in range(chance.randint(1, 3))], say, do)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    environment = {
        "GOPROXY": (tmp_path / "proxy").as_uri(),
        "GOMODCACHE": str(tmp_path / "cache"),
        "GOSUMDB": "off",
        "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local",
        "GOENV": "off",
        "GOWORK": "off",
        "HOME": str(tmp_path),
        "GOPATH": str(tmp_path / "go"),
        "GOCACHE": str(tmp_path / "gocache"),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    yield tmp_path
    shutil.rmtree(tmp_path, ignore_errors=True)


def test_a_go_mod_of_windows_is_told_as_it_is(
    world: Path, govgo_runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(world / "proxy", random.Random(0))
    (world / "main").mkdir()
    (world / "main/go.mod").write_bytes(b"module example.com/main\r\n\r\ngo 1.20\r\n")
    monkeypatch.chdir(world / "main")
    assert said_is_done(world / "main", [f"require {PATHS[4]}@v1.0.0"], govgo_runner, govgo_runner)


MORE_BLOCKS = [
    *(pytest.param(block, marks=pytest.mark.wide) for block in (1, 2)),
    *(pytest.param(block, marks=pytest.mark.slow) for block in range(3, 50)),
]


WORKS = ("", "replace r.io/r => s.io/s v1.1.0\n", "replace t.io/t v1.0.0 => ./copy\n")
"""What go.work says beside its modules."""


def in_workspace(root: Path, seed: int, say: Runner, do: Runner, monkeypatch: pytest.MonkeyPatch) -> bool:
    """A case in a workspace of two modules: what is said of the build list is said of the workspace's.

    The commands change the module that they run in: `get` and `tidy` look at no go.work, and an edit is put in order
    without it. Then `list -m all` has all of the workspace.
    """
    chance = random.Random(f"workspace/{seed}")
    top = root / f"work{seed}"
    top.mkdir()
    for name in ("a", "b"):
        write_main(top / name, chance)
        gomod = (top / name / "go.mod").read_text().replace("example.com/main", f"example.com/{name}")
        (top / name / "go.mod").write_text(gomod)
    (top / "copy").mkdir()
    (top / "copy/go.mod").write_text("module t.io/t\n\nrequire s.io/s v1.1.0\n")
    (top / "copy/a.go").write_text("package a\n")
    (top / "go.work").write_text(f"go 1.21\n\nuse (\n\t./a\n\t./b\n)\n\n{chance.choice(WORKS)}")
    directory = top / chance.choice("ab")
    monkeypatch.chdir(directory)
    steps = [random_step(chance).replace("./copy", "../copy") for _ in range(chance.randint(1, 3))]
    others = {path: path.read_bytes() for path in top.rglob("go.*") if path.parent != directory}
    before = listed_in_workspace(do)
    for path in set(top.rglob("go.*")) - {*others, directory / "go.mod"}:
        path.unlink()  # what a list has written
    files_before = files(directory)
    code, out = say(["what-if", *steps, "--json"])
    assert (files(directory), {path: path.read_bytes() for path in others}) == (files_before, others)
    codes = []
    for step in steps:
        for command in commands(step):
            with monkeypatch.context() as alone:
                if command[0] == "list":
                    alone.setenv("GOWORK", "off")  # go refuses -mod=mod in a workspace
                codes.append(do(command)[0])
    after, files_after = listed_in_workspace(do), files(directory)
    assert (code == 0) == (not any(codes) and after is not None), (steps, code, codes)
    if code or before is None or after is None:
        return False
    told: dict[str, Any] = json.loads(out)
    said = {file["file"].rpartition("/")[2]: file["diff"] for file in told["files"]}
    assert said == diffs(files_before, files_after), steps
    for each in told["results"]:
        before.pop(each["path"], None)
        if each["new"] is not None:
            before[each["path"]] = each["new"]["version"].partition(" ")[0]
    assert before == after, steps
    return True


def listed_in_workspace(do: Runner) -> dict[str, str] | None:
    """The build list around the working directory; None where it fails."""
    code, out = do(["list", "-m", "-f", "{{.Path}} {{.Version}}", "all"])
    return None if code else dict(line.partition(" ")[::2] for line in out.splitlines())


@pytest.fixture
def workspace(world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GOWORK", "")
    return world


@pytest.mark.parametrize("block", [pytest.param(0, marks=pytest.mark.wide), *MORE_BLOCKS])
def test_what_is_said_is_done_in_a_workspace(
    workspace: Path, block: int, govgo_runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(workspace / "proxy", random.Random(block))
    seeds = range(block * 10, block * 10 + 10)
    found = [in_workspace(workspace, seed, govgo_runner, govgo_runner, monkeypatch) for seed in seeds]
    assert sum(found) >= 3


@pytest.mark.go
@pytest.mark.slow
@pytest.mark.parametrize("block", range(50))
def test_what_is_said_go_does_in_a_workspace(
    workspace: Path, block: int, govgo_runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(workspace / "proxy", random.Random(block))
    seeds = range(block * 10, block * 10 + 10)
    found = [in_workspace(workspace, seed, govgo_runner, go_runner, monkeypatch) for seed in seeds]
    assert sum(found) >= 3


@pytest.mark.wide
@pytest.mark.parametrize("block", [0, *MORE_BLOCKS])
def test_what_is_said_is_done(world: Path, block: int, govgo_runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(world / "proxy", random.Random(block))
    seeds = range(block * 20, block * 20 + 20)
    found = [check_one(world, seed, govgo_runner, govgo_runner, monkeypatch) for seed in seeds]
    assert sum(found) >= 8


@pytest.mark.go
@pytest.mark.slow
@pytest.mark.parametrize("block", range(50))
def test_what_is_said_go_does(world: Path, block: int, govgo_runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(world / "proxy", random.Random(block))
    for seed in range(block * 20, block * 20 + 20):
        check_one(world, seed, govgo_runner, go_runner, monkeypatch)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot read the step"),
        ("fetch q.io/q", "unknown step"),
        ("drop", "names no module"),
        ("tidy now", "takes no arguments"),
        ("drop q.io/q@v1.0.0", "need just path"),
        ("get -x q.io/q", "a step takes"),
        ("get 'q.io/q", "cannot read the step"),
        ("replace q.io/q q.io/r@v1.0.0", "-replace=q.io/q q.io/r@v1.0.0: need old"),
    ],
)
def test_what_is_no_step(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_step(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # Go Modules Reference, "require directive", "exclude directive" and "replace directive"
        ("require q.io/q v1.0.0", ["q.io/q@v1.0.0"]),
        ("exclude q.io/q v1.0.0 q.io/r@v1.1.0", ["q.io/q@v1.0.0", "q.io/r@v1.1.0"]),
        ("replace q.io/q => q.io/r v1.5.0", ["q.io/q=q.io/r@v1.5.0"]),
        ("replace q.io/q v1.0.0 => q.io/r v1.5.0", ["q.io/q@v1.0.0=q.io/r@v1.5.0"]),
        ("replace q.io/q v1.0.0 => './my r'", ["q.io/q@v1.0.0=./my r"]),
        # and as the flags of edit have them
        ("replace q.io/q=>../r", ["q.io/q=../r"]),
        ("replace q.io/q@v1.0.0=../r", ["q.io/q@v1.0.0=../r"]),
    ],
)
def test_steps_as_go_mod_has_them(text: str, words: list[str]) -> None:
    assert list(read_step(text).words) == words
