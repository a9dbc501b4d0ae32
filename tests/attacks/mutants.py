# SPDX-License-Identifier: BSD-3-Clause
"""The checks of docs/design/attacks.md, each taken out: what a test suite must notice.

`old` stands exactly once in `file`; with `new` in its place the check is gone, and every one of `tests` must fail.
"""

from __future__ import annotations

from typing import NamedTuple

ATTACKS = "tests/adapters/sumdb/test_client.py::"
TIMELINE = "tests/adapters/sumdb/test_trees.py::"
ORDERS = "tests/adapters/sumdb/test_every_order.py::"
HISTORY = "tests/core/sumdb/test_timeline.py::"
ROUTE = "tests/adapters/sumdb/test_route.py::"
REPOSITORY = "tests/adapters/repository/test_repository.py::"
STREAMS = "tests/adapters/repository/test_gomodstream.py::"
HTTP = "tests/adapters/http/test_client.py::"
FETCH = "tests/adapters/http/test_fetch.py::"
PACE = "tests/adapters/http/test_pace.py::"
CREDENTIALS = "tests/adapters/http/test_credentials.py::"
ZIPS = "tests/adapters/modzip/test_hash.py::"
CACHE = "tests/adapters/modcache/test_cache.py::"
RENEW = "tests/adapters/disk/test_renew.py::"
LICENSES = "tests/adapters/licenses/test_matcher.py::"
OUTPUTS = "tests/adapters/disk/test_streams.py::"
LEDGER = "tests/core/gosum/test_ledger.py::"
RULES = "tests/attacks/test_trust_rules.py::"
TOLD = "tests/attacks/test_told.py::"
BUNDLE = "tests/core/sumdb/test_bundle.py::"
SECRETS = "tests/attacks/test_secrets.py::"
URL = "tests/core/golib/test_url.py::"
GITREFS = "tests/core/vcs/test_gitrefs.py::"
GITCLONE = "tests/adapters/vcs/test_gitclone.py::"
DISCOVERY = "tests/adapters/vcs/test_discovery.py::"
DRAWING = "tests/report/drawing/"
FOREIGN = "tests/attacks/test_foreign_text.py::"
FORMATS = "tests/report/findings/test_formats.py::"
SUM = "tests/cli/commands/trust/test_sum.py::"
PUBLISHED = "tests/load/query/test_published.py::"
AGES = "tests/load/buildlist/test_ages.py::"
MIN_AGE = "tests/cli/commands/change/test_min_age.py::"
VERIFY = "tests/cli/commands/trust/test_verify.py::"
DIFF = "tests/cli/commands/inspect/test_diff.py::"


