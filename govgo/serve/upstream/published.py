# SPDX-License-Identifier: BSD-3-Clause
"""Modules that live in this storage alone: published here, served from here, and never looked for anywhere else.

A version is its zip and its record (`core.storage.published`); it is there when the record is. What is read is compared
with the hashes in the record. Lists are made of the records each time they are asked for: a version that was published
by another process, or on another machine, is in them at once.

    VERSION.zip           created, where nothing is there
    VERSION.HEX.upload    the zip, where something else is: HEX is its h1:
    VERSION.published     created: whoever gets through has published the version
    VERSION.zip           replaced by the upload, where there is one
    .ziphash .mod .info   what follows from the two

A writer that is killed leaves nothing that anybody is told. Leases make writers wait for each other, and nothing
depends on them: a writer whose lease was taken over may go on at any moment. Before the record nothing is replaced, and
after it only by what the record says, so in whatever order they write, the version is that of the record, whole.

What is damaged is not removed, as nobody else has it: to publish the same bytes again mends it, the record, too.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol

from govgo.adapters.disk.system import path_of, sync
from govgo.adapters.modzip.examine import gomod_in
from govgo.adapters.proxy.revinfo import parse_info
from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.module.escape import unescape_version
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.patterns import match_prefix_patterns
from govgo.core.modzip.bounds import MAX_GO_MOD
from govgo.core.storage.keys import file_key
from govgo.core.storage.published import (
    MAX_BYTES,
    SUFFIX,
    AlreadyPublishedError,
    Published,
    format_published,
    parse_published,
)
from govgo.core.version import semver
from govgo.core.version.pseudo import is_pseudo
from govgo.errors import (
    BadZipError,
    CacheCorruptError,
    DiskError,
    Failure,
    InputError,
    IntegrityError,
    NotFoundError,
)
from govgo.ports.storage import LocalStorage
from govgo.serve.protocol.answer import Body, Refusal, StoredFile
from govgo.serve.protocol.question import Question, is_settled
from govgo.serve.upstream.bounded import BoundedDict
from govgo.serve.upstream.errorstatus import refusal_of
from govgo.serve.upstream.singleflight import Flights
from govgo.serve.upstream.stored import open_zip, version_files
from govgo.serve.upstream.zips import Means

_UPLOAD = ".upload"


class Ledger(Protocol):
    """A checksum database of one's own, to which versions are added before anybody can see them."""

    def __call__(self, mod: ModuleVersion, zip_h1: str, gomod_h1: str) -> None:
        """Add a record, unless it is there.  Raises SumMismatchError, Failure."""
        ...


