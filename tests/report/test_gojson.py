# SPDX-License-Identifier: BSD-3-Clause
"""JSON as Go's encoding/json prints it, and documents as Python's json prints them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum
from types import MappingProxyType

import pytest

from govgo.report import document, gojson


class _Level(IntEnum):
    HIGH = 3


# From the documentation of json.Marshal, "String values encode as JSON strings", and of json.HTMLEscape.
@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("plain", '"plain"'),
        ('<a> & "b" \\ \'', '"\\u003ca\\u003e \\u0026 \\"b\\" \\\\ \'"'),
        ("\n\r\t\b\f\x00\x1f\x7f", '"\\n\\r\\t\\b\\f\\u0000\\u001f\x7f"'),
        ("é \u2028\u2029", '"é \\u2028\\u2029"'),
        ("bad \udcff byte", '"bad \\ufffd byte"'),
    ],
)
def test_strings(text: str, encoded: str) -> None:
    assert gojson.quote(text) == encoded


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("\x7f\x9b\u202e\u2066\u200b", '"\\u007f\\u009b\\u202e\\u2066\\u200b"'),
        ("tag \U000e0041", '"tag \\udb40\\udc41"'),
        ("##[error]x", '"#\\u0023[error]x"'),
    ],
)
def test_what_a_terminal_or_a_log_would_not_take_as_text(text: str, encoded: str) -> None:
    assert gojson.encode(text) == encoded
    assert json.loads(encoded) == text


def test_compact_form() -> None:
    assert gojson.encode({"a": [1, True, None], "b": {}, "c": []}, indent="") == '{"a":[1,true,null],"b":{},"c":[]}'


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
        (datetime(2023, 1, 2, 3, 4, 5, 120_000, tzinfo=UTC), "2023-01-02T03:04:05.12Z"),
        (datetime(2023, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=-5, minutes=-30))), "2023-01-02T03:04:05-05:30"),
    ],
)
def test_times(time: datetime, text: str) -> None:
    assert gojson.rfc3339(time) == text


@pytest.mark.parametrize(
    "value",
    [
        {"a": [], "b": {}, "c": [[], {"d": [1, 2.5, 1e300, True, False, None]}]},
        {"tuple": (1, "two"), "mapping": MappingProxyType({"x": "y"}), "level": _Level.HIGH},
        {"text": 'ä \U0001f600 \t\n\r\b\f"\\/ <>&', "big": 10**40, "": ""},
    ],
)
def test_documents_are_as_python_prints_them(value: dict[str, object]) -> None:
    want = json.dumps(value, indent=2, ensure_ascii=False, default=dict)
    assert document.encode(value) == want + "\n"


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("\x7f", "\\u007f"),
        ("\x9b31m", "\\u009b31m"),
        ("##[error]", "#\\u0023[error]"),
        ("# [plain] ## ü", "# [plain] ## ü"),
        ("plain\n", "plain\\n"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped_in_documents(text: str, want: str) -> None:
    assert document.encode({"text": text}) == f'{{\n  "text": "{want}"\n}}\n'
