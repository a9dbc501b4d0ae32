# SPDX-License-Identifier: BSD-3-Clause
"""Why module versions that were asked for cannot be selected together."""

from __future__ import annotations

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.errors import BuildListError, GovgoError
from govgo.load.dependency.gomod import ModuleError


class Conflict(NamedTuple):
    """A chain of requirements to a version that cannot be selected.

    Attributes:
        path: from a root to the version, at least one item.
        constraint: the version asked for, which the last item exceeds; None where `error` is set.
        error: why the requirements of the last item cannot be read.
    """

    path: tuple[ModuleVersion, ...]
    constraint: ModuleVersion | None = None
    error: GovgoError | None = None

    @property
    def error_text(self) -> str:
        """The error's sentence, without the module version when that is the last item anyway."""
        last = self.path[-1]
        if isinstance(self.error, ModuleError) and self.error.mod == last:
            return str(self.error.inner)
        return str(self.error).removeprefix(f"{last}: ")

    def summary(self) -> str:
        """One line: the first and the last item, and what is wrong."""
        first, last = self.path[0], self.path[-1]
        if len(self.path) == 1:
            if self.constraint is None:
                return f"{first}: {self.error_text}"
            return f"{first} is above {self.constraint.version}"
        verb = "indirectly requires" if len(self.path) > 2 else "requires"
        if self.constraint is None:
            return f"{first} {verb} {last}: {self.error_text}"
        return f"{first} {verb} {last}, but {self.constraint.version} is requested"

    def __str__(self) -> str:
        """The whole chain, an item a line, and what is wrong."""
        text = " requires\n\t".join(map(str, self.path))
        if len(self.path) == 1:
            text += " found"
        if self.constraint is not None:
            text += f", but {self.constraint.version} is requested"
        if self.error is not None:
            text += f": {self.error_text}"
        return text


class ConstraintError(BuildListError):
    """Module versions that were asked for do not fit together; `conflicts` says why."""

    code = "version-conflict"

    def __init__(self, conflicts: tuple[Conflict, ...]) -> None:
        inner = next((each.error for each in conflicts if each.error is not None), None)
        super().__init__(
            "version constraints conflict:" + "".join(f"\n\t{each.summary()}" for each in conflicts), inner=inner
        )
        self.conflicts = conflicts
