# SPDX-License-Identifier: BSD-3-Clause
"""A log that grows in a storage, by any number of writers that may be killed at any moment.

To add records is to decide, then to write what follows from the decision, then to show it:

    pending/SIZE-HASH    created: the new records, under the name of the tree that they lead to
    commit               swapped from the tree head that was read to the new one: of several writers one gets through
    tiles, others        created: they follow from `commit` and the pending records, whoever writes them
    latest               swapped: clients see the new tree

Nothing is shown before `commit` has changed, and what is written after that is the same whoever does it. So a writer
that finds `latest` behind `commit` first ends the work of the one that was killed; and two signed heads of one size
with different hashes cannot be stored. The swap of `commit` is the only lock.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from govgo.core.records import NamedTuple
from govgo.core.sumdb.append import edge_tiles
from govgo.core.sumdb.heads import EMPTY_HEAD, MAX_HEAD_BYTES, Head, fork_error, read_head
from govgo.core.sumdb.note import Note, Verifier, format_note, read_note
from govgo.core.sumdb.published import (
    COMMIT,
    KEY,
    LATEST,
    MAX_KEY_BYTES,
    MAX_PENDING_BYTES,
    PENDING,
    Edge,
    data_edge,
    format_keys,
    format_pending,
    grown_tiles,
    parse_pending,
    pending_key,
    pending_size,
)
from govgo.core.sumdb.record import MAX_LOOKUP_BYTES
from govgo.core.sumdb.rules import join_data_tile, max_tile_bytes, split_data_tile
from govgo.core.sumdb.signer import Signer, sign_note, verifier_key
from govgo.core.sumdb.tile import HashedTile, Tile
from govgo.core.sumdb.tileauth import TileAuth, prefix_nodes
from govgo.core.sumdb.tlog import HASH_SIZE, Node, Tree, format_tree
from govgo.errors import ConflictError, IntegrityError, UsageError
from govgo.ports.storage import Storage

ATTEMPTS = 60
"""How often a writer tries to get through before it gives up; others get through meanwhile."""
_WRITERS = 16


class HeadMemory(Protocol):
    """Remembers the largest tree head that a private key has decided on, apart from the storage.

    It shows that a storage was set back, as by a backup: to go on from there would sign a second history.
    """

    def read(self) -> bytes:
        """The signed head, b"" for none."""
        ...

    def write(self, note: bytes, *, anew: bool = False) -> None:
        """Remember another if its tree is larger; `anew`: also one of the same tree that other keys have signed."""
        ...


class Keys(NamedTuple):
    """The keys of a log: one, or two while clients change from one to the other. All sign every head.

    Attributes:
        verifiers: the public keys.
        signers: the private ones, in the same order.
    """

    verifiers: tuple[Verifier, ...]
    signers: tuple[Signer, ...]


def one_key(signer: Signer, verifier: Verifier) -> Callable[[], Keys]:
    """The keys of a log that has one forever."""
    keys = Keys((verifier,), (signer,))
    return lambda: keys


class Kind(NamedTuple):
    """What a log is for.

    Attributes:
        noun: what it is called.
        missing: what is to be done where there is none, as a sentence.
        others: the files beside tiles that follow from new records: (size before, texts, signed head) to (key, bytes).
        rooms: the prefixes of all such files.
        is_same: whether two contents of such a file say the same; their signatures may differ.
    """

    noun: str
    missing: str
    others: Callable[[int, Sequence[bytes], Head], Iterable[tuple[str, bytes]]] = lambda size, texts, head: ()
    rooms: tuple[str, ...] = ()
    is_same: Callable[[bytes, bytes], bool] = bytes.__eq__


class _Start(NamedTuple):
    """What a writer begins with.

    Attributes:
        head: the one that has been decided on.
        tag: of its file.
        edge: of its tree.
        keys: read after the tag: where the log gets another key, the swap that sees them change is lost.
    """

    head: Head
    tag: str
    edge: Edge
    keys: Keys


class GrowingLog:
    """A log in a storage, and the keys to make it grow."""

    def __init__(
        self,
        storage: Storage,
        keys: Callable[[], Keys],
        memory: HeadMemory,
        kind: Kind,
        *,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Nothing is read yet.

        Args:
            storage: of the log.
            keys: reads its keys; asked again before each head is signed, since others may give it another one. The
                origin of its heads is that of the first.
            memory: what these keys have decided on.
            kind: what the log is for.
            pause: waits for so many seconds, when another writer was faster.
        """
        self._storage = storage
        self._read_keys = keys
        self._memory = memory
        self._kind = kind
        self._pause = pause

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        """Its keys as they are now."""
        return self._read_keys().verifiers

    def create(self) -> bool:
        """Make the files of an empty log; False where there is one with this key already.

        Raises:
            UsageError: the storage has a log with another key.
            IntegrityError: the storage has lost a log with this key, or the key has signed one elsewhere.
        """
        keys = self._read_keys()
        if self._is_missing():
            try:
                self._check_new(keys)
            except IntegrityError:
                if self._is_missing():
                    raise
                # else another process has made it just now, and added to it
        mine = format_keys([verifier_key(signer) for signer in keys.signers])
        fresh = self._storage.create(KEY, mine)
        if mine not in (self._storage.read(KEY, 0, MAX_KEY_BYTES) or b"").splitlines(keepends=True):
            text = f"the {self._kind.noun} in {self._storage} was made with another key"
            raise UsageError(text, hint=f"use that key, or move {self._storage} away to begin anew")
        note = _sign(EMPTY_HEAD.tree, keys).note
        self._storage.create(LATEST, note)
        self._storage.create(COMMIT, note)
        return fresh

    def _is_missing(self) -> bool:
        return self._storage.head(COMMIT) is None or self._storage.head(LATEST) is None

    def _check_new(self, keys: Keys) -> None:
        """Refuse to sign the empty tree for a log that had records: who has seen them would see two histories."""
        note = self._memory.read()
        known = read_head(note, *keys.verifiers) if note else EMPTY_HEAD
        if known.tree.size:
            raise IntegrityError(
                f"{self._storage} has no tree, and this key has signed one of {known.tree.size} records",
                hint=f"bring the files back, or make a new {self._kind.noun} with a new key",
            )
        for prefix in ("tile/", *self._kind.rooms):
            if next(iter(self._storage.entries(prefix)), None) is not None:
                raise IntegrityError(
                    f"{self._storage} has lost {COMMIT} or {LATEST}, and has other files of the {self._kind.noun}",
                    hint=f"bring them back: a new {self._kind.noun} needs a storage of its own",
                )

    def append(self, choose: Callable[[Head, Edge], Sequence[bytes]]) -> tuple[int, Head]:
        """Append records, and publish the new tree head.

        Args:
            choose: says what is to follow a tree that has been decided on and published, given its head and edge; asked
                again where another writer was faster. No records: nothing is to be appended.

        Returns:
            The number of the first of them, and the newest head.

        Raises:
            ConflictError: other writers were faster each time.
            IntegrityError: the storage is damaged or was set back.
            ForkError: the storage holds another history than the one that this key has signed.
            StorageError: the storage failed.
        """
        for attempt in range(ATTEMPTS):
            start = self._start()
            texts = choose(start.head, start.edge)
            if not texts:
                return start.head.tree.size, start.head
            head = _sign(start.edge.grown(texts), start.keys)
            self._storage.create(pending_key(head.tree), format_pending(start.head.tree.size, texts))
            if self._storage.swap(COMMIT, head.note, start.tag):
                self._memory.write(head.note)
                self._publish(start.edge, head, start.keys)
                return start.edge.size, head
            self._pause(random.uniform(0, 0.02 * min(attempt + 1, 20)))
        raise ConflictError(f"other writers of the {self._kind.noun} were faster each time; nothing more was added")

    def finish(self) -> Head:
        """End what another writer has decided on and not published (errors as `append`).

        Returns:
            The newest head, without cosignatures.
        """
        return self._start().head

    def resign(self, retired: Verifier | None = None) -> Head:
        """Let the newest head be signed by all keys that there are now (errors as `append`).

        Args:
            retired: a key of the log no more; its signature goes.

        Returns:
            The newest head.
        """
        while True:
            start = self._start()
            head = _sign(start.head.tree, start.keys)
            if self._storage.swap(COMMIT, head.note, start.tag):
                self._memory.write(head.note, anew=True)
                if self._show_resigned(head, start.keys, retired):
                    return head

    def _show_resigned(self, head: Head, keys: Keys, retired: Verifier | None) -> bool:
        """Let clients see all signatures, and cosignatures as they were; False where there is a newer head by now."""
        while True:
            found = self._storage.head(LATEST)
            note = self._storage.read(LATEST, 0, MAX_HEAD_BYTES)
            if found is None or note is None:
                raise IntegrityError(f"{self._storage} has lost {LATEST}")
            if read_head(note, *keys.verifiers).tree != head.tree:
                return False
            gone = None if retired is None else (retired.name, retired.key_hash)
            others = [each for each in read_note(note, keys.verifiers).unverified if (each.name, each.key_hash) != gone]
            text = read_note(head.note, keys.verifiers)
            whole = format_note(text._replace(signatures=(*text.signatures, *others)))
            if whole == note or self._storage.swap(LATEST, whole, found.tag):
                return True

    def _start(self) -> _Start:
        """The head that has been decided on, when all that follows from it is published."""
        while True:
            # Both before `commit`: so neither can be ahead of it, unless the storage was set back.
            note = self._memory.read()
            latest = self._storage.read(LATEST, 0, MAX_HEAD_BYTES)
            found = self._storage.head(COMMIT)  # before it is read: a tag that is too old fails, one too new would not
            commit = self._storage.read(COMMIT, 0, MAX_HEAD_BYTES)
            if found is None or latest is None or commit is None:
                raise UsageError(f"{self._storage} has no {self._kind.noun}; {self._kind.missing}")
            keys = self._read_keys()
            shown, head = (read_head(each, *keys.verifiers) for each in (latest, commit))
            if shown.tree.size > head.tree.size or (shown.tree != head.tree and shown.tree.size == head.tree.size):
                raise IntegrityError(f"{COMMIT} has a tree of {head.tree.size} records, {LATEST} of {shown.tree.size}")
            self._check_memory(note, shown, head, keys)
            if shown.tree == head.tree or self._publish(stored_edge(self._storage, shown.tree), head, keys):
                return _Start(head, found.tag, stored_edge(self._storage, head.tree), keys)

    def _publish(self, edge: Edge, head: Head, keys: Keys) -> bool:
        """Write what follows from a decision, and show it; False where another writer has done so meanwhile."""
        data = self._storage.read(pending_key(head.tree), 0, MAX_PENDING_BYTES)
        if data is None:
            shown = self._latest(keys)
            if shown is not None and shown.tree.size >= head.tree.size:
                return False
            text = f"{self._storage} has lost the records of tree {head.tree.size}: {pending_key(head.tree)}"
            raise IntegrityError(text)
        size, texts = parse_pending(data)
        if size != edge.size or edge.grown(texts) != head.tree:
            shown = self._latest(keys)
            if shown is not None and shown.tree.size > edge.size:
                return False
            raise IntegrityError(f"{pending_key(head.tree)} does not lead to the tree that has been decided on")
        with ThreadPoolExecutor(_WRITERS) as pool:
            # What the head in another file needs is there before that file is.
            for files in (grown_tiles(edge, texts), self._kind.others(edge.size, texts, head)):
                for _ in pool.map(self._create, files):
                    pass
        self._show(head, keys)
        for entry in list(self._storage.entries(PENDING)):
            if 0 <= pending_size(entry.key) <= head.tree.size:
                self._storage.delete(entry.key)
        return True

    def _create(self, file: tuple[str, bytes]) -> None:
        key, data = file
        if self._storage.create(key, data):
            return
        found = self._storage.read(key, 0, max(len(data) + 1, MAX_LOOKUP_BYTES))
        is_same = bytes.__eq__ if key.startswith("tile/") else self._kind.is_same
        if found is None or not is_same(found, data):
            raise IntegrityError(
                f"{key} is not what the records lead to; it is damaged, or of another {self._kind.noun}"
            )

    def _show(self, head: Head, keys: Keys) -> None:
        while True:
            found = self._storage.head(LATEST)
            shown = self._latest(keys)
            if found is None or shown is None:
                raise IntegrityError(f"{self._storage} has lost {LATEST}")
            if shown.tree.size >= head.tree.size or self._storage.swap(LATEST, head.note, found.tag):
                return

    def _check_memory(self, note: bytes, shown: Head, head: Head, keys: Keys) -> None:
        """Compare the tree head in the storage with the largest that this key has decided on before."""
        known = read_head(note, *keys.verifiers) if note else EMPTY_HEAD
        size = known.tree.size
        if size > head.tree.size:
            raise IntegrityError(
                f"{self._storage} was set back: it has a tree of {head.tree.size} records, and this key has signed "
                f"one of {size}",
                hint="bring the newer files back: to go on from here would show two histories to the world; "
                f"or move {self._storage} away and begin anew, with a new name and key",
            )
        if shown.tree.size < size < head.tree.size:
            # Nothing is decided before all is published: so by now `latest` has what was not in it a moment ago.
            shown = self._latest(keys) or shown
        if size <= shown.tree.size:
            root = stored_tiles(self._storage, shown.tree, prefix_nodes(size)).prefix_root(size)
        else:
            root = head.tree.hash if size == head.tree.size else b""
        if root != known.tree.hash:
            raise fork_error(known, head, root, ())
        if size < head.tree.size:
            self._memory.write(head.note)

    def _latest(self, keys: Keys) -> Head | None:
        note = self._storage.read(LATEST, 0, MAX_HEAD_BYTES)
        return None if note is None else read_head(note, *keys.verifiers)


