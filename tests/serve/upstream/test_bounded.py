# SPDX-License-Identifier: BSD-3-Clause
"""What is remembered, and what is forgotten for it."""

from __future__ import annotations

from govgo.serve.upstream.bounded import BoundedDict, Recent


def test_the_oldest_is_forgotten_first() -> None:
    lately = BoundedDict()
    for number in range(20_005):
        lately.keep(number, "")
        lately.keep(0, "")
    assert (len(lately), 0 in lately, 1 in lately, 20_004 in lately) == (20_000, True, False, True)


def test_what_was_not_used_for_longest_is_forgotten_first() -> None:
    recent: Recent[str, str] = Recent(10, most=3)
    for key in "abc":
        recent.keep(key, key.upper(), 3)
    assert recent.get("a") == "A"
    recent.keep("d", "D", 1)  # a fourth
    assert [recent.get(key) for key in "abcd"] == ["A", None, "C", "D"]
    recent.keep("e", "E", 9)  # too many bytes with the others
    assert ([recent.get(key) for key in "acde"], recent.bytes) == ([None, None, "D", "E"], 10)


def test_a_value_has_the_room_that_it_says_last() -> None:
    recent: Recent[str, str] = Recent(10)
    recent.keep("a", "A", 8)
    recent.keep("a", "B", 2)
    assert (recent.get("a"), recent.bytes, len(recent)) == ("B", 2, 1)
    recent.forget("a")
    recent.forget("a")
    assert (recent.bytes, len(recent)) == (0, 0)


def test_the_last_stays_also_if_it_is_too_large() -> None:
    recent: Recent[str, str] = Recent(10)
    recent.keep("a", "A", 5)
    recent.keep("b", "B", 50)
    assert ([recent.get(key) for key in "ab"], recent.bytes) == ([None, "B"], 50)
    recent.clear()
    assert (recent.bytes, len(recent), recent.get("b")) == (0, 0, None)
