# SPDX-License-Identifier: BSD-3-Clause
"""The longest and deepest names of a zip."""

from __future__ import annotations

import pytest

from govgo.core.modzip import bounds
from govgo.errors import BadZipError

TAKEN = {
    "short": b"m.io/x@v1.0.0/x.go",
    "element of 255 bytes": b"m.io/x@v1.0.0/" + b"x" * 255,
    "256 directories": b"d/" * 256 + b"x",
    "2,048 bytes": (b"x" * 255 + b"/") * 8,
}
REFUSED = {
    "element of 256 bytes": (b"m.io/x@v1.0.0/" + b"x" * 256, "path element too long (limit is 255 bytes)"),
    "257 directories": (b"d/" * 257 + b"x", "too many directories in file name (limit is 256)"),
    "2,049 bytes": ((b"x" * 255 + b"/") * 8 + b"x", "file name too long (2049 bytes; limit is 2048)"),
}


@pytest.mark.parametrize("name", TAKEN.values(), ids=TAKEN)
def test_name_within_the_bounds(name: bytes) -> None:
    bounds.check_name(name)


@pytest.mark.parametrize(("name", "reason"), REFUSED.values(), ids=REFUSED)
def test_name_beyond_a_bound(name: bytes, reason: str) -> None:
    with pytest.raises(BadZipError) as caught:
        bounds.check_name(name)
    assert str(caught.value).endswith(reason)


def test_only_the_beginning_of_a_name_is_shown() -> None:
    assert bounds.shown(b"a\x1b\xff\n" + b"b" * 100) == "a\\x1b\\ufffd\\n" + "b" * 60 + "..."
