# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for what the results of a fleet come to: tables and counts, made of all documents.

The documents are divided into parts. A process reads those of a part, writes its rows beside the tables and counts; at
the end the rows are put one behind the other, and the counts are added up. So the tables are the same, byte for byte,
however many parts there are, and whoever made them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial

from govgo.adapters.disk.system import usable_cpus
from govgo.adapters.fleet.chunks import Limits, Task
from govgo.adapters.fleet.engines import open_children
from govgo.adapters.fleet.results import Results, Span
from govgo.adapters.fleet.tables import join, part, parts_in
from govgo.core.fleet.impact import Closures, impact
from govgo.core.fleet.rows import SELECTED, Row, rows_of
from govgo.core.fleet.summary import Below, Reducer, Selecting, Summary
from govgo.core.fleet.units import Entry
from govgo.core.module.moduleversion import version_key
from govgo.core.records import NamedTuple
from govgo.errors import UnavailableError

_TARGET = "govgo.wiring.fleet.reduce:make_part_worker"
_LIMITS = Limits(24 * 3600.0, 1 << 46)
"""None that a part would meet: these documents were written here."""
_PART_BYTES = 1 << 19
"""Of lines of repositories, some 1,000 of them: below that, another process is not worth its start."""
_PARTS = 4
"""For each worker, so that none waits long for the last."""


class Asked(NamedTuple):
    """What parts are made of, and for.

    Attributes:
        directory: of the results.
        parts: where the parts of tables are made.
        module, version: also tell who selects this module below the version; "" for no such question.
    """

    directory: str
    parts: str
    module: str
    version: str


class _Part(NamedTuple):
    """What a part has come to; its rows are in files."""

    reducer: Reducer
    selecting: list[Selecting]


def reduce_results(results: Results, module: str, version: str, closures: Closures | None) -> Summary:
    """Put all results in a directory together: write the tables, and count.

    Args:
        results: the directory.
        module, version: also tell who selects this module below the version.
        closures: also tell what the upgrade to it would change (`core.fleet.impact`).

    Raises:
        UnavailableError: a process was lost.
        DiskError: a file cannot be read or written.
    """
    workers = usable_cpus()
    sizes = {verb: results.size(verb) for verb in results.verbs()}
    spans: list[Span] = []
    for verb, size in sizes.items():
        spans += results.spans(verb, min(size // _PART_BYTES + 1, _PARTS * workers))
    reducer = Reducer()
    selecting: list[Selecting] = []
    for verb in sizes:
        reducer.verb(verb)
    with parts_in(results.directory) as parts:
        asked = Asked(results.directory, parts, module, version)
        for each in _parts(asked, spans, workers if len(spans) > len(sizes) else 1):
            reducer.merge(each.reducer)
            selecting += each.selecting
        summary = reducer.summary(results.directory)
        with part(parts, len(spans)) as add:
            for used in summary.modules:
                add("modules", [{**used._asdict(), "versions": [version for version, _ in used.versions]}])
                add("versions", [{"module": used.path, "version": v, "repositories": n} for v, n in used.versions])
        join(parts, len(spans) + 1, results.directory)
    if module:
        summary = summary._replace(below=Below(module, version, tuple(selecting)))
    if closures is not None:
        listed = (_rows(results, "list", entry)[1] for entry in results.entries("list"))
        summary = summary._replace(impact=impact(module, version, closures, listed))
    return summary


def make_part_worker(asked: Asked) -> _Worker:
    """What makes one part after another."""
    return _Worker(asked)


class _Worker:
    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._results = Results(asked.directory, "")

    def __call__(self, work: tuple[int, Span]) -> _Part:
        """Write the rows of a part, whose number is given, and count."""
        number, span = work
        asked = self._asked
        found = _Part(Reducer(), [])
        with part(asked.parts, number) as add:
            for entry in self._results.entries_in(span):
                found.reducer.entry(span.verb, entry)
                add("repositories", [_told(span.verb, entry)])
                table, rows = _rows(self._results, span.verb, entry)
                found.reducer.add(table, rows)
                add(table, rows)
                if asked.module and table == SELECTED:
                    found.selecting.extend(each for row in rows for each in _below(asked, row))
        return found


def _parts(asked: Asked, spans: Sequence[Span], workers: int) -> Iterator[_Part]:
    """What the parts come to, in their order."""
    if workers == 1:
        yield from map(_Worker(asked), enumerate(spans))
        return
    task = Task(_TARGET, asked, _LIMITS, f"reduce {os.getpid()}")
    with open_children(workers) as (executor, children):
        for answer in executor.map(partial(children.ask, task), enumerate(spans)):
            if not isinstance(answer, _Part):
                raise UnavailableError(f"the tables are not made: {answer}; `govgo fleet report` makes them anew")
            yield answer


def _rows(results: Results, verb: str, entry: Entry) -> tuple[str, list[Row]]:
    return rows_of(verb, entry.name, results.document(entry) or {})


def _told(verb: str, entry: Entry) -> Row:
    """The line of a repository without what differs from run to run, or from machine to machine."""
    left_out = ("place", "attempts", "wall_s", "cpu_s", "peak_bytes", "settings", "may_pass")
    row = {name: value for name, value in entry._asdict().items() if name not in left_out}
    return {"repository": row.pop("name"), "verb": verb, **row}


def _below(asked: Asked, row: Row) -> list[Selecting]:
    selected = str(row["version"])
    if row["module"] != asked.module or version_key(asked.module, selected) >= version_key(asked.module, asked.version):
        return []
    is_replaced = row["replaced_by"] is not None
    return [Selecting(str(row["repository"]), str(row["main_module"]), selected, row["direct"] is True, is_replaced)]
