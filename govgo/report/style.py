# SPDX-License-Identifier: BSD-3-Clause
"""How text for people may look: plain in a pipe or a file, with colours and within its width on a terminal.

What is piped is stable: nothing is cut, wrapped or coloured. A colour never says something that the words do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from govgo.core.records import NamedTuple

if TYPE_CHECKING:
    from rich.console import RenderableType

_CODES = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36}
"""ECMA-48 codes of what `Style.paint` takes."""


class Style(NamedTuple):
    """What a medium can show.

    Attributes:
        width: the columns of a terminal, 0 elsewhere: nothing is cut or wrapped.
        has_colours: colours may be used.
    """

    width: int = 0
    has_colours: bool = False

    @property
    def is_terminal(self) -> bool:
        """Whether a person looks at it as it is written."""
        return self.width > 0

    def paint(self, text: str, colour: str) -> str:
        """`text` in bold in a colour ("red"), or dim; as it is where colours are not wanted, or with "" for one."""
        if not self.has_colours or not text or not colour:
            return text
        weight = "" if colour in ("bold", "dim") else "\x1b[1m"
        return f"\x1b[{_CODES[colour]}m{weight}{text}\x1b[0m"

    def diff_line(self, line: str) -> str:
        """A line of a unified diff in the colour that its first character stands for."""
        return self.paint(line, {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], ""))


_LEAST_COLUMN = 8
_LEAST_BESIDE = 4
"""Room for a wide character and the gap behind it. With less for each column, rich leaves out whole columns."""

PLAIN = Style()
"""A pipe or a file."""


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], style: Style = PLAIN) -> str:
    """Rows below their titles, in columns that are two spaces apart; a newline ends each line.

    On a terminal that is too narrow, the first column, if it is the widest, stands on a line of its own above the
    others. Where that does not help, cells are folded.

    Args:
        titles: of the columns.
        rows: as many cells each; texts of strangers are made safe before (`safetext.one_line`).
        style: the medium.
    """
    if style.is_terminal:
        from rich.table import Table
        from rich.text import Text

        if (stacked := _stacked(titles, rows, style)) is not None:
            return stacked
        shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for title in titles:
            shown.add_column(title, overflow="fold")
        for row in rows:
            shown.add_row(*(Text.from_ansi(cell) for cell in row))
        return rendered(shown, style._replace(width=max(style.width, _LEAST_BESIDE * len(titles))))
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (titles, *rows)]
    return "".join(f"{line}\n" for line in lines)


def _stacked(titles: Sequence[str], rows: Sequence[Sequence[str]], style: Style) -> str | None:
    """The table in two lines a row; None where one is enough, or two are not.

    github.com/a/module/with/a/long/path
      v1.0.0  v1.1.0  2024-01-02

    `others` are the widths of the columns behind the first. Where they do not fit below it, the widest are given less
    room, down to `_LEAST_COLUMN`: most cells are shorter than the longest, and a longer one moves what is behind it.
    """
    from rich.text import Text

    def width(cell: str) -> int:
        return Text.from_ansi(cell).cell_len

    first, *others = (max(map(width, column)) for column in zip(titles, *rows, strict=True))
    beside = sum(others) + 2 * len(others)
    if first + beside <= style.width or first > style.width or first < max(others, default=0):
        return None
    while beside > style.width and max(others) > _LEAST_COLUMN:
        others[others.index(max(others))] -= 1
        beside -= 1
    if beside > style.width:
        return None
    lines = []
    for row in ([style.paint(title, "bold") for title in titles], *rows):
        line, at, end = "", 2, 0  # where the next column begins, and where the line ends
        for cell, size in zip(row[1:], others, strict=True):
            gap = max(at - end, 2)
            line += " " * gap + cell
            end, at = end + gap + width(cell), at + size + 2
        lines += [row[0], line.rstrip()]
    return "".join(f"{line}\n" for line in lines)


def rendered(content: RenderableType, style: Style) -> str:
    """What rich makes of `content` on a terminal, with spaces at the ends of lines taken away."""
    import io

    from rich.console import Console

    stream = io.StringIO()
    console = Console(
        file=stream,
        width=style.width,
        force_terminal=style.has_colours,
        color_system="standard" if style.has_colours else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    console.print(content)
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())
