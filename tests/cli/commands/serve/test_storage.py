# SPDX-License-Identifier: BSD-3-Clause
"""`govgo storage …` from the command line, over a directory that is laid out as a module cache."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.adapters.modzip.hash import hash_zip
from govgo.adapters.modzip.read import Rules
from govgo.cli.main import invoke
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.storage.uses import format_uses
from govgo.serve.settings import Publishing
from tests.serve.publish.test_route import USERS, put
from tests.simulators import run as runs
from tests.simulators.proxy import Body, Status
from tests.simulators.served import Served
from tests.simulators.world import World
from tests.simulators.zips import module_zip

VERSIONS = (("corp.example/own", "v1.0.0"), ("q.io/a", "v1.0.0"), ("q.io/a", "v1.1.0"), ("q.io/b", "v1.0.0"))


class Run(runs.Run):
    command = ("storage",)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as world:
        for number, (path, version) in enumerate(VERSIONS):
            world.publish(path, version, files={"a.go": f"package a // {'x' * 10**number}\n"})
        world.use(monkeypatch)
        monkeypatch.chdir(tmp_path)
        yield world


@pytest.fixture
def store(world: World, capsys: pytest.CaptureFixture[str]) -> Path:
    """A directory that a server keeps its modules in, stored one a day apart, and a module cache that is empty."""
    assert invoke(["download", *(f"{path}@{version}" for path, version in VERSIONS)]) == 0, capsys.readouterr().err
    store = world.root / "store"
    (world.cache / "cache/download").rename(store)
    for day, (path, version) in enumerate(VERSIONS):
        for file in (store / path / "@v").glob(f"{version}.*"):
            os.utime(file, (86400 * day, 86400 * day))
    capsys.readouterr()
    return store


def zips(store: Path) -> set[str]:
    return {path.relative_to(store).as_posix().replace("/@v/", "@") for path in store.rglob("*.zip")}


def test_ls(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "ls", str(store))
    assert run.code == 0
    rows = [line.split() for line in run.out.splitlines()]
    assert rows[0] == ["module", "size", "stored", "files"]
    assert [row[0] for row in rows[1:]] == [f"{path}@{version}" for path, version in VERSIONS]
    assert rows[2][3:] == ["1970-01-02", "info", "mod", "zip", "ziphash"]
    for pattern, count in {"q.io/a": 2, "q.io/a@v1.1.0": 1, "q.io/*": 3, "*.example": 1, "q.io": 0}.items():
        told = runs.document(Run(capsys, "ls", str(store), pattern, "-json").out, "govgo.storage.ls-1.json")
        assert told["summary"]["versions"] == len(told["results"]) == count, pattern


def test_stats(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "stats", str(store))
    assert run.code == 0
    counts = {words[0]: words[-3] for line in run.out.splitlines() if len(words := line.split()) > 2}
    assert {name: counts[name] for name in ("zips", "go.mod", ".info", "lookups", "lists")} == {
        **dict.fromkeys(("zips", "go.mod", ".info", "lookups"), "4"),
        "lists": "3",
    }
    assert run.out.endswith("3 modules, 4 versions\n")
    told = runs.document(Run(capsys, "stats", str(store), "-json").out, "govgo.storage.stats-1.json")
    sizes = (path.stat().st_size for path in store.rglob("*") if path.is_file() and path.suffix != ".lock")
    assert told["summary"]["bytes"] == sum(sizes)


def test_rm(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = Run(capsys, "rm", "-n", str(store), "q.io/a@v1.1.0")
    assert plan.code == 0
    assert plan.out.splitlines()[-1].startswith("would remove ")
    assert len(zips(store)) == 4
    run = Run(capsys, "rm", str(store), "q.io/a@v1.1.0", "-json")
    told = runs.document(run.out, "govgo.storage.removal-1.json")
    assert [(each["path"], each["version"]) for each in told["results"]] == [("q.io/a", "v1.1.0")]
    assert sorted(path.name for path in (store / "q.io/a/@v").iterdir() if path.suffix != ".lock") == [
        *("list", "v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip", "v1.0.0.ziphash")
    ]
    assert (store / "q.io/a/@v/list").read_text() == "v1.0.0\n"
    assert list(store.glob("sumdb/*/lookup/q.io/a@v1.1.0")), "what the database said stays"
    missing = Run(capsys, "rm", str(store), "q.io/a@v1.1.0")
    assert missing.code == 1
    assert "q.io/a@v1.1.0: nothing of that is stored" in missing.err
    assert Run(capsys, "rm", str(store), "q.io/*").code == 0
    assert zips(store) == {"corp.example/own@v1.0.0.zip"}


def test_evict_takes_what_was_used_least_recently(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """a v1.0.0 is the older one, but somebody has asked for it."""
    uses = store / "govgo/uses/server1"
    uses.parent.mkdir(parents=True)
    uses.write_bytes(format_uses({ModuleVersion("q.io/a", "v1.0.0"): 86400 * 30}))
    size = sum(path.stat().st_size for path in store.rglob("*") if path.is_file() and path.suffix != ".lock")
    before = zips(store)
    assert Run(capsys, "evict", "-n", "-limit", str(size - 1), str(store)).code == 0
    assert zips(store) == before
    run = Run(capsys, "evict", "-limit", str(size - 1), "-keep", "corp.example", str(store))
    assert run.code == 0
    assert before - zips(store) == {"q.io/a@v1.1.0.zip"}
    assert run.out.splitlines()[0].split()[:3] == ["-", "q.io/a", "v1.1.0"]
    everything = Run(capsys, "evict", "-limit", "1", "-keep", "corp.example", str(store), "-json")
    told = runs.document(everything.out, "govgo.storage.removal-1.json")
    assert told["summary"]["bytes_left"] > 1
    assert zips(store) == {"corp.example/own@v1.0.0.zip"}
    left = {
        path.relative_to(store).as_posix() for path in store.rglob("*") if path.is_file() and path.suffix != ".lock"
    }
    assert {"q.io/a/@v/list", "q.io/b/@v/list"} < left, "lists stay"
    assert any("/tile/" in name for name in left), "tiles stay"
    assert not any(name.endswith("v1.1.0.mod") for name in left)


def test_what_was_evicted_is_had_again(world: World, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert Run(capsys, "evict", "-limit", "1", str(store)).code == 0
    (world.cache / "cache").mkdir(exist_ok=True)
    store.rename(world.cache / "cache/download")
    assert invoke(["download", "q.io/a@v1.1.0"]) == 0, capsys.readouterr().err
    assert (world.cache / "cache/download/q.io/a/@v/v1.1.0.zip").exists()


def test_a_mirror_is_to_be_whole(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (store / "govgo").mkdir()
    (store / "govgo/manifest").write_text("govgo mirror manifest v1\n\n\n")
    for words in (("rm", str(store), "q.io/a"), ("evict", "-limit", "1", str(store))):
        run = Run(capsys, *words)
        assert run.code == 2
        assert "it is a mirror" in run.err
    assert len(zips(store)) == 4


def bad_zip(text: str = "evil") -> bytes:
    return module_zip("q.io/b@v1.0.0", {"go.mod": b"module q.io/b\n", "a.go": f"package {text}\n".encode()})


@pytest.mark.parametrize("offline", [(), ("-offline",)])
def test_damage_at_rest_is_found(
    offline: tuple[str, ...], store: Path, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = len(world.proxy.asked)
    run = Run(capsys, "verify", *offline, str(store))
    assert run.code == 0, run.out
    proved = 0 if offline else 4
    assert run.out == f"all is as it was stored: 4 versions, 4 zips, {proved} proved\n"
    zip_file = store / "q.io/b/@v/v1.0.0.zip"
    data = bytearray(zip_file.read_bytes())
    data[60] ^= 1
    zip_file.write_bytes(data)
    (store / "q.io/a/@v/v1.0.0.mod").write_text("module q.io/a\n\nrequire q.io/evil v1.0.0\n")
    run = Run(capsys, "verify", *offline, str(store), "-json")
    told = runs.document(run.out, "govgo.storage.verify-1.json")
    named = {each["module"]["path"] for each in told["results"]}
    assert named == {"q.io/a", "q.io/b"}, run.out
    assert run.code == (1 if offline else 4), "a go.mod that contradicts its record is a contradiction"
    if offline:
        assert len(world.proxy.asked) == asked


@pytest.mark.parametrize("data", [b"", b'{"Version":"v1.0.1"}', b"[]"])
def test_damage_is_told_with_the_version_on_a_line(
    data: bytes, store: Path, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    zip_file = store / "q.io/b/@v/v1.0.0.zip"
    zip_file.write_bytes(zip_file.read_bytes()[:-30])
    (store / "q.io/a/@v/v1.0.0.mod").write_text("module q.io/evil\n")
    (store / "q.io/a/@v/v1.1.0.info").write_bytes(data)
    run = Run(capsys, "verify", str(store))
    lines = run.out.splitlines()
    assert len(lines) == 4, run.out
    for name in ("q.io/a@v1.0.0: ", "q.io/a@v1.1.0: ", "q.io/b@v1.0.0: "):
        assert sum(name in line for line in lines) == 1, run.out
    assert "verifying go.mod: checksum mismatch; downloaded: h1:" in run.out
    assert Run(capsys, "verify", "-repair", str(store)).code == 0
    assert (store / "q.io/a/@v/v1.1.0.info").read_bytes() not in (data, b"")


def test_content_that_was_stored_under_a_false_hash_contradicts(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    zip_file = store / "q.io/b/@v/v1.0.0.zip"
    zip_file.write_bytes(bad_zip())
    (store / "q.io/b/@v/v1.0.0.ziphash").write_text(hash_zip(str(zip_file)))
    assert Run(capsys, "verify", "-offline", str(store)).code == 0, "nothing but the database can tell"
    run = Run(capsys, "verify", str(store))
    assert run.code == 4
    assert "q.io/b@v1.0.0: verifying module: checksum mismatch" in run.out


def test_damage_is_mended(store: Path, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    whole = (store / "q.io/b/@v/v1.0.0.zip").read_bytes()
    (store / "q.io/b/@v/v1.0.0.zip").write_bytes(bad_zip())
    (store / "q.io/a/@v/v1.0.0.ziphash").unlink()
    run = Run(capsys, "verify", "-repair", str(store))
    assert run.code == 0, run.out
    assert run.out.splitlines()[0] == "repaired: q.io/b@v1.0.0"
    assert (store / "q.io/b/@v/v1.0.0.zip").read_bytes() == whole
    assert (store / "q.io/a/@v/v1.0.0.ziphash").read_text().startswith("h1:")
    assert Run(capsys, "verify", "-offline", str(store)).code == 0


def test_the_module_cache_itself_is_mended(store: Path, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    (world.cache / "cache").mkdir(exist_ok=True)
    cache = store.rename(world.cache / "cache/download")
    whole = (cache / "q.io/b/@v/v1.0.0.zip").read_bytes()
    (cache / "q.io/b/@v/v1.0.0.zip").write_bytes(bad_zip())
    run = Run(capsys, "verify", "-repair", str(cache))
    assert run.code == 0, run.out
    assert (cache / "q.io/b/@v/v1.0.0.zip").read_bytes() == whole


@pytest.mark.parametrize("answer", [Status(404), Body(bad_zip("worse"))])
def test_what_cannot_be_mended_is_removed(
    answer: Status | Body, store: Path, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    (store / "q.io/b/@v/v1.0.0.zip").write_bytes(bad_zip())
    world.proxy.script("/q.io/b/@v/v1.0.0.zip", answer)
    run = Run(capsys, "verify", "-repair", str(store), "q.io/b")
    assert run.code == 4
    assert "removed, and not to be had again" in run.out
    assert not (store / "q.io/b/@v/v1.0.0.zip").exists()


def test_without_any_hash_nothing_is_known(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (store / "q.io/b/@v/v1.0.0.ziphash").unlink()
    run = Run(capsys, "verify", "-offline", str(store))
    assert run.code == 3
    assert "neither a .ziphash nor a record" in run.out


def test_a_sample(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "verify", "-offline", "-sample", "2", str(store))
    assert run.out == "all is as it was stored: 2 versions, 2 zips, 0 proved\n"


@pytest.mark.parametrize(
    "words",
    [("ls",), ("stats", "a", "b"), ("rm", "a"), ("evict", "a"), ("evict", "-limit", "much", "a"), ("ls", "ftp://x")],
)
def test_command_lines_that_make_no_sense(
    words: tuple[str, ...], world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Run(capsys, *words).code == 2


@pytest.mark.parametrize("words", [("ls",), ("stats",), ("rm",), ("evict", "-limit", "1"), ("verify",)])
def test_a_directory_that_is_not_there_is_not_in_order(
    words: tuple[str, ...], world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run(capsys, *words, "typo", *(("m",) if words == ("rm",) else ()))
    assert (run.code, run.err) == (2, "govgo: typo: no such directory\n")
    assert not Path("typo").exists()


@pytest.mark.parametrize("name", ["ls", "stats", "rm", "evict", "verify"])
def test_documents_after_a_failure(name: str, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    more = {"rm": ("m",), "evict": ("-limit", "1")}.get(name, ())
    run = Run(capsys, name, "ftp://nowhere", *more, "-json")
    schema = "removal" if name in ("rm", "evict") else name
    told = runs.document(run.out, f"govgo.storage.{schema}-1.json")
    assert (run.code, [error["code"] for error in told["errors"]]) == (2, ["usage"])


def plant(store: Path) -> None:
    """A version that nobody has published, as somebody stores it who can write there."""
    data = module_zip("q.io/a@v1.2.0", {"go.mod": b"module q.io/a\n", "evil.go": b"package a\n"})
    (store / "q.io/a/@v/v1.2.0.zip").write_bytes(data)
    (store / "q.io/a/@v/v1.2.0.mod").write_bytes(b"module q.io/a\n")
    h1 = hash_zip(str(store / "q.io/a/@v/v1.2.0.zip"), Rules.STRICT)
    (store / "q.io/a/@v/v1.2.0.ziphash").write_text(h1)


def test_attack_a_version_that_the_database_does_not_know(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its own .ziphash speaks for it, and that lies beside it: no record is not a pass (CVE-2026-42501)."""
    plant(store)
    run = Run(capsys, "verify", str(store))
    assert run.code == 3, run.out
    assert "q.io/a@v1.2.0: not proved: " in run.out


