# SPDX-License-Identifier: BSD-3-Clause
"""`summarize` is `parse_lax`, only faster: same answers, same errors, on sound, odd and broken files."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import pytest

from govgo.core.modfile import ModFileErrors, parse_lax, parser, quickread
from govgo.core.modfile.quickread import summarize
from govgo.core.modfile.summary import Retraction, Summary
from govgo.core.module.moduleversion import ModuleVersion
from tests.conformance.vectors import load, raw
from tests.simulators import campaigns

SEED = 20260101
MUTANTS_EACH = 5
PIECES = (
    *(b'"', b"`", b"//", b"/*", b"(", b")", b"[", b",", b"=>", b"\n", b"\n\n", b"\r\n", b"\r", b"\t", b" ", b"\\"),
    *(b"\xff", b"\xc3\xa9", b"\xe2\x80\xa8", b"\x00", b"// indirect", b"// Deprecated: x\n", b"// why\n", b")\n"),
    *(b"require", b"require (\n", b"retract v1.0.0", b"retract (\n", b"[v1.0.0, v1.2.0]", b"go 1.21", b"go 1.x"),
    *(b"module m\n", b"toolchain go1.22", b"ignore ./x\n", b"exclude (\n", b"unknown x\n", b"a.io/x v1.0.0"),
    *(b"b.io/y/v2 v2.1.0", b"b.io/y/v2 v1.1.0", b"a.io/x/v1 v1.0.0", b"a.io/v2.1 v2.1.0", b"gopkg.in/yaml.v2 v2.0.0"),
    *(b"v2.0.0", b"v2.0.0+incompatible", b"v1", b"v1.0.0-01", b"v1.0.0-pre.1+meta"),
    *(b"v0.0.0-20200101000000-abcdefabcdef", b"v1.0.0-0.20200101000000-abcdefabcdef"),
)


def by_parser(data: bytes) -> Summary | str:
    """The summary by the parser's own fields, or the error's text."""
    try:
        file = parse_lax("go.mod", data)
    except ModFileErrors as error:
        return str(error)
    return Summary(
        path=file.module.mod.path if file.module else "",
        go_version=file.go.version if file.go else "",
        require=tuple(record.mod for record in file.require),
        indirect=bytes(record.indirect for record in file.require),
        retract=tuple(Retraction(r.low, r.high, r.rationale) for r in file.retract),
        deprecated=file.module.deprecated if file.module else "",
        ignore=tuple(record.path for record in file.ignore),
    )


def by_scanner(data: bytes) -> Summary | str:
    try:
        return summarize("go.mod", data)
    except ModFileErrors as error:
        return str(error)


def texts(third: int = 0, of: int = 1) -> list[bytes]:
    parsed = [case["text"] for case in load("modfile_parse") if "text" in case]
    edited = [case["start"] for case in load("modfile_edit")]
    return [raw(text) for text in dict.fromkeys([*parsed, *edited])][third::of]


def mutants(text: bytes, dice: random.Random) -> Iterator[bytes]:
    for _ in range(MUTANTS_EACH):
        mutant = bytearray(text)
        for _ in range(dice.choice((1, 1, 2, 3))):
            at = dice.randrange(len(mutant) + 1)
            match dice.randrange(4):
                case 0 | 1:
                    mutant[at:at] = dice.choice(PIECES)
                case 2:
                    del mutant[at : at + dice.randrange(1, 9)]
                case _:
                    lines = bytes(mutant).split(b"\n")
                    lines.insert(dice.randrange(len(lines)), dice.choice(lines))
                    mutant = bytearray(b"\n".join(lines))
        yield bytes(mutant)


def test_same_as_parser_on_the_vectors() -> None:
    for text in texts():
        assert by_scanner(text) == by_parser(text), text


@campaigns.thirds
def test_same_as_parser_on_mutants(third: int) -> None:
    dice = random.Random(SEED)
    fast = 0
    for text in texts(third, 3):
        for mutant in mutants(text, dice):
            assert by_scanner(mutant) == by_parser(mutant), mutant
            fast += isinstance(by_scanner(mutant), Summary)
    assert fast > 160, "the mutants are too broken to prove anything"


@campaigns.thirds
def test_marks_are_what_the_parser_sees(third: int) -> None:
    dice = random.Random(SEED)
    marked = fast = 0
    for text in texts(third, 3):
        for mutant in (text, *mutants(text.replace(b"\n", b" // indirect\n"), dice)):
            found = by_scanner(mutant)
            assert found == by_parser(mutant), mutant
            marked += isinstance(found, Summary) and any(found.indirect)
            fast += isinstance(found, Summary)
    assert marked > 30
    assert fast > 160


@pytest.mark.parametrize(
    ("line", "is_marked"),
    [
        ("// indirect", True), ("//indirect", True), ("// indirect; why", True), ("// indirect;why", False),
        ("// indirectly", False), ("// not indirect", False), ("// indirect why", False), ("", False),
        ("// why // indirect", False), ("//\u00a0indirect\u2003", True), ("// indirect; // why", True),
    ],
)  # fmt: skip
def test_comments_that_mark_a_requirement(line: str, is_marked: bool) -> None:
    """As x/mod's isIndirect has it."""
    for form in ("require a.io/x v1.0.0 {}\n", "require (\n\ta.io/x v1.0.0 {}\r\n)\n"):
        found = summarize("go.mod", f"module m\n\n{form.format(line)}".encode())
        assert (found.require, found.indirect) == ((ModuleVersion("a.io/x", "v1.0.0"),), bytes([is_marked]))


