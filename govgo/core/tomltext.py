# SPDX-License-Identifier: BSD-3-Clause
"""TOML of strangers, such as the govgo.toml of a pull request: the library's parser with a bound that it lacks."""

from __future__ import annotations

import re
from typing import Any

from govgo.core.late import late

MAX_KEY_PARTS = 64
_PART = r"(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')"
_PLACE = late(r"\(at line (\d{1,9}), column \d{1,9}\)\Z", re.ASCII)
"""As the sentences of tomllib end."""
_LONG_KEY = late(rf"(?<![\w-])(?:{_PART}[ \t]*+\.[ \t]*+){{{MAX_KEY_PARTS}}}")


def parse_toml(data: bytes) -> dict[str, Any]:
    """The document. Of a key with n parts tomllib looks at all that it begins with: one of 100 kB takes minutes.

    Raises:
        ValueError, RecursionError: it is none (`foreign.why_malformed`).
    """
    import tomllib

    text = data.decode()
    found = _LONG_KEY.search(text)
    if found is not None:
        at = found.start()  # tomllib's own error is made in another way from Python 3.14 on
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        raise ValueError(f"a key of more than {MAX_KEY_PARTS} parts (at line {line}, column {column})")
    return tomllib.loads(text)


def line_of_fault(why: str) -> int:
    """The line that the sentence of a malformed document names, 0 for none."""
    at = _PLACE.search(why)
    return int(at[1]) if at is not None else 0
