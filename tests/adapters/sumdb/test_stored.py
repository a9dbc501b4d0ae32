# SPDX-License-Identifier: BSD-3-Clause
"""The files of a checksum database in a storage of served files."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgo.adapters.storage.directory import DirectoryStorage
from govgo.adapters.sumdb.stored import StoredSumDb
from govgo.errors import StorageError

LATEST = "sumdb/sum.example.org/latest"


def test_a_tree_head_is_replaced_if_it_is_the_one_before(tmp_path: Path) -> None:
    files = StoredSumDb("sum.example.org", DirectoryStorage(str(tmp_path)))
    assert files.swap_latest(b"", b"one") is None
    assert files.swap_latest(b"other", b"two") == b"one"
    assert files.swap_latest(b"one", b"two") is None
    assert files.read_latest() == (tmp_path / LATEST).read_bytes() == b"two"


def test_what_cannot_be_removed_is_left(tmp_path: Path) -> None:
    files = StoredSumDb("sum.example.org", DirectoryStorage(str(tmp_path)))
    files.write_many([("lookup/q.io/a@v1.0.0", b"1"), ("lookup/q.io/b@v1.0.0", b"2")])
    files.remove_many(["lookup/q.io/c@v1.0.0", "../lookup", "lookup/q.io/a@v1.0.0"])
    assert files.read("lookup/q.io/a@v1.0.0") is None
    assert files.read("lookup/q.io/b@v1.0.0") == b"2"


def test_a_name_that_is_taken_by_no_file_is_an_error(tmp_path: Path) -> None:
    """Neither is there a head to replace, nor room for a new one: to try forever would take the thread."""
    (tmp_path / LATEST).mkdir(parents=True)
    files = StoredSumDb("sum.example.org", DirectoryStorage(str(tmp_path)))
    with pytest.raises(StorageError, match="latest: it can neither be created nor replaced"):
        files.swap_latest(b"", b"one")
