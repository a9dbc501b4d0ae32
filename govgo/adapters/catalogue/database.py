# SPDX-License-Identifier: BSD-3-Clause
"""The file of a catalogue: a SQLite database, its tables, and where it lies.

It lies in the user's cache directory where nobody else can write there (`disk.sealed`), and can be deleted at any time:
all of it is found again. One process fills it, others read. Memory is that of SQLite's page caches, some MB for each
connection, whatever the storage has; on the disk a version takes about 250 bytes and a requirement 40.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TypeVar

from govgo.adapters.catalogue.trigrams import TABLE, has_trigrams
from govgo.adapters.disk.lockfile import locked
from govgo.adapters.disk.sealed import is_private, make_private, user_cache
from govgo.adapters.disk.temporary import new_directory
from govgo.core.safetext import one_line
from govgo.errors import DiskError, StorageError

_FORMAT = 2
_MOST_CATALOGUES = 8
_CACHE_KIB = 8 << 10
_BUSY_S = 10.0
_FILES = ("", "-wal", "-shm")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS module (
  id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, signature BLOB NOT NULL DEFAULT x'',
  versions INTEGER NOT NULL DEFAULT 0, newest TEXT NOT NULL DEFAULT '', newest_time INTEGER,
  deciding TEXT NOT NULL DEFAULT '', deprecated TEXT NOT NULL DEFAULT '',
  required_by INTEGER NOT NULL DEFAULT 0, direct INTEGER NOT NULL DEFAULT 0,
  zip_version TEXT NOT NULL DEFAULT '', zip_mark INTEGER NOT NULL DEFAULT 0, looked_mark INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS module_used ON module (required_by DESC, path) WHERE versions > 0;
CREATE INDEX IF NOT EXISTS module_unlooked ON module (id) WHERE zip_version != '' AND zip_mark != looked_mark;
CREATE TABLE IF NOT EXISTS version (
  module INTEGER NOT NULL, version TEXT NOT NULL, place INTEGER NOT NULL, time INTEGER, files INTEGER NOT NULL,
  mark INTEGER NOT NULL, zip_mark INTEGER NOT NULL, zip_size INTEGER NOT NULL, retracted TEXT, h1 TEXT,
  log_gomod INTEGER, log_zip INTEGER, log_text TEXT, log_database TEXT, log_index INTEGER, log_size INTEGER,
  log_when INTEGER, PRIMARY KEY (module, version)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS version_place ON version (module, place);
CREATE INDEX IF NOT EXISTS version_time ON version (time DESC) WHERE files > 0;
CREATE INDEX IF NOT EXISTS version_unchecked ON version (module) WHERE log_when IS NULL AND files & 2;
CREATE TABLE IF NOT EXISTS requirement (
  target INTEGER NOT NULL, module INTEGER NOT NULL, version TEXT NOT NULL, asked TEXT NOT NULL,
  indirect INTEGER NOT NULL, PRIMARY KEY (target, module)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS requirement_module ON requirement (module);
CREATE TABLE IF NOT EXISTS import (
  target INTEGER NOT NULL, package TEXT NOT NULL, module INTEGER NOT NULL,
  PRIMARY KEY (target, package, module)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS import_module ON import (module);
CREATE TABLE IF NOT EXISTS zip (h1 TEXT PRIMARY KEY, facts TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pass (
  number INTEGER PRIMARY KEY CHECK (number = 1), ended INTEGER, seconds REAL, modules INTEGER, versions INTEGER);
"""


class Database:
    """See the module's docstring. Its methods may be called from any thread, and raise StorageError."""

    def __init__(self, path: str, held: ExitStack | None = None) -> None:
        """Open a database, made if absent; `held` is closed with it."""
        self._path = path
        self._held = held
        self._lock = threading.Lock()
        with self._faults():
            self._database = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
            try:
                self._set_up()
            except sqlite3.Error:
                self._database.close()
                raise

    def _set_up(self) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=OFF", f"cache_size=-{_CACHE_KIB}", "temp_store=FILE"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.executescript(_SCHEMA)
        if has_trigrams():
            self._database.execute(TABLE)

    @property
    def path(self) -> str:
        """The file."""
        return self._path

    def close(self) -> None:
        """Close it."""
        with self._lock, suppress(sqlite3.Error):
            self._database.close()
        if self._held is not None:
            self._held.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageError(f"the catalogue {self._path}: {one_line(str(error))}", key="") from error

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """What a query finds."""
        with self._lock, self._faults():
            return self._database.execute(query, values).fetchall()

    def row(self, query: str, values: Sequence[object] = ()) -> tuple[object, ...] | None:
        """The first row that a query finds, None for none."""
        found = self.rows(query, values)
        return found[0] if found else None

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """A block whose changes appear together. It must be short: whoever reads waits for it."""
        with self._lock, self._faults():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")


_AnyDatabase = TypeVar("_AnyDatabase", bound=Database)


def open_database(kind: type[_AnyDatabase], environ: Mapping[str, str], name: str) -> _AnyDatabase:
    """The database of a storage.

    Args:
        kind: what it is opened as.
        environ: the environment, which says where the user's cache directory is. Where others can write there, there is
            none, or what lies there cannot be opened, the catalogue is in a directory of its own that goes when it is
            closed.
        name: stands for the storage, and for who may see what of it.

    Raises:
        StorageError: it cannot be opened.
    """
    digest = hashlib.sha256(f"{_FORMAT} {has_trigrams()} {name}".encode("utf-8", "surrogateescape")).hexdigest()[:32]
    base = user_cache(environ)
    directory = f"{base}/registry"
    if base and is_private(directory, environ.get("HOME", ""), own=2):
        with suppress(OSError, DiskError, StorageError):
            make_private(directory)
            # One at a time: SQLite does not wait for a process that is setting up the same file, it fails.
            with locked(f"{directory}/opening.lock"):
                _drop_old(directory)
                return _opened(kind, f"{directory}/{digest}.sqlite")
    held = ExitStack()
    path = f"{held.enter_context(new_directory('govgo-registry-'))}/{digest}.sqlite"
    try:
        return kind(path, held)
    except StorageError:
        held.close()
        raise


def _opened(kind: type[_AnyDatabase], path: str) -> _AnyDatabase:
    if os.path.islink(path):
        os.unlink(path)
    with suppress(FileExistsError):  # one that is there is not opened here: closing it would end SQLite's locks of it
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        return kind(path)
    except StorageError as error:
        if not _is_damage(error.__cause__):
            raise  # others may be using the file: it stays
        for suffix in _FILES:
            with suppress(FileNotFoundError):
                os.unlink(path + suffix)
        return kind(path)


def _is_damage(error: BaseException | None) -> bool:
    """Whether it says that a file is not a database, or a damaged one."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # what is above that byte tells kinds of one error apart
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _drop_old(directory: str) -> None:
    """Remove the catalogues of storages that were not served for long."""
    with os.scandir(directory) as found:
        files = [(each.stat().st_mtime, each.path) for each in found if each.name.endswith(".sqlite")]
    for _, path in sorted(files)[:-_MOST_CATALOGUES]:
        for suffix in (*_FILES, ".lock"):
            with suppress(FileNotFoundError):
                os.unlink(path + suffix)
