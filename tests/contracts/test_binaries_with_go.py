# SPDX-License-Identifier: BSD-3-Clause
"""What commands say of binaries that a real go has built, from modules of a proxy and a checksum database here.

The requirements are those of the go.mod below, so that a binary has q.io/b v1.2.0 in it, which q.io/a raises.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands.trust.test_audit import advisory
from tests.simulators import run as runs
from tests.simulators.world import World

GO = shutil.which("go")
pytestmark = [pytest.mark.go, pytest.mark.skipif(GO is None, reason="no go command")]

GOMOD = "module example.com/app\n\ngo 1.21\n\nrequire (\n\tq.io/a v1.0.0\n\tq.io/b v1.2.0 // indirect\n)\n"
PATHS = ("q.io/a", "q.io/b")
MAIN = 'package main\n\nimport "q.io/a"\n\nfunc main() { a.A() }\n'


def files(name: str, imports: str = "", calls: str = "") -> dict[str, str]:
    head = f'import "{imports}"\n\n' if imports else ""
    return {f"{name}.go": f"package {name}\n\n{head}func {name.upper()}() {{ {calls} }}\n"}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A work tree in git with go.mod, its go.sum by go, and `app`, built with what go records by default."""
    with World(tmp_path) as world:
        a = "module q.io/a\n\ngo 1.21\n\nrequire q.io/b v1.2.0\n"
        world.publish("q.io/a", "v1.0.0", a, files("a", "q.io/b", "b.B()"))
        world.publish("q.io/b", "v1.2.0", "module q.io/b\n\ngo 1.21\n", files("b"))
        cache = subprocess.run([str(GO), "env", "GOCACHE"], capture_output=True, text=True, check=True).stdout.strip()
        world.use(monkeypatch, GOCACHE=cache, CGO_ENABLED="0", GOFLAGS="-modcacherw")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        database = tmp_path / "db"
        database.mkdir()
        (database / "GO-1.json").write_text(advisory("GO-1", "q.io/b", "introduced=0", "fixed=1.3.0"))
        (database / "GO-2.json").write_text(advisory("GO-2", "q.io/a", "introduced=1.1.0"))
        monkeypatch.setenv("GOVGO_VULNDB", str(database))
        monkeypatch.chdir(world.main(GOMOD, {"main.go": MAIN}))
        tell(GO, "mod", "download", "all")
        tell(GO, "mod", "tidy")
        who = ("-c", "user.name=a", "-c", "user.email=a@q.io")
        tell("git", "init", "-q")
        tell("git", "add", ".")
        tell("git", *who, "commit", "-qm", "all")
        tell(GO, "build", "-buildvcs=true", "-o", "app", ".")
        yield world


def tell(*words: str | None) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def govgo(capsys: pytest.CaptureFixture[str]) -> Any:
    class Run(runs.Run):
        def __init__(self, verb: str, *args: str) -> None:
            self.schema = f"govgo.{verb}-1.json"  # type: ignore[misc]
            super().__init__(capsys, verb, *args)

    return Run


@pytest.mark.wide
def test_every_command_on_one_binary(world: World, govgo: Any, tmp_path: Path) -> None:
    told = tell(GO, "version", "-m", "app")
    assert "\tbuild\tvcs.revision=" in told
    assert govgo("version", "-m", "app").out == told
    assert govgo("version", "-m", "-json", "app").out == tell(GO, "version", "-m", "-json", "app")

    proved = govgo("verify", "app", "-json")
    assert (proved.code, proved.json["summary"]["lines"]["proved"]) == (0, 2)
    assert govgo("verify", "app", "--against", "go.sum").code == 0
    lines = Path("go.sum").read_text()
    sums = {path: next(line.split()[2] for line in lines.splitlines() if line.startswith(f"{path} ")) for path in PATHS}
    Path("other.sum").write_text(lines.replace(sums["q.io/b"], f"h1:{'A' * 43}="))
    assert govgo("verify", "app", "--against", "other.sum").code == 4

    (found,) = govgo("audit", "app", "-json").json["results"]
    assert (found["id"], found["module"], found["version"], found["file"]) == ("GO-1", "q.io/b", "v1.2.0", "app")

    licences = govgo("licenses", "app", "-json")
    unknown = {(each["module"], each["version"], each["file"]) for each in licences.json["results"]}
    assert (licences.code, unknown) == (1, {("q.io/a", "v1.0.0", "app"), ("q.io/b", "v1.2.0", "app")})

    (document,) = govgo("sbom", "app", "-json").json["documents"]
    listed = {each["path"]: (each["version"], each["h1"]) for each in document["components"]}
    assert {path: listed[path] for path in PATHS} == {
        "q.io/a": ("v1.0.0", sums["q.io/a"]),
        "q.io/b": ("v1.2.0", sums["q.io/b"]),
    }


@pytest.mark.wide
def test_archives_and_directories(world: World, govgo: Any) -> None:
    told = tell(GO, "version", "-m", "app")
    with zipfile.ZipFile("dist.zip", "w") as archive:
        archive.write("app", "bin/app")
    with tarfile.open("dist.tar.gz", "w:gz") as tar:
        tar.add("app", "bin/app")
    for name in ("dist.zip", "dist.tar.gz"):
        assert govgo("version", "-m", name).out == told.replace("app:", f"{name}!bin/app:", 1)
    assert govgo("version", "-m", ".").out == tell(GO, "version", "-m", ".")


@pytest.mark.wide  # go builds its library anew for these flags, ten seconds where its cache has not got it
def test_another_build_of_the_same(world: World, govgo: Any) -> None:
    world.publish("q.io/b", "v1.3.0", "module q.io/b\n\ngo 1.21\n", files("b"))
    tell(GO, "get", "q.io/b@v1.3.0")
    tell(GO, "build", "-trimpath", "-ldflags=-s -w", "-o", "new", ".")
    assert govgo("audit", "new").code == 0
    (target,) = govgo("diff", "app", "new", "-json").json["results"]
    (change,) = target["modules"]
    assert (change["change"], change["path"], change["old"]["version"], change["new"]["version"]) == (
        "raised",
        "q.io/b",
        "v1.2.0",
        "v1.3.0",
    )
    assert "-trimpath true" in target["files"][0]["added"]
