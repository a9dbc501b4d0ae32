# SPDX-License-Identifier: BSD-3-Clause
"""Tables that are made in parts: their order, their form, and what is left of a run that failed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from govgo.adapters.fleet.tables import join, part, parts_in
from govgo.errors import DiskError

ROWS: list[dict[str, object]] = [
    {"module": "é", "n": None},
    {"module": "}\x1e{, \n", "n": 1.5},
    {"module": "b", "versions": ["v1", "v2"]},
]


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_parts_are_joined_in_their_order_and_old_tables_go(tmp_path: Path) -> None:
    with parts_in(str(tmp_path)) as parts:
        with part(parts, 1) as add:
            add("selected", ROWS[2:])
            add("advisories", [{"id": "GO-1"}])
            add("empty", [])
        with part(parts, 0) as add:
            add("selected", ROWS[:1])
            add("selected", ROWS[1:2])
        join(parts, 3, str(tmp_path))
    told = (tmp_path / "tables" / "selected.jsonl").read_text()
    assert told == "".join(f"{json.dumps(row)}\n" for row in ROWS)
    assert names(tmp_path / "tables") == {"selected.jsonl", "advisories.jsonl"}
    with parts_in(str(tmp_path)) as parts:
        with part(parts, 0) as add:
            add("selected", [{"module": "c"}])
        join(parts, 1, str(tmp_path))
    assert names(tmp_path / "tables") == {"selected.jsonl"}
    assert json.loads((tmp_path / "tables" / "selected.jsonl").read_text()) == {"module": "c"}
    assert names(tmp_path) == {"tables"}


def test_a_run_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TypeError), parts_in(str(tmp_path)) as parts, part(parts, 0) as add:
        add("selected", [{"module": object()}])
    assert names(tmp_path) == set()


def test_parts_of_others_are_left_unless_they_are_old(tmp_path: Path) -> None:
    for name in (".parts-young", ".parts-old", "results"):
        (tmp_path / name / "00000").mkdir(parents=True)
    os.utime(tmp_path / ".parts-old", (0, 0))
    os.utime(tmp_path / "results", (0, 0))
    with parts_in(str(tmp_path)):
        pass
    assert names(tmp_path) == {".parts-young", "results"}


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError), parts_in(str(tmp_path / "file" / "out")):
        pass
