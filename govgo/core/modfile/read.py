# SPDX-License-Identifier: BSD-3-Clause
"""From the syntax tree to directives: `parse`, `parse_lax` and `parse_work`.

Reading the words after a verb also normalizes them in the tree: needless quotes are removed, and versions become what
the version fixer made of them. So a file that is parsed and printed has the versions that the parser reports.

All errors of the directives are collected, so that one run shows all of them.

Source of the rules: Go Modules Reference, "go.mod files" and "Workspaces"; error texts as the go command prints them.
"""

from __future__ import annotations

from collections.abc import Callable

from govgo.core.golib.quote import GO_SPACE, quote, unquote
from govgo.core.lazyregex import late
from govgo.core.modfile.directivefile import DirectiveFile, is_go_version, is_toolchain_name
from govgo.core.modfile.directives import (
    Exclude,
    Go,
    Godebug,
    Ignore,
    Module,
    Replace,
    Require,
    Retract,
    Tool,
    Toolchain,
    Use,
    is_indirect,
)
from govgo.core.modfile.faults import MAX_FAULTS, LineFault, ModFileErrors, VersionFixError
from govgo.core.modfile.gomod import ModFile
from govgo.core.modfile.gowork import WorkFile
from govgo.core.modfile.parser import parse_syntax
from govgo.core.modfile.quote import auto_quote, is_directory_path, token_value
from govgo.core.modfile.syntax import CommentBlock, FileSyntax, Line, LineBlock
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import canonical_version, check_path_major, split_path_version
from govgo.errors import Failure, GovgoError, InputError, InvalidVersionError

VersionFixer = Callable[[str, str], str]
"""`fix(module path, version or query)` returns the canonical version. It may raise VersionFixError or any other
GovgoError.
"""

# Compiled when first needed, which is rare: compiling takes a good part of the time that a command needs to start.
_DEPRECATED = late(r"(?s)(?:\A|\n\n)Deprecated: *(.*?)(?:\Z|\n\n)")
# "v1.21", "1.21-beta": go lines with which dependencies have been published.
_LAX_GO_VERSION = late(r"v?([1-9][0-9]*\.(?:0|[1-9][0-9]*))[^0-9].*")

