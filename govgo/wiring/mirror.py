# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `mirror`: storages by name, the checksum database, and temporary files."""

from __future__ import annotations

import glob
import hashlib
import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from typing import TYPE_CHECKING

from govgo.adapters.disk.atomic import write_file
from govgo.adapters.disk.trees import make_dirs
from govgo.adapters.http.remote import Web
from govgo.adapters.loop.network import Network
from govgo.adapters.proxy.indexrange import IndexRange, read_range
from govgo.adapters.storage.archive import ArchiveStorage, remove_staging
from govgo.adapters.storage.directory import DirectoryStorage
from govgo.adapters.storage.open import is_url, open_storage
from govgo.adapters.storage.staging import TemporaryStaging
from govgo.adapters.sumdb.session import SumClient
from govgo.adapters.workspace.planned import PlannedWorkspace
from govgo.app.mirror.add import add
from govgo.app.mirror.check import check_mirror
from govgo.app.mirror.closure import closure_of
from govgo.app.mirror.store import read_manifest
from govgo.app.mirror.transfer import PART_KEY, export, import_parts
from govgo.core.goenv import KNOWN_SUMDB_KEYS, OFF
from govgo.core.mirror.contents import Closure
from govgo.core.mirror.manifest import KEY, UNFINISHED, Manifest, compare, format_manifest, parse_manifest
from govgo.core.mirror.outcomes import Added, Checked, Compared, Shipped
from govgo.core.records import NamedTuple
from govgo.core.sumdb.gosumdb import database_of
from govgo.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from govgo.adapters.loop.network import NetworkOptions
    from govgo.load.session.session import Session
    from govgo.ports.storage import Storage

_PARTS = "govgo-mirror-"
"""What the names of the parts of an export begin with."""


class Index(NamedTuple):
    """A range of a module index: its URL, the time to begin with (RFC 3339, "" for all), and how many lines to read."""

    url: str
    since: str
    limit: int


def run_add(
    session: Session,
    mirror: str,
    where: Sequence[str],
    queries: Sequence[str],
    *,
    network: NetworkOptions,
    index: Index | None = None,
    alone: bool = False,
    tidy: bool = False,
    dry_run: bool = False,
    repair: bool = False,
) -> Added:
    """Bring into a mirror what builds need (arguments as for `closure_of` and `add`).

    Args:
        session: the command.
        mirror: what names the storage.
        network: how to talk to the checksum database.
        index: a range of a module index, whose versions are added, too.
        repair: fetch again what is damaged in the mirror; where nothing is named, that and nothing else.

    Raises:
        UsageError: an argument names nothing.
        GovgoError: as `add`.
    """
    with ExitStack() as held:
        storage = held.enter_context(closing(named_storage(session, mirror)))
        if not dry_run:
            _tidy(storage)
        database = None
        if session.settings.env.gosumdb != OFF:
            database = held.enter_context(SumClient(session.settings.env, session.report, network))
        listed = None if index is None else _read_index(session, index, network)
        modules = listed.modules if listed is not None else ()
        closure = Closure()
        if where or queries or listed is not None or not repair:
            closure = closure_of(session, where, queries, plan=PlannedWorkspace, listed=modules, alone=alone, tidy=tidy)
        done = add(
            session, storage, closure, database=database, staging=_staging(session), dry_run=dry_run, repair=repair
        )
        if index is None or listed is None:
            return done
        return done._replace(index_next=listed.settled or index.since)


def _read_index(session: Session, index: Index, options: NetworkOptions) -> IndexRange:
    now_us = int(time.time() * 1_000_000)
    with closing(Network(session.settings.env, session.report, options, local=False)) as network:
        found = network.run(read_range(Web(network.client).get, *index, now_us))
    if found.passed_over:
        session.report.note(f"{index.url}: {found.passed_over} lines name no version that a proxy can have")
    if found.crowded:
        session.report.note(f"{index.url}: {found.crowded} has more lines than an answer; those behind are not seen")
    return found


def run_check(session: Session, mirror: str) -> Checked:
    """Check a mirror, and ask nobody.

    Raises:
        NotFoundError: there is none.
        StorageError: it cannot be read.
    """
    with closing(named_storage(session, mirror)) as storage:
        manifest, _ = read_manifest(storage)
        if manifest is None:
            raise _no_mirror(mirror)
        keys = {entry.key for entry in storage.entries()}
        marks = {key for key in keys if key.startswith(UNFINISHED)}
        return check_mirror(
            storage,
            manifest,
            name=mirror,
            keys=_keys(session),
            covers=_covers(session),
            staging=_staging(session),
            report=session.report,
            unlisted=len(keys - manifest.files.keys() - marks - {KEY}),
            unfinished=bool(marks),
        )


