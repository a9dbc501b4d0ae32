# SPDX-License-Identifier: BSD-3-Clause
"""The lines of keys: by hand, and of whatever Python's own parser reads."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest

from govgo.core.tomllines import KeyLines
from tests.property.edits import edited

TEXT = '''required-version = ">=0.1" # x

[check]
verify = true
"min-age" = """
a = 1
"""
modules.deny = [{ module = "q.io/old", reason = "a ] } = ," }, # , {
  { module = 'x', reason = "y" }]
waivers = [
  { rule = "r", expires = 2027-01-31 },

  { rule = "s" },
]
a.b.c = 1.5
empty = []
et = {}
[[check.more]]
x = [[1,2],
[3, [4,
5]]]
[[check.more]]
"y \\u0041" = 2027-01-31 10:00:00
[check.more.sub]
z = 2
[audit]
ignore = [ { id = "a" } ]
'''
LINES = {
    "required-version": 1, "check": 3, "check.verify": 4, "check.min-age": 5, "check.modules.deny": 8,
    "check.modules.deny[0].reason": 8, "check.modules.deny[1]": 9, "check.modules.deny[1].module": 9,
    "check.waivers": 10, "check.waivers[0].expires": 11, "check.waivers[1].rule": 13, "check.a.b.c": 15,
    "check.empty": 16, "check.et": 17, "check.more": 18, "check.more[0]": 18, "check.more[0].x": 19,
    "check.more[0].x[1]": 20, "check.more[0].x[1][1][1]": 21, "check.more[1]": 22, "check.more[1].y A": 23,
    "check.more[1].sub": 24, "check.more[1].sub.z": 25, "audit.ignore[0].id": 27,
    # Of what is not there, the line of what is above it.
    "check.waivers[1].reason": 13, "check.nothing": 3, "nothing": 0, "": 0, "audit.ignore[7]": 27,
}  # fmt: skip


@pytest.mark.parametrize("key", LINES)
def test_the_line_of_a_key(key: str) -> None:
    tomllib.loads(TEXT)
    assert KeyLines(TEXT).of(key) == LINES[key]


def keys(name: str, value: object) -> Iterator[str]:
    """The names of all that a document holds."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from keys(f"{name}.{key}" if name else key, below)
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from keys(f"{name}[{number}]", below)
    if name and not isinstance(value, dict):  # a table may have no line of its own, as a.b of a.b.c = 1
        yield name


PIECES = (
    "[",
    "]",
    "{",
    "}",
    "=",
    ",",
    '"',
    "'",
    '"""',
    "'''",
    "\n",
    "#",
    ".",
    "a",
    "b = 1\n",
    "[[c]]\n",
    "[d.e]\n",
    "\\",
)


@pytest.mark.wide
@pytest.mark.parametrize("count", [1300, pytest.param(4000, marks=pytest.mark.wide)])
def test_every_key_that_python_reads_has_its_line(count: int) -> None:
    read = 0
    for text in edited([TEXT], PIECES, count):
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            continue
        read += 1
        lines = KeyLines(text)._lines
        assert set(keys("", document)) <= lines.keys(), text
        for name, line in lines.items():
            last, found = name.rpartition(".")[2], text.split("\n")[line - 1]
            assert not last.isalnum() or last in found or "\\" in found, (name, text)
    assert read > count // 8
