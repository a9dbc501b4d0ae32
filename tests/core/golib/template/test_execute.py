# SPDX-License-Identifier: BSD-3-Clause
"""Templates over the modules of one build list, with what the go command printed (testdata/list_templates.json)."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from govgo.core.golib.template.execute import Template
from govgo.core.golib.template.values import TemplateError
from govgo.core.module.info import ModuleInfo, Origin
from govgo.report.list import deep
from govgo.report.list.deep import run_deep
from govgo.report.list.template import BuildContext, list_functions, module_record
from tests.simulators import campaigns

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


@pytest.mark.parametrize("case", campaigns.one_in(3, RECORDED["cases"]), ids=lambda case: case["template"])
def test_as_go_list(case: dict[str, Any]) -> None:
    assert _run(case["template"]) == (case["out"], case["err"])


DEEP = 1000
MOST = "exceeded maximum template depth (100000)"
BRACKETS = "template: main:1: max expression depth exceeded"


@pytest.mark.parametrize(
    ("text", "printed"),
    campaigns.one_in(
        4,
        [
            ("{{if true}}" * DEEP + "x" + "{{end}}" * DEEP, "x"),
            ("{{with `abc`}}" * DEEP + "{{len .}}" + "{{end}}" * DEEP, "3"),
            ("{{range 1}}" * DEEP + "{{.}}" + "{{end}}" * DEEP, "0"),
            ("{{range 1}}" + "{{if 1}}" * DEEP + "a{{break}}" + "{{end}}" * DEEP + "{{end}}z", "az"),
            ("{{if false}}" + "{{else if false}}" * DEEP + "{{else}}y{{end}}", "y"),
            ("{{with false}}" + "{{else with false}}" * DEEP + "{{else}}y{{end}}", "y"),
            ("{{" + "(" * 10_000 + "1" + ")" * 10_000 + "}}", "1"),
            ("{{" + "(print " * DEEP + "1" + ")" * DEEP + "}}", "1"),
            ("{{" + "(and 1 " * DEEP + "2" + ")" * DEEP + "}}", "2"),
            ("{{" + "($x := " * DEEP + "2" + ")" * DEEP + "}}", "2"),
            ("".join(f'{{{{block "b{n}" .}}}}' for n in range(DEEP)) + "in" + "{{end}}" * DEEP, "in"),
        ],
    ),
    ids=["if", "with", "range", "break", "else if", "else with", "brackets", "calls", "and", "variables", "blocks"],
)
def test_templates_are_as_deep_as_go_reads_them(text: str, printed: str) -> None:
    """What go 1.26.8 prints of them for a module; far more than a thousand Python frames are needed."""
    assert run_deep(lambda: Template(text, list_functions(_context, _module)).execute("text")) == printed


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{{" + "(" * 10_001 + "1" + ")" * 10_001 + "}}", BRACKETS),
        ("{{if " + "(" * 30_000 + "1" + ")" * 30_000 + "}}y{{end}}", BRACKETS),
        ("{{if .}}" * DEEP, "template: main:1: unexpected EOF"),
        ("{{" + "(" * DEEP, "template: main:1: unclosed action"),
        (
            "{{if .}}" * DEEP + "{{template `x`}}" + "{{end}}" * DEEP,
            'template: main:1:8011: executing "main" at <{{template "x"}}>: template "x" not defined',
        ),
        (
            "{{" + "(" * DEEP + ".A" + ")" * DEEP + " 3}}",
            f'template: main:1:2: executing "main" at <{"(" * DEEP}.A{")" * DEEP} 3>: '
            f"can't give argument to non-function {'(' * (DEEP - 1)}.A{')' * (DEEP - 1)}",
        ),
        pytest.param(
            '{{define "t"}}{{template "t" .}}{{end}}{{template "t" .}}',
            f'template: main:1:25: executing "t" at <{{{{template "t" .}}}}>: {MOST}',
            marks=pytest.mark.wide,
        ),
    ],
    ids=["brackets", "brackets of if", "no end", "no bracket", "undefined", "an argument", "calls"],
)
def test_attack_a_template_nested_deeper_than_the_stack(text: str, error: str) -> None:
    """The sentences of go 1.26.8."""
    with pytest.raises(TemplateError) as caught:
        run_deep(lambda: Template(text, list_functions(_context, _module)).execute("text"))
    assert str(caught.value) == error


def test_a_template_that_needs_more_than_any_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Go's own stack has an end as well: it dies. Python's limit is as before afterwards."""
    monkeypatch.setattr(deep, "_FRAMES", 5_000)
    usual = sys.getrecursionlimit()
    text = '{{define "t"}}' + "{{if 1}}" * 100 + '{{template "t"}}' + "{{end}}" * 100 + '{{end}}{{template "t"}}'
    with pytest.raises(TemplateError, match=r"exceeded maximum template depth \(100000\)$"):
        run_deep(lambda: Template(text).execute("text"))
    assert sys.getrecursionlimit() == usual


def test_a_bell_in_a_message_stays_and_nothing_else_that_is_unsafe() -> None:
    """cmd/go's scripts mod_deprecate_message and mod_retract_rationale expect the bell."""
    info = ModuleInfo(deprecated="rings\a\x1b[31m", retracted=("\a::error::x",))
    template = Template("{{.Deprecated}}{{index .Retracted 0}}", list_functions(_context, _module))
    assert template.execute(module_record(info)) == "rings\a\\x1b[31m\a\\x3a:error::x"


def test_a_time_without_a_form_in_utc_is_told() -> None:
    """go writes the year 0, which no datetime holds."""
    info = ModuleInfo(path="example.com/m", time=datetime.fromisoformat("0001-01-01T00:00:00+00:01"))
    with pytest.raises(TemplateError, match=r"error calling UTC: no form in UTC: 0001-01-01T00:00:00\+00:01"):
        Template("{{.Time.UTC}}").execute(module_record(info))
