# SPDX-License-Identifier: BSD-3-Clause
"""The parse tree of a Go template. `str(node)` is the text that error messages show for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from govgo.core.golib.quote import quote


@dataclass(slots=True)
class Node:
    """A node that begins at index `pos` of the template's text."""

    pos: int


@dataclass(slots=True)
class Text(Node):
    text: str


@dataclass(slots=True)
class Dot(Node):
    def __str__(self) -> str:
        return "."


@dataclass(slots=True)
class Nil(Node):
    def __str__(self) -> str:
        return "nil"


@dataclass(slots=True)
class Bool(Node):
    value: bool

    def __str__(self) -> str:
        return "true" if self.value else "false"


@dataclass(slots=True)
class Number(Node):
    """A number; `integer` or `real` is None when its value is not one of that kind."""

    text: str
    integer: int | None
    real: float | None

    def __str__(self) -> str:
        return self.text


@dataclass(slots=True)
class String(Node):
    quoted: str
    value: str

    def __str__(self) -> str:
        return self.quoted


@dataclass(slots=True)
class Identifier(Node):
    """The name of a function."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(slots=True)
class Field(Node):
    """`.A.B`."""

    names: list[str]

    def __str__(self) -> str:
        return "".join(f".{name}" for name in self.names)


@dataclass(slots=True)
class Variable(Node):
    """`$x.A.B`; the first name includes the `$`."""

    names: list[str]

    def __str__(self) -> str:
        return ".".join(self.names)


@dataclass(slots=True)
class Chain(Node):
    """Fields of a parenthesized pipeline or of a function's result."""

    node: Node
    names: list[str]

    def __str__(self) -> str:
        inner = f"({self.node})" if isinstance(self.node, Pipe) else str(self.node)
        return inner + "".join(f".{name}" for name in self.names)


@dataclass(slots=True)
class Command(Node):
    """An operand and its arguments."""

    args: list[Node] = field(default_factory=list)

    def __str__(self) -> str:
        return " ".join(f"({arg})" if isinstance(arg, Pipe) else str(arg) for arg in self.args)


@dataclass(slots=True)
class Pipe(Node):
    """Commands joined by `|`, and the variables that take the result."""

    line: int
    is_assign: bool = False
    decl: list[Variable] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    def __str__(self) -> str:
        names = ", ".join(str(variable) for variable in self.decl)
        prefix = f"{names} {'=' if self.is_assign else ':='} " if names else ""
        return prefix + " | ".join(str(command) for command in self.commands)


@dataclass(slots=True)
class Action(Node):
    """A pipeline whose value is printed."""

    pipe: Pipe

    def __str__(self) -> str:
        return f"{{{{{self.pipe}}}}}"


@dataclass(slots=True)
class Control(Node):
    """`if`, `with` or `range`."""

    word: str
    pipe: Pipe
    body: Sequence[Node]
    otherwise: Sequence[Node] | None

    def __str__(self) -> str:
        text = f"{{{{{self.word} {self.pipe}}}}}{listing(self.body)}"
        if self.otherwise is not None:
            text += f"{{{{else}}}}{listing(self.otherwise)}"
        return text + "{{end}}"


@dataclass(slots=True)
class Call(Node):
    """`template`: the use of another template."""

    name: str
    pipe: Pipe | None

    def __str__(self) -> str:
        pipe = f" {self.pipe}" if self.pipe is not None else ""
        return f"{{{{template {quote(self.name)}{pipe}}}}}"


@dataclass(slots=True)
class Jump(Node):
    """`break` or `continue`."""

    word: str

    def __str__(self) -> str:
        return f"{{{{{self.word}}}}}"


@dataclass(slots=True)
class Mark(Node):
    """`end` or `else`, which ends a list of nodes; it is not part of the tree. `follows` is the word after `else`."""

    word: str
    follows: str = ""

    def __str__(self) -> str:
        return f"{{{{{self.word}}}}}"


def listing(nodes: Sequence[Node]) -> str:
    """The source text of nodes in a row."""
    return "".join(node.text if isinstance(node, Text) else str(node) for node in nodes)


def is_blank(nodes: Sequence[Node]) -> bool:
    """Whether the nodes are white space only."""
    return all(isinstance(node, Text) and not node.text.strip() for node in nodes)
