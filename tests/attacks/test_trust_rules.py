# SPDX-License-Identifier: BSD-3-Clause
"""The rules of trust, from the command line to the log: each attack ends in its exit code, and nothing false stays.

What must not happen is always the same: a line in go.sum, a zip, tree or go.mod in the cache, or a tree head in
`latest` that was not proved. The parts have finer tests of their own (tests/adapters/sumdb/test_*.py and others);
docs/design/attacks.md lists them by rule.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from govgo.cli.main import invoke
from govgo.core.gosum import dirhash
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb import record
from govgo.core.sumdb.signer import Signer
from govgo.core.sumdb.tile import Tile, tile_in_tree
from tests.cli.commands.trust.test_verify import Run as Verify
from tests.simulators.proxy import Body, ProxySimulator, Status
from tests.simulators.sumdb_home import Home
from tests.simulators.sumdb_log import Log, Server, h1, keys
from tests.simulators.world import World

WANTED = ModuleVersion("q.io/a", "v1.1.0")
LOOKUP = f"/lookup/{WANTED}"
MAIN = "module example.com/main\n\ngo 1.21\n"
EVIL_MOD = "module q.io/a\n\n// evil\n"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as world:
        world.publish(*WANTED)
        world.log.grow(400)
        directory = world.main(MAIN, {"main.go": 'package main\n\nimport _ "q.io/a"\n\nfunc main() {}\n'})
        world.use(monkeypatch)
        monkeypatch.chdir(directory)
        yield world


def get(*extra: str) -> int:
    return invoke(["get", *extra, str(WANTED)])


def kept(world: World) -> set[str]:
    """The files of modules in the cache, and go.sum; locks and the database's files apart."""
    base = world.cache
    found = {str(p.relative_to(base)) for p in base.rglob("*") if p.is_file() and not p.name.endswith("lock")}
    gosum = world.root / "main/go.sum"
    unproved = (".info", "list")  # nothing vouches for these, and nothing is built from them
    return {name for name in found if "download/sumdb/" not in name and not name.endswith(unproved)} | (
        {"go.sum"} if gosum.exists() and gosum.read_bytes() else set()
    )


def evil_files(world: World) -> None:
    """The proxy serves other bytes than the log knows, for the go.mod and the zip alike."""
    world.proxy.add_module(*WANTED, EVIL_MOD, {"a.go": "package evil\n"})


def evil_record(world: World) -> bytes:
    """The record that would vouch for `evil_files`."""
    return served_lines(world, WANTED, EVIL_MOD).encode()


def served_lines(world: World, mod: ModuleVersion, gomod: str) -> str:
    """The go.sum lines for what the proxy serves."""
    archive = zipfile.ZipFile(io.BytesIO(world.proxy.files[f"/{mod.path}/@v/{mod.version}.zip"]))
    zip_sum = dirhash.h1((name, hashlib.sha256(archive.read(name)).digest()) for name in archive.namelist())
    gomod_sum = dirhash.hash_gomod(gomod.encode())
    return f"{mod.path} {mod.version} {zip_sum}\n{mod.path} {mod.version}/go.mod {gomod_sum}\n"


def number_of(world: World) -> int:
    return world.log.numbers[WANTED]


def test_the_honest_world_is_believed(world: World) -> None:
    assert get() == 0
    assert (world.root / "main/go.sum").read_text() == world.record(WANTED)
    assert world.latest.read_bytes() == world.log.head()


