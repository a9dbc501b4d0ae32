# SPDX-License-Identifier: BSD-3-Clause
"""`govgo storage verify`: damage at rest is found, and mended from upstream.

What a zip is to be says the checksum database where it is at hand, else the .ziphash that was written when the zip had
been checked. A .mod file is to be what the database says, and what the zip has. What was published in this storage is
to be what its record says, and cannot be obtained again.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from govgo.app.storage.manage import ask_comparison, list_versions
from govgo.core.findings import Finding, Verdict
from govgo.core.golib.json import unmarshal
from govgo.core.gosum.dirhash import hash_gomod, is_h1
from govgo.core.gosum.ledger import SumLedger
from govgo.core.gosum.mismatch import database_mismatch
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.storage.keys import file_key
from govgo.core.storage.outcomes import StorageCheck
from govgo.core.storage.published import MAX_BYTES, Published, parse_published
from govgo.core.storage.published import SUFFIX as PUBLISHED
from govgo.errors import Failure, GovgoError, InputError, IntegrityError, NotFoundError, SecurityError, StorageError
from govgo.load.targets.errorfindings import from_error

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.mirror import Staging
    from govgo.ports.storage import Storage
    from govgo.ports.sumdb import SumDatabase

_BATCH = 256
"""So many records are asked for at once."""
MAX_GO_MOD_BYTES = 17 << 20
MAX_INFO_BYTES = 1 << 16


def check_storage(
    session: Session,
    storage: Storage,
    *,
    database: SumDatabase | None,
    staging: Staging,
    patterns: Sequence[str],
    sample: int,
    repair: bool,
) -> StorageCheck:
    """Hash zips and go.mod files again, and compare.

    Args:
        session: the command; its repository is what damage is mended from.
        storage: the storage.
        database: the checksum database; None to ask none. What it does not cover is compared with .ziphash alone; what
            it covers and has no record of, or does not answer, is a finding.
        staging: for zips, which are hashed as files.
        patterns: which module versions, as in `list_versions`.
        sample: check so many of them, chosen at random; 0 for all.
        repair: replace what is damaged by what upstream has, if that proves; what cannot be mended is removed.

    Raises:
        StorageError: the storage cannot be asked.
        ForkError, BadSignatureError: the checksum database misbehaves.
    """
    run = _Check(session, storage, database, staging, repair=repair)
    versions = list_versions(storage, patterns).versions
    mods = [each.mod for each in versions if {"zip", "mod", PUBLISHED} & set(each.suffixes)]
    if sample and sample < len(mods):
        mods = sorted(random.sample(mods, sample))
    session.repo.reset(SumLedger())
    session.report.event("planned", {"modules": len(mods)})
    for start in range(0, len(mods), _BATCH):
        batch = mods[start : start + _BATCH]
        run.look_up(batch)
        for mod in batch:
            run.check(mod)
            session.report.event("downloaded", {})
    run.tell()
    return StorageCheck(len(mods), run.zips, run.proved, tuple(run.repaired), tuple(run.findings))


class _Check:
    def __init__(
        self, session: Session, storage: Storage, database: SumDatabase | None, staging: Staging, *, repair: bool
    ) -> None:
        self.zips = self.proved = 0
        self.repaired: list[ModuleVersion] = []
        self._removes = False
        self.findings: list[Finding] = []
        self._session = session
        self._storage = storage
        self._database = database
        self._staging = staging
        self._repair = repair
        self._records: dict[ModuleVersion, str] = {}
        self._unproved: dict[ModuleVersion, GovgoError] = {}

    def look_up(self, mods: Sequence[ModuleVersion]) -> None:
        """Ask the database what files are to be; what it cannot say is not proved."""
        database = self._database
        if database is None:
            return
        covered = [
            mod for mod in mods if database.covers(mod.path) and self._storage.head(file_key(mod, PUBLISHED)) is None
        ]
        keys = [key for mod in covered for key in (mod, mod.gomod_key())]
        for key, lines in (database.lookup_many(keys) if keys else {}).items():
            if isinstance(lines, GovgoError):
                self._unproved[key.without_gomod()] = lines
            else:
                self._records[key] = lines[0].rpartition(" ")[2]

    def check(self, mod: ModuleVersion) -> None:
        """Check a version, and mend it."""
        try:
            self._compare(mod)
        except StorageError:
            raise
        except (Failure, SecurityError) as error:  # a contradiction is a finding, and counts for the exit code
            finding = from_error(None, error)
            if not isinstance(error, NotFoundError):
                finding = finding._replace(verdict=max(finding.verdict, Verdict.FINDING))
            if finding.verdict is Verdict.UNCHECKED and isinstance(error, IntegrityError):
                finding = finding._replace(verdict=Verdict.FINDING)  # it was checked: it is damaged
            finding = finding._replace(module=mod, text=str(error).partition("\n\nSECURITY")[0])
            self._mend(mod, finding)
        else:
            unproved = self._unproved.get(mod)
            if unproved is None:
                self.proved += mod in self._records
                return
            # Not mended: the files may be sound, and private to somebody who has not said so.
            told = from_error(None, unproved)
            self.findings.append(told._replace(module=mod, text=f"{mod}: not proved: {unproved}"))

    def _compare(self, mod: ModuleVersion) -> None:
        gomod = self._storage.read(file_key(mod, "mod"), 0, MAX_GO_MOD_BYTES)
        pieces = self._storage.chunks(file_key(mod, "zip"))
        published = self._published(mod)
        if published is not None:
            if pieces is None:
                raise IntegrityError(f"{mod}: it was published, and its zip is lost")
            if gomod is None or hash_gomod(gomod) != published.gomod_sum:
                fault = "its go.mod is lost" if gomod is None else "the go.mod is another one"
                if not self._repair:
                    raise IntegrityError(f"{mod}: it was published, and {fault}")
                gomod = self._gomod_anew(mod, published)
        if gomod is not None:
            _same(mod.gomod_key(), hash_gomod(gomod), self._records.get(mod.gomod_key()), self._name)
        self._look_at_info(mod)
        if pieces is None:
            return
        self.zips += 1
        with self._staging.copy_pieces(pieces) as copy:
            h1 = copy.zip_hash(mod, gomod)
        _same(mod, h1, self._records.get(mod), self._name)
        if published is not None and h1 != published.sum:
            raise IntegrityError(f"{mod}: the zip has the hash {h1}, and that which was published {published.sum}")
        stated = (self._storage.read(file_key(mod, "ziphash"), 0, 200) or b"").strip().decode("ascii", "replace")
        if is_h1(stated) and stated != h1:
            raise IntegrityError(f"{mod}: the zip has the hash {h1}, and its .ziphash says {stated}")
        if not is_h1(stated) and mod not in self._records and published is None:
            raise NotFoundError(f"{mod}: neither a .ziphash nor a record says what the zip is to be")
        if not is_h1(stated) and self._repair:
            self._storage.replace(file_key(mod, "ziphash"), h1.encode())

    def _gomod_anew(self, mod: ModuleVersion, published: Published) -> bytes:
        """Write the go.mod of a published version out of its zip, as a server does that is asked for it."""
        with self._staging.copy_pieces(self._storage.chunks(file_key(mod, "zip")) or ()) as copy:
            if copy.zip_hash(mod) != published.sum:
                raise IntegrityError(f"{mod}: neither its go.mod nor its zip is the one that was published")
            gomod = copy.gomod(mod)
        key = file_key(mod, "mod")
        if not self._storage.create(key, gomod):
            self._storage.replace(key, gomod)
        self.repaired.append(mod)
        return gomod

    def _look_at_info(self, mod: ModuleVersion) -> None:
        """Nothing proves an .info file, but it must be one of this version."""
        data = self._storage.read(file_key(mod, "info"), 0, MAX_INFO_BYTES)
        if data is None:
            return
        try:
            value = unmarshal(data)
        except InputError:
            value = None
        named = value.items() if isinstance(value, dict) else ()
        if not any(name.lower() == "version" and version == mod.version for name, version in named):
            raise IntegrityError(f"{mod}: its .info file is not one of this version")

    def _published(self, mod: ModuleVersion) -> Published | None:
        """The record of a version that was published here."""
        key = file_key(mod, PUBLISHED)
        data = self._storage.read(key, 0, MAX_BYTES)
        return None if data is None else parse_published(key, mod.version, data)

    @property
    def _name(self) -> str:
        return self._database.name if self._database is not None else ""

    def _mend(self, mod: ModuleVersion, finding: Finding) -> None:
        if not self._repair or finding.verdict is Verdict.UNCHECKED:
            self.findings.append(finding)
            return
        if self._storage.head(file_key(mod, PUBLISHED)) is not None:
            text = f"{finding.text}; it was published here alone: publish the same bytes again"
            self.findings.append(finding._replace(text=text))
            return
        for suffix in ("zip", "mod", "info", "ziphash"):
            self._storage.delete(file_key(mod, suffix))
        self._removes = True
        try:
            self._fetch(mod)
        except StorageError:
            raise
        except (Failure, SecurityError) as error:  # reported with the finding, which counts for the exit code
            self.findings.append(finding._replace(text=f"{finding.text}; removed, and not to be had again: {error}"))
        else:
            self.repaired.append(mod)

    def tell(self) -> None:
        """Let the event log of a server say what was removed."""
        if self._removes:
            ask_comparison(self._storage)

    def _fetch(self, mod: ModuleVersion) -> None:
        """Store a version as upstream has it, checked as for a build."""
        session, storage = self._session, self._storage
        (done,) = session.repo.download([mod], extract=False)
        done.check()
        session.repo.info(mod.path, mod.version)
        gomod = session.repo.gomod(mod)
        info = session.files.read_source(session.repo.cache_file(mod, "info"))
        with self._staging.copy_file(done.zip) as copy:
            h1 = copy.zip_hash(mod, gomod)
            _same(mod, h1, self._records.get(mod), self._name)
            storage.replace(file_key(mod, "mod"), gomod)
            if info is not None:
                storage.replace(file_key(mod, "info"), info)
            storage.replace(file_key(mod, "ziphash"), h1.encode())
            storage.create_from(file_key(mod, "zip"), copy.path)  # it may be the module cache, which has it by now


def _same(key: ModuleVersion, h1: str, record: str | None, database: str) -> None:
    """Compare a hash with that of a record, if there is one.  Raises SumMismatchError."""
    if record is not None and record != h1:
        raise database_mismatch(database, key, h1, record)
