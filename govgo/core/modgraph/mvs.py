# SPDX-License-Identifier: BSD-3-Clause
"""Minimal version selection.

The build list of a module is, for each module path reachable in the requirement graph, the highest version that any
reachable module requires. The functions below walk a requirement relation; `Graph` is told one.

Reference: research.swtch.com/vgo-mvs (algorithms 1 to 4, R); Go Modules Reference, "Minimal version selection (MVS)".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Protocol

from govgo.core.modgraph.graph import NONE, Compare, Graph
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import BuildListError, Failure, GovgoError

__all__ = [
    "NONE",
    "Compare",
    "DowngradeReqs",
    "Graph",
    "Reqs",
    "UnsatisfiedError",
    "UpgradeReqs",
    "build_list",
    "downgrade",
    "req",
    "upgrade",
    "upgrade_all",
]


class Reqs(Protocol):
    """A requirement relation. Methods may raise; the functions below say where an error came from."""

    def required(self, mv: ModuleVersion) -> tuple[ModuleVersion, ...]:
        """What `mv` itself requires."""
        ...

    def compare(self, path: str, v: str, w: str) -> int:
        """See `Compare`. A target's version must be above all others of its path."""
        ...


class UpgradeReqs(Reqs, Protocol):
    """A requirement relation that knows of newer versions."""

    def upgrade(self, mv: ModuleVersion) -> ModuleVersion:
        """The version to use in place of `mv` when everything is upgraded; `mv` itself to stay."""
        ...


class DowngradeReqs(Reqs, Protocol):
    """A requirement relation that knows of older versions."""

    def previous(self, mv: ModuleVersion) -> ModuleVersion:
        """The version just before `mv`, "none" when there is none."""
        ...


class UnsatisfiedError(BuildListError):
    """An error met while requirements were gathered.

    Attributes:
        error: what was raised.
        path: a shortest chain from a target to the module version where it was raised.
        changes: numbers of steps of `path` that are upgrades, not requirements.
    """

    def __init__(self, error: GovgoError, path: tuple[ModuleVersion, ...], changes: frozenset[int]) -> None:
        super().__init__(str(error), inner=error)
        self.error = error
        self.path = path
        self.changes = changes


def build_list(targets: Sequence[ModuleVersion], reqs: Reqs) -> tuple[ModuleVersion, ...]:
    """The build list of `targets`: they come first, the others follow by path (algorithm 1).

    Raises:
        UnsatisfiedError: the requirements of a reachable module cannot be had.
    """
    return _build_list(targets, reqs, None)


def _build_list(
    targets: Sequence[ModuleVersion], reqs: Reqs, upgrade: Callable[[ModuleVersion], ModuleVersion] | None
) -> tuple[ModuleVersion, ...]:
    graph = Graph(reqs.compare, targets)
    upgrades: dict[ModuleVersion, ModuleVersion] = {}
    failed: dict[ModuleVersion, GovgoError] = {}
    queue = list(dict.fromkeys(targets))
    seen = set(queue)
    for mv in queue:
        required: tuple[ModuleVersion, ...] = ()
        try:
            if mv.version != NONE:
                required = reqs.required(mv)
        except Failure as error:
            failed[mv] = error
        if upgrade is not None:
            try:
                better = upgrade(mv)
                if better != mv:
                    upgrades[mv] = better
                    required = (better, *required)
            except Failure as error:
                failed.setdefault(mv, error)
        graph.require(mv, required)
        for req in required:
            if req not in seen:
                seen.add(req)
                queue.append(req)
    if failed:
        chain = graph.find_path(failed.__contains__)
        steps = enumerate(pairwise(chain))
        changes = frozenset(i for i, (source, target) in steps if upgrades.get(source) == target)
        raise UnsatisfiedError(failed[chain[-1]], chain, changes)
    return graph.build_list()


def req(
    main: ModuleVersion, base: Iterable[str], reqs: Reqs, *, build: Sequence[ModuleVersion] | None = None
) -> tuple[ModuleVersion, ...]:
    """A least requirement list for `main` that yields the same build list and names all of `base` (algorithm R).

    Args:
        main: the module whose requirements are listed.
        base: module paths that must be named.
        reqs: the requirement relation.
        build: the build list of `main`, when it is known already.

    Returns:
        Requirements sorted by path.
    """
    listed = build_list([main], reqs) if build is None else build
    highest = dict(listed)
    required, postorder = _postorder(main, listed, reqs)
    have: set[ModuleVersion] = set()

    def cover(start: ModuleVersion) -> None:
        stack = [start]
        while stack:
            mv = stack.pop()
            if mv not in have:
                have.add(mv)
                stack.extend(required.get(mv, ()))

    minimal: list[ModuleVersion] = []
    for path in dict.fromkeys(base):
        mv = ModuleVersion(path, highest.get(path, ""))
        minimal.append(mv)
        cover(mv)
    for mv in reversed(postorder):
        if highest.get(mv.path) == mv.version and mv not in have:
            minimal.append(mv)
            cover(mv)
    return tuple(sorted(minimal, key=lambda mv: mv.path))


