# SPDX-License-Identifier: BSD-3-Clause
"""How large the long campaigns (`slow`) are, and which rows of a table are tried by default.

GOVGO_CAMPAIGN_SHARE, from 0 to 1, is the part of each campaign that is run. With another GOVGO_CAMPAIGN_SEED each tries
other inputs.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Sequence
from typing import TypeVar

import pytest
from _pytest.mark.structures import ParameterSet

_T = TypeVar("_T")

SHARE = float(os.environ.get("GOVGO_CAMPAIGN_SHARE", "1"))
SEED = os.environ.get("GOVGO_CAMPAIGN_SEED", "15")
_ROWS = 10


def size(full: int, least: int = 1) -> int:
    """How many inputs a campaign of `full` tries."""
    return min(full, max(least, round(full * SHARE)))


def dice(*name: object) -> random.Random:
    """The dice of one input, or of a test: the same in each run with one seed."""
    return random.Random(" ".join(map(str, (SEED, *name))))


def spread(rows: Sequence[_T]) -> list[_T]:
    """The rows of a campaign that are tried: the share of them, but ten, evenly from all of the table."""
    count = min(len(rows), max(_ROWS, round(len(rows) * SHARE)))
    return [rows[at * len(rows) // count] for at in range(count)]


def one_in(step: int, rows: Iterable[object]) -> list[ParameterSet]:
    """The rows of a table for `pytest.mark.parametrize`: one in `step` is tried by default, the others are `wide`.

    A row that is `slow` is not made `wide`, too: it would need both options.

    Args:
        step: so many rows that follow each other stand for one another.
        rows: values, tuples of values (a record is one value), or `pytest.param(...)`.
    """
    found = []
    for at, row in enumerate(rows):
        param = row if isinstance(row, ParameterSet) else pytest.param(*(row if type(row) is tuple else (row,)))
        stays = at % step == 0 or any(getattr(mark, "name", "") == "slow" for mark in param.marks)
        found.append(param if stays else param._replace(marks=[*param.marks, pytest.mark.wide]))
    return found


thirds = pytest.mark.parametrize("third", one_in(3, range(3)))
"""For a property whose examples hypothesis makes: a third of them by default, the others with --wide."""
