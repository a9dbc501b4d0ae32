# SPDX-License-Identifier: BSD-3-Clause
"""Proofs for many records and of prefixes (every tree up to 1,000 records: tests/property/test_every_tree.py).

What a proof must consist of is checked against RFC 6962's audit paths (`logmath.prove_record`), which have vectors.
"""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govgo.core.sumdb import proof
from govgo.core.sumdb.tlog import Node, record_hash
from govgo.errors import IntegrityError, SumDbFormatError
from tests.simulators import campaigns, logmath
from tests.simulators.sumdb_log import Log


@cache
def log() -> Log:
    return Log().grow(201)


def test_a_proof_has_the_subtrees_without_the_records() -> None:
    nodes = log().nodes
    assert proof.prove_records(7, [1, 6], nodes.__getitem__) == (nodes[0, 0], nodes[1, 1], nodes[1, 2])
    assert proof.record_proof_nodes(7, [1, 6]) == ((0, 0), (1, 1), (1, 2))
    assert proof.prove_records(7, [], nodes.__getitem__) == (log().tree(7).hash,)
    assert proof.prove_records(0, [], nodes.__getitem__) == ()


def test_a_prefix_is_proved_from_its_edge_upwards() -> None:
    nodes = log().nodes
    assert proof.prove_tree(7, 6, nodes.__getitem__) == (nodes[1, 2], nodes[0, 6], nodes[2, 0])
    assert proof.prove_tree(7, 7, nodes.__getitem__) == ()
    for size, older in ((7, 0), (7, 8)):
        with pytest.raises(SumDbFormatError, match="invalid inputs in ProveTree"):
            proof.prove_tree(size, older, nodes.__getitem__)


@pytest.mark.parametrize(("size", "older"), [(7, 6), (7, 7), (201, 200), (201, 128), (201, 1)])
def test_the_nodes_to_fetch_are_those_that_a_proof_reads(size: int, older: int) -> None:
    read: list[Node] = []

    def noted(node: Node) -> bytes:
        read.append(node)
        return log().nodes[node]

    proof.prove_tree(size, older, noted)
    assert proof.tree_proof_nodes(size, older) == tuple(read)


@campaigns.thirds
@settings(max_examples=35, deadline=None)
@given(size=st.integers(1, 201), data=st.data())
def test_many_records_one_proof(third: int, size: int, data: st.DataObject) -> None:
    numbers = sorted(data.draw(st.sets(st.integers(0, size - 1), max_size=12)))
    read = log().nodes.__getitem__
    hashes = proof.prove_records(size, numbers, read)
    tree = log().tree(size)
    leaves = [(n, record_hash(log().records[n])) for n in numbers]
    proof.check_records(hashes, size, tree.hash, leaves)
    paths = {digest for n in numbers for digest in logmath.prove_record(size, n, read)}
    if numbers:
        assert set(hashes) <= paths, "only hashes of audit paths"
    bad = [(hashes, bytes(32), leaves), ((*hashes, bytes(32)), tree.hash, leaves)]
    bad += [(hashes[:i] + hashes[i + 1 :], tree.hash, leaves) for i in range(len(hashes))]
    bad += [((*hashes[:i], bytes(32), *hashes[i + 1 :]), tree.hash, leaves) for i in range(len(hashes))]
    bad += [(hashes, tree.hash, [*leaves[:i], (n, bytes(32)), *leaves[i + 1 :]]) for i, n in enumerate(numbers)]
    for forged, root, claimed in bad:
        with pytest.raises(IntegrityError):
            proof.check_records(forged, size, root, claimed)


@pytest.mark.parametrize("numbers", [(3, 3), (4, 3), (-1,), (201,)])
def test_numbers_that_make_no_sense(numbers: tuple[int, ...]) -> None:
    with pytest.raises(SumDbFormatError):
        proof.prove_records(201, numbers, log().nodes.__getitem__)
    with pytest.raises(SumDbFormatError):
        proof.check_records((), 201, log().tree().hash, [(n, bytes(32)) for n in numbers])
