# SPDX-License-Identifier: BSD-3-Clause
"""The kept table of all commands."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from govgo.cli.completion import table
from govgo.cli.completion.table import command_table, make_table


def test_the_kept_table_is_the_one_that_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"HOME": str(tmp_path)}
    made = command_table(environ)
    monkeypatch.setattr(table, "make_table", lambda: pytest.fail("it is kept"))
    kept = command_table(environ)
    assert kept == made
    monkeypatch.undo()
    plain = {path: (list(row.children), [flag.names for flag in row.flags]) for path, row in make_table().items()}
    assert {path: (row.children, [tuple(flag.names) for flag in row.flags]) for path, row in kept.items()} == plain


def test_a_damaged_table_is_made_anew(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    made = command_table(environ)
    (file,) = (tmp_path / ".cache/govgo/completion").iterdir()
    data = file.read_bytes()
    file.write_bytes(data[:-10])
    assert command_table(environ) == made
    assert file.read_bytes() == data


def test_a_change_of_a_command_makes_another_table(monkeypatch: pytest.MonkeyPatch) -> None:
    before = table._stamp()
    real = os.scandir

    def touched(path: str) -> object:
        return [entry for entry in real(path) if entry.name != "options.py"]

    monkeypatch.setattr(os, "scandir", touched)
    assert table._stamp() != before
