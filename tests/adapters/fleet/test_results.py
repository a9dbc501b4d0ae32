# SPDX-License-Identifier: BSD-3-Clause
"""The directory of results: what is whole, what is damaged, and who writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgo.adapters.fleet.results import Results
from govgo.adapters.fleet.trees import stamp_of
from govgo.core.fleet.units import Kind, Outcome, Status, Unit
from govgo.errors import ConflictError, DiskError

ABOUT = {"started": "2026-11-28T00:00:00+00:00", "settings": "s", "state": {}}


def unit(name: str) -> Unit:
    return Unit(name, Kind.DIRECTORY, f"/{name}")


def outcome(name: str, text: str = "{}") -> Outcome:
    return Outcome(name, Status.DONE, 0, document=text)


def test_a_run_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    results = Results(str(tmp_path / "out"), "list")
    with results.writing():
        results.begin(ABOUT)
        entries = [results.keep(unit(name), outcome(name, f'{{"of": "{name}"}}'), 1) for name in ("b", "a")]
        assert results.interrupted() == {entry.name: entry for entry in entries}
        assert results.about_interrupted() == ABOUT
        assert (list(results.entries()), results.verbs()) == ([], [])
        results.end(sorted(entries))
    assert [entry.name for entry in results.entries()] == ["a", "b"]
    assert (results.verbs(), results.about_interrupted(), results.interrupted()) == (["list"], None, {})
    assert [results.document(entry) for entry in results.entries()] == [{"of": "a"}, {"of": "b"}]


def test_lines_that_are_cut_off_or_damaged_count_as_none(tmp_path: Path) -> None:
    results = Results(str(tmp_path), "list")
    with results.writing():
        results.begin(ABOUT)
        results.keep(unit("a"), outcome("a"), 1)
    with open(tmp_path / "units" / "list.journal", "ab") as file:
        file.write(b'not json\n{"name": "x"}\n[1]\n' + b"[" * 100_000 + b"\n" + b'{"name": "cut')
    assert list(results.interrupted()) == ["a"]
    for damaged in (b"not json", b"[]", b"[" * 100_000):
        (tmp_path / "units" / "list.run.json").write_bytes(damaged)
        assert results.about_interrupted() is None


def test_documents_that_are_damaged_or_elsewhere(tmp_path: Path) -> None:
    results = Results(str(tmp_path / "out"), "list")
    with results.writing():
        entry = results.keep(unit("a"), outcome("a", "no json"), 1)
    (tmp_path / "secret.json").write_text("{}")
    assert results.document(entry) is None
    for name in ("../../secret.json", "/etc/passwd", "list/none.json", ""):
        assert results.document(entry._replace(result=name)) is None


def test_documents_that_no_line_names_are_removed(tmp_path: Path) -> None:
    results = Results(str(tmp_path), "list")
    other = Results(str(tmp_path), "audit")
    with other.writing():
        kept = other.keep(unit("a"), outcome("a"), 1)
    with results.writing():
        first, second = (results.keep(unit(name), outcome(name), 1) for name in ("a", "b"))
        results.sweep([second.result])
    assert (results.has(first), results.has(second), other.has(kept)) == (False, True, True)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 100, 1000])
def test_every_line_is_in_one_part(tmp_path: Path, count: int) -> None:
    results = Results(str(tmp_path), "list")
    names = [f"r{number:03d}{'x' * (number % 40)}" for number in range(100)]
    with results.writing():
        results.begin(ABOUT)
        results.end([results.keep(unit(name), outcome(name), 1) for name in names])
    spans = results.spans("list", count)
    assert [entry.name for span in spans for entry in results.entries_in(span)] == names
    assert min(count, 100) // 2 <= len(spans) <= count
    assert (spans[0].start, spans[-1].end) == (0, results.size("list"))


def test_one_writes_at_a_time(tmp_path: Path) -> None:
    results = Results(str(tmp_path), "list")
    with (
        results.writing(),
        pytest.raises(ConflictError, match="another run"),
        Results(str(tmp_path), "audit").writing(),
    ):
        pass
    with results.writing():
        pass


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError), Results(str(tmp_path / "file" / "out"), "list").writing():
        pass


def test_stamps_change_with_files(tmp_path: Path) -> None:
    database = tmp_path / "db"
    (database / "sub").mkdir(parents=True)
    stamps = [stamp_of(str(database))]
    for change in ("a.json", "sub/b.json"):
        (database / change).write_text("{}")
        stamps.append(stamp_of(str(database)))
    assert len(set(stamps)) == 3
    assert stamp_of(str(database)) == stamps[-1]
    (database / "a.json").write_text("{} ")
    assert stamp_of(str(database)) != stamps[-1]
    assert stamp_of(str(database / "a.json")) != stamp_of(str(database / "sub/b.json"))
