# SPDX-License-Identifier: BSD-3-Clause
"""Amounts of bytes on the command line: 700MB, 4G, 512MiB."""

from __future__ import annotations

import re

from govgo.cli.options import FlagError
from govgo.core.lazyregex import late

_SIZE = late(r"([0-9]{1,15}(?:\.[0-9]{1,3})?) ?(?:([kmgt]?)(i?)b?)?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def parse_size(flag: str, text: str) -> int:
    """The bytes that the value of a flag stands for: powers of 1,000; of 1,024 with an "i".

    Raises:
        FlagError: it is not an amount, or nothing.
    """
    found = _SIZE.fullmatch(text.strip())
    size = 0
    if found is not None:
        size = int(float(found[1]) * (1024 if found[3] else 1000) ** _POWERS[(found[2] or "").lower()])
    if size <= 0:
        raise FlagError(f'invalid value "{text}" for flag -{flag}: want an amount such as 700MB or 4GiB')
    return size
