# SPDX-License-Identifier: BSD-3-Clause
"""The parse tree of a Go template. `str(node)` is the text that error messages show for it.

A tree may be thousands of nodes deep, so nothing here recurses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from govgo.core.golib.quote import quote


@dataclass(slots=True)
class Node:
    """A node that begins at index `pos` of the template's text."""

    pos: int

    def parts(self) -> Parts:
        """The text of the node, in pieces; some of them are nodes within it."""
        raise NotImplementedError

    def __str__(self) -> str:
        done: list[str] = []
        left: list[str | Node] = [self]
        while left:
            part = left.pop()
            if isinstance(part, str):
                done.append(part)
            else:
                left.extend(reversed(part.parts()))
        return "".join(done)


Parts: TypeAlias = Sequence[str | Node]


@dataclass(slots=True)
class Text(Node):
    text: str

    def parts(self) -> Parts:
        return (self.text,)


@dataclass(slots=True)
class Dot(Node):
    def parts(self) -> Parts:
        return (".",)


@dataclass(slots=True)
class Nil(Node):
    def parts(self) -> Parts:
        return ("nil",)


@dataclass(slots=True)
class Bool(Node):
    value: bool

    def parts(self) -> Parts:
        return ("true" if self.value else "false",)


@dataclass(slots=True)
class Number(Node):
    """A number; `integer` or `real` is None when its value is not one of that kind."""

    text: str
    integer: int | None
    real: float | None

    def parts(self) -> Parts:
        return (self.text,)


@dataclass(slots=True)
class String(Node):
    quoted: str
    value: str

    def parts(self) -> Parts:
        return (self.quoted,)


@dataclass(slots=True)
class Identifier(Node):
    """The name of a function."""

    name: str

    def parts(self) -> Parts:
        return (self.name,)


@dataclass(slots=True)
class Field(Node):
    """A chain of fields: `.A.B`."""

    names: list[str]

    def parts(self) -> Parts:
        return [f".{name}" for name in self.names]


@dataclass(slots=True)
class Variable(Node):
    """`$x.A.B`; the first name includes the `$`."""

    names: list[str]

    def parts(self) -> Parts:
        return (".".join(self.names),)


@dataclass(slots=True)
class Chain(Node):
    """Fields of a parenthesized pipeline or of a function's result."""

    node: Node
    names: list[str]

    def parts(self) -> Parts:
        return (*_operand(self.node), *(f".{name}" for name in self.names))


@dataclass(slots=True)
class Command(Node):
    """An operand and its arguments."""

    args: list[Node] = field(default_factory=list)

    def parts(self) -> Parts:
        return _joined(" ", [_operand(arg) for arg in self.args])


@dataclass(slots=True)
class Pipe(Node):
    """Commands joined by `|`, and the variables that take the result."""

    line: int
    is_assign: bool = False
    decl: list[Variable] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    def parts(self) -> Parts:
        names = _joined(", ", [[variable] for variable in self.decl])
        sign = [" = " if self.is_assign else " := "] if names else []
        return (*names, *sign, *_joined(" | ", [[command] for command in self.commands]))


@dataclass(slots=True)
class Action(Node):
    """A pipeline whose value is printed."""

    pipe: Pipe

    def parts(self) -> Parts:
        return "{{", self.pipe, "}}"


@dataclass(slots=True)
class Control(Node):
    """`if`, `with` or `range`."""

    word: str
    pipe: Pipe
    body: Sequence[Node]
    otherwise: Sequence[Node] | None

    def parts(self) -> Parts:
        otherwise: Parts = () if self.otherwise is None else ("{{else}}", *self.otherwise)
        return ("{{", self.word, " ", self.pipe, "}}", *self.body, *otherwise, "{{end}}")


@dataclass(slots=True)
class Call(Node):
    """`template`: the use of another template."""

    name: str
    pipe: Pipe | None

    def parts(self) -> Parts:
        pipe = () if self.pipe is None else (" ", self.pipe)
        return (f"{{{{template {quote(self.name)}", *pipe, "}}")


@dataclass(slots=True)
class Jump(Node):
    """A statement that leaves a loop or a round of it: `break` or `continue`."""

    word: str

    def parts(self) -> Parts:
        return "{{", self.word, "}}"


@dataclass(slots=True)
class Mark(Node):
    """`end` or `else`, which ends a list of nodes; it is not part of the tree. `follows` is the word after `else`."""

    word: str
    follows: str = ""

    def parts(self) -> Parts:
        return "{{", self.word, "}}"


def _operand(node: Node) -> Parts:
    return ("(", node, ")") if isinstance(node, Pipe) else (node,)


def _joined(separator: str, groups: Sequence[Parts]) -> Parts:
    return [part for group in groups for part in (separator, *group)][1:]


def is_blank(nodes: Sequence[Node]) -> bool:
    """Whether the nodes are white space only."""
    return all(isinstance(node, Text) and not node.text.strip() for node in nodes)
