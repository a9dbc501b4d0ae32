# SPDX-License-Identifier: BSD-3-Clause
"""The catalogue as the one who fills it sees it: what is known of a module's files, and what has become of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping

from govgo.adapters.catalogue.catalogue import Catalogue
from govgo.adapters.catalogue.trigrams import ADD, has_trigrams
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.registry.facts import STATES, LogCheck, ZipFacts

_TOTALS = "SELECT count(*), coalesce(sum(versions), 0) FROM module WHERE versions > 0"


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


class FilledCatalogue(Catalogue):
    """See the module's docstring."""

    def signature(self, path: str) -> tuple[int, bytes]:
        """The number of a module, and what its files were when they were last looked at; (0, b"") for a new one."""
        found = self.row("SELECT id, signature FROM module WHERE path = ?", (path,))
        return (0, b"") if found is None else found  # type: ignore[return-value]

    def stored(self, number: int) -> dict[str, StoredRow]:
        """The versions of a module by their names."""
        rows = self.rows(
            "SELECT version, place, time, files, mark, zip_mark, zip_size, retracted FROM version WHERE module = ?",
            (number,),
        )
        return {str(row[0]): StoredRow(*row) for row in rows}  # type: ignore[arg-type]

    def requirements_of(self, number: int) -> dict[str, str]:
        """What a module requires: by path the highest of its versions that does."""
        rows = self.rows(
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
        while rows := self.rows("SELECT id FROM module WHERE versions > 0 AND id > ? ORDER BY id LIMIT 1000", (last,)):
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
            database.execute(f"INSERT OR REPLACE INTO pass SELECT 1, ?, ?, * FROM ({_TOTALS})", (int(ended), seconds))

    def tell_look(self, ended: float, *, counts: bool) -> None:
        """What has changed since the last pass was looked at; `counts` is whether there may be more or less now."""
        with self.changing() as database:
            database.execute("UPDATE pass SET ended = ?", (int(ended),))
            if counts:
                database.execute(f"UPDATE pass SET (modules, versions) = ({_TOTALS})")

    def unchecked(self, limit: int) -> list[ModuleVersion]:
        """Some versions that were not yet compared with the checksum database."""
        rows = self.rows(
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
        found = self.row(
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
        found = self.row(
            "SELECT h1 FROM version WHERE module = (SELECT id FROM module WHERE path = ?) AND version = ?", mod
        )
        return "" if found is None or found[0] is None else str(found[0])

    def drop_unused_zips(self) -> None:
        """Forget what was found in zips that are not stored any more."""
        with self.changing() as database:
            database.execute("DELETE FROM zip WHERE h1 NOT IN (SELECT h1 FROM version WHERE h1 IS NOT NULL)")


def _number(database: sqlite3.Connection, path: str) -> int:
    found = database.execute("SELECT id FROM module WHERE path = ?", (path,)).fetchone()
    if found is None:
        number = int(database.execute("INSERT INTO module (path) VALUES (?)", (path,)).lastrowid or 0)
        if has_trigrams():
            database.execute(ADD, (number, path))
        return number
    return int(found[0])
