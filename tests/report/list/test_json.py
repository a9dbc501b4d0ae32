# SPDX-License-Identifier: BSD-3-Clause
"""Modules as JSON, byte for byte as go list printed them (testdata/list_templates.json)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from govgo.core.module.info import ModuleInfo, Origin
from govgo.report import gojson
from govgo.report.list.json import module_json
from tests.core.golib.template.test_template import MODULES, RECORDED


@pytest.mark.parametrize("fields", RECORDED["json"])
def test_as_go_list(fields: str) -> None:
    wanted = frozenset(fields.split(",")) if fields else frozenset()
    text = "".join(f"{module_json(info, wanted)}\n" for info in MODULES)
    assert text == RECORDED["json"][fields]


def test_pointers_to_empty_values_are_printed() -> None:
    info = ModuleInfo(error="", origin=Origin())
    assert module_json(info) == '{\n\t"Error": {\n\t\t"Err": ""\n\t},\n\t"Origin": {}\n}'


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
