# SPDX-License-Identifier: BSD-3-Clause
"""The signed tree heads that one client has seen, and the proof that they are one history.

A log only grows, so of any two of its tree heads the smaller tree must be a prefix of the larger one. `Timeline`
reads heads, says which pairs have to be joined by a proof (`Join`), and compares the proved hash of the larger tree's
prefix with the older head. Two heads that contradict each other are a fork: the database has shown different histories
to different people, and both signatures are the evidence (RFC 6962, section 2.1.2; research.swtch.com/tlog).

    head = timeline.read(note)            # signature and form
    for join in timeline.offer(head):
        root = TileAuth(join.newer.tree).prefix_root(join.older.tree.size)   # proved by tiles
        timeline.confirm(join, root)      # ForkError where the older head has another hash

A head that is larger than all before it becomes `newest` at once, so that records can be proved under it while its
own join is still open. Nothing may be released before the joins that `offer` named are confirmed.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from govgo.core.sumdb.note import Verifier, open_note
from govgo.core.sumdb.tlog import EMPTY_TREE_HASH, MAX_TREE_SIZE, Tree, format_hash, parse_tree
from govgo.errors import BadSignatureError, ForkError, GovgoError, IntegrityError, NoteError, SumDbFormatError

MAX_HEAD_BYTES = 64 << 10
"""Larger signed tree heads are refused. One has some 200 bytes; a hundred signatures have room."""


class Head(NamedTuple):
    """A tree head and the note that holds it, signature checked."""

    tree: Tree
    note: bytes


class Join(NamedTuple):
    """Two heads of which it must be proved that the tree of `older` is a prefix of that of `newer`."""

    older: Head
    newer: Head


EMPTY_HEAD = Head(Tree(0, EMPTY_TREE_HASH), b"")
"""The head of a client that has seen nothing: every log begins like this."""


def read_head(note: bytes, verifier: Verifier) -> Head:
    """Read a signed tree head.

    Raises:
        BadSignatureError: `verifier` did not sign it.
        IntegrityError: it is not a signed tree head at all.
    """
    try:
        text = open_note(note, (verifier,)).text
    except (NoteError, BadSignatureError) as err:
        raise _unreadable("note", err, note) from err
    try:
        tree = parse_tree(text.encode())
    except SumDbFormatError as err:
        raise _unreadable("tree", err, text.encode()) from err
    if tree.size >= MAX_TREE_SIZE:
        raise _unreadable("tree", SumDbFormatError("tree size out of range"), text.encode())
    return Head(tree, note)


class Timeline:
    """The heads of one checksum database in one run.

    Attributes:
        newest: the largest head seen, perhaps not joined to the others yet.
        proved: the largest head that is joined to all that were `newest` before it. Only this one may be kept.
    """

    __slots__ = ("_chain", "_heads", "_joined", "_verifier", "newest", "proved")

    def __init__(self, verifier: Verifier) -> None:
        self.newest = EMPTY_HEAD
        self.proved = EMPTY_HEAD
        self._verifier = verifier
        self._heads: dict[bytes, Head] = {}
        self._joined: set[Tree] = {EMPTY_HEAD.tree}
        self._chain: list[Join] = []

    def read(self, note: bytes) -> Head:
        """Read a signed tree head; equal notes are checked once.

        Raises:
            As `read_head`.
        """
        head = self._heads.get(note)
        if head is None:
            head = self._heads[note] = read_head(note, self._verifier)
        return head

    def offer(self, head: Head) -> tuple[Join, ...]:
        """Take a head into the timeline.

        Returns:
            The joins to be confirmed before anything that came with `head` is believed, older ones first.

        Raises:
            ForkError: another head of the same size is known, with another hash.
        """
        tree, newest = head.tree, self.newest.tree
        if tree.size == newest.size and tree.hash != newest.hash:
            raise fork_error(self.newest, head, newest.hash if tree.size else EMPTY_TREE_HASH, ())
        if tree.size > newest.size:
            self._chain.append(Join(self.newest, head))
            self.newest = head
            if self._chain[0].older.tree.size == 0:
                # The empty tree is a prefix of every tree.
                self._advance()
            return tuple(self._chain)
        if tree == newest or tree in self._joined:
            return tuple(self._chain)
        return (*self._chain, Join(head, self.newest))

    def confirm(self, join: Join, prefix_root: bytes, proof: tuple[bytes, ...] = ()) -> None:
        """Confirm a join by the hash that the newer tree, as proved by tiles, has at the older size.

        Args:
            join: one that `offer` named.
            prefix_root: the proved hash.
            proof: the consistency proof that shows a third party where `prefix_root` comes from; for the error.

        Raises:
            ForkError: the older head has another hash.
        """
        if prefix_root != join.older.tree.hash:
            raise fork_error(join.older, join.newer, prefix_root, proof)
        self._joined.add(join.older.tree)
        self._advance()

    def is_confirmed(self, join: Join) -> bool:
        """Whether `join` was confirmed since it was named, by another lookup perhaps."""
        return join.older.tree in self._joined

    def withdraw(self) -> None:
        """Forget heads that are not joined yet, because the tiles to prove or disprove them could not be had."""
        self.newest = self.proved
        self._chain.clear()

    def _advance(self) -> None:
        """Let `proved` follow the chain of heads as far as it is confirmed without a gap."""
        while self._chain and self._chain[0].older.tree in self._joined:
            self.proved = self._chain.pop(0).newer


def fork_error(older: Head, newer: Head, prefix_root: bytes, proof: tuple[bytes, ...]) -> ForkError:
    """Two signed heads that are not one history; the text is go's, and complete evidence by itself.

    Args:
        older: the head of the smaller tree.
        newer: the head of the larger one.
        prefix_root: the proved hash of the larger tree at the smaller size; empty where the database serves only
            the smaller tree, which then begins no tree that it serves.
        proof: the tree proof for `prefix_root`.
    """
    lines = "".join(f"\n\t{format_hash(digest)}" for digest in proof)
    shown = format_hash(prefix_root) if prefix_root else "no tiles are served that prove the new database"
    return ForkError(
        "SECURITY ERROR\ngo.sum database server misbehavior detected!\n\n"
        f"old database:\n\t{_indent(older.note)}\nnew database:\n\t{_indent(newer.note)}\n"
        f"proof of misbehavior:\n\t{shown}{lines}",
        notes=(older.note, newer.note),
        proof=(prefix_root, *proof) if prefix_root else (),
    )


def _indent(note: bytes) -> str:
    # Both notes were opened, so they are UTF-8 without control characters. What else does not print is escaped.
    return _printable(note).replace("\n", "\n\t")


def _unreadable(what: str, err: GovgoError, text: bytes) -> GovgoError:
    shown = f"reading tree {what}: {err}\n{what}:\n{_printable(text[:500])}"
    if isinstance(err, BadSignatureError):
        return BadSignatureError(shown)
    return IntegrityError(shown, inner=err)


def _printable(text: bytes) -> str:
    decoded = text.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in decoded)


def fingerprint(error: ForkError) -> str:
    """A short name for the evidence of a fork, the same for the same two notes."""
    return hashlib.sha256(b"\x00".join(error.notes)).hexdigest()[:16]


CONSISTENT, FORK, NOT_COMPARABLE = "consistent", "fork", "not-comparable"


class Comparison(NamedTuple):
    """Our tree head beside one that somebody else has seen.

    Attributes:
        kind: "witness" for one that was fetched from a URL, "saved" for one in a file.
        place: the URL without secrets, or the file.
        verdict: CONSISTENT, FORK or NOT_COMPARABLE.
        head: the other head, None unless the verdict is CONSISTENT.
        error: why it is not.
    """

    kind: str
    place: str
    verdict: str
    head: Head | None
    error: GovgoError | None
