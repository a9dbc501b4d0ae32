# SPDX-License-Identifier: BSD-3-Clause
"""Text of strangers in Markdown: nothing can leave its cell or code block (GitHub Flavored Markdown)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from govgo.core.findings import Finding
from govgo.core.foreign import visible

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~@&-])")
_FENCE = re.compile(r"`{3,}")


def plain(text: str) -> str:
    """`text` on one line, with nothing in it that means something in Markdown."""
    return _SPECIAL.sub(r"\\\1", " ".join(visible(text).split()))


def table_row(cells: Iterable[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(map(plain, cells))} |"


def fault_section(fault: Finding) -> list[str]:
    """What kept something from being looked at, below a heading of its own."""
    place = f" ({plain(str(fault.place))})" if fault.place is not None else ""
    return ["", f"### ⚠️ {plain(fault.code)}{place}", "", *fenced(visible(fault.text).split("\n"))]


def fenced(lines: Iterable[str], language: str = "text") -> list[str]:
    """Lines, made safe already, in a code block that none of them can end."""
    body = list(lines)
    longest = max((len(match[0]) for line in body for match in _FENCE.finditer(line)), default=2)
    fence = "`" * (longest + 1)
    return [f"{fence}{language}", *body, fence]
