# SPDX-License-Identifier: BSD-3-Clause
"""What a mirror's own files prove, where whoever has filled it also has the key of the database."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from govgo.core.mirror.prove import ProvedLog, prove_log
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.record import format_record, parse_record
from govgo.core.sumdb.tile import parse_tile_path
from govgo.core.sumdb.tlog import Tree
from govgo.errors import ForkError
from tests.simulators.sumdb_log import NAME, Log

TOP = f"sumdb/{NAME}"
OLD, NEW = 300, 600
A, FILLER = ModuleVersion("q.io/a", "v1.0.0"), ModuleVersion("example.org/filler", "v0.0.5")
PARTIAL = "tile/8/0/001.p/44"
"""The tile at the edge of the older tree, which the newer one has no use for."""

H1 = "h1:" + "A" * 43 + "="

Lookups = Mapping[ModuleVersion, tuple[str, bytes]]


def logs() -> tuple[Log, Log]:
    """A log of 600 records, and another history of 300 under the same key."""
    log = Log()
    log.add(*A)
    log.grow(OLD - 1)
    other = log.fork(OLD - 10).grow(10, "evil.example/x")
    return log.grow(NEW - OLD), other


def lookup(log: Log, mod: ModuleVersion) -> tuple[str, bytes]:
    return f"{TOP}/lookup/{mod.path}@{mod.version}", log.answer(*mod, OLD)


def prove(log: Log, edge: Log, lookups: Lookups, seen: list[Tree], lost: str = "") -> ProvedLog:
    def read(key: str) -> bytes | None:
        name = key.removeprefix(f"{TOP}/")
        if name == lost:
            return None
        if name == "latest":
            return log.head()
        try:
            return (edge if name == PARTIAL else log).tile(parse_tile_path(name))
        except KeyError:
            return None

    return prove_log(TOP, parse_verifier(log.key), lookups, seen, read)


def test_an_honest_mirror_proves() -> None:
    log, _ = logs()
    lookups = {mod: lookup(log, mod) for mod in (A, FILLER)}
    found = prove(log, log, lookups, [log.tree(OLD), log.tree(NEW)])
    assert (set(found.texts), found.faults) == ({A, FILLER}, ())


@pytest.mark.parametrize("first", [A, FILLER])
@pytest.mark.parametrize("remembered", [False, True])
def test_attack_two_heads_of_one_size(first: ModuleVersion, remembered: bool) -> None:
    """One of them goes well with the newest tree: that says nothing about the other."""
    log, other = logs()
    both = {A: lookup(log, A), FILLER: lookup(other, FILLER)}
    ordered = {first: both.pop(first), **both}
    found = prove(log, other, ordered, [log.tree(OLD)] if remembered else [])
    assert [fault.key for fault in found.faults if isinstance(fault.error, ForkError)] == [f"{TOP}/latest"]


def test_attack_a_head_that_stands_behind_one_of_the_manifest() -> None:
    log, other = logs()
    found = prove(log, other, {FILLER: lookup(other, FILLER)}, [log.tree(OLD)])
    (fault,) = found.faults
    assert isinstance(fault.error, ForkError)
    assert fault.error.notes == (other.head(OLD), log.head(NEW))


def test_attack_a_record_of_another_module() -> None:
    log, _ = logs()
    found = prove(log, log, {A: lookup(log, FILLER), FILLER: lookup(log, FILLER)}, [])
    (fault,) = found.faults
    assert (fault.module, str(fault.error)) == (A, "the record has no line for q.io/a@v1.0.0")
    assert set(found.texts) == {FILLER}


def test_attack_a_number_that_is_not_in_the_tree() -> None:
    """What else the mirror has is proved all the same."""
    log, _ = logs()
    key, data = lookup(log, A)
    found = prove(log, log, {A: (key, data.replace(b"0\n", b"300\n", 1)), FILLER: lookup(log, FILLER)}, [])
    (fault,) = found.faults
    assert (fault.key, str(fault.error)) == (key, "record 300 in a tree of size 300")
    assert set(found.texts) == {FILLER}


def test_attack_a_record_with_another_hash() -> None:
    log, _ = logs()
    key, data = lookup(log, A)
    text = log.records[0]
    found = prove(
        log, log, {A: (key, data.replace(text, text.replace(b"h1:", b"h1:A", 1))), FILLER: lookup(log, FILLER)}, []
    )
    (fault,) = found.faults
    assert (fault.key, str(fault.error)) == (key, "the record is not the one in the signed tree")
    assert set(found.texts) == {FILLER}


@pytest.mark.parametrize("is_ours", [True, False])
def test_attack_a_record_that_is_in_one_of_two_trees(is_ours: bool) -> None:
    """It must be in the tree of the head that comes with it, and in the newest one."""
    log, other = logs()
    number = OLD - 5
    mod = ModuleVersion("example.org/filler" if is_ours else "evil.example/x", f"v0.0.{number}")
    data = format_record(number, (log if is_ours else other).records[number]) + other.head(OLD)
    found = prove(log, other, {mod: (f"{TOP}/lookup/{mod}", data)}, [])
    assert "the record is not the one in the signed tree" in [str(fault.error) for fault in found.faults]
    assert found.texts == {}


def test_a_head_that_is_older_than_one_that_clients_have_seen() -> None:
    log, _ = logs()
    (fault,) = prove(log, log, {}, [Tree(NEW + 1, bytes(32))]).faults
    assert str(fault.error) == "the newest tree head has a tree of 600, an older one one of 601"


def test_a_tile_that_is_lost() -> None:
    """Without it nobody can tell whether the older tree begins the newer one: that is the fault, and no other."""
    log, _ = logs()
    found = prove(log, log, {}, [log.tree(OLD)], lost="tile/8/0/001")
    assert [(fault.key, str(fault.error)) for fault in found.faults] == [(f"{TOP}/tile/8/0/001", "the tile is missing")]


@pytest.mark.parametrize("first", [A, FILLER])
def test_attack_a_record_under_the_number_of_another(first: ModuleVersion) -> None:
    """Two lookups may not share a number: only one of them is about the record that the tree has there."""
    log, _ = logs()
    key, _ = lookup(log, A)
    honest = parse_record(log.answer(*FILLER, OLD))
    forged = f"{A.path} {A.version} {H1}\n{A.path} {A.version}/go.mod {H1}\n".encode()
    both = {A: (key, format_record(honest.number, forged) + honest.rest), FILLER: lookup(log, FILLER)}
    found = prove(log, log, {first: both.pop(first), **both}, [])
    assert [(fault.key, fault.module) for fault in found.faults] == [(key, A)]
    assert set(found.texts) == {FILLER}
