# SPDX-License-Identifier: BSD-3-Clause
"""The runner itself: a case that says more than a test judges makes it fail, with a sentence that says what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conformance import test_zip_check, vectors
from tests.conformance.vectors import Case, check, load, ops, runner


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    """A case of the topic "t", written when it is loaded."""
    case: Case = {"id": "t1", "op": "known", "in": 1, "out": 2}
    monkeypatch.setenv("GOVGO_VECTORS", str(tmp_path))
    monkeypatch.setattr(vectors, "load", lambda topic: load.__wrapped__(topic))
    (tmp_path / "t.json").write_text(json.dumps({"cases": [case]}))
    return case


def judge(case: Case) -> str:
    return "" if case["in"] + 1 == case["out"] else "wrong"


def again(case: Case, tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps({"cases": [case]}))


def test_a_case_is_judged(case: Case, tmp_path: Path) -> None:
    check("t", "known", judge)
    again(case | {"out": 3}, tmp_path)
    with pytest.raises(AssertionError, match="1 of 1 cases fail\nt1: wrong"):
        check("t", "known", judge)


def test_a_field_that_nobody_looks_at(case: Case, tmp_path: Path) -> None:
    again(case | {"more": 3}, tmp_path)
    with pytest.raises(AssertionError, match=r"t1: nobody looked at \['more'\]"):
        check("t", "known", judge)


def test_a_field_that_is_missing(case: Case, tmp_path: Path) -> None:
    del case["out"]
    again(case, tmp_path)
    with pytest.raises(AssertionError, match="t1: AssertionError: the case has no field 'out'"):
        check("t", "known", judge)


def test_an_operation_that_nobody_judges(case: Case, tmp_path: Path) -> None:
    again(case | {"op": "new"}, tmp_path)
    assert ops("t") == ["new"]
    with pytest.raises(AssertionError, match=r"no test judges the cases of op 'new' in t\.json"):
        runner("t", "new", {"known": judge})


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ({"path": "a", "mode": "socket"}, "no test knows files of mode 'socket'"),
        ({"path": "a", "owner": "me"}, "nobody looks at .'owner'. of a file"),
    ],
)
def test_a_file_of_which_the_case_says_more(file: Case, sentence: str, tmp_path: Path) -> None:
    for op in ("files", "create", "dir"):
        one: Case = {"id": op, "path": "m.io/x", "version": "v1.0.0", "files": [file], "check": {}, "err": None}
        with pytest.raises(AssertionError, match=sentence):
            test_zip_check.RUNNERS[op](one, tmp_path)
