# SPDX-License-Identifier: BSD-3-Clause
"""How large the long campaigns (`slow`) are: GOVGO_CAMPAIGN_SHARE, from 0 to 1, is the part of each that is run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar("_T")

SHARE = float(os.environ.get("GOVGO_CAMPAIGN_SHARE", "1"))
_ROWS = 10


def size(full: int, least: int = 1) -> int:
    """How many inputs a campaign of `full` tries."""
    return min(full, max(least, round(full * SHARE)))


def spread(rows: Sequence[_T]) -> list[_T]:
    """The rows of a campaign that are tried: the share of them, but ten, evenly from all of the table."""
    count = min(len(rows), max(_ROWS, round(len(rows) * SHARE)))
    return [rows[at * len(rows) // count] for at in range(count)]
