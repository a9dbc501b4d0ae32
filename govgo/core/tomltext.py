# SPDX-License-Identifier: BSD-3-Clause
"""TOML of strangers, such as the govgo.toml of a pull request: the library's parser with a bound that it lacks."""

from __future__ import annotations

import re
from typing import Any

from govgo.core.lazyregex import late

MAX_KEY_PARTS = 64
_PART = r"(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')"
_PLACE = late(r"\(at line (\d{1,9}), column \d{1,9}\)\Z", re.ASCII)
"""As the sentences of tomllib end."""
_LONG_KEY = late(rf"(?<![\w-])(?:{_PART}[ \t]*+\.[ \t]*+){{{MAX_KEY_PARTS}}}")
_END = " (at end of document)"


def parse_toml(data: bytes) -> dict[str, Any]:
    """The document. Of a key with n parts tomllib looks at all that it begins with: one of 100 kB takes minutes.

    Raises:
        ValueError, RecursionError: it is none (`foreign.why_malformed`); a ValueError says at which line.
    """
    import tomllib

    text = _text(data)
    found = _LONG_KEY.search(text)
    if found is not None:
        # tomllib's own error is made in another way from Python 3.14 on
        raise _fault(f"a key of more than {MAX_KEY_PARTS} parts", text[: found.start()])
    try:
        return tomllib.loads(text)
    except ValueError as error:
        if not str(error).endswith(_END):
            raise
        raise _fault(str(error).removesuffix(_END), text.rstrip()) from error


def _text(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _fault("UTF-16, where TOML has to be UTF-8", "")
    if data.startswith(b"\xef\xbb\xbf"):
        raise _fault("a byte order mark, which TOML does not have", "")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _fault("not UTF-8", data[: error.start].decode()) from error


def _fault(what: str, before: str) -> ValueError:
    """In the form of tomllib; `before` is the text before the fault."""
    return ValueError(f"{what} (at line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))})")


def line_of_fault(why: str) -> int:
    """The line that the sentence of a malformed document names, 0 for none."""
    at = _PLACE.search(why)
    return int(at[1]) if at is not None else 0
