# SPDX-License-Identifier: BSD-3-Clause
"""Findings of `check`, by the rules of the table [check] in govgo.toml."""

from __future__ import annotations

from collections.abc import Mapping

from govgo.core.codes.explanation import Explanation

_OR_WAIVE = " A waiver in govgo.toml, with a reason and a last day, lets it pass."

POLICY: Mapping[str, Explanation] = {
    "module-not-allowed": Explanation(
        "1",
        "A module of the build list is not among those that govgo.toml allows.",
        "`allow` names patterns of module paths, and every module has to match one.",
        "Remove what requires it: `govgo why -m PATH` tells. Or add a pattern." + _OR_WAIVE,
    ),
    "module-denied": Explanation(
        "1",
        "A module of the build list is among those that govgo.toml denies.",
        "`deny` names patterns of module paths, perhaps with versions and a reason.",
        "Remove what requires it: `govgo why -m PATH` tells." + _OR_WAIVE,
    ),
    "replacement-not-allowed": Explanation(
        "1",
        "A replace directive is not among those that govgo.toml allows.",
        "What is built is not what go.mod requires, and whoever requires this module builds something else: they do not"
        " see our replacements.",
        "Remove the directive with `govgo edit -dropreplace=PATH`." + _OR_WAIVE,
    ),
    "deprecated": Explanation(
        "1",
        "The author of a module has deprecated it.",
        "The comment in the go.mod of its latest version says so, and often what takes its place.",
        "Move to what the author names." + _OR_WAIVE,
    ),
    "too-many-modules": Explanation(
        "1",
        "The build list has more modules than govgo.toml allows.",
        "Each module is code of somebody else.",
        "`govgo tree` shows who brings most of them. Or raise `max-modules`.",
    ),
    "major-not-allowed": Explanation(
        "1",
        "A major version is not among those that govgo.toml allows.",
        "`majors` lists them for a module path without its suffix.",
        "Import an allowed major version, and run `govgo tidy`." + _OR_WAIVE,
    ),
    "major-behind": Explanation(
        "1",
        "A later major version of a direct requirement exists.",
        "A new major version has a path of its own, so that no upgrade leads there.",
        "Change the imports to the new path, and run `govgo tidy`." + _OR_WAIVE,
    ),
    "go-line-too-low": Explanation(
        "1",
        "A go line is below the lowest one that govgo.toml allows.",
        "The go line of go.mod decides about language and graph pruning.",
        "`govgo get go@VERSION` raises it.",
    ),
    "go-line-too-high": Explanation(
        "1",
        "A go line is above the highest one that govgo.toml allows.",
        "Whoever builds the module needs that release of Go, or a newer one.",
        "Lower it, and the requirements that need it: `govgo get go@VERSION` shows which.",
    ),
    "license-not-allowed": Explanation(
        "1",
        "The licence of a module is not among those that govgo.toml allows.",
        "`licenses.allow` names SPDX identifiers; of alternatives joined by OR, one has to be allowed.",
        "`govgo licenses` shows the texts. Correct a wrong detection by an override with a reason." + _OR_WAIVE,
    ),
    "license-denied": Explanation(
        "1",
        "The licence of a module is among those that govgo.toml denies.",
        "`licenses.deny` names SPDX identifiers; of alternatives joined by OR, one that is not denied is enough.",
        "`govgo licenses` shows the texts. Correct a wrong detection by an override with a reason." + _OR_WAIVE,
    ),
    "untidy": Explanation(
        "1",
        "go.mod or go.sum is not what govgo tidy would write.",
        "Requirements are missing, superfluous or marked wrongly, so that builds elsewhere may select other versions.",
        "`govgo tidy`, and commit what it writes.",
    ),
    "no-rule": Explanation(
        "0",
        "The table [check] of govgo.toml states no rule.",
        "Every rule is off unless it is stated, so nothing was checked.",
        "State rules; `govgo help check` lists them.",
    ),
    "unused-waiver": Explanation(
        "0",
        "A waiver in govgo.toml concerns no finding.",
        "What it was for is gone, or its names are misspelt.",
        "Remove it, or correct it.",
    ),
    "expired-waiver": Explanation(
        "0",
        "A waiver in govgo.toml has expired, and no longer counts.",
        "What it was for is a finding again.",
        "Mend what it was for, or give it a new last day, with a reason.",
    ),
    "unused-ignore": Explanation(
        "0",
        "An entry of [audit] in govgo.toml concerns no vulnerability.",
        "The module has moved on, or the entry is misspelt.",
        "Remove it, or correct it.",
    ),
    "expired-ignore": Explanation(
        "0",
        "An entry of [audit] in govgo.toml has expired, and no longer counts.",
        "The vulnerability is a finding again.",
        "Move to a version without it, or give the entry a new last day, with a reason.",
    ),
    "unmatched-module": Explanation(
        "0",
        "A module is replaced by a directory, or a binary names no Go release, so no advisory can be matched.",
        "What is in the directory has no version. That nothing is found there does not mean that nothing is known.",
        "Look into it as into your own code, or replace it by a published version.",
    ),
}
