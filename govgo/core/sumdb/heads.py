# SPDX-License-Identifier: BSD-3-Clause
"""The signed tree heads that one client has seen, and the proof that they are one history.

A log only grows, so of any two of its tree heads the smaller tree must be a prefix of the larger one. `Timeline`
reads heads, says which pair has to be joined by a proof (`Join`), and compares the proved hash of the larger tree's
prefix with the older head. Two heads that contradict each other are a fork: the database has shown different histories
to different people, and both signatures are the evidence (RFC 6962, section 2.1.2; research.swtch.com/tlog).

    head = timeline.read(note)                 # signature and form
    while (join := timeline.offer(head)):      # None: the head is part of the history
        root = TileAuth(join.newer.tree).prefix_root(join.older.tree.size)   # proved by tiles
        timeline.confirm(join, root)           # ForkError where the older head has another hash

The history is a set of heads of which each is proved to be a prefix of a larger one, up to the largest, `proved`. Only
`confirm` adds to it, so answers may arrive in any order and a join that fails changes nothing. A join is for the pair
(older, newer) alone: where the history has grown while a join to a still larger tree was being proved, both trees
continue the old one but have not been compared with each other, and `offer` names the join that is still missing.
"""

from __future__ import annotations

import hashlib

from govgo.core.records import NamedTuple
from govgo.core.safetext import visible
from govgo.core.sumdb.note import Verifier, format_note, open_note
from govgo.core.sumdb.tlog import DATABASE_ORIGIN, EMPTY_TREE_HASH, MAX_TREE_SIZE, Tree, format_hash, parse_tree
from govgo.errors import (
    BadSignatureError,
    ForkError,
    GovgoError,
    IntegrityError,
    NoteError,
    SecurityError,
    SumDbFormatError,
)

MAX_HEAD_BYTES = 64 << 10
"""Larger signed tree heads are refused. One has some 200 bytes; a hundred signatures have room."""


class Head(NamedTuple):
    """A tree head and its note: the signed text, and the signature that was checked."""

    tree: Tree
    note: bytes


class Join(NamedTuple):
    """Two heads; that the tree of `older` is a prefix of the tree of `newer` is still to be proved."""

    older: Head
    newer: Head


EMPTY_HEAD = Head(Tree(0, EMPTY_TREE_HASH), b"")
"""The head of a client that has seen nothing: every log begins like this."""


def read_head(note: bytes, verifier: Verifier, *others: Verifier) -> Head:
    """Read a signed tree head. Signatures by unknown keys are left out of the head's note, since they prove nothing.

    Args:
        note: as it was published.
        verifier: its log's key.
        others: further keys of the same log: one that has signed is enough.

    Raises:
        BadSignatureError: no key has signed it, or a signature that names one is not its.
        IntegrityError: it is not a signed tree head at all.
    """
    try:
        opened = open_note(note, (verifier, *others))
    except (NoteError, BadSignatureError) as err:
        raise _unreadable("note", err, note) from err
    text = opened.text.encode()
    try:
        tree = parse_tree(text, verifier.origin)
    except SumDbFormatError as err:
        raise _unreadable("tree", err, text) from err
    if tree.size >= MAX_TREE_SIZE:
        raise _unreadable("tree", SumDbFormatError("tree size out of range"), text)
    return Head(tree, format_note(opened))


