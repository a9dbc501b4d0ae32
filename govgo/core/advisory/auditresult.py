# SPDX-License-Identifier: BSD-3-Clause
"""What an audit found: the vulnerable modules of one or many build lists, and how each came to be there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from govgo.core.advisory.fixplan import FixPlan, Unfixable
from govgo.core.advisory.match import Vulnerability
from govgo.core.advisory.openvex import VexStatement
from govgo.core.findings import Finding, Place, shown_name
from govgo.core.govgotoml import AuditIgnore
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.resolution.plan import Plan
from govgo.core.resolution.resolution import Requirement


class Exposure(NamedTuple):
    """A vulnerability in a build list.

    Attributes:
        vulnerability: what the advisories say.
        module: the selected version; `STDLIB` or `TOOLCHAIN` with a Go release.
        replacement: what stands in its place, and was matched; None where nothing does.
        deciding: the requirements that select the version; () for Go itself.
        chain: a shortest chain of requirements from a main module.
        place: the line of a main module's go.mod that leads to it, or that names the Go release; None for none.
    """

    vulnerability: Vulnerability
    module: ModuleVersion
    replacement: ModuleVersion | None
    deciding: tuple[Requirement, ...]
    chain: tuple[ModuleVersion, ...]
    place: Place | None


class Ignored(NamedTuple):
    """A vulnerability that does not count, by `ignore` of the project's govgo.toml."""

    exposure: Exposure
    ignore: AuditIgnore


class Stated(NamedTuple):
    """A vulnerability that does not count, by a statement of an OpenVEX document."""

    exposure: Exposure
    statement: VexStatement


class GoRelease(NamedTuple):
    """The Go release that was matched: "1.26.8", what names it, and the line of go.mod or go.work that does.

    `place` is None where no line does: the environment, a binary.
    """

    version: str
    origin: str
    place: Place | None = None


class Unmatched(NamedTuple):
    """A module that is replaced by a directory: its code has no version, so no advisory can be matched.

    Also `STDLIB`, without a version, of a binary that does not say which Go release has built it.

    Attributes:
        place: the line of the requirement that brought it in.
    """

    module: ModuleVersion
    place: Place | None


class AuditedModule(NamedTuple):
    """A module or workspace that was audited.

    Attributes:
        kind, path, directory: as in `Resolution`; of a binary the path of its main module, and the file.
        modules: how many modules its build list has besides main ones.
        release: the Go release whose standard library and go command were matched.
        unmatched: modules that no advisory can be matched with.
        exposures: what was found, by module.
        by_packages: those are left out whose packages no import leads to.
        ignored: what was found and does not count.
        stated: what was found and does not count by a statement of an OpenVEX document.
        expired, unused: entries of govgo.toml that no longer count, or concern nothing.
        policy_file: that govgo.toml, as it is shown; "" for none.
        mains: the paths of the main modules.
        fixes: what clears the exposures, for each main module; () where no plan was made, or nothing is found.
        unfixable: of what a plan was made for, what no requirement changes: it is in Go itself, or go.work replaces it.
        unplanned: why a plan that nobody asked for was not made; "" where it was, or where there is nothing to plan.
    """

    kind: str
    path: str
    directory: str
    modules: int
    release: GoRelease
    unmatched: tuple[Unmatched, ...]
    exposures: tuple[Exposure, ...]
    by_packages: bool = False
    ignored: tuple[Ignored, ...] = ()
    expired: tuple[AuditIgnore, ...] = ()
    unused: tuple[AuditIgnore, ...] = ()
    policy_file: str = ""
    stated: tuple[Stated, ...] = ()
    mains: tuple[str, ...] = ()
    fixes: tuple[FixPlan, ...] = ()
    unfixable: tuple[Unfixable, ...] = ()
    unplanned: str = ""

    @property
    def name(self) -> str:
        """The module path, or what stands for it in reports."""
        return shown_name(self.kind, self.path, self.directory)


class Database(NamedTuple):
    """A database that was asked.

    Attributes:
        source: the database as reports name it.
        size: how many advisories it has, -1 where that is not known.
        modified: when it was last changed, None where it does not say.
        is_kept: what was kept of it was used, and nobody was asked.
        is_proved: its bytes were proved by the checksum database.
    """

    source: str
    size: int
    modified: datetime | None
    is_kept: bool
    is_proved: bool


class Audit(NamedTuple):
    """The whole run.

    Attributes:
        databases: what was asked.
        modules: what was audited.
        faults: what could not be audited, and why.
        now: the time from which the age of the databases is counted.
        dry_runs: what `-fix -n` would change, for each plan.
        here: the directory where commands are typed, as reports have it.
    """

    databases: tuple[Database, ...]
    modules: tuple[AuditedModule, ...]
    faults: tuple[Finding, ...]
    now: datetime
    dry_runs: tuple[Plan, ...] = ()
    here: str = "."

    def exposures(self) -> Iterator[tuple[AuditedModule, Exposure]]:
        """Everything that was found."""
        for module in self.modules:
            for exposure in module.exposures:
                yield module, exposure
