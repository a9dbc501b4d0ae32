# SPDX-License-Identifier: BSD-3-Clause
r"""Text of strangers: what servers, go.mod files, zips and repositories say, made safe to print.

    red\x1b[31m ⟶ red\\x1b[31m      control and invisible characters, and bytes that were not UTF-8, as escapes
    ::error::x  ⟶ \\x3a:error::x    at the beginning of a line: there it is a command to the runner of GitHub Actions
    ##[error]x  ⟶ #\\x23[error]x    anywhere: an older form of the same

`one_line` is for a value within a sentence, `visible` for a whole text whose own line ends shall stay. Both leave what
is safe as it is, so that a text may pass them twice.

Sources: Unicode 15, categories Cc and Cf; UTR 36, section 2.11 (bidirectional text); actions/runner, ActionCommand.cs,
which skips white space before `::` and looks for `##[` in the whole line.
"""

from __future__ import annotations

from govgo.core.lazyregex import late
from govgo.core.typehints import TYPE_CHECKING

if TYPE_CHECKING:
    import re

#: Characters that move the cursor, change colours, reorder or hide what stands beside them, or end a line somewhere;
#: and lone surrogates, which cannot be printed. Tab and newline are not among them.
UNSAFE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f"
)
_UNSAFE_CHARACTER = late(f"[{UNSAFE}]")
_UNSAFE_TEXT = late(f"(?m)[{UNSAFE}]|##(?=\\[)|^(?P<indent>[^\\S\\n]*):(?=:)")
_COMMAND = "##["
_OF_TYPES = ("' object ", " indices must be ")
"""As Python ends `[].get`, `1["key"]` and `""["key"]`."""
_MAX_WHY = 1000
"""Characters told of what is wrong with a document."""


def visible(text: str) -> str:
    r"""`text` for a terminal or a log; tab and newline stay, and no other end of a line that `str.splitlines` knows.

    >>> visible("red: \x1b[31m")
    'red: \\x1b[31m'
    """
    # The usual case. A printable text is one line, so only its beginning can be a command.
    if text.isprintable() and _COMMAND not in text and not text.lstrip().startswith("::"):
        return text
    return _UNSAFE_TEXT.sub(_escape, text)


def one_line(text: str) -> str:
    r"""`text` as a part of one line: as `visible`, and tab and newline as escapes.

    >>> one_line("q.io/x\n::error::")
    'q.io/x\\n::error::'
    """
    if not text.isprintable():
        text = text.replace("\n", "\\n").replace("\t", "\\t")
    return visible(text)


def joined(text: str) -> str:
    r"""The lines of an error as one sentence, safe as `one_line` is; a line that ends with a colon tells of the next.

    >>> joined("errors parsing go.mod:\ngo.mod:5: unknown directive: bad\ngo.mod:6: unknown block type: x")
    'errors parsing go.mod: go.mod:5: unknown directive: bad; go.mod:6: unknown block type: x'
    """
    sentence = ""
    for line in filter(None, (each.strip() for each in text.split("\n"))):
        between = "" if not sentence else " " if sentence.endswith(":") else "; "
        sentence += between + line
    return one_line(sentence)


def why_malformed(error: Exception) -> str:
    """What is wrong with a document by the error of the library that reads it, as a part of one line.

    Of too deep a nesting each version of Python speaks in other words, and of its own stack; of a number where an
    object belongs it speaks of its types.
    """
    if isinstance(error, RecursionError):
        return "nested too deep"
    if isinstance(error, AttributeError | TypeError) and any(words in str(error) for words in _OF_TYPES):
        return "a value is of another kind than it has to be"
    why = one_line(str(error))
    if len(why) > _MAX_WHY:  # such a sentence may hold a word of the document, and ends with the place
        why = f"{why[: _MAX_WHY // 2]}\u2026{why[-_MAX_WHY // 2 :]}"
    return f"no field {why}" if isinstance(error, KeyError) else why


def _escape(match: re.Match[str]) -> str:
    found = match[0]
    if found == "##":
        return "#\\x23"
    if found.endswith(":"):
        # Some white space is not safe either, such as the line separator.
        return _UNSAFE_CHARACTER.sub(lambda char: _code(char[0]), match["indent"]) + "\\x3a"
    return _code(found)


def _code(char: str) -> str:
    """A character by its number; a lone surrogate of a byte that was not UTF-8 by that byte."""
    code = ord(char)
    if code < 0x100 or 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code & 0xFF:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
