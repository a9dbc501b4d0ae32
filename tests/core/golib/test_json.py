# SPDX-License-Identifier: BSD-3-Clause
"""JSON as Go's encoding/json reads it: the sentences are go 1.26's, for files that `-reuse` and `-overlay` name."""

from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govgo.core.golib.json import kind, stream, unmarshal
from govgo.errors import InputError

FAULTS = [
    ("nope", "invalid character 'o' in literal null (expecting 'u')"),
    ('{"a":tru}', "invalid character '}' in literal true (expecting 'e')"),
    ('{"a":1,}', "invalid character '}' looking for beginning of object key string"),
    ("{'a':1}", "invalid character '\\'' looking for beginning of object key string"),
    ('{"a" "x"}', "invalid character '\"' after object key"),
    ('{"a":1 "b":2}', "invalid character '\"' after object key:value pair"),
    ("[1 2]", "invalid character '2' after array element"),
    ('{"a":"x\n"}', "invalid character '\\n' in string literal"),
    ('{"a":"\\x"}', "invalid character 'x' in string escape code"),
    ('"\\u12G4"', "invalid character 'G' in \\u hexadecimal character escape"),
    ("// x", "invalid character '/' looking for beginning of value"),
    ("\x00", "invalid character '\\x00' looking for beginning of value"),
    ("NaN", "invalid character 'N' looking for beginning of value"),
    ("[-x]", "invalid character 'x' in numeric literal"),
    ("[1.x]", "invalid character 'x' after decimal point in numeric literal"),
    ("[1ex]", "invalid character 'x' in exponent of numeric literal"),
    ("[01]", "invalid character '1' after array element"),
    ("]", "invalid character ']' looking for beginning of value"),
    ("[" * 100_000, "exceeded max depth"),
    ('{"a":' * 10_001, "exceeded max depth"),
    ("[" * 10_001 + "]" * 10_001, "exceeded max depth"),
]


@pytest.mark.parametrize(("text", "sentence"), FAULTS)
def test_what_is_not_json(text: str, sentence: str) -> None:
    for read in (unmarshal, lambda data: list(stream(data))):
        with pytest.raises(InputError) as caught:
            read(text.encode())
        assert str(caught.value) == sentence


def test_attack_more_brackets_than_the_stack_holds_where_the_limit_is_high() -> None:
    """Python's parser would take the C stack for each bracket. Brackets in strings do not count."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(600_000)
    try:
        for text in ("[" * 1_000_000, '["",{"[\\"[":' * 5_001):
            with pytest.raises(InputError, match="exceeded max depth"):
                unmarshal(text.encode())
        most = 9_999 if sys.version_info < (3, 12) else 999  # C code has a limit of its own from 3.12 on
        deep = unmarshal(b'["' + b"[" * 20_000 + b'",' + b"[" * most + b"]" * (most + 1))
    finally:
        sys.setrecursionlimit(usual)
    assert isinstance(deep, list)


@pytest.mark.parametrize(
    ("data", "whole", "in_stream"),
    [
        (b"{", "unexpected end of JSON input", "unexpected EOF"),
        (b"[1", "unexpected end of JSON input", "unexpected EOF"),
        (b'"x', "unexpected end of JSON input", "unexpected EOF"),
        (b"nul", "invalid character ' ' in literal null (expecting 'l')", "unexpected EOF"),
        (b'"\\', "invalid character ' ' in string escape code", "unexpected EOF"),
        (b"-", "invalid character ' ' in numeric literal", "unexpected EOF"),
        (b"\xff", "invalid character '\u00ff' looking for beginning of value", None),
    ],
)
def test_ends(data: bytes, whole: str, in_stream: str | None) -> None:
    with pytest.raises(InputError) as caught:
        unmarshal(data)
    assert str(caught.value) == whole
    with pytest.raises(InputError) as caught:
        list(stream(data))
    assert str(caught.value) == (in_stream or whole)


def test_streams() -> None:
    assert list(stream(b"")) == list(stream(b" \n")) == []
    assert list(stream(b'{"a":1}{"b":"\xff\xc3\xa9"} null\n2')) == [{"a": 1}, {"b": "\ufffd\u00e9"}, None, 2]
    with pytest.raises(InputError, match=r"^invalid character 'x' after top-level value$"):
        unmarshal(b"{}x")
    assert unmarshal(b"9" * 5000) == float("inf")
    assert [kind(value) for value in (None, True, "x", 1.5, [], {})] == [
        *("object", "bool", "string", "number", "array", "object"),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.wide
@settings(max_examples=15)
@given(JSON, st.data())
def test_what_python_reads_is_no_fault_and_what_it_refuses_is_one(value: object, data: st.DataObject) -> None:
    text = json.dumps(value, ensure_ascii=data.draw(st.booleans())).encode("utf-8", "replace")
    assert unmarshal(text) == json.loads(text)
    assert list(stream(text + b" " + text)) == [json.loads(text)] * 2
    cut = text[: data.draw(st.integers(0, len(text)))] + data.draw(st.binary(max_size=3))
    assert fault(cut).startswith(("invalid character ", "unexpected end of JSON input", "none"))


def fault(text: bytes) -> str:
    try:
        unmarshal(text)
    except InputError as error:
        return str(error)
    return "none"


@pytest.mark.parametrize("size", [*range(8170, 8200), 30_000])
def test_values_of_a_stream_across_any_place(size: int) -> None:
    text = "x" * size
    assert list(stream(f'"{text}" 112.5 1e+2 -7\n[{{"a":true}}]'.encode())) == [text, 112.5, 100.0, -7.0, [{"a": True}]]
