# SPDX-License-Identifier: BSD-3-Clause
"""The package clause and the imports of a Go source file as go's parser sees them, with its errors.

`read_go_file` returns what go/build learns from one file. A regular expression reads the files whose header is plainly
sound; only the others need the parser. tests/property/test_fast_paths.py compares the two.

Source of the rules: the Go specification, "Source file organization"; packages go/parser (ImportsOnly) and go/build;
package embed, "Directives".
"""

from __future__ import annotations

from govgo.core.golib.quote import GO_SPACE, is_bad_byte, unquote
from govgo.core.golib.unicode import is_print
from govgo.core.gosource.header import MAX_PATH, Header, read_header
from govgo.core.gosource.scan import KEYWORDS, LITERALS, Fault, Scanner, Token
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.typehints import Final

# A header that go's parser accepts for certain: names in ASCII, paths of common characters, nothing that could be read
# in two ways. What it refuses may still be sound.
_BLANK = r"(?>(?:[ \t\r\n]++|//[^\n]*+\n?|/\*(?>(?:[^*]++|\*(?!/))*)\*/)*)"
_INLINE = r"(?>(?:[ \t\r]++|/\*(?>(?:[^*\n]++|\*(?!/))*)\*/)*)"
_END = _INLINE + r"(?:;|\n|//[^\n]*+(?:\n|\Z)|\Z)"
_NAME = rf"(?!{KEYWORDS}(?![A-Za-z0-9_]))[A-Za-z_][A-Za-z0-9_]*+"
_PATH = "[A-Za-z0-9._/~+@-]++"
_SPEC = rf'(?:(?:\.|{_NAME})[ \t]*+)?(?:"{_PATH}"|`{_PATH}`)'
_SOUND = late(
    rf"{_BLANK}package[ \t]++({_NAME}){_END}(?>(?:{_BLANK}import[ \t]*+"
    rf"(?:\({_BLANK}(?>(?:{_SPEC}(?:{_END}|(?={_INLINE}\))){_BLANK})*)\){_END}|{_SPEC}{_END}))*){_BLANK}\Z"
)
_CGO: Final = frozenset([b'"C"', b"`C`"])
_BAD = late("[\ufeff\udc80-\udcff]")
_ILLEGAL_IN_PATH: Final = frozenset("!\"#$%&'()*,:;<=>?[\\]^{|}`\ufffd")

_EXPRESSION_ENDS: Final = frozenset([",", ":", ";", ")", "]", "}"])
_STATEMENT_STARTS: Final = frozenset(
    ["break", "const", "continue", "defer", "fallthrough", "for", "go", "goto", "if", "return", "select", "switch"]
) | {"type", "var"}
_MAX_FAULTS: Final = 10

#: Comments, and the tokens that may have text that looks like one. Strings and runes end with the line at the latest.
_TOKENS = late(
    rb"(//[^\n]*+)|/\*(?>(?:[^*]++|\*(?!/))*)(?:\*/)?|`[^`]*+`?"
    rb"""|"(?>(?:[^"\\\n]++|\\["\\]|\\)*)"?|'(?>(?:[^'\\\n]++|\\['\\]|\\)*)'?"""
)
_WORD = late(f"[{GO_SPACE}]*([^{GO_SPACE}]+)")
_QUOTED = late(r'`[^`]*`|"(?:[^"\\\n]|\\.)*"')


class ImportSpec(NamedTuple):
    """One import: its name ("", "." or an identifier), path, place and the comment above it."""

    name: str
    path: str
    place: tuple[str, int, int]
    doc: tuple[str, ...]


class Parsed(NamedTuple):
    """The result of the parser. A malformed file may still have a package name.

    Attributes:
        package: the name in the package clause, "" when there is none.
        imports: in order.
        faults: sorted as go prints them.
    """

    package: str
    imports: tuple[ImportSpec, ...]
    faults: tuple[Fault, ...]

    @property
    def error(self) -> str:
        """go's text: the first fault, and how many more there are; "" when there is none."""
        more = f" (and {len(self.faults) - 1} more errors)" if len(self.faults) > 1 else ""
        return str(self.faults[0]) + more if self.faults else ""


