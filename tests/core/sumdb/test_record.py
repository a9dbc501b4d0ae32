# SPDX-License-Identifier: BSD-3-Clause
"""Records: what a lookup answers, and which go.sum lines follow from it."""

from __future__ import annotations

import pytest

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.record import Record, check_sum, format_record, lookup_path, parse_record, sum_lines
from govgo.errors import SumDbFormatError, SumMismatchError

MOD = ModuleVersion("example.org/m", "v1.0.0")
LINES = ("example.org/m v1.0.0 h1:zip=", "example.org/m v1.0.0/go.mod h1:mod=")
TEXT = "".join(f"{line}\n" for line in LINES).encode()


def test_an_answer_is_number_text_and_note() -> None:
    answer = format_record(17, TEXT) + b"go.sum database tree\n..."
    assert answer.startswith(b"17\nexample.org/m v1.0.0 h1:zip=\n")
    assert parse_record(answer) == Record(17, TEXT, b"go.sum database tree\n...")


@pytest.mark.parametrize(
    "data", [b"", b"17\n", b"x\n" + TEXT + b"\n", b"17\n" + TEXT, b"17\na\x00\n\n", b"17\n\xff\n\n"]
)
def test_malformed(data: bytes) -> None:
    with pytest.raises(SumDbFormatError, match=r"^malformed record data$"):
        parse_record(data)


def test_lines_are_for_one_key() -> None:
    assert sum_lines(TEXT, MOD) == LINES[:1]
    assert sum_lines(TEXT, MOD.gomod_key()) == LINES[1:]
    assert sum_lines(TEXT, ModuleVersion("example.org/m", "v1.0")) == ()
    assert sum_lines(TEXT, ModuleVersion("example.org/", "m v1.0.0")) == ()


def test_the_hash_of_a_download() -> None:
    check_sum(LINES[:1], "sum.example.org", MOD, "h1:zip=")
    with pytest.raises(SumMismatchError, match="checksum mismatch") as other:
        check_sum(LINES[:1], "sum.example.org", MOD, "h1:evil=")
    assert (other.value.want, other.value.got, other.value.against) == ("h1:zip=", "h1:evil=", "sum.example.org")
    with pytest.raises(SumMismatchError, match="checksum missing from sumdb response"):
        check_sum((), "sum.example.org", MOD, "h1:zip=")


def test_where_an_answer_is() -> None:
    assert lookup_path(ModuleVersion("example.org/Mod", "v1.0.0-RC1")) == "lookup/example.org/!mod@v1.0.0-!r!c1"
    assert lookup_path(MOD.gomod_key()) == lookup_path(MOD)