class Timeline:
    """The heads of one checksum database in one run.

    Attributes:
        proved: the largest head of the history. Only this one may be kept.
    """

    __slots__ = ("_above", "_by_size", "_heads", "_released", "_verifier", "proved")

    def __init__(self, verifier: Verifier) -> None:
        self.proved = EMPTY_HEAD
        self._verifier = verifier
        self._heads: dict[bytes, Head] = {}
        # Every head that was seen: two of one size must have one hash, whether they could be joined or not.
        self._by_size: dict[int, Head] = {0: EMPTY_HEAD}
        # Each tree of the history but the largest, and a larger tree that is proved to begin with it.
        self._above: dict[Tree, Tree] = {}
        self._released: set[Tree] = set()

    def read(self, note: bytes) -> Head:
        """Read a signed tree head; equal notes are checked once.

        Raises:
            As `read_head`.
        """
        head = self._heads.get(note)
        if head is None:
            head = self._heads[note] = read_head(note, self._verifier)
        return head

    def begin(self, head: Head) -> None:
        """Let the history begin with a head that an earlier run has proved, before any other is offered."""
        assert self.proved is EMPTY_HEAD
        self.proved = self._by_size[head.tree.size] = head
        self.release(head)  # an earlier run has believed answers for it

    def offer(self, head: Head) -> Join | None:
        """The join to be confirmed before anything that came with `head` is believed.

        Returns:
            None when `head` is part of the history.

        Raises:
            ForkError: another head of the same size was seen, with another hash.
        """
        tree, top = head.tree, self.proved
        seen = self._by_size.setdefault(tree.size, head)
        if seen.tree.hash != tree.hash:
            raise fork_error(seen, head, seen.tree.hash, ())
        if self._has(tree):
            return None
        return Join(top, head) if tree.size > top.tree.size else Join(head, top)

    def confirm(self, join: Join, prefix_root: bytes, proof: tuple[bytes, ...] = ()) -> None:
        """Confirm a join by the hash that the newer tree, as proved by tiles, has at the older size.

        Args:
            join: one that `offer` named.
            prefix_root: the proved hash.
            proof: the consistency proof that shows a third party where `prefix_root` comes from; for the error.

        Raises:
            ForkError: the older head has another hash.
        """
        older, newer = join.older.tree, join.newer.tree
        if prefix_root != older.hash:
            raise fork_error(join.older, join.newer, prefix_root, proof)
        if older == self.proved.tree:
            self.proved = join.newer
        elif not self._has(newer):
            return  # the history has grown another way meanwhile, and `newer` was not compared with what it is now
        self._above[older] = newer

    def left_out(self) -> tuple[Head, ...]:
        """The heads that were offered, are no part of the history, and are smaller than its largest one."""
        size = self.proved.tree.size
        return tuple(head for head in self._by_size.values() if 0 < head.tree.size < size and not self._has(head.tree))

    def release(self, *heads: Head) -> None:
        """Note down that an answer was believed because of these heads (`check_released`)."""
        self._released.update(head.tree for head in heads)

    def check_released(self, kept: Head) -> None:
        """Check once more, by the joins alone, that each head an answer was believed for leads to `kept`.

        Raises:
            SecurityError: one does not. That would be a fault of this program, and its answers must not be used.
        """
        for tree in self._released:
            while tree != kept.tree:
                above = self._above.get(tree)
                if above is None:
                    raise SecurityError(
                        "SECURITY ERROR\nanswers of the checksum database were accepted under tree heads that no "
                        "proof joins to the one that is kept"
                    )
                tree = above
        self._released &= {kept.tree}  # what leads to this head leads wherever this head leads

    def _has(self, tree: Tree) -> bool:
        """Whether `tree` is part of the history."""
        return tree == self.proved.tree or tree in self._above


def fork_error(older: Head, newer: Head, prefix_root: bytes, proof: tuple[bytes, ...], *, hint: str = "") -> ForkError:
    """Two signed heads that are not one history; the text is complete evidence by itself, and for databases go's.

    Args:
        older: the head of the smaller tree.
        newer: the head of the larger one.
        prefix_root: the proved hash of the larger tree at the smaller size; empty where the database serves only
            the smaller tree, which then begins no tree that it serves.
        proof: the tree proof for `prefix_root`.
        hint: for the error.
    """
    lines = "".join(f"\n\t{format_hash(digest)}" for digest in proof)
    is_database = (older.note or newer.note).startswith(DATABASE_ORIGIN.encode())
    server, noun = ("go.sum database server", "database") if is_database else ("log server", "log")
    shown = format_hash(prefix_root) if prefix_root else f"no tiles are served that prove the new {noun}"
    return ForkError(
        f"SECURITY ERROR\n{server} misbehavior detected!\n\n"
        f"old {noun}:\n\t{_indent(older.note)}\nnew {noun}:\n\t{_indent(newer.note)}\n"
        f"proof of misbehavior:\n\t{shown}{lines}",
        notes=(older.note, newer.note),
        proof=(prefix_root, *proof) if prefix_root else (),
        hint=hint,
    )


def _indent(note: bytes) -> str:
    return visible(note.decode("utf-8", "backslashreplace")).replace("\n", "\n\t")


def _unreadable(what: str, err: GovgoError, text: bytes) -> GovgoError:
    # go begins these lines at the left margin, where they could pass for lines of its own.
    shown = f"reading tree {what}: {err}\n{what}:\n\t{_indent(text[:500]).rstrip()}"
    if isinstance(err, BadSignatureError):
        return BadSignatureError(shown)
    return IntegrityError(shown, inner=err)


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
