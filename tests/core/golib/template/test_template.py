# SPDX-License-Identifier: BSD-3-Clause
"""Templates over the modules of one build list, with what the go command printed (testdata/list_templates.json)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from govgo.core.golib.template.template import Template
from govgo.core.golib.template.values import TemplateError
from govgo.core.module.info import ModuleInfo, Origin
from govgo.report.list.template import BuildContext, list_functions, module_record

RECORDED = json.loads((Path(__file__).parents[4] / "testdata" / "list_templates.json").read_text())


def _info(fields: Mapping[str, Any]) -> ModuleInfo:
    origin = fields.get("Origin")
    return ModuleInfo(
        path=fields.get("Path", ""),
        version=fields.get("Version", ""),
        versions=tuple(fields.get("Versions", ())),
        replace=_info(fields["Replace"]) if "Replace" in fields else None,
        time=datetime.fromisoformat(fields["Time"]) if "Time" in fields else None,
        update=_info(fields["Update"]) if "Update" in fields else None,
        main=fields.get("Main", False),
        indirect=fields.get("Indirect", False),
        dir=fields.get("Dir", ""),
        go_mod=fields.get("GoMod", ""),
        go_version=fields.get("GoVersion", ""),
        retracted=tuple(fields.get("Retracted", ())),
        deprecated=fields.get("Deprecated", ""),
        error=fields["Error"]["Err"] if "Error" in fields else None,
        sum=fields.get("Sum", ""),
        go_mod_sum=fields.get("GoModSum", ""),
        origin=Origin(vcs=origin["VCS"], url=origin["URL"], hash=origin["Hash"], ref=origin["Ref"]) if origin else None,
    )


MODULES = [_info(fields) for fields in RECORDED["modules"]]


def _module(path: str) -> ModuleInfo:
    known = {info.path: info._replace(update=None, retracted=(), deprecated="") for info in MODULES}
    return known.get(path, ModuleInfo(path=path, error="module not in current build"))


def _context() -> BuildContext:
    return BuildContext("amd64", "linux", "", "", True, (), (), ())


def _run(text: str) -> tuple[str, str]:
    out = ""
    try:
        template = Template(text, list_functions(_context, _module))
        for info in MODULES:
            out += template.execute(module_record(info))
            if out and not out.endswith("\n"):
                out += "\n"
    except TemplateError as error:
        return out + error.partial, f"{error}\n"
    return out, ""


@pytest.mark.parametrize("case", RECORDED["cases"], ids=lambda case: case["template"])
def test_as_go_list(case: dict[str, Any]) -> None:
    assert _run(case["template"]) == (case["out"], case["err"])


@pytest.mark.parametrize(
    "text",
    [
        "{{if true}}" * 2000 + "{{end}}" * 2000,
        "{{with .}}" * 2000 + "{{end}}" * 2000,
        "{{range .Versions}}" * 2000 + "{{end}}" * 2000,
        "{{if false}}" + "{{else if false}}" * 2000 + "{{end}}",
        "{{" + "(" * 2000 + "1" + ")" * 2000 + "}}",
        "{{" + "not (" * 2000 + "true" + ")" * 2000 + "}}",
        "".join(f'{{{{block "b{n}" .}}}}' for n in range(2000)) + "{{end}}" * 2000,
    ],
    ids=["if", "with", "range", "else if", "parentheses", "calls", "blocks"],
)
def test_attack_a_template_nested_deeper_than_the_stack(text: str) -> None:
    """Go reads up to 10,000 levels of parentheses; beyond that it has this sentence, too."""
    assert _run(text)[1] == "template: main:1: max expression depth exceeded\n"


def test_a_bell_in_a_message_stays_and_nothing_else_that_is_unsafe() -> None:
    """cmd/go's scripts mod_deprecate_message and mod_retract_rationale expect the bell."""
    info = ModuleInfo(deprecated="rings\a\x1b[31m", retracted=("\a::error::x",))
    template = Template("{{.Deprecated}}{{index .Retracted 0}}", list_functions(_context, _module))
    assert template.execute(module_record(info)) == "rings\a\\x1b[31m\a\\x3a:error::x"
