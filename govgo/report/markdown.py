# SPDX-License-Identifier: BSD-3-Clause
"""Text of strangers in Markdown: nothing can leave its cell or code block (GitHub Flavored Markdown)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from govgo.core.foreign import visible

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~@&-])")
_FENCE = re.compile(r"`{3,}")


def plain(text: str) -> str:
    """`text` on one line, with nothing in it that means something in Markdown."""
    return _SPECIAL.sub(r"\\\1", " ".join(visible(text).split()))


def fenced(lines: Iterable[str], language: str = "text") -> list[str]:
    """Lines, made safe already, in a code block that none of them can end."""
    body = list(lines)
    longest = max((len(match[0]) for line in body for match in _FENCE.finditer(line)), default=2)
    fence = "`" * (longest + 1)
    return [f"{fence}{language}", *body, fence]
