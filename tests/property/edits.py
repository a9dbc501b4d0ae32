# SPDX-License-Identifier: BSD-3-Clause
"""Real texts with small edits: what a short way and the rule that it spares are compared on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import pytest

from govgo.errors import GovgoError
from tests.simulators import campaigns

Text = TypeVar("Text", str, bytes)

FEW_EDITS, EDITS, MANY_EDITS = 700, 2000, campaigns.size(1_000_000, least=3000)
"""Edited inputs that a test tries, by default, with --wide and with --slow."""
counted = pytest.mark.parametrize(
    "count",
    [
        FEW_EDITS,
        pytest.param(EDITS, marks=pytest.mark.wide),
        pytest.param(MANY_EDITS, marks=pytest.mark.slow),
    ],
)

NEVER = re.compile(r"(?!)")
"""Takes the place of an expression that opens a short way: nothing goes there then."""


def edited(texts: Sequence[Text], pieces: Sequence[Text], count: int) -> Iterator[Text]:
    """The texts, and `count` more, each with one to three insertions, deletions or doublings."""
    yield from texts
    dice = campaigns.dice()
    for _ in range(count):
        text = dice.choice(texts)
        for _ in range(dice.choice((1, 1, 2, 3))):
            at = dice.randrange(len(text) + 1)
            end = min(len(text), at + dice.randrange(1, 6))
            match dice.randrange(4):
                case 0 | 1:
                    text = text[:at] + dice.choice(pieces) + text[at:]
                case 2:
                    text = text[:at] + text[end:]
                case _:
                    text = text[:end] + text[at:]
        yield text


def refusal(call: Callable[..., object], *args: object) -> str:
    """The text of the error that a call raises, "" where it raises none."""
    try:
        call(*args)
    except GovgoError as err:
        return str(err)
    return ""
