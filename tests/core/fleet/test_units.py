# SPDX-License-Identifier: BSD-3-Clause
"""Lines of results: written, read again, refused where they are damaged."""

from __future__ import annotations

import json

import pytest

from govgo.core.fleet.units import Kind, Known, Outcome, Status, Unit, entry_of, file_name, read_entry

UNIT = Unit("https://git.example/app@v1", Kind.REMOTE, "https://user:secret@git.example/app", "v1")
OUTCOME = Outcome(UNIT.name, Status.DONE, 1, ("network",), "why", Known("s", "c", "abc"), "{}", wall_s=1.23456789)


def test_a_line_is_what_was_written() -> None:
    entry = entry_of(UNIT, OUTCOME, "audit/ab/x.json", 2)
    assert read_entry(json.loads(json.dumps(entry._asdict()))) == entry
    assert entry.known == Known("s", "c", "abc")
    assert (entry.wall_s, entry.attempts) == (1.2346, 2)
    assert "secret" not in json.dumps(entry._asdict())


def test_what_may_pass_is_not_known() -> None:
    assert entry_of(UNIT, OUTCOME._replace(may_pass=True), "", 1).known is None
    assert entry_of(UNIT, OUTCOME._replace(known=Known("", "", "")), "", 1).known is None


@pytest.mark.parametrize(
    "change", [{"code": "1"}, {"faults": "network"}, {"name": 3}, {"wall_s": None}, {"may_pass": 1}, {"kind": None}]
)
def test_damaged_lines(change: dict[str, object]) -> None:
    members = entry_of(UNIT, OUTCOME, "x", 1)._asdict()
    assert read_entry({**members, **change}) is None
    assert read_entry({name: value for name, value in members.items() if name not in change}) is None


def test_names_of_files() -> None:
    names = ["a/b", "a-b", "A/B", "../../etc/passwd", "é", "x" * 4000, "", ".hidden", "a\nb", "repos/app@v1"]
    files = [file_name(name) for name in names]
    assert len(set(files)) == len(names)
    for file in files:
        directory, _, base = file.partition("/")
        assert len(directory) == 2
        assert base.isascii()
        assert "/" not in base
        assert not base.startswith(".")
        assert len(base) < 120
    assert file_name("repos/app@v1").split("/")[1].startswith("repos-app-v1-")
