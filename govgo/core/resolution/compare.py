# SPDX-License-Identifier: BSD-3-Clause
"""What has changed between two resolutions of a module: its build list, and who is responsible; its go.mod files.

old: m requires a v1.0.0                           a v1.0.0
new: m requires a v1.2.0 (go.mod:5)                a v1.2.0, b v1.3.0       a raised (go.mod:5)
     a v1.2.0 requires b v1.3.0                                             b added by a v1.2.0 (go.mod:5)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from govgo.core.findings import Finding, Place, shown_name
from govgo.core.modfile.syntax import FileSyntax, Line, LineBlock
from govgo.core.modgraph.mvs import NONE
from govgo.core.module.moduleversion import ModuleVersion, compare_selected
from govgo.core.records import NamedTuple
from govgo.core.resolution.resolution import Requirement, Resolution

if TYPE_CHECKING:
    from govgo.core.resolution.review import SourceDiff


class Change(StrEnum):
    """What happened to a module of the build list; REPLACED: the same version is replaced by something else."""

    ADDED = "added"
    REMOVED = "removed"
    RAISED = "raised"
    LOWERED = "lowered"
    REPLACED = "replaced"


class Selected(NamedTuple):
    """A module of one build list.

    Attributes:
        mod: the selected version; "" for a main module, and for one in a binary that was built from a directory.
        replacement: what replaces it, None for nothing.
        is_direct: a main module requires it without `// indirect`; None in a binary, which does not say.
        deciding: the requirements that select the version, each of which suffices; () for a main module.
        asked: where a main module's go.mod has the requirement that leads to it on a shortest way, None where none
            does (a go.mod that is not tidy).
    """

    mod: ModuleVersion
    replacement: ModuleVersion | None
    is_direct: bool | None
    deciding: tuple[Requirement, ...]
    asked: Place | None

    @property
    def source(self) -> ModuleVersion | None:
        """The module version whose code is used; None for a main module or a directory."""
        used = self.replacement or self.mod
        return used if used.version else None


class ModuleChange(NamedTuple):
    """One module whose selection differs; `old` or `new` is None where it is not in the build list."""

    change: Change
    path: str
    old: Selected | None
    new: Selected | None


class FileChange(NamedTuple):
    """What a go.mod or go.work says now (`added`), and what it does not say any more, one statement on a line."""

    file: str
    removed: tuple[str, ...]
    added: tuple[str, ...]


class VersionFacts(NamedTuple):
    """What is known of a published version.

    Attributes:
        time: when it was made, None where that is unknown.
        retracted: the author's reasons, () where it is not retracted or unknown.
        is_retracted: None where that is unknown.
        deprecated: the author's words on the module, "" for none or unknown.
        unknown: why something is unknown, "" where nothing is.
        license: of its root directory, an SPDX expression; "" where its texts are none that is known, or it has none;
            None where nobody has looked, since its zip is not at hand.
    """

    time: datetime | None = None
    is_retracted: bool | None = None
    retracted: tuple[str, ...] = ()
    deprecated: str = ""
    unknown: str = ""
    license: str | None = None


class SideName(NamedTuple):
    """One side of a comparison: "git" with its reference and commit, "work tree", "file", "archive" or "binary"."""

    kind: str
    name: str
    commit: str = ""

    def __str__(self) -> str:
        return self.name


class TargetChanges(NamedTuple):
    """The changes of one module, workspace or binary.

    Attributes:
        kind, path, directory: as in `Resolution`, of the new side where it exists there; of a binary the path of its
            main module, and the file.
        is_old, is_new: whether it exists on that side; where it is on one alone there are no further changes.
        sizes: the number of modules in the old build list and in the new one, 0 where there is none.
    """

    kind: str
    path: str
    directory: str
    is_old: bool
    is_new: bool
    sizes: tuple[int, int]
    modules: tuple[ModuleChange, ...] = ()
    files: tuple[FileChange, ...] = ()

    @property
    def name(self) -> str:
        """The module path, or what stands for it in reports."""
        return shown_name(self.kind, self.path, self.directory)

    @property
    def is_different(self) -> bool:
        """Whether anything changed."""
        return not (self.is_old and self.is_new) or bool(self.modules or self.files)

    def count(self, change: Change) -> int:
        """How many modules changed so."""
        return sum(each.change is change for each in self.modules)


class Comparison(NamedTuple):
    """The whole run of a comparison.

    Attributes:
        old, new: the sides.
        targets: the modules and workspaces that were compared.
        facts: what is known of the versions that came or went.
        notes: what has to be known to read the result.
        sources: the source of modules whose versions were to be compared.
        findings: why a module could not be compared, of each side where that failed.
        failed: how many modules could not be compared.
        now: the time from which ages are counted.
        offline: nobody was asked.
    """

    old: SideName
    new: SideName
    targets: tuple[TargetChanges, ...]
    facts: Mapping[ModuleVersion, VersionFacts]
    notes: tuple[str, ...]
    findings: tuple[Finding, ...]
    failed: int
    now: datetime
    offline: bool = False
    sources: tuple[SourceDiff, ...] = ()

    @property
    def is_different(self) -> bool:
        """Whether any module or workspace changed, or source that was compared."""
        return any(source.files for source in self.sources) or any(target.is_different for target in self.targets)


def compare_modules(old: Resolution, new: Resolution) -> tuple[ModuleChange, ...]:
    """The modules whose selected version or replacement differs, by path."""
    before, after = _Side(old), _Side(new)
    found = []
    for path in sorted(before.selected.keys() | after.selected.keys()):
        change = change_of(before.used(path), after.used(path))
        if change is not None:
            was, now = before.selected.get(path), after.selected.get(path)
            found.append(ModuleChange(change, path, before.module(was), after.module(now)))
    return tuple(found)


Used = tuple[ModuleVersion, ModuleVersion | None]
"""A module version, and what replaces it, None for nothing."""


def change_of(old: Used | None, new: Used | None) -> Change | None:
    """What has become of a module, by what is used of it on both sides, None for nothing; None for no change."""
    if old is None:
        return Change.ADDED
    if new is None:
        return Change.REMOVED
    order = compare_selected(new[0].path, old[0].version, new[0].version)
    if order:
        return Change.RAISED if order < 0 else Change.LOWERED
    return Change.REPLACED if old[1] != new[1] else None


class _Side:
    """A resolution, asked about the modules that differ."""

    def __init__(self, resolution: Resolution) -> None:
        self._resolution = resolution
        self.selected = {mod.path: mod for mod in resolution.modules}
        self._asked: dict[ModuleVersion, Place | None] = {}
        self._asking = _asking(resolution)

    def used(self, path: str) -> Used | None:
        """The selected version of a module, and what replaces it; None where there is none."""
        mod = self.selected.get(path)
        return None if mod is None else (mod, self._resolution.replacement(mod))

    def module(self, mod: ModuleVersion | None) -> Selected | None:
        """All about a selected version."""
        if mod is None:
            return None
        known = self._resolution
        deciding = known.deciding(mod.path) if mod.version else ()
        place = known.deciding_place(mod.path) if mod.version else None
        if place is None and deciding:
            place = self._place(deciding[0].source)
        return Selected(mod, known.replacement(mod), mod.path in known.direct, deciding, place)

    def _place(self, mod: ModuleVersion) -> Place | None:
        while mod not in self._asked:
            found = next(self._asking, None)  # the walk goes no further than it must
            if found is None:
                return None
            self._asked[found[0]] = found[1]
        return self._asked[mod]


def asking_places(resolution: Resolution) -> dict[ModuleVersion, Place | None]:
    """For each module version of a graph, the line of a main module's go.mod from which the fewest steps lead to it."""
    return dict(_asking(resolution))


