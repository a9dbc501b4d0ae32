# SPDX-License-Identifier: BSD-3-Clause
"""Where programs are looked for: what of PATH is left. That nothing else is run, the tests of git and GOAUTH show."""

from __future__ import annotations

import pytest

from govgo.adapters.disk.programs import program_environment


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/usr/bin:/bin", "/usr/bin:/bin"),
        (".:/usr/bin::bin:./x:/bin:", "/usr/bin:/bin"),
        ("", "/nonexistent"),
        (".", "/nonexistent"),
    ],
)
def test_the_absolute_directories_are_kept(path: str, kept: str) -> None:
    assert program_environment({"PATH": path, "A": "b"}) == {"PATH": kept, "A": "b"}


def test_without_a_path_there_is_none() -> None:
    """Then the system says where its programs are."""
    assert program_environment({"A": "b"}) == {"A": "b"}
