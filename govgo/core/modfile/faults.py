# SPDX-License-Identifier: BSD-3-Clause
"""The errors of one go.mod or go.work, each with its place, and all of them as one exception.

go.mod:5: unknown directive: requires
go.mod:7:2: unexpected input character '\\x00'
"""

from __future__ import annotations

from govgo.core.modfile.syntax import Position
from govgo.errors import InputError, ModFileError

MAX_FAULTS = 500
"""Errors kept of one file. go keeps all of them, but a hostile file of 16 MiB can have millions."""
_MAX_DETAIL = 1000
"""Characters of one error's text. Words may have four times as many."""


class LineFault(ModFileError):
    """One error of one line.

    Attributes:
        position: its place.
        detail: the error text without the place.
    """

    code = "mod-file-fault"

    def __init__(self, detail: str, *, file: str, position: Position, inner: BaseException | None = None) -> None:
        if len(detail) > _MAX_DETAIL:
            detail = detail[:_MAX_DETAIL] + "..."
        super().__init__(
            place(file, position) + detail, file=file, line=position.line, column=position.column, inner=inner
        )
        self.position = position
        self.detail = detail


class ModFileErrors(InputError):
    """All errors of a file, one on each line of the text, in go's order.

    Attributes:
        errors: at least one, at most MAX_FAULTS.
    """

    code = "mod-file"

    def __init__(self, errors: tuple[LineFault, ...]) -> None:
        inner = next((error for error in errors if error.inner is not None), errors[0])
        super().__init__("\n".join(str(error) for error in errors), inner=inner)
        self.errors = errors

    def renamed(self, file: str) -> ModFileErrors:
        """The same errors with another name for the file, such as its path relative to the working directory."""
        return ModFileErrors(
            tuple(
                LineFault(error.detail, file=file, position=error.position, inner=error.inner) for error in self.errors
            )
        )


class VersionFixError(InputError):
    """An error about the module that a version fixer was asked about.

    It is go's module.ModuleError without the prefix "path@version: ", for which the parser puts "verb path: ".
    """

    code = "version-fix"


def place(file: str, position: Position) -> str:
    """The prefix `file:line:column: `. The column is left out when it is 1, as for all errors but lexical ones."""
    if position.column > 1:
        return f"{file}:{position.line}:{position.column}: "
    if position.line > 0:
        return f"{file}:{position.line}: "
    return f"{file}: " if file else ""
