# SPDX-License-Identifier: BSD-3-Clause
"""The event log of a server opened: its key, its place in the storage, its journal; and who follows other places."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

from govgo.adapters.http.remote import Web
from govgo.adapters.storage.below import StorageBelow
from govgo.adapters.storage.directory import DirectoryStorage
from govgo.adapters.storage.plain import PlainStorage
from govgo.adapters.sumdb.keyfile import FileMemory, create_key, default_key_file
from govgo.adapters.sumdb.remotelog import seen_head
from govgo.app.events.append import KIND, Appender
from govgo.app.events.log import EventLog
from govgo.app.sumdb.growing import GrowingLog, one_key
from govgo.core.goenv import GoEnv
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.storage.keys import EVENT_LOG, EVENTS
from govgo.core.sumdb.note import Verifier, parse_verifier
from govgo.core.sumdb.published import KEY
from govgo.core.sumdb.signer import Signer, verifier_key
from govgo.errors import NoteError, UsageError
from govgo.ports.storage import Storage
from govgo.serve.counters import Counters, followed_name
from govgo.serve.events.follow import Follower
from govgo.serve.events.follow import Means as FollowMeans
from govgo.serve.events.journal import Journal, Means
from govgo.serve.events.taking import Taking
from govgo.serve.http.site import Site
from govgo.serve.index.routes import IndexPages
from govgo.serve.settings import Settings
from govgo.serve.tables import Follow
from govgo.serve.upstream.leases import Leases
from govgo.serve.upstream.readthrough import ReadThrough
from govgo.serve.upstream.sumdbproofs import Proofs
from govgo.serve.upstream.zips import Means as FetchMeans


def log_storage(storage: Storage) -> Storage:
    """The files of the event log as a storage; in a directory each is on the disk before a head promises it."""
    if isinstance(storage, DirectoryStorage):
        return PlainStorage(f"{storage.root}/{EVENT_LOG}")
    return StorageBelow(storage, EVENT_LOG)


def open_key(settings: Settings, env: GoEnv) -> tuple[Signer, str]:
    """The private key of the event log, made where there is none, and its file.

    Raises:
        UsageError: the file has another key, or there is no place for one.
        DiskError: it cannot be written.
    """
    file = settings.events.key
    if not file:
        try:
            file = default_key_file(settings.events.name, env.process, "events")
        except UsageError:
            text = "events: no home directory for the private key; key in the table [events] names its file"
            raise UsageError(text) from None
    return create_key(file, settings.events.name), file


def verifier_of(signer: Signer) -> Verifier:
    """The key with which a log's heads are verified."""
    return parse_verifier(verifier_key(signer))._replace(origin=signer.name)


def open_journal(
    settings: Settings,
    env: GoEnv,
    storage: Storage,
    leases: Leases,
    is_private: Callable[[str], bool],
    say: Callable[[str], object],
) -> Journal:
    """The journal that settings ask for; one that tells nothing where there is no event log (errors as `open_key`)."""
    if not settings.events.name or settings.read_only:
        return Journal()
    signer, file = open_key(settings, env)
    files = log_storage(storage)
    growing = GrowingLog(files, one_key(signer, verifier_of(signer)), FileMemory(file), KIND)
    appender = Appender(files, growing, time.time)
    leaves_out = is_private if not settings.events.private else lambda path: False
    return Journal(Means(appender, storage, leaves_out, say, leases.take))


def open_pages(settings: Settings, env: GoEnv, storage: Storage, site: Site) -> IndexPages | None:
    """What is answered about the event log; None where there is none (errors as `open_key`).

    A server that stores nothing needs no private key: it shows the log that is there, which others verify.

    Raises:
        StorageError: such a server cannot read the key.
    """
    if not settings.events.name:
        return None
    files = log_storage(storage)
    if settings.read_only:
        key = (files.read(KEY, 0, 4096) or b"").decode("utf-8", "replace").strip()
        try:
            verifier = parse_verifier(key)
        except NoteError:
            return None
        verifier = verifier._replace(origin=verifier.name)
    else:
        signer, _ = open_key(settings, env)
        key, verifier = verifier_key(signer), verifier_of(signer)
    log = EventLog(files, verifier)
    names = frozenset(parse_verifier(peer.key).name for peer in settings.peers)
    room = StorageBelow(storage, EVENTS)

    def seen(name: str) -> bytes:
        return seen_head(name, room) if name in names else b""

    def is_refused(mod: ModuleVersion) -> bool:
        return bool(site.policy.refusal(mod.path, mod.version))  # by the rules as they are now

    def is_private() -> bool:
        return site.access.is_closed

    return IndexPages(site.cold, log, key, site.journal.is_removed, is_refused, seen, is_private=is_private)


def make_followers(
    settings: Settings,
    means: FetchMeans,
    library: ReadThrough,
    peer_library: Callable[[str], ReadThrough],
    web: Web,
    journal: Journal,
    is_private: Callable[[str], bool],
    lives_here: Callable[[str], bool],
) -> tuple[Follower, ...]:
    """Who follows the places that settings name, each at the slot of its counters; nobody where nothing is stored.

    Args:
        settings: of the server.
        means: of its library.
        library: the server's own.
        peer_library: gives one that has a proxy alone for upstream.
        web: opens the places.
        journal: called with what is taken.
        is_private: whether a module path must not be named to others.
        lives_here: whether a module is published here alone, so that nobody else is asked for it.
    """
    if settings.read_only:
        return ()
    files = StorageBelow(means.storage, EVENTS)
    common = FollowMeans(means.cold, web, files, means.leases.take, journal.stored, means.log, journal.begun)
    followers: list[Follower] = []
    for slot, follow in enumerate((*settings.peers, *settings.follow)):
        verifier = None
        libraries = _one(library)
        if follow.key:
            verifier = parse_verifier(follow.key)
            verifier = verifier._replace(origin=verifier.name)
            libraries = partial(_libraries, means.proofs, is_private, follow, peer_library(follow.url), library)
        asked = partial(_elsewhere, lives_here, libraries)
        taking = Taking(means.cold, means.storage, settings.policy, asked, zips=follow.zips)
        count = partial(_count, means.counters, slot)
        vantages = [peer.url for peer in settings.peers if peer.url != follow.url] if follow.key else []
        followers.append(Follower(follow, verifier, taking, common, count, vantages))
    return tuple(followers)


def _elsewhere(
    lives_here: Callable[[str], bool], libraries: Callable[[str], Sequence[ReadThrough]], path: str
) -> Sequence[ReadThrough]:
    """Who is asked for a module: nobody for one that lives here, whatever others tell of it."""
    return () if lives_here(path) else libraries(path)


def _one(library: ReadThrough) -> Callable[[str], Sequence[ReadThrough]]:
    return lambda path: (library,)


def _libraries(
    proofs: Proofs,
    is_private: Callable[[str], bool],
    follow: Follow,
    peer: ReadThrough,
    library: ReadThrough,
    path: str,
) -> tuple[ReadThrough, ...]:
    """Who is asked for a module that a peer tells of; nobody for what is not taken from it.

    What the database proves may come from anywhere. For anything else the peer would be believed, so it is asked only
    where that is said; and the name of a private module is told to nobody else.
    """
    if proofs.covers(path):
        return peer, library
    if follow.private:
        return (peer,)
    return () if is_private(path) else (library,)


def _count(counters: Counters, slot: int, fact: str, value: int) -> None:
    counters.set(followed_name(slot, fact), value)
