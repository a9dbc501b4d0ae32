# SPDX-License-Identifier: BSD-3-Clause
"""What is believed: rules 0 to 11 on the checksum database, go.sum and the module cache."""

from __future__ import annotations

from tests.attacks.mutants.mutant import Mutant

ATTACKS = "tests/adapters/sumdb/test_client.py::"
TIMELINE = "tests/adapters/sumdb/test_trees.py::"
ORDERS = "tests/adapters/sumdb/test_every_order.py::"
HISTORY = "tests/core/sumdb/test_timeline.py::"
ROUTE = "tests/adapters/sumdb/test_route.py::"
REPOSITORY = "tests/adapters/repository/test_repository.py::"
STREAMS = "tests/adapters/repository/test_gomodstream.py::"
LEDGER = "tests/core/gosum/test_ledger.py::"
AGAIN = "tests/cli/commands/inspect/test_again.py::"
RULES = "tests/attacks/test_trust_rules.py::"
TOLD = "tests/attacks/test_told.py::"
SUM = "tests/cli/commands/trust/test_sum.py::"
DIFF = "tests/cli/commands/inspect/test_diff.py::"
MIRROR = "tests/core/mirror/test_prove.py::"
LOG = "tests/cli/commands/trust/test_log.py::"
SERVED = "tests/attacks/test_served.py::"

