# SPDX-License-Identifier: BSD-3-Clause
"""The files that settings of `serve` name: secrets of hooks, and their sizes."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgo.errors import UsageError
from govgo.serve.server.rules import Rules, read_rules
from govgo.serve.settings import Settings
from govgo.serve.tables import Hook


def rules_with(secret: str, directory: Path) -> Rules:
    file = directory / "secret"
    file.write_text(secret)
    return read_rules(Settings(hooks=(Hook(str(file), ("q.io", "x.io")),)))


@pytest.mark.parametrize("text", ["", "\n0123456789abcdef\n", "0123456789abcde\nf", "  0123456789abcde  \n"])
def test_attack_a_secret_that_can_be_guessed(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="want a secret of at least 16 characters in its first line"):
        rules_with(text, tmp_path)


def test_a_secret_is_the_first_line(tmp_path: Path) -> None:
    assert rules_with("0123456789abcdef\nmore\n", tmp_path).hooks == ((b"0123456789abcdef", "q.io,x.io"),)


def test_a_file_without_end(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="more than"):
        rules_with("a" * ((8 << 20) + 1), tmp_path)
