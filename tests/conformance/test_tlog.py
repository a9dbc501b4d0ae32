# SPDX-License-Identifier: BSD-3-Clause
"""golang.org/x/mod/sumdb/tlog: hashes, proofs, tiles and texts of a log whose record i is "record <i>"."""

from __future__ import annotations

from base64 import b64decode

import pytest

from govgo.core.sumdb import proof, record, tile, tileauth, tlog
from govgo.core.sumdb.tile import Tile
from govgo.core.sumdb.tlog import Node, Tree
from govgo.errors import SumDbFormatError, TileMismatchError
from tests.conformance.vectors import Case, check, differ, ops, outcome, raw, runner
from tests.simulators import logmath


class Log:
    """The vectors' log, hashed record by record."""

    def __init__(self) -> None:
        self.stored: dict[Node, bytes] = {}
        self.size = 0

    def __call__(self, node: Node) -> bytes:
        level, n = node
        while self.size < (n + 1) << level:
            self.append()
        return self.stored[node]

    def append(self) -> tuple[bytes, ...]:
        n = self.size
        older = [self.stored[node] for node in logmath.stored_hashes_nodes(n)]
        hashes = logmath.stored_hashes(n, f"record {n}\n".encode(), older)
        self.stored.update(((level, n >> level), digest) for level, digest in enumerate(hashes))
        self.size += 1
        return hashes


LOG = Log()


def h(text: str) -> bytes:
    return b64decode(text, validate=True)


def proof_of(case: Case) -> tuple[bytes, ...]:
    return tuple(h(item) for item in case["proof"])


def record_hash(case: Case) -> str:
    return differ(tlog.record_hash(raw(case["data"])), h(case["hash"]))


def node_hash(case: Case) -> str:
    return differ(tlog.node_hash(h(case["left"]), h(case["right"])), h(case["hash"]))


def stored_hash_index(case: Case) -> str:
    return differ(logmath.stored_hash_index(case["level"], case["n"]), case["index"])


def split_index(case: Case) -> str:
    return differ(logmath.split_stored_hash_index(case["index"]), (case["level"], case["n"]))


def stored_hash_count(case: Case) -> str:
    return differ(logmath.stored_hash_count(case["n"]), case["count"])


def stored_hashes(case: Case) -> str:
    log = Log()
    for _ in range(case["n"]):
        log.append()
    return differ(log.append(), tuple(h(item) for item in case["hashes"]))


def tree_hash(case: Case) -> str:
    return differ(logmath.tree_hash(case["n"], LOG), h(case["hash"]))


def prove_record(case: Case) -> str:
    got = outcome(logmath.prove_record, case["t"], case["n"], LOG, empty=None)
    want = proof_of(case) if case["proof"] is not None else None
    return differ((got["out"], got["err"]), (want, case["err"]))


def check_record(case: Case) -> str:
    got = outcome(logmath.check_record, proof_of(case), case["t"], h(case["tree"]), case["n"], h(case["hash"]))
    return differ(got["err"], case["err"])


def prove_tree(case: Case) -> str:
    got = outcome(proof.prove_tree, case["t"], case["n"], LOG, empty=None)
    want = proof_of(case) if case["proof"] is not None else None
    return differ((got["out"], got["err"]), (want, case["err"]))


def check_tree(case: Case) -> str:
    got = outcome(logmath.check_tree, proof_of(case), case["t"], h(case["tree"]), case["n"], h(case["old"]))
    return differ(got["err"], case["err"])


def tile_path(case: Case) -> str:
    return differ(Tile(*case["tile"]).path, case["path"])


def parse_tile_path(case: Case) -> str:
    got = outcome(tile.parse_tile_path, case["path"], empty=None)
    if case["err"]:
        return differ(got["err"], case["err"])
    return differ(got["out"], Tile(*case["tile"]))


def tile_for_index(case: Case) -> str:
    return differ(logmath.tile_for_index(case["h"], case["index"]), Tile(*case["tile"]))


def new_tiles(case: Case) -> str:
    return differ([list(t) for t in logmath.new_tiles(case["h"], case["old"], case["new"])], case["tiles"])


def hash_from_tile(case: Case) -> str:
    got = outcome(logmath.hash_from_tile, Tile(*case["tile"]), h(case["data"]), case["index"], empty=None)
    want = None if case["err"] else h(case["hash"])
    return differ((got["out"], got["err"]), (want, case["err"]))


def tile_data(case: Case) -> str:
    return differ(logmath.tile_data(Tile(*case["tile"]), LOG), h(case["data"]))


def tile_read(case: Case) -> str:
    """TileHashReader: tiles asked for in order, hashes, refusal of a flipped bit or a missing byte."""
    auth = tileauth.TileAuth(Tree(case["tree_n"], h(case["tree"])), case["h"])
    nodes = [logmath.split_stored_hash_index(index) for index in case["indexes"]]
    try:
        asked = auth.ask(nodes)
    except SumDbFormatError as err:
        return differ((str(err), []), (case["err"], case["asked"]))
    fault = differ([t.path for t in asked], case["asked"])
    try:
        for t in asked:
            data = logmath.tile_data(t, LOG)
            if t.path == case.get("flip_last_bit_of"):
                data = data[:-1] + bytes([data[-1] ^ 1])
            if t.path == case.get("cut_last_byte_of"):
                data = data[:-1]
            auth.add(tile.HashedTile(t, data))
        safe = auth.prove()
        hashes = [auth.node(*node) for node in nodes]
    except TileMismatchError:
        return fault or differ((True, False), (case["err"] is not None, case["saved"]))
    return (
        fault
        or differ(case["err"], None)
        or differ(sorted(t.tile.path for t in safe), sorted(case["asked"]))
        or differ(hashes, [h(item) for item in case["hashes"]])
    )


def format_record(case: Case) -> str:
    got = outcome(record.format_record, case["n"], raw(case["text"]), empty=b"")
    return differ((got["out"], got["err"]), (raw(case["msg"]), case["err"]))


def parse_record(case: Case) -> str:
    got = outcome(record.parse_record, raw(case["msg"]), empty=record.Record(0, b"", b""))
    want = record.Record(case["n"], raw(case["text"]), raw(case["rest"]))
    return differ((got["out"], got["err"]), (want, case["err"]))


def format_tree(case: Case) -> str:
    return differ(tlog.format_tree(Tree(case["n"], h(case["hash"]))), case["text"])


def parse_tree(case: Case) -> str:
    got = outcome(tlog.parse_tree, raw(case["text"]), empty=None)
    want = None if case["err"] else Tree(case["n"], h(case["hash"]))
    return differ((got["out"], got["err"]), (want, case["err"]))


def parse_hash(case: Case) -> str:
    got = outcome(tlog.parse_hash, case["text"], empty=None)
    want = None if case["err"] else h(case["hash"])
    return differ((got["out"], got["err"]), (want, case["err"]))


RUNNERS = {
    run_case.__name__: run_case
    for run_case in (
        record_hash, node_hash, stored_hash_index, split_index, stored_hash_count, stored_hashes, tree_hash,
        prove_record, check_record, prove_tree, check_tree, tile_path, parse_tile_path, tile_for_index,
        new_tiles, hash_from_tile, tile_data, tile_read, format_record, parse_record, format_tree, parse_tree,
        parse_hash,
    )
}  # fmt: skip


@pytest.mark.parametrize("op", ops("tlog"))
def test_tlog(op: str) -> None:
    check("tlog", op, runner("tlog", op, RUNNERS))