def test_typical_files_never_need_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, data: bytes) -> None:
        raise AssertionError(f"{name} went to the parser")

    monkeypatch.setattr(quickread, "parse_lax", refuse)
    data = b"""\
// A comment at the top.

module example.com/m/v2 // here

go 1.21.3

toolchain go1.22.0

require rsc.io/quote v1.5.2

require (
	// Pinned.
	golang.org/x/text v0.0.0-20170915032832-14c0d48ead0c // indirect

	"github.com/kr/text" v0.2.0
	golang.org/x/mod v0.6.0-dev.0.20220419223038-86c51ed26bb4
	gopkg.in/yaml.v3 v3.0.1
	example.com/old v4.0.0+incompatible
	example.com/n/v3 v3.0.0
)

exclude rsc.io/quote v1.5.1

replace (
	golang.org/x/net => ../net
	golang.org/x/sys v0.1.0 => example.com/sys v0.2.0
)

tool rsc.io/quote/cmd/q

// Published too early.
retract v2.0.0

// Broken.
retract (
	v2.1.0
	// Not this one.
	[v2.2.0, v2.2.9] // really
)
"""
    want = Summary(
        path="example.com/m/v2",
        go_version="1.21.3",
        require=(
            ModuleVersion("rsc.io/quote", "v1.5.2"),
            ModuleVersion("golang.org/x/text", "v0.0.0-20170915032832-14c0d48ead0c"),
            ModuleVersion("github.com/kr/text", "v0.2.0"),
            ModuleVersion("golang.org/x/mod", "v0.6.0-dev.0.20220419223038-86c51ed26bb4"),
            ModuleVersion("gopkg.in/yaml.v3", "v3.0.1"),
            ModuleVersion("example.com/old", "v4.0.0+incompatible"),
            ModuleVersion("example.com/n/v3", "v3.0.0"),
        ),
        indirect=b"\0\1\0\0\0\0\0",
        retract=(
            Retraction("v2.0.0", "v2.0.0", "Published too early."),
            Retraction("v2.1.0", "v2.1.0", "Broken."),
            Retraction("v2.2.0", "v2.2.9", "Not this one.\nreally"),
        ),
    )
    assert summarize("go.mod", data) == want
    assert summarize("go.mod", data.replace(b"\n", b"\r\n")) == want


def test_large_files_go_to_the_parser_which_may_refuse_them(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"require (\n" + b"\ta.io/x v1.0.0\n" * 30 + b")\n"
    monkeypatch.setattr(quickread, "MAX_LINES", 31)
    assert summarize("go.mod", data).require == (ModuleVersion("a.io/x", "v1.0.0"),) * 30
    monkeypatch.setattr(parser, "MAX_LINES", 31)
    with pytest.raises(ModFileErrors, match=re.escape("too many lines (limit 31)")):
        summarize("go.mod", data)


def test_files_of_many_words_go_to_the_parser_which_may_refuse_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A word has a character at least: so many bytes may be as many words, on a few long lines."""
    data = b"exclude (\n" + b"\ta.io/x v1.0.0\n" * 30 + b")\n"
    monkeypatch.setattr(parser, "MAX_TOKENS", 50)
    monkeypatch.setattr(quickread, "MAX_TOKENS", len(data))
    assert summarize("go.mod", data) == Summary()
    monkeypatch.setattr(quickread, "MAX_TOKENS", len(data) - 1)
    with pytest.raises(ModFileErrors, match=re.escape("too many tokens (limit 50)")):
        summarize("go.mod", data)
