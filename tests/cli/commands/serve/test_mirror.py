# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mirror …` from the command line: a proxy and a log behind it, and places that have neither."""

from __future__ import annotations

import gc
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from govgo.cli.main import invoke
from govgo.errors import StorageError
from tests.simulators import run as runs
from tests.simulators.proxy import Body, File, Status
from tests.simulators.world import World
from tests.simulators.zips import module_zip

MAIN = """module example.com/main

go 1.21

require q.io/a v1.1.0

require q.io/b v1.0.0 // indirect
"""
GOMOD_OF_A = "module q.io/a\n\ngo 1.16\n\nrequire q.io/b v0.9.0\n"
SOURCE = {"main.go": 'package main\n\nimport _ "q.io/a"\n\nfunc main() {}\n'}

#: What go asks for: the go.mod files of the graph (b v0.9.0 is in it, since a is older than graph pruning), the zips
#: of the build list, and for each of them a record, proved by the two tiles at the edge of a log of 300 + 4 * 8.
FILES = {
    *(f"q.io/a/@v/{name}" for name in ("list", "v1.1.0.info", "v1.1.0.mod", "v1.1.0.zip", "v1.1.0.ziphash")),
    *(f"q.io/b/@v/{name}" for name in ("list", "v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip", "v1.0.0.ziphash")),
    *(f"q.io/c/@v/{name}" for name in ("list", "v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip", "v1.0.0.ziphash")),
    "q.io/b/@v/v0.9.0.mod",
    *(f"sumdb/sum.example.org/lookup/q.io/{name}" for name in ("a@v1.1.0", "b@v0.9.0", "b@v1.0.0", "c@v1.0.0")),
    *(f"sumdb/sum.example.org/{name}" for name in ("latest", "supported", "tile/8/0/001.p/76", "tile/8/1/000.p/1")),
    "govgo/manifest",
}


class Run(runs.Run):
    command = ("mirror",)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """main imports q.io/a, which imports q.io/b; c is required by b and by nothing else. Their graph is not pruned."""
    with World(tmp_path) as world:
        world.publish("q.io/c", "v1.0.0")
        world.publish("q.io/b", "v0.9.0", "module q.io/b\n\ngo 1.16\n")
        world.publish("q.io/b", "v1.0.0", "module q.io/b\n\ngo 1.16\n\nrequire q.io/c v1.0.0\n")
        world.publish("q.io/a", "v1.1.0", GOMOD_OF_A, {"a.go": 'package a\n\nimport _ "q.io/b"\n'})
        directory = world.main(MAIN, SOURCE)
        world.use(monkeypatch)
        monkeypatch.chdir(directory)
        yield world


@pytest.fixture
def mirror(world: World, capsys: pytest.CaptureFixture[str]) -> Path:
    """A mirror of all that main needs."""
    path = world.root / "mirror"
    run = Run(capsys, "add", str(path))
    assert run.code == 0, run.err
    return path


def files(mirror: Path) -> set[str]:
    found = (path.relative_to(mirror).as_posix() for path in mirror.rglob("*") if path.is_file())
    return {name for name in found if not name.endswith(".lock")}


def cut_off(world: World, monkeypatch: pytest.MonkeyPatch, mirror: Path, *, keeps_head: bool = False) -> int:
    """A machine with nothing but a mirror: empty caches, no network, one variable; how much was asked of it so far."""
    for path in (world.cache, *([] if keeps_head else [world.latest])):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    (world.root / "main/go.sum").unlink(missing_ok=True)
    world.proxy.script("*", Status(500))
    monkeypatch.setenv("GOPROXY", mirror.as_uri())
    return len(world.proxy.asked)


# add


def test_add_stores_exactly_what_builds_ask_for(mirror: Path) -> None:
    assert files(mirror) == FILES
    assert (mirror / "q.io/b/@v/list").read_text() == "v1.0.0\n", "what has no zip cannot be chosen"


