# SPDX-License-Identifier: BSD-3-Clause
"""Why versions are selected, as a value: what `govgo why --version` found."""

from __future__ import annotations

from govgo.core.findings import Finding, Verdict, worst
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.resolution.chains import Chains
from govgo.core.resolution.lower import Lowering, Outcome
from govgo.core.resolution.resolution import Requirement, Resolution


class Explained(NamedTuple):
    """Why one module has its version in one main module or workspace.

    Attributes:
        path: the module.
        version: what is selected; "none" where no requirement leads to it.
        replacement: what replaces it, None where nothing does.
        requirements: those on it, the highest first.
        deciding: those of them that alone suffice to select the version.
        chain: a shortest chain from a main module to the selected version.
        chains: more of them, None where they were not asked for.
        lowering: what would lower it, None where nothing is below.
    """

    path: str
    version: str
    replacement: ModuleVersion | None
    requirements: tuple[Requirement, ...]
    deciding: tuple[Requirement, ...]
    chain: tuple[ModuleVersion, ...]
    chains: Chains | None
    lowering: Lowering | None

    def decides(self, requirement: Requirement) -> bool:
        """Whether a requirement alone suffices to select the version."""
        return requirement.target.version == self.version and requirement in self.deciding


class Asked(NamedTuple):
    """The answers for one main module or workspace."""

    resolution: Resolution
    modules: tuple[Explained, ...]


class WhyVersion(NamedTuple):
    """The whole run.

    Attributes:
        wanted: the modules that were asked about.
        version: the version that they are to get, "" for the next lower one.
        results: the main modules and workspaces that could be resolved.
        faults: what failed.
    """

    wanted: tuple[str, ...]
    version: str
    results: tuple[Asked, ...]
    faults: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """FINDING where a module is in no graph, or cannot get the wanted version for certain.

        UNCHECKED where something failed, or the search for a way to the wanted version ended without an answer.
        """
        verdict = worst(self.faults)
        if verdict is not Verdict.PASSED:
            return verdict
        if self.version and any(
            each.lowering is not None and each.lowering.outcome is Outcome.UNKNOWN
            for asked in self.results
            for each in asked.modules
        ):
            return Verdict.UNCHECKED
        return verdict if all(self._has_answer(path) for path in self.wanted) else Verdict.FINDING

    def _has_answer(self, path: str) -> bool:
        found = [each for asked in self.results for each in asked.modules if each.path == path and each.requirements]
        if not self.version:
            return bool(found)
        return bool(found) and all(each.lowering is not None and each.lowering.changes for each in found)
