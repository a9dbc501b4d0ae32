# SPDX-License-Identifier: BSD-3-Clause
"""What may stand at the cursor: a table of lines, with the knowledge of files as values."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from govgo.cli.completion.candidates import Answer, complete
from govgo.cli.completion.table import Table, make_table
from govgo.cli.group import COMMANDS


class Known:
    """A go.mod with two requirements, one directory below with another, and a cache."""

    def modules(self, directory: str) -> Iterable[str]:
        return ("lib.io/x",) if directory == "lib" else ("rsc.io/quote", "rsc.io/sampler")

    def cached(self, prefix: str) -> Iterable[str]:
        return [each for each in ("rsc.io/", "rsc.io/pdf", "golang.org/") if each.startswith(prefix)]

    def versions(self, path: str) -> Iterable[str]:
        return ("v1.5.2", "v1.5.1") if path == "rsc.io/quote" else ()

    def words(self, kind: str) -> Iterable[tuple[str, str]]:
        return {
            "codes": [("sum-mismatch", "Bytes contradict."), ("fork", "Two histories.")],
            "topics": [("exit-codes", "topic")],
            "variables": [("GOPROXY", "Where from."), ("GOPRIVATE", "Not asked.")],
        }[kind]


@pytest.fixture(scope="module")
def table() -> Table:
    return make_table()


def at(table: Table, line: str) -> Answer:
    """The answer for a line; a space at its end means that a new word begins."""
    return complete(table, line.split(" "), Known())


def words(answer: Answer) -> list[str]:
    return [each.word for each in answer.candidates]


@pytest.mark.parametrize(
    ("line", "want"),
    [
        ("ti", ["tidy"]),
        ("-v", ["-version"]),
        ("--v", ["--version"]),
        ("mod gr", ["graph"]),
        ("work s", ["sync"]),
        ("-C lib work s", ["sync"]),
        ("-C=lib work s", ["sync"]),
        ("nonsense x", []),
        # Flags with one dash and with two, as go reads them.
        ("list -m", ["-m", "-mod", "-modfile", "-modcacherw"]),
        ("list --m", ["--m", "--mod", "--modfile", "--modcacherw"]),
        ("list -m -vers", ["-versions"]),
        ("mod graph -sel", []),  # only go's own flags below `govgo mod`
        ("graph -sel", ["-selected"]),
        ("graph -he", ["-help"]),
        ("list -m -- -v", []),
        # Values: behind "=", and as the next word.
        ("list -mod=", ["-mod=readonly", "-mod=vendor", "-mod=mod"]),
        ("list --mod=v", ["--mod=vendor"]),
        ("list -mod ", ["readonly", "vendor", "mod"]),
        ("tree -e d", ["direct"]),
        ("tree --format m", ["markdown"]),
        ("verify -o s", ["sarif:"]),
        ("verify -o=s", ["-o=sarif:"]),
        ("verify -only da", ["database"]),
        ("verify -only lint,da", ["lint,database"]),
        ("hygiene -only version-s", ["version-skew"]),
        ("tree -i rsc.io/q", ["rsc.io/quote"]),
        ("edit -droprequire=rsc.io/s", ["-droprequire=rsc.io/sampler"]),
        ("edit -require=rsc.io/quote@v1.5.1", ["-require=rsc.io/quote@v1.5.1"]),
        ("get -min-age 14", []),
        # Arguments.
        ("why -m rsc.io/s", ["rsc.io/sampler"]),
        ("-C lib why -m l", ["lib.io/x"]),
        ("why -C lib -m l", ["lib.io/x"]),
        ("why -m rsc.io/quote@", []),  # `why` takes no versions
        (
            "get rsc.io/quote@",
            [f"rsc.io/quote@{v}" for v in ("latest", "upgrade", "patch", "none", "v1.5.2", "v1.5.1")],
        ),
        ("get rsc.io/quote@v1.5.2", ["rsc.io/quote@v1.5.2"]),
        ("get rsc.io/p", ["rsc.io/pdf"]),
        ("get -u rsc.io/q", ["rsc.io/quote"]),  # -u may stand alone
        ("list -m al", ["all"]),
        ("audit ./", ["./..."]),
        ("env GOPR", ["GOPROXY", "GOPRIVATE"]),
        ("explain fo", ["fork"]),
        ("help ti", ["tidy"]),
        ("help exit", ["exit-codes"]),
        ("help mod ver", ["verify"]),
        ("completion z", ["zsh"]),
        ("completion zsh f", []),
    ],
)
def test_words_at_the_cursor(table: Table, line: str, want: list[str]) -> None:
    assert words(at(table, line)) == want


def test_all_commands_are_offered_with_their_purposes(table: Table) -> None:
    found = at(table, "").candidates
    assert {each.word: each.text for each in found} == {name: entry.purpose for name, entry in COMMANDS.items()}


@pytest.mark.parametrize(
    ("line", "want"),
    [
        ("version -m bi", Answer(files=True)),
        ("tidy -modfile g", Answer(files=True)),
        ("tidy -modfile=g", Answer(files=True, kept="-modfile=")),
        ("verify -o sarif:o", Answer(files=True, kept="sarif:")),
        ("verify -o=sarif:o", Answer(files=True, kept="-o=sarif:")),
        ("list -C l", Answer(directories=True)),
        ("tree lib", Answer(directories=True)),
        ("work use l", Answer(directories=True)),
        ("get -j 4", Answer()),
    ],
)
def test_where_the_shell_completes_names_of_files(table: Table, line: str, want: Answer) -> None:
    assert at(table, line)._replace(candidates=()) == want


@pytest.mark.parametrize(
    ("line", "is_open"), [("get rsc.i", True), ("verify -o s", True), ("list -m rsc.io/q", False), ("ti", False)]
)
def test_no_space_follows_what_is_not_complete(table: Table, line: str, is_open: bool) -> None:
    assert at(table, line).open is is_open


def test_every_format_that_can_be_asked_for_is_offered(table: Table) -> None:
    """A command with reports lists them in its help, as "Formats: text, json."; from there completion has them."""
    lacking = [
        path
        for path, row in table.items()
        for flag in row.flags
        if flag.metavar.partition(":")[0] == "FORMAT" and not flag.values
    ]
    assert lacking == []
