# SPDX-License-Identifier: BSD-3-Clause
"""What a mirror's own files prove, where whoever has filled it also has the key of the database."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from govgo.core.mirror.prove import ProvedLog, prove_log
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.tile import parse_tile_path
from govgo.core.sumdb.tlog import Tree
from govgo.errors import ForkError
from tests.simulators.sumdb_log import NAME, Log

TOP = f"sumdb/{NAME}"
OLD, NEW = 300, 600
A, FILLER = ModuleVersion("q.io/a", "v1.0.0"), ModuleVersion("example.org/filler", "v0.0.5")
PARTIAL = "tile/8/0/001.p/44"
"""The tile at the edge of the older tree, which the newer one has no use for."""

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


def prove(log: Log, edge: Log, lookups: Lookups, seen: list[Tree]) -> ProvedLog:
    def read(key: str) -> bytes | None:
        name = key.removeprefix(f"{TOP}/")
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
