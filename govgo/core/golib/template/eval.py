# SPDX-License-Identifier: BSD-3-Clause
"""The values of pipelines in a Go template: fields, methods, functions, variables and literals.

The functions are those that every template can call, and `join`, which go list adds.

Source of the rules: the documentation of package text/template, "Arguments", "Pipelines" and "Functions".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from govgo.core.golib import fmt as gofmt
from govgo.core.golib.template import nodes as tree
from govgo.core.golib.template.values import (
    Byte,
    CallError,
    Function,
    Record,
    TemplateError,
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
        item = Byte(items[at]) if isinstance(items, bytes) else items[at]
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
    """The error of `call`: no value of go list is a function. `name` is its text in the template."""
    if function is None:
        raise CallError("call of nil")
    raise CallError(f"non-function {name} of type {type_name(function)}")


def _value_name(value: Value) -> str:
    """What stands for a value that has no text in the template (reflect.Value's String)."""
    if isinstance(value, str):
        return value
    return "<invalid Value>" if value is None else f"<{type_name(value)} Value>"


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
            f"non-comparable types {gofmt.sprintf('%s', (one,))}: {type_name(one)}, "
            f"{type_name(other)}: {gofmt.default_form(other)}"
        )
    if is_nil(one) or is_nil(other):
        return is_nil(one) and is_nil(other)
    if isinstance(other, tuple):
        raise CallError(f"non-comparable type {gofmt.sprintf('%s', (other,))}: {type_name(other)}")
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
    """A value as a template prints it: of a pointer, what it points to."""
    return gofmt.default_form(_printable(value))


def _printable(value: Value) -> Value:
    if isinstance(value, Record) and value.is_pointer and not value.is_nil and value.text() is None:
        return Record(value.type, value.source, is_pointer=False)
    return "<no value>" if value is None else value


def _text(values: tuple[Value, ...]) -> str:
    if len(values) == 1 and isinstance(values[0], str):
        return values[0]
    return gofmt.sprint([_printable(value) for value in values])


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
"""The functions by name. `Evaluation` treats three in its own way: `and` and `or`, which evaluate only the arguments
that they need, and `call`.
"""


class _Missing:
    """The final argument of a call to which no pipeline passes a value."""


_MISSING = _Missing()


