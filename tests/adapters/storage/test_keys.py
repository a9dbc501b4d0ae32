# SPDX-License-Identifier: BSD-3-Clause
"""Keys of storages; which are taken is asked of every storage in tests/contracts/test_storage.py."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govgo.adapters.storage import keys
from govgo.errors import InputError


@given(
    st.lists(st.sampled_from(["a", ".", "..", "/", "A", "~x", "!", " ", "\n", "ä", "\\", "x" * 99]), max_size=24).map(
        "".join
    )
)
def test_the_short_way_takes_only_what_the_rule_takes(key: str) -> None:
    if keys._PLAIN.match(key):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(keys, "_PLAIN", keys.re.compile(r"(?!)"))
            keys.check_key(key)


def test_the_reason_is_told() -> None:
    with pytest.raises(InputError, match=r'invalid storage key "a/../b": not a relative path'):
        keys.check_key("a/../b")


@pytest.mark.parametrize("key", ["a\nb", "a\\b", "a\x1b", "x" * 2000, "x" * 241, "a/" * 600 + "a"])
def test_keys_that_no_bucket_takes(key: str) -> None:
    with pytest.raises(InputError):
        keys.check_key(key)
