# SPDX-License-Identifier: BSD-3-Clause
"""What a mirror proves by itself."""

from __future__ import annotations

from tests.attacks.mutants.mutant import Mutant

MIRROR = "tests/core/mirror/test_prove.py::"

MUTANTS = {
    "mirror-heads-of-one-size": Mutant(
        "7",
        "every head of a mirror is compared with the newest, also where several have one size",
        "core/mirror/prove.py",
        "    for tree in sorted({*notes, *seen}):",
        "    for tree in {tree.size: tree for tree in (*notes, *seen)}.values():",
        (
            MIRROR + "test_attack_two_heads_of_one_size",
            MIRROR + "test_attack_a_head_that_stands_behind_one_of_the_manifest",
        ),
    ),
    "mirror-lines": Mutant(
        "4",
        "the record of a lookup in a mirror has a line for its module",
        "core/mirror/prove.py",
        "            if not sum_lines(record.text, mod):\n",
        "            if False:\n",
        (MIRROR + "test_attack_a_record_of_another_module",),
    ),
    "mirror-number": Mutant(
        "3",
        "a record that cannot be in the tree keeps no other from being proved",
        "core/mirror/prove.py",
        "            if not 0 <= record.number < head.tree.size:\n",
        "            if False:\n",
        (MIRROR + "test_attack_a_number_that_is_not_in_the_tree",),
    ),
    "mirror-leaf": Mutant(
        "3",
        "a record of a mirror is the tree's leaf",
        "core/mirror/prove.py",
        "                if auth.leaf(number) != record_hash(record.text):\n",
        "                if False:\n",
        (MIRROR + "test_attack_a_record_with_another_hash",),
    ),
    "mirror-own-tree": Mutant(
        "3",
        "a record of a mirror is in the tree of its own head, too",
        "core/mirror/prove.py",
        "            if own == head or head == newest\n",
        "            if head == newest\n",
        (MIRROR + "test_attack_a_record_that_is_in_one_of_two_trees",),
    ),
    "mirror-newest-tree": Mutant(
        "3",
        "a record of a mirror is in the newest tree",
        "core/mirror/prove.py",
        "            if own == head or head == newest\n",
        "            if own == head\n",
        (MIRROR + "test_attack_a_record_that_is_in_one_of_two_trees",),
    ),
    "mirror-lost-tile": Mutant(
        "7",
        "where a tile is lost, no head counts as joined",
        "core/mirror/prove.py",
        "        if auth is None or missing:\n",
        "        if auth is None:\n",
        (MIRROR + "test_a_tile_that_is_lost",),
    ),
}
