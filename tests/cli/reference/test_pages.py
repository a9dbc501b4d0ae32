# SPDX-License-Identifier: BSD-3-Clause
"""Commands as values."""

from __future__ import annotations

from govgo.cli.helptext import help_text
from govgo.cli.reference.pages import Block, all_pages, blocks_of, formats_in


def test_pages_stand_in_the_order_of_the_help() -> None:
    pages = list(all_pages())
    paths = [page.path for page in pages]
    assert paths[:2] == ["govgo", "govgo get"]
    assert paths.index("govgo work") + 1 == paths.index("govgo work edit")
    assert len(set(paths)) == len(paths)
    assert not any(path.endswith(("__complete", "work help")) for path in paths)
    assert all(page.purpose and page.text for page in pages)


def test_the_mimic_says_the_same_as_its_model() -> None:
    by_path = {page.path: page for page in all_pages()}
    assert by_path["govgo mod tidy"].mimics == "govgo tidy"
    assert by_path["govgo mod verify"].mimics == by_path["govgo tidy"].mimics == ""
    own = {flag.names[0] for flag in by_path["govgo tidy"].flags} - {
        f.names[0] for f in by_path["govgo mod tidy"].flags
    }
    assert {"j", "timeout", "min-age"} <= own


def test_no_help_shows_the_mark_of_literal_text() -> None:
    assert [page.path for page in all_pages() if "\\b" in page.text] == []


def test_no_line_of_a_help_ends_within_a_flag() -> None:
    lines = [(page.path, line) for page in all_pages() for line in help_text(page.path, page.target).splitlines()]
    assert [each for each in lines if each[1].endswith("-") and not each[1].endswith(":-")] == []


def test_a_flag_has_the_same_words_in_every_command() -> None:
    """Those that mean the same everywhere, told by one text each."""
    texts: dict[str, set[str]] = {}
    for page in all_pages():
        for flag in page.flags:
            texts.setdefault(flag.names[0], set()).add(flag.help)
    names = ("C", "x", "j", "modfile", "modcacherw", "exit-zero", "as-of", "record", "replay")
    assert {name: texts[name] for name in names if len(texts[name]) != 1} == {}


def test_paragraphs_of_a_help_text() -> None:
    text = "One\nline.\n\n\b\ngovgo x    a\ngovgo y    b\n\nFormats: text, json."
    assert list(blocks_of(text)) == [
        Block(("One", "line.")),
        Block(("govgo x    a", "govgo y    b"), is_literal=True),
        Block(("Formats: text, json.",)),
    ]
    assert formats_in(text) == ("text", "json")
    assert formats_in("no reports") == ()