def run_compare(session: Session, old: str, new: str) -> Compared:
    """Compare two mirrors, each named itself or by a manifest."""
    before, after = named_manifest(session, old), named_manifest(session, new)
    return Compared(before, after, compare(before, after))


def run_export(session: Session, mirror: str, directory: str, since: str, part_size: int) -> Shipped:
    """Write parts of a mirror, and its manifest beside them, into a directory (arguments as for `export`).

    A run that fails leaves no part, since some of them are of no use, and no directory that it has made.
    """
    base = named_manifest(session, since) if since else Manifest()
    target = session.absolute(directory)
    made: list[str] = []
    remove_staging(target, f"{_PARTS}*.tar")

    def name_part(digest: str, number: int, total: int) -> str:
        return f"{target}/{_PARTS}{digest[:12]}-{number:03d}-of-{total:03d}.tar"

    def open_part(path: str) -> ArchiveStorage:
        made.extend(each for each in (target, path) if not os.path.lexists(each))
        make_dirs(target)
        return _open_part(path)

    with ExitStack() as undo:
        undo.callback(_remove_all, made)
        with closing(named_storage(session, mirror)) as storage:
            done = export(
                storage, base, part_size=part_size, name_part=name_part, open_part=open_part, staging=_staging(session)
            )
        text = format_manifest(done.manifest)
        write_file(f"{target}/{_PARTS}{hashlib.sha256(text).hexdigest()[:12]}.manifest", text)
        undo.pop_all()
    return done


def _remove_all(paths: Sequence[str]) -> None:
    """Remove files, and directories that are empty then; the last one first."""
    for path in reversed(paths):
        with suppress(OSError):
            os.rmdir(path) if os.path.isdir(path) else os.unlink(path)


def run_import(session: Session, mirror: str, parts: Sequence[str]) -> Shipped:
    """Extend a mirror by parts, files or directories that hold them (arguments as for `import_parts`)."""
    files: dict[str, None] = {}
    for name in parts:
        path = session.absolute(name)
        inside = sorted(glob.glob(f"{glob.escape(path)}/{_PARTS}*-of-*.tar")) if os.path.isdir(path) else [path]
        if not inside or not all(map(os.path.isfile, inside)):
            raise UsageError(f"{name}: no parts of an exported mirror there")
        files.update(dict.fromkeys(inside))
    with ExitStack() as held:
        storage = held.enter_context(closing(named_storage(session, mirror)))
        _tidy(storage)
        opened = {path: held.enter_context(closing(_open_part(path))) for path in files}
        return import_parts(
            storage,
            opened,
            name=mirror,
            keys=_keys(session),
            covers=_covers(session),
            staging=_staging(session),
            report=session.report,
        )


def _tidy(storage: Storage) -> None:
    """Remove what runs have left in a directory that were killed long ago."""
    if isinstance(storage, DirectoryStorage):
        storage.remove_leftovers(time.time())


def named_manifest(session: Session, name: str) -> Manifest:
    """The manifest of a mirror, or in a file.

    Raises:
        NotFoundError: there is none.
        InputError: it is malformed.
    """
    path = session.absolute(name)
    if "://" not in name and os.path.isfile(path) and not path.endswith((".tar", ".zip")):
        data = session.files.read(path)
        return parse_manifest(data or b"", name)
    with closing(named_storage(session, name)) as storage:
        manifest, _ = read_manifest(storage)
    if manifest is None:
        raise _no_mirror(name)
    return manifest


def _no_mirror(name: str) -> NotFoundError:
    return NotFoundError(f"{name}: there is no mirror: it has no {KEY}")


def _open_part(path: str) -> ArchiveStorage:
    return ArchiveStorage(path, PART_KEY)


def _staging(session: Session) -> TemporaryStaging:
    return TemporaryStaging(session.settings.temp_dir)


def _keys(session: Session) -> dict[str, str]:
    """The verifier keys that are believed: those that everybody knows, and that of GOSUMDB."""
    keys = dict(KNOWN_SUMDB_KEYS)
    if session.settings.env.gosumdb != OFF:
        database = database_of(session.settings.env)
        keys[database.name] = database.key
    return keys


def _covers(session: Session) -> Callable[[str], bool]:
    """Whether a database is asked about a module path: here, as there."""
    env = session.settings.env
    return lambda path: env.gosumdb != OFF and env.uses_sumdb(path)


def named_storage(session: Session, name: str) -> Storage:
    """The storage that a word of the command line names; paths are relative to the working directory.

    Raises:
        UsageError: it names none.
    """
    return open_storage(name if is_url(name) else session.absolute(name), session.settings.env.process)
