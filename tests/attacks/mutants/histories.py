# SPDX-License-Identifier: BSD-3-Clause
"""One history of each log: kept answers, event logs, keys and databases of one's own."""

from __future__ import annotations

from tests.attacks.mutants.mutant import Mutant

APPEND = "tests/app/events/test_append.py::"
FOLLOW = "tests/serve/events/test_follow.py::"
NOTE = "tests/core/sumdb/test_note.py::"
COSIGNATURE = "tests/core/sumdb/test_cosignature.py::"
KEPT = "tests/adapters/sumdb/test_cachedrecords.py::"
SUMDB_HISTORIES = "tests/attacks/test_sumdb_histories.py::"
SUMDB = "tests/cli/commands/serve/test_sumdb.py::"

MUTANTS = {
    "events-set-back": Mutant(
        "7",
        "an event log that was set back is not continued",
        "app/sumdb/growing.py",
        "        if size > head.tree.size:\n",
        "        if False:\n",
        (APPEND + "test_a_log_that_was_set_back_is_not_written_any_more",),
    ),
    "events-signed": Mutant(
        "3",
        "events are those that were signed",
        "app/events/log.py",
        '        if b"".join(map(record_hash, texts)) != leaves:\n',
        "        if False:\n",
        (APPEND + "test_damage_is_not_read",),
    ),
    "events-fork": Mutant(
        "9",
        "a peer with two histories is not followed any more",
        "serve/events/follow.py",
        "            if found:\n                raise Sec",
        "            if False:\n                raise Sec",
        (FOLLOW + "test_a_fork_is_told_with_proof_and_the_peer_is_not_followed_any_more",),
    ),
    "key-hash": Mutant(
        "1",
        "a key of the database is the one of its hash",
        "core/sumdb/note.py",
        "    if int(hash_text, 16) != key_hash(name, key):\n",
        "    if False:\n",
        (NOTE + "test_malformed_keys",),
    ),
    "witness-key": Mutant(
        "1",
        "a key of a witness is the one of its hash",
        "core/sumdb/cosignature.py",
        "    if int(hash_text, 16) != key_hash(name, key):\n",
        "    if False:\n",
        (COSIGNATURE + "test_a_key_with_another_hash_is_none",),
    ),
    "kept-text": Mutant(
        "3",
        "the text of a kept answer is the tree's leaf",
        "adapters/sumdb/cachedrecords.py",
        "is_older and auth.leaf(record.number) == record_hash(record.text) else",
        "is_older else",
        (KEPT + "test_attack_another_text_in_a_kept_answer",),
    ),
    "init-again": Mutant(
        "7",
        "a key signs one empty tree",
        "app/sumdb/growing.py",
        "        if known.tree.size:\n",
        "        if False:\n",
        (SUMDB_HISTORIES + "test_attack_init_with_a_key_that_has_signed_before",),
    ),
    "key-read-by-others": Mutant(
        "1",
        "a private key is the user's alone",
        "adapters/sumdb/keyfile.py",
        "    if not stat.S_ISREG(facts.st_mode) or facts.st_mode & 0o077:\n",
        "    if False:\n",
        (SUMDB + "test_a_key_that_others_may_read_is_refused",),
    ),
    "init-over": Mutant(
        "7",
        "a storage that has lost its heads gets no new database",
        "app/sumdb/growing.py",
        "            if next(iter(self._storage.entries(prefix)), None) is not None:\n",
        "            if False:\n",
        (SUMDB_HISTORIES + "test_attack_init_over_a_database_that_has_lost_its_heads",),
    ),
}
