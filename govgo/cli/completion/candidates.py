# SPDX-License-Identifier: BSD-3-Clause
"""What may stand at the cursor of a command line.

govgo li            list
govgo list -        -m, -json, …; after "--" as --m, --json, …
govgo list -mod=    -mod=readonly, -mod=vendor, -mod=mod
govgo get rsc.io/   the modules of go.mod and of the module cache
govgo get rsc.io/quote@    latest, upgrade, patch, none, and the versions in the cache
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from govgo.cli.completion.table import CommandRow, FlagRow, Table
from govgo.cli.options import HELP_FLAGS
from govgo.core.records import NamedTuple


class Candidate(NamedTuple):
    """A whole word that may stand at the cursor, and what to show beside it."""

    word: str
    text: str = ""


class Answer(NamedTuple):
    """What may stand at the cursor.

    Attributes:
        candidates: words, each in place of the one at the cursor.
        files, directories: names of files or of directories may stand there too, which the shell knows best.
        open: the word is not complete with a candidate, so no space follows.
        kept: the characters of the word that stay before the name of a file ("sarif:").
    """

    candidates: Sequence[Candidate] = ()
    files: bool = False
    directories: bool = False
    open: bool = False
    kept: str = ""


class Knowledge(Protocol):
    """What only files can say; nothing here asks the network."""

    def modules(self, directory: str) -> Iterable[str]:
        """The module paths that the nearest go.mod requires."""

    def cached(self, prefix: str) -> Iterable[str]:
        """Module paths of the cache that begin with `prefix`; directories on the way end with a slash."""

    def versions(self, path: str) -> Iterable[str]:
        """The versions of a module in the cache, the newest first."""

    def words(self, kind: str) -> Iterable[tuple[str, str]]:
        """(word, text) of what govgo itself has names for: "codes", "topics", "variables"."""


def complete(table: Table, words: Sequence[str], known: Knowledge) -> Answer:
    """What may stand in place of the last of `words`, the line without the program's name."""
    path, row, at, directory = _command(table, words[:-1])
    word = words[-1] if words else ""
    if row.is_group:
        if word.startswith("-"):
            return Answer(_matching(word, _group_flags(path, word)))
        return Answer(_matching(word, (Candidate(*child) for child in row.children)))
    return _in_command(path, row, words[at:], directory, known, table)


def _command(table: Table, words: Sequence[str]) -> tuple[str, CommandRow, int, str]:
    """The command that the words before the cursor call, how many of them name it, and the directory of a -C."""
    path, directory, at = "govgo", "", 0
    while at < len(words) and table[path].is_group:
        word = words[at]
        if word in ("-C", "--C") and at + 1 < len(words):
            directory = words[at + 1]
            at += 2
            continue
        if word.startswith(("-C=", "--C=")):
            directory = word.partition("=")[2]
        elif f"{path} {word}" in table:
            path = f"{path} {word}"
        elif not word.startswith("-"):
            return path, CommandRow((), (), ""), at, directory  # no such command: nothing to offer
        at += 1
    return path, table[path], at, directory


def _group_flags(path: str, word: str) -> Iterator[Candidate]:
    dash = "--" if word.startswith("--") else "-"
    yield Candidate(f"{dash}C", "Change to DIR before anything else.")
    yield Candidate(f"{dash}help", "Show the help.")
    if path == "govgo":
        yield Candidate(f"{dash}version", "Show the version.")


def _in_command(
    path: str, row: CommandRow, words: Sequence[str], directory: str, known: Knowledge, table: Table
) -> Answer:
    flags = {name: flag for flag in row.flags for name in flag.names}
    arguments: list[str] = []
    is_over = False  # after "--" there are no flags
    at = 0
    while at < len(words) - 1:
        word = words[at]
        at += 1
        if is_over or len(word) < 2 or word[0] != "-":
            arguments.append(word)
            continue
        if word == "--":
            is_over = True
            continue
        name, equals, value = _bare_name(word)
        flag = flags.get(name)
        if flag is None or flag.is_switch or (flag.bare and not equals):
            continue
        if not equals:
            if at == len(words) - 1:
                return _value(flag, words[-1], "", directory, known)
            value = words[at]
            at += 1
        if name == "C":
            directory = value
    word = words[-1]
    if word.startswith("-") and not is_over:
        name, equals, value = _bare_name(word)
        if not equals:
            return _flags(row, word)
        flag = flags.get(name)
        return Answer() if flag is None else _value(flag, value, word[: len(word) - len(value)], directory, known)
    return _argument(path, row, arguments, word, directory, known, table)


def _bare_name(word: str) -> tuple[str, str, str]:
    """(name, "=", value) of a flag, without its one or two dashes."""
    return word[2 if word.startswith("--") else 1 :].partition("=")


def _flags(row: CommandRow, word: str) -> Answer:
    """The flags that begin as the word does; with two dashes where it has two, as go's flags may be written."""
    dash = "--" if word.startswith("--") else "-"
    found = [Candidate(f"{dash}{name}", flag.help) for flag in row.flags if not flag.is_hidden for name in flag.names]
    found += [Candidate(f"{dash}{name}", "Show the help.") for name in HELP_FLAGS[1:]]
    return Answer(_matching(word, found))


