# SPDX-License-Identifier: BSD-3-Clause
"""Every code that a report may name has a text, and every text is of such a code."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator, Mapping

from govgo.cli.exitcodes import exit_code
from govgo.core.codes.codes import ERRORS, EXPLANATIONS
from govgo.core.codes.findings import FINDINGS
from govgo.errors import GovgoError, ReportedError
from tests.sources import FILES, PACKAGE, nodes_of
from tests.test_errors import all_classes

CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

#: Codes of reports that no error class has: `cli.outputs.fault_of`.
ENDS = {"bug", "interrupted"}


def rule_tables() -> dict[str, str]:
    """The codes in tables named RULES and NOTES, which say what the findings of a verb are; each with its module."""
    found: dict[str, str] = {}
    for file in FILES:
        for name in re.findall(r"^(RULES|NOTES)\b.*=", file.read_text(), re.MULTILINE):
            module = ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
            table = getattr(importlib.import_module(module), name)
            if isinstance(table, Mapping):
                found |= {code: module for code in table if isinstance(code, str)}
    return found


def literal_codes() -> Iterator[tuple[str, str]]:
    """(code, place) of each finding that is made with its code written there."""
    for file in FILES:
        if b"inding(" not in file.read_bytes():
            continue  # to parse all of them takes seconds
        for node in nodes_of(file):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                code = node.args[0].value
                if not isinstance(code, str) or not CODE.fullmatch(code):
                    continue
                if ast.unparse(node.func).rpartition(".")[2] in ("Finding", "_finding"):
                    yield code, f"{file.relative_to(PACKAGE)}:{node.lineno}"


def test_every_error_has_a_text() -> None:
    codes = {kind.code for kind in all_classes()} | ENDS
    missing = sorted(codes - ERRORS.keys())
    assert not missing, f"write their texts in govgo/core/codes (requests, files, packages or sources): {missing}"
    assert sorted(ERRORS.keys() - codes) == [], "these errors are gone"


def test_every_finding_has_a_text() -> None:
    missing = {code: where for code, where in [*rule_tables().items(), *literal_codes()] if code not in EXPLANATIONS}
    assert not missing, f"write their texts in govgo/core/codes/findings.py: {missing}"


def test_every_text_is_of_a_finding() -> None:
    sources = "".join(file.read_text() for file in FILES if "codes" not in file.relative_to(PACKAGE).parts)
    assert [code for code in FINDINGS if f'"{code}"' not in sources] == []


def test_no_code_stands_twice() -> None:
    assert ERRORS.keys() & FINDINGS.keys() == set()


def test_exit_codes_are_those_of_the_commands() -> None:
    """The text names the exit code of the bare error; an error that gives context to others names more."""
    for kind in all_classes():
        if issubclass(kind, ReportedError) or kind.code == "go-switch":
            continue  # the error that it reports has its own; after a switch the command starts over
        bare = kind.__new__(kind)
        GovgoError.__init__(bare, "sentence")
        assert str(exit_code(bare)) in re.findall(r"\d+", ERRORS[kind.code].exits), kind.code


def test_texts_are_whole() -> None:
    for code, each in EXPLANATIONS.items():
        assert each.title.endswith("."), code
        assert "\n" not in each.title, code
        assert len(each.title) <= 110, code
        assert each.meaning.endswith("."), code
        assert not each.remedy or each.remedy.endswith("."), code
        assert re.fullmatch(r"\d+(?:(?:, | or )\d+)*(?:, with --strict \d)?", each.exits), code
        assert "  " not in each.meaning + each.remedy, code
        assert (each.meaning + each.remedy).count("`") % 2 == 0, code


def test_commands_that_texts_name_exist() -> None:
    """`govgo verb …` in a text is a command line that govgo can read, as far as the names of commands go."""
    from govgo.cli.group import Group, find_command
    from govgo.cli.options import Command

    for code, each in EXPLANATIONS.items():
        for line in re.findall(r"`govgo ([^`]+)`", f"{each.meaning} {each.remedy}"):
            target = find_command(line.split()).target
            assert isinstance(target, Command | Group), code
            if isinstance(target, Command):
                known = target.flags_under("govgo")
                used = [word.lstrip("-").partition("=")[0] for word in line.split()[1:] if word[0] == "-"]
                assert [flag for flag in used if flag not in known] == [], code
