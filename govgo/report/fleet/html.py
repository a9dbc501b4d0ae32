# SPDX-License-Identifier: BSD-3-Clause
"""The summary of a fleet as a page of HTML: one file without a program, which asks no network.

What strangers have written is text, never markup. The Content Security Policy names the style by its hash, and forbids
all else.
"""

from __future__ import annotations

from collections.abc import Iterator

from govgo.core.fleet.summary import Summary
from govgo.report.fleet.sections import Section, closing, sections_of
from govgo.report.html import COLOURS, policy_hash, table, text

_MOST_ROWS = 500
_STYLE = (
    COLOURS
    + """body { margin: 0 auto; max-width: 1200px; padding: 16px; background: var(--page); color: var(--text);
  font: 14px/1.45 system-ui, sans-serif; }
h1 { font-size: 18px; } h2 { font-size: 15px; margin: 26px 0 4px; } p { margin: 2px 0; } a { color: var(--link); }
nav a { margin-right: 14px; } .soft { color: var(--soft); }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: left; vertical-align: top; padding: 3px 12px 3px 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
th { position: sticky; top: 0; background: var(--page); }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
@media print { th { position: static; } nav { display: none; } body { max-width: none; } }
"""
)


def summary_page(summary: Summary) -> str:
    """The page."""
    policy = f"default-src 'none'; style-src {policy_hash(_STYLE)}; base-uri 'none'; form-action 'none'"
    sections = list(sections_of(summary, _MOST_ROWS))
    links = "".join(f'<a href="#s{at}">{text(each.title)}</a>' for at, each in enumerate(sections))
    body = "".join(part for at, each in enumerate(sections) for part in _section(at, each))
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>govgo fleet</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>govgo fleet</h1>\n<p>{text(closing(summary))}</p>\n"
        f"<nav>{links}</nav>\n{body}</body>\n</html>\n"
    )


def _section(at: int, section: Section) -> Iterator[str]:
    yield f'<h2 id="s{at}">{text(section.title)}</h2>\n'
    if section.note:
        yield f'<p class="soft">{text(section.note)}</p>\n'
    if section.rows:
        yield from table(section.columns, (tuple(map(text, row)) for row in section.rows), section.numbers)
    if section.left_out:
        yield f'<p class="soft">… and {section.left_out:,} more, in the tables beside this page.</p>\n'
