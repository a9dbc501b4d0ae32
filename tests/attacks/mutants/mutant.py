# SPDX-License-Identifier: BSD-3-Clause
"""One check taken out of the sources."""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """`old` stands exactly once in `file`; with `new` in its place the check is gone, and each of `tests` must fail."""

    rule: str
    check: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
