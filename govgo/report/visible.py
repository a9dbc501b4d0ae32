# SPDX-License-Identifier: BSD-3-Clause
"""Text from files and servers made safe for a terminal: no name in it can move the cursor or change colours."""

from __future__ import annotations

import re


def visible(text: str) -> str:
    r"""`text` with control characters, and bytes that were not UTF-8, as escapes such as `\x1b`; tab and newline stay.

    >>> visible("red: \x1b[31m")
    'red: \\x1b[31m'
    """
    if text.isprintable():  # the usual case; neither control characters nor surrogates are printable
        return text
    return re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f\udc80-\udcff]", lambda match: f"\\x{ord(match[0]) & 0xFF:02x}", text)
