# SPDX-License-Identifier: BSD-3-Clause
"""Why a module has its version (`why --version`), and what would lower it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from govgo.core.findings import Finding
from govgo.core.modgraph.loader import Pruning
from govgo.core.modgraph.mvs import NONE
from govgo.core.module.moduleversion import ModuleVersion, compare_versions, is_version_prefix
from govgo.core.resolution.chains import find_chains
from govgo.core.resolution.lower import Bounds, Edits, Lowering, Outcome, find_lowering, next_lower
from govgo.core.resolution.resolution import Resolution
from govgo.core.resolution.whyversion import Asked, Explained, WhyVersion
from govgo.core.version import semver
from govgo.errors import Failure, GovgoError, UsageError
from govgo.load.dependency.gomod import summary
from govgo.load.targets.edited import resolve_edited
from govgo.load.targets.locate import fault_in
from govgo.load.targets.resolve import Resolved, Unresolved, resolve_all
from govgo.ports.modules import Ask

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.files import PlannedFiles, Workspace

NEXT = "next"
"""In place of a version: the next lower one that a requirement names."""
_AT_ONCE = 20
"""How many go.mod files of older versions are fetched at a time."""


def why_version(
    session: Session,
    wanted: Sequence[str],
    where: Sequence[str] = (),
    *,
    plan: Callable[[Workspace], PlannedFiles],
    to: str = "",
    most_chains: int = 0,
) -> WhyVersion:
    """Explain the selected versions of `wanted` in each module or workspace that `where` names.

    Args:
        session: the command.
        wanted: module paths.
        where: as for `resolve_all`.
        plan: makes files whose changes stay in memory.
        to: the version to lower them to; "next" for the next lower one that a requirement names, "none" for no version.
            "" only says which requirements keep them from the next lower one, and fetches nothing for that.
        most_chains: how many chains to return beside the shortest one.

    Raises:
        UsageError: no module is named, or `to` is not a version; an argument of `where` names nothing.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    _check(wanted, to)
    results: list[Asked] = []
    faults: list[Finding] = []
    for found in resolve_all(session, where):
        if isinstance(found, Unresolved):
            faults.append(found.fault)
            continue
        world = _World(session, found, plan)
        modules: list[Explained] = []
        for path in wanted:
            explained, fault = _explain(world, path, to, most_chains)
            modules.append(explained)
            if fault is not None:
                faults.append(fault_in(found.resolution, fault))
        results.append(Asked(found.resolution, tuple(modules)))
    return WhyVersion(tuple(wanted), to, tuple(results), tuple(faults))


def _check(wanted: Sequence[str], to: str) -> None:
    if not wanted:
        raise UsageError("why --version needs a module path")
    for path in wanted:
        if "@" in path:
            raise UsageError(f"{path}: why --version takes module paths; `--to` takes the version")
    if to not in ("", NEXT, NONE) and (not semver.is_valid(to) or is_version_prefix("", to)):
        raise UsageError(f"--to {to}: want a version such as v1.2.3, next or none")


def _explain(world: _World, path: str, to: str, most_chains: int) -> tuple[Explained, GovgoError | None]:
    """The answer for one module, and why `to` could not be looked into."""
    resolution = world.resolved.resolution
    version = resolution.selected(path)
    mod = ModuleVersion(path, version)
    lowering: Lowering | None = None
    failed: GovgoError | None = None
    requirements = resolution.requirements_on(path)
    wanted = next_lower(resolution, path) if to in ("", NEXT) else to
    if requirements and version and (wanted == NONE or compare_versions(path, wanted, version) < 0):
        world.resolved.activate()
        try:
            lowering = find_lowering(world, resolution, path, wanted, Bounds() if to else Bounds(versions=0))
        except Failure as error:
            if to:
                failed = error
            lowering = Lowering(wanted, Outcome.UNKNOWN, reason=str(error))
    explained = Explained(
        path,
        version,
        resolution.replacement(mod),
        requirements,
        resolution.deciding(path),
        resolution.chain(mod),
        find_chains(resolution, mod, most_chains) if most_chains else None,
        lowering,
    )
    return explained, failed


class _World:
    """The graph of one main module or workspace under edits of its go.mod files, which stay in memory."""

    def __init__(self, session: Session, resolved: Resolved, plan: Callable[[Workspace], PlannedFiles]) -> None:
        self.resolved = resolved
        self._session = session
        self._plan = plan

    def resolve(self, edits: Edits) -> Resolution:
        """The graph after edits."""
        return resolve_edited(self._session, self.resolved, edits, self._plan)

    def older(self, mod: ModuleVersion) -> Sequence[str]:
        """The known versions below that of `mod`, highest first; pre-releases only if the graph names them."""
        self.resolved.activate()
        resolution = self.resolved.resolution
        known = {each for each in self._session.repo.versions(mod.path).list if not semver.prerelease(each)}
        known |= {each.target.version for each in resolution.requirements_on(mod.path)}
        found = [each for each in known if compare_versions(mod.path, each, mod.version) < 0]
        found.sort(key=semver.key, reverse=True)
        self._session.repo.warm([Ask("gomod", mod.path, version) for version in found[:_AT_ONCE]])
        return found

    def required(self, mod: ModuleVersion) -> tuple[ModuleVersion, ...]:
        """What a module version requires, behind its replacement."""
        self.resolved.activate()
        return summary(self.resolved.session, mod).require

    def is_unpruned(self, mod: ModuleVersion) -> bool:
        """Whether the go line of a module version is below 1.17."""
        self.resolved.activate()
        return summary(self.resolved.session, mod).pruning is Pruning.UNPRUNED
