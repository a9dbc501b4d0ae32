# SPDX-License-Identifier: BSD-3-Clause
"""Text of strangers in Markdown: nothing can leave its cell or code block (GitHub Flavored Markdown)."""

from __future__ import annotations

from collections.abc import Iterable

from govgo.core.findings import Finding
from govgo.core.lazyregex import late
from govgo.core.safetext import visible

_SPECIAL = late(r"([\\`*_{}\[\]<>()#+!|~@&-])")
_FENCE = late(r"`{3,}")


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


MOST_BYTES = (1 << 20) - (1 << 12)
"""Of a report: a step's summary on GitHub may have 1 MiB, and other steps of the job write theirs beside it."""


def document(lines: Iterable[str]) -> str:
    """The report, a newline at its end; cut at a line where it is too large, and then it says how much is left out."""
    whole = list(lines)
    sizes = [len(line.encode("utf-8", "surrogateescape")) + 1 for line in whole]
    if sum(sizes) <= MOST_BYTES:
        return "".join(f"{line}\n" for line in whole)
    left, shown, fence = MOST_BYTES - _RESERVE, 0, ""
    for line, size in zip(whole, sizes, strict=True):
        left -= size
        if left < 0:
            break
        match = _FENCE.match(line)
        if match is not None and not fence:
            fence = match[0]
        elif fence and line == fence:
            fence = ""
        shown += 1
    more = f"… cut off here, since a summary is limited: {len(whole) - shown:,} more lines in the text report."
    return "".join(f"{line}\n" for line in [*whole[:shown], *([fence] if fence else []), "", more])


_RESERVE = 1 << 10
"""Bytes for the note that something is left out."""


def fenced(lines: Iterable[str], language: str = "text") -> list[str]:
    """Lines, made safe already, in a code block that none of them can end."""
    body = list(lines)
    longest = max((len(match[0]) for line in body for match in _FENCE.finditer(line)), default=2)
    fence = "`" * (longest + 1)
    return [f"{fence}{language}", *body, fence]
