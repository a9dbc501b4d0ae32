# SPDX-License-Identifier: BSD-3-Clause
"""Go tokens with their positions and the scanner's errors, for source that `header.py` alone cannot read.

Offsets are indexes of characters in the text. Positions are as go prints them: lines and byte columns from 1, moved by
line directives:

    //line parser.y:10        the next line is line 10 of parser.y

Source of the rules: the Go specification, "Lexical elements"; package go/scanner for the errors of malformed numbers.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right

from govgo.core.golib.quote import is_bad_byte, quote_char
from govgo.core.golib.unicode import is_digit as is_unicode_digit
from govgo.core.golib.unicode import is_letter, is_print
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.typehints import Final

#: A regular expression for the words that Go reserves.
KEYWORDS: Final = (
    "(?:break|case|chan|const|continue|default|defer|else|fallthrough|for|func|go|goto|if|import|interface|map|package"
    "|range|return|select|struct|switch|type|var)"
)
_KEYWORD = late(KEYWORDS + r"\Z")
#: The kinds of tokens that an error shows by their text, not by their kind.
LITERALS: Final = frozenset(["IDENT", "INT", "FLOAT", "IMAG", "CHAR", "STRING"])

_ENDS_STATEMENT = frozenset([")", "]", "}", "++", "--", "break", "continue", "fallthrough", "return"]) | LITERALS
_OPERATOR = late(
    r"<<=|>>=|&\^=|\.\.\.|&&|\|\||<-|\+\+|--|==|!=|<=|>=|:=|<<|>>|&\^|[-+*/%&|^]=|[-+*/%&|^<>=!()\[\]{},.:;~]"
)
_BAD = late("[\0\ufeff\udc80-\udcff]")
_IDENTIFIER = late(r"[0-9A-Za-z_]*")
_MAX_LINE: Final = 1 << 30
_BASES: Final = {"x": 16, "o": 8, "b": 2}
_NAMES: Final = {"x": "hexadecimal", "o": "octal", "0": "octal", "b": "binary"}


class Token(NamedTuple):
    """A token: its kind (of a keyword or operator, the text), text and offset. The end of a line is (";", newline)."""

    kind: str
    text: str
    offset: int


class Fault(NamedTuple):
    """An error at a place, ordered as go sorts them; the column 0 is unknown."""

    file: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        column = f":{self.column}" if self.column else ""
        return f"{self.file}:{self.line}{column}: {self.text}"


class Scanner:
    """Reads tokens one by one, and collects `faults`.

    As in go, a bad character is noted as soon as it is the next one, so that `scan` may note one after its token.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.faults: list[Fault] = []
        self._lines = [0] + [m.end() for m in re.finditer("\n", text) if m.end() < len(text)]
        self._bad = [match.start() for match in _BAD.finditer(text)]
        # From line directives: offset, file, line, column, and the line and column that are really there.
        self._moves: list[tuple[int, str, int, int, int, int]] = []
        self._placed = 0, 0, 1  # the last place that was asked for: line, offset, column
        self._ends_statement = False
        self._pending_newline = -1
        self._at = -1
        self._to(0)
        if text.startswith("\ufeff"):
            self._to(1)

    def position(self, offset: int) -> tuple[str, int, int]:
        """(file, line, byte column) of a character, as the line directives before it say."""
        line, column = self._place(offset)
        moves = bisect_right(self._moves, offset, key=lambda move: move[0])
        if moves == 0:
            return self.name, line, column
        _, file, new_line, new_column, base_line, base_column = self._moves[moves - 1]
        distance = line - base_line
        if new_column == 0 or distance:
            return file, new_line + distance, column if new_column else 0
        return file, new_line, new_column + column - base_column

    def fault(self, offset: int, text: str) -> None:
        """Note an error."""
        self.faults.append(Fault(*self.position(offset), text))

    def scan(self) -> Token:
        """The next token, comments included."""
        if self._pending_newline >= 0:
            token = Token(";", "\n", self._pending_newline)
            self._pending_newline = -1
            return token
        while self._char and self._char in " \t\n\r" and not (self._char == "\n" and self._ends_statement):
            self._to(self._at + 1)
        begin, char = self._at, self._char
        if char in ("", "\n"):
            if char == "\n" or self._ends_statement:
                self._to(min(begin + 1, len(self.text)))
                self._ends_statement = False
                return Token(";", "\n", begin)
            return Token("EOF", "", begin)
        if self.text.startswith(("//", "/*"), begin):
            return self._comment(begin)
        kind = self._token(begin, char)
        text = self.text[begin : self._at]
        if kind != "ILLEGAL":
            self._ends_statement = kind in _ENDS_STATEMENT
        return Token(kind, text.replace("\r", "") if char == "`" else text, begin)

    @property
    def _char(self) -> str:
        return self.text[self._at : self._at + 1]

    def _to(self, offset: int) -> None:
        """Make the character at `offset` the next one, and note the bad ones up to it."""
        if self._bad:
            for bad in self._bad[bisect_right(self._bad, self._at) : bisect_right(self._bad, offset)]:
                if self._is_utf16(bad):
                    self.fault(bad, "illegal UTF-8 encoding (got UTF-16)")
                    self.text = self.text[0]  # go reads no further
                    self._bad = []
                    break
                self._bad_char(bad)
        self._at = offset

    def _bad_char(self, offset: int) -> None:
        char = self.text[offset]
        if char == "\0":
            self.fault(offset, "illegal character NUL")
        elif char != "\ufeff":
            self.fault(offset, "illegal UTF-8 encoding")
        elif offset > 0:
            self.fault(offset, "illegal byte order mark")

    def _is_utf16(self, offset: int) -> bool:
        return offset == 0 and self.text[:2] in ("\udcff\udcfe", "\udcfe\udcff")

    def _token(self, begin: int, char: str) -> str:
        if char == "_" or is_letter(char):
            return self._identifier(begin)
        if _is_decimal(char) or (char == "." and _is_decimal(self.text[begin + 1 : begin + 2])):
            return self._number(begin)
        self._to(begin + 1)
        if char == '"':
            return self._string(begin)
        if char == "'":
            return self._rune(begin)
        if char == "`":
            end = self.text.find("`", begin + 1)
            self._to(end + 1 if end >= 0 else len(self.text))
            if end < 0:
                self.fault(begin, "raw string literal not terminated")
            return "STRING"
        operator = _OPERATOR.match(self.text, begin)
        if operator:
            self._to(operator.end())
            return operator[0]
        if char in "“”":
            self.fault(begin, f"curly quotation mark {quote_char(char)} (use neutral '\"')")
        elif char != "\ufeff":
            self.fault(begin, f"illegal character {_code_point(char)}")
        return "ILLEGAL"

    def _identifier(self, begin: int) -> str:
        end = begin
        while end < len(self.text):
            match = _IDENTIFIER.match(self.text, end)
            end = match.end() if match else end
            char = self.text[end : end + 1]
            if not char or char < "\x80" or not (is_letter(char) or is_unicode_digit(char)):
                break
            end += 1
        self._to(end)
        word = self.text[begin:end]
        return word if _KEYWORD.match(word) else "IDENT"

    def _comment(self, begin: int) -> Token:
        is_block = self.text[begin + 1] == "*"
        end = self.text.find("*/" if is_block else "\n", begin + 2)
        is_whole = not is_block or end >= 0
        end = len(self.text) if end < 0 else end + 2 * is_block
        self._to(end)
        if not is_whole:
            self.fault(begin, "comment not terminated")
        text = self.text[begin:end]
        newline = text.find("\n")
        if is_block and newline >= 0 and self._ends_statement:
            self._pending_newline = begin + newline
            self._ends_statement = False
        elif not is_block:
            text = text.removesuffix("\r")
        starts_line = begin == self._lines[bisect_right(self._lines, begin) - 1]
        if is_whole and text.startswith("line ", 2) and (is_block or starts_line):
            self._line_directive(begin, text.removesuffix("*/") if is_block else text, end + (not is_block))
        return Token("COMMENT", text.replace("\r", ""), begin)

    def _line_directive(self, begin: int, text: str, after: int) -> None:
        """Obey `//line file:line:column`, or without the column, for the text that begins at `after`."""
        head, colon, last = text[7:].rpartition(":")
        if not colon:
            return
        number, column, shown = _natural(last), 0, last
        if number is None:
            self.fault(begin + 7 + len(head) + 1, "invalid line number: " + last)
            return
        before, colon, middle = head.rpartition(":")
        line = _natural(middle) if colon else None
        if line is not None:
            if not 0 < number <= _MAX_LINE:
                self.fault(begin + 7 + len(head) + 1, "invalid column number: " + last)
                return
            head, column, number, shown = before, number, line, middle
        if not 0 < number <= _MAX_LINE:
            self.fault(begin + 7 + len(head) + 1, "invalid line number: " + shown)
            return
        file = self.position(begin + 7)[0] if head == "" and column else _clean(self.name, head)
        if after < len(self.text) and (not self._moves or self._moves[-1][0] < after):
            self._moves.append((after, file, number, column, *self._place(after)))

    def _string(self, begin: int) -> str:
        while True:
            char = self._char
            if char in ("", "\n"):
                self.fault(begin, "string literal not terminated")
                return "STRING"
            self._to(self._at + 1)
            if char == '"':
                return "STRING"
            if char == "\\":
                self._escape('"')

    def _rune(self, begin: int) -> str:
        is_valid, size = True, 0
        while True:
            char = self._char
            if char in ("", "\n"):
                if is_valid:
                    self.fault(begin, "rune literal not terminated")
                return "CHAR"
            self._to(self._at + 1)
            if char == "'":
                break
            size += 1
            if char == "\\":
                is_valid = self._escape("'") and is_valid
        if is_valid and size != 1:
            self.fault(begin, "illegal rune literal")
        return "CHAR"

    def _escape(self, mark: str) -> bool:
        begin, char = self._at, self._char
        if char and char in "abfnrtv\\" + mark:
            self._to(begin + 1)
            return True
        if char and char in "01234567":
            digits, base, highest = 3, 8, 255
        elif char and char in "xuU":
            digits, base, highest = {"x": 2, "u": 4, "U": 8}[char], 16, 255 if char == "x" else 0x10FFFF
            self._to(begin + 1)
        else:
            self.fault(begin, "unknown escape sequence" if char else "escape sequence not terminated")
            return False
        value = 0
        for _ in range(digits):
            char = self._char
            if not is_digit(char, base):
                text = f"illegal character {_code_point(char)} in escape sequence"
                self.fault(self._at, text if char else "escape sequence not terminated")
                return False
            value = value * base + int(char, 16)
            self._to(self._at + 1)
        if value > highest or 0xD800 <= value < 0xE000:
            self.fault(begin, "escape sequence is invalid Unicode code point")
            return False
        return True

    def _number(self, begin: int) -> str:
        number = scan_number(self.text, begin)
        self._to(number.end)
        for offset, text in number.faults:
            self.fault(offset, text)
        return number.kind

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._lines, offset)
        begin, column = self._lines[line - 1], 1
        if self._placed[0] == line and self._placed[1] <= offset:
            _, begin, column = self._placed  # a line may be a whole file, and each of its tokens is asked about
        column += _size(self.text[begin:offset])
        self._placed = line, offset, column
        return line, column


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def _is_decimal(char: str) -> bool:
    return "0" <= char <= "9"


