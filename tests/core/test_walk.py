# SPDX-License-Identifier: BSD-3-Clause
"""Trees that are walked without recursion."""

from __future__ import annotations

import sys
from itertools import islice

from govgo.core.walk import preorder


def test_parents_come_before_children_and_these_before_the_next() -> None:
    tree = {"a": ["b", "e"], "b": ["c", "d"], "e": ["f"]}
    assert "".join(preorder("a", lambda each: tree.get(each, ()))) == "abcdef"


def test_attack_a_tree_that_is_deeper_than_the_stack() -> None:
    depth = 2 * sys.getrecursionlimit()
    assert list(preorder(0, lambda each: [each + 1] if each < depth else [])) == list(range(depth + 1))
    assert list(islice(preorder(0, lambda each: [each + 1]), 3)) == [0, 1, 2]
