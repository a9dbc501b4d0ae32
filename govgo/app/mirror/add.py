# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mirror add`: what a mirror lacks is fetched, proved and stored; its manifest comes last.

The way of a module version: module cache (fetched and checked as for a build) ── copied and hashed once more ── its
hashes compared with its proved record ── stored. A run that ends early leaves the mirror as it was, and beside it
proved files that no manifest names; the next one stores them anew. Files that follow from others are written last
(`settle`).

Every lookup is stored with the newest tree head, and tiles that prove, in its tree, every record of the mirror and
every older head that a client may have seen there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from govgo.app.mirror.repair import Sound, sound_part
from govgo.app.mirror.settle import comes_late, content_of, finish, settle
from govgo.app.mirror.store import put_zip, read_manifest
from govgo.core.findings import Finding
from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.gosum.ledger import SumLedger
from govgo.core.gosum.mismatch import database_mismatch
from govgo.core.mirror.contents import Closure
from govgo.core.mirror.manifest import Content, Manifest
from govgo.core.mirror.outcomes import Added
from govgo.core.module.moduleversion import ModuleVersion, sort_key
from govgo.core.storage.keys import file_key, latest_key, list_key, module_of_key, version_list
from govgo.core.sumdb.record import format_record, lookup_path, parse_record
from govgo.core.sumdb.tlog import Tree
from govgo.core.version import semver
from govgo.errors import ConflictError, Failure, GovgoError, NotFoundError, SecurityError, StorageError
from govgo.load.targets.errorfindings import from_error
from govgo.ports.modules import Ask

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.mirror import Staging
    from govgo.ports.storage import Storage
    from govgo.ports.sumdb import ProofSource

_BATCH = 64
"""So many modules are fetched at once, and stored before the next ones."""