def _code_point(char: str) -> str:
    """`U+0040 '@'`; without the character when it is not printable."""
    if is_bad_byte(char):
        char = "\ufffd"
    return f"U+{ord(char):04X}" + (f" '{char}'" if char and is_print(char) else "") if char else ""


def _natural(digits: str) -> int | None:
    is_number = digits.isascii() and digits.isdigit() and len(digits.lstrip("0")) < 20
    return int(digits) if is_number else None


def _clean(name: str, file: str) -> str:
    """The file of a line directive; a relative one is in the directory of the source file."""
    if file == "":
        return ""
    cleaned = posixpath.normpath(posixpath.join(posixpath.dirname(name), file))
    return "/" + cleaned.lstrip("/") if cleaned.startswith("//") else cleaned


class Number(NamedTuple):
    """A literal: "INT", "FLOAT" or "IMAG", where it ends, and its errors as pairs of offset and text."""

    kind: str
    end: int
    faults: tuple[tuple[int, str], ...]


def scan_number(text: str, begin: int) -> Number:
    """Read the number that begins at `begin`, with a digit or with a point and a digit."""
    faults: list[tuple[int, str]] = []
    kind, base, prefix, digits, invalid, at = "INT", 10, "", "", -1, begin
    if text[at] == "0":
        letter = text[at + 1 : at + 2].lower()
        prefix = letter if letter in _BASES else "0"
        base = _BASES.get(letter, 8)
        digits = "0" if prefix == "0" else ""
        at += 1 if prefix == "0" else 2
    name = _NAMES.get(prefix, "decimal") + " literal"
    if text[begin] != ".":
        run, invalid = _digits(text, at, base)
        digits, at = digits + run, at + len(run)
    if text.startswith(".", at):
        kind = "FLOAT"
        if prefix in ("o", "b"):
            faults.append((at, f"invalid radix point in {name}"))
        run, late = _digits(text, at + 1, base)
        digits, at, invalid = digits + run, at + 1 + len(run), late if invalid < 0 else invalid
    if not digits.strip("_"):
        faults.append((at, f"{name} has no digits"))
    if text[at : at + 1].lower() in ("e", "p"):
        kind = "FLOAT"
        run, at = _exponent(text, at, prefix, faults)
        digits += run
    elif prefix == "x" and kind == "FLOAT":
        faults.append((at, "hexadecimal mantissa requires a 'p' exponent"))
    if text.startswith("i", at):
        kind, at = "IMAG", at + 1
    if kind == "INT" and invalid >= 0:
        faults.append((invalid, f"invalid digit {quote_char(text[invalid])} in {name}"))
    if "_" in digits and (separator := _bad_separator(text[begin:at])) >= 0:
        faults.append((begin + separator, "'_' must separate successive digits"))
    return Number(kind, at, tuple(faults))


