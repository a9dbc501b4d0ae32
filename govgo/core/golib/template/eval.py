# SPDX-License-Identifier: BSD-3-Clause
"""The values of pipelines in a Go template: fields, methods, functions, variables and literals.

Source of the rules: the documentation of package text/template, "Arguments" and "Pipelines".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from govgo.core.golib.fmt import default_form
from govgo.core.golib.template import nodes as tree
from govgo.core.golib.template.funcs import BUILTINS
from govgo.core.golib.template.values import CallError, Function, Record, TemplateError, Value, is_true, type_name


class _Missing:
    """No value comes down the pipeline."""


_MISSING = _Missing()


class Evaluation:
    """Evaluates the pipelines of one template.

    Attributes:
        node: the node in hand, which errors name.
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
        """The error `text` at the node in hand."""
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
        """The value of a pipeline; variables that it declares stay until the caller drops them."""
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
        """A number whose type follows from how it is written."""
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
        """`.A.B.C` of a receiver; what the last name stands for gets the arguments."""
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
        values = [self._argument(dot, kind_wanted, arg) for kind_wanted, arg in zip(types, args, strict=False)]
        if final is not _MISSING:
            values.append(self._checked(final, types[-1]))
        if name == "call" and function is BUILTINS[name]:
            values[:] = [str(args[0]) if args else default_form(final), values[0]]
        try:
            return function.call(*values)
        except CallError as error:
            self.node = node
            raise self.error(f"error calling {name}: {error}") from None

    def _argument(self, dot: Value, wanted: str, node: tree.Node) -> Value:
        self.node = node
        match node:
            case tree.Dot():
                return self._checked(dot, wanted)
            case tree.Nil():
                if wanted in ("string", "int"):
                    raise self.error(f"cannot assign nil to {wanted}")
                return () if wanted == "[]string" else None
            case tree.Field():
                return self._checked(self._chain(dot, dot, node, node.names, (node,), _MISSING), wanted)
            case tree.Variable():
                return self._checked(self._variable_node(dot, node, (), _MISSING), wanted)
            case tree.Pipe():
                return self._checked(self.pipeline(dot, node), wanted)
            case tree.Identifier():
                return self._checked(self._function(dot, node.name, node, (), _MISSING), wanted)
            case tree.Chain():
                return self._checked(self._chain_node(dot, node, (), _MISSING), wanted)
        if wanted == "any":
            return self._literal(dot, node)
        if wanted == "string":
            if isinstance(node, tree.String):
                return node.value
            raise self.error(f"expected string; found {node}")
        if wanted == "int":
            if isinstance(node, tree.Number) and node.integer is not None:
                return node.integer
            raise self.error(f"expected integer; found {node}")
        raise self.error(f"can't handle {node} for arg of type {wanted}")

    def _checked(self, value: Value, wanted: str) -> Value:
        """A value that has the type wanted."""
        if wanted == "any":
            return value
        if value is None:
            if wanted == "[]string":
                return ()
            raise self.error(f"invalid value; expected {wanted}")
        if type_name(value) != wanted:
            raise self.error(f"wrong type for value; expected {wanted}; got {type_name(value)}")
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