def add(
    session: Session,
    storage: Storage,
    closure: Closure,
    *,
    database: ProofSource | None,
    staging: Staging,
    dry_run: bool = False,
    repair: bool = False,
) -> Added:
    """Bring into a mirror what `closure` has and the mirror lacks.

    Args:
        session: the command.
        storage: the mirror.
        closure: what it is to have.
        database: the checksum database; None where GOSUMDB is off.
        staging: for files on their way.
        dry_run: store nothing.
        repair: read all of the mirror first; of what is damaged in it, have all files of its version anew.

    Raises:
        StorageError: the storage fails.
        ConflictError: somebody else has changed the mirror meanwhile.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    before, tag, sound = _present(storage, staging, dry_run=dry_run, repair=repair)
    closure = sound.widen(closure, before)
    missing = closure.without(sound.manifest)
    gomods = tuple(sorted(missing.gomods, key=sort_key))
    zips = tuple(sorted(missing.zips, key=sort_key))
    session.repo.reset(SumLedger())  # not one go.sum, but all of them count
    run = _Run(session, storage, before, sound, database, staging, closure)
    everything = sorted({*gomods, *zips}, key=sort_key)
    if dry_run:
        sizes = session.repo.zip_sizes(zips)
        after, proved = before, 0
    else:
        proved, after = run.add(gomods, zips, tag)
        sizes = run.sizes
    return Added(
        closure=closure,
        gomods=gomods,
        zips=zips,
        sizes=sizes,
        database=database.name if database is not None else "",
        proved=proved,
        private=tuple(mod for mod in everything if database is None or not database.covers(mod.path)),
        before=before,
        after=after,
        is_plan=dry_run,
        faults=tuple(run.faults),
        damaged=sound.restored + len(sound.damaged),
        mended=sound.restored + len(sound.damaged & run.files.keys()),
    )


def _present(storage: Storage, staging: Staging, *, dry_run: bool, repair: bool) -> tuple[Manifest, str, Sound]:
    """(the manifest, its tag, what of its files is sound), once an addition that was interrupted is settled."""
    if not dry_run:
        settle(storage)
    known, tag = read_manifest(storage)
    before = known or Manifest()
    return before, tag, sound_part(storage, before, staging, restore_all=not dry_run) if repair else Sound(before)


class _Run:
    """One run that adds to a mirror.

    Attributes:
        files, heads: what it has added to the manifest.
        sizes: of the zips that it has stored.
        faults: what could not be obtained.
    """

    def __init__(
        self,
        session: Session,
        storage: Storage,
        before: Manifest,
        sound: Sound,
        database: ProofSource | None,
        staging: Staging,
        closure: Closure,
    ) -> None:
        self.files: dict[str, Content] = {}
        self.heads: frozenset[tuple[str, Tree]] = frozenset()
        self.sizes: dict[ModuleVersion, int] = {}
        self.faults: list[Finding] = list(closure.faults)
        self._session = session
        self._storage = storage
        self._before = before
        self._sound = sound.manifest
        self._restored = sound.restored
        self._database = database
        self._staging = staging
        self._sums: dict[ModuleVersion, Collection[tuple[str, str]]] = dict(closure.sums)
        self._asking = closure.asking
        self._covered: set[ModuleVersion] = set()
        self._changes: dict[str, bytes] = {}  # the content of files that are to be written at the end

    def add(self, gomods: Sequence[ModuleVersion], zips: Sequence[ModuleVersion], tag: str) -> tuple[int, Manifest]:
        """Store the files of module versions, what proves them, the lists of versions, and the manifest.

        Args:
            gomods, zips: the module versions.
            tag: of the manifest that is there, "" for none.

        Returns:
            How many versions are proved, and what the mirror has now.
        """
        self._add_all(gomods, zips)
        proved = self._add_proofs()
        self._add_lists()
        after = Manifest({**self._before.files, **self.files}, self._before.heads | self.heads)
        in_vain = not after.files and self.faults  # an empty mirror would say that nothing is needed
        if self.files or self._restored or after != self._before or not (tag or in_vain):
            finish(self._storage, self._changes, after, tag)
        return proved, after

    def _add_all(self, gomods: Sequence[ModuleVersion], zips: Sequence[ModuleVersion]) -> None:
        """Store the files of module versions that prove."""
        repo = self._session.repo
        whole = frozenset(zips)
        mods = sorted({*gomods, *zips}, key=sort_key)
        for start in range(0, len(mods), _BATCH):
            batch = mods[start : start + _BATCH]
            wanted = [mod for mod in batch if mod in whole]
            repo.warm(Ask("gomod", *mod) for mod in batch)
            repo.warm(Ask("info", *mod) for mod in wanted)
            downloaded = {each.mod: each for each in repo.download(wanted, extract=False)}
            for mod in self._proved(batch):
                done = downloaded.get(mod)
                error = done.error if done is not None else None
                if error is not None:
                    self._fail(mod, error)  # there are proxies that have go.mod files alone: these are kept
                try:
                    self._add(mod, done.zip if done is not None and error is None else "")
                except StorageError:
                    raise
                except SecurityError as error:
                    error.place = error.place or self._asking(mod)
                    raise
                except Failure as failure:
                    self._fail(mod, failure)

    def _proved(self, batch: Sequence[ModuleVersion]) -> Iterable[ModuleVersion]:
        """Those of a batch that the database knows, or is not asked about; what it knows is in `self._sums` then."""
        database = self._database
        if database is None:
            return batch
        covered = [mod for mod in batch if database.covers(mod.path)]
        keys = [key for mod in covered for key in (mod, mod.gomod_key())]
        answers = database.lookup_many(keys) if keys else {}
        for mod in covered:
            found = [answers[mod], answers[mod.gomod_key()]]
            error = next((each for each in found if isinstance(each, GovgoError)), None)
            if error is not None:
                self._fail(mod, error)
                continue
            self._covered.add(mod)
            for key in (mod, mod.gomod_key()):
                lines = answers[key]
                assert not isinstance(lines, GovgoError)
                self._sums[key] = tuple((line.rpartition(" ")[2], database.name) for line in lines)
        return [mod for mod in batch if mod in self._covered or mod not in covered]

    def _fail(self, mod: ModuleVersion, error: GovgoError) -> None:
        place = self._asking(mod)
        if not isinstance(error, Failure):
            error.place = error.place or place
            raise error  # evidence of misbehaviour
        self.faults.append(from_error(None, error, place)._replace(module=mod).unchecked())

    def _add(self, mod: ModuleVersion, zip_file: str) -> None:
        repo = self._session.repo
        gomod = repo.gomod(mod)
        self._compare(mod.gomod_key(), hash_gomod(gomod))
        self._put(file_key(mod, "mod"), gomod)
        if zip_file:
            with self._staging.copy_file(zip_file) as copy:
                h1 = copy.zip_hash(mod)
                self._compare(mod, h1)
                self._put(file_key(mod, "ziphash"), h1.encode())
                if file_key(mod, "zip") not in self._sound.files:  # else its .info is missing alone
                    put_zip(self._storage, file_key(mod, "zip"), copy)
                    self.files[file_key(mod, "zip")] = copy.content
                    self.sizes[mod] = copy.content.size
            repo.info(mod.path, mod.version)  # some proxies lack it: builds do without, queries do not
            info = self._session.files.read_source(repo.cache_file(mod, "info"))
            if info is None:
                raise NotFoundError(f"{mod}: its .info is not in the module cache")
            self._put(file_key(mod, "info"), info)

    def _compare(self, key: ModuleVersion, h1: str) -> None:
        """Compare a hash with what the database proves, else with every go.sum that has the module.

        Raises:
            SumMismatchError: there is another one.
        """
        for want, source in self._sums.get(key, ()):
            if want.startswith("h1:") and want != h1:
                raise database_mismatch(source, key, h1, want)

    def _add_proofs(self) -> int:
        """Store lookups, tiles and the tree head; how many records."""
        database = self._database
        if database is None:
            return 0
        top = f"sumdb/{database.name}"
        stored = [mod for mod in self._covered if any(file_key(mod, each) in self.files for each in ("mod", "zip"))]
        mods = [mod for mod in stored if f"{top}/{lookup_path(mod)}" not in self._sound.files]
        lost = self._before.files.keys() - self._sound.files.keys()
        if not mods and not any(key.startswith(f"{top}/") for key in lost):
            return 0
        lookups = [key for key in self._sound.files if key.startswith(f"{top}/lookup/")]
        numbers = [parse_record(self._read(key)).number for key in lookups]
        sizes = self._before.tree_sizes(database.name)
        proofs = database.proofs(mods, numbers=numbers, sizes=sizes)
        for path, data in sorted(proofs.tiles.items()):
            self._put(f"{top}/{path}", data)
        for mod, record in proofs.records.items():
            self._put(f"{top}/{lookup_path(mod)}", format_record(record.number, record.text) + proofs.head.note)
        self._put(f"{top}/latest", proofs.head.note)
        self._put(f"{top}/supported", b"")
        self.heads = frozenset({(database.name, proofs.head.tree)})
        return len(mods)

    def _read(self, key: str) -> bytes:
        data = self._changes[key] if key in self._changes else self._storage.read(key)
        if data is None:
            raise StorageError(f"{key}: the mirror's manifest names it, and it is not there", key=key)
        return data

    def _add_lists(self) -> None:
        """Store the list of versions of every module that has got one; for one without tags, what is its latest."""
        every = {**self._before.files, **self.files}
        changed = {mod.path for key in self.files if key.endswith(".zip") and (mod := module_of_key(key)) is not None}
        versions: dict[str, set[str]] = {path: set() for path in changed}
        for key in every:
            if key.endswith(".zip") and (mod := module_of_key(key)) is not None and mod.path in changed:
                versions[mod.path].add(mod.version)
        for path in sorted(changed):
            data = version_list(frozenset(versions[path]))
            self._put(list_key(path), data)
            if not data:
                best = ModuleVersion(path, max(versions[path], key=semver.key))
                if file_key(best, "info") in every:
                    self._put(latest_key(path), self._read(file_key(best, "info")))

    def _put(self, key: str, data: bytes) -> None:
        content = content_of(data)
        assert content is not None
        if self._sound.files.get(key) == content or self.files.get(key) == content:
            return
        if self._before.files.get(key, content) != content and key.endswith((".mod", ".ziphash")):
            raise ConflictError(f"{self._storage} has {key} with another content: a version never changes")
        if key in self._sound.files or comes_late(key):
            self._changes[key] = data
        else:
            self._storage.replace(key, data)
        self.files[key] = content
