# SPDX-License-Identifier: BSD-3-Clause
"""Notes of when versions were asked for."""

from __future__ import annotations

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.storage.uses import format_uses, merge_uses

A, B = ModuleVersion("q.io/a", "v1.0.0"), ModuleVersion("q.io/b", "v1.10.0")


def test_the_form() -> None:
    text = b"govgo uses v1\n1764343295 q.io/a v1.0.0\n7 q.io/b v1.10.0\n"
    assert format_uses({B: 7.9, A: 1764343295.5}) == text
    assert merge_uses([text]) == {A: 1764343295.0, B: 7.0}


def test_of_several_servers_the_latest_use_counts_and_what_cannot_be_read_does_not() -> None:
    one, two = format_uses({A: 5.0, B: 1.0}), format_uses({A: 3.0, B: 9.0})
    bad = b"govgo uses v1\nx q.io/a v1.0.0\n99 q.io/a\n\xff\n99999999999999 q.io/a v1.0.0\n"
    assert merge_uses([one, two, bad, b"", b"govgo uses v2\n99 q.io/a v1.0.0\n"]) == {A: 5.0, B: 9.0}
