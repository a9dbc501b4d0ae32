# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mirror …` from the command line: a proxy and a log behind it, and places that have neither."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.modzip.hash import hash_zip
from govgo.adapters.modzip.read import Rules
from govgo.cli.main import invoke
from tests.simulators import run as runs
from tests.simulators.objectstores import moto
from tests.simulators.proxy import Body, File, Status
from tests.simulators.sumdb_log import Log
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
    listed.write_text("# ours\nq.io/c v1.0.0\nq.io/d@latest  # the newest\n\nq.io/b v0.9.0/go.mod h1:xyz=\n")
    mirror = world.root / "mirror"
    assert Run(capsys, "add", "-list", str(listed), str(mirror)).code == 0
    assert {n for n in files(mirror) if n.endswith(".zip")} == {f"q.io/{n}.zip" for n in ZIPS}
    listed.write_text("q.io/c v1.0.0 and more\n")
    run = Run(capsys, "add", "-list", str(listed), str(mirror))
    assert run.code == 2
    assert "modules.txt:1: want path@version or path version" in run.err


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


def test_of_two_runs_at_once_the_later_says_so(
    world: World, mirror: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from govgo.app.mirror import add as adding

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
    assert "the mirror was changed by somebody else meanwhile" in run.err
    monkeypatch.setattr(adding, "write_manifest", real)
    assert Run(capsys, "add", str(mirror), "q.io/new").code == 0
    assert Run(capsys, "verify", str(mirror)).code == 0


# verify


def test_verify_asks_nobody(world: World, mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = len(world.proxy.asked)
    run = Run(capsys, "verify", str(mirror))
    assert run.code == 0
    assert run.out == "the mirror is whole, and proves: 24 of 24 files (5.3 kB), 3 zips, 4 versions proved\n"
    assert len(world.proxy.asked) == asked


def test_every_file_counts(mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for key in sorted(FILES - {"govgo/manifest"}):
        file = mirror / key
        data = file.read_bytes()
        damaged = bytes([data[0] ^ 1]) + data[1:] if data else b"x"
        for bad in (damaged, data + b"\n", None):
            file.unlink()
            if bad is not None:
                file.write_bytes(bad)
            run = Run(capsys, "verify", str(mirror))
            assert run.code in (1, 4), run.out
            assert key in run.out
            assert "the mirror does not verify" in run.out
        file.write_bytes(data)
    assert Run(capsys, "verify", str(mirror)).code == 0


def rewrite_manifest(mirror: Path) -> None:
    """Make the manifest say what is there, as somebody does who tampers with a mirror."""
    manifest = mirror / "govgo/manifest"
    lines = manifest.read_text().splitlines()
    for number, line in enumerate(lines):
        if re.match("[0-9a-f]{64} ", line):
            key = line.split(" ", 2)[2]
            data = (mirror / key).read_bytes()
            lines[number] = f"{hashlib.sha256(data).hexdigest()} {len(data)} {key}"
    manifest.write_text("".join(f"{line}\n" for line in lines))


def tampered_zip(mirror: Path, world: World) -> str:
    data = module_zip("q.io/a@v1.1.0", {"go.mod": b"module q.io/a\n", "evil.go": b"package a\n"})
    (mirror / "q.io/a/@v/v1.1.0.zip").write_bytes(data)
    return "q.io/a@v1.1.0: verifying module: checksum mismatch"


def tampered_gomod(mirror: Path, world: World) -> str:
    (mirror / "q.io/b/@v/v0.9.0.mod").write_bytes(b"module q.io/b\n\nrequire q.io/evil v1.0.0\n")
    return "q.io/b@v0.9.0: verifying go.mod: checksum mismatch"


def tampered_record(mirror: Path, world: World) -> str:
    path = mirror / "sumdb/sum.example.org/lookup/q.io/c@v1.0.0"
    path.write_bytes(re.sub(rb"h1:.{10}", b"h1:AAAAAAAAAA", path.read_bytes(), count=1))
    return "q.io/c@v1.0.0: the record is not the one in the signed tree"


def tampered_tile(mirror: Path, world: World) -> str:
    path = mirror / "sumdb/sum.example.org/tile/8/0/001.p/76"
    path.write_bytes(bytes(32) + path.read_bytes()[32:])
    return "tile/8/0/001.p/76: the tile does not hash into the signed tree"


def other_key(mirror: Path, world: World) -> str:
    """Another log under the same name: the mirror's head is not signed by the key that we know."""
    other = Log(seed=2).grow(400)
    (mirror / "sumdb/sum.example.org/latest").write_bytes(other.head())
    return "sumdb/sum.example.org/latest: "


@pytest.mark.parametrize(
    ("tamper", "code"),
    [(tampered_zip, 4), (tampered_gomod, 4), (tampered_record, 1), (tampered_tile, 1), (other_key, 4)],
)
def test_a_manifest_that_fits_proves_nothing(
    tamper: Callable[[Path, World], str],
    code: int,
    world: World,
    mirror: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    want = tamper(mirror, world)
    rewrite_manifest(mirror)
    run = Run(capsys, "verify", str(mirror))
    assert want in run.out
    assert run.code == code, run.out


def strip(mirror: Path, line: str) -> None:
    """Take lines out of a manifest, and the files that they name out of the mirror."""
    manifest = mirror / "govgo/manifest"
    lines = manifest.read_text().splitlines(keepends=True)
    for each in lines:
        if re.search(line, each) and not each.startswith("head "):
            (mirror / each.rstrip("\n").split(" ", 2)[2]).unlink()
    manifest.write_text("".join(each for each in lines if not re.search(line, each)))


@pytest.mark.parametrize("line", ["^head ", "/lookup/q.io/[ab]@", "^head |sumdb/"], ids=["heads", "lookup", "database"])
@pytest.mark.parametrize("tamper", [tampered_zip, tampered_gomod])
def test_attack_a_mirror_without_the_proofs_that_would_contradict_it(
    line: str,
    tamper: Callable[[Path, World], str],
    world: World,
    mirror: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What the database covers is proved by it, or is not what it should be (CVE-2026-42501)."""
    usb, gap = world.root / "usb", world.root / "gap"
    tamper(mirror, world)
    strip(mirror, line)
    strip(mirror, "v1.1.0.ziphash$")
    rewrite_manifest(mirror)
    run = Run(capsys, "verify", str(mirror))
    assert run.code in (1, 4), run.out
    assert Run(capsys, "export", str(mirror), str(usb)).code == 0
    assert Run(capsys, "import", str(gap), str(usb)).code in (1, 4)
    assert not gap.exists()


@pytest.mark.parametrize("name", ["v1.1.0.zip", "v1.1.0.mod"])
def test_attack_an_import_with_another_content_of_a_private_version(
    name: str, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No database says which of both is true, but a version never changes."""
    monkeypatch.setenv("GONOSUMDB", "q.io")
    mirror, usb = world.root / "mirror", world.root / "usb"
    assert Run(capsys, "add", str(mirror)).code == 0
    gap = world.root / "gap"
    shutil.copytree(mirror, gap)
    tampered_zip(mirror, world)
    (mirror / "q.io/a/@v/v1.1.0.mod").write_bytes(b"module q.io/a\n")
    if name.endswith("mod"):
        shutil.copy(gap / "q.io/a/@v/v1.1.0.zip", mirror / "q.io/a/@v/v1.1.0.zip")
    else:
        shutil.copy(gap / "q.io/a/@v/v1.1.0.mod", mirror / "q.io/a/@v/v1.1.0.mod")
        h1 = hash_zip(str(mirror / "q.io/a/@v/v1.1.0.zip"), Rules.STRICT)
        (mirror / "q.io/a/@v/v1.1.0.ziphash").write_text(h1)
    rewrite_manifest(mirror)
    before = (gap / f"q.io/a/@v/{name}").read_bytes()
    assert Run(capsys, "export", str(mirror), str(usb)).code == 0
    run = Run(capsys, "import", str(gap), str(usb))
    assert run.code != 0
    assert "q.io/a/@v/v1.1.0" in run.err
    assert (gap / f"q.io/a/@v/{name}").read_bytes() == before


def test_heads_of_two_histories_are_a_fork(world: World, mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = mirror / "govgo/manifest"
    fork = "head sum.example.org 100 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    manifest.write_text(manifest.read_text().replace("head sum", f"{fork}head sum", 1))
    world.log.grow(10)
    run = Run(capsys, "verify", str(mirror))
    # The tiles of that tree are not there either: they were never in this mirror.
    assert run.code in (1, 4)
    assert "sumdb/sum.example.org/" in run.out


def test_a_database_whose_key_is_not_known_cannot_be_checked(
    mirror: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GOSUMDB", "off")
    run = Run(capsys, "verify", str(mirror))
    assert run.code == 3
    assert "sum.example.org: its key is not known here" in run.out


def test_files_that_no_manifest_names_are_counted(mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (mirror / "stray").write_text("x")
    run = Run(capsys, "verify", str(mirror))
    assert (run.code, run.out.endswith("1 file that no manifest names\n")) == (0, True)


@pytest.mark.parametrize("text", ["", "govgo mirror manifest v2\n", "x\n", "govgo mirror manifest v1\n\n\nzz 1 a\n"])
def test_a_manifest_that_cannot_be_read(text: str, mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (mirror / "govgo/manifest").write_text(text)
    for words in (("verify", str(mirror)), ("add", str(mirror)), ("export", str(mirror), "parts")):
        run = Run(capsys, *words)
        assert run.code == 1
        assert "govgo/manifest" in run.err


# diff, export, import


def grown(world: World, mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world.publish("q.io/new", "v1.2.3", "module q.io/new\n\ngo 1.21\n\nrequire q.io/a v1.1.0\n")
    world.log.grow(300)
    assert Run(capsys, "add", str(mirror), "q.io/new").code == 0


def test_a_mirror_in_parts(
    world: World, mirror: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gap, usb = world.root / "gap", world.root / "usb"
    run = Run(capsys, "export", "-part-size", "1500", str(mirror), str(usb))
    assert run.code == 0
    parts = sorted(path.name for path in usb.glob("*.tar"))
    assert len(parts) > 1
    assert run.out.splitlines()[:-1] == [str(usb / name) for name in parts]
    first = (mirror / "govgo/manifest").read_bytes()
    assert [path.read_bytes() for path in usb.glob("*.manifest")] == [first]
    assert Run(capsys, "import", str(gap), str(usb)).code == 0
    assert files(gap) == FILES
    assert Run(capsys, "diff", str(mirror), str(gap)).out == "0 files more, 0 changed (0 bytes to ship), 0 fewer\n"

    grown(world, mirror, capsys)
    there = world.root / "there.manifest"
    there.write_bytes((gap / "govgo/manifest").read_bytes())
    told = Run(capsys, "diff", str(there), str(mirror))
    assert told.code == 1
    assert told.out.splitlines()[0].split() == ["+", "q.io/b", "v0.9.0"]
    second = world.root / "usb2"
    assert Run(capsys, "export", "-since", str(there), str(mirror), str(second)).code == 0
    with tarfile.open(next(second.glob("*.tar"))) as part:
        names = part.getnames()
    assert "q.io/new/@v/v1.2.3.zip" in names
    assert "q.io/a/@v/v1.1.0.zip" not in names, "it is there already"
    assert Run(capsys, "import", str(gap), str(second)).code == 0
    assert Run(capsys, "diff", str(mirror), str(gap)).code == 0
    assert Run(capsys, "verify", str(gap)).code == 0
    assert Run(capsys, "import", str(gap), str(second)).code == 0, "once more changes nothing"
    cut_off(world, monkeypatch, gap)
    assert invoke(["download", "all"]) == 0, capsys.readouterr().err


def test_an_import_needs_all_parts_of_one_export(
    world: World, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gap, usb, other = world.root / "gap", world.root / "usb", world.root / "other"
    Run(capsys, "export", "-part-size", "1500", str(mirror), str(usb))
    parts = sorted(usb.glob("*.tar"))
    run = Run(capsys, "import", str(gap), *map(str, parts[1:]))
    assert run.code == 2
    assert f"of {len(parts)} parts these are missing: 1\n" in run.err
    grown(world, mirror, capsys)
    Run(capsys, "export", str(mirror), str(other))
    run = Run(capsys, "import", str(gap), *map(str, parts), str(next(other.glob("*.tar"))))
    assert run.code == 2
    assert "belongs to another export" in run.err
    assert Run(capsys, "import", str(gap), str(world.root / "main")).code == 2
    run = Run(capsys, "import", str(gap), str(world.root / "main/go.mod"))
    assert run.code == 1
    assert not gap.exists()


def test_what_the_other_place_lacks_is_told(world: World, mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An export since a manifest does not suffice for a place that does not have what that names."""
    old = world.root / "old.manifest"
    old.write_bytes((mirror / "govgo/manifest").read_bytes())
    grown(world, mirror, capsys)
    usb, gap = world.root / "usb", world.root / "gap"
    Run(capsys, "export", "-since", str(old), str(mirror), str(usb))
    run = Run(capsys, "import", str(gap), str(usb))
    assert run.code == 1
    assert "q.io/a/@v/v1.1.0.zip: the file is missing" in run.out
    assert run.out.endswith("nothing was written\n")
    assert not gap.exists()


def test_an_older_export_does_not_undo_a_newer_one(
    world: World, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usb = world.root / "usb"
    Run(capsys, "export", str(mirror), str(usb))
    grown(world, mirror, capsys)
    before = (mirror / "govgo/manifest").read_bytes()
    run = Run(capsys, "import", str(mirror), str(usb))
    assert run.code == 3
    assert "the export is older" in run.err
    assert (mirror / "govgo/manifest").read_bytes() == before


@pytest.mark.parametrize("where", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_part_that_was_damaged_on_its_way_writes_nothing(
    where: float, world: World, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usb, gap = world.root / "usb", world.root / "gap"
    Run(capsys, "export", str(mirror), str(usb))
    part = next(usb.glob("*.tar"))
    data = bytearray(part.read_bytes())
    at = int(len(data) * where)
    while not data[at]:
        at -= 1  # the padding of members means nothing
    data[at] ^= 0x20
    part.write_bytes(data)
    run = Run(capsys, "import", str(gap), str(usb))
    assert run.code in (1, 4), run.err
    assert not gap.exists()


@pytest.mark.parametrize("name", ["mirror.tar", "mirror.zip"])
def test_archives(
    name: str, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    archive = world.root / name
    assert Run(capsys, "add", str(archive)).code == 0
    first = archive.read_bytes()
    grown(world, archive, capsys)
    assert Run(capsys, "verify", str(archive)).code == 0
    assert sorted(path.name for path in world.root.iterdir()) == sorted(["home", "main", name])
    unpacked = world.root / "unpacked"
    # The filter is asked for from 3.12 on, and taken for tar alone.
    shutil.unpack_archive(archive, unpacked, **({"filter": "data"} if name.endswith(".tar") else {}))
    assert Run(capsys, "verify", str(unpacked)).code == 0
    archive.unlink()
    assert Run(capsys, "add", str(archive)).code == 0
    assert len(archive.read_bytes()) != len(first) or archive.read_bytes() == first
    cut_off(world, monkeypatch, unpacked)
    assert invoke(["download", "all"]) == 0, capsys.readouterr().err


def test_a_bucket(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with moto(tmp_path) as (url, environ):
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        assert Run(capsys, "add", url).code == 0
        grown(world, url, capsys)  # type: ignore[arg-type]  # a URL names a mirror as well
        assert Run(capsys, "verify", url).code == 0
        usb, gap = world.root / "usb", world.root / "gap"
        assert Run(capsys, "export", url, str(usb)).code == 0
        assert Run(capsys, "import", str(gap), str(usb)).code == 0
        assert Run(capsys, "diff", url, str(gap)).code == 0


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
