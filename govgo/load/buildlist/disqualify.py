# SPDX-License-Identifier: BSD-3-Clause
"""Which module versions may not take part in an edited module graph, and why.

A version is disqualified when it exceeds a version that was asked for, when its go.mod cannot be read, or when it
requires a version that is disqualified. With graph pruning, a version may be acceptable where only its own requirements
count, and not where everything below it does; the two cases are recorded apart.

Source: cmd/go's modload/edit.go, dqTracker.
"""

from __future__ import annotations

from collections.abc import Mapping

from govgo.core.modgraph.loader import Pruning
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.errors import GovgoError


class Reason(NamedTuple):
    """Why a module version is disqualified: its requirements cannot be read, or it is or requires `dep`."""

    error: GovgoError | None = None
    dep: ModuleVersion | None = None


class Disqualifications:
    """Disqualified module versions; whatever requires one of them is disqualified with it.

    Requirements are recorded as a breadth-first walk meets them, so that a later disqualification also reaches what
    was met before it.
    """

    def __init__(self, root_pruning: Mapping[ModuleVersion, Pruning]) -> None:
        """Nothing is disqualified at first.

        Args:
            root_pruning: the roots of the graph, each with the pruning by which its requirements are loaded.
        """
        self._roots = root_pruning
        self._reasons: tuple[dict[ModuleVersion, Reason], dict[ModuleVersion, Reason]] = ({}, {})
        self._dependents: dict[ModuleVersion, list[ModuleVersion]] = {}

    def reason(self, mv: ModuleVersion, pruning: Pruning) -> Reason | None:
        """Why `mv` may not be reached under `pruning`; None when it may."""
        return self._reasons[pruning == Pruning.UNPRUNED].get(mv)

    def require(self, mv: ModuleVersion, req: ModuleVersion) -> bool:
        """Record that `mv` requires `req`; False when the other requirements of `mv` need not be looked at any more."""
        root_pruning = self._roots.get(req)
        if root_pruning is not None and self.reason(req, root_pruning) is not None:
            # A root's requirements always count, so nothing that requires it can be selected.
            self.disqualify(mv, Pruning.PRUNED, Reason(dep=req))
            return False
        if self.reason(req, Pruning.UNPRUNED) is not None:
            self.disqualify(mv, Pruning.UNPRUNED, Reason(dep=req))
            if mv not in self._roots:
                return False
        self._dependents.setdefault(req, []).append(mv)
        return True

    def disqualify(self, mv: ModuleVersion, pruning: Pruning, reason: Reason) -> None:
        """Disqualify `mv` under `pruning` (under PRUNED: under both), and whatever goes with it.

        A version that is disqualified already keeps its first reason.
        """
        stack = [(mv, pruning, reason)]
        while stack:
            each, under, why = stack.pop()
            if self.reason(each, under) is None:
                stack.extend(reversed(self._mark(each, under, why)))

    def _mark(self, mv: ModuleVersion, pruning: Pruning, reason: Reason) -> list[tuple[ModuleVersion, Pruning, Reason]]:
        """Record the reason; returns the disqualifications of dependents that follow from it."""
        pruned, unpruned = self._reasons
        own = self._roots.get(mv)
        unpruned.setdefault(mv, reason)
        if pruning == Pruning.PRUNED or own == Pruning.UNPRUNED:
            # The requirements of an unpruned root count wherever it is reached from.
            pruned[mv] = reason
        everywhere = own is not None and (pruning == Pruning.PRUNED or own == Pruning.UNPRUNED)
        dependents = self._dependents.get(mv, [])
        if everywhere or own is None:
            self._dependents.pop(mv, None)
        under = Pruning.PRUNED if everywhere else Pruning.UNPRUNED
        return [(each, under, Reason(dep=mv)) for each in dependents]

    def path(self, mv: ModuleVersion, pruning: Pruning) -> tuple[tuple[ModuleVersion, ...], GovgoError | None]:
        """The chain from `mv` to what disqualifies it, and the error there; () when nothing does."""
        chain: list[ModuleVersion] = []
        while True:
            if self._roots.get(mv) == Pruning.UNPRUNED:
                pruning = Pruning.UNPRUNED
            reason = self.reason(mv, pruning)
            if reason is None:
                return tuple(chain), None
            chain.append(mv)
            if reason.error is not None or reason.dep == mv or reason.dep is None:
                return tuple(chain), reason.error
            mv = reason.dep
