# SPDX-License-Identifier: BSD-3-Clause
"""What an honest log holds: a table of records, written by hand."""

from __future__ import annotations

import pytest

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.rules import (
    RECORD_RULES,
    join_data_tile,
    judge_by_rules,
    judge_record,
    make_record,
    split_data_tile,
)
from govgo.errors import SumDbFormatError

A = "h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y="
B = "h1:LzX7hefJvL54yjefDEDHNONDjII0t9xZLPXsUe+TKr0="


def text(path: str, version: str, first: str = A, second: str = B) -> bytes:
    return f"{path} {version} {first}\n{path} {version}/go.mod {second}\n".encode()


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("rsc.io/quote", "v1.5.2"),
        ("github.com/gorilla/mux", "v1.8.1"),
        ("github.com/gorilla/mux", "v1.7.5-0.20200711200521-98cb6bf42e08"),
        ("golang.org/x/text", "v0.0.0-20170915032832-14c0d48ead0c"),
        ("github.com/BurntSushi/toml", "v1.3.2"),
        ("github.com/docker/docker", "v24.0.7+incompatible"),
        ("gopkg.in/yaml.v3", "v3.0.1"),
        ("k8s.io/api", "v0.29.0-rc.1"),
        ("example.com/m/v2", "v2.0.0"),
        ("golang.org/toolchain", "v0.0.1-go1.21.0.linux-amd64"),
    ],
)
def test_records_as_they_are(path: str, version: str) -> None:
    for judge in (judge_record, judge_by_rules):
        assert judge(text(path, version)) == (ModuleVersion(path, version), ())
    assert make_record(ModuleVersion(path, version), A, B) == text(path, version)


BAD = [
    (b"", "record-malformed"),
    (b"rsc.io/quote v1.5.2 " + A.encode(), "record-malformed"),
    (text("rsc.io/quote", "v1.5.2") + b"\n", "record-malformed"),
    (text("rsc.io/qu\u00e9", "v1.5.2").replace(b"\xc3", b""), "record-malformed"),
    (text("rsc.io/quote", "v1.5.2\t"), "record-malformed"),
    (f"rsc.io/quote v1.5.2 {A}\n".encode(), "record-lines"),
    (text("rsc.io/quote", "v1.5.2") * 2, "record-lines"),
    (b"\n".join(reversed(text("rsc.io/quote", "v1.5.2").split(b"\n")[:2])) + b"\n", "record-lines"),
    (text("rsc.io/quote", "v1.5.2 x"), "record-lines"),
    (f"rsc.io/quote v1.5.2 {A}\nrsc.io/quote v1.5.3/go.mod {B}\n".encode(), "record-subjects"),
    (f"rsc.io/quote v1.5.2 {A}\nrsc.io/quota v1.5.2/go.mod {B}\n".encode(), "record-subjects"),
    (text("quote", "v1.5.2"), "record-module"),
    (text("rsc.io/quote/../x", "v1.5.2"), "record-module"),
    (text("github.com/gorilla/mux", "v2.0.0"), "record-module"),
    (text("example.com/m/v2", "v1.0.0"), "record-module"),
    (text("rsc.io/quote", "1.5.2"), "record-module"),
    (text("rsc.io/quote", "v1.5"), "record-version"),
    (text("rsc.io/quote", "v1.5.2+meta"), "record-version"),
    (text("rsc.io/quote", "v1.5.2", A[3:]), "record-hash"),
    (text("rsc.io/quote", "v1.5.2", A, B[:-2] + "="), "record-hash"),
    (text("rsc.io/quote", "v1.5.2", A[:-2] + "Z="), "record-hash"),  # bits that the last character cannot have
    (text("github.com/gorilla/mux", "v1.8.1", A[:-2] + "Z="), "record-hash"),
    (text("rsc.io/quote", "v1.5.2", "h2" + A[2:]), "record-hash"),
]


@pytest.mark.parametrize(("record", "code"), BAD)
def test_what_no_honest_log_holds(record: bytes, code: str) -> None:
    for judge in (judge_record, judge_by_rules):
        assert [fault.code for fault in judge(record).faults] == [code]
    assert code in RECORD_RULES


def test_no_record_is_made_that_would_be_refused() -> None:
    with pytest.raises(SumDbFormatError, match="not canonical"):
        make_record(ModuleVersion("rsc.io/quote", "v1.5"), A, B)
    with pytest.raises(SumDbFormatError, match="no h1: hash"):
        make_record(ModuleVersion("rsc.io/quote", "v1.5.2"), A, "h1:short")


def test_a_data_tile_is_its_records() -> None:
    texts = [text("rsc.io/quote", f"v1.5.{n}") for n in range(3)]
    data = join_data_tile(texts)
    assert data.startswith(texts[0] + b"\n" + texts[1])  # as the server of x/mod has it
    assert split_data_tile(data, 3) == texts
    for bad, width in ((data, 2), (data, 4), (data[:-1], 3), (data + b"x", 3), (b"", 1)):
        with pytest.raises(SumDbFormatError, match="records in a data tile"):
            split_data_tile(bad, width)
