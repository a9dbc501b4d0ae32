# SPDX-License-Identifier: BSD-3-Clause
"""How long the file of an answer stays open."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from govgo.serve.protocol.answer import OpenFile, StoredFile


def test_a_file_is_closed_with_the_last_answer_that_uses_it(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "a", os.O_CREAT | os.O_RDWR)
    told: list[bool] = []
    file: OpenFile | None = OpenFile(descriptor, lambda: told.append(True))
    assert file is not None
    answers = [StoredFile("a", 0, 0.0, b"", file) for _ in range(2)]
    file = None
    answers.pop()
    os.fstat(descriptor)
    assert not told
    answers.pop()
    assert told == [True]
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(descriptor)
