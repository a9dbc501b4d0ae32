# SPDX-License-Identifier: BSD-3-Clause
"""The tables of a fleet, made in parts that several processes write at once.

    OUT/tables/TABLE.jsonl                 all results together, a row on each line
    OUT/.parts-XXXX/00000/TABLE.jsonl      the rows of one part, while they are made

Each run has a directory of its own for its parts, so that two do not disturb each other.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import IO

from govgo.adapters.disk.atomic import appearing, remove
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.trees import make_dirs, remove_tree

_PREFIX = ".parts-"
_FORGOTTEN_S = 24 * 3600.0
"""Parts as old as that are of a run that was killed."""


@contextmanager
def parts_in(out: str) -> Iterator[str]:
    """A block in which parts are made: the directory for them, which is gone at its end.

    Raises:
        DiskError: it cannot be made.
    """
    make_dirs(out)
    for name in _names(out):
        path = f"{out}/{name}"
        with suppress(OSError):
            if name.startswith(_PREFIX) and time.time() - os.stat(path).st_mtime > _FORGOTTEN_S:
                remove_tree(path)
    try:
        directory = tempfile.mkdtemp(prefix=_PREFIX, dir=out)
    except OSError as error:
        raise disk_error("mkdir", f"{out}/{_PREFIX}", error) from error
    try:
        yield directory
    finally:
        remove_tree(directory)


@contextmanager
def part(parts: str, number: int) -> Iterator[Callable[[str, Sequence[Mapping[str, object]]], None]]:
    """A block that writes one part: a function that adds rows to a table.

    Raises:
        DiskError: a file cannot be written.
    """
    top = _part(parts, number)
    make_dirs(top)
    with ExitStack() as held:
        files: dict[str, IO[bytes]] = {}

        def add(table: str, rows: Sequence[Mapping[str, object]]) -> None:
            if not rows:
                return
            if table not in files:
                files[table] = held.enter_context(_written(f"{top}/{table}.jsonl"))
            files[table].write(_lines(rows))

        yield add


def join(parts: str, count: int, out: str) -> None:
    """Put so many parts together, in their order; the tables take the place of earlier ones.

    Raises:
        DiskError: a file cannot be written.
    """
    top = f"{out}/tables"
    make_dirs(top)
    wanted = dict.fromkeys(name for number in range(count) for name in sorted(_names(_part(parts, number))))
    for name in wanted:
        with appearing(f"{top}/{name}") as file:
            for number in range(count):
                with suppress(FileNotFoundError), open(f"{_part(parts, number)}/{name}", "rb") as rows:
                    shutil.copyfileobj(rows, file, 1 << 20)
                    os.unlink(rows.name)
    for name in _names(top):
        if name not in wanted:
            remove(f"{top}/{name}")


_BETWEEN = "\x1e"
"""In place of a comma, since no JSON text has it: control characters are escaped in strings."""
_ENCODER = json.JSONEncoder(separators=(_BETWEEN, ": "))


def _lines(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Rows as lines of JSON; no value of theirs is a list of objects. A call for each row would take twice as long."""
    text = _ENCODER.encode(rows)[1:-1].replace(f"}}{_BETWEEN}{{", "}\n{").replace(_BETWEEN, ", ")
    return f"{text}\n".encode()


def _part(parts: str, number: int) -> str:
    return f"{parts}/{number:05d}"


@contextmanager
def _written(path: str) -> Iterator[IO[bytes]]:
    """A file that is written; errors name it."""
    try:
        with open(path, "wb") as file:
            yield file
    except OSError as error:
        raise disk_error("write", path, error) from error


def _names(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise disk_error("open", directory, error) from error
