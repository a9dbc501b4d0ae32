# SPDX-License-Identifier: BSD-3-Clause
"""Writing a proof bundle of go.sum, and proving go.sum by it with nothing else at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.adapters.sumdb.session import SumClient
from govgo.adapters.workspace.goenvfile import load_env
from govgo.app.sum.bundle import prove_from_bundle, write_bundle
from govgo.app.sum.database import NotInBundleError
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.record import NotInDatabaseError
from govgo.errors import (
    BadSignatureError,
    DiskError,
    ForkError,
    GovgoError,
    IntegrityError,
    SumDbFormatError,
    SumMismatchError,
    UnavailableError,
    UsageError,
)
from govgo.load.session.session import Session, Settings
from govgo.wiring.session import SilentReporter, make_session
from tests.simulators.sumdb_log import keys
from tests.simulators.world import World

MODS = [ModuleVersion("q.io/a", f"v1.{n}.0") for n in range(5)]
KEYS = [ModuleVersion(mod.path, version) for mod in MODS for version in (mod.version, mod.version + "/go.mod")]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as world:
        for mod in MODS:
            world.publish(*mod)
        yield world


def session(world: World, **environ: str) -> Session:
    env = load_env({**world.environment, **environ})
    return make_session(Settings(cwd=str(world.root), env=env), SilentReporter())


def write(world: World, mods: list[ModuleVersion], **environ: str) -> object:
    with SumClient(session(world, **environ).settings.env, SilentReporter()) as database:
        return write_bundle(session(world, **environ), database, f"{world.root}/proof", mods)


def prove(world: World, **environ: str) -> dict[ModuleVersion, object]:
    world.database.down = True
    world.proxy.asked.clear()
    database = prove_from_bundle(session(world, GOPROXY="off", **environ), f"{world.root}/proof")
    found = dict(database.lookup_many(KEYS))
    assert world.proxy.asked == []
    return dict(found)


def test_a_whole_go_sum_is_proved_again_without_network(world: World) -> None:
    write(world, KEYS)
    found = prove(world, HOME="/nonexistent", GOPATH="/nonexistent", GOMODCACHE="/nonexistent")
    expected = {key: line for mod in MODS for key, line in zip(pair(mod), world.record(mod).splitlines(), strict=True)}
    assert found == {key: (line,) for key, line in expected.items()}


def pair(mod: ModuleVersion) -> tuple[ModuleVersion, ModuleVersion]:
    return mod, ModuleVersion(mod.path, mod.version + "/go.mod")


def test_the_same_records_under_the_same_head_are_the_same_bytes(world: World) -> None:
    write(world, KEYS)
    first = (world.root / "proof").read_bytes()
    write(world, [*reversed(KEYS), *KEYS])
    assert (world.root / "proof").read_bytes() == first
    assert len({first.count(b"\nq.io/a v1.%d.0 " % n) for n in range(5)}) == 1


def test_what_is_private_is_not_in_the_bundle(world: World) -> None:
    write(world, [*KEYS, ModuleVersion("secret.corp/x", "v1.0.0")], GONOSUMDB="secret.corp")
    assert b"secret" not in (world.root / "proof").read_bytes()
    assert not [path for path in world.proxy.asked if "secret" in path]


def test_what_cannot_be_proved_is_left_out_and_told(world: World) -> None:
    unknown = ModuleVersion("q.io/unknown", "v1.0.0")
    written = write(world, [*KEYS, unknown])
    left_out = getattr(written, "left_out")  # noqa: B009  (the type is erased by the helper)
    assert list(left_out) == [unknown]
    assert isinstance(left_out[unknown], NotInDatabaseError)
    database = prove_from_bundle(session(world), f"{world.root}/proof")
    answer = database.lookup_many([unknown])[unknown]
    assert isinstance(answer, NotInBundleError)
    assert str(answer) == "q.io/unknown@v1.0.0: not in the proof bundle"


def test_attack_bundle_with_another_hash(world: World) -> None:
    write(world, KEYS)
    file = world.root / "proof"
    line = world.record(MODS[0]).splitlines()[0].encode()
    assert file.read_bytes().count(line) == 1
    file.write_bytes(file.read_bytes().replace(line, line[:-5] + b"AAAA="))
    with pytest.raises(IntegrityError, match="proof bundle: invalid transparency proof"):
        prove(world)


def test_attack_bundle_of_another_key(world: World) -> None:
    write(world, KEYS)
    with pytest.raises(BadSignatureError):
        prove(world, GOSUMDB=keys(8)[1])


def test_attack_record_without_the_line_asked_for(world: World) -> None:
    partial = ModuleVersion("q.io/partial", "v1.0.0")
    world.log.add(*partial, "q.io/partial v1.0.0/go.mod h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
    write(world, [*KEYS, pair(partial)[1]])
    database = prove_from_bundle(session(world), f"{world.root}/proof")
    assert isinstance(database.lookup_many([partial])[partial], SumMismatchError)


def test_attack_fork_while_a_bundle_is_made(world: World) -> None:
    world.latest.parent.mkdir(parents=True)
    world.latest.write_bytes(world.log.fork(290).grow(10, "q.io/other").head())
    with pytest.raises(ForkError):
        write(world, KEYS)
    assert not (world.root / "proof").exists()


def test_tiles_that_cannot_be_had_make_no_bundle(world: World) -> None:
    """A database that has gone back behind the head that we have seen: both heads are told, and nothing is written."""
    world.latest.parent.mkdir(parents=True)
    ahead = world.log.fork(len(world.log.records)).grow(400, "q.io/later")
    world.latest.write_bytes(ahead.head())
    with pytest.raises(UnavailableError, match="404 Not Found"):
        write(world, KEYS)  # from a proxy that mirrors it, and may lag behind
    with pytest.raises(ForkError) as caught:
        write(world, KEYS, GOSUMDB=f"{world.log.key} {world.proxy.url}/sumdb/{world.log.name}")
    assert set(caught.value.notes) == {ahead.head(), world.log.head()}
    assert world.latest.read_bytes() == ahead.head()
    assert not (world.root / "proof").exists()


def test_a_file_that_is_no_bundle(world: World) -> None:
    with pytest.raises(DiskError, match=r"proof: no such file or directory"):
        prove(world)
    (world.root / "proof").write_text("go.sum\n")
    with pytest.raises(SumDbFormatError, match="not a proof bundle"):
        prove(world)
    with pytest.raises(UsageError, match="GOSUMDB=off"):
        write(world, [], GOSUMDB="off")


def test_an_unwritable_place(world: World) -> None:
    os.mkdir(world.root / "proof")
    with pytest.raises(GovgoError):
        write(world, KEYS)
