# SPDX-License-Identifier: BSD-3-Clause
"""The lines of go.sum: as go reads them, and read for `verify`, which reports every line that it cannot read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govgo.core.gosum.lines import MALFORMED, find_conflicts, format_gosum, parse_gosum, read_lines
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GoSumError
from tests.simulators import campaigns

H1 = "h1:T1hPZKmBbMNahiBKFy5HrXp6adAjACjK9JXDnKaTXpA="
OTHER = "h1:U1hPZKmBbMNahiBKFy5HrXp6adAjACjK9JXDnKaTXpA="
EMPTY_GO_MOD = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="
A = ModuleVersion("a.io/a", "v1.0.0")
A_MOD = A.gomod_key()
B = ModuleVersion("b.io/b", "v1.0.0")


def lines(*texts: str) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


def test_lines_are_three_fields_between_any_white_space() -> None:
    data = f"a.io/a v1.0.0 {H1}\r\n\n \t\n  a.io/a\t v1.0.0/go.mod\u00a0{OTHER}\nb.io/b v1.0.0 h2:x".encode()
    assert parse_gosum("go.sum", data) == {A: (H1,), A_MOD: (OTHER,), B: ("h2:x",)}


def test_separators_that_only_python_takes_for_space() -> None:
    assert parse_gosum("go.sum", b"a.io/a\x1cx v1.0.0\x1f h1:y") == {
        ModuleVersion("a.io/a\x1cx", "v1.0.0\x1f"): ("h1:y",)
    }


@pytest.mark.parametrize("text", ["a.io/a v1.0.0", "x", f"a.io/a v1.0.0 {H1} more"])
def test_malformed_line(text: str) -> None:
    data = lines(f"b.io/b v1.0.0 {H1}", "", text)
    with pytest.raises(GoSumError) as caught:
        parse_gosum("/m/go.sum", data)
    assert str(caught.value) == f"malformed go.sum:\n/m/go.sum:3: wrong number of fields {len(text.split())}"
    assert caught.value.line == 3
    assert parse_gosum("/m/go.sum", data, skip_malformed=True) == {B: (H1,)}


def test_hash_of_an_empty_go_mod_is_dropped() -> None:
    assert parse_gosum("go.sum", lines(f"a.io/a v1.0.0/go.mod {EMPTY_GO_MOD}")) == {}


def test_two_hashes_for_one_version_are_found_with_their_lines() -> None:
    data = lines(f"a.io/a v1.0.0 {H1}", f"b.io/b v1.0.0 {H1}", "junk", f"a.io/a v1.0.0 {OTHER}", f"b.io/b v1.0.0 {H1}")
    (conflict,) = find_conflicts(data)
    assert (conflict.mod, conflict.lines, conflict.sums) == (A, (1, 4), (H1, OTHER))


def test_a_file_is_written_in_order_and_without_duplicates() -> None:
    sums = {B: [H1], ModuleVersion("a.io/a", "v1.10.0"): [H1], A_MOD: (H1,), A: [OTHER, H1, OTHER]}
    assert format_gosum(sums) == lines(
        f"a.io/a v1.0.0 {H1}",
        f"a.io/a v1.0.0 {OTHER}",
        f"a.io/a v1.0.0/go.mod {H1}",
        f"a.io/a v1.10.0 {H1}",
        f"b.io/b v1.0.0 {H1}",
    )


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
    found, faults = read_lines("go.sum", f"{line}\n".encode("utf-8", "surrogateescape"))
    assert [fault.code for fault in faults] == codes
    assert bool(found) == readable
    assert all(fault.line == 1 for fault in faults)


def test_duplicates_and_contradictions() -> None:
    text = f"q.io/a v1.0.0 {H1}\n\nq.io/a v1.0.0 {H1}\nq.io/a v1.0.0 {OTHER}\n"
    found, faults = read_lines("go.sum", text.encode())
    assert [(fault.line, fault.code, fault.text) for fault in faults] == [
        (3, "duplicate-line", "go.sum:3: the same line as line 1"),
        (
            4,
            "conflicting-sums",
            f"verifying q.io/a@v1.0.0: conflicting checksums:\n\tline 1: {H1}\n\tline 3: {H1}\n\tline 4: {OTHER}",
        ),
    ]
    assert [line.number for line in found] == [1, 3, 4]
    assert found[0].mod == ModuleVersion("q.io/a", "v1.0.0")


@given(st.binary(max_size=300))
def test_no_line_is_left_out(data: bytes) -> None:
    """Every line that is not empty is read or reported as unread, save those of empty go.mod files, which go drops."""
    found, faults = read_lines("go.sum", data)
    reported = {line.number for line in found} | {fault.line for fault in faults if fault.unread}
    for number, raw in enumerate(data.split(b"\n"), 1):
        text = raw.removesuffix(b"\r")
        assert number in reported or not text or EMPTY_GO_MOD.encode() in text


@pytest.mark.parametrize(
    "line",
    campaigns.one_in(
        3,
        [
            f"q.io/{'b' * 3_000_000} v1.0.0 h1:x",
            f"q.io/b v1.0.{'9' * 3_000_000} h1:x",
            f"q.io/b v1.0.0 h1:{'A' * 3_000_000}",
            f"q.io/b v1.0.0 {'h2:' * 1_000_000}",
        ],
    ),
)
def test_attack_a_line_of_megabytes(line: str) -> None:
    """It is malformed: what is told of it would be as long."""
    sound = b"q.io/a v1.0.0 h1:y\n"
    with pytest.raises(GoSumError, match=r"^malformed go\.sum:\ngo\.sum:2: a line of \d{7} characters$"):
        parse_gosum("go.sum", sound + line.encode())
    assert list(parse_gosum("go.sum", sound + line.encode(), skip_malformed=True)) == [("q.io/a", "v1.0.0")]
    lines, faults = read_lines("go.sum", sound + line.encode())
    assert [(fault.code, fault.line, fault.unread) for fault in faults if fault.line == 2] == [(MALFORMED, 2, True)]
    assert [each.number for each in lines] == [1]
    assert sum(len(fault.text) for fault in faults) < 1_000
    assert find_conflicts(sound + line.encode() + b"\n" + line.encode() + b"2\n") == ()


def test_one_version_on_ten_thousand_lines_takes_linear_time() -> None:
    data = b"".join(b"a.io/a v1.0.0 x\na.io/a v1.0.0 h1:%d\n" % number for number in range(5_000))
    (listed,) = parse_gosum("go.sum", data).values()
    assert (len(listed), listed[:4]) == (10_000, ("x", "h1:0", "x", "h1:1"))
    _, faults = read_lines("go.sum", data)
    (text,) = [fault.text for fault in faults if fault.code == "conflicting-sums"]
    assert text.startswith("verifying a.io/a@v1.0.0: conflicting checksums:\n\tline 2: h1:0\n\tline 4: h1:1\n")
    assert text.endswith("\tline 20: h1:9\n\t4990 more")
