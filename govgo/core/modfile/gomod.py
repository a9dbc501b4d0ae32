# SPDX-License-Identifier: BSD-3-Clause
"""A go.mod file: its directives, and the edits that the go command makes.

From go 1.17 on, direct and indirect requirements are in blocks of their own:

    require (                         require (
        rsc.io/quote v1.5.2               golang.org/x/text v0.3.0 // indirect
    )                                 )

A requirement that becomes direct or indirect moves to the last block of that kind that has no comments. Blocks with
comments stay as they are: someone has arranged them.
"""

from __future__ import annotations

from collections.abc import Iterable

from govgo.core.golib.quote import quote
from govgo.core.modfile.directivefile import DirectiveFile, DuplicateRemover, sort_lines
from govgo.core.modfile.directives import Exclude, Ignore, Module, Require, Retract, Tool, is_indirect
from govgo.core.modfile.quote import auto_quote
from govgo.core.modfile.syntax import Comment, CommentBlock, Comments, Expr, FileSyntax, Line, LineBlock
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import canonical_version, check_path_major, path_major_prefix, split_path_version
from govgo.core.version import semver
from govgo.errors import InvalidVersionError

SEMANTIC_EXCLUDE_VERSION = "1.21"
"""From this go line on, the exclusions of one module are sorted by version."""

_VERB = "require"


def add_require_line(syntax: FileSyntax, require: Require) -> Require:
    """Add a requirement at the end of the last block of them, and return its record."""
    path, version = require.mod
    record = Require(require.mod, syntax=syntax.add_line(None, _VERB, auto_quote(path), version))
    record.set_indirect(require.indirect)
    return record


def set_all(syntax: FileSyntax, records: list[Require], requirements: Iterable[Require]) -> None:
    """Make the requirements exactly `requirements`: versions are changed in place, new ones join the last block."""
    need: dict[str, Require] = {}
    for require in requirements:
        path, version = require.mod
        if need.setdefault(path, require).mod.version != version:
            raise ValueError(f"conflicting versions for path {path}: {need[path].mod.version} and {version}")
        need[path] = require
    for record in records:
        require_or_none = need.pop(record.mod.path, None)
        if require_or_none is None:
            record.clear()
        else:
            record.set_version(require_or_none.mod.version)
            record.set_indirect(require_or_none.indirect)
    records.extend(add_require_line(syntax, require) for require in need.values())


def set_separately(
    syntax: FileSyntax, records: list[Require], requirements: Iterable[Require], *, at_most_two: bool
) -> None:
    """Make the requirements exactly `requirements`, direct and indirect ones in blocks of their own.

    Args:
        syntax: the file.
        records: its requirements; changed in place.
        requirements: the last one of a path counts.
        at_most_two: move every requirement, with comments or without, so that two blocks remain; the comments of
            the other blocks are put above these two.
    """
    need = {require.mod.path: require for require in requirements}
    layout = _Layout(syntax)
    if at_most_two:
        layout.gather_comments(
            {record.syntax: need[record.mod.path].indirect for record in records if record.mod.path in need}
        )
    layout.make_blocks()
    have: set[str] = set()
    for record in records:
        require = need.get(record.mod.path)
        if require is None or record.mod.path in have:
            record.clear()
            continue
        have.add(record.mod.path)
        record.set_version(require.mod.version)
        record.set_indirect(require.indirect)
        target, other = layout.sides(require.indirect)
        if at_most_two or layout.one_flat_block or layout.home.get(record.syntax) is other:
            _move(record, target)
    for path, require in need.items():
        if path not in have:
            line = Line([auto_quote(path), require.mod.version], in_block=True)
            record = Require(require.mod, syntax=line)
            record.set_indirect(require.indirect)
            layout.sides(require.indirect)[0].lines.append(line)
            records.append(record)


def _move(record: Require, block: LineBlock) -> None:
    """Move the line of a record, with its comments, to the end of `block`."""
    line = record.syntax.copy()
    if not line.in_block and line.tokens[:1] == [_VERB]:
        del line.tokens[0]
    line.in_block = True
    record.syntax.tokens = []
    record.syntax = line
    block.lines.append(line)