def _asking(resolution: Resolution) -> Iterator[tuple[ModuleVersion, Place | None]]:
    """The same, those that fewer steps lead to first."""
    seen: set[ModuleVersion] = set()
    required_by = resolution.graph.required_by
    stated: Iterable[tuple[ModuleVersion, Place | None]] = ((each.mod, each.place) for each in resolution.stated)
    # What is required, but in no line: an untidy go.mod is raised in memory.
    raised = [((mod, None) for mod in required_by(main) or ()) for main in resolution.mains]
    for starts in (stated, *raised):
        queue = []
        for mod, place in starts:
            if mod not in seen:
                seen.add(mod)
                queue.append((mod, place))
        for mod, place in queue:  # grows while it is walked
            yield mod, place
            for target in required_by(mod) or ():
                if target.version != NONE and target not in seen:
                    seen.add(target)
                    queue.append((target, place))


def compare_files(old: Mapping[str, FileSyntax], new: Mapping[str, FileSyntax]) -> tuple[FileChange, ...]:
    """The go.mod and go.work files whose statements differ, by name; a file that one side lacks has none there."""
    found = []
    for name in sorted(old.keys() | new.keys()):
        before, after = (list(statements(files[name])) if name in files else [] for files in (old, new))
        removed, added = Counter(before) - Counter(after), Counter(after) - Counter(before)
        if removed or added:
            found.append(FileChange(name, _in_order(before, removed), _in_order(after, added)))
    return tuple(found)


def _in_order(lines: Sequence[str], kept: Counter[str]) -> tuple[str, ...]:
    left, found = Counter(kept), []
    for line in lines:
        if left[line]:
            left[line] -= 1
            found.append(line)
    return tuple(found)


def statements(syntax: FileSyntax) -> Iterable[str]:
    """Each statement of a go.mod or go.work on a line of its own, with `// indirect`, without other comments."""
    return (text for text, _ in placed_statements(syntax))


def placed_statements(syntax: FileSyntax) -> Iterable[tuple[str, int]]:
    """The same, each with the number of its line."""
    for statement in syntax.statements:
        if isinstance(statement, LineBlock):
            for line in statement.lines:
                yield _statement([*statement.tokens, *line.tokens], line), line.start.line
        elif isinstance(statement, Line):
            yield _statement(statement.tokens, statement), statement.start.line


def _statement(tokens: Sequence[str], line: Line) -> str:
    from govgo.core.modfile.directives import is_indirect

    marked = tokens[:1] == ["require"] and is_indirect(line)
    return " ".join(tokens) + (" // indirect" if marked else "")
