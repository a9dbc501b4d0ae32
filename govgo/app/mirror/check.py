# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mirror verify`: every file of a mirror is what the manifest says, and proves, with no network at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from govgo.app.mirror.settle import UNFINISHED_RUN, follows
from govgo.core.findings import Finding, Verdict
from govgo.core.gosum.dirhash import hash_gomod, is_h1
from govgo.core.mirror.manifest import Content, Manifest
from govgo.core.mirror.outcomes import Checked
from govgo.core.mirror.prove import ProvedLog, prove_log
from govgo.core.module.escape import unescape
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.storage.keys import module_of_key
from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.record import check_sum, lookup_path, sum_lines
from govgo.errors import (
    Failure,
    GovgoError,
    InputError,
    IntegrityError,
    LookupDisabledError,
    NotFoundError,
    UnavailableError,
)
from govgo.load.targets.errorfindings import from_error

if TYPE_CHECKING:
    from govgo.ports.mirror import Staging
    from govgo.ports.reporter import Reporter
    from govgo.ports.storage import Readable

MAX_SMALL_BYTES = 17 << 20
"""No file of a mirror but a zip is larger: a go.mod has 16 MiB at most."""


def check_mirror(
    storage: Readable,
    manifest: Manifest,
    *,
    name: str,
    keys: Mapping[str, str],
    covers: Callable[[str], bool],
    staging: Staging,
    report: Reporter,
    unlisted: int = 0,
    unfinished: bool = False,
) -> Checked:
    """Read every file of a mirror, compare it with the manifest, and prove it by the mirror's own lookups and tiles.

    Args:
        storage: the mirror.
        manifest: what it is to hold.
        name: what findings call it.
        keys: the verifier keys of checksum databases that are believed, by name.
        covers: whether a database is asked about a module path; then no record is a finding.
        staging: for zips, which are hashed as files.
        report: takes the progress.
        unlisted: how many files the manifest does not name, if the caller has counted them.
        unfinished: a run that changes the mirror is about to end, or was killed there.

    Raises:
        StorageError: the storage cannot be asked.
        DiskError: there is no room for a copy of a zip.
    """
    run = _Check(storage, manifest, staging, report, unfinished)
    run.read_all()
    proved = run.prove(keys)
    run.check_records(covers)
    return Checked(
        mirror=name,
        manifest=manifest,
        files=run.files,
        zips=run.zips,
        proved=len(proved),
        private=len(run.modules - proved),
        unlisted=unlisted,
        findings=tuple(run.findings),
    )


