# SPDX-License-Identifier: BSD-3-Clause
"""SPDX licence expressions: their canonical form, and several joined into one.

Reference: SPDX specification 2.3, annex D; the list of identifiers is that of `packaging.licenses`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from govgo.core.lazyregex import late

_OPERATORS = frozenset(("AND", "OR", "WITH"))
_WORD = late(r"[^\s()]+")
_TOKEN = late(r"[()]|[^\s()]+(?: WITH [^\s()]+)?")


_GNU = late(r"(?<![^\s()])((?:[AL]?GPL|GFDL)-\d\.\d)(\+?)(?:-with-(\w+)-exception)?(?![^\s()])")
_GNU_EXCEPTIONS = {
    "GPL-2.0 autoconf": "Autoconf-exception-2.0",
    "GPL-2.0 bison": "Bison-exception-2.2",
    "GPL-2.0 classpath": "Classpath-exception-2.0",
    "GPL-2.0 font": "Font-exception-2.0",
    "GPL-2.0 GCC": "GCC-exception-2.0",
    "GPL-3.0 autoconf": "Autoconf-exception-3.0",
    "GPL-3.0 GCC": "GCC-exception-3.1",
}
"""What the exceptions in deprecated identifiers are called now."""


def canonical(text: str) -> str:
    """An expression with its identifiers and operators in the usual case; "" for what is not an expression.

    Licences of GNU have their present identifiers, so that who allows or denies one means the same licence however a
    text calls it: GPL-2.0-only for GPL-2.0, GPL-2.0-or-later for GPL-2.0+ (SPDX License List, "Deprecated").
    """
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        return _GNU.sub(_present, canonicalize_license_expression(text))
    except InvalidLicenseExpression:
        return ""


def _present(match: re.Match[str]) -> str:
    name, later, exception = match.groups()
    if exception is None:
        return f"{name}-or-later" if later else f"{name}-only"
    known = _GNU_EXCEPTIONS.get(f"{name} {exception}")
    return match[0] if known is None else f"{name}-only WITH {known}"


def joined(expressions: Iterable[str]) -> str:
    """All of them together: by AND, each once, those with OR in brackets; "" for none.

    >>> joined(["MIT", "Apache-2.0 OR BSD-3-Clause", "MIT"])
    '(Apache-2.0 OR BSD-3-Clause) AND MIT'
    """
    parts: set[str] = set()
    for each in expressions:
        if " OR " not in each and "(" not in each:
            parts.update(each.split(" AND "))
        elif each:
            parts.add(each)
    parts.discard("")
    if len(parts) == 1:
        return parts.pop()
    return " AND ".join(f"({each})" if " OR " in each else each for each in sorted(parts, key=_without_bracket))


def _without_bracket(expression: str) -> str:
    return expression.lstrip("(").lower()


def identifiers(expressions: Iterable[str]) -> frozenset[str]:
    """The licences and exceptions that expressions name."""
    return frozenset(word for each in expressions for word in _WORD.findall(each) if word not in _OPERATORS)


def is_satisfied(expression: str, accepts: Callable[[str], bool]) -> bool:
    """Whether the licences that `accepts` takes suffice for an expression: one side of OR, both of AND.

    Each licence is asked about as a whole, `A WITH B` for an exception.

    >>> is_satisfied("MIT AND (GPL-2.0-only OR ISC)", {"MIT", "ISC"}.__contains__)
    True
    """
    outer: list[tuple[bool, bool]] = []
    one, every = False, True  # a side of OR before this one suffices; so does this one as far as it was read
    for token in _TOKEN.findall(expression):
        if token == "(":
            outer.append((one, every))
            one, every = False, True
        elif token == ")":
            inner = one or every
            one, every = outer.pop()
            every = every and inner
        elif token == "OR":
            one, every = one or every, True
        elif token != "AND":
            every = every and accepts(token)
    return one or every


def licences_in(expression: str) -> tuple[str, ...]:
    """The licences that an expression names, each once, `A WITH B` for an exception.

    >>> licences_in("MIT AND (Apache-2.0 WITH LLVM-exception OR MIT)")
    ('MIT', 'Apache-2.0 WITH LLVM-exception')
    """
    return tuple(dict.fromkeys(token for token in _TOKEN.findall(expression) if token not in ("(", ")", "AND", "OR")))