class GoFile(NamedTuple):
    """What go/build learns from one file.

    Attributes:
        name: as given.
        package: the name in the package clause; "" where the file is too malformed to have one.
        imports: paths as they first appear, without repetition; none where `error` is set.
        embeds: patterns of //go:embed directives as they first appear, where the file imports "embed".
        is_test: whether the name ends in _test.go.
        xtest: whether it is a test of package P in package P_test.
        cgo: whether it imports "C".
        error: go's text with the position, "" when sound.
        fault: the first fault of `error` without its position, as `go list` prints it.
        unreadable: whether a NUL byte stopped the reading; go then does not list the file.
        cgo_docs: the comments above each import "C", as raw comment texts.
    """

    name: str
    package: str
    imports: tuple[str, ...] = ()
    embeds: tuple[str, ...] = ()
    is_test: bool = False
    xtest: bool = False
    cgo: bool = False
    error: str = ""
    fault: str = ""
    unreadable: bool = False
    cgo_docs: tuple[tuple[str, ...], ...] = ()


def read_go_file(name: str, data: bytes) -> GoFile:
    """Read one file's package, imports and embed patterns; errors are part of the result."""
    return file_of_header(name, data, read_header(data))


def file_of_header(name: str, data: bytes, header: Header) -> GoFile:
    """As `read_go_file`, of a file whose header has been read."""
    is_test = name.endswith("_test.go")
    if header.stops_at_nul:
        text = f"read {name}: unexpected NUL in input"
        return GoFile(name, "", is_test=is_test, error=text, fault=text, unreadable=True)
    text = header.data.decode("utf-8", "surrogateescape")
    package = None if header.is_broken or not _CGO.isdisjoint(header.literals) else _sound_package(text)
    if package is not None:
        paths = tuple(dict.fromkeys(literal.decode()[1:-1] for literal in header.literals))
        if max(map(len, paths), default=0) <= MAX_PATH:
            embeds = embed_patterns(data) if "embed" in paths else ()
            return GoFile(name, package, paths, embeds, is_test, is_test and package.endswith("_test"))
    return _parsed_file(name, data, text, is_test)


def parse_imports(name: str, text: str) -> Parsed:
    """Parse a file up to its imports (go/parser with ImportsOnly and comments)."""
    return _Parser(name, text).parse()


def is_valid_import(path: str) -> bool:
    """Whether go/build accepts an import path: printable characters, no space, none of a few marks."""
    for char in path:
        if char in GO_SPACE or is_bad_byte(char) or char in _ILLEGAL_IN_PATH or not is_print(char):
            return False
    return path != ""


def _sound_package(text: str) -> str | None:
    """The package name of a file that the parser accepts for certain; None when in doubt."""
    if not text.isascii() and _BAD.search(text):
        return None
    if "//line " in text or "/*line " in text:
        return None
    match = _SOUND.match(text)
    return match[1] if match else None


def _parsed_file(name: str, data: bytes, text: str, is_test: bool) -> GoFile:
    parsed = parse_imports(name, text)
    xtest = is_test and parsed.package.endswith("_test")
    if parsed.faults:
        return GoFile(
            name, parsed.package, is_test=is_test, xtest=xtest, error=parsed.error, fault=parsed.faults[0].text
        )
    for spec in parsed.imports:
        is_long = len(spec.path) > MAX_PATH
        if is_long or not is_valid_import(spec.path):
            shown = f"{spec.path[:100]}… ({len(spec.path):,} characters)" if is_long else spec.path
            fault = Fault(*spec.place, f"invalid import path: {shown}")
            return GoFile(name, parsed.package, is_test=is_test, xtest=xtest, error=str(fault), fault=str(fault))
    paths = tuple(dict.fromkeys(spec.path for spec in parsed.imports))
    embeds = embed_patterns(data) if "embed" in paths else ()
    docs = tuple(spec.doc for spec in parsed.imports if spec.path == "C")
    return GoFile(name, parsed.package, paths, embeds, is_test, xtest, "C" in paths, cgo_docs=docs)


class _TooManyFaults(Exception):
    """Ends the parsing of a file with more than ten faults."""


