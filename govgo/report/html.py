# SPDX-License-Identifier: BSD-3-Clause
"""What pages of HTML have in common: text of strangers made safe, colours, tables, hashes for a policy."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NewType

from govgo.core.safetext import one_line

Html = NewType("Html", str)
"""Markup of ours, in which all that strangers wrote went through `text`."""

COLOURS = """
:root { color-scheme: light dark; --page: #fff; --panel: #f5f6f8; --line: #c9ced6; --text: #16191d; --soft: #5b6470;
  --link: #0b5fc4; --good: #1a6b36; --bad: #b3182a; --unsure: #7a4d00; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171b; --panel: #1d2127; --line: #3b424d; --text: #e8eaed; --soft: #a2abb7; --link: #6eb0ff;
    --good: #6fd08c; --bad: #ff8d96; --unsure: #f0b35c; }
}
"""
"""Of a page, on light and on dark screens; each text has at least 4.5 times the luminance of what is behind it, or a
4.5th (WCAG 2.2, 1.4.3)."""


def text(words: str) -> Html:
    """Text as a part of a line, for an element or a quoted attribute."""
    return Html(html.escape(one_line(words)))


def joined(parts: Iterable[Html], between: str = "") -> Html:
    """Pieces of markup one after the other."""
    return Html(between.join(parts))


def table(
    columns: Sequence[str], rows: Iterable[Sequence[Html]], numbers: Collection[int] = (), *, kind: str = ""
) -> Iterator[Html]:
    """A table; `numbers` are the columns that hold some, `kind` is its class in the style sheet."""
    kinds = [' class="number"' if at in numbers else "" for at in range(len(columns))]
    heads = (f'<th scope="col"{kind}>{text(each)}</th>' for kind, each in zip(kinds, columns, strict=True))
    opening = f'<table class="{kind}">' if kind else "<table>"
    yield Html(f"{opening}\n<thead><tr>{''.join(heads)}</tr></thead>\n<tbody>\n")
    for row in rows:
        cells = (f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, row, strict=True))
        yield Html(f"<tr>{''.join(cells)}</tr>\n")
    yield Html("</tbody>\n</table>\n")


def policy_hash(inner: str) -> str:
    """What names a script or style in a Content Security Policy (Level 3, "hash-source")."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()}'"
