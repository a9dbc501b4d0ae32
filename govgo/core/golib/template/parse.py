# SPDX-License-Identifier: BSD-3-Clause
"""From the tokens of a Go template to its nodes.

    pipeline = [ $x ":=" ] command { "|" command } .      command = operand { operand } .
    operand  = ( literal | function | field | $variable | "(" pipeline ")" ) { field } .

Source of the rules: the documentation of package text/template.
"""

from __future__ import annotations

from collections.abc import Collection
from math import isinf
from typing import NoReturn

from govgo.core.golib.quote import quote, unquote
from govgo.core.golib.template import nodes as tree
from govgo.core.golib.template.lex import Kind, Token, tokens
from govgo.core.golib.template.values import TemplateError
from govgo.core.lazyregex import late

_OPERANDS = frozenset(
    (
        Kind.BOOL,
        Kind.CHARACTER,
        Kind.DOT,
        Kind.FIELD,
        Kind.WORD,
        Kind.NUMBER,
        Kind.NIL,
        Kind.STRING,
        Kind.VARIABLE,
        Kind.OPEN,
    )
)
_MOST_BRACKETS = 10_000  # text/template/parse, maxStackDepth
_LITERALS = (tree.Bool, tree.Dot, tree.Nil, tree.Number, tree.String)
_BAD_UNDERSCORE = late(r"(?<![0-9])_|_(?![0-9])")
_BAD_HEX_UNDERSCORE = late(r"(?<![0-9a-fA-FxX])_|_(?![0-9a-fA-F])")
_OLD_OCTAL = late(r"([+-]?)0_?([0-7_]+)\Z")
_INTEGER = late(
    r"[+-]?(?:0[xX]_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0[bB]_?[01]+(?:_[01]+)*|0[oO]_?[0-7]+(?:_[0-7]+)*"
    r"|0|[1-9][0-9]*(?:_[0-9]+)*)\Z"
)


def parse(name: str, text: str, functions: Collection[str]) -> dict[str, list[tree.Node]]:
    """Parse `text` into the nodes of template `name` and of those that it defines.

    Args:
        functions: the names that it may call.

    Raises:
        TemplateError: with the line and the text of Go's error.
        RecursionError: it is nested deeper than Python's limit allows.
    """
    parser = _Parser(name, text, functions)
    parser.template()
    return parser.trees