MUTANTS = {
    "wrong-key": Mutant(
        "1",
        "a known key has signed",
        "core/sumdb/note.py",
        "    if not note.signatures:\n",
        "    if False:\n",
        (ATTACKS + "test_head_signed_by_a_wrong_key", RULES + "test_rule_1_a_head_by_a_wrong_key"),
    ),
    "spoilt-signature": Mutant(
        "1",
        "the Ed25519 signature holds",
        "core/sumdb/note.py",
        "        if not candidates[0].verify(text.encode(), raw):\n",
        "        if False:\n",
        (ATTACKS + "test_head_with_a_spoilt_signature", RULES + "test_rule_1_a_signature_that_nobody_made"),
    ),
    "malformed-note": Mutant(
        "1",
        "a malformed signature line refuses the note",
        "core/sumdb/note.py",
        "    if not line.startswith(_DASH) or not is_valid_name(name) or len(raw) < 5:\n",
        "    if False:\n",
        (ATTACKS + "test_malformed_note_is_refused_whole", RULES + "test_rule_1_a_malformed_note_is_refused_whole"),
    ),
    "tile-in-parent": Mutant(
        "2, CVE-2026-56865",
        "a tile's root is the hash in its parent",
        "core/sumdb/tileauth.py",
        "            if parent.entry(tile.number & ((1 << self._height) - 1)) != self._unproved[tile].root:\n",
        "            if False:\n",
        (ATTACKS + "test_forged_tile_at_any_level", ATTACKS + "test_forged_record_under_forged_leaf_tile"),
    ),
    "tiles-of-the-edge": Mutant(
        "2, CVE-2026-56865",
        "the tiles of the edge hash to the signed head",
        "core/sumdb/tileauth.py",
        "        if root != self.tree.hash:\n",
        "        if False:\n",
        (RULES + "test_rule_2_and_cve_2026_56865_a_forged_tile_where_subtrees_share_one",),
    ),
    "tiles-that-share-a-tile": Mutant(
        "2, CVE-2026-56865",
        "every subtree of the edge counts, also where several lie in one tile",
        "core/sumdb/tileauth.py",
        "        root = range_hash([self._read(node, unproved) for node in range_nodes(0, self.tree.size)])\n",
        "        root = range_hash([self._read(node, unproved) for node in prefix_nodes(self.tree.size)])\n"
        "        root = self.tree.hash if len(range_nodes(0, self.tree.size)) > len(self._edge) else root\n",
        (RULES + "test_rule_2_and_cve_2026_56865_a_forged_tile_where_subtrees_share_one",),
    ),
    "lines-beside-the-record": Mutant(
        "3, CVE-2026-56864",
        "lines come from the record's text alone",
        "adapters/sumdb/trees.py",
        "        return record._replace(rest=head.note)\n",
        "        return Record(record.number, data, head.note)\n",
        (ATTACKS + "test_lines_beside_the_record_are_not_believed",),
    ),
    "record-in-tree": Mutant(
        "3",
        "the record's hash is the tree's leaf",
        "adapters/sumdb/trees.py",
        "        if auth.leaf(record.number) != record_hash(record.text):\n",
        "        if False:\n",
        (ATTACKS + "test_forged_record", ATTACKS + "test_record_number_of_another_record"),
    ),
    "no-lines": Mutant(
        "4, CVE-2026-42501",
        "a proved record without the line asked for is a failure",
        "core/sumdb/record.py",
        "    raise absent_from_database(database, mod, h1)\n",
        "",
        (
            ATTACKS + "test_unrelated_record",
            RULES + "test_rule_4_and_cve_2026_42501_an_unrelated_answer",
            RULES + "test_rule_4_and_cve_2026_42501_a_partial_answer",
        ),
    ),
    "empty-answer": Mutant(
        "4, CVE-2026-42501",
        "an answer that is no record is a failure",
        "adapters/sumdb/client.py",
        "        lines = sum_lines((await self._record(mod)).text, mod)\n        if not lines:\n",
        "        lines = sum_lines((await self._record(mod)).text, mod)\n        if False:\n",
        (ATTACKS + "test_unrelated_record", ATTACKS + "test_partial_record"),
    ),
    "toolchain-by-go-sum": Mutant(
        "5, CVE-2026-94447, CVE-2026-94444",
        "go.sum does not vouch for the toolchain and fips140",
        "core/gosum/ledger.py",
        "    return found and mod.path not in DATABASE_ONLY_PATHS\n",
        "    return found\n",
        (RULES + "test_rule_5_and_cve_2026_94447_94444_go_sum_never_speaks_for_these",),
    ),
    "tile-width": Mutant(
        "6",
        "a tile has exactly the width asked for",
        "core/sumdb/tile.py",
        "        if len(data) != tile.width * HASH_SIZE:\n",
        "        if False:\n",
        (ATTACKS + "test_full_tile_for_a_partial_one_has_full_width",),
    ),
    "full-for-partial": Mutant(
        "6",
        "the full tile is tried where the partial one is gone",
        "adapters/sumdb/trees.py",
        "            if tile.is_full or (isinstance(error, NetworkError) and not 400 <= error.status < 500):\n",
        "            if True:\n",
        (
            ATTACKS + "test_partial_tile_gone_since_the_tile_is_full",
            RULES + "test_rule_6_the_full_tile_where_a_partial_one_is_gone",
        ),
    ),
    "fork": Mutant(
        "7",
        "an older head is a prefix of the newer tree",
        "core/sumdb/timeline.py",
        "        if prefix_root != older.hash:\n",
        "        if False:\n",
        (
            TIMELINE + "test_fork_with_a_warm_cache",
            TIMELINE + "test_fork_with_an_empty_tile_cache",
            TIMELINE + "test_log_that_dropped_a_record",
            RULES + "test_rule_7_a_fork_tells_both_notes_and_keeps_them",
            SUM + "test_attack_fork_seen_by_a_witness",
        ),
    ),
    "fork-of-equal-size": Mutant(
        "7",
        "heads of one size have one hash",
        "core/sumdb/timeline.py",
        "        if seen.tree.hash != tree.hash:\n",
        "        if False:\n",
        (
            TIMELINE + "test_fork_of_equal_size",
            HISTORY + "test_heads_of_one_size_have_one_hash_though_neither_is_proved",
        ),
    ),
    "stale-join": Mutant(
        "7",
        "a join is for its two heads alone",
        "core/sumdb/timeline.py",
        "        if older == self.proved.tree:\n",
        "        if newer.size > self.proved.tree.size:\n",
        (
            HISTORY + "test_two_heads_that_grow_from_one_are_still_to_be_compared",
            ORDERS + "test_attack_two_histories_in_every_order",
        ),
    ),
    "released-without-a-path": Mutant(
        "7",
        "every head that an answer was believed for leads to the kept one",
        "core/sumdb/timeline.py",
        "        self._released.update(head.tree for head in heads)\n",
        "        pass\n",
        (
            HISTORY + "test_what_was_released_leads_to_the_head_that_is_kept",
            TIMELINE + "test_attack_a_head_that_leads_nowhere_is_found_at_the_end",
        ),
    ),
    "heads-left-out": Mutant(
        "7",
        "a head whose own tiles are withheld is compared with a larger tree at the end",
        "adapters/sumdb/trees.py",
        "        for head in self.timeline.left_out():\n",
        "        for head in ():\n",
        (ORDERS + "test_attack_two_histories_in_every_order",),
    ),
    "history-gone": Mutant(
        "7",
        "a database that has gone back behind the kept head is a fork",
        "adapters/sumdb/trees.py",
        "not self._served_history or await self._is_served(top):\n",
        "True:\n",
        (
            TIMELINE + "test_fork_behind_the_stored_head_with_an_empty_tile_cache",
            TIMELINE + "test_database_that_went_back_behind_the_stored_head",
        ),
    ),
    "strange-signatures": Mutant(
        "7",
        "signatures that were not verified are not kept",
        "core/sumdb/timeline.py",
        "    return Head(tree, format_note(opened))\n",
        "    return Head(tree, note)\n",
        (
            HISTORY + "test_signatures_of_strangers_are_left_out_of_a_head",
            ATTACKS + "test_signatures_of_strangers_are_not_kept",
        ),
    ),
    "released-before-joined": Mutant(
        "7",
        "no answer is released before its head is joined",
        "adapters/sumdb/trees.py",
        "        await self._join(head, leaf)\n",
        "        self.timeline.proved = max(self.timeline.proved, head)\n",
        (
            TIMELINE + "test_no_answer_is_released_before_its_head_is_joined",
            TIMELINE + "test_fork_between_two_lookups_of_one_run",
        ),
    ),
    "head-by-swap": Mutant(
        "7",
        "the stored head is replaced only where it is still the one that was read",
        "adapters/sumdb/cache.py",
        '                if stored not in (b"", before):\n',
        "                if False:\n",
        (
            TIMELINE + "test_another_process_moved_the_head_forward",
            TIMELINE + "test_another_process_saw_a_fork",
        ),
    ),
    "smaller-head": Mutant(
        "7",
        "the stored head never moves to a smaller tree",
        "adapters/sumdb/trees.py",
        "        while self.timeline.proved.tree.size > self._stored_head.tree.size:\n"
        "            head = self.timeline.proved\n",
        "        for head in list(self.timeline._heads.values())[-1:]:\n",
        (
            TIMELINE + "test_older_head_does_not_roll_the_stored_one_back",
            RULES + "test_rule_7_no_roll_back",
        ),
    ),
    "damaged-head": Mutant(
        "7",
        "a damaged stored head is fetched again, with a message",
        "adapters/sumdb/trees.py",
        "        except (IntegrityError, BadSignatureError):\n            self._log(",
        "        except ZeroDivisionError:\n            self._log(",
        (TIMELINE + "test_damaged_stored_head_is_fetched_again", TIMELINE + "test_stored_head_of_another_key"),
    ),
    "evidence": Mutant(
        "7",
        "the evidence of a fork is kept",
        "adapters/sumdb/client.py",
        '            path = self._cache.keep_evidence(error) if isinstance(error, ForkError) else ""\n',
        '            path = ""\n',
        (
            TIMELINE + "test_fork_is_reported_with_complete_evidence",
            RULES + "test_rule_7_a_fork_tells_both_notes_and_keeps_them",
        ),
    ),
    "supported-stumbles": Mutant(
        "8",
        "only 404 and 410 for `supported` move past a proxy",
        "adapters/sumdb/route.py",
        "                    worst = error\n"
        "                    if not proxy.fall_back_on_error:\n"
        "                        break\n",
        "                    pass\n",
        (ROUTE + "test_failing_proxy_makes_the_database_unavailable",),
    ),
    "security-error-passed-by": Mutant(
        "9",
        "a security error ends the search for a route",
        "adapters/sumdb/route.py",
        "            except Failure as error:\n",
        "            except GovgoError as error:\n",
        (ROUTE + "test_security_error_is_not_passed_by",),
    ),
    "chain-goes-on": Mutant(
        "9",
        "a security error ends the chain of sources",
        "adapters/repository/chain.py",
        "        except Failure as err:\n",
        "        except GovgoError as err:\n",
        (RULES + "test_rule_9_no_other_source_mends_a_mismatch_within_a_query",),
    ),
    "condemned": Mutant(
        "9",
        "after a fork nothing is believed",
        "adapters/sumdb/client.py",
        "        if self.misbehaviour is None:\n            self.misbehaviour = error\n",
        "        if self.misbehaviour is None:\n            return error\n",
        (ATTACKS + "test_fork_seen_in_one_lookup_stops_all",),
    ),
    "replaced": Mutant(
        "9",
        "an error that takes the place of a security error does not hide it",
        "errors.py",
        "                if isinstance(part, SecurityError):\n",
        "                if False:\n",
        (
            TOLD + "test_attack_and_a_full_disk",
            TOLD + "test_attack_and_another_end_of_the_command",
            TOLD + "test_attack_the_library_and_a_full_disk",
        ),
    ),
    "untold": Mutant(
        "9",
        "misbehaviour that only a lookup begun ahead has met is told at the end",
        "adapters/repository/sumcheck.py",
        "            if database.misbehaviour is not None:\n",
        "            if False:\n",
        (TOLD + "test_attack_a_fork_in_an_answer_that_nobody_asks_for",),
    ),
    "report-lost": Mutant(
        "9",
        "what goes wrong after the checks of verify takes nothing from its report",
        "wiring/verify.py",
        "            held.callback(late.attempt, client.close)\n",
        "            held.callback(client.close)\n",
        (
            TOLD + "test_verify_tells_all_when_the_tree_head_cannot_be_kept",
            TOLD + "test_attack_the_library_verifies_on_a_full_disk",
        ),
    ),
    "cached-lookup": Mutant(
        "10",
        "a cached answer is proved again",
        "adapters/sumdb/client.py",
        "        try:\n            return await self._trees.accept(data)\n",
        "        try:\n"
        "            from govgo.core.sumdb.record import parse_record\n\n"
        "            return parse_record(data)\n",
        (ATTACKS + "test_poisoned_lookup_with_poisoned_tile",),
    ),
    "cached-go-mod": Mutant(
        "10",
        "a go.mod in the cache is checked against go.sum or the database",
        "adapters/repository/sumcheck.py",
        "return self._proved.get(mod) == h1 or not self.uses_database(mod.path)\n",
        "return True\n",
        (
            RULES + "test_rule_10_an_evil_go_mod_in_the_cache_is_not_believed",
            STREAMS + "test_a_cached_gomod_is_not_believed_without_proof",
            STREAMS + "test_attack_a_gomod_that_the_database_contradicts",
        ),
    ),
    "unproved-recorded": Mutant(
        "10",
        "a hash that nothing has proved does not enter go.sum",
        "core/gosum/ledger.py",
        "        if found:  # else nothing has proved it yet, and it must not be written\n",
        "        if True:\n",
        ("tests/core/gosum/test_ledger.py::test_attack_a_hash_that_was_compared_and_never_proved",),
    ),
    "ahead-cached": Mutant(
        "10",
        "a go.mod in the cache is checked also where it is only read ahead",
        "adapters/repository/gomods.py",
        "        if found is None or not self._sums.agrees(mv.gomod_key(), found[1]):\n",
        "        if found is None:\n",
        (STREAMS + "test_attack_a_gomod_fetched_ahead_without_proof",),
    ),
    "ahead-fetched": Mutant(
        "10",
        "a go.mod is proved also where it is only fetched ahead",
        "adapters/repository/sumcheck.py",
        "        if not self.agrees(mod, h1):\n            await",
        "        if False:\n            await",
        (STREAMS + "test_attack_a_gomod_fetched_ahead_without_proof",),
    ),
    "gonosumdb": Mutant(
        "11",
        "a private path is not asked of the database",
        "core/goenv.py",
        "        return self.gosumdb != OFF and not _covers(self.gonosumdb, path)\n",
        "        return self.gosumdb != OFF\n",
        (RULES + "test_rule_11_a_private_path_is_told_to_nobody",),
    ),
    "gonoproxy": Mutant(
        "11",
        "a private path is not asked of a proxy",
        "core/goenv.py",
        "        return not _covers(self.gonoproxy, path)\n",
        "        return True\n",
        (REPOSITORY + "test_attack_a_private_path_is_never_sent_to_a_proxy",),
    ),
    "go-sum-mismatch": Mutant(
        "0",
        "a download that contradicts go.sum is refused",
        "core/gosum/ledger.py",
        '            elif known.startswith("h1:"):\n'
        "                raise self._contradiction(mod, h1, known) if found else self._mismatch(mod, h1, known)\n",
        "",
        (
            REPOSITORY + "test_attack_another_gomod_than_go_sum_knows",
            REPOSITORY + "test_attack_another_zip_than_go_sum_knows",
            STREAMS + "test_attack_pump_stops_at_a_mismatch",
        ),
    ),
    "database-mismatch": Mutant(
        "0",
        "a download that contradicts the database is refused",
        "core/sumdb/record.py",
        "            raise database_mismatch(database, mod, h1, listed)\n",
        "            return\n",
        (
            ATTACKS + "test_download_that_contradicts_the_database",
            RULES + "test_rule_0_other_bytes_than_the_log_knows",
        ),
    ),
    "two-hashes": Mutant(
        "0",
        "go.sum has one hash for a version",
        "core/gosum/ledger.py",
        "                raise self._contradiction(mod, h1, known) if found else ",
        "                if found:\n                    continue\n                raise ",
        (RULES + "test_rule_0_two_hashes_in_go_sum", LEDGER + "test_attack_two_hashes_for_one_version"),
    ),
    "guess-private": Mutant(
        "11",
        "no lookup is begun ahead for a path that no proxy may be asked for",
        "adapters/repository/sumcheck.py",
        " and self._env.uses_proxy(mod.path):\n",
        ":\n",
        (RULES + "test_rule_11_a_private_path_is_told_to_nobody",),
    ),
    "open-cache-directory": Mutant(
        "10",
        "the indexes of imports and of go.mod files are used only where nobody else can write",
        "adapters/disk/sealed.py",
        "            if not stat.S_ISDIR(facts.st_mode) or _others_write(facts, is_last=not names):\n",
        "            if False:\n",
        (
            "tests/adapters/disk/test_sealed.py::test_who_can_write_a_directory",
            RULES + "test_attack_a_cache_directory_that_others_may_write",
            AGAIN + "test_attack_a_cache_directory_that_others_may_write",
        ),
    ),
    "changed-gomod": Mutant(
        "10",
        "what a go.mod file says is remembered for as long as the file is the same",
        "adapters/modcache/gomodindex.py",
        "        if entry is None or entry[2] != now:\n",
        "        if entry is None:\n",
        (
            "tests/adapters/modcache/test_gomodindex.py::test_a_file_that_changed_is_unknown",
            AGAIN + "test_attack_a_cached_go_mod_is_changed",
        ),
    ),
    "kept-hash": Mutant(
        "10",
        "the hash of a go.mod that is remembered is compared with go.sum",
        "adapters/repository/gomods.py",
        "return summary if check(mv.gomod_key(), h1) else None",
        "return summary",
        (AGAIN + "test_attack_go_sum_has_another_hash",),
    ),
    "source-of-zips": Mutant(
        "10",
        "a zip whose source is shown is hashed again",
        "app/diff/sources.py",
        "    if digest != found.sum:  # the cache was written to after the zip was checked\n",
        "    if False:\n",
        (DIFF + "test_a_zip_that_was_changed_in_the_cache",),
    ),
    "sums-of-the-past": Mutant(
        "10",
        "a go.mod is checked by the go.sum of each state that is compared",
        "app/diff/diff.py",
        "    return not faults and all(\n",
        "    return not faults or all(\n",
        (DIFF + "test_hashes_of_the_past_count",),
    ),
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
    "witnesses-alone": Mutant(
        "7",
        "what a witness shows is compared with what others have shown",
        "adapters/sumdb/client.py",
        "        others = [ours] if self._furthest is None else [ours, self._furthest]\n",
        "        others = [ours]\n",
        (SUM + "test_attack_two_witnesses_that_continue_ours_each_in_its_own_way",),
    ),
    "vantages-alone": Mutant(
        "7",
        "what a vantage shows is compared with what others have shown",
        "app/log/watch.py",
        "            if wrong is None and newest != shown:",
        "            if False:",
        (LOG + "test_attack_two_vantages_that_continue_the_log_each_in_its_own_way",),
    ),
    "untold-by-a-server": Mutant(
        "9",
        "a server tells what only a lookup begun ahead has met",
        "serve/upstream/proofs.py",
        "        finally:\n            self._look(generation)\n",
        "        finally:\n            pass\n",
        (SERVED + "test_attack_a_fork_in_an_answer_that_nobody_asks_for",),
    ),
}
