# SPDX-License-Identifier: BSD-3-Clause
"""GOVCS: which version control systems may be run for which paths.

    GOVCS=github.com:git,evil.com:off,*:git|hg

The first entry whose pattern matches decides; "public" and "private" are patterns too, private being what GOPRIVATE
covers. A server could exploit a
flaw in a rarely used tool, hence the restriction.

Source: `go help vcs`; the Go Modules Reference, "Controlling version control tools with GOVCS".
"""

from __future__ import annotations

from collections.abc import Iterable

from govgo.core.goenv import GoEnv
from govgo.core.golib.quote import quote
from govgo.core.module.paths import is_local_import
from govgo.core.module.patterns import match_prefix_patterns
from govgo.core.records import NamedTuple
from govgo.errors import UsageError


class Rule(NamedTuple):
    """An entry of GOVCS: a pattern, "public" or "private", and the systems that it allows ("all" for any)."""

    pattern: str
    allowed: tuple[str, ...]


DEFAULT_RULES = (Rule("private", ("all",)), Rule("public", ("git", "hg")))
"""What holds where no entry of GOVCS matches."""


def parse_govcs(text: str) -> tuple[Rule, ...]:
    """The entries of GOVCS.

    Raises:
        UsageError: an entry is malformed, or an earlier one has the same pattern.
    """
    rules: list[Rule] = []
    known: dict[str, str] = {}
    text = text.strip()
    for item in map(str.strip, text.split(",")) if text else ():
        if not item:
            raise UsageError("empty entry in GOVCS")
        pattern, colon, names = map(str.strip, item.partition(":"))
        if not colon:
            raise UsageError(f"malformed entry in GOVCS (missing colon): {quote(item)}")
        if not pattern:
            raise UsageError(f"empty pattern in GOVCS: {quote(item)}")
        if not names:
            raise UsageError(f"empty VCS list in GOVCS: {quote(item)}")
        if is_local_import(pattern):
            raise UsageError(f"relative pattern not allowed in GOVCS: {quote(pattern)}")
        if pattern in known:
            raise UsageError(f"unreachable pattern in GOVCS: {quote(item)} after {quote(known[pattern])}")
        known[pattern] = item
        allowed = tuple(map(str.strip, names.split("|")))
        if "" in allowed:
            raise UsageError(f"empty VCS name in GOVCS: {quote(item)}")
        rules.append(Rule(pattern, allowed))
    return tuple(rules)


def is_allowed(rules: Iterable[Rule], path: str, vcs: str, *, private: bool) -> bool:
    """Whether the first of `rules` that matches allows `vcs`."""
    for pattern, allowed in rules:
        if pattern in ("private", "public"):
            matches = private == (pattern == "private")
        else:
            matches = match_prefix_patterns(pattern, path)
        if matches:
            return vcs in allowed or "all" in allowed
    return False


def check_govcs(env: GoEnv, vcs: str, root: str) -> None:
    """Check that GOVCS allows `vcs` for a repository with the root path `root`.

    Raises:
        UsageError: it does not, or GOVCS is malformed.
    """
    private = match_prefix_patterns(env.goprivate, root)
    if not is_allowed((*parse_govcs(env.govcs), *DEFAULT_RULES), root, vcs, private=private):
        what = "private" if private else "public"
        raise UsageError(f"GOVCS disallows using {vcs} for {what} {root}; see 'go help vcs'")
