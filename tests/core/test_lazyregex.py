# SPDX-License-Identifier: BSD-3-Clause
"""An expression that is compiled late is used as any other."""

from __future__ import annotations

import re

import pytest

from govgo.core.lazyregex import late


def test_its_methods_are_those_of_the_expression() -> None:
    expression = late(r"(?P<word>[a-z]+)(\d)")
    assert [match["word"] for match in expression.finditer("ab1 c2")] == ["ab", "c"]
    assert expression.sub(r"\2", "ab1 c2") == "1 2"
    assert expression.match("1a1") is None
    assert expression.fullmatch("xab12", 1, 4) is not None
    assert expression.split("-a1-") == ["-", "a", "1", "-"]
    assert expression.pattern == r"(?P<word>[a-z]+)(\d)"
    assert expression.groupindex == {"word": 1}


def test_flags_and_bytes() -> None:
    assert late("A.B", re.DOTALL | re.IGNORECASE).search("xa\nb") is not None
    assert late(b"[\x80-\xff]").findall(b"a\x80\xff") == [b"\x80", b"\xff"]


def test_it_is_compiled_at_the_first_use_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    real = re.compile
    monkeypatch.setattr(re, "compile", lambda *args: compiled.append(args) or real(*args))
    expression = late("a+")
    assert compiled == []
    for _ in range(3):
        assert expression.match("aa")
        assert expression.search("baa")
    assert len(compiled) == 1


def test_what_cannot_be_compiled_is_told_at_the_first_use() -> None:
    broken = late("(")
    with pytest.raises(re.error):
        broken.match("")