def _sign(tree: Tree, keys: Keys) -> Head:
    return Head(tree, sign_note(Note(format_tree(tree, keys.verifiers[0].origin)), keys.signers))


def stored_edge(storage: Storage, tree: Tree) -> Edge:
    """The edge of a tree in a storage, proved by its hash.

    Raises:
        IntegrityError: files are lost or damaged.
    """
    tiles = tuple(_stored(storage, tile) for tile in edge_tiles(tree.size))
    last = data_edge(tree.size)
    texts = () if last is None else tuple(split_data_tile(_stored(storage, last), last.width))
    edge = Edge(tree.size, tiles, texts)
    if edge.tree() != tree or not edge.has_its_records():
        raise IntegrityError(f"the tiles at the edge of tree {tree.size} are damaged: they are not what was signed")
    return edge


def stored_tiles(storage: Storage, tree: Tree, nodes: Iterable[Node]) -> TileAuth:
    """Prove nodes of a tree by the tiles in a storage.

    Raises:
        IntegrityError: tiles are lost or damaged.
    """
    auth = TileAuth(tree)
    for tile in auth.ask(nodes):
        auth.add(HashedTile(tile, _stored(storage, tile)))
    auth.prove()
    return auth


def stored_tile(storage: Storage, tile: Tile) -> bytes | None:
    """The bytes of a tile, not proved; None where there is none.

    A partial tile may go when the full one, which begins with it, is there.
    """
    data = storage.read(tile.path, 0, max_tile_bytes(tile) + 1)
    if data is not None or tile.is_full:
        return data
    full = storage.read(tile.full.path, 0, max_tile_bytes(tile) + 1)
    if full is None:
        return None
    if tile.level >= 0:
        return full[: tile.width * HASH_SIZE]
    return join_data_tile(split_data_tile(full, 1 << tile.height)[: tile.width])


def _stored(storage: Storage, tile: Tile) -> bytes:
    data = stored_tile(storage, tile)
    if data is None:
        raise IntegrityError(f"{storage} has lost {tile.path}")
    return data
