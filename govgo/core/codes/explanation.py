# SPDX-License-Identifier: BSD-3-Clause
"""The explanation of one code."""

from __future__ import annotations

from govgo.core.records import NamedTuple


class Explanation(NamedTuple):
    """What a code means.

    Attributes:
        exits: the exit codes with which a command ends that has met it; "1", "1 or 4", "0" where it fails nothing.
        title: one sentence.
        meaning: what has happened, and why it matters; paragraphs are separated by an empty line.
        remedy: what to do; "" where the meaning says all.
    """

    exits: str
    title: str
    meaning: str
    remedy: str = ""
