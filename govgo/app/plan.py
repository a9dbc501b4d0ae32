# SPDX-License-Identifier: BSD-3-Clause
"""What a verb would change (`--dry-run`): it works on files whose changes stay in memory, and these are compared.

The verb itself runs as ever: what it downloads to decide is in the module cache afterwards, and what it refuses it
refuses here, too.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from govgo.core.findings import Finding
from govgo.core.golib.diff import diff
from govgo.core.modfile.parser import parse_syntax
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.resolution.compare import FileChange, compare_files
from govgo.core.resolution.plan import (
    Plan,
    PlannedModule,
    PlannedStep,
    PlannedText,
    Tree,
    count_statements,
    planned_modules,
)
from govgo.errors import Failure
from govgo.load.session.mainmodules import COMMAND_LINE
from govgo.load.targets.errorfindings import from_error
from govgo.load.targets.open import reading
from govgo.load.targets.resolve import Resolved, Unresolved, resolve_all
from govgo.load.targets.targets import shown

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.files import PlannedChange, PlannedFiles, Workspace

_PATIENCE_S = 10.0
"""Sizes decide nothing, so a server that does not answer is not waited for longer."""
_MOD_FILES = ("go.mod", "go.work")
_TEXTS = (*_MOD_FILES, "go.sum", "go.work.sum", "modules.txt")


def plan_verb(
    session: Session,
    command: str,
    run: Callable[[], object],
    *,
    plan: Callable[[Workspace], PlannedFiles],
    requested: Callable[[], Collection[str]] | None,
    follows_imports: bool = False,
) -> Plan:
    """Run a verb on files whose changes stay in memory, and compare.

    Args:
        session: the command; its files are planned ones afterwards.
        command: the name of the verb.
        run: does what the verb does, with `session`.
        plan: makes files whose changes stay in memory.
        requested: the module paths that arguments name; asked after the verb has run. None: those of which go.mod and
            go.work say something else.
        follows_imports: the verb decides by what is imported.

    Raises:
        GovgoError: as the verb does.
    """
    planner = Planner(session, plan(session.files))
    before = planner.state()
    session.files = planner.files
    run()
    paths = planner.edited() if requested is None else requested()
    return planner.compared(command, before, planner.state(), paths, follows_imports=follows_imports)


class Planner:
    """Files whose changes stay in memory, and the build lists that they have from time to time."""

    def __init__(self, session: Session, files: PlannedFiles) -> None:
        self.session = session
        self.files = files

    def state(self) -> Resolved | Finding | None:
        """The graph of the main module or workspace as the files are now; why there is none; None without a module."""
        view = reading(self.session, self.files, self.session.settings)
        try:
            found = next(resolve_all(view, ()), None)
        except Failure as error:
            return from_error(None, error)
        if isinstance(found, Unresolved):
            return found.fault
        if found is not None and found.resolution.mains == (COMMAND_LINE,):
            return None  # a workspace without modules
        return found

    def modules(
        self,
        before: Resolved | Finding | None,
        after: Resolved | Finding | None,
        requested: Collection[str],
        *,
        follows_imports: bool,
    ) -> tuple[PlannedModule, ...]:
        """How the build list changes between two states; () where one of them is not known."""
        if not isinstance(before, Resolved) or not isinstance(after, Resolved):
            return ()
        return planned_modules(before.resolution, after.resolution, requested, follows_imports=follows_imports)

    def compared(
        self,
        command: str,
        before: Resolved | Finding | None,
        after: Resolved | Finding | None,
        requested: Collection[str],
        *,
        follows_imports: bool,
        steps: Sequence[PlannedStep] = (),
    ) -> Plan:
        """What has changed since `before`."""
        known = [each for each in (after, before) if isinstance(each, Resolved)]
        changes = self.files.changes()
        roots = [posixpath.dirname(each.path) for each in changes if posixpath.basename(each.path) == "modules.txt"]
        texts = [each for each in changes if _is_text(each.path, roots)]
        modules = self.modules(before, after, requested, follows_imports=follows_imports)
        sizes = self._zip_sizes(each for some in (modules, *(step.modules for step in steps)) for each in some)
        return Plan(
            command=command,
            name=known[0].resolution.name if known else "",
            files=tuple(map(self._text, texts)),
            trees=self._trees([each for each in changes if each not in texts], roots),
            modules=self._sized(modules, sizes),
            sizes=(_size(before), _size(after)),
            steps=tuple(step._replace(modules=self._sized(step.modules, sizes)) for step in steps),
            # Before: nothing to say where the verb mends or makes what could not be used.
            faults=(after,) if isinstance(after, Finding) else (),
        )

    def edited(self) -> Collection[str]:
        """The module paths about which go.mod and go.work files now say something else."""
        changes = (each for each in self.files.changes() if posixpath.basename(each.path) in _MOD_FILES)
        return {words[1] for each in changes for line in _statements(each) if len(words := line.split()) > 1}

    def _text(self, change: PlannedChange) -> PlannedText:
        name = shown(self.session, change.path)
        before, after = change.before or b"", change.after or b""
        if posixpath.basename(name) in _MOD_FILES:
            file = _compared(change)
            added, changed, removed = count_statements(file.removed, file.added)
        else:
            added, changed, removed = _count_lines(before, after)
        below = name.lstrip("/")  # a file above the working directory, outside of a repository, has an absolute name
        text = diff(f"current/{below}", before, f"planned/{below}", after)
        return PlannedText(name, change.before is None, change.after is None, added, changed, removed, text)

    def _trees(self, changes: Sequence[PlannedChange], roots: Sequence[str]) -> tuple[Tree, ...]:
        """The directories that hold files of other kinds: those with a modules.txt that changes, else vendor."""
        counts: dict[str, list[int]] = {}
        for each in changes:
            above = [root for root in roots if each.path.startswith(f"{root}/")]
            count = counts.setdefault(above[0] if above else _vendor_of(each.path), [0, 0, 0])
            count[0 if each.before is None else 2 if each.after is None else 1] += 1
        return tuple(Tree(shown(self.session, at), *count) for at, count in sorted(counts.items()))

    def _zip_sizes(self, modules: Iterable[PlannedModule]) -> Mapping[ModuleVersion, int]:
        """The sizes of all zips, asked for at once, each once."""
        sources = dict.fromkeys(source for each in modules if (source := _source(each)) is not None)
        return self.session.repo.zip_sizes(sources, patience_s=_PATIENCE_S)

    def _sized(self, modules: Iterable[PlannedModule], sizes: Mapping[ModuleVersion, int]) -> tuple[PlannedModule, ...]:
        found: list[PlannedModule] = []
        for each in modules:
            source = _source(each)
            if source is not None:
                is_cached = self.session.files.is_file(self.session.repo.cache_file(source, "zip"))
                each = each._replace(size_bytes=sizes.get(source), is_cached=is_cached)
            found.append(each)
        return tuple(found)


def _source(each: PlannedModule) -> ModuleVersion | None:
    """The version whose zip comes, or goes; None where there is none."""
    side = each.change.new or each.change.old
    return side.source if side is not None else None


def _compared(change: PlannedChange) -> FileChange:
    """The statements of a go.mod or go.work that differ; none where it cannot be read."""
    try:
        old, new = (parse_syntax(change.path, data or b"") for data in (change.before, change.after))
    except Failure:
        return FileChange(change.path, (), ())
    return next(iter(compare_files({"": old}, {"": new})), FileChange(change.path, (), ()))


def _statements(change: PlannedChange) -> tuple[str, ...]:
    file = _compared(change)
    return (*file.removed, *file.added)


def _is_text(path: str, roots: Sequence[str]) -> bool:
    """Whether a file is shown by itself: a go.mod or the like, but not one that is vendored."""
    name = posixpath.basename(path)
    return name in _TEXTS and (name == "modules.txt" or not any(path.startswith(f"{root}/") for root in roots))


def _size(state: Resolved | Finding | None) -> int | None:
    return len(state.resolution.modules) if isinstance(state, Resolved) else None


def _count_lines(before: bytes, after: bytes) -> tuple[int, int, int]:
    old, new = Counter(before.splitlines()), Counter(after.splitlines())
    return (new - old).total(), 0, (old - new).total()


def _vendor_of(path: str) -> str:
    head, found, _ = path.partition("/vendor/")
    return f"{head}/vendor" if found else posixpath.dirname(path)
