# SPDX-License-Identifier: BSD-3-Clause
"""Build constraint expressions. Expected values: package go/build/constraint of go 1.26.8."""

from __future__ import annotations

import pytest

from govgo.core.gosource import constraint
from govgo.errors import SourceError


def test_both_forms_are_the_same_program() -> None:
    program = ("linux", "386", "&&", "cgo", "!", "||")
    assert constraint.parse_constraint("//go:build (linux && 386) || !cgo") == program
    assert constraint.parse_constraint("// +build linux,386 !cgo") == program


def test_deep_expressions_do_not_recurse() -> None:
    nested = "//go:build " + "!(" * 900 + "a" + ")" * 900
    program = constraint.parse_constraint(nested)
    assert constraint.evaluate(program, lambda tag, prefer: False) is False
    assert constraint.expression_text(program) == "!" * 900 + "a"
    with pytest.raises(SourceError, match=r"^build expression too large$"):
        constraint.parse_constraint("//go:build " + "(" * 5000 + "a")
    with pytest.raises(SourceError, match=r"^expression too complex for // \+build lines$"):
        constraint.parse_constraint("// +build " + "a " * 102)