class Mutant(NamedTuple):
    """One check taken out."""

    rule: str
    check: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


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
        "            raise mismatch_error(database, mod, h1, listed)\n    raise absent_error(database, mod, h1)\n",
        "            raise mismatch_error(database, mod, h1, listed)\n",
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
        "        return found and mod.path not in DATABASE_ONLY_PATHS\n",
        "        return found\n",
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
        "        if self.uses_database(mod.path):\n            return False\n",
        "",
        (
            RULES + "test_rule_10_an_evil_go_mod_in_the_cache_is_not_believed",
            STREAMS + "test_a_cached_gomod_is_not_believed_without_proof",
            STREAMS + "test_attack_a_gomod_that_the_database_contradicts",
        ),
    ),
    "gonosumdb": Mutant(
        "11",
        "a private path is not asked of the database",
        "core/goenv.py",
        "        return self.gosumdb != OFF and not match_prefix_patterns(self.gonosumdb, path)\n",
        "        return self.gosumdb != OFF\n",
        (RULES + "test_rule_11_a_private_path_is_told_to_nobody",),
    ),
    "gonoproxy": Mutant(
        "11",
        "a private path is not asked of a proxy",
        "core/goenv.py",
        "        return not match_prefix_patterns(self.gonoproxy, path)\n",
        "        return True\n",
        (REPOSITORY + "test_attack_a_private_path_is_never_sent_to_a_proxy",),
    ),
    "go-sum-mismatch": Mutant(
        "0",
        "a download that contradicts go.sum is refused",
        "core/gosum/ledger.py",
        '            elif known.startswith("h1:"):\n'
        "                raise self._contradiction(mod, h1, known) if found else "
        "_mismatch(mod, h1, known, self._short_name())\n",
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
        "            raise mismatch_error(database, mod, h1, listed)\n",
        "            return\n",
        (
            ATTACKS + "test_download_that_contradicts_the_database",
            RULES + "test_rule_0_other_bytes_than_the_log_knows",
        ),
    ),
    "tree-of-2-to-the-62": Mutant(
        "limits",
        "impossible tree sizes are refused before any work",
        "core/sumdb/timeline.py",
        "    if tree.size >= MAX_TREE_SIZE:\n",
        "    if False:\n",
        (ATTACKS + "test_tree_of_impossible_size",),
    ),
    "two-hashes": Mutant(
        "0",
        "go.sum has one hash for a version",
        "core/gosum/ledger.py",
        "                raise self._contradiction(mod, h1, known) if found else ",
        "                if found:\n                    continue\n                raise ",
        (RULES + "test_rule_0_two_hashes_in_go_sum", LEDGER + "test_attack_two_hashes_for_one_version"),
    ),
    "zip-prefix-hash": Mutant(
        "zips",
        "every name has the module's prefix",
        "adapters/modzip/hash.py",
        '            if not entry.name.startswith(prefix):\n                raise BadZipError(f"zip for',
        '            if False:\n                raise BadZipError(f"zip for',
        (ZIPS + "test_zip_of_another_module",),
    ),
    "zip-names": Mutant(
        "zips",
        "names are sound and do not collide",
        "adapters/modzip/hash.py",
        "    if found.fault:\n",
        "    if False:\n",
        (ZIPS + "test_refused",),
    ),
    "zip-local-headers": Mutant(
        "zips",
        "local and central headers agree, and only regular files are taken",
        "adapters/modzip/read.py",
        "            fault = zipformat.kind_fault(entry) or zipformat.local_fault(entry, local, head)\n",
        '            fault = ""\n',
        (ZIPS + "test_refused",),
    ),
    "zip-go-mod-on-its-way": Mutant(
        "zips",
        "a go.mod counts as served before it is on the disk",
        "adapters/repository/gomods.py",
        "        return known if isinstance(known, bytes) else self._cache.read_gomod(mv)\n",
        "        return self._cache.read_gomod(mv)\n",
        (STREAMS + "test_attack_a_zip_with_another_go_mod_beside_a_helper_that_is_slow",),
    ),
    "zip-go-mod": Mutant(
        "zips",
        "the go.mod in the zip is the one that was served",
        "adapters/modzip/hash.py",
        '        if gomod is not None and not mv.version.endswith("+incompatible"):\n',
        "        if False:\n",
        (
            ZIPS + "test_go_mod_in_the_zip_differs_from_the_one_served",
            REPOSITORY + "test_attack_a_zip_whose_gomod_is_another",
        ),
    ),
    "tree-under-its-name": Mutant(
        "zips",
        "a tree that is made before its hash is accepted has another name",
        "adapters/modcache/cache.py",
        "        with temporary_tree(final) as path:\n",
        "        for path in (final,):\n",
        (REPOSITORY + "test_attack_another_zip_than_go_sum_knows",),
    ),
    "guess-private": Mutant(
        "11",
        "no lookup is begun ahead for a path that no proxy may be asked for",
        "adapters/repository/sumcheck.py",
        " and self._env.uses_proxy(mod.path):\n",
        ":\n",
        (RULES + "test_rule_11_a_private_path_is_told_to_nobody",),
    ),
    "tree-before-its-hash": Mutant(
        "zips",
        "a tree appears after its hash was accepted",
        "adapters/repository/zips.py",
        "                await self._sums.check(mv, h1)\n            except (BadZip",
        "                tree is None or tree.commit()\n                await self._sums.check(mv, h1)\n"
        "            except (BadZip",
        (REPOSITORY + "test_attack_another_zip_than_go_sum_knows",),
    ),
    "zip-bomb": Mutant(
        "zips",
        "no more is inflated than was declared",
        "adapters/modzip/read.py",
        "            if total > entry.size:\n                raise BadZipError(NOT_A_ZIP)\n",
        "",
        (ZIPS + "test_bomb_is_not_inflated_past_its_declared_size",),
    ),
    "zip-slash": Mutant(
        "zips",
        "a name that begins with a slash after the prefix is no plain name",
        "core/modzip/rules.py",
        '    if _PLAIN_NAME.match(base) and (slash == "" or collisions.is_sound(head)):\n',
        '    if _PLAIN_NAME.match(base) and (head == "" or collisions.is_sound(head)):\n',
        (ZIPS + "test_refused",),
    ),
    "zip-bounds": Mutant(
        "zips",
        "names are no longer or deeper than a disk can hold",
        "core/modzip/zipformat.py",
        "        bounds.check_name(entry.raw_name)\n",
        "",
        (ZIPS + "test_refused",),
    ),
    "zip-overlaps": Mutant(
        "zips",
        "no entry lies within another",
        "adapters/modzip/read.py",
        "            zipformat.check_places(self.entries)\n",
        "            pass\n",
        (ZIPS + "test_refused",),
    ),
    "zip-shared-streams": Mutant(
        "zips",
        "no reader inflates more of one archive than a module zip may hold",
        "adapters/modzip/read.py",
        "        if self.inflated > _MAX_INFLATED:\n",
        "        if False:\n",
        (ZIPS + "test_entries_that_share_one_stream_are_inflated_up_to_the_limit_of_all",),
    ),
    "server-text": Mutant(
        "server text",
        "control characters of an error body are not shown",
        "adapters/http/servertext.py",
        "    if not all(c in _SPACES or _is_graphic(c) for c in text):\n",
        "    if False:\n",
        (HTTP + "test_attack_server_text_with_terminal_escapes",),
    ),
    "reason-phrase": Mutant(
        "server text",
        "control characters of a reason phrase are not shown",
        "adapters/http/servertext.py",
        "    if not reason or not reason.isascii() or not reason.isprintable():\n",
        "    if not reason:\n",
        (HTTP + "test_attack_reason_phrase_with_control_bytes",),
    ),
    "foreign-text": Mutant(
        "foreign text",
        "what a terminal or a CI runner takes as a command is escaped",
        "core/foreign.py",
        "    return _unsafe().sub(_escape, text)\n",
        "    return text\n",
        (FOREIGN + "test_attack_text_of_strangers_gives_no_commands",),
    ),
    "foreign-line": Mutant(
        "foreign text",
        "a value within a sentence stays on its line",
        "core/foreign.py",
        '        text = text.replace("\\n", "\\\\n").replace("\\t", "\\\\t")\n',
        "        pass\n",
        (FOREIGN + "test_attack_text_of_strangers_gives_no_commands",),
    ),
    "foreign-json": Mutant(
        "foreign text",
        "JSON has escapes for the same",
        "report/gojson.py",
        "    return _UNSAFE.sub(_by_number, text)\n",
        "    return text\n",
        (FOREIGN + "test_attack_text_of_strangers_gives_no_commands",),
    ),
    "foreign-sarif": Mutant(
        "foreign text",
        "messages of SARIF hold no links",
        "report/findings/sarif.py",
        "    return text.translate(_LITERAL)\n",
        "    return text\n",
        (FORMATS + "test_sarif_messages_hold_neither_links_nor_placeholders",),
    ),
    "vcs-owner": Mutant(
        "git",
        "a clone with files of another user is made anew",
        "adapters/vcs/gitclone.py",
        "        if known is not None and _is_ours(directory):\n",
        "        if known is not None and os.path.isdir(directory):\n",
        (GITCLONE + "test_attack_a_clone_that_somebody_else_has_prepared",),
    ),
    "vcs-refspec": Mutant(
        "git",
        "a tag that is asked for by name is one ref",
        "core/vcs/gitrefs.py",
        '    return _PLAIN_TAG.match(rev) is not None and name != "" and name == semver.canonical(name)\n',
        '    return name != "" and name == semver.canonical(name)\n',
        (GITREFS + "test_attack_a_tag_that_is_asked_for_by_name_is_one_ref",),
    ),
    "vcs-scheme": Mutant(
        "git",
        "a tag names no scheme for which git would run a program",
        "adapters/vcs/discovery.py",
        '        if not fault and tag.vcs == "git" and scheme not in (self._allowed_schemes() or _GIT_SCHEMES):\n',
        "        if False:\n",
        (DISCOVERY + "test_attack_a_tag_with_the_scheme_of_a_helper",),
    ),
    "secret-shapes": Mutant(
        "secrets",
        "a password that ends the host too early is masked",
        "core/golib/url.py",
        "        at = late.start()\n",
        "        pass\n",
        (SECRETS + "test_attack_no_secret_is_printed", URL + "test_secrets_are_masked"),
    ),
    "secret-quoted": Mutant(
        "secrets",
        "what an error quotes of a URL with secrets is hidden",
        "core/golib/url.py",
        "    if masked == text:\n",
        "    if True:\n",
        (SECRETS + "test_attack_no_secret_is_printed", URL + "test_no_part_of_a_password_is_in_an_error"),
    ),
    "secret-arguments": Mutant(
        "secrets",
        "arguments of GOAUTH's programs are not printed",
        "adapters/http/credentials.py",
        '    return ";".join(_ARGUMENTS.sub(r"\\1 …", command) for command in goauth.split(";"))\n',
        "    return goauth\n",
        (SECRETS + "test_attack_no_secret_is_printed",),
    ),
    "planted-lock": Mutant(
        "planted links",
        "a link in the place of a file is not written through",
        "adapters/disk/lockfile.py",
        "    flags |= os.O_NOFOLLOW | os.O_CLOEXEC\n",
        "    flags |= os.O_CLOEXEC\n",
        (CACHE + "test_planted_link_in_the_cache_is_not_written_through",),
    ),
    "no-lock": Mutant(
        "crowds",
        "writers of one version wait for each other",
        "adapters/disk/lockfile.py",
        "            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        "            pass\n",
        (CACHE + "test_lock_waits_for_another_process",),
    ),
    "open-cache-directory": Mutant(
        "10",
        "the index of imports is used only where nobody else can write",
        "adapters/disk/sealed.py",
        "            if not stat.S_ISDIR(facts.st_mode) or _others_write(facts, is_last=not names):\n",
        "            if False:\n",
        (
            "tests/adapters/disk/test_sealed.py::test_who_can_write_a_directory",
            RULES + "test_attack_a_cache_directory_that_others_may_write",
        ),
    ),
    "endless-match": Mutant(
        "licences",
        "a licence text has a limit of time",
        "adapters/licenses/matching.py",
        "        signal.setitimer(signal.ITIMER_PROF, limit_s)",
        "        signal.setitimer(signal.ITIMER_PROF, 0)",
        (LICENSES + "test_a_text_that_takes_too_much_of_the_processor_is_unknown",),
    ),
    "part-of-a-licence": Mutant(
        "licences",
        "a text of which a part alone is a known licence is unknown",
        "core/licenses/texts.py",
        "    if found and match.coverage < LEAST_COVERAGE:\n",
        "    if False:\n",
        ("tests/core/licenses/test_texts.py::test_one_text",),
    ),
    "foreign-notices": Mutant(
        "licences",
        "-notices replaces only a directory that it has written",
        "app/licenses/notices.py",
        "    return not names or MARK in names\n",
        "    return True\n",
        ("tests/cli/commands/trust/test_licenses.py::test_notices",),
    ),
    "half-files": Mutant(
        "crashes",
        "a file appears whole or not at all",
        "adapters/disk/atomic.py",
        "        descriptor, name = create_temp(path)\n",
        "        descriptor, name = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, modes.FILE), path\n",
        (
            ATTACKS + "test_planted_link_is_not_written_through",
            CACHE + "test_old_file_survives_a_full_disk",
        ),
    ),
    "overwritten-unkept": Mutant(
        "crashes",
        "the old content is kept while a file is overwritten",
        "adapters/disk/renew.py",
        "        kept = _keep(path, before, data, places)\n",
        "        kept = path + _KEPT\n",
        (RENEW + "test_killed_at_any_byte",),
    ),
    "kept-by-others": Mutant(
        "crashes",
        "only a directory of the user's own keeps contents",
        "adapters/disk/renew.py",
        "and facts.st_uid == os.geteuid() and not facts.st_mode & modes.OTHERS_WRITE\n",
        "\n",
        (RENEW + "test_a_directory_that_others_may_write_keeps_nothing",),
    ),
    "lost-interrupt": Mutant(
        "crashes",
        "Ctrl-C within a callback of libcurl ends the command",
        "adapters/loop/network.py",
        "            with interrupts_call(stop):\n",
        "            with interrupts_call(stop) if False else memoryview(b''):\n",
        ("tests/adapters/test_interrupts.py::test_an_interrupt_within_a_callback_that_swallows_it_ends_the_command",),
    ),
    "cut-between-files": Mutant(
        "crashes",
        "go.mod and go.sum are written in one block that no signal cuts",
        "load/mainmodule/write.py",
        "    with session.files.together() if writes_go_mod else nullcontext():\n",
        "    with nullcontext():\n",
        ("tests/cli/test_streams.py::test_a_signal_between_go_mod_and_go_sum_comes_after_both",),
    ),
    "replaced-device": Mutant(
        "outputs",
        "what is no regular file is written into",
        "adapters/disk/streams.py",
        "    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)\n",
        "    return False\n",
        (OUTPUTS + "test_what_is_a_stream",),
    ),
    "credentials-host": Mutant(
        "credentials",
        "a redirect takes them to the same host and those below it alone",
        "adapters/http/credentials.py",
        '    return ":" not in target and "%" not in target and target.endswith("." + first)\n',
        "    return True\n",
        (
            CREDENTIALS + "test_the_credentials_of_go_and_no_others_are_sent",
            CREDENTIALS + "test_attack_a_redirect_for_the_headers_of_a_program",
        ),
    ),
    "credentials-back": Mutant(
        "credentials",
        "once a redirect has led to another host they are gone",
        "adapters/http/client.py",
        "                lines = ()\n",
        "                lines = lines if place.host != first.host else ()\n",
        (CREDENTIALS + "test_attack_a_redirect_for_the_headers_of_a_program",),
    ),
    "credentials-http": Mutant(
        "credentials",
        "they are not sent over plain HTTP",
        "adapters/http/client.py",
        "lines if place.secure else ()",
        "lines",
        (CREDENTIALS + "test_attack_a_redirect_to_http_for_credentials",),
    ),
    "credentials-arguments": Mutant(
        "credentials",
        "a password is in no argument of a program",
        "adapters/http/goauth.py",
        "            words.append(gourl.parse(url).without_userinfo())\n",
        "            words.append(url)\n",
        (CREDENTIALS + "test_attack_a_password_in_the_arguments_of_a_program",),
    ),
    "credentials-url": Mutant(
        "credentials",
        "user and password of a URL win over those of its host",
        "adapters/http/credentials.py",
        '    return url.removeprefix("https://").removesuffix("/")\n',
        '    return url.removeprefix("https://").removesuffix("/").rpartition("@")[2]\n',
        (CREDENTIALS + "test_the_credentials_of_go_and_no_others_are_sent",),
    ),
    "common-name": Mutant(
        "certificates",
        "a certificate lists the names that it is for",
        "adapters/http/curl_transfer.py",
        "        return int(pycurl.PREREQFUNC_ABORT)\n",
        "        return int(pycurl.PREREQFUNC_OK)\n",
        ("tests/adapters/http/test_roots.py::test_the_servers_that_go_trusts",),
    ),
    "libcurl-variables": Mutant(
        "proxies",
        "libcurl does not read the variables",
        "adapters/http/curl_engine.py",
        '        (pycurl.NOPROXY, ""),',
        "       ",
        ("tests/adapters/http/test_proxies.py::test_the_proxy_is_told_what_go_tells_it",),
    ),
    "least-rate": Mutant(
        "limits",
        "a body that trickles is given up",
        "adapters/http/pace.py",
        "        slow = self._size - self._mark_size < limits.least_rate * (now_s - self._mark_s)\n",
        "        slow = False\n",
        (PACE + "test_attack_too_slow",),
    ),
    "total-time": Mutant(
        "limits",
        "all tries of a request have one limit",
        "adapters/http/pace.py",
        "        if now_s - self._first_s > limits.total_s + self._size / limits.steady_rate:\n",
        "        if False:\n",
        (PACE + "test_attack_too_slow", PACE + "test_all_tries_share_one_total"),
    ),
    "joined-bytes": Mutant(
        "limits",
        "what is skipped of a second answer is what came with the first",
        "adapters/http/fetch.py",
        "                        if crc == self._crc:\n",
        "                        if True:\n",
        (FETCH + "test_attack_two_files_are_never_joined", FETCH + "test_another_file_beside_a_late_one_is_not_used"),
    ),
    "joined-ranges": Mutant(
        "limits",
        "a second answer begins where the first was cut",
        "adapters/http/fetch.py",
        "                if place is not None and int(place[1]) == self.size:\n",
        "                if True:\n",
        (FETCH + "test_attack_two_files_are_never_joined",),
    ),
    "bundle-proof": Mutant(
        "bundles",
        "the proof of a bundle leads to its head",
        "core/sumdb/proof.py",
        "    if found != tree_hash or next(hashes, None) is not None:\n",
        "    if False:\n",
        (
            BUNDLE + "test_every_flipped_bit_is_noticed",
            BUNDLE + "test_a_head_of_another_log",
            "tests/app/sum/test_bundle.py::test_attack_bundle_with_another_hash",
        ),
    ),
    "bundle-spelling": Mutant(
        "bundles",
        "a bundle has one spelling",
        "core/sumdb/bundle.py",
        "    if len(bundle.note) > MAX_HEAD_BYTES or format_bundle(bundle) != data:\n",
        "    if False:\n",
        (BUNDLE + "test_other_spellings_are_refused",),
    ),
    "bundle-doubles": Mutant(
        "bundles",
        "one record speaks for a module version",
        "core/sumdb/bundle.py",
        "            if texts.setdefault(mod, text) is not text:\n",
        "            if texts.setdefault(mod, text) is None:\n",
        (BUNDLE + "test_two_records_for_one_version_are_refused",),
    ),
    "merge": Mutant(
        "merge",
        "a line that one side adds is the one that the database proves",
        "app/sum/merge.py",
        '            if digest.startswith("h1:") and digest != proved:\n',
        "            if False:\n",
        (SUM + "test_attack_merge_of_a_false_line",),
    ),
    "unchecked-passes": Mutant(
        "verify",
        "what cannot be checked fails, unless the bundle proves every line",
        "wiring/verify.py",
        "            proves_alone = bool(from_bundle) and options.offline and Claim.DATABASE in claims\n",
        "            proves_alone = options.offline\n",
        (VERIFY + "test_offline_says_what_it_could_not_check", VERIFY + "test_a_bundle_and_go_sum_are_enough"),
    ),
    "contradiction-told": Mutant(
        "verify",
        "only lines that are right and more than needed are told without failing",
        "app/verify/verify.py",
        '_MORE_THAN_NEEDED = frozenset({"extra-sum", DUPLICATE})\n',
        '_MORE_THAN_NEEDED = frozenset({"extra-sum", "sum-mismatch", "conflicting-sums", DUPLICATE})\n',
        (VERIFY + "test_mismatch_explains_itself", VERIFY + "test_lint"),
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
    "report-stays": Mutant(
        "verify",
        "a run that fails replaces the report of an earlier one",
        "cli/outputs.py",
        "        if error is not None and self.result is None:\n",
        "        if False:\n",
        (VERIFY + "test_a_run_that_fails_replaces_the_old_report",),
    ),
    "page-data": Mutant(
        "foreign text",
        "data in a page of HTML ends no element",
        "report/drawing/html.py",
        '    return text.replace("<", "\\\\u003c").replace(">", "\\\\u003e").replace("&", "\\\\u0026")\n',
        "    return text\n",
        (DRAWING + "test_html.py::test_text_of_strangers_stays_data",),
    ),
    "dot-quotes": Mutant(
        "foreign text",
        "a string of Graphviz stays between its quotes",
        "report/drawing/dot.py",
        """.replace("\\\\", "\\\\\\\\").replace('"', '\\\\"')""",
        "",
        (DRAWING + "test_dot.py::test_text_of_strangers_stays_in_its_quotes",),
    ),
    "mermaid-label": Mutant(
        "foreign text",
        "a label of Mermaid stays between its quotes",
        "report/drawing/mermaid.py",
        '_SPECIAL.sub(lambda match: f"#{ord(match[0])};", one_line(text))',
        "one_line(text)",
        (DRAWING + "test_mermaid.py::test_text_of_strangers_stays_in_its_quotes",),
    ),
    "age-unknown": Mutant(
        "age",
        "a version without a date counts as too young",
        "load/query/published.py",
        "    if found.time is None:\n        return TooYoungError(",
        "    if found.time is None:\n        return None\n        return TooYoungError(",
        (
            PUBLISHED + "test_what_is_too_young_is_refused",
            AGES + "test_a_version_without_a_date_is_refused",
        ),
    ),
    "age-arguments-alone": Mutant(
        "age",
        "the minimum age is that of the whole build list",
        "app/get/get.py",
        "        check_ages(session, rs)\n",
        "",
        (MIN_AGE + "test_a_get_that_brings_in_a_young_dependency_is_refused",),
    ),
    "age-of-the-author": Mutant(
        "age",
        "the date when a version was first seen comes before the one that its author says",
        "load/query/published.py",
        "        if seen is not None:\n            return Published(seen, INDEX)\n",
        "",
        (PUBLISHED + "test_first_seen_comes_before_what_the_author_says",),
    ),
    "age-hides-retractions": Mutant(
        "age",
        "retractions are read from the latest version, whatever its age",
        "load/query/query.py",
        "min_age=allowed is not None and not any_age)",
        "min_age=not any_age)",
        (PUBLISHED + "test_retractions_are_those_of_the_true_latest_version_but_for_as_of",),
    ),
}
