# SPDX-License-Identifier: BSD-3-Clause
"""What each page and document of a registry shows, as values: `report.registry` makes HTML and JSON of them."""

from __future__ import annotations

from collections.abc import Mapping

from govgo.core.records import NamedTuple
from govgo.core.registry.facts import (
    AdvisoryState,
    ModuleRow,
    NewVersion,
    PackageUse,
    Requirer,
    VersionFacts,
    VersionRow,
)
from govgo.core.registry.scorecard import Point


class Standing(NamedTuple):
    """What holds for every page.

    Attributes:
        title: the name of the site.
        url: what GOPROXY is set to.
        now: seconds since the epoch.
        as_of: when the storage was last looked through, 0 while that is still under way for the first time.
        modules, versions: how many are stored.
        private: whether private modules (GOPRIVATE) are among them: only where everybody needs a name.
        database: the checksum database, "" where none is asked.
        advisories: the state of the sources.
    """

    title: str
    url: str
    now: float
    as_of: float
    modules: int
    versions: int
    private: bool
    database: str
    advisories: AdvisoryState


class HomePage(NamedTuple):
    """What the server is, the modules that most others require, and the versions that were made last."""

    standing: Standing
    used: tuple[ModuleRow, ...]
    newest: tuple[NewVersion, ...]


class ListPage(NamedTuple):
    """Modules, by path or those that a search finds.

    Attributes:
        query: what is searched for, "" for all.
        after: the entry before the first one, "" for the beginning.
        next: `after` of what follows, "" where nothing does.
    """

    standing: Standing
    query: str
    after: str
    rows: tuple[ModuleRow, ...]
    next: str


class ModulePage(NamedTuple):
    """A module with a part of its history.

    Attributes:
        module: the module.
        deciding: the version whose go.mod says what is retracted and deprecated, "" for none.
        skip: how many versions are higher than the first one shown.
        rows: versions from the highest on.
        total: how many there are, with those that are only listed by upstream.
        vulnerable: by version the names of the advisories against it.
        packages: the packages that others import most.
        requirers: some modules that require it.
    """

    standing: Standing
    module: ModuleRow
    deciding: str
    skip: int
    rows: tuple[VersionRow, ...]
    total: int
    vulnerable: Mapping[str, tuple[str, ...]]
    packages: tuple[PackageUse, ...]
    requirers: tuple[Requirer, ...]


class VersionPage(NamedTuple):
    """A version, and its scorecard."""

    standing: Standing
    facts: VersionFacts
    points: tuple[Point, ...]


class RequirersPage(NamedTuple):
    """The stored modules that require one, by path; `after` and `next` are as in `ListPage`."""

    standing: Standing
    path: str
    module: ModuleRow | None
    after: str
    rows: tuple[Requirer, ...]
    next: str


class ImportsPage(NamedTuple):
    """The packages of a module that other stored modules import."""

    standing: Standing
    path: str
    rows: tuple[PackageUse, ...]


Page = HomePage | ListPage | ModulePage | VersionPage | RequirersPage | ImportsPage
