# SPDX-License-Identifier: BSD-3-Clause
"""Every command as one value, read from the declarations: for man pages, documents and completion."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from govgo.cli.group import MAIN, Group
from govgo.cli.options import Command, Flag
from govgo.core.records import NamedTuple


class Page(NamedTuple):
    """A command or a group.

    Attributes:
        path: its full name: "govgo mod graph".
        section, purpose: as the help of its group lists it; "" for a group that no help lists.
        usage: what follows the name.
        text: its help; the lines of a paragraph after a line of a backspace character keep their layout.
        flags: those that are shown.
        formats: the reports that -format and -o offer, () where there are none.
        target: what was loaded.
    """

    path: str
    section: str
    purpose: str
    usage: str
    text: str
    flags: tuple[Flag, ...]
    formats: tuple[str, ...]
    target: Command | Group

    @property
    def is_group(self) -> bool:
        """Whether it consists of other commands."""
        return isinstance(self.target, Group)

    @property
    def mimics(self) -> str:
        """The page that says the same of a command of `govgo mod`; "" where there is none."""
        words = self.path.split()
        return f"govgo {words[2]}" if words[1:2] == ["mod"] and words[2:] and words[2] != "verify" else ""


def all_pages() -> Iterator[Page]:
    """The pages of all commands, that of `govgo` first, each group before its commands. Loads every command."""
    yield _page("govgo", "", "The module side of the go command.", MAIN)
    yield from _below("govgo", MAIN)


def _below(path: str, group: Group) -> Iterator[Page]:
    for name in [*group.table, *group.unlisted]:
        if name == "help" and path != "govgo":
            continue
        found = group.load(name)
        entry = group.table.get(name)
        if found is None or (entry is None and isinstance(found, Command)):
            continue  # a command that no help lists is for programs
        full = f"{path} {name}"
        purpose = entry.purpose if entry is not None else _text(found).partition("\n")[0]
        yield _page(full, entry.section if entry is not None else "", purpose, found)
        if isinstance(found, Group):
            yield from _below(full, found)


def _page(path: str, section: str, purpose: str, target: Command | Group) -> Page:
    if isinstance(target, Group):
        return Page(path, section, purpose, "<command> [arguments]", _text(target), (), (), target)
    shown = dict.fromkeys(flag for flag in target.flags_under(path).values() if not flag.is_hidden)
    text = _text(target)
    return Page(path, section, purpose, target.usage, text, tuple(shown), formats_in(text), target)


def _text(target: Command | Group) -> str:
    return inspect.cleandoc(target.help if isinstance(target, Group) else target.function.__doc__ or "")


class Block(NamedTuple):
    """A paragraph of a help text; one that `is_literal` keeps its line ends."""

    lines: tuple[str, ...]
    is_literal: bool = False


def blocks_of(text: str) -> Iterator[Block]:
    """The paragraphs of a help text."""
    for paragraph in text.split("\n\n"):
        lines = paragraph.strip("\n").split("\n")
        is_literal = lines[0].strip() == "\b" or lines[0].startswith("  ")
        kept = tuple(line for line in lines if line.strip() != "\b")
        if kept and any(kept):
            yield Block(kept, is_literal)


def formats_in(text: str) -> tuple[str, ...]:
    """The names of reports that a help text lists: "Formats: text, json, markdown."."""
    match = re.search(r"^Formats: ([a-z0-9., ]+?)\.(?:\s|$)", text, re.MULTILINE)
    return tuple(match[1].split(", ")) if match else ()


def values_of(flag: Flag, formats: tuple[str, ...]) -> tuple[str, ...]:
    """What a flag may be set to, () where that is not a short list."""
    return flag.values or (formats if flag.metavar.partition(":")[0] == "FORMAT" else ())
