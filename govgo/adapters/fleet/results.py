# SPDX-License-Identifier: BSD-3-Clause
"""The directory that a fleet writes to.

    OUT/results/VERB/ab/NAME-HASH.json   the verb's own document of one repository
    OUT/units/VERB.jsonl                 a line for each repository (`core.fleet.units.Entry`), in the order of names
    OUT/units/VERB.journal               lines of a run that has not ended, in the order in which they came
    OUT/units/VERB.run.json              what that run was about, so that it can be resumed
    OUT/tables/*.jsonl                   all results together, for DuckDB and pandas
    OUT/summary.json                     the summary; also as .md and .html

A document is whole under its name before its line is written. A line that is cut off, as where the machine was, counts
as none. One run at a time writes to a directory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import pairwise

from govgo.adapters.disk.atomic import appearing, remove, write_file
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import locked, open_file, write_all
from govgo.adapters.disk.trees import make_dirs
from govgo.core.fleet.units import Entry, Outcome, Unit, entry_of, file_name, read_entry
from govgo.core.records import NamedTuple
from govgo.errors import ConflictError

_MOST_LINE = 1 << 20
_MOST_DOCUMENT = 1 << 30


class Span(NamedTuple):
    """A part of the lines of a verb: where it begins and ends in the file, in bytes."""

    verb: str
    start: int
    end: int


class Results:
    """The results of one verb in a directory."""

    def __init__(self, directory: str, verb: str) -> None:
        """Nothing is made yet."""
        self.directory = directory
        self._verb = verb
        self._units = f"{directory}/units/{verb}"
        self._journal = -1
        self._made: set[str] = set()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A block that writes; nobody else does meanwhile.

        Raises:
            ConflictError: another run does.
            DiskError: the directory cannot be written.
        """
        self._make(f"{self.directory}/units")
        try:
            with locked(f"{self.directory}/.lock", wait=False):
                try:
                    self._journal = open_file(f"{self._units}.journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
                except OSError as error:
                    raise disk_error("open", f"{self._units}.journal", error) from error
                try:
                    yield
                finally:
                    os.close(self._journal)
                    self._journal = -1
        except BlockingIOError as error:
            raise ConflictError(f"{self.directory}: another run writes there") from error

    def verbs(self) -> list[str]:
        """The verbs whose runs have ended, in order."""
        with suppress(OSError):
            names = sorted(os.listdir(f"{self.directory}/units"))
            return [name.removesuffix(".jsonl") for name in names if name.endswith(".jsonl")]
        return []

    def entries(self, verb: str = "") -> Iterator[Entry]:
        """The lines of the last run that has ended, in the order of names."""
        yield from _entries(f"{self.directory}/units/{verb}.jsonl" if verb else f"{self._units}.jsonl")

    def interrupted(self) -> dict[str, Entry]:
        """By name, the lines of a run that has not ended."""
        return {entry.name: entry for entry in _entries(f"{self._units}.journal")}

    def begin(self, about: Mapping[str, object]) -> None:
        """Begin a run anew.

        Args:
            about: when it was started, the key of its settings, and the state of the databases.
        """
        os.ftruncate(self._journal, 0)
        write_file(f"{self._units}.run.json", json.dumps(about, indent=2).encode() + b"\n")

    def about_interrupted(self) -> Mapping[str, object] | None:
        """What was said of a run that has not ended, as by `begin`; None where there is none."""
        with suppress(OSError, ValueError, RecursionError), open(f"{self._units}.run.json", "rb") as file:
            found = json.loads(file.read(_MOST_LINE))
            if isinstance(found, dict) and {"started", "settings", "state"} <= found.keys():
                return found
        return None

    def keep(self, unit: Unit, outcome: Outcome, attempts: int) -> Entry:
        """Write the document of a unit, then its line."""
        name = ""
        if outcome.document:
            name = f"{self._verb}/{file_name(unit.name)}"
            path = f"{self.directory}/results/{name}"
            self._make(os.path.dirname(path))
            write_file(path, outcome.document.encode("utf-8", "surrogateescape"))
        entry = entry_of(unit, outcome, name, attempts)
        self.keep_entry(entry)
        return entry

    def keep_entry(self, entry: Entry) -> None:
        """Write the line of a unit whose document is there already."""
        try:
            write_all(self._journal, _line(entry))
        except OSError as error:
            raise disk_error("write", f"{self._units}.journal", error) from error

    def end(self, entries: Iterable[Entry]) -> None:
        """End the run: its lines are all there are. Documents that none of them names are removed."""
        with appearing(f"{self._units}.jsonl") as file:
            for entry in entries:
                file.write(_line(entry))
        with suppress(OSError):
            os.unlink(f"{self._units}.run.json")
        os.ftruncate(self._journal, 0)

    def sweep(self, names: Iterable[str]) -> None:
        """Remove the documents that are not among `names`."""
        wanted = set(names)
        top = f"{self.directory}/results"
        for directory, _, files in os.walk(f"{top}/{self._verb}"):
            for file in files:
                path = os.path.join(directory, file)
                if os.path.relpath(path, top) not in wanted:
                    remove(path)

    def has(self, entry: Entry) -> bool:
        """Whether the document of a unit is there."""
        return os.path.isfile(f"{self.directory}/results/{entry.result}")

    def document(self, entry: Entry) -> Mapping[str, object] | None:
        """The document of a unit; None where it has none, or it is damaged."""
        if not entry.result:
            return None
        path = os.path.normpath(f"{self.directory}/results/{entry.result}")
        if not path.startswith(f"{self.directory}/results/"):
            return None
        with suppress(OSError, ValueError, RecursionError), open(path, "rb") as file:
            found = json.loads(file.read(_MOST_DOCUMENT))
            return found if isinstance(found, dict) else None
        return None

    def size(self, verb: str) -> int:
        """The bytes of the lines of a verb's last run."""
        path = f"{self.directory}/units/{verb}.jsonl"
        try:
            return os.stat(path).st_size
        except OSError as error:
            raise disk_error("stat", path, error) from error

    def spans(self, verb: str, count: int) -> list[Span]:
        """The lines of a verb's last run in so many parts of about the same size, or fewer; at least one."""
        path, size = f"{self.directory}/units/{verb}.jsonl", self.size(verb)
        try:
            with open(path, "rb") as file:
                ends = [0]
                for number in range(1, count):
                    file.seek(max(size * number // count, ends[-1]))
                    file.readline()  # to the end of a line
                    ends.append(file.tell())
        except OSError as error:
            raise disk_error("open", path, error) from error
        ends = [*dict.fromkeys(ends), size] if ends[-1] < size else list(dict.fromkeys(ends))
        return [Span(verb, start, end) for start, end in pairwise(ends)] or [Span(verb, 0, 0)]

    def entries_in(self, span: Span) -> Iterator[Entry]:
        """The lines of a part."""
        yield from _entries(f"{self.directory}/units/{span.verb}.jsonl", span.start, span.end)

    def write(self, name: str, text: str) -> None:
        """Write a file, which appears whole."""
        self._make(self.directory)
        write_file(f"{self.directory}/{name}", text.encode("utf-8", "surrogateescape"))

    def _make(self, directory: str) -> None:
        if directory not in self._made:
            make_dirs(directory)
            self._made.add(directory)


def _line(entry: Entry) -> bytes:
    return json.dumps(entry._asdict()).encode() + b"\n"


def _entries(path: str, start: int = 0, end: int | None = None) -> Iterator[Entry]:
    try:
        with open(path, "rb") as file:
            file.seek(start)
            while (end is None or file.tell() < end) and (line := file.readline(_MOST_LINE)):
                entry = _read(line) if line.endswith(b"\n") else None
                if entry is not None:
                    yield entry
    except FileNotFoundError:
        return
    except OSError as error:
        raise disk_error("open", path, error) from error


def _read(line: bytes) -> Entry | None:
    with suppress(ValueError, RecursionError):
        members = json.loads(line)
        return read_entry(members) if isinstance(members, dict) else None
    return None