def _postorder(
    main: ModuleVersion, listed: Iterable[ModuleVersion], reqs: Reqs
) -> tuple[dict[ModuleVersion, tuple[ModuleVersion, ...]], list[ModuleVersion]]:
    """Requirements of everything reachable from `listed`, and those versions, each after what it requires."""
    required: dict[ModuleVersion, tuple[ModuleVersion, ...]] = {main: ()}
    order: list[ModuleVersion] = []
    for start in listed:
        if start in required:
            continue
        required[start] = reqs.required(start)
        stack = [(start, iter(required[start]))]
        while stack:
            mv, pending = stack[-1]
            for target in pending:
                if target not in required:
                    required[target] = reqs.required(target)
                    stack.append((target, iter(required[target])))
                    break
            else:
                order.append(mv)
                stack.pop()
    return required, order


def upgrade_all(target: ModuleVersion, reqs: UpgradeReqs) -> tuple[ModuleVersion, ...]:
    """The build list with every module at its latest version (algorithm 2)."""
    return _build_list([target], reqs, lambda mv: target if mv.path == target.path else reqs.upgrade(mv))


def upgrade(target: ModuleVersion, reqs: UpgradeReqs, *wanted: ModuleVersion) -> tuple[ModuleVersion, ...]:
    """The build list with the `wanted` versions added (algorithm 3)."""
    listed = list(reqs.required(target))
    paths = {mv.path for mv in listed}
    versions: dict[str, str] = {}
    for mv in wanted:
        if mv.path not in paths:
            listed.append(ModuleVersion(mv.path, NONE))
        known = versions.get(mv.path)
        if known is None or reqs.compare(mv.path, known, mv.version) < 0:
            versions[mv.path] = mv.version
    return _build_list(
        [target],
        _Override(target, tuple(listed), reqs),
        lambda mv: ModuleVersion(mv.path, versions.get(mv.path, mv.version)),
    )


def downgrade(target: ModuleVersion, reqs: DowngradeReqs, *wanted: ModuleVersion) -> tuple[ModuleVersion, ...]:
    """The build list with no module above its `wanted` version, and others as low as that needs (algorithm 4).

    Raises:
        UnsatisfiedError: the build list at the start or the end cannot be had.
    """
    listed = build_list([target], reqs)[1:]
    limit = {mv.path: mv.version for mv in listed}
    for mv in wanted:
        known = limit.get(mv.path)
        if known is None or reqs.compare(mv.path, known, mv.version) > 0:
            limit[mv.path] = mv.version
    search = _Descent(reqs, limit)
    lowered = [target]
    for mv in listed:
        fit = search.lower(mv)
        if fit is not None:
            lowered.append(fit)
    # `previous` leaves out pseudo-versions and retracted versions, so that a requirement may pull a module above the
    # version found; what only the version found requires must then not stay behind.
    actual = dict(build_list([target], _Override(target, tuple(lowered), reqs)))
    kept = tuple(ModuleVersion(mv.path, actual[mv.path]) for mv in listed if mv.path in actual)
    return build_list([target], _Override(target, kept, reqs))


class _Override:
    """A requirement relation with other requirements for one module."""

    def __init__(self, target: ModuleVersion, listed: tuple[ModuleVersion, ...], reqs: Reqs) -> None:
        self._target = target
        self._listed = listed
        self._reqs = reqs

    def required(self, mv: ModuleVersion) -> tuple[ModuleVersion, ...]:
        return self._listed if mv == self._target else self._reqs.required(mv)

    def compare(self, path: str, v: str, w: str) -> int:
        return self._reqs.compare(path, v, w)


class _Descent:
    """Which versions lead above a limit, and the next lower ones that do not."""

    def __init__(self, reqs: DowngradeReqs, limit: dict[str, str]) -> None:
        self._reqs = reqs
        self._limit = limit
        self._added: set[ModuleVersion] = set()
        self._excluded: set[ModuleVersion] = set()
        self._dependents: dict[ModuleVersion, list[ModuleVersion]] = {}

    def lower(self, mv: ModuleVersion) -> ModuleVersion | None:
        """The highest version not above `mv` that keeps every limit, None when only absence does."""
        self._add(mv)
        while mv in self._excluded:
            before = self._reqs.previous(mv)
            limit = self._limit[mv.path]
            compare = self._reqs.compare
            if compare(mv.path, limit, mv.version) < 0 and compare(mv.path, before.version, limit) < 0:
                before = ModuleVersion(mv.path, limit)
            if before.version == NONE:
                return None
            self._add(before)
            mv = before
        return mv

    def _exclude(self, mv: ModuleVersion) -> None:
        stack = [mv]
        while stack:
            each = stack.pop()
            if each not in self._excluded:
                self._excluded.add(each)
                stack.extend(self._dependents.get(each, ()))

    def _add(self, start: ModuleVersion) -> None:
        stack = [start]
        while stack:
            mv = stack.pop()
            if mv in self._added:
                continue
            self._added.add(mv)
            for target in self._open(mv):
                self._dependents.setdefault(target, []).append(mv)
                if target in self._excluded:
                    self._exclude(mv)
                    break
                stack.append(target)

    def _open(self, mv: ModuleVersion) -> tuple[ModuleVersion, ...]:
        """The requirements of `mv`; none when it is excluded right away."""
        limit = self._limit.get(mv.path)
        if limit is not None and self._reqs.compare(mv.path, mv.version, limit) > 0:
            self._exclude(mv)
            return ()
        try:
            return self._reqs.required(mv)
        except Failure:
            # An older version may lack a sound go.mod; then it is no candidate.
            self._exclude(mv)
            return ()