class _Parser:
    """Reads one file; after a fault it goes on where go's parser does, so that the faults are the same."""

    def __init__(self, name: str, text: str) -> None:
        self.scanner = Scanner(name, text)
        self.token = Token("EOF", "", 0)
        self.doc: tuple[str, ...] = ()  # the comment that ends on the line before `token`
        self.imports: list[ImportSpec] = []
        self.sync_offset = -1
        self.sync_count = 0

    def parse(self) -> Parsed:
        package = ""
        try:
            self._next()
            package = self._file()
        except _TooManyFaults:
            self.imports.clear()
        return Parsed(package, tuple(self.imports), tuple(sorted(self.scanner.faults)))

    def _file(self) -> str:
        if self.scanner.faults:
            return ""
        self._expect("package")
        name = self.token.text if self.token.kind == "IDENT" else "_"
        self._expect("IDENT")
        self._end_statement()
        if self.scanner.faults:
            return ""
        while self.token.kind == "import":
            self._declaration()
        return name

    def _declaration(self) -> None:
        doc = self.doc
        self._expect("import")
        if self.token.kind != "(":
            self._spec(doc)
            return
        self._next()
        begin = len(self.imports)
        while self.token.kind not in (")", "EOF"):
            self._spec(self.doc)
        if len(self.imports) == begin + 1 and not self.imports[begin].doc:
            self.imports[begin] = self.imports[begin]._replace(doc=doc)
        self._expect(")")
        self._end_statement()

    def _spec(self, doc: tuple[str, ...]) -> None:
        place = self.scanner.position(self.token.offset)
        name, path = "", ""
        if self.token.kind in ("IDENT", "."):
            name = self.token.text
            self._next()
        if self.token.kind == "STRING":
            path = unquote(self.token.text) or ""
            self._next()
        elif self.token.kind in LITERALS:
            self._fault("import path must be a string")
            self._next()
        else:
            self._fault("missing import path")
            self._advance(_EXPRESSION_ENDS)
        self._end_statement()
        self.imports.append(ImportSpec(name, path, place, doc))

    def _next(self) -> None:
        """The next token, and the comment group that ends on the line before it."""
        before = self._line(self.token.offset)
        self.token = self.scanner.scan()
        self.doc = ()
        group: list[str] = []
        end_line = -1
        is_beside = self.token.kind == "COMMENT" and self._line(self.token.offset) == before
        while self.token.kind == "COMMENT":
            line = self._line(self.token.offset)
            if end_line >= 0 and line > end_line + (0 if is_beside else 1):
                group, is_beside = [], False
            group.append(self.token.text)
            end_line = line + (self.token.text.count("\n") if self.token.text.startswith("/*") else 0)
            self.token = self.scanner.scan()
        if group and not is_beside and end_line + 1 == self._line(self.token.offset):
            self.doc = tuple(group)

    def _line(self, offset: int) -> int:
        return self.scanner.position(offset)[1]

    def _expect(self, kind: str) -> None:
        if self.token.kind != kind:
            self._fault_expected(kind)
        self._next()

    def _end_statement(self) -> None:
        if self.token.kind in (")", "}"):
            return
        if self.token.kind == ";":
            self._next()
        elif self.token.kind == ",":
            self._fault_expected(";")
            self._next()
        else:
            self._fault_expected(";")
            self._advance(_STATEMENT_STARTS)

    def _advance(self, stops: frozenset[str]) -> None:
        """Skip to a token of `stops`. It may stay at the same token ten times, as in go; then it skips that, too."""
        while self.token.kind != "EOF":
            if self.token.kind in stops:
                if self.token.offset == self.sync_offset and self.sync_count < 10:
                    self.sync_count += 1
                    return
                if self.token.offset > self.sync_offset:
                    self.sync_offset, self.sync_count = self.token.offset, 0
                    return
            self._next()

    def _fault_expected(self, kind: str) -> None:
        token = self.token
        if (token.kind, token.text) == (";", "\n"):
            found = "newline"
        elif token.kind in LITERALS:
            found = token.text
        else:
            found = f"'{token.kind}'"
        self._fault(f"expected '{kind}', found {found}")

    def _fault(self, text: str) -> None:
        """Note a fault at the current token, at most one for each line."""
        faults = self.scanner.faults
        if faults and faults[-1].line == self._line(self.token.offset):
            return
        if len(faults) > _MAX_FAULTS:
            raise _TooManyFaults
        self.scanner.fault(self.token.offset, text)


def embed_patterns(data: bytes) -> tuple[str, ...]:
    """The patterns of all //go:embed directives of a file, in order, without repetition.

    A directive with a malformed quoted pattern is ignored, as in go/build.
    """
    if b"//go:embed" not in data:
        return ()
    found: dict[str, None] = {}
    for comment in _TOKENS.findall(data):
        if comment.startswith(b"//go:embed"):
            found.update(dict.fromkeys(_arguments(comment)))
    return tuple(found)


def _arguments(comment: bytes) -> list[str]:
    text = comment.decode("utf-8", "surrogateescape").replace("\r", "")[len("//go:embed") :]
    if text[:1] not in GO_SPACE:
        return []
    text = text.strip(GO_SPACE)
    found = []
    while text:
        if text[0] in '`"':
            match = _QUOTED.match(text)
            value = unquote(match[0]) if match else None
            if match is None or value is None or text[match.end() : match.end() + 1] not in GO_SPACE:
                return []
        else:
            match = _WORD.match(text)
            assert match is not None, text
            value = match[1]
        found.append(value)
        text = text[match.end() :].lstrip(GO_SPACE)
    return found
