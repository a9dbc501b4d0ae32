# SPDX-License-Identifier: BSD-3-Clause
"""What commands conclude and print: bundles, merges, verify, ages, licences, the text of strangers."""

from __future__ import annotations

from tests.attacks.mutants.mutant import Mutant

LICENSES = "tests/adapters/licenses/test_matcher.py::"
BUNDLE = "tests/core/sumdb/test_bundle.py::"
DRAWING = "tests/report/drawing/"
FOREIGN = "tests/attacks/test_foreign_text.py::"
FORMATS = "tests/report/findings/test_formats.py::"
SUM = "tests/cli/commands/trust/test_sum.py::"
PUBLISHED = "tests/load/query/test_ages.py::"
AGES = "tests/load/buildlist/test_ages.py::"
MIN_AGE = "tests/cli/commands/change/test_min_age.py::"
VERIFY = "tests/cli/commands/trust/test_verify.py::"
VERIFY_REPORTS = "tests/cli/commands/trust/test_verify_reports.py::"
SERVED_TEXT = "tests/attacks/test_served_text.py::"
MARKDOWN = "tests/report/test_markdown.py::"

MUTANTS = {
    "foreign-text": Mutant(
        "foreign text",
        "what a terminal or a CI runner takes as a command is escaped",
        "core/safetext.py",
        "    return _UNSAFE_TEXT.sub(_escape, text)\n",
        "    return text\n",
        (FOREIGN + "test_attack_text_of_strangers_gives_no_commands",),
    ),
    "foreign-line": Mutant(
        "foreign text",
        "a value within a sentence stays on its line",
        "core/safetext.py",
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
    "endless-match": Mutant(
        "licences",
        "a licence text has a limit of time",
        "adapters/licenses/matching_process.py",
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
    "bundle-without-end": Mutant(
        "bundles",
        "a bundle has a limit in bytes",
        "core/sumdb/bundle.py",
        "    if len(data) > MAX_BUNDLE_BYTES:\n",
        "    if False:\n",
        (BUNDLE + "test_attack_bundles_without_end",),
    ),
    "bundle-head": Mutant(
        "bundles",
        "the tree head of a bundle has a limit in bytes",
        "core/sumdb/bundle.py",
        "    if len(bundle.note) > MAX_HEAD_BYTES or format_bundle(bundle) != data:\n",
        "    if format_bundle(bundle) != data:\n",
        (BUNDLE + "test_attack_bundles_without_end",),
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
        "    proves_alone = bool(options.from_bundle) and options.offline and Claim.DATABASE in claims\n",
        "    proves_alone = options.offline\n",
        (VERIFY + "test_offline_says_what_it_could_not_check", VERIFY_REPORTS + "test_a_bundle_and_go_sum_are_enough"),
    ),
    "contradiction-told": Mutant(
        "verify",
        "only lines that are right and more than needed are reported without failing",
        "app/verify/verify.py",
        '_MORE_THAN_NEEDED = frozenset({"extra-sum", DUPLICATE})\n',
        '_MORE_THAN_NEEDED = frozenset({"extra-sum", "sum-mismatch", "conflicting-sums", DUPLICATE})\n',
        (VERIFY + "test_mismatch_explains_itself", VERIFY + "test_lint"),
    ),
    "report-stays": Mutant(
        "verify",
        "a run that fails replaces the report of an earlier one",
        "cli/outputs.py",
        "        if error is not None and self.result is None:\n",
        "        if False:\n",
        (VERIFY_REPORTS + "test_a_run_that_fails_replaces_the_old_report",),
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
        "load/query/ages.py",
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
        "load/query/ages.py",
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
    "merge-two": Mutant(
        "merge",
        "a merge takes no two hashes for one version of a private module",
        "app/sum/merge.py",
        "    if len({digest for _, digest in known}) > 1:\n",
        "    if False:\n",
        (SUM + "test_merge_of_private_modules",),
    ),
    "markdown-cell": Mutant(
        "foreign text",
        "a cell of Markdown holds text alone",
        "report/markdown.py",
        '    return _SPECIAL.sub(r"\\\\\\1", " ".join(visible(text).split()))\n',
        '    return " ".join(visible(text).split())\n',
        (FORMATS + "test_markdown_contains_hostile_text",),
    ),
    "github-line": Mutant(
        "foreign text",
        "an annotation of GitHub is one line",
        "report/findings/github.py",
        '.replace("\\n", "%0A")',
        "",
        (FORMATS + "test_github_commands_are_one_line_each",),
    ),
    "github-property": Mutant(
        "foreign text",
        "a property of an annotation ends where it ends",
        "report/findings/github.py",
        '.replace(":", "%3A").replace(",", "%2C")',
        "",
        (FORMATS + "test_github_commands_are_one_line_each",),
    ),
    "junit-text": Mutant(
        "foreign text",
        "text in JUnit ends no element",
        "report/findings/junit.py",
        '.replace("<", "&lt;")',
        "",
        (FORMATS + "test_junit_is_valid_by_both_schemas",),
    ),
    "html-text": Mutant(
        "foreign text",
        "text in a page of the registry ends no element",
        "report/html.py",
        "    return Html(html.escape(one_line(words)))\n",
        "    return Html(one_line(words))\n",
        (SERVED_TEXT + "test_attack_text_of_who_has_published_what_is_stored",),
    ),
    "markdown-fence": Mutant(
        "foreign text",
        "no line ends the block of code that it is in",
        "report/markdown.py",
        '    fence = "`" * (longest + 1)\n',
        '    fence = "`" * 3\n',
        (MARKDOWN + "test_attack_a_line_that_would_end_a_block",),
    ),
}