def _annotated(node: Expr) -> bool:
    """Whether a node has comments other than "// indirect"."""
    if node.before or node.after or len(node.suffix) > 1:
        return True
    return len(node.suffix) == 1 and node.suffix[0].text != "indirect"


class _Layout:
    """Where the requirements of a file are, and the two blocks to which requirements are added or moved.

    Attributes:
        direct_at: the index of the last statement that has direct requirements only, and no comments; -1 for none.
        indirect_at: likewise for indirect requirements.
        last_at: the index of the last statement of requirements, -1 for none.
        one_flat_block: whether all requirements are in one statement without comments.
        home: the block in which each line was at first, if it was in one.
        direct: the block for direct requirements, after `make_blocks`.
        indirect: likewise for indirect ones.
    """

    def __init__(self, syntax: FileSyntax) -> None:
        self.syntax = syntax
        self.direct_at = self.indirect_at = self.last_at = -1
        self.home: dict[Line, LineBlock] = {}
        self.direct = self.indirect = LineBlock()
        self.direct_comments: Comments = ()
        self.indirect_comments: Comments = ()
        count = 0
        for index, statement in enumerate(self.syntax.statements):
            if isinstance(statement, CommentBlock) or statement.tokens[:1] != [_VERB]:
                continue
            count += 1
            self.last_at = index
            direct, indirect = self._kinds(statement)
            if direct:
                self.direct_at = index
            if indirect:
                self.indirect_at = index
        self.one_flat_block = count == 1 and not _annotated(self.syntax.statements[self.last_at])

    def _kinds(self, statement: Line | LineBlock) -> tuple[bool, bool]:
        """Whether a statement has direct requirements only, or indirect ones only; neither when it has comments."""
        lines = [statement]
        if isinstance(statement, LineBlock):
            self.home.update(dict.fromkeys(statement.lines, statement))
            lines = [*statement.lines]
        if not lines or _annotated(statement) or any(map(_annotated, lines)):
            return False, False
        marks = {is_indirect(line) for line in lines if isinstance(line, Line)}
        return marks == {False}, marks == {True}

    def gather_comments(self, marks: dict[Line, bool]) -> None:
        """Collect the comments above all blocks; `marks` has the lines that stay, and whether they will be indirect."""
        for statement in self.syntax.statements:
            if not isinstance(statement, LineBlock) or statement.tokens[:1] != [_VERB]:
                continue
            before, statement.before = statement.before, ()
            if statement.lines and all(marks.get(line, True) for line in statement.lines):
                self.indirect_comments = _join(self.indirect_comments, before)
            else:
                self.direct_comments = _join(self.direct_comments, before)

    def make_blocks(self) -> None:
        """Find or insert the two blocks. If one stays empty, or with a single line, `cleanup` undoes it."""
        if self.direct_at >= 0:
            self.direct = self._as_block(self.direct_at)
        else:
            if self.indirect_at >= 0:
                self.direct_at = self.indirect_at
                self.indirect_at += 1
            elif self.last_at >= 0:
                self.direct_at = self.last_at + 1
            else:
                self.direct_at = len(self.syntax.statements)
            self.direct = self._insert(self.direct_at)
        if self.indirect_at >= 0:
            self.indirect = self._as_block(self.indirect_at)
        else:
            self.indirect = self._insert(self.direct_at + 1)
        self.direct.before += self.direct_comments
        self.indirect.before += self.indirect_comments

    def sides(self, indirect: bool) -> tuple[LineBlock, LineBlock]:
        """The block for requirements of this kind, and the other one."""
        return (self.indirect, self.direct) if indirect else (self.direct, self.indirect)

    def _insert(self, index: int) -> LineBlock:
        block = LineBlock([_VERB])
        self.syntax.statements.insert(index, block)
        return block

    def _as_block(self, index: int) -> LineBlock:
        statement = self.syntax.statements[index]
        if isinstance(statement, LineBlock):
            return statement
        assert isinstance(statement, Line)
        block = LineBlock([_VERB], [statement])
        statement.tokens = statement.tokens[1:]
        statement.in_block = True
        self.syntax.statements[index] = block
        return block


