# SPDX-License-Identifier: BSD-3-Clause
"""Words that texts for people have in common."""

from __future__ import annotations

from typing import Protocol


class Named(Protocol):
    """A main module or workspace in a report."""

    @property
    def name(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def directory(self) -> str: ...


def many(count: int, noun: str, nouns: str = "") -> str:
    """ "1 module", "1,024 modules"; `nouns` for a plural that is not the noun and an s."""
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"


def titled(each: Named) -> str:
    """The name of a module, and the directory where that is not the one that reports start at."""
    where = f" ({each.directory})" if each.path and each.directory != "." else ""
    return f"{each.name}{where}"


def size_of(count: int) -> str:
    """ "48 bytes", "1.8 kB", "34.5 MB", "2.1 GB"."""
    for unit, size in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"
