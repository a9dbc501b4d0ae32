# SPDX-License-Identifier: BSD-3-Clause
"""The catalogue as a SQLite database: what pages are answered from without a look into the storage.

It lies in the user's cache directory where nobody else can write there (`disk.sealed`), and can be deleted at any time:
all of it is found again. One process fills it, others read. Memory is that of SQLite's page caches, some MB for each
connection, whatever the storage has; on the disk a version takes about 250 bytes and a requirement 40.

Lists are given in pages: `after` is the last entry that was shown, so that a list may change between two pages.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from govgo.adapters.catalogue.trigrams import ADD, MATCHING, MOST_RARE, TABLE, expression_of, has_trigrams
from govgo.adapters.disk.sealed import is_private, make_private, user_cache
from govgo.core.foreign import one_line
from govgo.core.licenses.texts import LegalText
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.registry.facts import (
    STATES,
    UNCHECKED,
    LogCheck,
    ModuleRow,
    NewVersion,
    PackageUse,
    Requirer,
    VersionRow,
    ZipFacts,
)
from govgo.errors import StorageError

FILES = ("info", "mod", "zip")
"""The files of a version, as bits from the lowest on."""
_FORMAT = 2
_MOST_CATALOGUES = 8
_CACHE_KIB = 8 << 10
_BUSY_S = 10.0
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
_MODULE = "path, newest, newest_time, versions, required_by, direct, deprecated"
_LOG = "log_gomod, log_zip, log_text, log_database, log_index, log_size, log_when, h1"
_VERSION = f"version, time, files, zip_size, retracted, {_LOG}"


class Pass(NamedTuple):
    """The last whole look at the storage: when it ended (seconds since the epoch, 0 for none) and how long it took."""

    ended: float = 0.0
    seconds: float = 0.0


class Totals(NamedTuple):
    """How much there is."""

    modules: int
    versions: int


class StoredRow(NamedTuple):
    """A version as the one who fills the catalogue sees it.

    Attributes:
        place: its place in the order of versions, from 0 for the lowest.
        files: bits of FILES.
        mark, zip_mark: change with the .info and .mod, and with the zip.
        others: see `VersionRow`.
    """

    version: str
    place: int
    time: int | None
    files: int
    mark: int
    zip_mark: int
    zip_size: int
    retracted: str | None


class Summed(NamedTuple):
    """What the versions of a module come to; the attributes are those of `ModuleRow`, and of the table."""

    signature: bytes
    versions: int
    newest: str
    newest_time: int | None
    deciding: str
    deprecated: str
    zip_version: str
    zip_mark: int


class Catalogue:
    """See the module's docstring. Its methods may be called from any thread, and raise StorageError."""

    def __init__(self, path: str, *, ends_with_us: bool = False) -> None:
        """Open a database, made if absent."""
        self._path = path
        self._ends_with_us = ends_with_us
        self._lock = threading.Lock()
        with self._faults():
            self._database = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
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
        if self._ends_with_us:
            shutil.rmtree(os.path.dirname(self._path), ignore_errors=True)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageError(f"the catalogue {self._path}: {one_line(str(error))}", key="") from error

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        with self._lock, self._faults():
            return self._database.execute(query, values).fetchall()

    def _row(self, query: str, values: Sequence[object] = ()) -> tuple[object, ...] | None:
        found = self._rows(query, values)
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

    # What pages show.

    def last_pass(self) -> Pass:
        """The last whole look at the storage."""
        found = self._row("SELECT ended, seconds FROM pass")
        return Pass() if found is None else Pass(*found)  # type: ignore[arg-type]

    def totals(self) -> Totals:
        """How many modules and stored versions there were at the end of the last pass; to count takes too long."""
        found = self._row("SELECT modules, versions FROM pass")
        return Totals(0, 0) if found is None else Totals(*found)  # type: ignore[arg-type]

    def module(self, path: str) -> ModuleRow | None:
        """A stored module."""
        found = self._row(f"SELECT {_MODULE} FROM module WHERE path = ? AND versions > 0", (path,))
        return None if found is None else ModuleRow(*found)  # type: ignore[arg-type]

    def deciding(self, path: str) -> str:
        """The version whose go.mod says what is retracted and deprecated, "" for none."""
        found = self._row("SELECT deciding FROM module WHERE path = ?", (path,))
        return "" if found is None else str(found[0])

    def best_zip(self, path: str) -> str:
        """The version whose zip is looked into for the imports of a module, "" for none."""
        found = self._row("SELECT zip_version FROM module WHERE path = ?", (path,))
        return "" if found is None else str(found[0])

    def modules(self, after: str, limit: int) -> list[ModuleRow]:
        """Modules by path, from the one behind `after` on."""
        found = self._rows(
            f"SELECT {_MODULE} FROM module WHERE versions > 0 AND path > ? ORDER BY path LIMIT ?", (after, limit)
        )
        return [ModuleRow(*each) for each in found]  # type: ignore[arg-type]

    def search(self, words: Sequence[str], after: tuple[int, str] | None, limit: int) -> list[ModuleRow]:
        """Modules whose paths have every word in them, whatever its capitals; those that more others require first.

        Args:
            words: at least one.
            after: (required_by, path) of the last one that was shown.
            limit: at most so many.
        """
        where = " AND ".join("path LIKE ? ESCAPE '\\'" for _ in words)
        values: list[object] = [f"%{_unlike(word)}%" for word in words]
        if after is not None:
            where += " AND (required_by < ? OR (required_by = ? AND path > ?))"
            values += [after[0], after[0], after[1]]
        order = "required_by DESC, path"
        rare = self._rare(words)
        if rare:
            where += f" AND id IN ({MATCHING})"
            values.append(rare)
            order = "+required_by DESC, +path"  # not by the index of that order, which has all modules
        found = self._rows(
            f"SELECT {_MODULE} FROM module WHERE versions > 0 AND {where} ORDER BY {order} LIMIT ?", [*values, limit]
        )
        return [ModuleRow(*each) for each in found]  # type: ignore[arg-type]

    def _rare(self, words: Sequence[str]) -> str:
        """What the index is asked for where words have few matches, else ""."""
        wanted = expression_of(words) if has_trigrams() else ""
        if not wanted:
            return ""
        found = self._row(f"SELECT count(*) FROM ({MATCHING} LIMIT ?)", (wanted, MOST_RARE + 1))
        return wanted if found is not None and int(str(found[0])) <= MOST_RARE else ""

    def most_used(self, limit: int) -> list[ModuleRow]:
        """The modules that most others require."""
        found = self._rows(
            f"SELECT {_MODULE} FROM module WHERE versions > 0 AND required_by > 0 "
            "ORDER BY required_by DESC, path LIMIT ?",
            (limit,),
        )
        return [ModuleRow(*each) for each in found]  # type: ignore[arg-type]

    def newest(self, limit: int) -> list[NewVersion]:
        """The stored versions that were made last."""
        found = self._rows(
            "SELECT m.path, v.version, v.time FROM version v JOIN module m ON m.id = v.module "
            "WHERE v.files > 0 AND v.time IS NOT NULL ORDER BY v.time DESC LIMIT ?",
            (limit,),
        )
        return [NewVersion(*each) for each in found]  # type: ignore[arg-type]

    def versions(self, path: str, skip: int, limit: int) -> list[VersionRow]:
        """The versions of a module from the highest on, without the first `skip`."""
        found = self._rows(
            f"SELECT {_VERSION} FROM version WHERE module = (SELECT id FROM module WHERE path = ?) "
            "ORDER BY place DESC LIMIT ? OFFSET ?",
            (path, limit, skip),
        )
        return [_version_row(each) for each in found]

    def version(self, mod: ModuleVersion) -> tuple[VersionRow, int] | None:
        """A version, and how many are higher."""
        found = self._row(
            f"SELECT {_VERSION}, (SELECT count(*) FROM version w WHERE w.module = v.module AND w.place > v.place) "
            "FROM version v WHERE module = (SELECT id FROM module WHERE path = ?) AND version = ?",
            mod,
        )
        return None if found is None else (_version_row(found[:-1]), int(str(found[-1])))

    def requirers(self, path: str, after: str, limit: int) -> list[Requirer]:
        """The stored modules that require one, by path."""
        found = self._rows(
            "SELECT m.path, r.version, r.version = m.deciding, r.asked, r.indirect FROM requirement r "
            "JOIN module m ON m.id = r.module WHERE r.target = (SELECT id FROM module WHERE path = ?) AND m.path > ? "
            "AND m.versions > 0 ORDER BY m.path LIMIT ?",
            (path, after, limit),
        )
        return [
            Requirer(str(who), str(version), bool(newest), str(asked), bool(indirect))
            for who, version, newest, asked, indirect in found
        ]

    def count_versions(self, path: str) -> int:
        """How many versions a module has, with those that only upstream's list names."""
        found = self._row("SELECT count(*) FROM version WHERE module = (SELECT id FROM module WHERE path = ?)", (path,))
        assert found is not None
        return int(str(found[0]))

    def packages(self, path: str, limit: int) -> list[PackageUse]:
        """The packages of a module that other stored modules import, the one that most import first."""
        found = self._rows(
            "SELECT package, count(*) AS modules FROM import WHERE target = (SELECT id FROM module WHERE path = ?) "
            "GROUP BY package ORDER BY modules DESC, package LIMIT ?",
            (path, limit),
        )
        return [PackageUse(*each) for each in found]  # type: ignore[arg-type]

    def stored_among(self, paths: Iterable[str]) -> frozenset[str]:
        """Which of these modules are stored."""
        wanted = list(dict.fromkeys(paths))
        found: set[str] = set()
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            rows = self._rows(f"SELECT path FROM module WHERE versions > 0 AND path IN ({marks})", part)
            found.update(str(row[0]) for row in rows)
        return frozenset(found)

    def zip_facts(self, mod: ModuleVersion) -> ZipFacts | None:
        """What was found in the stored zip of a version."""
        found = self._row(
            "SELECT z.facts FROM version v JOIN zip z ON z.h1 = v.h1 "
            "WHERE v.module = (SELECT id FROM module WHERE path = ?) AND v.version = ?",
            mod,
        )
        return None if found is None else _facts(str(found[0]))

    # What the one who fills it asks and tells.

    def signature(self, path: str) -> tuple[int, bytes]:
        """The number of a module, and what its files were when they were last looked at; (0, b"") for a new one."""
        found = self._row("SELECT id, signature FROM module WHERE path = ?", (path,))
        return (0, b"") if found is None else found  # type: ignore[return-value]

    def stored(self, number: int) -> dict[str, StoredRow]:
        """The versions of a module by their names."""
        rows = self._rows(
            "SELECT version, place, time, files, mark, zip_mark, zip_size, retracted FROM version WHERE module = ?",
            (number,),
        )
        return {str(row[0]): StoredRow(*row) for row in rows}  # type: ignore[arg-type]

    def requirements_of(self, number: int) -> dict[str, str]:
        """What a module requires: by path the highest of its versions that does."""
        rows = self._rows(
            "SELECT m.path, r.version FROM requirement r JOIN module m ON m.id = r.target WHERE r.module = ?", (number,)
        )
        return {str(path): str(version) for path, version in rows}

    def forget_module(self, number: int) -> None:
        """Nothing of a module is stored any more. It stays known as what others require."""
        with self.changing() as database:
            for table in ("version", "requirement", "import"):
                database.execute(f"DELETE FROM {table} WHERE module = ?", (number,))
            database.execute(
                "UPDATE module SET versions = 0, signature = x'', newest = '', newest_time = NULL, deciding = '', "
                "deprecated = '', zip_version = '', zip_mark = 0, looked_mark = 0 WHERE id = ?",
                (number,),
            )

    def tell_module(
        self,
        path: str,
        summed: Summed,
        changed: Iterable[StoredRow],
        gone: Iterable[str],
        required: Mapping[str, tuple[str, str, bool]] | None,
        dropped: Iterable[str] = (),
    ) -> None:
        """What a module has become.

        Args:
            path: the module.
            summed: what its versions come to.
            changed: versions that are new or other than they were, and those whose files are as before but whose place
                or retraction is not.
            gone: versions that are not there any more.
            required: by path (version that requires it, version asked, indirect); what is not named stays.
            dropped: paths that it does not require any more.
        """
        with self.changing() as database:
            number = _number(database, path)
            for version in gone:
                database.execute("DELETE FROM version WHERE module = ? AND version = ?", (number, version))
            for row in changed:
                # What was found out about a file counts as long as the file is the same.
                database.execute(
                    "INSERT INTO version (module, version, place, time, files, mark, zip_mark, zip_size, retracted) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (module, version) DO UPDATE SET "
                    "h1 = CASE WHEN zip_mark = excluded.zip_mark THEN h1 END, "
                    "log_when = CASE WHEN mark = excluded.mark AND zip_mark = excluded.zip_mark THEN log_when END, "
                    "place = excluded.place, time = excluded.time, files = excluded.files, mark = excluded.mark, "
                    "zip_mark = excluded.zip_mark, zip_size = excluded.zip_size, retracted = excluded.retracted",
                    (number, *row),
                )
            database.execute(
                "UPDATE module SET signature = ?, versions = ?, newest = ?, newest_time = ?, deciding = ?, "
                "deprecated = ?, zip_version = ?, zip_mark = ? WHERE id = ?",
                (*summed, number),
            )
            for target in dropped:
                database.execute(
                    "DELETE FROM requirement WHERE module = ? AND target = (SELECT id FROM module WHERE path = ?)",
                    (number, target),
                )
            for target, (version, asked, indirect) in (required or {}).items():
                database.execute(
                    "INSERT OR REPLACE INTO requirement (target, module, version, asked, indirect) "
                    "VALUES (?, ?, ?, ?, ?)",
                    (_number(database, target), number, version, asked, indirect),
                )

    def numbers(self) -> Iterator[int]:
        """The numbers of all stored modules."""
        last = 0
        while rows := self._rows("SELECT id FROM module WHERE versions > 0 AND id > ? ORDER BY id LIMIT 1000", (last,)):
            for (number,) in rows:
                last = int(str(number))
                yield last

    def count_requirers(self, paths: Iterable[str]) -> None:
        """Count anew how many modules require each of these."""
        wanted = list(paths)
        for start in range(0, len(wanted), 50):
            with self.changing() as database:
                for path in wanted[start : start + 50]:
                    database.execute(
                        "UPDATE module SET (required_by, direct) = (SELECT count(*), coalesce(sum(NOT r.indirect), 0) "
                        "FROM requirement r JOIN module m ON m.id = r.module "
                        "WHERE r.target = module.id AND r.version = m.deciding AND m.versions > 0) WHERE path = ?",
                        (path,),
                    )

    def tell_pass(self, ended: float, seconds: float) -> None:
        """A whole look at the storage has ended."""
        with self.changing() as database:
            database.execute(
                "INSERT OR REPLACE INTO pass SELECT 1, ?, ?, count(*), coalesce(sum(versions), 0) FROM module "
                "WHERE versions > 0",
                (int(ended), seconds),
            )

    def tell_look(self, ended: float, *, counts: bool) -> None:
        """What has changed since the last pass was looked at; `counts` is whether there may be more or less now."""
        totals = "(SELECT count(*), coalesce(sum(versions), 0) FROM module WHERE versions > 0)"
        with self.changing() as database:
            more = f", (modules, versions) = {totals}" if counts else ""
            database.execute(f"UPDATE pass SET ended = ?{more}", (int(ended),))

    def unchecked(self, limit: int) -> list[ModuleVersion]:
        """Some versions that were not yet compared with the checksum database."""
        rows = self._rows(
            "SELECT m.path, v.version FROM version v JOIN module m ON m.id = v.module "
            "WHERE v.log_when IS NULL AND v.files & 2 LIMIT ?",
            (limit,),
        )
        return [ModuleVersion(str(path), str(version)) for path, version in rows]

    def tell_check(self, mod: ModuleVersion, check: LogCheck) -> None:
        """What the checksum database says of a version."""
        states = (STATES.index(check.gomod), STATES.index(check.zip))
        with self.changing() as database:
            database.execute(
                "UPDATE version SET log_gomod = ?, log_zip = ?, log_text = ?, log_database = ?, log_index = ?, "
                "log_size = ?, log_when = ? WHERE module = (SELECT id FROM module WHERE path = ?) AND version = ?",
                (*states, check.text, check.database, check.number, check.tree_size, int(check.when), *mod),
            )

    def unlooked(self) -> tuple[ModuleVersion, int] | None:
        """A stored zip that nobody has looked into, the best one of its module, with its mark."""
        found = self._row(
            "SELECT path, zip_version, zip_mark FROM module WHERE zip_version != '' AND zip_mark != looked_mark LIMIT 1"
        )
        return None if found is None else (ModuleVersion(str(found[0]), str(found[1])), int(str(found[2])))

    def tell_zip(self, mod: ModuleVersion, facts: ZipFacts | None, imports: Mapping[str, str] | None) -> None:
        """What was found in the zip of a version.

        Args:
            mod: the version.
            facts: what was found; None for a zip that cannot be read.
            imports: of the best zip of a module, by import path the module that provides it; None for another zip.
        """
        with self.changing() as database:
            number = _number(database, mod.path)
            if facts is not None:
                database.execute("INSERT OR REPLACE INTO zip VALUES (?, ?)", (facts.h1, json.dumps(facts)))
                database.execute(
                    "UPDATE version SET h1 = ?, log_when = CASE WHEN h1 IS ? THEN log_when END "
                    "WHERE module = ? AND version = ?",
                    (facts.h1, facts.h1, number, mod.version),
                )
            if imports is None:
                return
            database.execute("UPDATE module SET looked_mark = zip_mark WHERE id = ?", (number,))
            database.execute("DELETE FROM import WHERE module = ?", (number,))
            for package, path in imports.items():
                database.execute(
                    "INSERT OR IGNORE INTO import VALUES (?, ?, ?)", (_number(database, path), package, number)
                )

    def read_hash(self, mod: ModuleVersion) -> str:
        """The h1: of the stored zip of a version as it was read, "" where it was not."""
        found = self._row(
            "SELECT h1 FROM version WHERE module = (SELECT id FROM module WHERE path = ?) AND version = ?", mod
        )
        return "" if found is None or found[0] is None else str(found[0])

    def drop_unused_zips(self) -> None:
        """Forget what was found in zips that are not stored any more."""
        with self.changing() as database:
            database.execute("DELETE FROM zip WHERE h1 NOT IN (SELECT h1 FROM version WHERE h1 IS NOT NULL)")


