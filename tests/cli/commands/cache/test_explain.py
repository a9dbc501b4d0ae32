# SPDX-License-Identifier: BSD-3-Clause
"""`govgo explain` from the outside."""

from __future__ import annotations

import pytest

from govgo.core.codes.codes import EXPLANATIONS
from govgo.core.codes.explanation import Explanation
from govgo.report.explain import explanation_text
from tests.simulators import run as runs


class Run(runs.Run):
    command = ("explain",)


def test_a_code_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    done = Run(capsys, "sum-mismatch")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("sum-mismatch: Bytes contradict go.sum or the checksum database.\n\n")
    assert "\n\nWhat to do: `govgo verify` shows" in done.out
    assert done.out.endswith("\n\nExit code: 4\n")
    assert max(map(len, done.out.splitlines())) <= 96


def test_help_knows_codes_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert runs.invoke(["help", "fork"]) == 0
    assert capsys.readouterr().out == Run(capsys, "fork").out


def test_several_codes_and_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert Run(capsys, "fork", "bug").out.count("Exit code: ") == 2
    listed = Run(capsys, "-list").out.splitlines()
    assert [line.split()[0] for line in listed] == list(EXPLANATIONS)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["sum-mismach"], "explain: no such code: sum-mismach"),
        ([], "explain: name a code, or -list for all of them"),
        (["-list", "fork"], "explain: name a code, or -list for all of them"),
    ],
)
def test_what_cannot_be_explained(capsys: pytest.CaptureFixture[str], words: list[str], sentence: str) -> None:
    done = Run(capsys, *words)
    assert (done.code, done.out, done.err) == (2, "", f"govgo: {sentence}\n")


def test_lines_are_not_longer_than_the_terminal() -> None:
    text = explanation_text("x", Explanation("1", "Short.", "word " * 30 + "end.", "do " * 30 + "it."), 40)
    assert max(map(len, text.splitlines())) <= 40
