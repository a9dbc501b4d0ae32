# SPDX-License-Identifier: BSD-3-Clause
"""TOML of strangers, such as the govgo.toml of a pull request: the library's parser with a bound that it lacks."""

from __future__ import annotations

from typing import Any

from govgo.core.late import late

MAX_KEY_PARTS = 64
_PART = r"(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')"
_LONG_KEY = late(rf"(?<![\w-])(?:{_PART}[ \t]*+\.[ \t]*+){{{MAX_KEY_PARTS}}}")


def parse_toml(data: bytes) -> dict[str, Any]:
    """The document. Of a key with n parts tomllib looks at all that it begins with: one of 100 kB takes minutes.

    Raises:
        tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError: it is none (`foreign.why_malformed`).
    """
    import tomllib

    text = data.decode()
    if _LONG_KEY.search(text):
        raise tomllib.TOMLDecodeError(f"a key of more than {MAX_KEY_PARTS} parts")
    return tomllib.loads(text)