def open_catalogue(environ: Mapping[str, str], name: str) -> Catalogue:
    """The catalogue of a storage.

    Args:
        environ: the environment, which says where the user's cache directory is. Where others can write there, or
            there is none, the catalogue is in a directory of its own that goes when it is closed.
        name: stands for the storage, and for who may see what of it.

    Raises:
        StorageError: it cannot be opened.
    """
    digest = hashlib.sha256(f"{_FORMAT} {has_trigrams()} {name}".encode("utf-8", "surrogateescape")).hexdigest()[:32]
    base = user_cache(environ)
    directory = f"{base}/registry"
    if base and is_private(directory, environ.get("HOME", ""), own=2):
        with suppress(OSError):
            make_private(directory)
            _drop_old(directory)
            path = f"{directory}/{digest}.sqlite"
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
            return _opened(path)
    return Catalogue(f"{tempfile.mkdtemp(prefix='govgo-registry-')}/{digest}.sqlite", ends_with_us=True)


def _opened(path: str) -> Catalogue:
    try:
        return Catalogue(path)
    except StorageError:  # damaged, perhaps: all of it is found again
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                os.unlink(path + suffix)
        return Catalogue(path)


def _drop_old(directory: str) -> None:
    """Remove the catalogues of storages that were not served for long."""
    with os.scandir(directory) as found:
        files = [(each.stat().st_mtime, each.path) for each in found if each.name.endswith(".sqlite")]
    for _, path in sorted(files)[:-_MOST_CATALOGUES]:
        for suffix in ("", "-wal", "-shm", ".lock"):
            with suppress(FileNotFoundError):
                os.unlink(path + suffix)