_MOD_BLOCKS = frozenset({"module", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore"})
_WORK_BLOCKS = frozenset({"godebug", "use", "replace"})
_LAX_VERBS = frozenset({"go", "module", "retract", "require", "ignore"})
_SPACE_BYTES = b"\t\n\v\f\r "

_Add = Callable[[LineBlock | None, Line, str, int], None]
"""`add(block, line, verb, first)` reads one directive: the block around its line, if any, and where its arguments begin
among the tokens.
"""


def leave_version(path: str, version: str) -> str:
    """A version fixer that changes nothing."""
    return version


def blame(verb: str, path: str, error: Exception | str) -> str:
    """go's text for an error about one module: `verb path: error`."""
    return f"{verb} {path}: {error}" if path else f"{verb}: {error}"


def read_string(tokens: list[str], at: int) -> str:
    """The value of token `at`."""
    try:
        value = token_value(tokens[at])
    except InputError as error:
        raise InputError(f"invalid quoted string: {error}") from None
    tokens[at] = auto_quote(value)
    return value


def read_version(verb: str, path: str, tokens: list[str], at: int, fix: VersionFixer | None) -> str:
    """The version at token `at`, canonical, or what `fix` makes of it."""
    token = tokens[at]
    try:
        value = token_value(token)
    except InputError as error:
        raise InputError(blame(verb, path, f"version {quote(token)} invalid: {error}")) from None
    if fix is None:
        version = canonical_version(value)
        if not version:
            reason = f"version {quote(value)} invalid: must be of the form v1.2.3"
            raise InputError(blame(verb, path, reason))
    else:
        tokens[at] = auto_quote(value)
        try:
            version = fix(path, value)
        except VersionFixError as error:
            raise InputError(blame(verb, path, error), inner=error.inner or error) from error
    tokens[at] = version
    return version


def read_path_major(path: str) -> str:
    """The major version suffix of a module path."""
    _, path_major, ok = split_path_version(path)
    if not ok:
        raise InputError("invalid module path")
    return path_major


def check_major(verb: str, path: str, version: str, path_major: str) -> None:
    """Check that the major version of `version` is that of the path."""
    try:
        check_path_major(version, path_major)
    except InvalidVersionError as error:
        raise InputError(blame(verb, path, error), inner=error) from None


def read_interval(path: str, tokens: list[str], at: int, fix: VersionFixer | None) -> tuple[str, str, int]:
    """The version, or closed interval `[low, high]`, from token `at` on; and where the next token is."""
    count = len(tokens)
    if at >= count or tokens[at] == "(":
        raise InputError("expected '[' or version")
    if tokens[at] != "[":
        version = read_version("retract", path, tokens, at, fix)
        return version, version, at + 1
    if at + 1 >= count:
        raise InputError("expected version after '['")
    low = read_version("retract", path, tokens, at + 1, fix)
    if at + 2 >= count or tokens[at + 2] != ",":
        raise InputError("expected ',' after version")
    if at + 3 >= count:
        raise InputError("expected version after ','")
    high = read_version("retract", path, tokens, at + 3, fix)
    if at + 4 >= count or tokens[at + 4] != "]":
        raise InputError("expected ']' after version")
    return low, high, at + 5


def read_replace(line: Line, first: int, fix: VersionFixer | None) -> Replace:
    """A replacement from token `first` on: `path [version] => path version` or `path [version] => directory`."""
    tokens = line.tokens
    count = len(tokens) - first
    arrow = 1 if count >= 2 and tokens[first + 1] == "=>" else 2
    if not arrow + 2 <= count <= arrow + 3 or tokens[first + arrow] != "=>":
        raise InputError(
            "usage: replace module/path [v1.2.3] => other/module v1.4\n"
            "\t or replace module/path [v1.2.3] => ../local/directory"
        )
    path = read_string(tokens, first)
    try:
        path_major = read_path_major(path)
    except InputError as error:
        raise InputError(blame("replace", path, error)) from None
    version = ""
    if arrow == 2:
        version = read_version("replace", path, tokens, first + 1, fix)
        check_major("replace", path, version, path_major)
    new_path = read_string(tokens, first + arrow + 1)
    new_version = ""
    if count == arrow + 2:
        _check_directory(new_path)
    else:
        new_version = read_version("replace", new_path, tokens, first + arrow + 2, fix)
        if is_directory_path(new_path):
            raise InputError(f"replacement module directory path {quote(new_path)} cannot have version")
    return Replace(ModuleVersion(path, version), ModuleVersion(new_path, new_version), syntax=line)


def _check_directory(path: str) -> None:
    if not is_directory_path(path):
        if "@" in path:
            raise InputError("replacement module must match format 'path version', not 'path@version'")
        raise InputError("replacement module without version must be directory path (rooted or starting with . or ..)")
    if "\\" in path:
        raise InputError("replacement directory appears to be Windows path (on a non-windows system)")


def directive_comment(block: LineBlock | None, line: Line) -> str:
    """The text of the comments of a line; of those of its block when the line has none."""
    node = block if block is not None and not line.before and not line.suffix else line
    if not node.before and not node.suffix:
        return ""
    return "\n".join(c.text for c in (*node.before, *node.suffix) if c.token.startswith("//"))


def deprecation(block: LineBlock | None, line: Line) -> str:
    """The message of the first comment paragraph that begins with "Deprecated:", "" where there is none."""
    comment = directive_comment(block, line)
    match = _DEPRECATED.search(comment) if "Deprecated:" in comment else None
    return match[1] if match else ""


def parse(name: str, data: bytes, fix: VersionFixer | None = None) -> ModFile:
    """Parse the go.mod of a main module: unknown statements are errors.

    Args:
        name: the file's name in error texts.
        data: the file.
        fix: makes versions canonical; without it they must be so already, up to `v1` for `v1.0.0`.

    Raises:
        ModFileErrors: everything that is wrong.
        SecurityError: raised by `fix`.
    """
    return _ModReader(name, data, fix, strict=True).file


def parse_lax(name: str, data: bytes, fix: VersionFixer | None = None) -> ModFile:
    """Parse the go.mod of a dependency: only module, go, require, retract and ignore are read, unknown verbs skipped.

    Raises:
        ModFileErrors: everything that is wrong with these.
    """
    return _ModReader(name, data, fix, strict=False).file


def parse_work(name: str, data: bytes, fix: VersionFixer | None = None) -> WorkFile:
    """Parse a go.work.

    Raises:
        ModFileErrors: everything that is wrong.
    """
    return _WorkReader(name, data, fix).file


def module_path(data: bytes) -> str:
    """The path of the first `module` line, "" where there is none; other lines may be anything."""
    for row in data.split(b"\n"):
        row = _trim(row.partition(b"//")[0])
        if not row.startswith(b"module"):
            continue
        rest = row[6:]
        path = _trim(rest)
        if not path or len(path) == len(rest):
            continue
        text = path.decode("utf-8", "surrogateescape")
        return (unquote(text) or "") if text[0] in '"`' else text
    return ""


def _trim(row: bytes) -> bytes:
    """The line without the white space around it, in Go's sense of white space."""
    row = row.strip(_SPACE_BYTES)
    if row.isascii():
        return row
    return row.decode("utf-8", "surrogateescape").strip(GO_SPACE).encode("utf-8", "surrogateescape")


class _Reader:
    """What go.mod and go.work have in common: walking the statements and collecting errors."""

    def __init__(self, name: str, fix: VersionFixer | None, *, strict: bool) -> None:
        self.name = name
        self.fix = fix
        self.strict = strict
        self.errors: list[LineFault] = []

    def walk(self, syntax: FileSyntax, blocks: frozenset[str], add: _Add) -> None:
        for statement in syntax.statements:
            if len(self.errors) >= MAX_FAULTS:
                break
            if isinstance(statement, CommentBlock):
                continue
            verb = statement.tokens[0]
            if isinstance(statement, Line):
                self.try_line(add, None, statement, verb, 1)
            elif len(statement.tokens) == 1 and verb in blocks:
                for line in statement.lines:
                    self.try_line(add, statement, line, verb, 0)
            elif self.strict:
                self.note(statement, InputError("unknown block type: " + " ".join(statement.tokens)))

    def try_line(self, add: _Add, block: LineBlock | None, line: Line, verb: str, first: int) -> None:
        try:
            add(block, line, verb, first)
        except Failure as error:
            self.note(line, error)

    def note(self, node: Line | LineBlock, error: GovgoError) -> None:
        if len(self.errors) < MAX_FAULTS:
            inner = error.inner if type(error) is InputError else error
            self.errors.append(LineFault(str(error), file=self.name, position=node.start, inner=inner))

    def finish(self) -> None:
        if self.errors:
            raise ModFileErrors(tuple(self.errors))

    def add_common(self, file: DirectiveFile, line: Line, verb: str, first: int) -> None:
        """The verbs that mean the same in both files."""
        match verb:
            case "go":
                self._go(file, line, first)
            case "toolchain":
                if file.toolchain is not None:
                    raise InputError("repeated toolchain statement")
                name = _only(line, first, "toolchain directive expects exactly one argument")
                if not is_toolchain_name(name):
                    raise InputError(f"invalid toolchain version '{name}': must match format go1.23.0 or default")
                file.toolchain = Toolchain(name, syntax=line)
            case "godebug":
                usage = "usage: godebug key=value"
                setting = _only(line, first, usage)
                key, equals, value = setting.partition("=")
                if not equals or any(mark in setting for mark in "\"`',"):
                    raise InputError(usage)
                file.godebug.append(Godebug(key, value, syntax=line))
            case "replace":
                file.replace.append(read_replace(line, first, self.fix))
            case _:
                raise InputError(f"unknown directive: {verb}")

    def _go(self, file: DirectiveFile, line: Line, first: int) -> None:
        if file.go is not None:
            raise InputError("repeated go statement")
        version = _only(line, first, "go directive expects exactly one argument")
        if not is_go_version(version):
            lax = None if self.strict else _LAX_GO_VERSION.fullmatch(version)
            if lax is None:
                raise InputError(f"invalid go version '{version}': must match format 1.23.0")
            version = line.tokens[first] = lax[1]
        file.go = Go(version, syntax=line)


class _ModReader(_Reader):
    def __init__(self, name: str, data: bytes, fix: VersionFixer | None, *, strict: bool) -> None:
        super().__init__(name, fix, strict=strict)
        self.file = ModFile(parse_syntax(name, data))
        self._rationale: tuple[LineBlock | None, str] = None, ""
        self.walk(self.file.syntax, _MOD_BLOCKS, self._add)
        self._fix_retractions()
        self.finish()

    def _add(self, block: LineBlock | None, line: Line, verb: str, first: int) -> None:
        if not self.strict and verb not in _LAX_VERBS:
            return
        file = self.file
        match verb:
            case "require" | "exclude":
                self._versioned(line, verb, first)
            case "module":
                if file.module is not None:
                    raise InputError("repeated module statement")
                file.module = Module(deprecated=deprecation(block, line), syntax=line)
                _only(line, first, "usage: module module/path")
                file.module.mod = ModuleVersion(read_string(line.tokens, first))
            case "retract":
                self._retract(block, line, first)
            case "tool":
                _only(line, first, "tool directive expects exactly one argument")
                file.tool.append(Tool(read_string(line.tokens, first), syntax=line))
            case "ignore":
                _only(line, first, "ignore directive expects exactly one argument")
                file.ignore.append(Ignore(read_string(line.tokens, first), syntax=line))
            case _:
                self.add_common(file, line, verb, first)

    def _versioned(self, line: Line, verb: str, first: int) -> None:
        tokens = line.tokens
        if len(tokens) != first + 2:
            raise InputError(f"usage: {verb} module/path v1.2.3")
        path = read_string(tokens, first)
        version = read_version(verb, path, tokens, first + 1, self.fix)
        check_major(verb, path, version, read_path_major(path))
        if verb == "require":
            self.file.require.append(Require(ModuleVersion(path, version), is_indirect(line), syntax=line))
        else:
            self.file.exclude.append(Exclude(ModuleVersion(path, version), syntax=line))

    def _retract(self, block: LineBlock | None, line: Line, first: int) -> None:
        """Read a retraction; its versions are fixed later. In a dependency, forms of a later go are skipped."""
        if block is None or line.before or line.suffix:
            rationale = directive_comment(None, line)
        else:
            if self._rationale[0] is not block:  # one text for all lines of a block: each may be long
                self._rationale = block, directive_comment(block, line)
            rationale = self._rationale[1]
        try:
            low, high, rest = read_interval("", line.tokens, first, leave_version)
        except InputError:
            if self.strict:
                raise
            return
        if rest < len(line.tokens) and self.strict:
            raise InputError(f"unexpected token after version: {quote(line.tokens[rest])}")
        self.file.retract.append(Retract(low, high, rationale, syntax=line))

    def _fix_retractions(self) -> None:
        """Fix the versions of retractions, at the end: this needs the module path, which may be on the last line."""
        if self.fix is None:
            return
        module = self.file.module
        for retract in self.file.retract:
            if module is None or not module.mod.path:
                text = "no module directive found, so retract cannot be used"
                self.note(retract.syntax, InputError(text))
                return
            try:
                first = 1 if retract.syntax.tokens[0] == "retract" else 0
                retract.low, retract.high, _ = read_interval(module.mod.path, retract.syntax.tokens, first, self.fix)
            except Failure as error:
                self.note(retract.syntax, error)


class _WorkReader(_Reader):
    def __init__(self, name: str, data: bytes, fix: VersionFixer | None) -> None:
        super().__init__(name, fix, strict=True)
        self.file = WorkFile(parse_syntax(name, data))
        self.walk(self.file.syntax, _WORK_BLOCKS, self._add)
        self.finish()

    def _add(self, block: LineBlock | None, line: Line, verb: str, first: int) -> None:
        if verb != "use":
            self.add_common(self.file, line, verb, first)
            return
        _only(line, first, "usage: use local/dir")
        self.file.use.append(Use(read_string(line.tokens, first), syntax=line))


def _only(line: Line, first: int, usage: str) -> str:
    """The only argument; if there is none, or there are several, the error is `usage`."""
    if len(line.tokens) != first + 1:
        raise InputError(usage)
    return line.tokens[first]
