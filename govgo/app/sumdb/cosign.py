# SPDX-License-Identifier: BSD-3-Clause
"""Cosignatures of witnesses for the tree head of one's own checksum database (c2sp.org/tlog-witness).

Anybody may add a signature line to a note. Only those of witnesses whose keys are given are kept, after they were
checked, and only of the tree that is shown now; whoever publishes needs no private key for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Protocol

from govgo.app.sumdb.growing import stored_tiles
from govgo.app.sumdb.publisher import database_keys
from govgo.core.golib import url as gourl
from govgo.core.records import NamedTuple
from govgo.core.sumdb.cosignature import MAX_ANSWER_BYTES, Cosigned, cosignatures, parse_witness_size, witness_request
from govgo.core.sumdb.heads import MAX_HEAD_BYTES, Head, read_head
from govgo.core.sumdb.note import Note, Verifier, format_note, open_note, read_note
from govgo.core.sumdb.proof import prove_tree, tree_proof_nodes
from govgo.core.sumdb.published import LATEST
from govgo.errors import Failure, IntegrityError, NetworkError, NoteError, UsageError
from govgo.ports.storage import Storage

WITNESS_S = 60.0
"""So long a witness has to answer, to both of the requests that it may take."""


class Post(Protocol):
    """Posts a body to a URL; the status and the body of the answer."""

    def __call__(self, url: str, body: bytes, content_type: str, limit_bytes: int) -> tuple[int, bytes]:
        """Raises NetworkError, TooLargeError, UsageError."""
        ...


class Witness(NamedTuple):
    """A witness: its key, and the URL before /add-checkpoint, "" for one that is not asked."""

    verifier: Verifier
    url: str = ""


class Outcome(NamedTuple):
    """All cosignatures that the published tree head has now, and what went wrong with witnesses that were asked."""

    found: tuple[Cosigned, ...]
    failures: tuple[Failure, ...] = ()


def cosign(storage: Storage, witnesses: Sequence[Witness], notes: Sequence[bytes], post: Post) -> Outcome:
    """Ask witnesses for cosignatures, and publish them with those that notes bring.

    All are asked at once. One that fails, or does not answer in `WITNESS_S`, hinders no other.

    Args:
        storage: of the database.
        witnesses: those whose cosignatures count.
        notes: signed tree heads, or bare signature lines, that others have sent.
        post: how witnesses are asked.

    Raises:
        NoteError: a note is malformed.
        UsageError, IntegrityError, StorageError: the database cannot be read or is damaged.
    """
    own = database_keys(storage)
    keys = [witness.verifier for witness in witnesses]
    shown = _shown(storage)
    head = read_head(shown, *own)
    lines = [_lines_for(head, note) for note in notes]
    answers, failures = _ask_all(storage, head, [each for each in witnesses if each.url], post)
    lines += answers
    while True:
        found = storage.head(LATEST)
        shown = _shown(storage)
        if found is None or read_head(shown, *own).tree != head.tree:
            raise IntegrityError("the database has grown meanwhile; cosign its new tree head")
        whole = _merged(shown, own, lines, keys)
        if whole == shown or storage.swap(LATEST, whole, found.tag):
            return Outcome(cosignatures(whole, keys), tuple(failures))


def _ask_all(
    storage: Storage, head: Head, witnesses: Sequence[Witness], post: Post
) -> tuple[list[bytes], list[Failure]]:
    """Ask all at once: the signature lines of those that answer in time, and what is wrong with the others."""
    lines: list[bytes] = []
    failures: list[Failure] = []
    if not witnesses:
        return lines, failures
    pool = ThreadPoolExecutor(len(witnesses), "govgo-witness")
    try:
        asked = [pool.submit(_asked, storage, head, witness, post) for witness in witnesses]
        in_time, _ = wait(asked, WITNESS_S)
        for witness, answer in zip(witnesses, asked, strict=True):
            if answer not in in_time:
                text = f"the witness {witness.verifier.name} did not answer within {WITNESS_S:.0f} seconds"
                failures.append(NetworkError(text, url=gourl.mask(witness.url)))
                continue
            try:
                lines.append(answer.result())
            except Failure as error:
                failures.append(error)
    finally:
        pool.shutdown(wait=False)
    return lines, failures


def _shown(storage: Storage) -> bytes:
    note = storage.read(LATEST, 0, MAX_HEAD_BYTES)
    if note is None:
        raise UsageError(f"{storage} has no checksum database; `govgo sumdb init` makes one")
    return note


def _lines_for(head: Head, note: bytes) -> bytes:
    """The signature lines of a note about this head; of bare lines, all."""
    if note.startswith("\u2014 ".encode()):
        return note
    text, _, lines = note.rpartition(b"\n\n")
    if not head.note.startswith(text + b"\n\n"):
        raise NoteError("the note is not about the tree head that is published")
    return lines


def _merged(shown: bytes, own: Sequence[Verifier], lines: Sequence[bytes], keys: Sequence[Verifier]) -> bytes:
    """The published note with the new lines that are cosignatures; a witness's newer one replaces its older."""
    given = open_note(shown, own)
    added = cosignatures(shown + b"".join(lines), keys)
    mine = {(key.name, key.key_hash) for key in keys}
    others = [each for each in given.unverified if (each.name, each.key_hash) not in mine]
    signatures = (*given.signatures, *others, *(each.signature for each in added))
    return format_note(Note(given.text, tuple(signatures)))


def _asked(storage: Storage, head: Head, witness: Witness, post: Post) -> bytes:
    """The signature lines of a witness, which may stand below the note.  Raises NetworkError."""
    lines = _ask(storage, head, witness, post)
    try:
        read_note(head.note + lines, ())
    except NoteError as error:
        text = f"the witness {witness.verifier.name} did not answer with signature lines: {error}"
        raise NetworkError(text, inner=error) from error
    return lines


def _ask(storage: Storage, head: Head, witness: Witness, post: Post) -> bytes:
    """The signature lines of a witness, which says at most once that it knows another size than we thought."""
    url = f"{witness.url.rstrip('/')}/add-checkpoint"
    known = 0
    for _ in range(2):
        body = witness_request(known, _proof(storage, head, known), head.note)
        status, answer = post(url, body, "text/plain; charset=utf-8", MAX_ANSWER_BYTES)
        if status == 200:
            return answer
        if status != 409:
            break
        known = parse_witness_size(answer)
        if known > head.tree.size:
            raise NetworkError(f"the witness {witness.verifier.name} knows a larger tree: {known}", status=status)
    raise NetworkError(f"the witness {witness.verifier.name} did not cosign: status {status}", status=status)


def _proof(storage: Storage, head: Head, older_size: int) -> tuple[bytes, ...]:
    """The consistency proof from an older size; () where there is nothing to prove."""
    if older_size in (0, head.tree.size):
        return ()
    auth = stored_tiles(storage, head.tree, tree_proof_nodes(head.tree.size, older_size))
    return prove_tree(head.tree.size, older_size, lambda node: auth.node(*node))
