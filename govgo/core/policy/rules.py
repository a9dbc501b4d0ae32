# SPDX-License-Identifier: BSD-3-Clause
"""The codes of what `govgo check` finds. Findings that other verbs look for have the same codes there."""

from __future__ import annotations

from collections.abc import Mapping

from govgo.core.findings import VERIFY_RULES
from govgo.core.licenses.licenses import RULES as LICENSE_RULES
from govgo.core.resolution.hygiene import RULES as HYGIENE_RULES

VULNERABLE = "vulnerable-module"
AUDIT_RULES: Mapping[str, str] = {
    VULNERABLE: "An advisory names the selected version of a module as vulnerable.",
    "stale-database": "A database of advisories is older than is allowed.",
}
"""What each code of `audit` means."""

PSEUDO, INCOMPATIBLE = "pseudo-version", "incompatible-version"
RETRACTED, DEPRECATED, TOO_YOUNG = "retracted", "deprecated", "too-young"
NOT_ALLOWED, DENIED = "module-not-allowed", "module-denied"
REPLACEMENT = "replacement-not-allowed"
MAJOR_NOT_ALLOWED, MAJOR_BEHIND = "major-not-allowed", "major-behind"
GO_TOO_LOW, GO_TOO_HIGH = "go-line-too-low", "go-line-too-high"
TOO_MANY = "too-many-modules"
LICENSE_NOT_ALLOWED, LICENSE_DENIED = "license-not-allowed", "license-denied"
UNTIDY = "untidy"
NO_RULE, UNUSED_WAIVER, EXPIRED_WAIVER = "no-rule", "unused-waiver", "expired-waiver"
UNUSED_IGNORE, EXPIRED_IGNORE = "unused-ignore", "expired-ignore"
UNMATCHED = "unmatched-module"

_OWN: Mapping[str, str] = {
    NOT_ALLOWED: "A module of the build list is not among those that govgo.toml allows.",
    DENIED: "A module of the build list is among those that govgo.toml denies.",
    REPLACEMENT: "A replace directive is not among those that govgo.toml allows.",
    PSEUDO: "A commit that no version tags is selected.",
    INCOMPATIBLE: HYGIENE_RULES[INCOMPATIBLE],
    RETRACTED: "The author of a module has retracted the selected version.",
    DEPRECATED: "The author of a module has deprecated it.",
    TOO_YOUNG: "A selected version is younger than govgo.toml allows, or has no date.",
    TOO_MANY: "The build list has more modules than govgo.toml allows.",
    MAJOR_NOT_ALLOWED: "A major version is not among those that govgo.toml allows.",
    MAJOR_BEHIND: "A later major version of a direct requirement exists.",
    GO_TOO_LOW: "A go line is below the lowest one that govgo.toml allows.",
    GO_TOO_HIGH: "A go line is above the highest one that govgo.toml allows.",
    LICENSE_NOT_ALLOWED: "The licence of a module is not among those that govgo.toml allows.",
    LICENSE_DENIED: "The licence of a module is among those that govgo.toml denies.",
    UNTIDY: "go.mod or go.sum is not what govgo tidy would write.",
}

NOTES: Mapping[str, str] = {
    NO_RULE: "The table [check] of govgo.toml states no rule.",
    UNUSED_WAIVER: "A waiver in govgo.toml concerns no finding.",
    EXPIRED_WAIVER: "A waiver in govgo.toml has expired, and no longer counts.",
    UNUSED_IGNORE: "An entry of [audit] in govgo.toml concerns no vulnerability.",
    EXPIRED_IGNORE: "An entry of [audit] in govgo.toml has expired, and no longer counts.",
    UNMATCHED: "A module is replaced by a directory, or a binary names no Go release, so no advisory can be matched.",
}
"""What is told, and is no rule of the file."""

RULES: Mapping[str, str] = {**VERIFY_RULES, **_OWN, **LICENSE_RULES, **AUDIT_RULES}
"""What each code means that a waiver may name; codes that are not here are those of `govgo.errors`."""
