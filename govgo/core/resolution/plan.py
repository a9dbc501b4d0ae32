# SPDX-License-Identifier: BSD-3-Clause
"""What a command would change, as a value: files, go.sum lines, the build list with a reason for each line, downloads.

go.mod: require a v1.1.0, in place of v1.0.0        a v1.0.0 => v1.1.0   requested
a v1.1.0 requires b v1.2.0                          b v1.0.0 => v1.2.0   raised by a v1.1.0
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum

from govgo.core.findings import Finding, Verdict, worst
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.resolution.compare import Change, ModuleChange, compare_modules
from govgo.core.resolution.resolution import Requirement, Resolution


class Why(StrEnum):
    """Why a module of the build list changes; `by` is the module version that is responsible.

    REQUESTED: an argument or an edit names it. NEEDED, RAISED: `by` requires it. RELEASED: what held it higher, `by`,
    is not there any more. UNNEEDED: what required it, `by`, is not there any more. IMPORTED: packages are imported from
    it. NOT_IMPORTED: no package is imported from it any more. REPLACED: something else takes its place.
    """

    REQUESTED = "requested"
    NEEDED = "needed"
    RAISED = "raised"
    RELEASED = "released"
    UNNEEDED = "unneeded"
    IMPORTED = "imported"
    NOT_IMPORTED = "not-imported"
    REPLACED = "replaced"


class PlannedModule(NamedTuple):
    """A module of the build list that would change.

    Attributes:
        change: how.
        why: the reason.
        by: the module version that is responsible, None for none.
        size_bytes: of its zip: what comes, or what goes if the module leaves the build list; None where nobody says.
        is_cached: the zip is in the module cache already.
    """

    change: ModuleChange
    why: Why
    by: ModuleVersion | None
    size_bytes: int | None = None
    is_cached: bool = False

    @property
    def is_download(self) -> bool:
        """Whether a build would have to fetch its zip."""
        new = self.change.new
        return new is not None and new.source is not None and not self.is_cached


class PlannedText(NamedTuple):
    """A go.mod, go.sum, go.work or other file that would change.

    Attributes:
        file: as reports show it.
        is_new, is_removed: it is not there before, or after.
        added, changed, removed: its lines; of go.mod and go.work its statements, of which one counts as changed that
            says the same of another version.
        diff: as a unified diff.
    """

    file: str
    is_new: bool
    is_removed: bool
    added: int
    changed: int
    removed: int
    diff: str


class Tree(NamedTuple):
    """A vendor directory that would change: the number of files."""

    directory: str
    added: int
    changed: int
    removed: int


class PlannedStep(NamedTuple):
    """One step of several, with what it alone would change in the build list."""

    text: str
    modules: tuple[PlannedModule, ...]

    @property
    def saved(self) -> tuple[PlannedModule, ...]:
        """The modules that leave the build list."""
        return tuple(each for each in self.modules if each.change.change is Change.REMOVED)


class Plan(NamedTuple):
    """What a command would change.

    Attributes:
        command: the verb, such as "get".
        name: the main module or workspace.
        files: go.mod, go.sum and the like.
        trees: vendor directories.
        modules: of the build list.
        sizes: the number of modules in the build list, before and after; None where that is not known.
        steps: for what is played step by step.
        faults: why something is not known.
    """

    command: str
    name: str = ""
    files: tuple[PlannedText, ...] = ()
    trees: tuple[Tree, ...] = ()
    modules: tuple[PlannedModule, ...] = ()
    sizes: tuple[int | None, int | None] = (None, None)
    steps: tuple[PlannedStep, ...] = ()
    faults: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """PASSED, unless something could not be looked at."""
        return worst(self.faults)

    @property
    def is_different(self) -> bool:
        """Whether anything would change."""
        return bool(self.files or self.trees or self.modules)

    @property
    def downloads(self) -> tuple[PlannedModule, ...]:
        """The modules whose zips are not in the module cache."""
        return tuple(each for each in self.modules if each.is_download)


def planned_modules(
    old: Resolution, new: Resolution, requested: Collection[str], *, follows_imports: bool
) -> tuple[PlannedModule, ...]:
    """How the build list changes, with reasons.

    Args:
        old, new: before and after.
        requested: the module paths that arguments or edits name.
        follows_imports: the command decides by what is imported, so that a requirement that goes is not imported.
    """
    found = []
    for change in compare_modules(old, new):
        why, by = _reason(change, old, requested, follows_imports=follows_imports)
        found.append(PlannedModule(change, why, by))
    return tuple(found)


def _reason(
    change: ModuleChange, old: Resolution, requested: Collection[str], *, follows_imports: bool
) -> tuple[Why, ModuleVersion | None]:
    sides = [side for side in (change.old, change.new) if side is not None]
    if change.path in requested or any(not side.mod.version for side in sides):  # or a main module of a workspace
        return Why.REQUESTED, None
    held = _first_dependency(change.old.deciding if change.old is not None else ())
    decides = _first_dependency(change.new.deciding if change.new is not None else ())
    match change.change:
        case Change.REPLACED:
            return Why.REPLACED, None
        case Change.REMOVED:
            if follows_imports and any(each.mod.path == change.path for each in old.stated):
                return Why.NOT_IMPORTED, None
            return Why.UNNEEDED, held
        case Change.LOWERED:
            return Why.RELEASED, held
        case Change.RAISED:
            return (Why.RAISED, decides) if decides is not None else (Why.REQUESTED, None)
        case Change.ADDED:
            return (Why.NEEDED, decides) if decides is not None else (Why.IMPORTED, None)


def _first_dependency(requirements: Iterable[Requirement]) -> ModuleVersion | None:
    """The first requirement that no main module states: with graph pruning these state everything."""
    return next((each.source for each in requirements if each.place is None and each.source.version), None)


def count_statements(removed: Sequence[str], added: Sequence[str]) -> tuple[int, int, int]:
    """Of statements that went and came: (added, changed, removed), where the same module stands on both sides."""
    changed = (Counter(map(_subject, removed)) & Counter(map(_subject, added))).total()
    return len(added) - changed, changed, len(removed) - changed


def _subject(statement: str) -> tuple[str, ...]:
    """What a statement is about: `require m`, `replace m`, `go`."""
    words = statement.split()
    return tuple(words[:1] if words[:1] in (["go"], ["toolchain"], ["module"]) else words[:2])
