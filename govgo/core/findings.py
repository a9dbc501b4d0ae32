# SPDX-License-Identifier: BSD-3-Clause
"""What `govgo verify` found, as values: claims with their counts, and findings with their evidence.

Services make them, and `report.findings` puts them into words and formats. They are named tuples, not dataclasses,
since these take less time to define at start-up.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple

from govgo.core.module.moduleversion import ModuleVersion


class Claim(StrEnum):
    """What can be verified of a module."""

    LINT = "lint"
    COMPLETE = "complete"
    DATABASE = "database"
    CACHE = "cache"
    VENDOR = "vendor"


class Verdict(IntEnum):
    """How bad something is. The numbers are exit codes (`cli.console`); where several apply, the largest counts.

    FINDING: the answer is no. UNCHECKED: there is no answer. CONTRADICTION: bytes contradict go.sum or the checksum
    database, or the database contradicts itself.
    """

    PASSED = 0
    FINDING = 1
    UNCHECKED = 3
    CONTRADICTION = 4


class Cause(StrEnum):
    """What most likely led to a contradiction."""

    MOVED_TAG = "moved-tag"
    EDITED = "edited-line"
    TYPO = "one-character"
    BAD_CACHE = "bad-cache"
    OTHER_SOURCE = "other-source"
    ODD_PROXY = "odd-proxy"


class Remedy(StrEnum):
    """What can be done about a finding."""

    MERGE = "merge"
    KEEP_PROVED = "keep-proved"
    CHECK_NAME = "check-name"
    COMPLETE = "complete"
    TIDY = "tidy"
    VENDOR = "vendor"
    NONE_NEEDED = "none-needed"


class Place(NamedTuple):
    """A file as it is shown, relative to the working directory where it lies below it; `line` from 1, 0 for none."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class Evidence(NamedTuple):
    """What one source says of the bytes: their `h1:` hash, or in `note` why it has none."""

    source: str
    digest: str
    note: str = ""


class Difference(NamedTuple):
    """A file that two copies of a module do not share: `change` is "changed", "added" or "removed"."""

    name: str
    change: str


class Finding(NamedTuple):
    """One thing that is not as it should be, or that could not be checked.

    Attributes:
        code: stable kebab-case identifier, the same in every format.
        text: one sentence, go's own where go has one.
        module: the key of the go.sum line ("/go.mod" at the end of its version for the hash of a go.mod).
        place: where to look.
        evidence: the hashes side by side.
        cause: the likely cause of a contradiction, None where the hashes do not show it.
        odd_proxies: for ODD_PROXY, the URLs of the proxies.
        compared: what `differences` were found between.
        needed_by: the shortest chain of requirements from the main module to the module.
        remedy: what can be done.
        hint: what the error that led to the finding says can be done, "" for nothing.
    """

    code: str
    claim: Claim
    verdict: Verdict
    text: str
    module: ModuleVersion | None = None
    place: Place | None = None
    evidence: tuple[Evidence, ...] = ()
    cause: Cause | None = None
    compared: str = ""
    differences: tuple[Difference, ...] = ()
    needed_by: tuple[str, ...] = ()
    hint: str = ""
    remedy: Remedy | None = None
    odd_proxies: tuple[str, ...] = ()


class ClaimResult(NamedTuple):
    """How one claim came out for one module or workspace.

    Attributes:
        counts: what was counted, by name, in order.
        note: why nothing was checked, "" where something was.
    """

    claim: Claim
    verdict: Verdict
    counts: tuple[tuple[str, int], ...] = ()
    note: str = ""

    def number(self, name: str) -> int:
        """One of the counts, 0 where there is none of this name."""
        return dict(self.counts).get(name, 0)


class ModuleReport(NamedTuple):
    """One main module, or the files of a workspace.

    Attributes:
        kind: "module" or "workspace".
        path: the module path; "" where go.mod does not say, and for workspaces.
        directory: as it is shown; "." for the working directory.
        files: the go.sum files that were read, as shown.
    """

    kind: str
    path: str
    directory: str
    files: tuple[str, ...]
    claims: tuple[ClaimResult, ...]
    findings: tuple[Finding, ...]

    @property
    def name(self) -> str:
        """The module path, or what stands for it in reports."""
        return self.path or (f"workspace {self.directory}" if self.kind == "workspace" else self.directory)


class Verification(NamedTuple):
    """The whole run.

    Attributes:
        claims: those that were asked for.
        findings: what concerns no single module, such as a fork of the checksum database.
        database: the checksum database's name, "" where none was asked.
        tree_size: the size of its newest proved tree, 0 where none was proved.
        private: the setting that keeps modules from the database, as NAME=VALUE; "" for none.
        since: the git reference after which the checked lines were added, "" for all lines.
    """

    claims: tuple[Claim, ...]
    modules: tuple[ModuleReport, ...]
    findings: tuple[Finding, ...]
    database: str
    tree_size: int
    private: str
    since: str
    offline: bool
    started: datetime
    duration_s: float

    def all_findings(self) -> Iterator[tuple[ModuleReport | None, Finding]]:
        """Every finding with its module, those of the whole run first."""
        for finding in self.findings:
            yield None, finding
        for module in self.modules:
            for finding in module.findings:
                yield module, finding

    @property
    def verdict(self) -> Verdict:
        """The worst of all."""
        return max((finding.verdict for _, finding in self.all_findings()), default=Verdict.PASSED)

    def total(self, claim: Claim, name: str) -> int:
        """A count summed over the modules."""
        return sum(result.number(name) for module in self.modules for result in module.claims if result.claim is claim)
