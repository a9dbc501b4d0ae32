# SPDX-License-Identifier: BSD-3-Clause
"""Keys without end, which no project writes."""

from __future__ import annotations

import re
import tomllib

import pytest

from govgo.core.tomltext import MAX_KEY_PARTS, parse_toml


@pytest.mark.parametrize("part", ["a", '"a"', "'a'", "a b".replace(" ", "-")])
@pytest.mark.parametrize("text", ["{key} = 1", "[{key}]", "[[{key}]]", "x = {{ {key} = 1 }}"])
@pytest.mark.parametrize("dot", [".", " . ", "\t."])
def test_attack_a_key_without_end(part: str, text: str, dot: str) -> None:
    with pytest.raises(match="a key of more than 64 parts"):
        parse_toml(text.format(key=dot.join([part] * 250_000)).encode())
    key = dot.join([part] * MAX_KEY_PARTS)
    assert parse_toml(text.format(key=key).encode()) == tomllib.loads(text.format(key=key))


@pytest.mark.parametrize("text", ["a" * 500_000, '"a' * 250_000, "a-" * 250_000, "a." * 30 + "\n" * 9, "'" * 500_000])
def test_attack_what_the_bound_itself_looks_at_takes_linear_time(text: str) -> None:
    with pytest.raises(ValueError, match=r" \(at line 1, column [0-9]+\)$"):
        parse_toml(text.encode())


def test_the_place_of_a_long_key_is_told_as_tomllib_tells_places() -> None:
    long = ".".join(["a"] * 100)
    for text, place in ((f"{long} = 1", "line 1, column 1"), (f"b = 1\n\n[ {long} ]\n", "line 3, column 3")):
        with pytest.raises(match=rf"^a key of more than 64 parts \(at {place}\)$"):
            parse_toml(text.encode())


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"a = 1\nb = [\n\n", "Invalid value (at line 2, column 6)"),  # behind the last word
        (b"a = 1\n# caf\xe9\n", "not UTF-8 (at line 2, column 6)"),
        ("a = 1\n".encode("utf-16"), "UTF-16, where TOML has to be UTF-8 (at line 1, column 1)"),
        ("a = 1\n".encode("utf-8-sig"), "a byte order mark, which TOML does not have (at line 1, column 1)"),
    ],
)
def test_every_fault_has_a_line(data: bytes, fault: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(fault)}$"):
        parse_toml(data)


def test_what_stands_in_values_is_no_key() -> None:
    text = 'a = "x.y.z"\nb = [1.5, 2.5]\nc = """\n' + "word. " * 60 + '\n"""\n'
    assert parse_toml(text.encode()) == tomllib.loads(text)
