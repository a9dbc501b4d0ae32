# SPDX-License-Identifier: BSD-3-Clause
"""The error tree: drawn and built alike, with codes that are stable and tell the classes apart."""

from __future__ import annotations

import inspect
import re

import pytest

from govgo import errors
from govgo.errors import (
    GovgoError,
    NetworkError,
    NotFoundError,
    ReportedError,
    SecurityError,
    SumMismatchError,
    find,
    is_not_found,
)

DRAWN = re.compile(r"^( +)([A-Z]\w+)", re.MULTILINE)


def drawn_tree() -> dict[str, str]:
    """Class name -> parent's name, as the docstring draws it: two more spaces for each level."""
    drawing = inspect.getdoc(errors)
    assert drawing is not None
    parents: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    for indent, name in DRAWN.findall(drawing):
        while path and path[-1][0] >= len(indent):
            path.pop()
        parents[name] = path[-1][1] if path else "Exception"
        path.append((len(indent), name))
    return parents


def built_tree() -> dict[str, str]:
    return {
        name: value.__bases__[0].__name__
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, BaseException) and value.__module__ == errors.__name__
    }


CLASSES = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, GovgoError)]


TELLING = [kind for kind in CLASSES if kind is not ReportedError]


def test_drawing_is_the_tree() -> None:
    assert drawn_tree() == built_tree()


def test_codes_are_kebab_case_and_unique() -> None:
    codes = [kind.code for kind in CLASSES]
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize(
    "kind", [kind for kind in CLASSES if kind is not ReportedError], ids=lambda kind: kind.__name__
)
def test_str_is_the_sentence(kind: type[GovgoError]) -> None:
    error = kind("example.com/m@v1.0.0: a sentence")
    assert str(error) == error.text == "example.com/m@v1.0.0: a sentence"
    assert error.hint == ""


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_class_says_what_it_is_for(kind: type[GovgoError]) -> None:
    assert (kind.__doc__ or "").strip()


def test_security_errors_stand_apart() -> None:
    """No handler of another branch can catch evidence of misbehaviour."""
    others = [kind for kind in CLASSES if not issubclass(kind, SecurityError) and kind is not GovgoError]
    assert not [kind for kind in others if issubclass(SecurityError, kind)]


def test_reported_errors_say_nothing_again() -> None:
    inner = NetworkError("told already")
    assert str(ReportedError((inner,))) == ""
    assert ReportedError((inner,)).errors == (inner,)


def test_find_walks_the_chain_outermost_first() -> None:
    root = SumMismatchError("h1 differs")
    middle = NetworkError("fetch", inner=root)
    outer = errors.QueryError("query", inner=middle)
    assert find(outer, SecurityError) is root
    assert find(outer, NetworkError) is middle
    assert find(outer, NotFoundError) is None
    assert find(None, GovgoError) is None


def test_is_not_found_looks_inside() -> None:
    assert is_not_found(errors.QueryError("no", inner=NotFoundError("404")))
    assert not is_not_found(NetworkError("503"))
