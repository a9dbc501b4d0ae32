# SPDX-License-Identifier: BSD-3-Clause
"""The tree heads of one client: which have to be joined, and what a fork is (attacks: tests/adapters/sumdb)."""

from __future__ import annotations

import pytest

from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.timeline import EMPTY_HEAD, Head, Join, Timeline, fingerprint, read_head
from govgo.errors import BadSignatureError, ForkError, IntegrityError
from tests.simulators.sumdb_log import Log, keys

LOG = Log().grow(9)


def timeline() -> Timeline:
    return Timeline(parse_verifier(LOG.key))


def head(size: int, log: Log = LOG) -> Head:
    return read_head(log.head(size), parse_verifier(log.key))


def test_the_first_head_is_believed() -> None:
    seen = timeline()
    assert (seen.newest, seen.proved) == (EMPTY_HEAD, EMPTY_HEAD)
    assert seen.offer(head(5)) == ()
    assert seen.newest == seen.proved == head(5)
    assert seen.offer(head(5)) == ()


def test_a_larger_head_is_newest_at_once_and_proved_when_it_is_joined() -> None:
    seen = timeline()
    seen.offer(head(5))
    (join,) = seen.offer(head(7))
    assert join == Join(head(5), head(7))
    assert (seen.newest, seen.proved) == (head(7), head(5))
    assert not seen.is_confirmed(join)
    seen.confirm(join, LOG.tree(5).hash)
    assert seen.is_confirmed(join)
    assert seen.proved == head(7)


def test_a_smaller_head_is_joined_to_the_newest() -> None:
    seen = timeline()
    seen.offer(head(7))
    assert seen.offer(head(5)) == (Join(head(5), head(7)),)
    assert seen.newest == head(7)


def test_later_heads_wait_for_the_joins_before_them() -> None:
    seen = timeline()
    seen.offer(head(3))
    seen.offer(head(5))
    first, second = seen.offer(head(7))
    seen.confirm(second, LOG.tree(5).hash)
    assert seen.proved == head(3)
    seen.confirm(first, LOG.tree(3).hash)
    assert seen.proved == head(7)


def test_heads_whose_tiles_cannot_be_had_are_forgotten() -> None:
    seen = timeline()
    seen.offer(head(5))
    seen.offer(head(7))
    seen.withdraw()
    assert seen.newest == seen.proved == head(5)


def test_forks() -> None:
    other = LOG.fork(4).grow(5, "example.org/other")
    seen = timeline()
    seen.offer(head(5))
    with pytest.raises(ForkError) as equal:
        seen.offer(head(5, other))
    (join,) = seen.offer(head(7, other))
    with pytest.raises(ForkError) as prefix:
        seen.confirm(join, other.tree(5).hash)
    assert prefix.value.notes == (head(5).note, head(7, other).note)
    assert fingerprint(prefix.value) != fingerprint(equal.value)
    assert "go.sum database server misbehavior detected!" in str(prefix.value)


def test_what_is_no_head() -> None:
    verifier = parse_verifier(LOG.key)
    with pytest.raises(BadSignatureError, match=r"^reading tree note: "):
        read_head(LOG.head(5, [keys(2)[0]]), verifier)
    with pytest.raises(IntegrityError, match=r"^reading tree note: malformed note\nnote:\n"):
        read_head(b"go.sum database tree\n", verifier)
