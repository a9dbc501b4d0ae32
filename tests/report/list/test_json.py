# SPDX-License-Identifier: BSD-3-Clause
"""Modules as JSON, byte for byte as go list printed them (testdata/list_templates.json)."""

from __future__ import annotations

import pytest

from govgo.core.module.info import ModuleInfo, Origin
from govgo.report.list.json import module_json
from tests.core.golib.template.test_execute import MODULES, RECORDED


@pytest.mark.parametrize("fields", RECORDED["json"])
def test_as_go_list(fields: str) -> None:
    wanted = frozenset(fields.split(",")) if fields else frozenset()
    text = "".join(f"{module_json(info, wanted)}\n" for info in MODULES)
    assert text == RECORDED["json"][fields]


def test_pointers_to_empty_values_are_printed() -> None:
    info = ModuleInfo(error="", origin=Origin())
    assert module_json(info) == '{\n\t"Error": {\n\t\t"Err": ""\n\t},\n\t"Origin": {}\n}'
