# SPDX-License-Identifier: BSD-3-Clause
"""What a mirror proves by itself."""

from __future__ import annotations

from tests.attacks.mutants.mutant import Mutant

MIRROR = "tests/core/mirror/test_prove.py::"
MANIFEST = "tests/core/mirror/test_manifest.py::"
MIRROR_VERIFY = "tests/cli/commands/serve/test_mirror_verify.py::"
MIRROR_SHIP = "tests/cli/commands/serve/test_mirror_ship.py::"
MIRROR_KILLED = "tests/cli/commands/serve/test_mirror_killed.py::"

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
        "                if auth.leaf(record.number) != record_hash(record.text):\n",
        "                if False:\n",
        (MIRROR + "test_attack_a_record_with_another_hash",),
    ),
    "mirror-own-tree": Mutant(
        "3",
        "a record of a mirror is in the tree of its own head, too",
        "core/mirror/prove.py",
        "            by_head.setdefault(own, []).append(mod)\n",
        "            pass\n",
        (MIRROR + "test_attack_a_record_that_is_in_one_of_two_trees",),
    ),
    "mirror-newest-tree": Mutant(
        "3",
        "a record of a mirror is in the newest tree",
        "core/mirror/prove.py",
        "    by_head: dict[Head, list[ModuleVersion]] = {newest: list(records)}\n",
        "    by_head: dict[Head, list[ModuleVersion]] = {}\n",
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
    "manifest-without-end": Mutant(
        "mirrors",
        "a manifest has a limit",
        "core/mirror/manifest.py",
        "    if len(data) > MAX_MANIFEST_BYTES:\n",
        "    if False:\n",
        (MANIFEST + "test_attack_a_manifest_without_end",),
    ),
    "manifest-names": Mutant(
        "mirrors",
        "a manifest names keys of storages",
        "core/mirror/manifest.py",
        ' or not _NO_NAME.isdisjoint(entry[3].split("/")):\n',
        ":\n",
        (MANIFEST + "test_no_other_spelling_is_read",),
    ),
    "manifest-spelling": Mutant(
        "mirrors",
        "a manifest has one spelling",
        "core/mirror/manifest.py",
        "    if format_manifest(manifest) != data:\n",
        "    if False:\n",
        (MANIFEST + "test_no_other_spelling_is_read",),
    ),
    "mirror-damage": Mutant(
        "mirrors",
        "a file of a mirror is the one of its manifest",
        "app/mirror/check.py",
        "    if found != want:\n",
        "    if False:\n",
        (MIRROR_VERIFY + "test_every_file_counts",),
    ),
    "mirror-older": Mutant(
        "mirrors",
        "an import takes nothing away",
        "app/mirror/transfer.py",
        "    if difference.removed or not here.heads <= manifest.heads:\n",
        "    if False:\n",
        (MIRROR_SHIP + "test_an_older_export_does_not_undo_a_newer_one",),
    ),
    "mirror-version-changed": Mutant(
        "mirrors",
        "an import changes no version",
        "app/mirror/transfer.py",
        "        if module_of_key(key) is not None and (",
        "        if False and (",
        (MIRROR_VERIFY + "test_attack_an_import_with_another_content_of_a_private_version",),
    ),
    "mirror-part": Mutant(
        "mirrors",
        "the parts of an import are of one export",
        "app/mirror/transfer.py",
        "        if digest and (header[1], int(header[3])) != (digest, total):\n",
        "        if False:\n",
        (MIRROR_SHIP + "test_an_import_needs_all_parts_of_one_export",),
    ),
    "mirror-tag-moved": Mutant(
        "mirrors",
        "a run changes no version of a mirror",
        "app/mirror/add.py",
        '        if self._before.files.get(key, content) != content and key.endswith((".mod", ".ziphash")):\n',
        "        if False:\n",
        (MIRROR_KILLED + "test_a_private_module_whose_tag_was_moved_is_refused",),
    ),
}
