# SPDX-License-Identifier: BSD-3-Clause
"""The tree heads of one client: which have to be joined, and what a fork is (attacks: tests/adapters/sumdb)."""

from __future__ import annotations

import pytest

from govgo.core.sumdb.heads import EMPTY_HEAD, Head, Join, Timeline, fingerprint, read_head
from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.tlog import EMPTY_TREE_HASH
from govgo.errors import BadSignatureError, ForkError, IntegrityError, SecurityError
from tests.simulators.sumdb_log import Log, keys

LOG = Log().grow(9)


def timeline() -> Timeline:
    return Timeline(parse_verifier(LOG.key))


def head(size: int, log: Log = LOG) -> Head:
    return read_head(log.head(size), parse_verifier(log.key))


def join(seen: Timeline, older: int, newer: int) -> None:
    """Offer the head that is missing, and confirm the one join that it needs."""
    top = seen.proved.tree.size
    needed = seen.offer(head(newer if top == older else older))
    assert needed == Join(head(older) if older else EMPTY_HEAD, head(newer))
    seen.confirm(needed, LOG.tree(older).hash if older else EMPTY_TREE_HASH)


def test_a_head_is_part_of_the_history_when_its_join_is_confirmed() -> None:
    seen = timeline()
    needed = seen.offer(head(5))
    assert needed == Join(EMPTY_HEAD, head(5))
    assert seen.proved == EMPTY_HEAD
    seen.confirm(needed, EMPTY_TREE_HASH)
    assert seen.proved == head(5)
    assert seen.offer(head(5)) is None
    join(seen, 5, 7)
    assert seen.proved == head(7)


def test_a_history_may_begin_with_a_head_that_was_kept() -> None:
    seen = timeline()
    seen.begin(head(5))
    assert seen.offer(head(5)) is None
    assert seen.offer(head(7)) == Join(head(5), head(7))


def test_a_smaller_head_is_joined_to_the_largest() -> None:
    seen = timeline()
    seen.begin(head(7))
    join(seen, 5, 7)
    assert seen.offer(head(5)) is None
    assert seen.proved == head(7)


def test_a_join_that_is_never_confirmed_changes_nothing() -> None:
    seen = timeline()
    seen.begin(head(5))
    seen.offer(head(9))
    seen.offer(head(3))
    assert seen.offer(head(7)) == Join(head(5), head(7))
    assert seen.proved == head(5)


def test_two_heads_that_grow_from_one_are_still_to_be_compared() -> None:
    """Both are proved to continue the older one, which says nothing about whether they agree."""
    seen = timeline()
    seen.begin(head(5))
    seven, nine = seen.offer(head(7)), seen.offer(head(9))
    assert seven is not None
    assert nine is not None
    seen.confirm(nine, LOG.tree(5).hash)
    seen.confirm(seven, LOG.tree(5).hash)
    assert seen.proved == head(9)
    assert seen.offer(head(7)) == Join(head(7), head(9))
    seen = timeline()
    seen.begin(head(5))
    seen.confirm(seven, LOG.tree(5).hash)
    seen.confirm(nine, LOG.tree(5).hash)
    assert seen.proved == head(7)
    assert seen.offer(head(9)) == Join(head(7), head(9))


def test_what_was_released_leads_to_the_head_that_is_kept() -> None:
    seen = timeline()
    seen.begin(head(5))
    join(seen, 4, 5)
    join(seen, 5, 7)
    seen.release(head(4), head(5), head(7))
    with pytest.raises(SecurityError, match="no proof joins"):
        seen.check_released(head(5))  # 7 is larger
    seen.check_released(head(7))
    seen.release(head(6))
    with pytest.raises(SecurityError, match="no proof joins"):
        seen.check_released(head(7))


def test_heads_that_are_left_out() -> None:
    seen = timeline()
    seen.begin(head(5))
    for size in (3, 4, 9):
        seen.offer(head(size))
    join(seen, 4, 5)
    assert seen.left_out() == (head(3),)


def test_heads_of_one_size_have_one_hash_though_neither_is_proved() -> None:
    other = LOG.fork(4).grow(5, "example.org/other")
    seen = timeline()
    seen.begin(head(5))
    seen.offer(head(7))
    with pytest.raises(ForkError) as caught:
        seen.offer(head(7, other))
    assert caught.value.notes == (head(7).note, head(7, other).note)


def test_signatures_of_strangers_are_left_out_of_a_head() -> None:
    note = LOG.head(5)
    strange = note + b"\xe2\x80\x94 sum.evil.example " + b"A" * 92 + b"\n"
    assert read_head(strange, parse_verifier(LOG.key)) == head(5)
    assert read_head(LOG.head(5, [keys(2)[0], LOG.signer]), parse_verifier(LOG.key)).note == note


def test_forks() -> None:
    other = LOG.fork(4).grow(5, "example.org/other")
    seen = timeline()
    seen.begin(head(5))
    with pytest.raises(ForkError) as equal:
        seen.offer(head(5, other))
    needed = seen.offer(head(7, other))
    assert needed is not None
    with pytest.raises(ForkError) as prefix:
        seen.confirm(needed, other.tree(5).hash)
    assert prefix.value.notes == (head(5).note, head(7, other).note)
    assert fingerprint(prefix.value) != fingerprint(equal.value)
    assert "go.sum database server misbehavior detected!" in str(prefix.value)


def test_what_is_no_head() -> None:
    verifier = parse_verifier(LOG.key)
    with pytest.raises(BadSignatureError, match=r"^reading tree note: "):
        read_head(LOG.head(5, [keys(2)[0]]), verifier)
    with pytest.raises(IntegrityError, match=r"^reading tree note: malformed note\nnote:\n"):
        read_head(b"go.sum database tree\n", verifier)
