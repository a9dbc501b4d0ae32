# SPDX-License-Identifier: BSD-3-Clause
"""Values as Go's text/template sees them: Python's own for simple types, `Record` for structs.

| Go | here |
| --- | --- |
| string, bool, int, float64 | str, bool, int, float |
| uint8 | Byte |
| []string | tuple of str; the nil slice is the empty one |
| struct, pointer to struct | Record; a nil pointer has source None |
| untyped nil | None |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Value = Any


class Byte(int):
    """One byte of a string: a number of another type."""

    __slots__ = ()


class TemplateError(Exception):
    """A template that cannot be parsed or executed; the text is Go's, beginning with `template: `.

    Attributes:
        partial: what was printed before the error.
    """

    partial = ""


class CallError(Exception):
    """An error that a function of a template returned."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function that a template can call.

    Attributes:
        parameters: Go types of the fixed parameters: "any", "string", "[]string", "int".
        variadic: Go type of the parameters after them, "" where there are none.
        call: takes the arguments; raises CallError.
    """

    call: Callable[..., Value]
    parameters: tuple[str, ...] = ()
    variadic: str = ""


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a record type; `call` takes the source and the arguments.

    `on_pointer`: it is declared on the pointer, so that it can be called with a nil pointer.
    """

    call: Callable[..., Value]
    parameters: tuple[str, ...] = ()
    on_pointer: bool = False


@dataclass(frozen=True, slots=True)
class RecordType:
    """A Go struct type: its name, its fields in order, each with a function that gets it from a source, its methods."""

    name: str
    fields: Mapping[str, Callable[[Any], Value]]
    methods: Mapping[str, Method] = field(default_factory=dict)

    @property
    def short_name(self) -> str:
        """The name without its package."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Record:
    """A struct, or a pointer to one. `source` is the object that the fields are read from, None for a nil pointer."""

    type: RecordType
    source: Any
    is_pointer: bool = True

    @property
    def is_nil(self) -> bool:
        """Whether it is a nil pointer."""
        return self.is_pointer and self.source is None

    @property
    def type_name(self) -> str:
        """The Go type, as `%T` prints it."""
        return f"*{self.type.name}" if self.is_pointer else self.type.name

    def field(self, name: str) -> Value:
        """The value of a field of the type."""
        return self.type.fields[name](self.source)

    def text(self) -> str | None:
        """What its String method returns, None when it has none that can be called."""
        method = self.type.methods.get("String")
        if method is None or (method.on_pointer and not self.is_pointer):
            return None
        return "<nil>" if self.is_nil else str(method.call(self.source))


def type_name(value: Value) -> str:
    """The Go type of a value, as `%T` prints it."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return "bool"
        case Byte():
            return "uint8"
        case int():
            return "int"
        case float():
            return "float64"
        case str():
            return "string"
        case tuple():
            return "[]string"
        case Record():
            return value.type_name
    raise TypeError(f"{type(value)} is not a template value")


def kind(value: Value) -> str:
    """The kind of a value: "invalid", "bool", "int", "float", "string", "slice", "pointer" or "struct"."""
    match value:
        case None:
            return "invalid"
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "string"
        case tuple():
            return "slice"
    return "pointer" if value.is_pointer else "struct"


def is_true(value: Value) -> bool:
    """Whether a value is not the empty one of its type."""
    return not value.is_nil if isinstance(value, Record) else bool(value)


def is_nil(value: Value) -> bool:
    """Whether a value is nil of its type."""
    if isinstance(value, Record):
        return value.is_nil
    return value is None or value == ()