def test_rule_0_other_bytes_than_the_log_knows(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    evil_files(world)
    assert get() == 4
    assert kept(world) == set()
    assert "SECURITY ERROR" in capsys.readouterr().err


@pytest.mark.parametrize("verb", [("get", str(WANTED)), ("download",), ("mod", "download", str(WANTED))])
def test_rule_0_two_hashes_in_go_sum(
    world: World, verb: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line for evil bytes before the honest one: go takes the evil bytes, and says nothing."""
    monkeypatch.setenv("GOSUMDB", "off")
    evil_files(world)
    directory = world.main(f"{MAIN}\nrequire {WANTED.path} {WANTED.version}\n", {})
    evil, honest = served_lines(world, WANTED, EVIL_MOD), world.record(WANTED)
    (directory / "go.sum").write_text(evil + honest)
    assert invoke(list(verb)) == 4
    assert {name for name in kept(world) if name != "go.sum"} == set()
    told = capsys.readouterr().err
    first = evil.splitlines()[1].split()[2]
    second = honest.splitlines()[1].split()[2]
    assert f"go.sum:2: {first}\n" in told or f"go.sum:1: {evil.split()[2]}\n" in told
    assert f"go.sum:4: {second}\n" in told or f"go.sum:3: {honest.split()[2]}\n" in told


def test_rule_1_a_head_by_a_wrong_key(world: World) -> None:
    evil_files(world)
    liar = world.log.fork(number_of(world))
    liar.add(*WANTED, evil_record(world).decode())
    liar.signer, _ = keys(5)
    world.database = Server(liar)
    assert get() == 4
    assert kept(world) == set()
    assert not world.latest.exists()


class Forger:
    """Writes the database's name and key hash on signatures that nobody made."""

    def __init__(self, signer: Signer) -> None:
        self.name, self.key_hash = signer.name, signer.key_hash

    def sign(self, _message: bytes) -> bytes:
        return bytes(64)


def test_rule_1_a_signature_that_nobody_made(world: World) -> None:
    """A whole history that fits together, under the right name and key hash."""
    evil_files(world)
    liar = world.log.fork(number_of(world))
    liar.add(*WANTED, evil_record(world).decode())
    liar.signer = cast(Signer, Forger(world.log.signer))
    world.database = Server(liar)
    assert get() == 4
    assert kept(world) == set()
    assert not world.latest.exists()


def test_rule_1_a_malformed_note_is_refused_whole(world: World) -> None:
    world.database.forge = lambda path, body: body + b"junk\n" if path == LOOKUP else body
    assert get() != 0
    assert kept(world) == set()


@pytest.mark.parametrize("size", [3, 300, 301, 511, 513, 707])
def test_rule_2_and_cve_2026_56865_a_forged_tile_where_subtrees_share_one(tmp_path: Path, size: int) -> None:
    """The record's leaf tile is also one that the tree head is made of, whole or in part, and it is the forged one."""
    log = Log().grow(size - 2)
    log.add(*WANTED)
    log.grow(1)
    liar = log.fork(size - 2)
    liar.add(*WANTED, f"{WANTED.path} {WANTED.version} {h1('evil')}\n")
    liar.add("example.org/filler", f"v0.0.{size - 1}", log.records[size - 1].decode())
    leaf = tile_in_tree(8, 0, (size - 2) >> 8, size)
    server = Server(log)
    answer = record.format_record(size - 2, liar.records[size - 2]) + log.head()
    forged = {LOOKUP: answer, f"/{leaf.path}": liar.tile(leaf)}
    server.forge = lambda path, body: forged.get(path, body)
    victim = Home(tmp_path)
    with pytest.raises(Exception, match="downloaded inconsistent tile"):
        victim.lookup(server, WANTED)
    assert leaf.path not in victim.kept()
    assert LOOKUP[1:] not in victim.kept()


def test_rule_3_and_cve_2026_56864_lines_outside_of_the_record(world: World) -> None:
    """The true record of another module, and the evil lines in the text of the signed note beside it."""
    evil_files(world)
    other = world.log.records[5]
    for place in ("note", "before", "after"):
        head = world.log.head(extra=evil_record(world).decode() if place == "note" else "")
        body = record.format_record(5, other) + head
        if place == "before":
            body = evil_record(world) + body
        if place == "after":
            body += evil_record(world)
        world.proxy.script(f"/sumdb/{world.log.name}{LOOKUP}", Body(body))
        assert get() != 0, place
        assert kept(world) == set(), place


@pytest.mark.parametrize("body", [b"", b"\n", b"0\n\n", b"707\n\n\n", b"\0" * 200, b"<html>ok</html>"])
def test_rule_4_and_cve_2026_42501_an_empty_answer(world: World, body: bytes) -> None:
    evil_files(world)
    world.proxy.script(f"/sumdb/{world.log.name}{LOOKUP}", Body(body))
    assert get() != 0
    assert kept(world) == set()


def test_rule_4_and_cve_2026_42501_an_unrelated_answer(world: World) -> None:
    evil_files(world)
    world.database.forge = lambda path, body: (
        world.log.answer("example.org/filler", "v0.0.7") if path == LOOKUP else body
    )
    assert get() == 4
    assert kept(world) == set()


def test_rule_4_and_cve_2026_42501_a_partial_answer(world: World) -> None:
    """The record vouches for the go.mod, and says nothing of the zip."""
    partial = ModuleVersion("q.io/p", "v1.0.0")
    lines = world.publish(*partial).splitlines(keepends=True)
    world.log.add(*partial, lines[1])
    assert invoke(["get", str(partial)]) == 4
    assert not [name for name in kept(world) if name.endswith((".zip", ".ziphash", "go.sum"))]


@pytest.mark.parametrize("evil", ["go.mod", "evil.go"])
@pytest.mark.parametrize("path", ["golang.org/toolchain", "golang.org/fips140"])
def test_rule_5_and_cve_2026_94447_94444_go_sum_never_speaks_for_these(
    world: World, path: str, evil: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """go.sum vouches for an evil zip; the database, which alone is asked, does not."""
    version = "v0.0.1-go1.30.0.linux-amd64" if path.endswith("toolchain") else "v1.0.0"
    mod = ModuleVersion(path, version)
    world.publish(*mod)
    gomod = f"module {path}\n" + ("\n// evil\n" if evil == "go.mod" else "")
    world.proxy.add_module(
        *mod, gomod, {"a.go": "package a\n", **({"evil.go": "package a\n"} if "evil" in evil else {})}
    )
    (world.root / "main/go.sum").write_text(served_lines(world, mod, gomod))
    code = invoke(["download", str(mod)])
    said = capsys.readouterr().err
    assert code == 4, said
    assert "checksum mismatch" in said
    assert not [name for name in kept(world) if name.endswith((".zip", ".ziphash"))]


@pytest.mark.parametrize("size", [0, 31, 8191, 8193, 100_000])
def test_rule_6_a_tile_of_a_wrong_width(world: World, size: int) -> None:
    leaf = f"/tile/8/0/00{number_of(world) >> 8}"
    world.database.forge = lambda path, body: (body * 20)[:size] if path.startswith(leaf) else body
    assert get() != 0
    assert kept(world) == set()


def test_rule_6_the_full_tile_where_a_partial_one_is_gone(world: World) -> None:
    world.database.head_size = 400
    world.log.grow(300)
    world.database.missing = {f"/{Tile(8, 0, 1, 144).path}"}
    assert get() == 0


def test_rule_7_a_fork_tells_both_notes_and_keeps_them(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    ours = world.log.fork(250).grow(100, "example.org/seen-by-us")
    world.latest.parent.mkdir(parents=True)
    world.latest.write_bytes(ours.head())
    assert get() == 4
    said = capsys.readouterr().err
    for note in (ours.head(), world.log.head()):
        assert note.decode().replace("\n", "\n\t").rstrip("\t") in said
    (evidence,) = world.cache.rglob("fork-*.txt")
    assert str(evidence) in said
    assert world.latest.read_bytes() == ours.head()
    assert kept(world) == set()


@pytest.mark.parametrize(("from_mirror", "code"), [(True, 3), (False, 4)])
def test_rule_7_a_mirror_that_lags_is_no_fork(
    world: World, from_mirror: bool, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A proxy owes nobody the tiles of a tree that it may not have seen; the database does (trust.md)."""
    newer = world.log.copy().grow(300).head()
    world.latest.parent.mkdir(parents=True)
    world.latest.write_bytes(newer)
    if not from_mirror:
        monkeypatch.setenv("GOSUMDB", f"{world.log.key} {world.proxy.url}/sumdb/{world.log.name}")
    assert get() == code
    said = capsys.readouterr().err
    assert ("SECURITY ERROR" in said) is (code == 4)
    assert ("404 Not Found" in said) is (code == 3)
    assert kept(world) == set()
    assert world.latest.read_bytes() == newer
    Path("go.sum").write_text(world.record(WANTED))
    told = Verify(capsys, "--json", "--only", "database")
    assert told.code == code, told.out
    assert told.codes == ({"database-unavailable"} if from_mirror else {"fork", "unproved"})


def test_rule_7_no_roll_back(world: World) -> None:
    world.latest.parent.mkdir(parents=True)
    world.latest.write_bytes(world.log.head())
    world.database.head_size = 310
    assert get() == 0
    assert world.latest.read_bytes() == world.log.head()


@pytest.mark.parametrize("status", [500, 403, 429])
def test_rule_8_a_proxy_that_stumbles_over_supported(world: World, status: int) -> None:
    world.proxy.script(f"/sumdb/{world.log.name}/supported", Status(status))
    assert get() == 3
    assert kept(world) == set()


def test_rule_8_supported_commits_the_client(world: World) -> None:
    """The proxy says that it serves the database, and then does not: nobody else is asked."""
    world.proxy.script(f"/sumdb/{world.log.name}{LOOKUP}", Status(404))
    assert get() != 0
    assert kept(world) == set()


@pytest.mark.parametrize("separator", [",", "|"])
def test_rule_9_no_other_source_mends_a_mismatch(world: World, separator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with ProxySimulator(world.proxy.files) as honest:
        honest.handlers = dict(world.proxy.handlers)
        evil_files(world)
        monkeypatch.setenv("GOPROXY", f"{world.proxy.url}{separator}{honest.url}")
        assert get() == 4
        assert not [path for path in honest.asked if path.endswith((".zip", ".mod"))]
    zips = [path for path in world.proxy.asked if path.endswith(".zip")]
    assert len(zips) == len(set(zips)), "nothing is tried again"


@pytest.mark.parametrize("words", [("get", "q.io/a@latest"), ("list", "-m", "-u", "q.io/a@latest")])
def test_rule_9_no_other_source_mends_a_mismatch_within_a_query(
    world: World, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Retractions stand in a go.mod, which is read while the query is tried with one source after the other."""
    with ProxySimulator(world.proxy.files) as honest:
        honest.handlers = dict(world.proxy.handlers)
        evil_files(world)
        monkeypatch.setenv("GOPROXY", f"{world.proxy.url}|{honest.url}")
        assert invoke(list(words)) == 4
        assert not [path for path in honest.asked if path.startswith("/q.io/a/")]


def test_rule_10_a_poisoned_cache_is_fetched_anew(world: World) -> None:
    assert get() == 0
    sumdb = world.cache / "cache/download/sumdb" / world.log.name
    for file in [path for path in sumdb.rglob("*") if path.is_file()]:
        whole = file.read_bytes()
        file.write_bytes(
            whole[:-1] + bytes([whole[-1] ^ 1]) if "tile" in str(file) else whole.replace(b"q.io", b"r.io")
        )
        (world.root / "main/go.sum").unlink()
        (world.root / "main/go.mod").write_text(MAIN)
        assert get() == 0
        assert file.read_bytes() == whole, file
        assert (world.root / "main/go.sum").read_text() == world.record(WANTED)


def test_rule_10_an_evil_go_mod_in_the_cache_is_not_believed(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = world.cache / "cache/download/q.io/a/@v/v1.1.0.mod"
    file.parent.mkdir(parents=True)
    file.write_text(EVIL_MOD)
    (world.root / "main/go.mod").write_text(f"{MAIN}\nrequire {WANTED.path} {WANTED.version}\n")
    monkeypatch.setenv("GOFLAGS", "-modcacherw -mod=mod")
    assert invoke(["list", "-m", "all"]) == 4
    assert "verifying go.mod: checksum mismatch" in capsys.readouterr().err
    assert not (world.root / "main/go.sum").exists()


@pytest.mark.parametrize("variable", ["GOPRIVATE", "GONOSUMDB", "GONOPROXY"])
def test_rule_11_a_private_path_is_told_to_nobody(
    world: World, variable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """GOVCS keeps the test off the network: nobody but the path's own host could be asked."""
    private = ModuleVersion("corp.example/secret.git", "v1.0.0")
    world.publish(*private)
    monkeypatch.setenv("GOVCS", "*:off")
    monkeypatch.setenv(variable, "*.other.example,corp.example")
    invoke(["get", "-x", str(private)])
    asked = [path for path in world.proxy.asked if "secret" in path]
    if variable != "GONOPROXY":
        assert not [path for path in asked if "/sumdb/" in path]
    if variable != "GONOSUMDB":
        assert asked == []
        shown = [line for line in capsys.readouterr().err.splitlines() if world.proxy.url in line]
        assert not [line for line in shown if "secret" in line]
    else:
        assert asked, "the proxy may know"


def test_rule_11_goflags_cannot_switch_the_check_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """GOINSECURE excuses a scheme, and not a hash; -mod=mod lets go.sum grow, and by proved lines only."""
    evil_files(world)
    monkeypatch.setenv("GOINSECURE", "*")
    monkeypatch.setenv("GOFLAGS", "-modcacherw -mod=mod")
    assert get() == 4
    assert kept(world) == set()


@pytest.mark.parametrize(("mode", "used"), [(0o700, True), (0o777, False)])
def test_attack_a_cache_directory_that_others_may_write(
    world: World, monkeypatch: pytest.MonkeyPatch, mode: int, used: bool
) -> None:
    """Nothing proves the index of imports: it is neither read nor written where others may have put it."""
    place = world.root / "usercache"
    place.mkdir()
    place.chmod(mode)
    monkeypatch.setenv("XDG_CACHE_HOME", str(place))
    assert get() == 0
    assert invoke(["tidy"]) == 0
    assert bool(list(place.rglob("imports/*"))) is used
