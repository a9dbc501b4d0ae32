# SPDX-License-Identifier: BSD-3-Clause
"""A local copy of a module index: when each version was first seen, which its author cannot forge.

    {"Path":"golang.org/x/text","Version":"v0.3.0","Timestamp":"2019-04-10T19:08:52.997264Z"}

One object a line, in any order; of a version that comes several times, the first time counts. Only the lines of the
modules that are asked about are read as JSON.

Source of the format: index.golang.org, "Go Module Index".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from govgo.adapters.disk.diskerror import reason
from govgo.core.golib.time import parse_rfc3339
from govgo.core.safetext import one_line
from govgo.errors import DiskError, InputError

MAX_BYTES = 4 << 30
"""Of a feed; the whole public index has a tenth of this each year."""


class IndexFeed:
    """A file of index lines, read when it is first asked."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: dict[bytes, list[tuple[int, bytes]]] | None = None
        self._seen: dict[str, Mapping[str, datetime]] = {}

    def first_seen(self, path: str) -> Mapping[str, datetime]:
        """When the versions of a module were first seen, by version.

        Raises:
            DiskError: the file cannot be read.
            InputError: a line of it cannot be read; the sentence has its number.
        """
        known = self._seen.get(path)
        if known is None:
            if self._lines is None:
                self._lines = self._read()
            known = self._seen[path] = self._times(self._lines.pop(path.encode("utf-8", "surrogateescape"), []))
        return known

    def _times(self, lines: list[tuple[int, bytes]]) -> Mapping[str, datetime]:
        found: dict[str, datetime] = {}
        for number, line in lines:
            _, version, text = self._entry(number, line)
            try:
                time = parse_rfc3339(text)
            except InputError:
                raise self._malformed(number, f"no time: {one_line(text)!r}") from None
            found[version] = min(time, found.get(version, time))
        return found

    def _read(self) -> dict[bytes, list[tuple[int, bytes]]]:
        """The lines by module path, each with its number."""
        found: dict[bytes, list[tuple[int, bytes]]] = {}
        size = 0
        try:
            with open(self._file, "rb") as file:
                for number, line in enumerate(file, 1):
                    size += len(line)
                    if size > MAX_BYTES:
                        raise InputError(f"{self._file}: more than {MAX_BYTES} bytes")
                    # The index writes its lines alike; one that somebody else has written is read as JSON at once.
                    head, quote, _ = line.partition(b'{"Path":"')[2].partition(b'"')
                    if not quote or b"\\" in line or line.count(b'"Path"') > 1 or not line.startswith(b'{"Path":"'):
                        if not line.strip():
                            continue
                        head = self._entry(number, line)[0].encode("utf-8", "replace")
                    found.setdefault(head, []).append((number, line))
        except OSError as error:
            raise DiskError(f"reading index feed: open {self._file}: {reason(error)}", path=self._file) from error
        return found

    def _entry(self, number: int, line: bytes) -> tuple[str, str, str]:
        """(path, version, time) of a line."""
        try:
            entry = json.loads(line)
            values = tuple(entry[name] for name in ("Path", "Version", "Timestamp"))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise self._malformed(number, "no JSON object with Path, Version and Timestamp") from None
        if not all(isinstance(value, str) for value in values):
            raise self._malformed(number, "Path, Version and Timestamp are strings")
        return values

    def _malformed(self, number: int, text: str) -> InputError:
        return InputError(f"{self._file}:{number}: {text}")
