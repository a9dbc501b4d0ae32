# SPDX-License-Identifier: BSD-3-Clause
"""The summary of a fleet as a page of HTML: one file without a program, which asks no network.

What strangers have written is text, never markup. The Content Security Policy names the style by its hash, and forbids
all else.
"""

from __future__ import annotations

from collections.abc import Iterator

from govgo.core.fleet.summary import Summary
from govgo.report.fleet.sections import Section, sections_of, sentences
from govgo.report.html import COLOURS, policy_hash, text

_MOST_ROWS = 500
_STYLE = (
    COLOURS
    + """body { margin: 0 auto; max-width: 1200px; padding: 16px; background: var(--page); color: var(--text);
  font: 14px/1.45 system-ui, sans-serif; }
h1 { font-size: 18px; margin: 6px 0 8px; } h2 { font-size: 15px; margin: 26px 0 4px; scroll-margin-top: 8px; }
p { margin: 2px 0; } a { color: var(--link); } nav { margin: 8px 0; line-height: 1.8; }
nav a { margin-right: 14px; display: inline-block; } .soft { color: var(--soft); }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: left; vertical-align: top; padding: 3px 12px 3px 0; border-bottom: 1px solid var(--line); }
th { position: sticky; top: 0; background: var(--page); white-space: nowrap; }
td { overflow-wrap: anywhere; min-width: 12ch; } td.wide { min-width: 30ch; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; min-width: 0; }
th:last-child, td:last-child { padding-right: 0; }
tbody tr:hover { background: color-mix(in srgb, var(--line) 25%, transparent); }
@media (max-width: 760px) { .table { overflow-x: auto; } th { position: static; } body { padding: 12px; } }
@media print { th { position: static; } nav { display: none; } body { max-width: none; } .table { overflow: visible; } }
"""
)


def summary_page(summary: Summary) -> str:
    """The summary as one page of HTML."""
    policy = f"default-src 'none'; style-src {policy_hash(_STYLE)}; base-uri 'none'; form-action 'none'"
    sections = list(sections_of(summary, _MOST_ROWS))
    links = "".join(f'<a href="#s{at}">{text(each.title)}</a>' for at, each in enumerate(sections))
    told = "".join(f"<p>{text(each)}</p>\n" for each in sentences(summary))
    body = "".join(part for at, each in enumerate(sections) for part in _section(at, each))
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>govgo fleet</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>govgo fleet</h1>\n{told}"
        f"<nav>{links}</nav>\n{body}</body>\n</html>\n"
    )


def _section(at: int, section: Section) -> Iterator[str]:
    yield f'<h2 id="s{at}">{text(section.title)}</h2>\n'
    if section.note:
        yield f'<p class="soft">{text(section.note)}</p>\n'
    if section.rows:
        kinds = [_kind(section, at) for at in range(len(section.columns))]
        heads = (f'<th scope="col"{kind}>{text(each)}</th>' for kind, each in zip(kinds, section.columns, strict=True))
        yield f'<div class="table" tabindex="0" role="region" aria-labelledby="s{at}">\n'
        yield f"<table>\n<thead><tr>{''.join(heads)}</tr></thead>\n<tbody>\n"
        for row in section.rows:
            cells = (f"<td{kind}>{text(cell)}</td>" for kind, cell in zip(kinds, row, strict=True))
            yield f"<tr>{''.join(cells)}</tr>\n"
        yield "</tbody>\n</table>\n</div>\n"
    if section.left_out:
        yield f'<p class="soft">… and {section.left_out:,} more, in the tables beside this page.</p>\n'


_LONG = 24
"""Characters of a cell that are not to be broken into a column of single ones where the window is narrow."""


def _kind(section: Section, at: int) -> str:
    """The class of a column's cells."""
    if at in section.numbers:
        return ' class="number"'
    return ' class="wide"' if any(len(row[at]) > _LONG for row in section.rows) else ""
