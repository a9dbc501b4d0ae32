# SPDX-License-Identifier: BSD-3-Clause
"""Guesses at mistyped words. The words are those of the command line; which one is meant, a person has said."""

from __future__ import annotations

import pytest

from govgo.cli.group import COMMANDS
from govgo.core.closest import closest

MEANT = {
    "gte": "get", "lst": "list", "lits": "list", "grahp": "graph", "tiddy": "tidy", "tdiy": "tidy",
    "dowload": "download", "donwlaod": "download", "verfiy": "verify", "whatif": "what-if",
    "licences": "licenses", "outdate": "outdated",
    "hygeine": "hygiene", "vednor": "vendor", "completions": "completion", "g": "",
    # Words of other tools: none of the commands is what they are about.
    "install": "", "instal": "", "update": "", "remove": "", "build": "", "run": "", "test": "", "fmt": "", "clean": "",
    "": "",
}  # fmt: skip


@pytest.mark.parametrize(("word", "meant"), MEANT.items())
def test_what_is_meant(word: str, meant: str) -> None:
    assert closest(word, COMMANDS) == meant


def test_a_long_word_costs_nothing() -> None:
    assert closest("x" * 10_000_000, COMMANDS) == ""
