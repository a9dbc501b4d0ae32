# SPDX-License-Identifier: BSD-3-Clause
"""golang.org/x/mod/modfile: sequences of edits to go.mod."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from govgo.core.modfile import Require, parse
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GovgoError
from tests.conformance.modfileview import File, text
from tests.conformance.vectors import Case, check, differ, raw

_CAPITAL = re.compile(r"(?<!^)([A-Z])")


def apply(file: File, method: str, arguments: list[Any]) -> None:
    """Call the edit that Go names `method`."""
    if method.startswith("SetRequire"):
        arguments = [[Require(ModuleVersion(path, v), indirect) for path, v, indirect in arguments[0]]]
    if method == "SetUse":
        arguments = [[(path, module_path) for path, module_path in arguments[0]]]
    getattr(file, _CAPITAL.sub(r"_\1", method).lower())(*arguments)


def edited(case: Case, parse: Callable[[str, bytes], File], name: str) -> str:
    """Apply a case's edits and compare the texts and errors."""
    file = parse(name, raw(case["start"]))
    errors: dict[str, str] = {}
    for index, (method, *arguments) in enumerate(case["ops"]):
        try:
            apply(file, method, arguments)
        except GovgoError as error:
            errors[str(index)] = str(error)
    before = text(file)
    file.cleanup()
    got = {"out": text(file), "raw": before, "errs": errors}
    return differ(got, {"out": case["out"], "raw": case.get("raw", case["out"]), "errs": case.get("errs") or {}})


def test_modfile_edit() -> None:
    check("modfile_edit", "", lambda case: edited(case, parse, "go.mod"))
