# SPDX-License-Identifier: BSD-3-Clause
"""The plan of a fix, as a value: which requirements of ours to raise, what that brings along, and what stays.

go.mod: a v1.0.0, x v1.0.0                 bump        x v1.0.0 => v1.2.0, clears GO-1
GO-1 in x, fixed in v1.2.0                 drags along y v1.0.0 => v1.1.0, go 1.21 => 1.23.0
GO-2 in a, no fix is known                 stays       GO-2: no fix is known
"""

from __future__ import annotations

from enum import StrEnum

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.resolution.plan import PlannedModule
from govgo.core.resolution.resolution import Stated


class Why(StrEnum):
    """Why a vulnerability stays.

    NO_FIX: no version above is known to be free of it. OTHER_MAJOR: only a module of another major version is.
    REPLACED: a replacement decides what is built. EXCLUDED, RETRACTED, TOO_YOUNG: of the versions without it, this
    keeps the lowest from being taken. GO_LINE: they need a newer go line than is allowed. NEW_FINDING: what clears it
    brings another one in. UNREADABLE: a go.mod that this needs cannot be obtained. CONFLICT: it can be cleared, but not
    together with the others. STDLIB: it is in Go itself.
    """

    NO_FIX = "no-fix"
    OTHER_MAJOR = "other-major"
    REPLACED = "replaced"
    EXCLUDED = "excluded"
    RETRACTED = "retracted"
    TOO_YOUNG = "too-young"
    GO_LINE = "go-line"
    NEW_FINDING = "new-finding"
    UNREADABLE = "unreadable"
    CONFLICT = "conflict"
    STDLIB = "stdlib"


class Refusal(NamedTuple):
    """Why a module version may not be taken: the kind, and a sentence."""

    why: Why
    text: str


class Flaw(NamedTuple):
    """A vulnerability in a build list: the path of the module, and its name."""

    path: str
    id: str


class Bump(NamedTuple):
    """A requirement of ours that is raised.

    Attributes:
        path: the module.
        old, new: the selected version before and after.
        stated: the line of go.mod, None where there is none yet.
        clears: what is not found any more: of the module itself, and of what is dragged along.
        drags: what else changes in the build list because of this bump. What several bumps bring about is with the
            first of them.
    """

    path: str
    old: str
    new: str
    stated: Stated | None
    clears: tuple[Flaw, ...]
    drags: tuple[PlannedModule, ...]

    @property
    def mod(self) -> ModuleVersion:
        """What is required then."""
        return ModuleVersion(self.path, self.new)


class Unfixable(NamedTuple):
    """A vulnerability that stays, and why."""

    flaw: Flaw
    version: str
    why: Why
    text: str


class Removable(NamedTuple):
    """A line marked `// indirect` for a module that no other line needs, and what is not found any more without it."""

    stated: Stated
    clears: tuple[Flaw, ...]


class FixPlan(NamedTuple):
    """What clears the vulnerabilities of one main module.

    Attributes:
        path: the main module.
        mod_file: its go.mod, as reports show it.
        root: its directory.
        bumps: in the order of go.mod, new requirements last; () where nothing can or has to be done.
        go: the go line before and after.
        unfixable: what stays.
        is_proved: no better plan exists among the versions that were looked at; False where the search was ended
            before all had been compared.
        is_done: it has been performed.
        removable: lines that could go in place of some of that (`advisory.removable`).
    """

    path: str
    mod_file: str
    root: str
    bumps: tuple[Bump, ...]
    go: tuple[str, str]
    unfixable: tuple[Unfixable, ...]
    is_proved: bool = True
    is_done: bool = False
    removable: tuple[Removable, ...] = ()

    @property
    def cleared(self) -> tuple[Flaw, ...]:
        """What is not found any more."""
        return tuple(flaw for bump in self.bumps for flaw in bump.clears)

    @property
    def arguments(self) -> tuple[str, ...]:
        """What `govgo get` is given to do it."""
        return tuple(f"{bump.path}@{bump.new}" for bump in self.bumps)
