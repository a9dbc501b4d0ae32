# SPDX-License-Identifier: BSD-3-Clause
"""Text in a pipe and on a terminal."""

from __future__ import annotations

from govgo.report.style import PLAIN, Style, table

ROWS = [["example.com/a-very-long-module-path", "v1.0.0", "older"], ["b.io/b", "v0.1.0", ""]]


def test_a_table_in_a_pipe_is_never_cut() -> None:
    assert table(["module", "version", ""], ROWS) == (
        "module                               version\n"
        "example.com/a-very-long-module-path  v1.0.0   older\n"
        "b.io/b                               v0.1.0\n"
    )


def test_a_table_on_a_narrow_terminal_has_two_lines_a_row() -> None:
    assert table(["module", "version", ""], ROWS, Style(width=40)) == (
        "module\n  version\nexample.com/a-very-long-module-path\n  v1.0.0   older\nb.io/b\n  v0.1.0\n"
    )
    assert table(["module", "version", ""], ROWS, Style(width=60)).splitlines()[1] == (
        "example.com/a-very-long-module-path  v1.0.0   older"
    )


def test_a_table_on_a_terminal_that_is_too_narrow_for_that_is_folded_within_its_width() -> None:
    text = table(["module", "version", ""], ROWS, Style(width=30))
    assert max(map(len, text.splitlines())) <= 30
    assert "".join(text.split()).count("very-long") == 1
    assert "\x1b" not in text


def test_colours() -> None:
    assert PLAIN.paint("bad", "red") == "bad"
    assert Style(80, True).paint("bad", "red") == "\x1b[31m\x1b[1mbad\x1b[0m"
    assert Style(80, True).paint("", "red") == ""
    painted = table(["a"], [[Style(80, True).paint("bad", "red")]], Style(80, True))
    assert "\x1b[1;31mbad\x1b[0m" in painted


def test_no_terminal_is_so_narrow_that_a_table_loses_text() -> None:
    rows = [[*row, "漢字"] for row in ROWS]
    told = sorted("module" + "version" + "".join(map("".join, rows)))
    for width in range(1, 20):
        text = table(["module", "version", "", ""], rows, Style(width))
        assert sorted("".join(text.split())) == told, width
