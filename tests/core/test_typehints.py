# SPDX-License-Identifier: BSD-3-Clause
"""What stands in for `typing` at run time."""

from __future__ import annotations

import ast
import typing
from pathlib import Path

from govgo.core import typehints
from govgo.core.typehints import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

_T = TypeVar("_T", bound="Named")


class Named(Protocol):
    """A protocol."""

    def name(self) -> str:
        """Return the name."""
        ...


class Dated(Named, Protocol):
    """One that extends another."""


class Base:
    """A class."""


class Box(Base, Generic[_T]):
    """Inherits from a class and a hint."""

    __slots__ = ("content",)


def test_nothing_is_checked_at_run_time() -> None:
    assert TYPE_CHECKING is False


def test_hints_add_nothing_to_a_class() -> None:
    assert Named.__mro__ == (Named, object)
    assert Dated.__mro__ == (Dated, Named, object)
    assert Box.__mro__ == (Box, Base, object)
    assert Dated().name() is None


def test_a_cast_is_the_value() -> None:
    value: Any = object()
    assert cast("int | None", value) is value


def test_every_name_is_there_for_the_checker_and_at_run_time() -> None:
    [checked] = [node for node in ast.parse(Path(typehints.__file__).read_text()).body if isinstance(node, ast.If)]
    names = {name.name for node in checked.body if isinstance(node, ast.ImportFrom) for name in node.names}
    assert len(names) > 10
    assert names <= set(dir(typing))
    assert names <= set(dir(typehints))
