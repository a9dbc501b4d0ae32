# SPDX-License-Identifier: BSD-3-Clause
"""All texts that lie beside one: edits by chance seldom change just the one place at which a short way is too wide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

ODD = (*" \"'\\/.A0z-!~+:@_?#%*(,[^|\0\t\n\r\f\x7f", "\u00e9", "\udcff")
"""A character of each kind that some rule treats otherwise than others."""


def neighbours(text: str, pieces: Iterable[str] = ODD) -> Iterator[str]:
    """A text with a piece before each of its characters, in place of it, or at its end; and one left out or doubled."""
    pieces = tuple(pieces)
    for at in range(len(text) + 1):
        for piece in pieces:
            yield text[:at] + piece + text[at:]
            yield text[:at] + piece + text[at + 1 :]
        yield text[:at] + text[at + 1 :]
        yield text[: at + 1] + text[at:]
