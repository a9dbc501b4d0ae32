# SPDX-License-Identifier: BSD-3-Clause
"""Athens' download mode files: what is done about modules that are not stored. Values alone.

    downloadURL = "https://proxy.example"        # where clients are sent by redirects, unless a block says otherwise

    mode = "async_redirect"                      # for what no block is about

    download "github.com/corp/*" {               # a pattern as in GOPRIVATE; the first block that matches counts
        mode        = "redirect"
        downloadURL = "https://other.example"    # may be missing
    }

This is the part of HCL that such a file has: assignments of plain strings, comments (#, //, /* */), and blocks without
blocks in them. What else HCL can say (expressions, templates, heredocs) is refused with its line.

Athens wants both settings at the top to be there; here what is missing is as without a file. Source: docs.gomods.io,
"The download mode file"; the HCL native syntax specification.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.errors import UsageError
from govgo.serve.policy import MODES, ModeRule
from govgo.serve.values import url_problem

MAX_BYTES = 1 << 20
_KEYS = ("mode", "downloadURL")
_TOKEN = late(
    r"""
    (?P<space>[ \t\r]+|(?:\#|//)[^\n]*|/\*(?s:.*?)\*/)
    |(?P<end>\n)
    |(?P<name>[^\W\d][\w-]*)
    |(?P<text>"(?:[^"\\\n]|\\.)*")
    |(?P<mark>[={}])
    """,
    re.VERBOSE,
)
_ESCAPE = late(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)|(\$\$|%%)(?=\{)|([$%]\{)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class DownloadModes(NamedTuple):
    """A download mode file.

    Attributes:
        mode: for what no block is about; "" where it states none.
        url: where clients are sent for what no block with a URL is about; "" where it states none.
        rules: the blocks, in order.
    """

    mode: str = ""
    url: str = ""
    rules: tuple[ModeRule, ...] = ()


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def parse_download_modes(file: str, data: bytes) -> DownloadModes:
    """Read a download mode file.

    Args:
        file: its name, for errors.
        data: its bytes.

    Raises:
        UsageError: it is none; the sentence has the line.
    """
    if len(data) > MAX_BYTES:
        raise UsageError(f"{file}: more than {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{file}: want text in UTF-8") from None
    return _Parser(file, _tokens(file, text)).file()


def _tokens(file: str, text: str) -> list[_Token]:
    found: list[_Token] = []
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            rest = one_line(text[at : at + 40].split("\n", 1)[0])
            raise UsageError(f"{file}:{line}: want mode, downloadURL or a download block, with plain strings: {rest}")
        if match.lastgroup != "space":
            assert match.lastgroup is not None
            found.append(_Token(match.lastgroup, match[0], line))
        line += match[0].count("\n")
        at = match.end()
    found.append(_Token("end", "", line))
    return found


class _Parser:
    """One file; `at` is the place of the token that comes next."""

    def __init__(self, file: str, tokens: Sequence[_Token]) -> None:
        self._file = file
        self._tokens = tokens
        self._at = 0

    def file(self) -> DownloadModes:
        values: dict[str, str] = {}
        rules: list[ModeRule] = []
        while not self._is_over():
            token = self._take("name", "mode, downloadURL or download")
            if token.text == "download" and self._next().text != "=":
                rules.append(self._block())
            else:
                self._assignment(token, values)
            self._end_of_line()
        return DownloadModes(values.get("mode", ""), values.get("downloadURL", ""), tuple(rules))

    def _block(self) -> ModeRule:
        label = self._next()
        pattern = self._string() if label.kind == "text" else self._take("name", "a pattern in quotes").text
        if not pattern or "," in pattern:
            raise self._fault(label, "want one pattern of module paths")
        self._mark("{", "{ behind the pattern")
        values: dict[str, str] = {}
        one_line_block = self._next().kind != "end"
        while True:
            self._skip_lines()
            if self._next().text == "}":
                break
            self._assignment(self._take("name", "mode, downloadURL or }"), values)
            if self._next().text == "}":
                if not one_line_block:  # HCL wants the brace on a line of its own then
                    raise self._fault(self._next(), "want } on a line of its own")
            else:
                if one_line_block:
                    raise self._fault(self._next(), "want } on the same line, or a line for each setting")
                self._end_of_line()
        self._mark("}", "}")
        if "mode" not in values:
            raise self._fault(label, f"mode is missing for {pattern}")
        return ModeRule(pattern, values["mode"], values.get("downloadURL", ""))

    def _assignment(self, name: _Token, values: dict[str, str]) -> None:
        key = name.text
        if key not in _KEYS:
            hint = ": it is called downloadURL" if key == "url" else ""
            raise self._fault(name, f"{one_line(key)} is not known, want one of {', '.join(_KEYS)}{hint}")
        if key in values:
            raise self._fault(name, f"{key} is set twice")
        self._mark("=", f"= behind {key}")
        value = self._string()
        if key == "mode" and value not in MODES:
            raise self._fault(name, f"mode: want one of {', '.join(MODES)}: {one_line(value)}")
        if key == "downloadURL" and value:
            self._check_url(name, value)
        values[key] = value

    def _check_url(self, name: _Token, value: str) -> None:
        problem = url_problem(value)
        if problem:
            raise self._fault(name, f"downloadURL: {problem}")

    def _string(self) -> str:
        token = self._take("text", "a string in quotes")

        def unescape(match: re.Match[str]) -> str:
            if match[3]:
                raise self._fault(token, "a template cannot be read here: want a plain string")
            if match[2]:
                return match[2][0]
            escape = match[1]
            if len(escape) > 1:
                number = int(escape[1:], 16)
                if number < 0x110000 and not 0xD800 <= number < 0xE000:
                    return chr(number)
            elif escape in _ESCAPES:
                return _ESCAPES[escape]
            raise self._fault(token, f"no such escape in a string: \\{one_line(escape)}")

        return _ESCAPE.sub(unescape, token.text[1:-1])

    # Tokens.

    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _skip_lines(self) -> None:
        while self._next().kind == "end" and self._next().text:
            self._at += 1

    def _is_over(self) -> bool:
        self._skip_lines()
        return self._at == len(self._tokens) - 1

    def _take(self, kind: str, wanted: str) -> _Token:
        token = self._next()
        if token.kind != kind:
            raise self._fault(token, f"want {wanted}")
        self._at += 1
        return token

    def _mark(self, text: str, wanted: str) -> None:
        if self._take("mark", wanted).text != text:
            self._at -= 1
            raise self._fault(self._next(), f"want {wanted}")

    def _end_of_line(self) -> None:
        if self._next().kind != "end":
            raise self._fault(self._next(), "want the end of the line")
        self._skip_lines()

    def _fault(self, token: _Token, text: str) -> UsageError:
        return UsageError(f"{self._file}:{token.line}: {text}")
