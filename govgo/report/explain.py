# SPDX-License-Identifier: BSD-3-Clause
"""The explanation of a code for a terminal."""

from __future__ import annotations

import textwrap

from govgo.core.codes.explanation import Explanation

_WIDTH = 96


def explanation_text(code: str, explanation: Explanation, width: int = 0) -> str:
    """Code, title, meaning, remedy and exit code.

    Args:
        code: the code.
        explanation: its text.
        width: of the terminal; 0 where nobody knows it.
    """
    wide = min(width or _WIDTH, _WIDTH)
    blocks = [f"{code}: {explanation.title}"]
    blocks += [textwrap.fill(each, wide, break_long_words=False) for each in explanation.meaning.split("\n\n")]
    if explanation.remedy:
        lead = "What to do: "
        blocks.append(textwrap.fill(lead + explanation.remedy, wide, break_long_words=False, break_on_hyphens=False))
    blocks.append(f"Exit code: {explanation.exits}")
    return "\n\n".join(blocks) + "\n"


def code_list(explanations: dict[str, Explanation]) -> str:
    """All codes with their titles, a line each."""
    wide = max(map(len, explanations), default=0)
    return "".join(f"{code:<{wide}}  {each.title}\n" for code, each in explanations.items())
