# SPDX-License-Identifier: BSD-3-Clause
"""Build constraint expressions: the text of `//go:build` and `// +build` lines.

    //go:build (linux && 386) || !cgo        the program linux 386 && cgo ! ||
    // +build linux,386 !cgo                 the same: "," is and, a blank is or

An expression is a program in postfix order: a tuple of tags and of the operators "!", "&&" and "||", which no tag can
be. So neither parsing nor evaluation recurses, however deep the parentheses of a hostile file are.

Source of the rules: `go help buildconstraint`; package go/build/constraint.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from govgo.core.golib.quote import GO_SPACE, is_bad_byte
from govgo.core.golib.unicode import is_digit, is_letter
from govgo.core.lazyregex import late
from govgo.core.typehints import Final, TypeAlias
from govgo.errors import SourceError

Expr: TypeAlias = tuple[str, ...]

#: The most operands of a //go:build line, and operators of a // +build line, that go accepts.
_MAX_OPERANDS: Final = 1000
_MAX_PLUS_OPERATORS: Final = 100

_ASCII_TAG = late(r"[A-Za-z0-9_.]*")
_FIELDS = late(f"[^{GO_SPACE}]+")


@lru_cache(maxsize=1 << 10)
def parse_constraint(line: str) -> Expr:
    """The expression of a `//go:build` or `// +build` line.

    Raises:
        SourceError: not such a line, or its expression is malformed.
    """
    text = _go_build_text(line)
    if text is not None:
        return _Parser(text).parse()
    text = _plus_build_text(line)
    if text is not None:
        return _parse_plus(text)
    raise SourceError("not a build constraint")


def is_go_build(line: str) -> bool:
    """Whether `line` is a `//go:build` line, its expression well-formed or not."""
    return _go_build_text(line) is not None


def is_plus_build(line: str) -> bool:
    """Whether `line` is a `// +build` line."""
    return _plus_build_text(line) is not None


def evaluate(expr: Expr, ok: Callable[[str, bool], bool]) -> bool:
    """The truth of `expr`.

    Args:
        expr: the expression.
        ok: `ok(tag, prefer)` is the truth of a tag; `prefer` is the truth with which the tag makes the whole expression
            true rather than false (False below an odd number of negations).
    """
    stack: list[tuple[bool, bool]] = []  # each operand, with True and with False preferred
    for item in expr:
        if item == "!":
            if_true, if_false = stack.pop()
            stack.append((not if_false, not if_true))
        elif item in ("&&", "||"):
            y, x = stack.pop(), stack.pop()
            both = item == "&&"
            stack.append((x[0] and y[0], x[1] and y[1]) if both else (x[0] or y[0], x[1] or y[1]))
        else:
            stack.append((ok(item, True), ok(item, False)))
    return stack[0][0]


def expression_text(expr: Expr) -> str:
    """`expr` as //go:build lines write it, with the parentheses that it needs."""
    stack: list[tuple[str, str]] = []  # the text of each operand, and its outermost operator
    for item in expr:
        if item == "!":
            text, operator = stack.pop()
            stack.append((f"!({text})" if operator in ("&&", "||") else "!" + text, "!"))
        elif item in ("&&", "||"):
            y, x = stack.pop(), stack.pop()
            sides = [f"({text})" if operator not in ("", "!", item) else text for text, operator in (x, y)]
            stack.append((f" {item} ".join(sides), item))
        else:
            stack.append((item, ""))
    return stack[0][0]


def go_version_of(expr: Expr) -> str:
    """The lowest Go version that `expr` implies ("go1.21"); "" when it implies none."""
    # The lowest N of go1.N that each operand implies, and that its negation does; -1 for none.
    stack: list[tuple[int, int]] = []
    for item in expr:
        if item == "!":
            stack.append(stack.pop()[::-1])
        elif item in ("&&", "||"):
            y, x = stack.pop(), stack.pop()
            higher, lower = (max, min) if item == "&&" else (min, max)
            stack.append((higher(x[0], y[0]), lower(x[1], y[1])))
        else:
            stack.append((_release(item), -1))
    lowest = stack[0][0]
    return "" if lowest < 0 else "go1" if lowest == 0 else f"go1.{lowest}"


def plus_build_lines(expr: Expr) -> list[str]:
    """The `// +build` lines that say what `expr` says.

    Raises:
        SourceError: `expression too complex for // +build lines`.
    """
    lines: list[list[list[str]]] = []  # lines of alternatives of literals
    for factor in _split(_without_inner_not(expr), "&&"):
        alternatives = []
        for alternative in _split(factor, "||"):
            literals = _split(alternative, "&&")
            if not all(isinstance(literal, str) for literal in literals):
                raise SourceError("expression too complex for // +build lines")
            alternatives.append([str(literal) for literal in literals])
        lines.append(alternatives)
    if all(len(alternatives) == 1 for alternatives in lines):
        lines = [[[literal for alternatives in lines for literal in alternatives[0]]]]
    return ["// +build " + " ".join(",".join(literals) for literals in line) for line in lines]


#: A literal, or an operator with what it joins (never directly the same operator again).
_Tree: TypeAlias = "str | tuple[str, list[_Tree]]"


