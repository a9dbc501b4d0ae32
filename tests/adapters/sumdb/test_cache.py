# SPDX-License-Identifier: BSD-3-Clause
"""The files of a checksum database: where they are, and how the tree head is replaced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from govgo.adapters.sumdb.cache import SumDbCache
from govgo.core.sumdb.tile import Tile
from govgo.errors import DiskError


@pytest.fixture
def cache(tmp_path: Path) -> SumDbCache:
    return SumDbCache.of("sum.example.org", str(tmp_path / "mod"), f"{tmp_path}/go:/elsewhere")


def test_files_are_where_go_has_them(cache: SumDbCache, tmp_path: Path) -> None:
    assert cache.cache_dir == f"{tmp_path}/mod/cache/download/sumdb/sum.example.org"
    assert cache.latest_file == f"{tmp_path}/go/pkg/sumdb/sum.example.org/latest"
    assert cache.proof_file("/m").startswith(f"{cache.cache_dir}/govgo/")
    assert cache.proof_file("/m") != cache.proof_file("/n")


def test_nowhere_to_keep_files() -> None:
    cache = SumDbCache.of("sum.example.org", "", "")
    assert (cache.cache_dir, cache.latest_file, cache.proof_file("/m")) == ("", "", "")
    assert cache.read("latest") is None
    with pytest.raises(DiskError, match=r"^could not locate sumdb file: missing \$GOPATH$"):
        cache.read_latest()


def test_the_head_is_replaced_only_where_it_is_the_expected_one(cache: SumDbCache) -> None:
    assert cache.read_latest() == b""
    assert cache.swap_latest(b"", b"head of a long tree") is None
    assert cache.swap_latest(b"another", b"x") == b"head of a long tree"
    assert cache.swap_latest(b"head of a long tree", b"short") is None
    assert cache.read_latest() == b"short"


def test_a_pipe_in_place_of_the_head_is_not_an_empty_one(cache: SumDbCache) -> None:
    """To take it for empty would be to trust the next head that is shown; to wait at it would be for ever, as in go."""
    os.makedirs(os.path.dirname(cache.latest_file))
    os.mkfifo(cache.latest_file)
    with pytest.raises(DiskError, match=f"^open {cache.latest_file}: not a regular file$"):
        cache.read_latest()


def test_a_partial_tile_is_cut_from_the_full_one(cache: SumDbCache) -> None:
    partial, data = Tile(2, 0, 0, 3), bytes(range(128))
    cache.write_many([(partial.full.path, data)])
    assert cache.read_tile(partial) == data[:96]
    assert cache.read_tile(partial.full) == data
    cache.write_many([(partial.path, data[:95]), (partial.full.path, data[:127])])
    assert cache.read_tile(partial) is None