def test_a_large_mirror_is_added_to_without_garbage(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands that end soon collect none; this one may look at a hundred thousand modules."""
    from govgo.cli.commands.serve import mirror as module

    collects: list[bool] = []
    add = module.run_add

    def noted(*arguments: Any, **more: Any) -> Any:
        collects.append(gc.isenabled())
        return add(*arguments, **more)

    monkeypatch.setattr(module, "run_add", noted)
    gc.disable()
    try:
        assert Run(capsys, "add", str(world.root / "mirror")).code == 0
    finally:
        gc.enable()
    assert collects == [True]


def test_one_variable_is_all_that_a_build_needs_there(
    world: World, mirror: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = cut_off(world, monkeypatch, mirror)
    for command in (["download", "all"], ["tidy"], ["list", "-m", "-versions", "q.io/a"], ["get", "q.io/a@latest"]):
        assert invoke(command) == 0, capsys.readouterr().err
    assert len(world.proxy.asked) == asked
    lines = (world.root / "main/go.sum").read_text()
    assert all(line in lines for line in world.record(_mod("q.io/a", "v1.1.0")).splitlines())
    assert capsys.readouterr().out.splitlines()[-1] == "q.io/a v1.1.0"


def _mod(path: str, version: str) -> Any:
    from govgo.core.module.moduleversion import ModuleVersion

    return ModuleVersion(path, version)


@pytest.mark.wide
@pytest.mark.go
def test_go_finds_all_it_asks_for_there(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mirror = world.root / "mirror"
    assert Run(capsys, "add", "-tidy", str(mirror)).code == 0
    run_go(world, monkeypatch, mirror, ["list", "-deps", "./..."], ["mod", "download", "all"], ["mod", "tidy"])


@pytest.mark.go
@pytest.mark.slow
def test_go_builds_there(world: World, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow: go compiles its own runtime first."""
    run_go(world, monkeypatch, mirror, ["build", "./..."], ["vet", "./..."], ["mod", "verify"])


def run_go(world: World, monkeypatch: pytest.MonkeyPatch, mirror: Path, *commands: list[str]) -> None:
    """Run go commands where there is nothing but the mirror."""
    go = shutil.which("go")
    assert go is not None
    asked = cut_off(world, monkeypatch, mirror)
    monkeypatch.setenv("GOFLAGS", "-mod=mod -modcacherw")
    for words in commands:
        done = subprocess.run([go, *words], capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, (words, done.stderr)
    assert len(world.proxy.asked) == asked


def test_a_second_run_asks_for_nothing_and_changes_nothing(
    world: World, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {name: (mirror / name).stat().st_mtime_ns for name in files(mirror)}
    asked = len(world.proxy.asked)
    run = Run(capsys, "add", str(mirror))
    assert (run.code, run.out) == (0, "nothing was missing: 3 zips, 24 files, 5.3 kB\n")
    assert {name: (mirror / name).stat().st_mtime_ns for name in files(mirror)} == before
    assert len(world.proxy.asked) == asked


@pytest.mark.parametrize("name", ["none", "none.tar", "none.zip"])
def test_a_run_that_could_have_nothing_leaves_nothing(
    name: str, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty mirror would say that nothing is needed."""
    before = sorted(world.root.iterdir())
    run = Run(capsys, "add", str(world.root / name), "q.io/none@v1.0.0")
    assert (run.code, run.out) == (3, "nothing was added: 0 zips, 0 files, 0 bytes\n")
    assert sorted(world.root.iterdir()) == before


def test_what_needs_nothing_has_an_empty_mirror(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    (world.root / "main/go.mod").write_text("module example.com/main\n\ngo 1.21\n")
    mirror = world.root / "mirror"
    assert Run(capsys, "add", str(mirror)).code == 0
    assert Run(capsys, "verify", str(mirror)).code == 0


def test_a_later_run_adds_what_is_new_for_clients_of_every_age(
    world: World, mirror: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A client that has seen the mirror's first tree head can join it to the later ones, by the mirror alone."""
    world.log.grow(500)
    world.publish("q.io/new", "v1.2.3", "module q.io/new\n\ngo 1.21\n\nrequire q.io/a v1.1.0\n")
    world.log.grow(20)
    first = (mirror / "sumdb/sum.example.org/latest").read_bytes()
    lookup = (mirror / "sumdb/sum.example.org/lookup/q.io/a@v1.1.0").read_bytes()
    run = Run(capsys, "add", str(mirror), "q.io/new")
    assert run.code == 0, run.err
    assert " + q.io/new v1.2.3" in run.out
    assert (mirror / "sumdb/sum.example.org/latest").read_bytes() != first
    assert (mirror / "sumdb/sum.example.org/lookup/q.io/a@v1.1.0").read_bytes() == lookup, "written once"
    assert Run(capsys, "verify", str(mirror)).code == 0
    cut_off(world, monkeypatch, mirror)
    world.latest.write_bytes(first)
    (world.root / "main/go.mod").write_text("module example.com/main\n\ngo 1.21\n\nrequire q.io/new v1.2.3\n")
    assert invoke(["download", "all"]) == 0, capsys.readouterr().err


def test_a_module_by_name_brings_what_its_users_need(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who gets it has the go.mod files of all that it requires in the graph, and may build with them."""
    mirror = world.root / "mirror"
    assert Run(capsys, "add", str(mirror), "q.io/a@v1").code == 0
    cut_off(world, monkeypatch, mirror)
    monkeypatch.chdir(world.main("module example.com/other\n\ngo 1.21\n", SOURCE, name="other"))
    assert invoke(["get", "q.io/a"]) == 0, capsys.readouterr().err
    assert invoke(["tidy"]) == 0, capsys.readouterr().err
    assert invoke(["vendor"]) == 0, capsys.readouterr().err


def test_a_module_by_name_is_not_looked_at_with_modfile(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The other go.mod is of the main module, and the module that is named has nothing to do with it."""
    mirror = world.root / "mirror"
    (world.root / "main/alt.mod").write_text("module example.com/main\n\ngo 1.21\n")
    assert Run(capsys, "add", "-modfile=alt.mod", str(mirror), "q.io/a@v1").code == 0
    zips = {name for name in files(mirror) if name.endswith(".zip")}
    assert zips == {"q.io/a/@v/v1.1.0.zip", "q.io/b/@v/v0.9.0.zip"}, "what its go.mod requires"


def test_a_module_alone(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    mirror = world.root / "mirror"
    assert Run(capsys, "add", "-alone", str(mirror), "q.io/a").code == 0
    assert {name for name in files(mirror) if name.startswith("q.io/")} == {n for n in FILES if n.startswith("q.io/a/")}


def test_a_module_without_tags_has_a_latest_version(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    version = "v0.0.0-20240102030405-0123456789ab"
    world.publish("q.io/untagged", version)
    mirror = world.root / "mirror"
    assert Run(capsys, "add", str(mirror), f"q.io/untagged@{version}").code == 0
    assert (mirror / "q.io/untagged/@v/list").read_text() == ""
    cut_off(world, monkeypatch, mirror)
    assert invoke(["list", "-m", "q.io/untagged@latest"]) == 0
    assert capsys.readouterr().out == f"q.io/untagged {version}\n"


def test_size_first(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    mirror = world.root / "mirror"
    sizes = [len(world.proxy.files[f"/q.io/{name}.zip"]) for name in ("a/@v/v1.1.0", "b/@v/v1.0.0", "c/@v/v1.0.0")]
    run = Run(capsys, "add", "-n", str(mirror))
    assert run.code == 0
    assert run.out.splitlines()[-1] == f"would add 3 zips ({sum(sizes)} bytes) and 4 go.mod files"
    assert not mirror.exists()
    asked = [path for path in world.proxy.asked if path.endswith(".zip")]
    assert len(asked) == 3
    ranges = [headers.get("range") for headers in world.proxy.headers]
    assert ranges.count("bytes=0-0") == 3, "the first byte of each zip"


def test_sizes_of_a_server_that_honours_ranges(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    place = {"Content-Range": "bytes 0-0/12345678"}
    world.proxy.script("/q.io/c/@v/v1.0.0.zip", Status(206, b"Partial Content", place, b"P"))
    world.proxy.script("/q.io/b/@v/v1.0.0.zip", Status(206, b"Partial Content", {"Content-Range": "bytes 0-0/*"}, b"P"))
    run = Run(capsys, "add", "-n", str(world.root / "mirror"))
    assert run.code == 0
    assert " + q.io/c v1.0.0  12.3 MB\n" in run.out
    assert " + q.io/b v1.0.0  size unknown\n" in run.out
    assert "and 1 zip of unknown size) and 4 go.mod files" in run.out


def test_lists_of_modules(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    world.publish("q.io/d", "v1.0.0")
    listed = tmp_path / "modules.txt"
    listed.write_text(
        "# ours\nq.io/c v1.0.0\nq.io/d@latest  # the newest\n\nq.io/b v0.9.0/go.mod h1:xyz=\n"
        "q.io/x v1.0.0 => ../x\nq.io/y => /y\nq.io/z v9.0.0 => q.io/c v1.0.0\n"  # as `go list -m all` has them
    )
    mirror = world.root / "mirror"
    assert Run(capsys, "add", "-list", str(listed), str(mirror)).code == 0
    assert {n for n in files(mirror) if n.endswith(".zip")} == {f"q.io/{n}.zip" for n in ZIPS}
    listed.write_text("q.io/c v1.0.0 and more\n")
    run = Run(capsys, "add", "-list", str(listed), str(mirror))
    assert run.code == 2
    assert "modules.txt:1: want path@version or path version" in run.err
    for data, fault in (
        (b"\xef\xbb\xbfq.io/c\nq.io/c/\n", 'modules.txt:2: malformed module path "q.io/c/": trailing slash'),
        ("q.io/c\n".encode("utf-16"), "modules.txt:1: not text"),
    ):
        listed.write_bytes(data)
        run = Run(capsys, "add", "-list", str(listed), str(mirror))
        assert (run.code, fault in run.err) == (2, True), run.err


ZIPS = ("b/@v/v0.9.0", "c/@v/v1.0.0", "d/@v/v1.0.0")


def test_a_range_of_an_index(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    def line(path: str, version: str, second: int) -> str:
        return json.dumps({"Path": path, "Version": version, "Timestamp": f"2026-01-01T00:00:{second:02d}.5Z"}) + "\n"

    body = line("q.io/c", "v1.0.0", 1) + line("q.io/b", "v0.9.0", 2) + line("not a path", "v1.0.0", 3)
    world.proxy.files["/index?since=2026-01-01T00%3A00%3A00Z&limit=3"] = body.encode()
    index = ("-index", f"{world.proxy.url}/index", "-since", "2026-01-01T00:00:00Z", "-limit", "3")
    mirror = world.root / "mirror"
    world.proxy.files["/index?since=2026-01-01T00%3A00%3A03.5Z&limit=1"] = b""
    run = Run(capsys, "add", *index, str(mirror))
    assert run.code == 0, run.err
    assert {n for n in files(mirror) if n.endswith(".zip")} == {"q.io/c/@v/v1.0.0.zip", "q.io/b/@v/v0.9.0.zip"}
    assert run.out.splitlines()[-1] == "the index goes on at 2026-01-01T00:00:03.5Z"
    assert "1 lines name no version" in run.err


def test_what_does_not_exist_is_told_and_the_rest_is_had(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    mirror = world.root / "mirror"
    run = Run(capsys, "add", str(mirror), "q.io/c", "q.io/nowhere@v1.0.0")
    assert run.code == 3
    assert "q.io/nowhere" in run.err
    assert (mirror / "q.io/c/@v/v1.0.0.zip").exists()
    assert Run(capsys, "verify", str(mirror)).code == 0


def test_what_could_not_be_looked_up_is_not_called_complete(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run(capsys, "add", "-n", str(world.root / "mirror"), "q.io/nowhere@v1.0.0")
    assert (run.code, run.out) == (3, "nothing would be added\n")
    assert "q.io/nowhere" in run.err
    monkeypatch.setenv("GOPROXY", "off")
    run = Run(capsys, "add", "-n", str(world.root / "mirror"), "q.io/nowhere@v1.0.0")
    assert run.err == "govgo: q.io/nowhere@v1.0.0: module lookup disabled by GOPROXY=off\n"


def test_the_go_mod_of_a_version_without_a_zip_is_kept(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The graph can be loaded then, and what the build does not use is not missed."""
    world.proxy.script("/q.io/c/@v/v1.0.0.zip", Status(404))
    mirror = world.root / "mirror"
    run = Run(capsys, "add", str(mirror))
    assert run.code == 3
    assert "q.io/c@v1.0.0" in run.err
    assert (mirror / "q.io/c/@v/v1.0.0.mod").exists()
    assert not (mirror / "q.io/c/@v/v1.0.0.zip").exists()
    assert Run(capsys, "verify", str(mirror)).code == 0
    world.proxy.script("/q.io/c/@v/v1.0.0.zip", File())
    assert Run(capsys, "add", str(mirror)).code == 0
    assert files(mirror) == FILES


def test_a_lying_proxy_ends_the_run_and_nothing_of_it_is_stored(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.proxy.script(
        "/q.io/a/@v/v1.1.0.zip",
        Body(module_zip("q.io/a@v1.1.0", {"go.mod": GOMOD_OF_A.encode(), "evil.go": b"package a\n"})),
    )
    mirror = world.root / "mirror"
    run = Run(capsys, "add", str(mirror))
    assert run.code == 4
    assert "SECURITY ERROR" in run.err
    assert not (mirror / "q.io/a/@v/v1.1.0.zip").exists()
    assert not (mirror / "govgo/manifest").exists()


def test_a_module_cache_that_lies_is_noticed(world: World, mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is in the cache counts as checked by its .ziphash; a mirror hashes it once more."""
    cached = world.cache / "cache/download/q.io/c/@v/v1.0.0.zip"
    cached.write_bytes(module_zip("q.io/c@v1.0.0", {"go.mod": b"module q.io/c\n", "evil.go": b"package c\n"}))
    shutil.rmtree(mirror)
    run = Run(capsys, "add", str(mirror))
    assert run.code == 4
    assert "q.io/c@v1.0.0: verifying module: checksum mismatch" in run.err


def test_modules_that_no_database_is_asked_about(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GONOSUMDB", "q.io/c")
    mirror = world.root / "mirror"
    run = Run(capsys, "add", str(mirror))
    assert run.code == 0
    assert "1 version of modules that no database is asked about: set GONOSUMDB there, too\n" in run.out
    assert "q.io/c" not in "".join(path for path in world.proxy.asked if "/lookup/" in path)
    checked = Run(capsys, "verify", str(mirror))
    assert checked.out.endswith("3 versions proved, 1 without a record\n")
    cut_off(world, monkeypatch, mirror)
    assert invoke(["download", "all"]) == 0, capsys.readouterr().err


def test_go_sum_binds_what_no_database_knows(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GONOSUMDB", "q.io")
    false = "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    assert invoke(["download", "all"]) == 0
    (world.root / "main/go.sum").write_text(f"q.io/c v1.0.0 {false}\n")
    run = Run(capsys, "add", str(world.root / "mirror"))
    assert run.code == 4
    assert false in run.err


def test_without_a_database_there_is_none_in_the_mirror(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GOSUMDB", "off")
    mirror = world.root / "mirror"
    assert Run(capsys, "add", str(mirror)).code == 0
    assert not (mirror / "sumdb").exists()
    cut_off(world, monkeypatch, mirror)
    assert invoke(["download", "all"]) == 0, capsys.readouterr().err


def test_a_run_that_ended_early_is_mended_by_the_next(
    world: World, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (mirror / "govgo/manifest").unlink()
    (mirror / "q.io/a/@v/v1.1.0.zip").write_bytes(b"half a zip")
    (mirror / "q.io/b/@v/v1.0.0.mod").write_bytes(b"half")
    assert Run(capsys, "add", str(mirror)).code == 0
    assert Run(capsys, "verify", str(mirror)).code == 0
    assert files(mirror) == FILES


@pytest.mark.parametrize("error", [StorageError("the disk is full"), KeyboardInterrupt()])
def test_a_run_that_fails_leaves_the_mirror_as_it_was(
    error: BaseException,
    world: World,
    mirror: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The last step fails: new lists and a new tree head have taken the place of the old ones by then."""
    before = {name: (mirror / name).read_bytes() for name in files(mirror)}
    world.publish("q.io/c", "v1.0.1")
    world.log.grow(300)
    with monkeypatch.context() as patch:
        patch.setattr("govgo.app.mirror.settle.write_manifest", Mock(side_effect=error))
        assert Run(capsys, "add", str(mirror), "q.io/c@v1.0.1").code == (3 if isinstance(error, StorageError) else 130)
    assert {name: (mirror / name).read_bytes() for name in before} == before
    assert Run(capsys, "add", str(mirror)).code == 0
    assert Run(capsys, "verify", str(mirror)).code == 0
    assert Run(capsys, "add", str(mirror), "q.io/c@v1.0.1").code == 0
    assert Run(capsys, "verify", str(mirror)).code == 0


def test_of_two_runs_at_once_the_later_says_so(
    world: World, mirror: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from govgo.app.mirror import settle as adding

    real = adding.write_manifest

    def late(*args: Any) -> None:
        manifest = mirror / "govgo/manifest"
        data = manifest.read_bytes()
        manifest.unlink()
        manifest.write_bytes(data)
        real(*args)

    world.publish("q.io/new", "v1.0.0")
    monkeypatch.setattr(adding, "write_manifest", late)
    run = Run(capsys, "add", str(mirror), "q.io/new")
    assert run.code == 3
    assert f"the mirror {mirror} was changed by somebody else meanwhile" in run.err
    monkeypatch.setattr(adding, "write_manifest", real)
    assert Run(capsys, "add", str(mirror), "q.io/new").code == 0
    assert Run(capsys, "verify", str(mirror)).code == 0


# documents


def documents(mirror: Path, root: Path) -> dict[str, tuple[str, ...]]:
    return {
        "add": ("add", str(mirror)),
        "verify": ("verify", str(mirror)),
        "diff": ("diff", str(mirror), str(mirror)),
        "export": ("export", str(mirror), str(root / "usb")),
        "import": ("import", str(root / "gap"), str(root / "usb")),
    }


def test_documents(world: World, mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, words in documents(mirror, world.root).items():
        run = Run(capsys, *words, "-json")
        assert run.code == 0, (name, run.err)
        told = runs.document(run.out, f"govgo.mirror.{name}-1.json")
        assert told["errors"] == []
        assert told["summary"]
    planned = runs.document(Run(capsys, "add", "-n", "-json", str(world.root / "x")).out, "govgo.mirror.add-1.json")
    assert [each["path"] for each in planned["results"]] == ["q.io/a", "q.io/b", "q.io/c", "q.io/b"]
    assert planned["summary"]["dry_run"] is True


@pytest.mark.parametrize("name", ["add", "verify", "diff", "export", "import"])
def test_documents_after_a_failure(name: str, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    words = documents(world.root / "none", world.root)[name]
    if name == "add":
        words = ("add", "ftp://nowhere")
    run = Run(capsys, *words, "-json")
    assert run.code in (1, 2)
    told = runs.document(run.out, f"govgo.mirror.{name}-1.json")
    assert [error["code"] for error in told["errors"]] == ["usage" if name in ("add", "import") else "not-found"]


NONSENSE = [
    *(("add",), ("verify",), ("diff", "a"), ("export", "a"), ("import", "a")),
    *(("add", "-since", "x", "m"), ("export", "-part-size", "0", "a", "b")),
]


@pytest.mark.parametrize("words", NONSENSE)
def test_command_lines_that_make_no_sense(
    words: tuple[str, ...], world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Run(capsys, *words).code == 2


def test_a_workspace(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One build list for all modules of go.work, by the highest versions of all of them."""
    world.main("module example.com/other\n\ngo 1.21\n\nrequire q.io/c v1.0.0\n", name="other")
    (world.root / "go.work").write_text("go 1.21\n\nuse (\n\t./main\n\t./other\n)\n")
    mirror = world.root / "mirror"
    monkeypatch.delenv("GOWORK")
    assert Run(capsys, "add", str(mirror), "../go.work").code == 0
    assert files(mirror) == FILES
    cut_off(world, monkeypatch, mirror)
    assert invoke(["download"]) == 0, capsys.readouterr().err


def test_replacements_are_had_in_place_of_what_they_replace(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.publish("q.io/fork", "v1.0.0", "module q.io/b\n\ngo 1.16\n")
    gomod = world.root / "main/go.mod"
    gomod.write_text(f"{MAIN}\nreplace q.io/b v1.0.0 => q.io/fork v1.0.0\n\nreplace q.io/c => ../local\n")
    mirror = world.root / "mirror"
    assert Run(capsys, "add", str(mirror)).code == 0
    zips = {name for name in files(mirror) if name.endswith(".zip")}
    assert zips == {"q.io/a/@v/v1.1.0.zip", "q.io/fork/@v/v1.0.0.zip"}
    cut_off(world, monkeypatch, mirror)
    (world.root / "local").mkdir()
    (world.root / "local/go.mod").write_text("module q.io/c\n")
    assert invoke(["tidy"]) == 0, capsys.readouterr().err
    assert invoke(["vendor"]) == 0, capsys.readouterr().err
