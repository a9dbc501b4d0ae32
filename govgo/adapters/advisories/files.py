# SPDX-License-Identifier: BSD-3-Clause
"""Advisories in a directory or a zip file: of the Go vulnerability database, of the module golang.org/x/vulndb, of OSV.

    ID/GO-2021-0113.json           the Go vulnerability database, https://vuln.go.dev/vulndb.zip
    data/osv/GO-2021-0113.json     golang.org/x/vulndb
    GHSA-….json                    anything else: every .json file but those below index/

What a zip file holds is kept in a form that takes 40 ms to read; to read 4,800 advisories anew takes a second.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.usercache import KeptFiles
from govgo.core.advisory.osv import Advisory, parse_advisory
from govgo.core.advisory.ranges import Affected, Range
from govgo.core.safetext import one_line
from govgo.errors import InputError, NotFoundError
from govgo.ports.advisories import Snapshot

if TYPE_CHECKING:
    import zipfile

MAX_ADVISORY_BYTES = 8 << 20
MAX_FILES = 500_000
MAX_BYTES = 1 << 30
"""Of all advisories of a zip file, of which many names may stand for one content: twenty times Go's database."""
_FORMAT = 2
"""Of what is kept, and of the rules by which advisories are read; raised with either."""


class FileSource:
    """A directory or zip file with advisories (`ports.advisories.AdvisorySource`)."""

    def __init__(
        self,
        path: str,
        kept: KeptFiles,
        *,
        name: str = "",
        modified: datetime | None = None,
        is_proved: bool = False,
    ) -> None:
        """Nothing is read yet.

        Args:
            path: the directory or zip file.
            kept: what was read before.
            name: for reports, "" for the path.
            modified: when it was made, None for what its files say.
            is_proved: its bytes were proved by the checksum database.
        """
        self._path = path
        self._kept = kept
        self._name = name or path
        self._modified = modified
        self._is_proved = is_proved
        self._read: tuple[_Rows, datetime | None] | None = None

    def about(self, paths: Collection[str]) -> Snapshot:
        """Everything that is in the files."""
        if self._read is None:
            self._read = self._all()
        found, modified = self._read
        wanted = frozenset(paths)
        # Of 4,800 advisories some hundred concern a large project: the others stay rows.
        hits = tuple(_advisory(*row) for row in found if any(affected[0] in wanted for affected in row[-1]))
        return Snapshot(self._name, hits, len(found), self._modified or modified, is_proved=self._is_proved)

    def _all(self) -> tuple[_Rows, datetime | None]:
        if os.path.isdir(self._path):
            return _parsed(self._name, _folder_files(self._path))
        if os.path.isfile(self._path):
            return self._zip()
        raise NotFoundError(f"{self._name}: no such file or directory")

    def _zip(self) -> tuple[_Rows, datetime | None]:
        key = f"zip {_FORMAT} {_digest(self._path)}"
        known = self._kept.read(key)
        if known is not None:
            return _decoded(known)
        import zipfile  # 20 ms with the other readers of archives, and mostly what was read is kept

        from govgo.adapters.disk.archives import archive_errors

        try:
            with archive_errors(self._damaged), zipfile.ZipFile(self._path) as archive:
                found, modified = _parsed(self._name, _zip_files(archive))
        except OSError as error:
            raise disk_error("read", self._path, error) from error
        self._kept.write(key, _encoded(found, modified))
        return found, modified

    def _damaged(self, words: str) -> InputError:
        import zipfile

        why = one_line(words) if zipfile.is_zipfile(self._path) else "neither a directory nor a whole zip"
        return InputError(f"{self._name}: no database of advisories: {why}")


def _encoded(advisories: Collection[Advisory], modified: datetime | None) -> bytes:
    return json.dumps([modified.isoformat() if modified else "", advisories]).encode()


def _decoded(data: bytes) -> tuple[_Rows, datetime | None]:
    time, rows = json.loads(data)
    return rows, datetime.fromisoformat(time) if time else None


def _advisory(name: str, aliases: list[str], *row: Any) -> Advisory:
    *texts, affected = row
    modules = (
        Affected(path, tuple(Range(*each) for each in ranges), tuple(versions), tuple(packages))
        for path, ranges, versions, packages in affected
    )
    return Advisory._make((name, tuple(aliases), *texts, tuple(modules)))


_Rows = Sequence[Sequence[Any]]
"""Advisories, or lists of their fields as JSON has them."""
_File = tuple[str, Callable[[], bytes]]


def _parsed(source: str, files: Iterator[_File]) -> tuple[tuple[Advisory, ...], datetime | None]:
    """The advisories among the files, and the newest time that one of them states."""
    listed = list(files)
    chosen = [file for file in listed if _is_in(file[0], "ID")] or [
        file for file in listed if _is_in(file[0], "osv", above="data")
    ]
    chosen = chosen or [file for file in listed if not _is_in(file[0], "index")]
    if not chosen:
        raise InputError(f"{source}: no database of advisories: it holds no .json file")
    found = tuple(parse_advisory(f"{source}: {one_line(name)}", read()) for name, read in chosen)
    times = [time for each in found if (time := _time(each.modified)) is not None]
    return found, max(times, default=None)


def _is_in(name: str, directory: str, *, above: str = "") -> bool:
    parts = name.split("/")
    return parts[-2:-1] == [directory] and (not above or parts[-3:-2] == [above])


def _time(text: str) -> datetime | None:
    """The time, None for none; the module golang.org/x/vulndb has Go's zero time in all of its files."""
    with suppress(ValueError):
        time = datetime.fromisoformat(text)
        if time.year == 1:
            return None
        return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    return None


def _folder_files(top: str) -> Iterator[_File]:
    for directory, names, files in os.walk(top):
        names.sort()
        for name in sorted(files):
            if name.endswith(".json"):
                path = os.path.join(directory, name)
                yield os.path.relpath(path, top), partial(_read_file, path)


def _read_file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return _bounded(path, file.read(MAX_ADVISORY_BYTES + 1))
    except OSError as error:
        raise disk_error("read", path, error) from error


def _zip_files(archive: zipfile.ZipFile) -> Iterator[_File]:
    entries = archive.infolist()
    if len(entries) > MAX_FILES:
        raise InputError(f"{archive.filename}: more than {MAX_FILES} files")
    chosen = [entry for entry in entries if entry.filename.endswith(".json")]
    if sum(entry.file_size for entry in chosen) > MAX_BYTES:  # zipfile gives no more than that of any
        raise InputError(f"{archive.filename}: too large for advisories (limit is {MAX_BYTES} bytes)")
    for entry in chosen:
        yield entry.filename, partial(_read_entry, archive, entry)


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as file:
        return _bounded(f"{archive.filename}: {entry.filename}", file.read(MAX_ADVISORY_BYTES + 1))


def _bounded(name: str, data: bytes) -> bytes:
    if len(data) > MAX_ADVISORY_BYTES:
        raise InputError(f"{one_line(name)}: larger than any advisory (limit is {MAX_ADVISORY_BYTES} bytes)")
    return data


def _digest(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise disk_error("read", path, error) from error
