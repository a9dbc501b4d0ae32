# SPDX-License-Identifier: BSD-3-Clause
"""What the scripts in the shells and `govgo __complete` say to one another.

govgo __complete zsh -- list -m rsc         the words before the cursor, the last one unfinished
govgo __complete bash -- 'govgo list -m rsc.io/quote@' @        the line up to the cursor, bash's own last word

open files kept=6             what holds for all: see `candidates.Answer`; `kept` as a number of characters
rsc.io/quote<tab>required by go.mod
…                             a candidate in each line
"""

from __future__ import annotations

from collections.abc import Sequence

from govgo.cli.completion.candidates import Answer
from govgo.core.safetext import one_line

_MOST_CANDIDATES = 500
_BREAKS = ("=", ":", "@")
"""Where bash begins another word by itself (COMP_WORDBREAKS)."""

_ESCAPED_IN_QUOTES = '$`"\\'
"""Before what a backslash means something within double quotes (POSIX.1-2024, XCU 2.2.3)."""
_PLAIN = dict.fromkeys(map(ord, "./_-+@:=,~%^"), "x")
"""What stands in our words beside letters and digits."""


def words_at_cursor(shell: str, line: Sequence[str]) -> tuple[Sequence[str], int]:
    """The words of the line without the program's name, the last one unfinished; and how much of it bash leaves out."""
    if shell != "bash":
        return (line or [""]), 0
    words = split_line(line[0] if line else "")
    last = words[-1] if words else ""
    own = line[1] if len(line) > 1 else ""
    rest = "" if own in _BREAKS else own
    left_out = len(last) - len(rest) if last.endswith(rest) else 0
    if last[:left_out].endswith("@"):
        left_out -= 1  # readline replaces what follows an "@" together with it
    return words[1:] or [""], left_out


def split_line(line: str) -> list[str]:
    r"""The words of an unfinished command line, quotes and backslashes taken away; the last may be empty.

    >>> split_line("govgo list -f '{{.Path}}' rsc.")
    ['govgo', 'list', '-f', '{{.Path}}', 'rsc.']
    """
    words, word, quote, at = [], "", "", 0
    begun = False  # a word may be empty: ""
    while at < len(line):
        char = line[at]
        at += 1
        if char in " \t" and not quote:
            if begun:
                words.append(word)
            word, begun = "", False
            continue
        begun = True
        if char == quote:
            quote = ""
        elif char in "'\"" and not quote:
            quote = char
        elif char == "\\" and at < len(line) and (not quote or (quote == '"' and line[at] in _ESCAPED_IN_QUOTES)):
            word += line[at]
            at += 1
        else:
            word += char
    return [*words, word]


def answer_text(answer: Answer, left_out: int = 0) -> str:
    """The answer to a script; bash gets candidates without the part of the word that it leaves out.

    Bash puts a candidate on the line as it is, and a path may come from the go.mod of a stranger: one that would be
    more than a word to a shell is left out. No command could use it: module paths and versions have none of that.
    """
    kinds = {"open": answer.open, "files": answer.files, "directories": answer.directories}
    first = [name for name, holds in kinds.items() if holds]
    if answer.kept:
        first.append(f"kept={len(answer.kept)}")
    lines = [" ".join(first)]
    plain = [each for each in answer.candidates if _is_plain(each.word[left_out:])]
    for each in plain[:_MOST_CANDIDATES]:
        lines.append(f"{each.word[left_out:]}\t{one_line(each.text)}".rstrip("\t"))
    return "\n".join(lines) + "\n"


def _is_plain(word: str) -> bool:
    """Whether a word means itself in every shell (POSIX.1-2024, XCU 2.2, and "!" of an interactive shell)."""
    return not word or (word.isascii() and word.translate(_PLAIN).isalnum())