class _Parser:
    def __init__(self, name: str, text: str, functions: Collection[str]) -> None:
        self.name = name
        self.trees: dict[str, list[tree.Node]] = {}
        self._functions = functions
        self._source = tokens(text)
        self._last: Token | None = None
        self._ahead: list[Token] = []
        self._variables = ["$"]
        self._range_depth = 0
        self._brackets = 0
        self._action_line = 0

    # Tokens.

    def _peek(self, index: int = 0) -> Token:
        while len(self._ahead) <= index:
            token = next(self._source, None) or self._last
            assert token is not None
            self._last = token
            self._ahead.append(token)
        return self._ahead[index]

    def _next(self) -> Token:
        self._peek()
        return self._ahead.pop(0)

    def _peek_solid(self) -> Token:
        while self._peek().kind is Kind.SPACE:
            self._next()
        return self._peek()

    def _next_solid(self) -> Token:
        self._peek_solid()
        return self._next()

    def _expect(self, kind: Kind, context: str) -> Token:
        token = self._next_solid()
        if token.kind is not kind:
            self._unexpected(token, context)
        return token

    def fail(self, text: str) -> NoReturn:
        """Raise TemplateError with the line of the last token read."""
        raise TemplateError(f"template: {self.name}:{self._last.line if self._last else 1}: {text}")

    def _unexpected(self, token: Token, context: str) -> NoReturn:
        if token.kind is not Kind.ERROR:
            self.fail(f"unexpected {token} in {context}")
        extra = ""
        if self._action_line not in (0, token.line):
            extra = f" in action started at {self.name}:{self._action_line}"
            if token.text.endswith(" action"):
                extra = extra.removeprefix(" in action")
        self.fail(f"{token}{extra}")

    # Lists of nodes.

    def template(self) -> None:
        """Parse the whole text."""
        nodes: list[tree.Node] = []
        while self._peek().kind is not Kind.END:
            if self._peek().kind is Kind.LEFT:
                left = self._next()
                word = self._peek_solid()
                if word.kind is Kind.KEYWORD and word.text == "define":
                    self._next()
                    self._definition()
                    continue
                self._ahead.insert(0, left)
            node = self._text_or_action()
            if isinstance(node, tree.Mark):
                self.fail(f"unexpected {node}")
            nodes.append(node)
        self._add(self.name, nodes)

    def _add(self, name: str, nodes: list[tree.Node]) -> None:
        known = self.trees.get(name)
        if known is None or tree.is_blank(known):
            self.trees[name] = nodes
        elif not tree.is_blank(nodes):
            self.fail(f"template: multiple definition of template {quote(name)}")

    def _definition(self) -> None:
        context = "define clause"
        name = self._template_name(self._next_solid(), context)
        self._expect(Kind.RIGHT, context)
        self._body_of_template(name, context)

    def _body_of_template(self, name: str, context: str) -> None:
        outer = self._variables, self._range_depth
        self._variables, self._range_depth = ["$"], 0
        nodes, end = self._list()
        if end.word != "end":
            self.fail(f"unexpected {end} in {context}")
        self._variables, self._range_depth = outer
        self._add(name, nodes)

    def _list(self) -> tuple[list[tree.Node], tree.Mark]:
        nodes: list[tree.Node] = []
        while True:
            if self._peek_solid().kind is Kind.END:
                self.fail("unexpected EOF")
            node = self._text_or_action()
            if isinstance(node, tree.Mark):
                return nodes, node
            nodes.append(node)

    def _text_or_action(self) -> tree.Node:
        token = self._next_solid()
        if token.kind is Kind.TEXT:
            return tree.Text(token.pos, token.text)
        if token.kind is not Kind.LEFT:
            self._unexpected(token, "input")
        self._action_line = token.line
        node = self._action()
        self._action_line = 0
        return node

    # Actions.

    def _action(self) -> tree.Node:
        token = self._peek_solid()
        if token.kind is Kind.KEYWORD and token.text != "define":
            self._next()
            match token.text:
                case "if" | "with" | "range":
                    return self._control(token.text)
                case "end":
                    return tree.Mark(self._expect(Kind.RIGHT, "end").pos, "end")
                case "else":
                    return self._else()
                case "break" | "continue":
                    return self._jump(token)
                case "block":
                    return self._block()
                case "template":
                    return self._call()
        return tree.Action(token.pos, self._pipeline("command", Kind.RIGHT))

    def _jump(self, word: Token) -> tree.Node:
        token = self._next_solid()
        if token.kind is not Kind.RIGHT:
            self._unexpected(token, f"{{{{{word.text}}}}}")
        if not self._range_depth:
            self.fail(f"{{{{{word.text}}}}} outside {{{{range}}}}")
        return tree.Jump(word.pos, word.text)

    def _else(self) -> tree.Mark:
        token = self._peek_solid()
        if token.kind is Kind.KEYWORD and token.text in ("if", "with"):
            return tree.Mark(token.pos, "else", token.text)
        return tree.Mark(self._expect(Kind.RIGHT, "else").pos, "else")

    def _control(self, word: str) -> tree.Node:
        known = len(self._variables)
        pipe = self._pipeline(word, Kind.RIGHT)
        self._range_depth += word == "range"
        body, end = self._list()
        self._range_depth -= word == "range"
        otherwise: list[tree.Node] | None = None
        if end.word == "else":
            if end.follows == word:
                # {{else if}} is an {{else}}{{if}} whose {{end}} serves both.
                self._next()
                otherwise = [self._control(word)]
            else:
                otherwise, end = self._list()
                if end.word != "end":
                    self.fail(f"expected end; found {end}")
        del self._variables[known:]
        return tree.Control(pipe.pos, word, pipe, body, otherwise)

    def _block(self) -> tree.Node:
        context = "block clause"
        token = self._next_solid()
        name = self._template_name(token, context)
        pipe = self._pipeline(context, Kind.RIGHT)
        self._body_of_template(name, context)
        return tree.Call(token.pos, name, pipe)

    def _call(self) -> tree.Node:
        context = "template clause"
        token = self._next_solid()
        name = self._template_name(token, context)
        pipe = None
        if self._peek_solid().kind is Kind.RIGHT:
            self._next()
        else:
            pipe = self._pipeline(context, Kind.RIGHT)
        return tree.Call(token.pos, name, pipe)

    def _template_name(self, token: Token, context: str) -> str:
        if token.kind is not Kind.STRING:
            self._unexpected(token, context)
        return self._unquote(token.text)

    def _unquote(self, literal: str) -> str:
        value = unquote(literal)
        if value is None:
            self.fail("invalid syntax")
        return value

    # Pipelines.

    def _pipeline(self, context: str, end: Kind) -> tree.Pipe:
        token = self._peek_solid()
        pipe = tree.Pipe(token.pos, token.line)
        self._declarations(pipe, context)
        while True:
            token = self._peek_solid()
            if token.kind is end:
                self._next()
                break
            if token.kind not in _OPERANDS:
                self._unexpected(self._next(), context)
            pipe.commands.append(self._command())
        if not pipe.commands:
            self.fail(f"missing value for {context}")
        for stage, command in enumerate(pipe.commands[1:], 2):
            if isinstance(command.args[0], _LITERALS):
                self.fail(f"non executable command in pipeline stage {stage}")
        return pipe

    def _declarations(self, pipe: tree.Pipe, context: str) -> None:
        while self._peek_solid().kind is Kind.VARIABLE:
            behind = 2 if self._peek(1).kind is Kind.SPACE else 1
            following = self._peek(behind)
            is_comma = following.kind is Kind.OTHER and following.text == ","
            if following.kind not in (Kind.ASSIGN, Kind.DECLARE) and not is_comma:
                return
            variable = self._next()
            self._next_solid()
            pipe.decl.append(tree.Variable(variable.pos, [variable.text]))
            self._variables.append(variable.text)
            if not is_comma:
                pipe.is_assign = following.kind is Kind.ASSIGN
                return
            if context != "range" or len(pipe.decl) > 1:
                self.fail(f"too many declarations in {context}")
            if self._peek_solid().kind not in (Kind.VARIABLE, Kind.RIGHT, Kind.CLOSE):
                self.fail("range can only initialize variables")

    def _command(self) -> tree.Command:
        command = tree.Command(self._peek_solid().pos)
        while True:
            self._peek_solid()
            operand = self._operand()
            if operand is not None:
                command.args.append(operand)
            token = self._peek()
            if token.kind is Kind.SPACE:
                continue
            if token.kind is Kind.PIPE:
                self._next()
            elif token.kind not in (Kind.RIGHT, Kind.CLOSE):
                self._unexpected(self._next(), "operand")
            break
        if not command.args:
            self.fail("empty command")
        return command

    def _operand(self) -> tree.Node | None:
        node = self._term()
        if node is None or self._peek().kind is not Kind.FIELD:
            return node
        pos = self._peek().pos
        names = []
        while self._peek().kind is Kind.FIELD:
            names.append(self._next().text[1:])
        if isinstance(node, tree.Field | tree.Variable):
            return type(node)(pos, [*node.names, *names])
        if isinstance(node, _LITERALS):
            self.fail(f"unexpected . after term {quote(str(node))}")
        return tree.Chain(pos, node, names)

    def _term(self) -> tree.Node | None:
        token = self._peek_solid()
        if token.kind not in _OPERANDS:
            return None
        self._next()
        match token.kind:
            case Kind.WORD:
                if token.text not in self._functions:
                    self.fail(f"function {quote(token.text)} not defined")
                return tree.Identifier(token.pos, token.text)
            case Kind.DOT:
                return tree.Dot(token.pos)
            case Kind.NIL:
                return tree.Nil(token.pos)
            case Kind.VARIABLE:
                if token.text not in self._variables:
                    self.fail(f"undefined variable {quote(token.text)}")
                return tree.Variable(token.pos, [token.text])
            case Kind.FIELD:
                return tree.Field(token.pos, [token.text[1:]])
            case Kind.BOOL:
                return tree.Bool(token.pos, token.text == "true")
            case Kind.OPEN:
                if self._brackets >= _MOST_BRACKETS:
                    self.fail("max expression depth exceeded")
                self._brackets += 1
                pipe = self._pipeline("parenthesized pipeline", Kind.CLOSE)
                self._brackets -= 1
                return pipe
            case Kind.STRING:
                return tree.String(token.pos, token.text, self._unquote(token.text))
        return self._number(token)

    def _number(self, token: Token) -> tree.Number:
        text = token.text
        if token.kind is Kind.CHARACTER:
            char = unquote(text)
            if char is None:
                is_longer = any(unquote(f"{text[:end]}'") is not None for end in range(2, len(text) - 1))
                self.fail(f"malformed character constant: {text}" if is_longer else "invalid syntax")
            return tree.Number(token.pos, text, ord(char), float(ord(char)))
        integer = _integer(text)
        if integer is not None and -(1 << 63) <= integer < 1 << 64:
            return tree.Number(token.pos, text, integer, float(integer))
        real = _real(text)
        if real is None:
            self.fail(f"illegal number syntax: {quote(text)}")
        if not set(".eEpP") & set(text):
            self.fail(f"integer overflow: {quote(text)}")
        whole = int(real) if real.is_integer() and abs(real) < 1 << 63 else None
        return tree.Number(token.pos, text, whole, real)


def _integer(text: str) -> int | None:
    if old := _OLD_OCTAL.match(text):
        return int(old[1] + old[2].replace("_", ""), 8)
    return int(text.replace("_", ""), 0) if _INTEGER.match(text) else None


def _real(text: str) -> float | None:
    plain = text.replace("_", "").lower()
    is_hex = "x" in plain
    if (_BAD_HEX_UNDERSCORE if is_hex else _BAD_UNDERSCORE).search(text) or (is_hex and "p" not in plain):
        return None
    try:
        value = float.fromhex(plain) if is_hex else float(plain)
    except (ValueError, OverflowError):
        return None
    return None if isinf(value) else value
