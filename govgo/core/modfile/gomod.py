# SPDX-License-Identifier: BSD-3-Clause
"""A go.mod file: its directives, and the edits that the go command makes."""

from __future__ import annotations

from collections.abc import Iterable

from govgo.core.golib.quote import quote
from govgo.core.modfile.directivefile import DirectiveFile
from govgo.core.modfile.directives import Exclude, Ignore, Module, Require, Retract, Tool
from govgo.core.modfile.ordering import DuplicateRemover, sort_lines
from govgo.core.modfile.quote import auto_quote
from govgo.core.modfile.requireblocks import add_require_line, set_all, set_separately
from govgo.core.modfile.syntax import Comment, FileSyntax, Line
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import canonical_version, check_path_major, path_major_prefix, split_path_version
from govgo.core.version import semver
from govgo.errors import InvalidVersionError

SEMANTIC_EXCLUDE_VERSION = "1.21"
"""The go line from which exclusions of one module are sorted by version."""


class ModFile(DirectiveFile):
    """A go.mod. Lists are in the order of lines; dropped records stay, cleared, until `cleanup`."""

    __slots__ = ("exclude", "ignore", "module", "require", "retract", "tool")

    def __init__(self, syntax: FileSyntax | None = None) -> None:
        super().__init__(syntax)
        self.module: Module | None = None
        self.require: list[Require] = []
        self.exclude: list[Exclude] = []
        self.retract: list[Retract] = []
        self.tool: list[Tool] = []
        self.ignore: list[Ignore] = []

    def add_module_stmt(self, path: str) -> None:
        """Set the module path, adding the module line at the end where there is none."""
        if self.module is None:
            self.module = Module(syntax=self.syntax.add_line(None, "module", auto_quote(path)))
        else:
            self.module.syntax.update("module", auto_quote(path))
        self.module.mod = ModuleVersion(path)

    def add_require(self, path: str, version: str) -> None:
        """Set the version of the first requirement of `path` and delete its others; add one where there is
        none.
        """
        same = [record for record in self.require if record.mod.path == path]
        if not same:
            self.add_new_require(path, version, indirect=False)
            return
        same[0].mod = ModuleVersion(path, version)
        same[0].syntax.update("require", auto_quote(path), version)
        for record in same[1:]:
            record.clear()

    def add_new_require(self, path: str, version: str, indirect: bool) -> None:
        """Add a requirement at the end of the last block of them, whatever else the file requires."""
        wanted = Require(ModuleVersion(path, version), indirect)
        self.require.append(add_require_line(self.syntax, wanted))

    def drop_require(self, path: str) -> None:
        """Delete the requirements of `path`."""
        for record in self.require:
            if record.mod.path == path:
                record.clear()

    def set_require(self, wanted: Iterable[Require]) -> None:
        """Make the requirements exactly `wanted` and sort the blocks; `cleanup` has to follow.

        Raises:
            ValueError: two versions of one path.
        """
        set_all(self.syntax, self.require, wanted)
        self.sort_blocks()

    def set_require_separate_indirect(self, wanted: Iterable[Require]) -> None:
        """As `set_require`, with direct and indirect requirements in blocks of their own."""
        set_separately(self.syntax, self.require, wanted, at_most_two=False)
        self.sort_blocks()

    def set_require_at_most_two(self, wanted: Iterable[Require]) -> None:
        """As `set_require_separate_indirect`, with all requirements in two blocks even if others had
        comments.
        """
        set_separately(self.syntax, self.require, wanted, at_most_two=True)
        self.sort_blocks()

    def add_exclude(self, path: str, version: str) -> None:
        """Add an exclusion after the last one of `path`, or else at the end of the file; nothing when it is
        there.

        Raises:
            InvalidVersionError: not a canonical version of `path`.
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
        """Add the line of a retraction, its reason above it. As in go, `retract` does not show it until
        parsed again.

        Raises:
            InvalidVersionError: not canonical versions of the module.
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
        """Add a tool and sort the blocks; nothing when it is there."""
        if all(record.path != path for record in self.tool):
            self.tool.append(Tool(path, syntax=self.syntax.add_line(None, "tool", path)))
            self.sort_blocks()

    def drop_tool(self, path: str) -> None:
        """Delete a tool."""
        for record in self.tool:
            if record.path == path:
                record.clear()

    def add_ignore(self, path: str) -> None:
        """Add an ignored directory and sort the blocks; nothing when it is there."""
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
        """Sweep what edits have dropped. As in go, cleared `tool` and `ignore` records stay in their lists."""
        self.godebug = [record for record in self.godebug if record.key]
        self.require = [record for record in self.require if record.mod.path]
        self.exclude = [record for record in self.exclude if record.mod.path]
        self.replace = [record for record in self.replace if record.old.path]
        self.retract = [record for record in self.retract if record.low or record.high]
        self.syntax.cleanup()

    def _place_go(self, *tokens: str) -> Line:
        """After the module line."""
        return self.syntax.add_line(self.module.syntax if self.module is not None else None, *tokens)

    def _place_toolchain(self, *tokens: str) -> Line:
        """After the go line, or else the module line."""
        near = self.go or self.module
        return self.syntax.add_line(near.syntax if near is not None else None, *tokens)


def check_canonical_version(path: str, version: str) -> None:
    """Check that `version` is canonical and may be one of `path`.

    Raises:
        InvalidVersionError: with a suggestion.
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
