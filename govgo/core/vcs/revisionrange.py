# SPDX-License-Identifier: BSD-3-Clause
"""Two revisions in one word, as git has them: `A..B` and `A...B` (gitrevisions(7), "Dotted Range Notations").

Dots in the text of a commit message are none of a range: `:/fix a..b`, `HEAD^{/fix a..b}`.
"""

from __future__ import annotations

import re

from govgo.core.lazyregex import late

# In braces behind "^" or "@" may stand any text. What was taken is not given back (`?>`), so that no dots in it count.
_RANGE = late(r"((?>(?:[@^]\{[^}]*\}|(?!\.\.).)*))(\.\.\.?)(.*)", re.DOTALL)


def split_range(text: str) -> tuple[str, str, str]:
    """(A, the dots, B), each side "" where it is left out; of a single revision (text, "", "")."""
    found = None if text.startswith(":/") else _RANGE.fullmatch(text)
    return (found[1], found[2], found[3]) if found is not None else (text, "", "")
