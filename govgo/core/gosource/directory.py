# SPDX-License-Identifier: BSD-3-Clause
"""A directory of Go source as go/build sees it: which files count, what they import and embed.

Of `#cgo` lines in the comment above `import "C"` only the syntax is checked.

Source of the rules: package go/build (Context.ImportDir, Context.MatchFile); package cmd/cgo, "Using cgo with the go
command".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from govgo.core.golib.quote import GO_SPACE
from govgo.core.gosource.buildtags import TagSet, header_constraints, match_file, satisfies
from govgo.core.gosource.constraint import evaluate, parse_constraint
from govgo.core.gosource.header import read_comments, read_header
from govgo.core.gosource.parse import GoFile, file_of_header
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.errors import SourceError

_VERBS: Final = frozenset(["CFLAGS", "CPPFLAGS", "CXXFLAGS", "FFLAGS", "LDFLAGS", "pkg-config"])
_SAFE_ARGUMENT = late("[-+.,/0-9=A-Z_a-z:$@%! ~^\x80-\U0010ffff]+\\Z")
_FIELDS = late(f"[^{GO_SPACE}]+")
_DIRECTIVE = late(r"(?:line |extern |export |[a-z0-9]+:[a-z0-9])")
#: Extensions, besides .go, of files that are built.
OTHER_EXTENSIONS: Final = frozenset(
    ".c .cc .cpp .cxx .m .h .hh .hpp .hxx .f .F .for .f90 .s .S .sx .swig .swigcxx .syso".split()  # noqa: SIM905
)


class Sources(NamedTuple):
    """The files of a package of one kind (its own, its tests, its external tests), their imports and embeds, sorted."""

    files: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    embeds: tuple[str, ...] = ()


class BuildPackage(NamedTuple):
    """A directory's package.

    Attributes:
        name: of the package, "" when no file has one.
        sources: its files, those with cgo among them, and their imports and embed patterns.
        cgo_files: those of `sources` that import "C".
        tests: files of the package in *_test.go.
        xtests: files of the package's external test.
        ignored: Go files that names or constraints leave out.
        invalid: Go files with faults; most of them are in another list, too.
        error: go/build's text for the first fault, `no buildable Go source files in DIR`, or "".
        fault: `error` as `go list` prints it.
    """

    name: str
    sources: Sources
    cgo_files: tuple[str, ...]
    tests: Sources
    xtests: Sources
    ignored: tuple[str, ...]
    invalid: tuple[str, ...]
    error: str
    fault: str


def import_dir(
    directory: str, files: Iterable[tuple[str, bytes]], tags: TagSet, *, use_all: bool = False
) -> BuildPackage:
    """Read the Go files of a directory (Context.ImportDir).

    Args:
        directory: its name in error texts.
        files: base name and content, in the order of the directory.
        tags: the build tags that hold.
        use_all: whether files count that names or constraints leave out.
    """
    draft = _Draft(directory, tags)
    for name, data in files:
        if not name.endswith(".go") or name[0] in "_.":
            continue
        try:
            file = _go_file(name, data, tags, use_all)
        except SourceError as err:
            draft.add_fault(name, str(err), str(err))
            continue
        if file is not None and file.error:
            draft.add_fault(name, file.error, file.fault)
        if file is None or file.package == "documentation":
            draft.ignored.append(name)
        else:
            draft.add(file)
    return draft.package()


def match_source(name: str, data: bytes, tags: TagSet, *, use_all: bool = False) -> bool:
    """Whether a file is built, by its name and its beginning (Context.MatchFile).

    Args:
        name: path; its last element decides.
        data: content.
        tags: the build tags that hold.
        use_all: whether a file counts whatever its name and constraints say.

    Raises:
        SourceError: the constraints, or the comments before them, are malformed.
    """
    base = name.rpartition("/")[2]
    dot = base.rfind(".")
    extension = base[dot:] if dot >= 0 else ""
    if base.startswith(("_", ".")) or not (extension == ".go" or extension in OTHER_EXTENSIONS):
        return False
    if not match_file(base, tags) and not use_all:
        return False
    if extension == ".syso":
        return True
    header = read_header(data) if extension == ".go" else read_comments(data)
    if header.stops_at_nul:
        raise SourceError(f"read {name}: unexpected NUL in input")
    if header.is_broken and extension != ".go":
        raise SourceError(f"read {name}: syntax error")
    try:
        return satisfies(header_constraints(header.data), tags) or use_all
    except SourceError as err:
        raise SourceError(f"{base}: {err}", inner=err) from err


def _go_file(name: str, data: bytes, tags: TagSet, use_all: bool) -> GoFile | None:
    if not match_file(name, tags) and not use_all:
        return None
    header = read_header(data)
    file = file_of_header(name, data, header)
    if file.unreadable:
        raise SourceError(file.error)
    try:
        counts = satisfies(header_constraints(header.data), tags)
    except SourceError as err:
        raise SourceError(f"{name}: {err}", inner=err) from err
    return file if counts or use_all else None


class _Part:
    """The files of one kind while they are added."""

    __slots__ = ("embeds", "files", "imports")

    def __init__(self) -> None:
        self.files: list[str] = []
        self.imports: set[str] = set()
        self.embeds: set[str] = set()

    def add(self, file: GoFile) -> None:
        self.files.append(file.name)
        self.imports.update(file.imports)
        self.embeds.update(file.embeds)

    def frozen(self) -> Sources:
        return Sources(tuple(self.files), _sorted(self.imports), _sorted(self.embeds))


class _Draft:
    """A package while its files are added."""

    def __init__(self, directory: str, tags: TagSet) -> None:
        self.directory = directory
        self.tags = tags
        self.name = ""
        self.first_file = ""
        self.sources, self.tests, self.xtests = _Part(), _Part(), _Part()
        self.cgo_files: list[str] = []
        self.ignored: list[str] = []
        self.invalid: dict[str, None] = {}
        self.error = ""
        self.fault = ""

    def add_fault(self, name: str, error: str, fault: str) -> None:
        if not self.invalid:
            self.error, self.fault = error, fault
        self.invalid[name] = None

    def add(self, file: GoFile) -> None:
        is_xtest = file.xtest and self.name != file.package
        self._join(file, file.package.removesuffix("_test") if is_xtest else file.package)
        if file.cgo and file.is_test:
            text = f"use of cgo in test {file.name} not supported"
            self.add_fault(file.name, text, text)
        elif file.cgo:
            self._add_cgo(file)
            return
        part = self.xtests if is_xtest else self.tests if file.is_test else self.sources
        part.add(file)

    def package(self) -> BuildPackage:
        error, fault = self.error, self.fault
        if not self.invalid and not (self.sources.files or self.tests.files or self.xtests.files):
            error = f"no buildable Go source files in {self.directory}"
            fault = f"build constraints exclude all Go files in {self.directory}" if self.ignored else error
        return BuildPackage(
            self.name,
            self.sources.frozen(),
            tuple(self.cgo_files),
            self.tests.frozen(),
            self.xtests.frozen(),
            tuple(self.ignored),
            tuple(self.invalid),
            error,
            fault,
        )

    def _join(self, file: GoFile, package: str) -> None:
        if self.name == "":
            self.name, self.first_file = package, file.name
        elif package != self.name:
            text = f"found packages {self.name} ({self.first_file}) and {package} ({file.name}) in {self.directory}"
            self.add_fault(file.name, text, text)

    def _add_cgo(self, file: GoFile) -> None:
        for doc in file.cgo_docs:
            text = cgo_fault(file.name, doc, self.tags)
            if text:
                self.add_fault(file.name, text, text)
        if self.tags.has_cgo:
            self.cgo_files.append(file.name)
            self.sources.add(file)
        else:
            self.ignored.append(file.name)


def _sorted(texts: set[str]) -> tuple[str, ...]:
    return tuple(sorted(texts, key=lambda text: text.encode("utf-8", "surrogateescape")))


def cgo_fault(name: str, doc: tuple[str, ...], tags: TagSet) -> str:
    """go/build's error about the #cgo lines of a comment, or "".

    Args:
        name: of the file.
        doc: the texts of the comments, with their slashes.
        tags: decide whether a line with conditions applies; one that does not is not checked further.
    """
    for original in _lines(doc):
        line = original.strip(GO_SPACE)
        if not line.startswith(("#cgo ", "#cgo\t")):
            continue
        words = _FIELDS.findall(line)
        if len(words) == 3 and words[1] in ("nocallback", "noescape"):
            continue
        head, colon, arguments = line[4:].strip(GO_SPACE).partition(":")
        words = _FIELDS.findall(head)
        invalid = f"{name}: invalid #cgo line: {original}"
        if not colon or not words:
            return invalid
        *conditions, verb = words
        if conditions and not any(_holds(condition, tags) for condition in conditions):
            continue
        split = _split_quoted(arguments)
        if split is None:
            return invalid
        for argument in split:
            if not _is_safe(argument):
                return f"{name}: malformed #cgo argument: {argument.replace('${SRCDIR}', '')}"
        if verb not in _VERBS:
            return f"{name}: invalid #cgo verb: {original}"
    return ""


def _lines(doc: tuple[str, ...]) -> Iterator[str]:
    """The lines of a comment without slashes and directives (ast.CommentGroup.Text)."""
    for comment in doc:
        if comment.startswith("/*"):
            body = comment[2:].removesuffix("*/")
        else:
            body = comment[2:]
            if body.startswith(" "):
                body = body[1:]
            elif _DIRECTIVE.match(body):
                continue
        for line in body.split("\n"):
            yield line.rstrip(" \t\n\r")


def _holds(condition: str, tags: TagSet) -> bool:
    mark = "//go:build " if any(char in condition for char in "&|()") else "// +build "
    try:
        return evaluate(parse_constraint(mark + condition), tags.match)
    except SourceError:
        return False


def _is_safe(argument: str) -> bool:
    if "${SRCDIR}" not in argument:
        return _SAFE_ARGUMENT.match(argument) is not None
    return all(_SAFE_ARGUMENT.match(chunk) for chunk in argument.split("${SRCDIR}") if chunk)


def _split_quoted(text: str) -> list[str] | None:
    """The words of a line: quotes keep blanks together, a backslash escapes; None when one of them is not closed."""
    words: list[str] = []
    word, mark, is_word, is_escaped = "", "", False, False
    for char in text:
        if is_escaped:
            is_escaped, word = False, word + char
        elif char == "\\":
            is_escaped = True
        elif mark:
            mark, word = ("", word) if char == mark else (mark, word + char)
        elif char in "\"'":
            is_word, mark = True, char
        elif char in GO_SPACE:
            if is_word or word:
                words.append(word)
            is_word, word = False, ""
        else:
            word += char
    if is_word or word:
        words.append(word)
    return None if mark or is_escaped else words
