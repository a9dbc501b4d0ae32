# SPDX-License-Identifier: BSD-3-Clause
"""The go-import meta tags of a page, and which of them is for an import path.

    <meta name="go-import" content="example.org vcs https://repo.example.org/tree [subdirectory]">

Pages are read as the go command reads them, with Go's encoding/xml in its lenient mode: up to `</head>` or `<body>`,
or to the first thing that it cannot read.

Source: the Go Modules Reference, "Finding a repository for a module path"; cmd/go/internal/vcs (discovery.go).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from govgo.core.golib.quote import quote
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.vcs.coderepo import has_path_prefix
from govgo.errors import InputError

MOD = "mod"
"""In the place of a version control system: the tag names a module proxy."""
# Classes are written by the few characters that they leave out: to compile a range up to U+10FFFF takes 5 to 30 ms.
_NO_NAME = r"\x00-,/;-@\[-\^`{-\x7f"
_NAME = late(rf"[^{_NO_NAME}]+")
_SOUND_NAME = late(r"(?!\d)[\w:][\w:.\-]*\Z")
_SPACES = late(r"[ \r\n\t]*")
_BARE_VALUE = late(r"[A-Za-z0-9_:\-]*")
_ENTITY = late(r"&(?:#(?:([0-9]+)|x([0-9A-Fa-f]+))|(lt|gt|amp|apos|quot));")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "apos": "'", "quot": '"'}
_CUT_ENTITY = late(r"&(?:#(?:x[0-9A-Fa-f]*|[0-9]*)|[^" + _NO_NAME + r"]*)\Z")
_NO_CHAR = late("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ENCODING = late(r"""encoding=(["'])(.*?)\1""", re.DOTALL)


# What the error's text tells of a page: go tells everything, which may be megabytes.
_MOST_TOLD = 10
_LONGEST_CONTENT = 1024
_LONGEST_NAME = 128
_LONGEST_ENTITY = 64
_LONGEST_CODE = 8
_LAST_CODE = 0x10FFFF


class MetaImport(NamedTuple):
    """A go-import tag: where the tree of import paths below `prefix` is."""

    prefix: str
    vcs: str
    repo_root: str
    subdir: str = ""


class NoMetaTagError(InputError):
    """No tag of a page is for the import path."""

    code = "no-meta-tag"


def parse_meta_imports(page: bytes) -> list[MetaImport]:
    """The go-import tags of a page: those for proxies first, then the others whose prefix no proxy serves.

    Tags of more than 1,024 characters count as malformed, as those do that have not three or four fields.

    Raises:
        InputError: `XML syntax error on line N: …`, if there was no tag before that.
    """
    tags: list[MetaImport] = []
    try:
        for kind, name, attributes in _elements(page.decode("utf-8", "surrogateescape")):
            if (kind, name) in (("<", "body"), ("</", "head")):
                break
            if kind == "<" and name == "meta" and attributes.get("name") == "go-import":
                content = attributes.get("content", "")
                fields = content.split() if len(content) <= _LONGEST_CONTENT else []
                if len(fields) in (3, 4):
                    tags.append(MetaImport(*fields))
    except InputError:
        if not tags:
            raise
    proxies = [tag for tag in tags if tag.vcs == MOD]
    covered = {tag.prefix for tag in proxies}
    return proxies + [tag for tag in tags if tag.vcs != MOD and tag.prefix not in covered]


def match_meta_import(tags: Sequence[MetaImport], path: str) -> MetaImport:
    """The tag for an import path, of tags in the order of `parse_meta_imports`.

    Raises:
        NoMetaTagError: there is none.
        InputError: there are several.
    """
    match: MetaImport | None = None
    for tag in tags:
        if not has_path_prefix(path, tag.prefix):
            continue
        if match is not None:
            if match.vcs == MOD and tag.vcs != MOD:
                break
            raise InputError(f"multiple meta tags match import path {quote(path)}")
        match = tag
    if match is None:
        shown = [f"meta tag {tag.prefix} did not match import path {path}" for tag in tags[:_MOST_TOLD]]
        if len(tags) > _MOST_TOLD:
            shown.append(f"nor did {len(tags) - _MOST_TOLD} others")
        raise NoMetaTagError(", ".join(shown))
    return match


def _elements(text: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """("<" or "</", name in lower case, attributes) of each tag; the first of equal attributes counts."""
    at = 0
    while at < len(text):
        start = text.find("<", at)
        until = len(text) if start < 0 else start
        if "]]>" in text[at:until]:
            raise _fault(text, text.index("]]>", at), "unescaped ]]> not in CDATA section")
        if start < 0 and _CUT_ENTITY.search(text, max(at, until - _LONGEST_ENTITY)):
            raise _fault(text, until, "unexpected EOF")
        _unescape(text, at, until)
        if start < 0:
            return
        at = start + 1
        if text.startswith("!", at):
            at = _after_markup(text, at + 1)
        elif text.startswith("?", at):
            at = _after_instruction(text, at + 1)
        elif text.startswith("/", at):
            name, at = _name(text, at + 1, "expected element name after </")
            at = _skip(text, at)
            if text[at] != ">":
                raise _fault(text, at, f"invalid characters between </{name[:_LONGEST_NAME]} and >")
            at += 1
            yield "</", _local(name), {}
        else:
            name, at = _name(text, at, "expected element name after <")
            attributes, at, is_empty = _attributes(text, at)
            yield "<", _local(name), attributes
            if is_empty:
                yield "</", _local(name), {}


def _attributes(text: str, at: int) -> tuple[dict[str, str], int, bool]:
    """The attributes from `at` on, the place after the element's ">", and whether it ends with "/>"."""
    found: dict[str, str] = {}
    while True:
        at = _skip(text, at)
        if text[at] == ">":
            return found, at + 1, False
        if text[at] == "/":
            if _must(text, at + 1) != ">":
                raise _fault(text, at + 2, "expected /> in element")
            return found, at + 2, True
        name, at = _name(text, at, "expected attribute name in element")
        at = _skip(text, at)
        value = _local(name, fold=False)
        if text[at] == "=":
            at = _skip(text, at + 1)
            if text[at] in "\"'":
                value, at = _quoted(text, at)
            else:
                bare = _BARE_VALUE.match(text, at)
                assert bare is not None
                value, at = bare[0], bare.end()
                _must(text, at)
        found.setdefault(_local(name), value)


def _quoted(text: str, at: int) -> tuple[str, int]:
    """The value in quotes that begins at `at`, and the place after it."""
    end = text.find(text[at], at + 1)
    bracket = text.find("<", at + 1, len(text) if end < 0 else end)
    if bracket >= 0:
        raise _fault(text, bracket, "unescaped < inside quoted string")
    if end < 0:
        raise _fault(text, len(text), "unexpected EOF")
    return _unescape(text, at + 1, end), end + 1


def _after_markup(text: str, at: int) -> int:
    """The place after a comment, a CDATA section or a directive whose `<!` ends before `at`."""
    if _must(text, at) == "-":
        if _must(text, at + 1) != "-":
            raise _fault(text, at + 2, "invalid sequence <!- not part of <!--")
        end = _find(text, "--", at + 2)
        if _must(text, end + 2) != ">":
            raise _fault(text, end + 3, 'invalid sequence "--" not allowed in comments')
        return end + 3
    if text[at] == "[":
        for i, expected in enumerate("[CDATA["):
            if _must(text, at + i) != expected:
                raise _fault(text, at + i + 1, "invalid <![ sequence")
        end = text.find("]]>", at + 7)
        if end < 0:
            raise _fault(text, len(text), "unexpected EOF in CDATA section")
        _check_characters(text, end, text[at + 7 : end])
        return end + 3
    return _after_directive(text, at + 1)


def _after_directive(text: str, at: int) -> int:
    """The place after a directive such as `<!DOCTYPE …>`; brackets in quotes do not count, others nest."""
    depth = 0
    while True:
        char = _must(text, at)
        if char in "\"'":
            at = _find(text, char, at + 1)
        elif char == "<":
            if text.startswith("!--", at + 1):
                at = _find(text, "-->", at + 4) + 2
            else:
                depth += 1
        elif char == ">":
            if depth == 0:
                return at + 1
            depth -= 1
        at += 1


def _after_instruction(text: str, at: int) -> int:
    """The place after a processing instruction. An XML declaration must be of version 1.0 and in UTF-8."""
    target, at = _name(text, at, "expected target name after <?")
    end = _find(text, "?>", at)
    if target == "xml":
        version = re.search(r"""version=(["'])(.*?)\1""", text[at:end], re.DOTALL)
        if version is not None and version[2] not in ("", "1.0"):
            shown = quote(version[2][:_LONGEST_NAME])
            raise InputError(f"xml: unsupported version {shown}; only version 1.0 is supported")
        encoding = _ENCODING.search(text[at:end])
        if encoding is not None and encoding[2].lower() not in ("", "utf-8", "ascii"):
            name = quote(encoding[2][:_LONGEST_NAME])
            raise InputError(f"xml: opening charset {name}: can't decode XML document using charset {name}")
    return end + 2


def _name(text: str, at: int, fault: str) -> tuple[str, int]:
    found = _NAME.match(text, at)
    if found is None:
        _must(text, at)
        raise _fault(text, at, fault)
    _must(text, found.end())
    if not _SOUND_NAME.match(found[0]):
        raise _fault(text, at, f"invalid XML name: {found[0][:_LONGEST_NAME]}")
    if found[0].count(":") > 1:
        raise _fault(text, at, fault)
    return found[0], found.end()


def _local(name: str, *, fold: bool = True) -> str:
    """A name without its name space."""
    space, colon, rest = name.partition(":")
    local = rest if colon and space and rest else name
    return local.lower() if fold else local


def _skip(text: str, at: int) -> int:
    """The place of the next character that is not a space; there must be one."""
    found = _SPACES.match(text, at)
    assert found is not None
    _must(text, found.end())
    return found.end()


def _find(text: str, what: str, at: int) -> int:
    found = text.find(what, at)
    if found < 0:
        raise _fault(text, len(text), "unexpected EOF")
    return found


def _must(text: str, at: int) -> str:
    if at >= len(text):
        raise _fault(text, len(text), "unexpected EOF")
    return text[at]


def _fault(text: str, at: int, what: str) -> InputError:
    return InputError(f"XML syntax error on line {text.count(chr(10), 0, at) + 1}: {what}")


def _unescape(text: str, start: int, end: int) -> str:
    """A part of the text with its entities replaced; unknown entities are left as they are."""
    value = _ENTITY.sub(_character, text[start:end])
    _check_characters(text, end, value)
    return value


def _check_characters(text: str, end: int, value: str) -> None:
    """Check that `value`, which ends at `end` of the text, has only characters that XML allows."""
    bad = _NO_CHAR.search(value)
    if bad is not None:
        code = ord(bad[0])
        what = "invalid UTF-8" if 0xDC80 <= code <= 0xDCFF else f"illegal character code U+{code:04X}"
        raise _fault(text, end, what)


def _character(found: re.Match[str]) -> str:
    decimal, hexadecimal, name = found.groups()
    if name:
        return _ENTITIES[name]
    digits = (decimal or hexadecimal).lstrip("0")
    code = int(digits or "0", 16 if hexadecimal else 10) if len(digits) <= _LONGEST_CODE else _LAST_CODE + 1
    if code > _LAST_CODE:
        return found[0]
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)