def _without_inner_not(expr: Expr) -> _Tree:
    stack: list[tuple[_Tree, _Tree]] = []  # each operand, and its negation
    for item in expr:
        if item == "!":
            stack.append(stack.pop()[::-1])
        elif item in ("&&", "||"):
            y, x = stack.pop(), stack.pop()
            other = "||" if item == "&&" else "&&"
            stack.append((_join(item, x[0], y[0]), _join(other, x[1], y[1])))
        else:
            stack.append((item, "!" + item))
    return stack[0][0]


def _join(operator: str, x: _Tree, y: _Tree) -> _Tree:
    return operator, _split(x, operator) + _split(y, operator)


def _split(tree: _Tree, operator: str) -> list[_Tree]:
    return tree[1] if isinstance(tree, tuple) and tree[0] == operator else [tree]


def _release(tag: str) -> int:
    if tag == "go1":
        return 0
    number = tag.partition("go1.")[2]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else -1


def _go_build_text(line: str) -> str | None:
    line = line.removesuffix("\n")
    if "\n" in line or not line.startswith("//go:build"):
        return None
    return _after(line.strip(GO_SPACE), "//go:build")


def _plus_build_text(line: str) -> str | None:
    line = line.removesuffix("\n")
    if "\n" in line or not line.startswith("//"):
        return None
    line = line[2:].strip(GO_SPACE)
    return _after(line, "+build") if line.startswith("+build") else None


def _after(line: str, keyword: str) -> str | None:
    rest = line[len(keyword) :]
    text = rest.strip(GO_SPACE)
    return None if rest and len(text) == len(rest) else text


def _is_tag_char(char: str) -> bool:
    return char in "_." or is_letter(char) or is_digit(char)


def _parse_plus(text: str) -> Expr:
    expr: list[str] = []
    literals = 0
    for number, clause in enumerate(_FIELDS.findall(text)):
        for position, literal in enumerate(clause.split(",")):
            literals += 1
            if literals > _MAX_PLUS_OPERATORS + 1:
                raise SourceError("expression too complex for // +build lines")
            negated = literal.startswith("!") and not literal.startswith("!!") and literal != "!"
            tag = literal[1:] if negated else literal
            is_tag = tag != "" and all(map(_is_tag_char, tag))
            expr += [tag if is_tag else "ignore"] + ["!"] * negated + ["&&"] * (position > 0)
        if number > 0:
            expr.append("||")
    return tuple(expr) or ("ignore",)


class _Parser:
    """Reads the text after `//go:build`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.token = ""
        self.is_tag = False
        self.expr: list[str] = []
        self.operands = 0

    def parse(self) -> Expr:
        # For the whole text, and for each open parenthesis: whether "!" is before it, and whether an "&&" and an "||"
        # have their left operand and wait for the right one.
        frames: list[list[bool]] = [[False, False, False]]
        while True:
            negated = self._begin_operand()
            if self.token == "(":
                frames.append([negated, False, False])
                continue
            if not self.is_tag:
                self._missing_operand(len(frames) > 1)
            self.expr.append(self.token)
            self._lex()
            self._end_operand(negated, frames[-1])
            while self.token not in ("&&", "||"):
                self._end_alternative(frames[-1])
                if len(frames) == 1:
                    if self.token:
                        raise SourceError("unexpected token " + self.token)
                    return tuple(self.expr)
                if self.token != ")":
                    raise SourceError("missing close paren")
                negated = frames.pop()[0]
                self._lex()
                self._end_operand(negated, frames[-1])
            if self.token == "||":
                self._end_alternative(frames[-1])
                frames[-1][2] = True
            else:
                frames[-1][1] = True

    def _begin_operand(self) -> bool:
        self.operands += 1
        if self.operands > _MAX_OPERANDS:
            raise SourceError("build expression too large")
        self._lex()
        if self.token != "!":
            return False
        self._lex()
        if self.token == "!":
            raise SourceError("double negation not allowed")
        return True

    def _missing_operand(self, is_inside: bool) -> None:
        if self.token:
            raise SourceError("unexpected token " + self.token)
        raise SourceError("missing close paren" if is_inside else "unexpected end of expression")

    def _end_operand(self, negated: bool, frame: list[bool]) -> None:
        if negated:
            self.expr.append("!")
        if frame[1]:
            self.expr.append("&&")
            frame[1] = False

    def _end_alternative(self, frame: list[bool]) -> None:
        if frame[2]:
            self.expr.append("||")
            frame[2] = False

    def _lex(self) -> None:
        text = self.text
        self.is_tag = False
        while self.position < len(text) and text[self.position] in " \t":
            self.position += 1
        begin = self.position
        if begin == len(text):
            self.token = ""
            return
        char = text[begin]
        if char in "()!":
            end = begin + 1
        elif char in "&|":
            end = begin + 2
            if text[begin:end] != char * 2:
                raise SourceError("invalid syntax at " + char)
        else:
            end = _tag_end(text, begin)
            if end == begin:
                raise SourceError("invalid syntax at " + ("\ufffd" if is_bad_byte(char) else char))
            self.is_tag = True
        self.token, self.position = text[begin:end], end


def _tag_end(text: str, begin: int) -> int:
    match = _ASCII_TAG.match(text, begin)
    end = match.end() if match else begin
    while end < len(text) and _is_tag_char(text[end]):
        end += 1
    return end
