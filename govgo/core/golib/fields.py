# SPDX-License-Identifier: BSD-3-Clause
"""The words of a line as Go finds them (strings.Fields)."""

from __future__ import annotations

from itertools import islice

from govgo.core.golib.quote import GO_SPACE
from govgo.core.lazyregex import late

# Python's str.split knows four separators that Unicode's White_Space property (and Go) does not.
_NOT_SPACE = late("[\x1c-\x1f]")
_WORD = late(f"[^{GO_SPACE}]+")


def fields(text: str, most: int = 1 << 30) -> list[str]:
    """The words between white space, the first `most` of them."""
    if _NOT_SPACE.search(text) is None:
        return text.split(None, most)[:most]
    return [found[0] for found in islice(_WORD.finditer(text), most)]