class _Check:
    def __init__(
        self, storage: Readable, manifest: Manifest, staging: Staging, report: Reporter, unfinished: bool
    ) -> None:
        self.files = self.zips = 0
        self.findings: list[Finding] = []
        self.modules: set[ModuleVersion] = set()
        self._storage = storage
        self._manifest = manifest
        self._staging = staging
        self._report = report
        self._unfinished = unfinished
        self._hashes: dict[ModuleVersion, str] = {}
        self._stated: dict[ModuleVersion, str] = {}

    def read_all(self) -> None:
        """Compare every file with the manifest, and hash go.mod files and zips as go.sum does."""
        self._report.event("planned", {"modules": len(self._manifest.files)})
        for key, want in sorted(self._manifest.files.items()):
            try:
                self._read(key, want)
                self.files += 1
            except UnavailableError:  # the storage, or the disk of the staging area: it says nothing about the file
                raise
            except Failure as error:
                self._found(key, error)
            self._report.event("downloaded", {})

    def _found(self, key: str, error: GovgoError, module: ModuleVersion | None = None) -> None:
        finding = from_error(None, error)
        verdict = max(finding.verdict, Verdict.FINDING)
        if not isinstance(error, LookupDisabledError):
            verdict = Verdict.FINDING if verdict is Verdict.UNCHECKED else verdict  # it was checked: it is damaged
        why = f"; {UNFINISHED_RUN}" if self._unfinished and follows(key) else ""
        self.findings.append(
            finding._replace(text=f"{key}: {error}{why}", module=module or module_of_key(key), verdict=verdict)
        )

    def _read(self, key: str, want: Content) -> None:
        mod = module_of_key(key)
        if mod is not None:
            self.modules.add(mod)
        if key.endswith(".zip") and mod is not None:
            pieces = self._storage.chunks(key)
            if pieces is None:
                raise NotFoundError("the file is missing")
            with self._staging.copy_pieces(pieces) as copy:
                _compare(copy.content, want)
                self._hashes[mod] = copy.zip_hash(mod)
                self.zips += 1
            return
        data = self._storage.read(key, 0, MAX_SMALL_BYTES)
        if data is None:
            raise NotFoundError("the file is missing")
        _compare(Content(hashlib.sha256(data).hexdigest(), len(data)), want)
        if key.endswith(".mod") and mod is not None:
            self._hashes[mod.gomod_key()] = hash_gomod(data)
        elif key.endswith(".ziphash") and mod is not None:
            self._stated[mod] = data.decode("ascii", "replace").strip()

    def prove(self, keys: Mapping[str, str]) -> set[ModuleVersion]:
        """Prove the hashes by the lookups of the mirror; the module versions that have a record."""
        found: set[ModuleVersion] = set()
        # By the files, too: a manifest without heads is not a reason to look at no lookup.
        for database in sorted({name for name, _ in self._manifest.heads} | self._databases()):
            top = f"sumdb/{database}"
            lookups = self._lookups(top)
            if database not in keys:
                text = f"{database}: its key is not known here; set GOSUMDB to name+key"
                self._found(f"{top}/latest", LookupDisabledError(text))
                continue
            seen = [tree for name, tree in self._manifest.heads if name == database]
            proved = prove_log(top, parse_verifier(keys[database]), lookups, seen, self._storage.read)
            for fault in proved.faults:
                self._found(fault.key, fault.error, fault.module)
            found |= self._compare_records(database, proved)
        for mod, h1 in self._stated.items():
            if is_h1(h1) and self._hashes.get(mod, h1) != h1:
                error = IntegrityError(f"the zip has the hash {self._hashes[mod]}, and this file says {h1}")
                self._found(f"{mod.path}@{mod.version}.ziphash", error, mod)
        return found

    def check_records(self, covers: Callable[[str], bool]) -> None:
        """Find the module versions that a database should prove, and that have no lookup at all."""
        recorded = {key.partition("/lookup/")[2] for key in self._manifest.files if key.startswith("sumdb/")}
        for mod in sorted(self.modules):
            if covers(mod.path) and lookup_path(mod).removeprefix("lookup/") not in recorded:
                text = "no record of a checksum database proves it here; if it is private, set GONOSUMDB"
                self._found(f"{mod.path}@{mod.version}", IntegrityError(text), mod)

    def _databases(self) -> set[str]:
        marks = (
            key.removeprefix("sumdb/").partition("/lookup/") for key in self._manifest.files if key[:6] == "sumdb/"
        )
        return {name for name, mark, _ in marks if mark}

    def _lookups(self, top: str) -> dict[ModuleVersion, tuple[str, bytes]]:
        found: dict[ModuleVersion, tuple[str, bytes]] = {}
        prefix = f"{top}/lookup/"
        for key in self._manifest.files:
            if key.startswith(prefix):
                path, _, version = key.removeprefix(prefix).rpartition("@")
                data = self._storage.read(key, 0, MAX_SMALL_BYTES)
                try:
                    mod = unescape(path, version)
                except InputError as error:
                    self._found(key, error)
                    continue
                if data is not None:  # else it was reported
                    found[mod] = key, data
        return found

    def _compare_records(self, database: str, proved: ProvedLog) -> set[ModuleVersion]:
        for mod, text in proved.texts.items():
            for key, suffix in ((mod, "zip"), (mod.gomod_key(), "mod")):
                h1 = self._hashes.get(key)
                if h1 is None:
                    continue  # it is not in the mirror, or was reported
                try:
                    check_sum(sum_lines(text, key), database, key, h1)
                except GovgoError as error:  # a contradiction: the finding says so, and counts for the exit code
                    self._found(f"{mod.path}@{mod.version}.{suffix}", error, mod)
        return set(proved.texts)


def _compare(found: Content, want: Content) -> None:
    if found != want:
        what = f"{found.size} bytes" if found.size != want.size else f"SHA-256 {found.sha256}"
        expected = f"{want.size} bytes" if found.size != want.size else want.sha256
        raise IntegrityError(f"the file is damaged: {what}, and the manifest says {expected}")