def _exponent(text: str, at: int, prefix: str, faults: list[tuple[int, str]]) -> tuple[str, int]:
    """The digits of the exponent whose letter is at `at`, and where it ends."""
    letter = text[at]
    if letter in "eE" and prefix not in ("", "0"):
        faults.append((at, f"{quote_char(letter)} exponent requires decimal mantissa"))
    elif letter in "pP" and prefix != "x":
        faults.append((at, f"{quote_char(letter)} exponent requires hexadecimal mantissa"))
    at += 2 if text[at + 1 : at + 2] in ("+", "-") else 1
    digits, _ = _digits(text, at, 10)
    at += len(digits)
    if not digits.strip("_"):
        faults.append((at, "exponent has no digits"))
    return digits, at


def _digits(text: str, begin: int, base: int) -> tuple[str, int]:
    """The digits and underscores at `begin`, and the offset of the first that is not of the base, or -1."""
    end, invalid = begin, -1
    while text.startswith("_", end) or is_digit(text[end : end + 1], max(base, 10)):
        if invalid < 0 and text[end] != "_" and not is_digit(text[end], base):
            invalid = end
        end += 1
    return text[begin:end], invalid


def _bad_separator(text: str) -> int:
    """The index of an underscore that is not between digits, or between the prefix of the base and a digit; or -1."""
    prefix = text[1:2].lower() if text.startswith("0") and text[1:2].lower() in _BASES else ""
    before = "0" if prefix else "."
    for position in range(2 if prefix else 0, len(text)):
        char = text[position]
        digit = is_digit(char, 16 if prefix == "x" else 10)
        if char == "_" and before != "0":
            return position
        if char != "_" and not digit and before == "_":
            return position - 1
        before = "_" if char == "_" else "0" if digit else "."
    return len(text) - 1 if before == "_" else -1


def is_digit(char: str, base: int) -> bool:
    """Whether `char` is a digit of `base` (at most 16)."""
    return char != "" and char in "0123456789abcdefABCDEF" and int(char, 16) < base
