# SPDX-License-Identifier: BSD-3-Clause
"""The replace directives of the main modules: which one holds, and what is said where they contradict each other.

A directive for one version comes before one for all versions, and go.work before the go.mod files that it uses. These
may not replace the same thing differently, unless go.work decides.

Reference: Go Modules Reference, "go.mod files: replace directive", "go.work files: replace directive".
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator

from govgo.core.module.moduleversion import ModuleVersion, compare_versions
from govgo.errors import BuildListError

ReplaceMap = dict[ModuleVersion, ModuleVersion]
Pairs = Iterable[tuple[ModuleVersion, ModuleVersion]]


def replace_map(pairs: Pairs) -> ReplaceMap:
    """The replacements of one file by what they replace.  Raises BuildListError for two that differ."""
    replaced: ReplaceMap = {}
    for old, new in pairs:
        known = replaced.setdefault(old, new)
        if known != new:
            raise BuildListError(f"conflicting replacements for {old}:\n\t{known}\n\t{new}")
    return replaced


def lookup_replacement(mv: ModuleVersion, replaced: ReplaceMap) -> tuple[str, ModuleVersion] | None:
    """(version that the directive names, replacement): for this version first, then for all."""
    new = replaced.get(mv)
    if new is not None:
        return mv.version, new
    new = replaced.get(ModuleVersion(mv.path, ""))
    return None if new is None else ("", new)


def replacement_by_modules(
    mv: ModuleVersion, modules: Iterable[tuple[str, ReplaceMap]], tell: Callable[[BuildListError], object]
) -> tuple[ModuleVersion, str] | None:
    """(what replaces `mv`, the directory of the main module that says so), None where no module replaces it.

    Args:
        mv: the module version.
        modules: the directory and the replacements of each main module, in order.
        tell: takes the fault of two modules that replace it differently.
    """
    best: ModuleVersion | None = None
    best_root = ""
    for root, replaced in modules:
        found = lookup_replacement(mv, replaced)
        if found is None:
            continue
        version, new = found
        if best_root and version and best != new:
            tell(
                BuildListError(
                    f"conflicting replacements found for {mv} in workspace modules defined by "
                    f"{posixpath.join(best_root, 'go.mod')} and {posixpath.join(root, 'go.mod')}"
                )
            )
            break
        best, best_root = new, root
    return None if best is None else (best, best_root)


def faults_of_work(of_work: ReplaceMap, is_main: Callable[[str], bool]) -> Iterator[BuildListError]:
    """What is wrong with the replacements of a go.work file: none may be of a module that the workspace uses."""
    for old in of_work:
        if old.version == "" and is_main(old.path):
            yield BuildListError(
                f"workspace module {old.path} is replaced at all versions in the go.work file. To fix, remove "
                "the replacement from the go.work file or specify the version at which to replace the module."
            )


class JoinedReplacements:
    """The replacements of go.work and of all main modules together.

    Attributes:
        highest: module path -> highest version that a directive replaces ("" for all versions).
    """

    def __init__(self, of_work: ReplaceMap) -> None:
        """Begin with those of go.work; {} in module mode."""
        self.highest: dict[str, str] = {}
        self._replaced: ReplaceMap = {}
        for old, new in of_work.items():
            self._add(old, new)
        self._by_work = frozenset(old.path for old in of_work)

    def add(self, pairs: Pairs, root: str) -> None:
        """Add those of a main module.

        Args:
            pairs: what is replaced, and by what.
            root: the directory of the module in a workspace, where the same relative path means another directory in
                each module; "" in module mode.

        Raises:
            BuildListError: another main module replaces the same thing differently.
        """
        own: set[ModuleVersion] = set()
        for old, written in pairs:
            if old.path in self._by_work:
                continue
            new = written
            if root and new.version == "" and not new.path.startswith("/"):
                new = ModuleVersion(posixpath.normpath(posixpath.join(root, new.path)), "")
            known = self._replaced.get(old)
            if known is not None and old not in own and known != new:
                raise BuildListError(
                    f"conflicting replacements for {old}:\n\t{known}\n\t{new}\n"
                    f'use "go work edit -replace {old}=[override]" to resolve'
                )
            own.add(old)
            self._add(old, new)

    def _add(self, old: ModuleVersion, new: ModuleVersion) -> None:
        self._replaced[old] = new
        known = self.highest.get(old.path)
        if known is None or compare_versions(old.path, old.version, known) > 0:
            self.highest[old.path] = old.version