def _join(gathered: Comments, more: Comments) -> Comments:
    return (*gathered, Comment("//"), *more) if gathered and more else gathered + more


class ModFile(DirectiveFile):
    """A go.mod. Lists are in the order of lines; deleted records stay, cleared, until `cleanup`."""

    __slots__ = ("exclude", "ignore", "module", "require", "retract", "tool")

    def __init__(self, syntax: FileSyntax | None = None) -> None:
        super().__init__(syntax)
        self.module: Module | None = None
        self.require: list[Require] = []
        self.exclude: list[Exclude] = []
        self.retract: list[Retract] = []
        self.tool: list[Tool] = []
        self.ignore: list[Ignore] = []

    def __repr__(self) -> str:
        path = self.module.mod.path if self.module is not None else "without a module line"
        facts = [f"go {self.go.version}"] if self.go is not None else []
        if count := sum(bool(require.mod.path) for require in self.require):
            facts.append(f"{count} requirement{'s' if count > 1 else ''}")
        return f"<ModFile {path}{': ' if facts else ''}{', '.join(facts)}>"

    def add_module_stmt(self, path: str) -> None:
        """Set the module path, adding the module line at the end where there is none."""
        if self.module is None:
            self.module = Module(syntax=self.syntax.add_line(None, "module", auto_quote(path)))
        else:
            self.module.syntax.update("module", auto_quote(path))
        self.module.mod = ModuleVersion(path)

    def add_require(self, path: str, version: str) -> None:
        """Set the version of the first requirement of `path` and delete the others; add one when there is none."""
        same = [record for record in self.require if record.mod.path == path]
        if not same:
            self.add_new_require(path, version, indirect=False)
            return
        same[0].mod = ModuleVersion(path, version)
        same[0].syntax.update("require", auto_quote(path), version)
        for record in same[1:]:
            record.clear()

    def add_new_require(self, path: str, version: str, indirect: bool) -> None:
        """Add a requirement at the end of the last block of them, even if the path is required already."""
        self.require.append(add_require_line(self.syntax, Require(ModuleVersion(path, version), indirect)))

    def drop_require(self, path: str) -> None:
        """Delete the requirements of `path`."""
        for record in self.require:
            if record.mod.path == path:
                record.clear()

    def set_require(self, requirements: Iterable[Require]) -> None:
        """Make the requirements exactly `requirements` and sort the blocks; the caller calls `cleanup` afterwards.

        Raises:
            ValueError: two versions of one path.
        """
        set_all(self.syntax, self.require, requirements)
        self.sort_blocks()

    def set_require_separate_indirect(self, requirements: Iterable[Require]) -> None:
        """As `set_require`, with direct and indirect requirements in blocks of their own."""
        set_separately(self.syntax, self.require, requirements, at_most_two=False)
        self.sort_blocks()

    def set_require_at_most_two(self, requirements: Iterable[Require]) -> None:
        """As `set_require_separate_indirect`, with all requirements in two blocks, even those with comments."""
        set_separately(self.syntax, self.require, requirements, at_most_two=True)
        self.sort_blocks()

    def add_exclude(self, path: str, version: str) -> None:
        """Add an exclusion, unless it is there, after the last one of `path` or else at the end of the file.

        Raises:
            InvalidVersionError: `version` is not a canonical version of `path`.
        """
        check_canonical_version(path, version)
        hint: Line | None = None
        for record in self.exclude:
            if record.mod == (path, version):
                return
            if record.mod.path == path:
                hint = record.syntax
        line = self.syntax.add_line_after(hint, "exclude", auto_quote(path), version)
        self.exclude.append(Exclude(ModuleVersion(path, version), syntax=line))

    def drop_exclude(self, path: str, version: str) -> None:
        """Delete the exclusion of this version."""
        for record in self.exclude:
            if record.mod == (path, version):
                record.clear()

    def add_retract(self, low: str, high: str, rationale: str) -> None:
        """Add the line of a retraction, with its reason above it. As in go, `self.retract` does not get it.

        Raises:
            InvalidVersionError: an end is not a canonical version of the module.
        """
        path = self.module.mod.path if self.module is not None else ""
        check_canonical_version(path, high)
        check_canonical_version(path, low)
        if low == high:
            line = self.syntax.add_line(None, "retract", auto_quote(low))
        else:
            line = self.syntax.add_line(None, "retract", "[", auto_quote(low), ",", auto_quote(high), "]")
        if rationale:
            line.before += tuple(Comment("// " + row) for row in rationale.split("\n"))

    def drop_retract(self, low: str, high: str) -> None:
        """Delete the retractions of exactly this interval."""
        for record in self.retract:
            if (record.low, record.high) == (low, high):
                record.clear()

    def add_tool(self, path: str) -> None:
        """Add a tool, unless it is there, and sort the blocks."""
        if all(record.path != path for record in self.tool):
            self.tool.append(Tool(path, syntax=self.syntax.add_line(None, "tool", path)))
            self.sort_blocks()

    def drop_tool(self, path: str) -> None:
        """Delete the tool line of a path."""
        for record in self.tool:
            if record.path == path:
                record.clear()

    def add_ignore(self, path: str) -> None:
        """Add an ignored directory, unless it is there, and sort the blocks."""
        if all(record.path != path for record in self.ignore):
            self.ignore.append(Ignore(path, syntax=self.syntax.add_line(None, "ignore", path)))
            self.sort_blocks()

    def drop_ignore(self, path: str) -> None:
        """Delete an ignored directory."""
        for record in self.ignore:
            if record.path == path:
                record.clear()

    def sort_blocks(self) -> None:
        """Remove repeated directives and sort the lines of each block."""
        remover = DuplicateRemover(self.syntax)
        self.exclude = remover.excludes(self.exclude)
        self.replace = remover.replaces(self.replace)
        self.tool = remover.tools(self.tool)
        self.ignore = remover.ignores(self.ignore)
        remover.finish()
        semantic = self.go is not None and (semver.compare("v" + self.go.version, "v" + SEMANTIC_EXCLUDE_VERSION) >= 0)
        sort_lines(self.syntax, semantic_exclude=semantic)

    def cleanup(self) -> None:
        """Remove the lines and records that edits have deleted. As in go, cleared `tool` and `ignore` records stay."""
        self.godebug = [record for record in self.godebug if record.key]
        self.require = [record for record in self.require if record.mod.path]
        self.exclude = [record for record in self.exclude if record.mod.path]
        self.replace = [record for record in self.replace if record.old.path]
        self.retract = [record for record in self.retract if record.low or record.high]
        self.syntax.cleanup()

    def _place_go(self, *tokens: str) -> Line:
        """Add the go line after the module line."""
        return self.syntax.add_line(self.module.syntax if self.module is not None else None, *tokens)

    def _place_toolchain(self, *tokens: str) -> Line:
        """Add the toolchain line after the go line, or else after the module line."""
        near = self.go or self.module
        return self.syntax.add_line(near.syntax if near is not None else None, *tokens)


def check_canonical_version(path: str, version: str) -> None:
    """Check that `version` is canonical and may be one of `path`.

    Raises:
        InvalidVersionError: it is not; the text says what would be.
    """
    _, path_major, ok = split_path_version(path)
    if not version or version != canonical_version(version):
        form = path_major_prefix(path_major) + ".2.3" if path_major else "v1.2.3"
        raise _invalid(version, f"must be of the form {form}")
    if not ok:
        return
    try:
        check_path_major(version, path_major)
    except InvalidVersionError:
        if path_major:
            raise
        major = semver.major(version)
        suggestion = f"should be {version}+incompatible (or module {path}/{major})"
        raise _invalid(version, suggestion) from None


def _invalid(version: str, reason: str) -> InvalidVersionError:
    text = f"version {quote(version)} invalid: {reason}"
    return InvalidVersionError(text, version=version, reason=reason)
