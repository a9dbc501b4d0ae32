# SPDX-License-Identifier: BSD-3-Clause
"""The errors of one go.mod or go.work, each with its place, and all of them as one exception."""

from __future__ import annotations

from govgo.core.modfile.syntax import Position
from govgo.errors import InputError, ModFileError

MAX_FAULTS = 10_000
"""Errors kept of one file. go keeps all; a hostile file of 16 MiB would have millions of them."""


class LineFault(ModFileError):
    """One error of one line.

    Attributes:
        position: its place, also in bytes.
        detail: the sentence without the place.
    """

    code = "mod-file-fault"

    def __init__(self, detail: str, *, file: str, position: Position, inner: BaseException | None = None) -> None:
        super().__init__(
            place(file, position) + detail, file=file, line=position.line, column=position.column, inner=inner
        )
        self.position = position
        self.detail = detail


class ModFileErrors(InputError):
    """What is wrong with a file, one sentence on a line, in go's order.

    Attributes:
        errors: at least one, at most MAX_FAULTS.
    """

    code = "mod-file"

    def __init__(self, errors: tuple[LineFault, ...]) -> None:
        inner = next((error for error in errors if error.inner is not None), errors[0])
        super().__init__("\n".join(str(error) for error in errors), inner=inner)
        self.errors = errors

    def renamed(self, file: str) -> ModFileErrors:
        """The same errors under another name of the file, such as its path relative to the working
        directory.
        """
        return ModFileErrors(
            tuple(
                LineFault(error.detail, file=file, position=error.position, inner=error.inner) for error in self.errors
            )
        )


class VersionFixError(InputError):
    """Raised by a version fixer for a fault of the module it was asked about; go's module.ModuleError
    without its "path@version: " prefix, in whose place the parser puts "verb path: "."""

    code = "version-fix"


def place(file: str, position: Position) -> str:
    """The prefix `file:line:column: `; the column is left out where it is 1, as it is for all but lexical
    errors.
    """
    if position.column > 1:
        return f"{file}:{position.line}:{position.column}: "
    if position.line > 0:
        return f"{file}:{position.line}: "
    return f"{file}: " if file else ""
