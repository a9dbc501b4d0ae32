# SPDX-License-Identifier: BSD-3-Clause
"""Lists of versions, as a proxy sends them."""

from __future__ import annotations

import pytest

from govgo.adapters.proxy.proxy import Listing, parse_list


@pytest.mark.parametrize(
    ("text", "listing"),
    [
        ("", Listing((), "", ())),
        ("v1.10.0\nv1.9.0\r\n", Listing(("v1.9.0", "v1.10.0"), "", ())),
        ("1.0.0\nmaster\n\nv1.0.0\n", Listing(("v1.0.0",), "", ())),
        ("v1\nv1.0.0\n", Listing(("v1", "v1.0.0"), "", ("v1",))),
        # Pseudo-versions are no tagged versions; the newest is kept for modules that have nothing else.
        (
            "v0.0.0-20240102030405-0123456789ab\nv0.0.0-20230102030405-0123456789ab\n",
            Listing((), "v0.0.0-20240102030405-0123456789ab", ()),
        ),
        ("v1.0.0 2024-01-02T03:04:05Z\n", Listing(("v1.0.0",), "v1.0.0", ())),
        ("v1.0.0 yesterday\n", Listing(("v1.0.0",), "", ())),
    ],
)
def test_lists(text: str, listing: Listing) -> None:
    assert parse_list(text.encode()) == listing