def test_attack_a_database_that_does_not_answer(world: World, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What could not be proved is not reported as sound."""
    plant(store)
    world.proxy.script("*", *[Status(503)] * 500)
    world.database.forge = lambda path, body: body[:-40] if "lookup" in path else body
    shutil.rmtree(store / "sumdb", ignore_errors=True)
    shutil.rmtree(world.cache, ignore_errors=True)
    run = Run(capsys, "verify", str(store))
    assert run.code in (3, 4), run.out


def test_published_versions(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """They are compared with their records, never taken from anywhere else, and gone when somebody says so."""
    (world.root / "users").write_text(USERS)
    users = str(world.root / "users")
    with Served(world, users=users, publishing=Publishing(("corp.example/own",))) as served:
        assert put(served, "corp.example/own", "v1.0.0").status == 201
        store = served.storage
    assert Run(capsys, "verify", str(store)).code == 0
    evicted = Run(capsys, "evict", "-limit", "1KB", str(store))
    assert evicted.code == 0
    zipped = store / "corp.example/own/@v/v1.0.0.zip"
    zipped.write_bytes(zipped.read_bytes()[:-1] + b"!")
    damaged = Run(capsys, "verify", "-repair", str(store))
    assert damaged.code == 1
    assert "publish the same bytes again" in damaged.out
    assert zipped.exists(), "nothing of another module with this name takes its place"
    record = zipped.with_suffix(".published")
    record.write_bytes(record.read_bytes()[:-1])
    told = Run(capsys, "verify", str(store))
    assert told.code == 1, "a finding, and not the end of the command"
    assert "v1.0.0.published: no record" in told.out
    assert "publish the same bytes again" in Run(capsys, "verify", "-repair", str(store)).out
    assert record.exists()
    assert not [path for path in world.proxy.asked if "corp.example/own" in path]
    assert Run(capsys, "rm", str(store), "corp.example/own@v1.0.0").code == 0
    assert not list(store.rglob("*.published"))


@pytest.mark.parametrize("is_lost", [True, False])
def test_what_a_killed_server_leaves_of_a_published_version(
    is_lost: bool, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """The record is written before the small files are, and the zip before either."""
    (world.root / "users").write_text(USERS)
    with Served(world, users=str(world.root / "users"), publishing=Publishing(("corp.example/own",))) as served:
        assert put(served, "corp.example/own", "v1.0.0").status == 201
        store = served.storage
    gomod = store / "corp.example/own/@v/v1.0.0.mod"
    before = gomod.read_bytes()
    gomod.with_suffix(".ziphash").unlink()
    if is_lost:
        for each in ("mod", "info"):
            gomod.with_suffix(f".{each}").unlink()
        (gomod.parent / "list").unlink()
    else:
        gomod.write_bytes(before + b"// more\n")
    damaged = Run(capsys, "verify", str(store))
    assert (damaged.code, "it was published, and " in damaged.out) == (1, True)
    assert Run(capsys, "verify", "-repair", str(store)).code == 0
    assert gomod.read_bytes() == before
    assert Run(capsys, "verify", str(store)).code == 0
    assert (gomod.parent / "list").read_text() == "v1.0.0\n"
