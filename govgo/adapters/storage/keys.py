# SPDX-License-Identifier: BSD-3-Clause
"""The keys that every storage can hold, so that what is in one can be moved into another; and what tags say."""

from __future__ import annotations

import re

from govgo.core.golib.quote import quote
from govgo.core.lazyregex import late
from govgo.errors import InputError, StorageError
from govgo.ports.storage import Entry

MAX_KEY_BYTES = 1000
"""Object stores stop at 1,024 bytes, the prefix of the URL included."""
MAX_NAME_BYTES = 240
"""File systems stop at 255 bytes for a name, and a temporary name is a little longer."""

_PLAIN = late(r"(?!\.{1,2}(?:/|\Z))[\w.!~+@=,-]{1,100}(?:/(?!\.{1,2}(?:/|\Z))[\w.!~+@=,-]{1,100}){0,7}\Z", re.ASCII)
"""Nearly all keys of module files; the rule is not asked about them."""


def check_key(key: str) -> None:
    """Refuse a key that is not a slash-separated, relative path without "." and "..".

    Raises:
        InputError: it is not, or is too long, or has control characters.
    """
    if reason := _fault(key):
        raise InputError(f"invalid storage key {quote(key[:200])}: {reason}")


def is_key(key: str) -> bool:
    """Whether a name that others may have chosen is such a key."""
    return not _fault(key)


def _fault(key: str) -> str:
    if _PLAIN.match(key):
        return ""
    names = key.split("/")
    if any(name in ("", ".", "..") for name in names):
        return "not a relative path"
    if not key.isprintable() or "\\" in key:
        return "invalid character"
    if len(key.encode("utf-8", "replace")) > MAX_KEY_BYTES:
        return f"longer than {MAX_KEY_BYTES} bytes"
    if any(len(name.encode("utf-8", "replace")) > MAX_NAME_BYTES for name in names):
        return f"a name longer than {MAX_NAME_BYTES} bytes"
    return ""


def check_tag(entry: Entry, tag: str) -> None:
    """Refuse a file that is another one than the caller knows; "" for who knows none.

    Raises:
        StorageError: it has another tag.
    """
    if tag and entry.tag != tag:
        raise StorageError(f"{entry.key}: it is another file by now", key=entry.key)