class PublishedModules:
    """See the module's docstring. Belongs to the cold loop."""

    def __init__(self, means: Means, patterns: str, ledger: Ledger | None = None) -> None:
        """`patterns` are those of the modules that live here, as in GOPRIVATE."""
        self._means = means
        self._patterns = patterns.lower()
        self._ledger = ledger
        self._sound = BoundedDict()
        self._proving: Flights[StoredFile] = Flights()

    def covers(self, path: str) -> bool:
        """Whether a module lives here alone; in whatever capitals, since another spelling must lead nowhere else."""
        return bool(path) and match_prefix_patterns(self._patterns, path.lower())

    async def answer(self, question: Question) -> Body | StoredFile | Refusal:
        """The answer to a question about one of these modules. "Not found" may change at any moment."""
        try:
            return await self._answer(question)
        except (IntegrityError, DiskError) as error:
            self._means.counters.add("damaged")
            self._means.log(f"{question.key}: damaged, and published here alone: {error}")
            return Refusal(503, f"damaged in the storage of this server; publish the same bytes again: {error}")
        except Failure as error:
            return refusal_of(error)

    async def _answer(self, question: Question) -> Body | StoredFile:
        if question.kind == "list":
            versions = [version for version in await self.versions(question.path) if not is_pseudo(version)]
            return Body("".join(f"{version}\n" for version in versions).encode(), time.time(), 0.0)
        if question.kind == "latest":
            version = _latest(await self.versions(question.path))
            if not version:
                raise NotFoundError(f"not found: no version of {question.path} is published here")
            record = await self.record(ModuleVersion(question.path, version))
            assert record is not None
            return Body(record.info, time.time(), 0.0)
        mod = question.module
        if question.kind == "query":
            raise NotFoundError(f"not found: {mod}: modules that are published here have versions alone, no branches")
        record = await self.record(mod)
        if record is None:
            raise NotFoundError(f"not found: {mod} is not published here")
        if question.kind == "info":
            return Body(record.info, datetime.fromisoformat(record.time).timestamp())
        if question.kind == "mod":
            return await self._gomod(mod, record)
        return await self._proving.join(mod, lambda: self._zip(mod, record))

    async def versions(self, path: str) -> list[str]:
        """The versions of a module that are published, lowest first (errors as `version_files`)."""
        names = await self._means.cold.stored(
            lambda: [name for name in version_files(self._means.storage, path) if name.endswith(f".{SUFFIX}")]
        )
        found = []
        for name in names:
            stem = name.removesuffix(f".{SUFFIX}")
            if "/" not in stem:
                try:
                    found.append(unescape_version(stem))
                except InputError:
                    continue  # no file of ours
        settled = (version for version in found if is_settled(path, version))  # others were never published
        return sorted(settled, key=lambda version: (semver.key(version), version))

    async def record(self, mod: ModuleVersion) -> Published | None:
        """The record of a version; None where it is not published.

        Raises:
            CacheCorruptError: it is damaged.
            StorageError: the storage cannot be asked.
        """
        key = file_key(mod, SUFFIX)
        data = await self._means.cold.stored(lambda: self._means.storage.read(key, 0, MAX_BYTES))
        return None if data is None else parse_published(key, mod.version, data)

    async def _gomod(self, mod: ModuleVersion, record: Published) -> Body:
        key = file_key(mod, "mod")
        data = await self._means.cold.stored(lambda: self._means.storage.read(key, 0, MAX_GO_MOD + 1))
        if data is None or hash_gomod(data) != record.gomod_sum:
            found = await self._proving.join(mod, lambda: self._zip(mod, record))
            path = path_of(found.file.descriptor)
            gomod: bytes = await self._means.cold.computed(lambda: gomod_in(path, mod))
            await self._mend(key, lambda: self._put(key, gomod))
            data = gomod
        return Body(data, datetime.fromisoformat(record.time).timestamp())

    async def _zip(self, mod: ModuleVersion, record: Published) -> StoredFile:
        key = file_key(mod, "zip")
        try:
            return await self._sound_zip(key, record)
        except (BadZipError, CacheCorruptError):
            try:
                upload = await self._sound_zip(_upload_key(mod, record), record)
            except (BadZipError, CacheCorruptError):
                upload = None
            if upload is None:
                raise
        path = path_of(upload.file.descriptor)
        await self._mend(key, lambda: self._means.storage.replace_from(key, path))
        return upload._replace(key=key)

    async def _sound_zip(self, key: str, record: Published) -> StoredFile:
        """A stored zip that is the one of a record.  Raises BadZipError, CacheCorruptError: it is not, or is lost."""
        opened = await open_zip(self._means.cold, self._means.copies, key, self._sound.get((key, record.sum)))
        if opened is None:
            raise CacheCorruptError(f"{key} is lost")
        found, h1 = opened
        if h1 and h1 != record.sum:
            raise CacheCorruptError(f"{key} is not the file that was published")
        self._sound.keep((key, record.sum), found.digest)
        return found

    async def _mend(self, key: str, write: Callable[[], object]) -> None:
        """Write what follows from the rest, for the next reader; this one has it already."""
        try:
            await self._means.cold.stored(write, is_large=True)
            self._means.log(f"{key}: mended from what lies beside it")
        except Failure as error:
            self._means.log(f"{key}: could not be mended: {error}")

    # New versions.

    async def add(self, mod: ModuleVersion, path: str, h1: str, gomod: bytes, by: str) -> tuple[Published, bool]:
        """Publish a version.

        Args:
            mod: the version.
            path: a file with its zip, which was checked and may be moved away.
            h1: of the zip.
            gomod: the go.mod in it.
            by: who publishes it.

        Returns:
            Its record, and whether it is new; False where the same was published before.

        Raises:
            AlreadyPublishedError: it was published with other bytes.
            SumMismatchError: one's own checksum database has another record of it.
            Failure: the storage or the database failed; the next try continues.
        """
        wanted = Published(mod.version, _shown(datetime.now(UTC)), h1, hash_gomod(gomod), by)
        while True:
            async with self._means.leases.hold(file_key(mod, SUFFIX)) as ours:
                if ours:
                    await self._create(mod, path, wanted)
                try:
                    record = await self.record(mod)
                except CacheCorruptError as error:
                    record = await self._means.cold.stored(lambda: self._record_anew(mod, wanted))
                    self._means.log(f"{mod}: mended: {error}")
                if record is None:
                    continue  # it was removed meanwhile
                if (record.sum, record.gomod_sum) != (wanted.sum, wanted.gomod_sum):
                    await self._means.cold.stored(lambda: self._means.storage.delete(_upload_key(mod, wanted)))
                    raise AlreadyPublishedError(
                        f"{mod} is published already, with other bytes ({record.sum}): take a new version"
                    )
                await self._complete(mod, path, gomod, record)
                return record, ours and record == wanted

    async def _create(self, mod: ModuleVersion, path: str, record: Published) -> None:
        """Write the zip, and the record if there is none: the first one to get there has published the version."""
        storage, stored = self._means.storage, self._means.cold.stored
        key, upload = file_key(mod, "zip"), _upload_key(mod, record)

        def put() -> bool:
            with open(path, "rb") as file:
                sync(file.fileno())
            return storage.create_from(key, path)

        if not await stored(put, is_large=True) and not await self._is_sound(key, record):
            # Of a writer that was killed or is slow, of upstream from another time, or damaged.
            await stored(lambda: storage.replace_from(upload, path), is_large=True)
        if self._ledger is not None:
            ledger = self._ledger
            await stored(lambda: ledger(mod, record.sum, record.gomod_sum))
        if await stored(lambda: storage.create(file_key(mod, SUFFIX), format_published(record))):
            self._means.counters.add("stored")

    async def _is_sound(self, key: str, record: Published) -> bool:
        try:
            await self._sound_zip(key, record)
        except (BadZipError, CacheCorruptError):
            return False
        return True

    async def _complete(self, mod: ModuleVersion, path: str, gomod: bytes, record: Published) -> None:
        """Write all of a version whose record is there and whose zip is at `path`, unless it was moved."""
        storage, stored = self._means.storage, self._means.cold.stored
        zip_key = file_key(mod, "zip")
        if not await self._is_sound(zip_key, record):
            source = path
            if not os.path.exists(path):
                upload = await self._sound_zip(_upload_key(mod, record), record)
                source = path_of(upload.file.descriptor)
            await stored(lambda: storage.replace_from(zip_key, source), is_large=True)

        def write() -> None:
            # The .mod is created before it is replaced: so a directory names the version in its list, as for a
            # file:// proxy.
            for suffix, data in (("ziphash", record.sum.encode()), ("mod", gomod), ("info", record.info)):
                self._put(file_key(mod, suffix), data)
            if isinstance(storage, LocalStorage):
                storage.replace(file_key(mod, SUFFIX), format_published(record))  # on the disk before anybody is told
            for upload in list(storage.entries(zip_key.removesuffix("zip"))):
                if upload.key.endswith(_UPLOAD):
                    storage.delete(upload.key)

        await stored(write)

    def _put(self, key: str, data: bytes) -> None:
        """Write a small file unless it is there as it is to be."""
        storage = self._means.storage
        if storage.read(key, 0, len(data) + 1) == data:
            return
        if not storage.create(key, data) or isinstance(storage, LocalStorage):
            storage.replace(key, data)  # synced

    def _record_anew(self, mod: ModuleVersion, wanted: Published) -> Published:
        """Replace a record that is damaged, where what is sent is what was published: the .ziphash beside it says that.

        Raises:
            AlreadyPublishedError: it is not.
        """
        storage, key = self._means.storage, file_key(mod, SUFFIX)
        stated = storage.read(file_key(mod, "ziphash"), 0, MAX_BYTES) or b""
        if stated.strip() != wanted.sum.encode():
            raise AlreadyPublishedError(
                f"{mod} is published already, its record {key} is damaged, and what is left does not say that it was "
                "published with these bytes: put that file back from a backup, or take a new version"
            )
        with suppress(InputError):
            then = parse_info(storage.read(file_key(mod, "info"), 0, MAX_BYTES) or b"").time
            if then is not None:
                wanted = wanted._replace(time=_shown(then))
        if self._ledger is not None:
            self._ledger(mod, wanted.sum, wanted.gomod_sum)
        storage.replace(key, format_published(wanted))
        return wanted


def ledger_of(add: Callable[[dict[ModuleVersion, bytes]], object]) -> Ledger:
    """The ledger of a database (`app.sumdb.publisher.Publisher.add`)."""
    from govgo.core.sumdb.rules import make_record

    def record(mod: ModuleVersion, zip_h1: str, gomod_h1: str) -> None:
        add({mod: make_record(mod, zip_h1, gomod_h1)})

    return record


def _latest(versions: list[str]) -> str:
    """The version of @latest: the highest release, else the highest pre-release, else the highest pseudo-version."""
    tagged = [version for version in versions if not is_pseudo(version)]
    released = [version for version in tagged if not semver.prerelease(version)]
    return next((each[-1] for each in (released, tagged, versions) if each), "")


def _upload_key(mod: ModuleVersion, record: Published) -> str:
    """Where the zip of a record lies that could not have its own name yet; another zip has another one."""
    return file_key(mod, hashlib.sha256(record.sum.encode()).hexdigest()[:32] + _UPLOAD)


def _shown(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
