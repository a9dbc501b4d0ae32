# SPDX-License-Identifier: BSD-3-Clause
"""go.sum read for judgement: what is wrong with each line, and that nothing is passed over in silence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govgo.core.gosum.lint import read_lines
from govgo.core.module.moduleversion import ModuleVersion

H1 = "h1:T1hPZKmBbMNahiBKFy5HrXp6adAjACjK9JXDnKaTXpA="
OTHER = "h1:U1hPZKmBbMNahiBKFy5HrXp6adAjACjK9JXDnKaTXpA="
EMPTY_GO_MOD = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="


@pytest.mark.parametrize(
    ("line", "codes", "readable"),
    [
        (f"q.io/a v1.0.0 {H1}", [], True),
        (f"q.io/a v1.0.0/go.mod {H1}", [], True),
        (f"q.io/a v2.0.0+incompatible {H1}", [], True),
        (f"q.io/a v1.0.0 {H1}\r", [], True),
        (f"q.io/a v1.0.0/go.mod {EMPTY_GO_MOD}", [], False),
        ("", [], False),
        (" ", ["go-sum-malformed"], False),
        ("q.io/a v1.0.0", ["go-sum-malformed"], False),
        (f"q.io/a v1.0.0 {H1} x", ["go-sum-malformed"], False),
        (f"q.io/a\tv1.0.0 {H1}", ["go-sum-spacing"], True),
        (f"q.io/a  v1.0.0 {H1}", ["go-sum-spacing"], True),
        (f" q.io/a v1.0.0 {H1}", ["go-sum-spacing"], True),
        (f"q.io/a v1.0.0 {H1} ", ["go-sum-spacing"], True),
        ("<<<<<<< HEAD", ["merge-marker"], False),
        ("=======", ["merge-marker"], False),
        (">>>>>>> topic", ["merge-marker"], False),
        ("||||||| base", ["merge-marker"], False),
        ("======== x", ["go-sum-malformed"], False),
        (f"q.io/a v1.0.0 {H1[:-1]}", ["malformed-hash"], True),
        (f"q.io/a v1.0.0 {H1[:-1]}!", ["malformed-hash"], True),
        ("q.io/a v1.0.0 h2:abc", ["unknown-hash"], False),
        (f"q.io/a v1.0 {H1}", ["invalid-module"], True),
        (f"q.io/a v2.0.0 {H1}", ["invalid-module"], True),
        (f"q.io/a v1.0.0/go.sum {H1}", ["invalid-module"], True),
        (f"localhost/a v1.0.0 {H1}", ["invalid-module"], True),
        (f"q.io/\udcff v1.0.0 {H1}", ["invalid-module"], True),
    ],
)
def test_one_line(line: str, codes: list[str], readable: bool) -> None:
    lines, faults = read_lines("go.sum", f"{line}\n".encode("utf-8", "surrogateescape"))
    assert [fault.code for fault in faults] == codes
    assert bool(lines) == readable
    assert all(fault.line == 1 for fault in faults)


def test_doubles_and_contradictions() -> None:
    text = f"q.io/a v1.0.0 {H1}\n\nq.io/a v1.0.0 {H1}\nq.io/a v1.0.0 {OTHER}\n"
    lines, faults = read_lines("go.sum", text.encode())
    assert [(fault.line, fault.code, fault.text) for fault in faults] == [
        (3, "duplicate-line", "go.sum:3: the same line as line 1"),
        (
            4,
            "conflicting-sums",
            f"verifying q.io/a@v1.0.0: conflicting checksums: {H1} (line 1) and {H1} (line 3) and {OTHER} (line 4)",
        ),
    ]
    assert [line.number for line in lines] == [1, 3, 4]
    assert lines[0].mod == ModuleVersion("q.io/a", "v1.0.0")


@given(st.binary(max_size=300))
def test_no_line_is_passed_over(data: bytes) -> None:
    """Every line that is not empty is read or told as unread, but for those of empty go.mod files, which go drops."""
    lines, faults = read_lines("go.sum", data)
    told = {line.number for line in lines} | {fault.line for fault in faults if fault.unread}
    for number, raw in enumerate(data.split(b"\n"), 1):
        text = raw.removesuffix(b"\r")
        assert number in told or not text or EMPTY_GO_MOD.encode() in text
