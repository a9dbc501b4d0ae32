# SPDX-License-Identifier: BSD-3-Clause
"""Padded base64, accepted as Go's encoding/base64.StdEncoding accepts it (RFC 4648, section 4).

Python's `base64.b64decode` differs in both of its modes: the lax one skips all other characters, and the strict one
refuses the line ends that Go skips.
"""

from __future__ import annotations

import binascii

from govgo.core.lazyregex import late

_SHAPE = late(rb"[A-Za-z0-9+/]*={0,2}")


def decode_base64(text: str) -> bytes:
    """Decode `text`; line ends within it are skipped.

    Raises:
        ValueError: another character, or padding that is missing, surplus or misplaced.
    """
    data = text.encode("ascii").replace(b"\r", b"").replace(b"\n", b"")
    if len(data) % 4 != 0 or _SHAPE.fullmatch(data) is None:
        raise ValueError("illegal base64 data")
    return binascii.a2b_base64(data)


def encode_base64(data: bytes) -> str:
    """Encode without line ends."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")
