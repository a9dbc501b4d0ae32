# SPDX-License-Identifier: BSD-3-Clause
"""Zips made of files that cannot be read to their end."""

from __future__ import annotations

import io

import pytest

from govgo.adapters.disk.temporary import spool
from govgo.adapters.modzip.write import create_zip
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.modzip.rules import ListedFile
from govgo.errors import DiskError

MV = ModuleVersion("q.io/a", "v1.0.0")
UNREADABLE = "/proc/self/mem"
"""It can be opened, and reading it fails."""


def test_what_fails_is_told_of_the_file_that_is_read() -> None:
    with (
        spool() as target,
        pytest.raises(DiskError, match=rf"^read {UNREADABLE}: input/output error$"),
    ):
        create_zip(target, MV, [ListedFile("a.go", 3)], lambda _: open(UNREADABLE, "rb"))  # noqa: SIM115 - it closes them


def test_a_file_without_a_name_is_called_as_in_the_zip() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("gone")

    with pytest.raises(DiskError, match=r"^read a\.go: gone$"):
        create_zip(io.BytesIO(), MV, [ListedFile("a.go", 3)], lambda path: Broken())
