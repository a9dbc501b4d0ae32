# SPDX-License-Identifier: BSD-3-Clause
"""`govgo sumdb key`: the key of a database is changed, and its clients with it."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from govgo.cli.main import invoke
from govgo.core.module.moduleversion import ModuleVersion
from tests.cli.commands.serve.test_sumdb import (
    MAIN,
    NAME,
    SOURCE,
    A,
    B,
    Run,
    database,
    program,
    served,
    witness_server,
    world,
)
from tests.simulators.signatures import signed_by
from tests.simulators.sumdb_log import record_text
from tests.simulators.witness import Witness
from tests.simulators.world import World

__all__ = ["database", "world"]
NEW_NAME = f"{NAME}/2"
LATE = ModuleVersion("corp.example/late", "v1.0.0")


@pytest.fixture
def keys(world: World, database: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """The old key and the new one of a database with two records, the first of which is older than the new key."""
    assert Run(capsys, "add", "-storage=db", str(A)).code == 0
    added = Run(capsys, "key", "-storage=db", f"-add={NEW_NAME}")
    assert added.code == 0, added.err
    old, new = added.out.split()
    assert old == database
    assert Run(capsys, "add", "-storage=db", str(B)).code == 0
    return old, new


def test_both_keys_sign(world: World, keys: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    both = [NAME, NEW_NAME]
    room = world.home / ".config/govgo/sumdb"
    file = room / f"{NAME}.key"
    assert len(file.read_text().split()) == 2
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert (room / f"{NAME}%2F2.key").resolve() == file
    for name in ("latest", "commit"):
        assert signed_by(Path("db", name).read_bytes(), *keys) == both
    for lookup in ("q.io/a@v1.0.0", "corp.example/b@v1.2.0"):
        assert signed_by(Path("db/lookup", lookup).read_bytes().partition(b"\n\n")[2], *keys) == both
    assert Run(capsys, "key", "-storage=db").out.split() == list(keys)


@pytest.mark.parametrize("is_lost", [False, True])
def test_the_old_key_is_retired(
    world: World, keys: tuple[str, str], capsys: pytest.CaptureFixture[str], is_lost: bool
) -> None:
    if is_lost:
        file = world.home / f".config/govgo/sumdb/{NAME}.key"
        file.write_text(file.read_text().split()[1])
    retired = Run(capsys, "key", "-storage=db", f"-retire={NAME}")
    assert (retired.code, retired.out.split()) == (0, [keys[1]])
    Path("go.sum").write_text(record_text("q.io/m", "v1.0.0"))
    assert Run(capsys, "add", "-storage=db", "go.sum").code == 0, "the file is found by the name that is left"
    assert signed_by(Path("db/latest").read_bytes(), *keys) == [NEW_NAME]
    assert not (world.home / f".config/govgo/sumdb/{NAME}%2F2.key.head").exists(), "one memory for one file"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-add=not a name",), "invalid GOSUMDB"),
        (("-add=sum.corp.example",), "needs a name of its own"),
        (("-add=x+y",), "malformed verifier id"),
        (("-retire=sum.other.example",), "has no key named sum.other.example, but sum.corp.example"),
        (("-retire=sum.corp.example",), "the only key"),
        (("-add=a.example", "-retire=b.example"), "not both"),
        (("-key=elsewhere", "-add=a.example"), "no private key at"),
    ],
)
def test_what_cannot_be(
    world: World, database: str, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    before = {path: path.read_bytes() for path in Path("db").rglob("*") if path.is_file()}
    done = Run(capsys, "key", "-storage=db", *words)
    assert done.code == 2
    assert said in done.err
    assert {path: path.read_bytes() for path in Path("db").rglob("*") if path.is_file()} == before


def test_a_writer_without_the_new_key_adds_nothing(
    world: World, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(world.home / f".config/govgo/sumdb/{NAME}.key", "copy")
    Run(capsys, "key", "-storage=db", f"-add={NEW_NAME}")
    before = Path("db/commit").read_bytes()
    refused = Run(capsys, "add", "-storage=db", "-key=copy", str(A))
    assert refused.code == 2
    assert f"copy lacks a key of the checksum database in {Path('db').absolute()}: {NEW_NAME}" in refused.err
    assert Path("db/commit").read_bytes() == before


def test_witnesses_may_know_the_database_by_either_key(
    world: World, keys: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for number, key in enumerate(keys):
        witness = Witness(f"w{number}.example", number)
        with witness_server(witness, key) as url:
            done = Run(capsys, "cosign", "-storage=db", f"-witness={witness.key},{url}")
        assert (done.code, done.err) == (0, ""), done.err
    latest = Path("db/latest").read_bytes()
    assert signed_by(latest, *keys) == [NAME, NEW_NAME]
    assert latest.decode().count("\u2014 w0.example ") == latest.decode().count("\u2014 w1.example ") == 1


@pytest.mark.wide
def test_killed_while_keys_are_changed_a_rerun_does_the_rest(
    world: World, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("go.sum").write_text("".join(record_text("q.io/filler", f"v1.0.{n}") for n in range(200)))
    assert Run(capsys, "add", "-storage=db", "go.sum").code == 0
    names = [NAME]
    for turn in range(4):
        names.append(f"{NAME}/{turn + 2}")
        for tried in range(3):
            process = program(world, "key", "-storage=db", f"-add={names[-1]}")
            time.sleep(0.2 + 0.1 * tried)
            process.kill()
            process.communicate()
        added = Run(capsys, "key", "-storage=db", f"-add={names[-1]}")
        assert added.code == 0, added.err
        keys = added.out.split()
        lookups = [path.read_bytes().partition(b"\n\n")[2] for path in Path("db/lookup").rglob("*@*")]
        assert len(lookups) == 200
        for note in (*lookups, Path("db/latest").read_bytes(), Path("db/commit").read_bytes()):
            assert signed_by(note, *keys) == names
        assert Run(capsys, "key", "-storage=db", f"-retire={names[0]}").code == 0
        del names[0]


def clients(world: World, run: Callable[[str], tuple[int, str]], keys: tuple[str, str], url: str) -> None:
    """A client with warm caches changes to the new key; others begin with either.

    Args:
        world: of the client.
        run: tidies with a GOSUMDB, without a go.sum; code and standard error.
        keys: the old one and the new one.
        url: of the database.
    """
    old, new = (f"{key} {url}" for key in keys)
    for gosumdb in (old, new, old):  # warm caches; in the first place those of old clients
        code, said = run(gosumdb)
        assert code == 0, said
    for gosumdb in (new, old):  # cold caches
        shutil.rmtree(world.home / "go/pkg/sumdb")
        shutil.rmtree(world.cache, ignore_errors=True)
        code, said = run(gosumdb)
        assert code == 0, said


def test_govgo_changes_to_the_new_key(
    world: World, keys: tuple[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = os.path.abspath("db")
    main = world.main(MAIN, {"main.go": SOURCE})
    monkeypatch.setenv("GONOSUMDB", "")
    monkeypatch.chdir(main)

    def tidy(gosumdb: str) -> tuple[int, str]:
        Path("go.sum").unlink(missing_ok=True)
        monkeypatch.setenv("GOSUMDB", gosumdb)
        return invoke(["tidy"]), capsys.readouterr().err

    with served(place) as url:
        clients(world, tidy, keys, url)
    clients(world, tidy, keys, f"file://{place}")
    assert Run(capsys, "key", f"-storage={place}", f"-retire={NAME}").code == 0
    shutil.rmtree(world.cache)
    assert tidy(f"{keys[1]} file://{place}")[0] == 0, "also what was published before there was this key"


@pytest.mark.wide
@pytest.mark.go
def test_go_changes_to_the_new_key(
    world: World, database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the caches of the old key from before there was another one, and after the old one is gone."""
    main = world.main(MAIN, {"main.go": SOURCE})
    assert Run(capsys, "add", "-storage=db", str(A), str(B)).code == 0

    def tidy(gosumdb: str) -> tuple[int, str]:
        (main / "go.sum").unlink(missing_ok=True)
        env = {**world.environment, "GOSUMDB": gosumdb, "GOFLAGS": "-mod=mod -modcacherw"}
        done = subprocess.run(["go", "mod", "tidy"], cwd=main, env=env, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stderr

    with served() as url:
        assert tidy(f"{database} {url}")[0] == 0
        keys = tuple(Run(capsys, "key", "-storage=db", f"-add={NEW_NAME}").out.split())
        time.sleep(1.1)  # a head is served for a second
        assert len(keys) == 2
        clients(world, tidy, keys, url)
        clients(world, tidy, keys, f"file://{os.path.abspath('db')}")
        assert Run(capsys, "key", "-storage=db", f"-retire={NAME}").code == 0
        world.publish(*LATE)
        assert Run(capsys, "add", "-storage=db", str(LATE)).code == 0
        time.sleep(1.1)
        (main / "go.mod").write_text(MAIN.replace("q.io/a v1.0.0", f"q.io/a v1.0.0\n\t{LATE.path} {LATE.version}"))
        (main / "main.go").write_text(SOURCE.replace('"q.io/a"', f'"q.io/a"\n\t_ "{LATE.path}"'))
        code, said = tidy(f"{keys[0]} {url}")
        assert code != 0
        assert "note has no verifiable signatures" in said
        code, said = tidy(f"{keys[1]} {url}")
        assert code == 0, said
