# SPDX-License-Identifier: BSD-3-Clause
"""A go.work file: its directives, and the edits that the go command makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from govgo.core.modfile.directivefile import DirectiveFile, DuplicateRemover, sort_lines
from govgo.core.modfile.directives import Use
from govgo.core.modfile.quote import auto_quote
from govgo.core.modfile.syntax import CommentBlock, FileSyntax, Line


class WorkFile(DirectiveFile):
    """A go.work. Lists are in the order of lines; deleted records stay, cleared, until `cleanup`."""

    __slots__ = ("use",)

    def __init__(self, syntax: FileSyntax | None = None) -> None:
        super().__init__(syntax)
        self.use: list[Use] = []

    def __repr__(self) -> str:
        facts = [f"go {self.go.version}"] if self.go is not None else []
        if count := sum(bool(use.path) for use in self.use):
            facts.append(f"{count} module{'s' if count > 1 else ''}")
        return f"<WorkFile{': ' if facts else ''}{', '.join(facts)}>"

    def add_use(self, path: str, module_path: str) -> None:
        """Set the module path of the first use of `path` and delete the others; add a use when there is none."""
        self.add_uses({path: module_path})

    def add_uses(self, module_paths: Mapping[str, str]) -> None:
        """`add_use` for each path with its module path, in the order given."""
        known: dict[str, list[Use]] = {}
        for record in self.use:
            known.setdefault(record.path, []).append(record)
        for path, module_path in module_paths.items():
            same = known.get(path)
            if same is None:
                self.add_new_use(path, module_path)
                continue
            same[0].module_path = module_path
            same[0].syntax.update("use", auto_quote(path))
            for record in same[1:]:
                record.clear()

    def add_new_use(self, path: str, module_path: str) -> None:
        """Add a use at the end of the last block of them, whatever else the file uses."""
        line = self.syntax.add_line(None, "use", auto_quote(path))
        self.use.append(Use(path, module_path, syntax=line))

    def set_use(self, uses: Iterable[tuple[str, str]]) -> None:
        """Delete the uses that are not in `uses`, pairs of path and module path; add all of these; sort the blocks.

        As in go, a use that was there before is then there twice.
        """
        need = dict(uses)
        for record in self.use:
            if record.path in need:
                record.module_path = need[record.path]
            else:
                record.clear()
        for path, module_path in need.items():
            self.add_new_use(path, module_path)
        self.sort_blocks()

    def drop_use(self, path: str) -> None:
        """Delete the uses of `path`."""
        for record in self.use:
            if record.path == path:
                record.clear()

    def sort_blocks(self) -> None:
        """Remove repeated replacements and sort the lines of each block."""
        remover = DuplicateRemover(self.syntax)
        self.replace = remover.replaces(self.replace)
        remover.finish()
        sort_lines(self.syntax, by_version=False)

    def cleanup(self) -> None:
        """Remove the lines and records that edits have deleted."""
        self.use = [record for record in self.use if record.path]
        self.replace = [record for record in self.replace if record.old.path]
        self.syntax.cleanup()

    def _place_go(self, *tokens: str) -> Line:
        """Add the go line before the first statement, below the comments at the top of the file."""
        return self._insert(self._first_statement(), tokens)

    def _place_toolchain(self, *tokens: str) -> Line:
        """Add the toolchain line after the go line, or else where a go line would be."""
        for index, statement in enumerate(self.syntax.statements):
            if isinstance(statement, Line) and statement.tokens[:1] == ["go"]:
                return self._insert(index + 1, tokens)
        return self._insert(self._first_statement(), tokens)

    def _first_statement(self) -> int:
        statements = self.syntax.statements
        return next((i for i, s in enumerate(statements) if not isinstance(s, CommentBlock)), len(statements))

    def _insert(self, index: int, tokens: tuple[str, ...]) -> Line:
        line = Line(tokens)
        self.syntax.statements.insert(index, line)
        return line
