# SPDX-License-Identifier: BSD-3-Clause
"""Go's fmt verbs for template values: Sprint, Sprintln and Sprintf.

    sprintf("%-8s|%q|%d", ("go", "a b", 7))      go      |"a b"|7
    sprintf("%d %z", (1, 2))                     1 %!z(int=2)        mistakes are shown in the text

Source of the rules: the documentation of package fmt, "Printing".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from govgo.core.golib.template.values import Value, kind
from govgo.core.golib.verbs import Flags, described, printed
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple

_LITERAL = late(r"[^%]*")
_FLAGS = late(r"[ +\-#0]*")
_NUMBER = late(r"\d*")
_INDEX = late(r"\[(?:(\d*)\]|[^\]]*\]|)")
"""An explicit index; one that is no number counts as far as its bracket, and without a bracket as one character."""
_MOST = 1_000_000
"""Widths and precisions of `*` are smaller, or equal; those in the layout without their last digit."""
_PLAIN = Flags()


def sprint(values: Sequence[Value]) -> str:
    """The values in their default form, with a space between two neighbours when neither is a string."""
    out = ""
    previous: Value = ""
    for index, value in enumerate(values):
        if index and not isinstance(value, str) and not isinstance(previous, str):
            out += " "
        out += default_form(value)
        previous = value
    return out


def sprintln(values: Sequence[Value]) -> str:
    """The values in their default form, with spaces between them and a newline at the end."""
    return " ".join(default_form(value) for value in values) + "\n"


def default_form(value: Value) -> str:
    """A value as `%v` prints it."""
    return printed(value, "v", _PLAIN)


def sprintf(layout: str, values: Sequence[Value]) -> str:
    """The values as `layout` says; mistakes in it are shown in the text, as in Go."""
    return _Printf(layout, values).run()


def _number(text: str) -> int:
    """The value of digits; of more than nine that count, one that is too large as well."""
    return int(text.lstrip("0")[:9] or "0")


class _Count(NamedTuple):
    """A width or precision: its value, and whether it was `*`."""

    value: int | None
    is_star: bool


class _Printf:
    """One call of Sprintf: the place in the layout, which value is next, and what explicit indexes have said."""

    def __init__(self, layout: str, values: Sequence[Value]) -> None:
        self._layout = layout
        self._values = values
        self._place = 0
        self._next = 0
        self._reordered = False
        self._is_good_index = True

    def run(self) -> str:
        out = [self._take(_LITERAL)]
        while self._place < len(self._layout):
            self._place += 1  # the %
            out += [self._directive(), self._take(_LITERAL)]
        if not self._reordered and self._next < len(self._values):
            extra = ", ".join(described(value, _PLAIN) for value in self._values[self._next :])
            out.append(f"%!(EXTRA {extra})")
        return "".join(out)

    def _take(self, pattern: re.Pattern[str]) -> str:
        """What `pattern` matches at this place, behind which the place is afterwards."""
        found = pattern.match(self._layout, self._place)
        assert found is not None  # each of them matches nothing, too
        self._place = found.end()
        return found[0]

    def _sees(self, char: str) -> bool:
        return self._layout.startswith(char, self._place)

    def _directive(self) -> str:
        self._is_good_index = True
        marks = self._take(_FLAGS)
        flags = Flags("+" in marks, "-" in marks, "#" in marks, " " in marks, "0" in marks)
        verb = self._layout[self._place : self._place + 1]
        complaints = ""
        if not ("a" <= verb <= "z" and self._next < len(self._values)):
            flags, complaints = self._sized(flags)
            verb = self._layout[self._place : self._place + 1]
        self._place += 1
        if not verb:
            return complaints + "%!(NOVERB)"
        if verb == "%":
            return complaints + "%"
        if not self._is_good_index:
            return f"{complaints}%!{verb}(BADINDEX)"
        if self._next >= len(self._values):
            return f"{complaints}%!{verb}(MISSING)"
        self._next += 1
        if verb in "vw":
            flags = flags._replace(plus=False, sharp=False, names=flags.plus, syntax=flags.sharp)
        return complaints + printed(self._values[self._next - 1], verb, flags)

    def _sized(self, flags: Flags) -> tuple[Flags, str]:
        """Read indexes, width and precision: the flags with them, and complaints about them."""
        complaints = ""
        has_index = self._index()
        width, is_star = self._count()
        if is_star:
            complaints = "%!(BADWIDTH)" if width is None else ""
            if width is not None and width < 0:
                flags, width = flags._replace(minus=True, zero=False), -width
        elif has_index and width is not None:
            self._is_good_index = False
        has_index, precision = has_index and not is_star, None
        if self._sees(".") and self._place + 1 < len(self._layout):
            self._place += 1
            if has_index:
                self._is_good_index = False
            has_index = self._index()
            precision, is_star = self._count()
            if not is_star:
                precision = precision or 0
            elif precision is None or precision < 0:
                complaints, precision = complaints + "%!(BADPREC)", None
            has_index = has_index and not is_star
        if not has_index:
            self._index()
        return flags._replace(width=width, precision=precision), complaints

    def _index(self) -> bool:
        """Read an explicit index such as `[2]`, and make its value the next one; whether there is a good one."""
        found = _INDEX.match(self._layout, self._place)
        if found is None:
            return False
        self._reordered = True
        is_short = len(self._layout) - self._place < 3
        text = "" if is_short else found[1] or ""
        self._place = self._place + 1 if is_short else found.end()
        if text and 1 <= _number(text) <= len(self._values):
            self._next = _number(text) - 1
            return True
        self._is_good_index = False
        return text != "" and _number(text) // 10 <= _MOST

    def _count(self) -> _Count:
        """Read a width or precision; one that is too large, or no number, is None."""
        if not self._sees("*"):
            text = self._take(_NUMBER)
            if text and _number(text) // 10 > _MOST:
                self._place = len(self._layout)
                return _Count(None, is_star=False)
            return _Count(_number(text) if text else None, is_star=False)
        self._place += 1
        if self._next >= len(self._values):
            return _Count(None, is_star=True)
        value = self._values[self._next]
        self._next += 1
        good = kind(value) == "int" and abs(value) <= _MOST
        return _Count(value if good else None, is_star=True)