def _value(flag: FlagRow, word: str, kept: str, directory: str, known: Knowledge) -> Answer:
    """What a flag may be set to; `kept` is what stands before the value in the same word: "-mod="."""
    form, colon, _ = word.partition(":")
    if flag.metavar == "FORMAT:FILE":
        if colon:
            return Answer(files=True, kept=f"{kept}{form}:")
        return Answer(_matching(f"{kept}{word}", (Candidate(f"{kept}{each}:") for each in flag.values)), open=True)
    if flag.values or flag.metavar == "CODES":
        before, comma, _ = word.rpartition(",") if flag.metavar in ("CLAIMS", "CODES") else ("", "", "")
        codes = (Candidate(*each) for each in known.words("codes"))
        values = [Candidate(each) for each in flag.values] or codes
        lead = f"{kept}{before}{comma}"
        return Answer(_matching(f"{kept}{word}", (Candidate(f"{lead}{each.word}", each.text) for each in values)))
    if flag.metavar in _FILES:
        return Answer(files=True, kept=kept)
    if flag.metavar in _DIRECTORIES:
        return Answer(directories=True, kept=kept)
    if flag.metavar in _MODULES:
        found = _modules(word, directory, known, versions="@" in flag.metavar)
        return found._replace(candidates=[Candidate(f"{kept}{word}", text) for word, text in found.candidates])
    return Answer()


_FILES = frozenset({"FILE", "SOURCE"})
_DIRECTORIES = frozenset({"DIR", "DIRECTORY"})
_MODULES = frozenset({"MODULE", "PATH", "PATH@VERSION", "OLD[@V]", "OLD[@V]=NEW[@V]"})


def _argument(
    path: str,
    row: CommandRow,
    arguments: Sequence[str],
    word: str,
    directory: str,
    known: Knowledge,
    table: Table,
) -> Answer:
    kind = row.arguments
    if path == "govgo help":
        return _help(table, arguments, word, known)
    if kind in _MODULE_ARGUMENTS:
        found = _modules(word, directory, known, versions=kind in ("packages", "modules", "patterns"))
        more = [Candidate(each) for each in _MODULE_ARGUMENTS[kind] if each.startswith(word)]
        return found._replace(candidates=[*more, *found.candidates], directories=word.startswith("."))
    if kind in _NAMES:
        # One code is explained at a time; variables may follow one another.
        return Answer(_matching(word, (Candidate(*each) for each in known.words(_NAMES[kind]))))
    if path == "govgo completion":
        return Answer(_matching(word, map(Candidate, SHELLS)) if not arguments else ())
    if kind == "where":
        candidates = [Candidate("./...", "every module below")] if "./...".startswith(word) else []
        return Answer(candidates, directories=True, files=path == "govgo verify")
    if kind == "directories":
        return Answer(directories=True)
    return Answer(files=kind in _FILE_ARGUMENTS)


SHELLS = ("bash", "zsh", "fish")
_MODULE_ARGUMENTS: Mapping[str, Sequence[str]] = {
    "packages": ("./...",),
    "modules": ("all",),
    "patterns": ("all",),
    "targets": (),
    "words": (),
}
"""By the keyword of a command's arguments, what beside modules may stand there."""
_NAMES: Mapping[str, str] = {"names": "variables", "codes": "codes"}
_FILE_ARGUMENTS = frozenset({"files", "named_file", "sides"})


def _help(table: Table, arguments: Sequence[str], word: str, known: Knowledge) -> Answer:
    path = " ".join(("govgo", *arguments))
    row = table.get(path)
    if row is None or not row.is_group:
        return Answer()
    topics = known.words("topics") if not arguments else ()
    return Answer(
        _matching(word, [*(Candidate(*each) for each in row.children), *(Candidate(*each) for each in topics)])
    )


def _modules(word: str, directory: str, known: Knowledge, *, versions: bool) -> Answer:
    """Module paths, or behind an "@" the versions of one."""
    path, at, _ = word.partition("@")
    if at:
        if not versions:
            return Answer()
        queries = [Candidate(f"{path}@{query}", text) for query, text in QUERIES.items()]
        return Answer(
            _matching(word, [*queries, *(Candidate(f"{path}@{version}") for version in known.versions(path))])
        )
    required = [Candidate(each, "required by go.mod") for each in known.modules(directory)]
    found = {each.word: each for each in _matching(word, required)}
    for each in known.cached(word) if versions else ():
        found.setdefault(each, Candidate(each, "" if each.endswith("/") else "in the module cache"))
    is_open = any(each.endswith("/") for each in found)
    return Answer(tuple(found.values()), open=is_open)


QUERIES: Mapping[str, str] = {
    "latest": "the newest release",
    "upgrade": "the newest, but not older than now",
    "patch": "the newest patch release of the selected minor version",
    "none": "remove the requirement",
}


def _matching(word: str, candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    return tuple(each for each in candidates if each.word.startswith(word))
