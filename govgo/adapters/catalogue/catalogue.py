# SPDX-License-Identifier: BSD-3-Clause
"""The catalogue of a storage, as pages read it: they are answered without a look into the storage.

Lists are given in pages: `after` is the last entry that was shown, so that a list may change between two pages.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from govgo.adapters.catalogue.database import Database
from govgo.adapters.catalogue.trigrams import MATCHING, MOST_RARE, expression_of, has_trigrams
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

FILES = ("info", "mod", "zip")
"""The files of a version, as bits from the lowest on."""
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


class Catalogue(Database):
    """See the module's docstring. Its methods may be called from any thread, and raise StorageError."""

    def last_pass(self) -> Pass:
        """The last whole look at the storage."""
        found = self.row("SELECT ended, seconds FROM pass")
        return Pass() if found is None else Pass(*found)  # type: ignore[arg-type]

    def totals(self) -> Totals:
        """How many modules and stored versions there were at the end of the last pass; to count takes too long."""
        found = self.row("SELECT modules, versions FROM pass")
        return Totals(0, 0) if found is None else Totals(*found)  # type: ignore[arg-type]

    def module(self, path: str) -> ModuleRow | None:
        """A stored module."""
        found = self.row(f"SELECT {_MODULE} FROM module WHERE path = ? AND versions > 0", (path,))
        return None if found is None else ModuleRow(*found)  # type: ignore[arg-type]

    def deciding(self, path: str) -> str:
        """The version whose go.mod says what is retracted and deprecated, "" for none."""
        found = self.row("SELECT deciding FROM module WHERE path = ?", (path,))
        return "" if found is None else str(found[0])

    def best_zip(self, path: str) -> str:
        """The version whose zip is looked into for the imports of a module, "" for none."""
        found = self.row("SELECT zip_version FROM module WHERE path = ?", (path,))
        return "" if found is None else str(found[0])

    def modules(self, after: str, limit: int) -> list[ModuleRow]:
        """Modules by path, from the one behind `after` on."""
        found = self.rows(
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
        found = self.rows(
            f"SELECT {_MODULE} FROM module WHERE versions > 0 AND {where} ORDER BY {order} LIMIT ?", [*values, limit]
        )
        return [ModuleRow(*each) for each in found]  # type: ignore[arg-type]

    def _rare(self, words: Sequence[str]) -> str:
        """What the index is asked for where words have few matches, else ""."""
        wanted = expression_of(words) if has_trigrams() else ""
        if not wanted:
            return ""
        found = self.row(f"SELECT count(*) FROM ({MATCHING} LIMIT ?)", (wanted, MOST_RARE + 1))
        return wanted if found is not None and int(str(found[0])) <= MOST_RARE else ""

    def most_used(self, limit: int) -> list[ModuleRow]:
        """The modules that most others require."""
        found = self.rows(
            f"SELECT {_MODULE} FROM module WHERE versions > 0 AND required_by > 0 "
            "ORDER BY required_by DESC, path LIMIT ?",
            (limit,),
        )
        return [ModuleRow(*each) for each in found]  # type: ignore[arg-type]

    def newest(self, limit: int) -> list[NewVersion]:
        """The stored versions that were made last."""
        found = self.rows(
            "SELECT m.path, v.version, v.time FROM version v JOIN module m ON m.id = v.module "
            "WHERE v.files > 0 AND v.time IS NOT NULL ORDER BY v.time DESC LIMIT ?",
            (limit,),
        )
        return [NewVersion(*each) for each in found]  # type: ignore[arg-type]

    def versions(self, path: str, skip: int, limit: int) -> list[VersionRow]:
        """The versions of a module from the highest on, without the first `skip`."""
        found = self.rows(
            f"SELECT {_VERSION} FROM version WHERE module = (SELECT id FROM module WHERE path = ?) "
            "ORDER BY place DESC LIMIT ? OFFSET ?",
            (path, limit, skip),
        )
        return [_version_row(each) for each in found]

    def version(self, mod: ModuleVersion) -> tuple[VersionRow, int] | None:
        """A version, and how many are higher."""
        found = self.row(
            f"SELECT {_VERSION}, (SELECT count(*) FROM version w WHERE w.module = v.module AND w.place > v.place) "
            "FROM version v WHERE module = (SELECT id FROM module WHERE path = ?) AND version = ?",
            mod,
        )
        return None if found is None else (_version_row(found[:-1]), int(str(found[-1])))

    def requirers(self, path: str, after: str, limit: int) -> list[Requirer]:
        """The stored modules that require one, by path."""
        found = self.rows(
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
        found = self.row("SELECT count(*) FROM version WHERE module = (SELECT id FROM module WHERE path = ?)", (path,))
        assert found is not None
        return int(str(found[0]))

    def packages(self, path: str, limit: int) -> list[PackageUse]:
        """The packages of a module that other stored modules import, the one that most import first."""
        found = self.rows(
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
            rows = self.rows(f"SELECT path FROM module WHERE versions > 0 AND path IN ({marks})", part)
            found.update(str(row[0]) for row in rows)
        return frozenset(found)

    def zip_facts(self, mod: ModuleVersion) -> ZipFacts | None:
        """What was found in the stored zip of a version."""
        found = self.row(
            "SELECT z.facts FROM version v JOIN zip z ON z.h1 = v.h1 "
            "WHERE v.module = (SELECT id FROM module WHERE path = ?) AND v.version = ?",
            mod,
        )
        return None if found is None else _facts(str(found[0]))


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
