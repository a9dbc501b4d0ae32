# SPDX-License-Identifier: BSD-3-Clause
"""Patterns of `//go:embed` directives.

Source of the rules: package embed, "Directives"; packages go/ast (ParseDirective) and go/build.
"""

from __future__ import annotations

import re

from govgo.core.golib.quote import GO_SPACE, unquote

#: Comments, and what may hold text that looks like one. Strings and runes end with their line at the latest.
_TOKENS = re.compile(
    rb"(//[^\n]*+)|/\*(?:[^*]++|\*(?!/))*+(?:\*/)?|`[^`]*+`?"
    rb"""|"(?:[^"\\\n]++|\\["\\]|\\)*+"?|'(?:[^'\\\n]++|\\['\\]|\\)*+'?"""
)
_WORD = re.compile(f"[{GO_SPACE}]*([^{GO_SPACE}]+)")
_QUOTED = re.compile(r'`[^`]*`|"(?:[^"\\\n]|\\.)*"')


def embed_patterns(data: bytes) -> tuple[str, ...]:
    """The patterns of all //go:embed directives of a file, in order, without repetition.

    A directive with a malformed quoted pattern counts for nothing, as in go/build.
    """
    if b"//go:embed" not in data:
        return ()
    found: dict[str, None] = {}
    for comment in _TOKENS.findall(data):
        if comment.startswith(b"//go:embed"):
            found.update(dict.fromkeys(_arguments(comment)))
    return tuple(found)


def _arguments(comment: bytes) -> list[str]:
    text = comment.decode("utf-8", "surrogateescape").replace("\r", "")[len("//go:embed") :]
    if text[:1] not in GO_SPACE:
        return []
    text = text.strip(GO_SPACE)
    found = []
    while text:
        if text[0] in '`"':
            match = _QUOTED.match(text)
            value = unquote(match[0]) if match else None
            if match is None or value is None or text[match.end() : match.end() + 1] not in GO_SPACE:
                return []
        else:
            match = _WORD.match(text)
            assert match is not None, text
            value = match[1]
        found.append(value)
        text = text[match.end() :].lstrip(GO_SPACE)
    return found