class Evaluation:
    """Evaluates the pipelines of one template.

    Attributes:
        node: the node that is being evaluated, which errors name.
        variables: [name, value] pairs, the innermost last.
    """

    def __init__(
        self, file: str, text: str, name: str, functions: Mapping[str, Function], variables: list[list[Value]]
    ) -> None:
        """Evaluate in the template `name`, defined in `file` with source `text`."""
        self.file = file
        self.text = text
        self.name = name
        self.functions = functions
        self.variables = variables
        self.node: tree.Node | None = None

    def error(self, text: str) -> TemplateError:
        """The error `text` at the node that is being evaluated."""
        if self.node is None:
            return TemplateError(f"template: {self.file}: {text}")
        before = self.text[: self.node.pos]
        line_start = before.rfind("\n") + 1
        column = len(before[line_start:].encode("utf-8", "surrogateescape"))
        place = f"{self.file}:{before.count(chr(10)) + 1}:{column}"
        what = f'executing "{self.name}" at <{self.node}>'
        return TemplateError(f"template: {place}: {what}: {text}")

    # Variables.

    def _assign(self, name: str, value: Value) -> None:
        for variable in reversed(self.variables):
            if variable[0] == name:
                variable[1] = value
                return
        raise self.error(f"undefined variable: {name}")

    def _variable(self, name: str) -> Value:
        for known, value in reversed(self.variables):
            if known == name:
                return value
        raise self.error(f"undefined variable: {name}")

    # Values.

    def pipeline(self, dot: Value, pipe: tree.Pipe) -> Value:
        """The value of a pipeline; the caller removes the variables that it declares."""
        self.node = pipe
        value: Value = _MISSING
        for command in pipe.commands:
            value = self._command(dot, command, value)
        for variable in pipe.decl:
            if pipe.is_assign:
                self._assign(variable.names[0], value)
            else:
                self.variables.append([variable.names[0], value])
        return value

    def _command(self, dot: Value, command: tree.Command, final: Value) -> Value:
        first = command.args[0]
        match first:
            case tree.Field():
                self.node = first
                return self._chain(dot, dot, first, first.names, command.args, final)
            case tree.Chain():
                return self._chain_node(dot, first, command.args, final)
            case tree.Identifier():
                self.node = first
                return self._function(dot, first.name, command, command.args, final)
            case tree.Pipe():
                self._no_arguments(command.args, final)
                return self.pipeline(dot, first)
            case tree.Variable():
                return self._variable_node(dot, first, command.args, final)
        self.node = first
        self._no_arguments(command.args, final)
        if isinstance(first, tree.Nil):
            raise self.error("nil is not a command")
        return self._literal(dot, first)

    def _no_arguments(self, args: Sequence[tree.Node], final: Value) -> None:
        if len(args) > 1 or final is not _MISSING:
            raise self.error(f"can't give argument to non-function {args[0]}")

    def _literal(self, dot: Value, node: tree.Node) -> Value:
        match node:
            case tree.Bool() | tree.String():
                return node.value
            case tree.Dot():
                return dot
            case tree.Number():
                return self._number(node)
        raise self.error(f"can't handle assignment of {node} to empty interface argument")

    def _number(self, node: tree.Number) -> Value:
        """A number; whether it is an integer is seen from how it is written."""
        self.node = node
        text = node.text
        is_real = set(".eEpP") & set(text) and text[0] != "'" and text[:2].lower() != "0x"
        if node.integer is None or is_real or (text[:2].lower() == "0x" and set("pP") & set(text)):
            return node.real
        if not -(1 << 63) <= node.integer < 1 << 63:
            raise self.error(f"{text} overflows int")
        return node.integer

    def _variable_node(self, dot: Value, node: tree.Variable, args: Sequence[tree.Node], final: Value) -> Value:
        self.node = node
        value = self._variable(node.names[0])
        if len(node.names) == 1:
            self._no_arguments(args, final)
            return value
        return self._chain(dot, value, node, node.names[1:], args, final)

    def _chain_node(self, dot: Value, node: tree.Chain, args: Sequence[tree.Node], final: Value) -> Value:
        self.node = node
        if isinstance(node.node, tree.Nil):
            raise self.error(f"indirection through explicit nil in {node}")
        return self._chain(dot, self._argument(dot, "any", node.node), node, node.names, args, final)

    def _chain(
        self,
        dot: Value,
        receiver: Value,
        node: tree.Node,
        names: Sequence[str],
        args: Sequence[tree.Node],
        final: Value,
    ) -> Value:
        """`.A.B.C` of a receiver; the arguments are for the last name."""
        for name in names[:-1]:
            receiver = self._field(dot, name, node, (), _MISSING, receiver)
        return self._field(dot, names[-1], node, args, final, receiver)

    def _field(
        self, dot: Value, name: str, node: tree.Node, args: Sequence[tree.Node], final: Value, receiver: Value
    ) -> Value:
        if receiver is None:
            return None
        if isinstance(receiver, Record):
            method = receiver.type.methods.get(name)
            if method is not None:
                bound = _bind(receiver, name)
                return self._invoke(dot, bound, node, name, args, final)
            if name in receiver.type.fields:
                if receiver.is_nil:
                    raise self.error(f"nil pointer evaluating {receiver.type_name}.{name}")
                if len(args) > 1 or final is not _MISSING:
                    raise self.error(f"{name} has arguments but cannot be invoked as function")
                return receiver.field(name)
        raise self.error(f"can't evaluate field {name} in type {type_name(receiver)}")

    # Calls.

    def _function(self, dot: Value, name: str, node: tree.Node, args: Sequence[tree.Node], final: Value) -> Value:
        if name in ("and", "or") and self.functions[name] is BUILTINS[name]:
            return self._and_or(dot, name, args[1:], final)
        return self._invoke(dot, self.functions[name], node, name, args, final)

    def _and_or(self, dot: Value, name: str, args: Sequence[tree.Node], final: Value) -> Value:
        if not args and final is _MISSING:
            raise self.error(f"wrong number of args for {name}: want at least 1 got 0")
        value: Value = None
        for arg in args:
            value = self._argument(dot, "any", arg)
            if is_true(value) == (name == "or"):
                return value
        return value if final is _MISSING else final

    def _invoke(
        self,
        dot: Value,
        function: Function,
        node: tree.Node,
        name: str,
        args: Sequence[tree.Node],
        final: Value,
    ) -> Value:
        args = args[1:]
        count = len(args) + (final is not _MISSING)
        fixed = len(function.parameters)
        if function.variadic:
            if count < fixed:
                raise self.error(f"wrong number of args for {name}: want at least {fixed} got {len(args)}")
        elif count != fixed:
            raise self.error(f"wrong number of args for {name}: want {fixed} got {count}")
        types = [*function.parameters, *[function.variadic] * (count - fixed)]
        values = [self._argument(dot, expected, arg) for expected, arg in zip(types, args, strict=False)]
        if final is not _MISSING:
            values.append(self._checked(final, types[-1]))
        if name == "call" and function is BUILTINS[name]:
            values[:] = [str(args[0]) if args else _value_name(final), values[0]]
        try:
            return function.call(*values)
        except CallError as error:
            self.node = node
            raise self.error(f"error calling {name}: {error}") from None

    def _argument(self, dot: Value, expected: str, node: tree.Node) -> Value:
        self.node = node
        match node:
            case tree.Dot():
                return self._checked(dot, expected)
            case tree.Nil():
                if expected in ("string", "int"):
                    raise self.error(f"cannot assign nil to {expected}")
                return () if expected == "[]string" else None
            case tree.Field():
                return self._checked(self._chain(dot, dot, node, node.names, (node,), _MISSING), expected)
            case tree.Variable():
                return self._checked(self._variable_node(dot, node, (), _MISSING), expected)
            case tree.Pipe():
                return self._checked(self.pipeline(dot, node), expected)
            case tree.Identifier():
                return self._checked(self._function(dot, node.name, node, (), _MISSING), expected)
            case tree.Chain():
                return self._checked(self._chain_node(dot, node, (), _MISSING), expected)
        if expected == "any":
            return self._literal(dot, node)
        if expected == "string":
            if isinstance(node, tree.String):
                return node.value
            raise self.error(f"expected string; found {node}")
        if expected == "int":
            if isinstance(node, tree.Number) and node.integer is not None:
                return node.integer
            raise self.error(f"expected integer; found {node}")
        raise self.error(f"can't handle {node} for arg of type {expected}")

    def _checked(self, value: Value, expected: str) -> Value:
        """The value, if it has the expected type."""
        if expected == "any":
            return value
        if value is None:
            if expected == "[]string":
                return ()
            raise self.error(f"invalid value; expected {expected}")
        if type_name(value) != expected:
            raise self.error(f"wrong type for value; expected {expected}; got {type_name(value)}")
        return value


def _bind(receiver: Record, name: str) -> Function:
    """A method of one record as a function."""
    method = receiver.type.methods[name]

    def call(*values: Value) -> Value:
        if receiver.is_nil:
            if method.on_pointer:
                raise CallError("runtime error: invalid memory address or nil pointer dereference")
            raise CallError(
                f"value method {receiver.type.name}.{name} called using nil *{receiver.type.short_name} pointer"
            )
        return method.call(receiver.source, *values)

    return Function(call, method.parameters)
