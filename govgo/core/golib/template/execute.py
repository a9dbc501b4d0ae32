# SPDX-License-Identifier: BSD-3-Clause
"""Go's text/template, as far as `go list -f` needs it: parse a template, execute it on a record.

    {{.Path}}{{with .Replace}} => {{.Path}}{{end}}

Only complex numbers are missing, and range over channels, maps and functions, which the records of go list do not have.
Errors are Go's, with the position. A template that is nested deep raises RecursionError where Python's limit is not
raised for it. All recursion here is by direct calls, so that it can be (`report.list.deep`).

Source of the rules: the documentation of package text/template.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from govgo.core.golib import fmt as gofmt
from govgo.core.golib.template import nodes as tree
from govgo.core.golib.template.eval import BUILTINS, Evaluation, printed
from govgo.core.golib.template.parse import parse
from govgo.core.golib.template.values import Function, Record, TemplateError, Value, is_true, kind

_MAX_CALLS = 100_000  # text/template, maxExecDepth


class Template:
    """A parsed template.

    Example: `Template("{{.Path}} {{.Version}}").execute(record)`.
    """

    def __init__(self, text: str, functions: Mapping[str, Function] | None = None, *, name: str = "main") -> None:
        """Parse `text`.

        Args:
            functions: functions in addition to the predefined ones and `join`.

        Raises:
            TemplateError: it is malformed.
            RecursionError: it is nested too deep.
        """
        self.name = name
        self.text = text
        self.functions: dict[str, Function] = {**BUILTINS, **(functions or {})}
        self.trees = parse(name, text, self.functions)

    def execute(self, data: Value) -> str:
        """The text that the template prints for `data`.

        Raises:
            TemplateError: a field, a type or a call is wrong; `partial` is the text printed before that.
            RecursionError: it is nested too deep, or calls itself too often.
        """
        run = _Run(self, self.name, data, [])
        try:
            run.walk(data, self.trees[self.name])
        except TemplateError as error:
            error.partial = "".join(run.out)
            raise
        return "".join(run.out)


class _Break(Exception):
    """Leaves the innermost range."""


class _Continue(Exception):
    """Goes on with the next item of the innermost range."""


class _Run(Evaluation):
    """One execution of one template; `out` collects its text."""

    def __init__(self, template: Template, name: str, data: Value, out: list[str], depth: int = 0) -> None:
        super().__init__(template.name, template.text, name, template.functions, [["$", data]])
        self.trees = template.trees
        self.template = template
        self.out = out
        self.depth = depth

    def walk(self, dot: Value, nodes: Sequence[tree.Node]) -> None:
        """Execute nodes, one after the other."""
        for node in nodes:
            self.node = node
            match node:
                case tree.Text():
                    self.out.append(node.text)
                case tree.Action():
                    value = self.pipeline(dot, node.pipe)
                    if not node.pipe.decl:
                        self.node = node
                        self.out.append(printed(value))
                case tree.Control():
                    self._control(dot, node)
                case tree.Call():
                    self._call_template(dot, node)
                case tree.Jump():
                    raise _Break if node.word == "break" else _Continue

    def _control(self, dot: Value, node: tree.Control) -> None:
        mark = len(self.variables)
        try:
            if node.word == "range":
                self._range(dot, node)
                return
            value = self.pipeline(dot, node.pipe)
            if is_true(value):
                self.walk(value if node.word == "with" else dot, node.body)
            elif node.otherwise is not None:
                self.walk(dot, node.otherwise)
        finally:
            del self.variables[mark:]

    def _range(self, dot: Value, node: tree.Control) -> None:
        value = self.pipeline(dot, node.pipe)
        items: Sequence[tuple[Value, Value]] = ()
        match kind(value):
            case "slice":
                items = tuple(enumerate(value))
            case "int":
                if len(node.pipe.decl) > 1:
                    raise self.error(f"can't use {value} to iterate over more than one variable")
                items = tuple((None, number) for number in range(value))
            case "invalid":
                pass
            case _:
                raise self.error(f"range can't iterate over {gofmt.default_form(_pointee(value))}")
        if not items:
            if node.otherwise is not None:
                self.walk(dot, node.otherwise)
            return
        mark = len(self.variables)
        for index, item in items:
            self._set_range_variables(node.pipe, index, item)
            try:
                self.walk(item, node.body)
            except _Continue:
                pass
            except _Break:
                return
            finally:
                del self.variables[mark:]

    def _set_range_variables(self, pipe: tree.Pipe, index: Value, item: Value) -> None:
        values = (index, item) if len(pipe.decl) > 1 else (item,)
        if pipe.is_assign:
            for variable, value in zip(pipe.decl, values, strict=False):
                self._assign(variable.names[0], value)
        else:
            top = len(self.variables) - len(pipe.decl)
            for offset, (_, value) in enumerate(zip(pipe.decl, values, strict=False)):
                self.variables[top + offset][1] = value

    def _call_template(self, dot: Value, node: tree.Call) -> None:
        nodes = self.trees.get(node.name)
        if nodes is None:
            raise self.error(f'template "{node.name}" not defined')
        if self.depth == _MAX_CALLS:
            raise self.error(f"exceeded maximum template depth ({_MAX_CALLS})")
        argument = None if node.pipe is None else self.pipeline(dot, node.pipe)
        _Run(self.template, node.name, argument, self.out, self.depth + 1).walk(argument, nodes)


def _pointee(value: Value) -> Value:
    if isinstance(value, Record) and value.is_pointer and not value.is_nil:
        return Record(value.type, value.source, is_pointer=False)
    return value