def _number(database: sqlite3.Connection, path: str) -> int:
    found = database.execute("SELECT id FROM module WHERE path = ?", (path,)).fetchone()
    if found is None:
        number = int(database.execute("INSERT INTO module (path) VALUES (?)", (path,)).lastrowid or 0)
        if has_trigrams():
            database.execute(ADD, (number, path))
        return number
    return int(found[0])


def _unlike(word: str) -> str:
    """A word in which nothing means something to LIKE."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _version_row(row: Sequence[object]) -> VersionRow:
    version, time, files, zip_size, retracted, *log = row
    bits = int(str(files))
    return VersionRow(
        str(version),
        None if time is None else float(str(time)),
        tuple(name for at, name in enumerate(FILES) if bits >> at & 1),
        int(str(zip_size)),
        None if retracted is None else str(retracted),
        _log_check(log),
    )


def _log_check(row: Sequence[object]) -> LogCheck:
    gomod, zip_, text, database, index, size, when, h1 = row
    if when is None:
        return LogCheck(UNCHECKED, UNCHECKED, "not compared yet")
    return LogCheck(
        STATES[int(str(gomod))],
        STATES[int(str(zip_))],
        str(text),
        str(database),
        int(str(index)),
        int(str(size)),
        float(str(when)),
        h1 is not None,
    )


def _facts(text: str) -> ZipFacts:
    facts = ZipFacts._make(json.loads(text))
    return facts._replace(texts=tuple(LegalText._make(each) for each in facts.texts))
