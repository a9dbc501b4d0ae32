# SPDX-License-Identifier: BSD-3-Clause
"""The functions that every Go template can call, and `join`, which go list adds.

Source of the rules: the documentation of package text/template, "Functions".
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from govgo.core.golib import fmt as gofmt
from govgo.core.golib.template.values import (
    CallError,
    Function,
    Record,
    Value,
    is_nil,
    is_true,
    kind,
    type_name,
)

_BASIC = frozenset({"bool", "int", "float", "string"})
_HTML = {'"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;", "\0": "\ufffd"}
_JS = {"\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D"}
_URL_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")


def _position(index: Value, limit: int) -> int:
    if index is None:
        raise CallError("cannot index slice/array with nil")
    if kind(index) != "int":
        raise CallError(f"cannot index slice/array with type {type_name(index)}")
    if not 0 <= index <= limit:
        raise CallError(f"index out of range: {index}")
    return int(index)


def _index(item: Value, *indexes: Value) -> Value:
    if item is None:
        raise CallError("index of untyped nil")
    for index in indexes:
        if isinstance(item, Record) and item.is_nil:
            raise CallError("index of nil pointer")
        if not isinstance(item, str | tuple):
            raise CallError(f"can't index item of type {_target_type(item)}")
        items = item.encode("utf-8", "surrogateescape") if isinstance(item, str) else item
        at = _position(index, len(items))
        if at == len(items):
            raise CallError(f"reflect: {'string' if isinstance(item, str) else 'slice'} index out of range")
        item = items[at]
    return item


def _target_type(item: Value) -> str:
    return item.type.name if isinstance(item, Record) else type_name(item)


def _slice(item: Value, *indexes: Value) -> Value:
    if item is None:
        raise CallError("slice of untyped nil")
    if isinstance(item, Record) and item.is_nil:
        raise CallError("slice of nil pointer")
    if len(indexes) > 3:
        raise CallError(f"too many slice indexes: {len(indexes)}")
    if not isinstance(item, str | tuple):
        raise CallError(f"can't slice item of type {_target_type(item)}")
    if isinstance(item, str) and len(indexes) == 3:
        raise CallError("cannot 3-index slice a string")
    items = item.encode("utf-8", "surrogateescape") if isinstance(item, str) else item
    bounds = [_position(index, len(items)) for index in indexes]
    low, high = (bounds + [0, len(items)][len(bounds) :])[:2]
    if low > high:
        raise CallError(f"invalid slice index: {low} > {high}")
    if len(bounds) == 3 and high > bounds[2]:
        raise CallError(f"invalid slice index: {high} > {bounds[2]}")
    part = items[low:high]
    return part.decode("utf-8", "surrogateescape") if isinstance(part, bytes) else part


def _len(item: Value) -> int:
    if isinstance(item, Record) and item.is_nil:
        raise CallError("len of nil pointer")
    if isinstance(item, str):
        return len(item.encode("utf-8", "surrogateescape"))
    if isinstance(item, tuple):
        return len(item)
    if item is None:
        raise CallError("reflect: call of reflect.Value.Type on zero Value")
    raise CallError(f"len of type {_target_type(item)}")


def call_value(name: str, function: Value) -> Value:
    """What `call` makes of a value, which in go list never is a function; `name` is its text in the template."""
    if function is None:
        raise CallError("call of nil")
    raise CallError(f"non-function {name} of type {type_name(function)}")


def _equal_pair(one: Value, other: Value) -> bool:
    kinds = kind(one), kind(other)
    basic = tuple(each if each in _BASIC else "" for each in kinds)
    if basic[0] != basic[1]:
        if one is not None and other is not None:
            raise CallError(f"incompatible types for comparison: {type_name(one)} and {type_name(other)}")
        return False
    if basic[0]:
        return bool(one == other)
    if kinds[0] != kinds[1] and "invalid" not in kinds:
        raise CallError(
            f"non-comparable types {gofmt.default_form(one)}: {type_name(one)}, "
            f"{type_name(other)}: {gofmt.default_form(other)}"
        )
    if is_nil(one) or is_nil(other):
        return is_nil(one) and is_nil(other)
    if isinstance(other, tuple):
        raise CallError(f"non-comparable type {gofmt.default_form(other)}: {type_name(other)}")
    if isinstance(one, Record) and one.is_pointer:
        return one.source is other.source
    return bool(one == other)


def _eq(one: Value, *others: Value) -> bool:
    if not others:
        raise CallError("missing argument for comparison")
    return any(_equal_pair(one, other) for other in others)


def _lt(one: Value, other: Value) -> bool:
    kinds = kind(one), kind(other)
    if not _BASIC.issuperset(kinds):
        raise CallError("invalid type for comparison")
    if kinds[0] != kinds[1]:
        raise CallError(f"incompatible types for comparison: {type_name(one)} and {type_name(other)}")
    if kinds[0] == "bool":
        raise CallError("invalid type for comparison")
    if isinstance(one, str):
        one, other = (text.encode("utf-8", "surrogateescape") for text in (one, other))
    return bool(one < other)


def _le(one: Value, other: Value) -> bool:
    return _lt(one, other) or _equal_pair(one, other)


def printed(value: Value) -> str:
    """A value as a template prints it: a pointer stands for what it points to."""
    if isinstance(value, Record) and value.is_pointer and not value.is_nil and value.text() is None:
        value = Record(value.type, value.source, is_pointer=False)
    return "<no value>" if value is None else gofmt.default_form(value)


def _text(values: tuple[Value, ...]) -> str:
    if len(values) == 1 and isinstance(values[0], str):
        return values[0]
    return gofmt.sprint(
        tuple(printed(value) if isinstance(value, Record) or value is None else value for value in values)
    )


def _html(*values: Value) -> str:
    return "".join(_HTML.get(char, char) for char in _text(values))


def _js(*values: Value) -> str:
    def escaped(char: str) -> str:
        if char in _JS:
            return _JS[char]
        return f"\\u{ord(char):04X}" if char < " " or not char.isprintable() else char

    return "".join(escaped(char) for char in _text(values))


def _urlquery(*values: Value) -> str:
    def escaped(char: str) -> str:
        if char in _URL_SAFE:
            return char
        return "+" if char == " " else "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogateescape"))

    return "".join(escaped(char) for char in _text(values))


def _any(call: Callable[..., Value], fixed: int = 0, *, variadic: bool = False) -> Function:
    return Function(call, ("any",) * fixed, "any" if variadic else "")


BUILTINS = MappingProxyType(
    {
        "and": _any(lambda *values: values[-1], 1, variadic=True),
        "call": _any(call_value, 1, variadic=True),
        "eq": _any(_eq, 1, variadic=True),
        "ge": _any(lambda one, other: not _lt(one, other), 2),
        "gt": _any(lambda one, other: not _le(one, other), 2),
        "html": _any(_html, variadic=True),
        "index": _any(_index, 1, variadic=True),
        "join": Function(lambda items, separator: separator.join(items), ("[]string", "string")),
        "js": _any(_js, variadic=True),
        "le": _any(_le, 2),
        "len": _any(_len, 1),
        "lt": _any(_lt, 2),
        "ne": _any(lambda one, other: not _equal_pair(one, other), 2),
        "not": _any(lambda value: not is_true(value), 1),
        "or": _any(lambda *values: values[-1], 1, variadic=True),
        "print": _any(lambda *values: gofmt.sprint(values), variadic=True),
        "printf": Function(lambda layout, *values: gofmt.sprintf(layout, values), ("string",), "any"),
        "println": _any(lambda *values: gofmt.sprintln(values), variadic=True),
        "slice": _any(_slice, 1, variadic=True),
        "urlquery": _any(_urlquery, variadic=True),
    }
)
"""By name. That `and` and `or` evaluate no more than they need, and how `call` is called, the evaluation decides."""
