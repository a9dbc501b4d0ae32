# SPDX-License-Identifier: BSD-3-Clause
"""Records for one's own checksum database: out of go.sum files, or of modules that are downloaded and hashed.

A download is proved as `go get` would prove it: by the checksum database that GOSUMDB names, unless GONOSUMDB or
GOPRIVATE excepts the module. What a go.sum file says is taken at its word.
"""

from __future__ import annotations

from collections.abc import Sequence

from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.gosum.lines import find_conflicts, parse_gosum
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import canonical_version, check, module_sort_key
from govgo.core.module.patterns import match_prefix_patterns
from govgo.core.module.versionquery import parse_path_version
from govgo.core.records import NamedTuple
from govgo.core.sumdb.rules import make_record
from govgo.errors import GoSumError, SumDbFormatError, UsageError
from govgo.load.mainmodule.read import read_as
from govgo.load.query.query import query
from govgo.load.session.session import Session
from govgo.load.targets.open import without_sums


class Gathered(NamedTuple):
    """Records by module version, and the versions of which a go.sum file has no zip hash, so that there is none."""

    records: dict[ModuleVersion, bytes]
    incomplete: tuple[ModuleVersion, ...]


def gather_records(session: Session, words: Sequence[str], only: str) -> Gathered:
    """The records that arguments name.

    Args:
        session: the command.
        words: go.sum files, and modules as PATH@VERSION or PATH@QUERY.
        only: patterns as in GOPRIVATE; of go.sum files only modules that match are taken. "" for all.

    Raises:
        UsageError: an argument names neither.
        GoSumError, SumDbFormatError: a go.sum file contradicts itself, or no record can be made of it.
        SumMismatchError: a download contradicts the database that proves it, or two arguments contradict each other.
        GovgoError: a module cannot be obtained.
    """
    records: dict[ModuleVersion, bytes] = {}
    incomplete: dict[ModuleVersion, None] = {}
    mods: list[ModuleVersion] = []
    for word in words:
        path, version, _ = parse_path_version(word)
        if version and not session.files.is_file(session.absolute(word)):
            mods.append(_resolved(session, path, version))
            continue
        found, lacking = _of_gosum(session, word, only)
        for mod, text in found.items():
            if records.setdefault(mod, text) != text:
                raise GoSumError(f"{word}: another file has a different hash for {mod}", file=word)
        incomplete.update(dict.fromkeys(lacking))
    for mod, text in _of_downloads(session, mods).items():
        if records.setdefault(mod, text) != text:
            raise SumDbFormatError(f"{mod}: a go.sum file has a different hash than the download")
    return Gathered(records, tuple(mod for mod in incomplete if mod not in records))


def _of_gosum(session: Session, name: str, only: str) -> tuple[dict[ModuleVersion, bytes], list[ModuleVersion]]:
    path = session.absolute(name)
    if "/" not in name and not name.endswith(".sum") and not session.files.exists(path):
        raise UsageError(f"{name}: neither a go.sum file nor a module as PATH@VERSION")
    data = read_as(session, path)
    for conflict in find_conflicts(data):
        raise GoSumError(f"{name}: {conflict.mod} has {conflict}", file=name, line=conflict.lines[0])
    sums = parse_gosum(name, data)
    records: dict[ModuleVersion, bytes] = {}
    lacking: list[ModuleVersion] = []
    for mod in sorted({key.without_gomod() for key in sums}, key=module_sort_key):
        if only and not match_prefix_patterns(only, mod.path):
            continue
        hashes = [[each for each in sums.get(key, ()) if each.startswith("h1:")] for key in (mod, mod.gomod_key())]
        if hashes[0] and hashes[1]:
            records[mod] = make_record(mod, hashes[0][0], hashes[1][0])
        else:
            lacking.append(mod)
    return records, lacking


def _resolved(session: Session, path: str, version: str) -> ModuleVersion:
    """The version that a query means; a canonical version means itself."""
    if canonical_version(version) != version:
        version = query(session, path, version).version
    check(path, version)
    return ModuleVersion(path, version)


def _of_downloads(session: Session, mods: Sequence[ModuleVersion]) -> dict[ModuleVersion, bytes]:
    """The records of modules as they are downloaded, whatever the go.sum of a main module says."""
    if not mods:
        return {}
    repo = session.repo
    records: dict[ModuleVersion, bytes] = {}
    with without_sums(session):
        for done in repo.download(list(dict.fromkeys(mods)), extract=False):
            done.check()
            records[done.mod] = make_record(done.mod, done.sum, hash_gomod(repo.gomod(done.mod)))
    return records
