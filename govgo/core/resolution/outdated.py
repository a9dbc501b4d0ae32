# SPDX-License-Identifier: BSD-3-Clause
"""Which dependencies have newer versions, as values.

A dependency is looked at where its code comes from: behind a replacement by another module version, the versions are
those of the replacement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from govgo.core.findings import Finding, Place, Verdict, worst
from govgo.core.module.moduleversion import ModuleVersion, major_minor
from govgo.core.module.paths import split_path_version
from govgo.core.records import NamedTuple

INFO, INDEX, VERSION = "info", "index", "version"
"""What a date comes from: the .info file (the author's commit), an index feed (when a proxy first saw it), or a
pseudo-version itself (the author's commit)."""

_MOST_DIGITS = 18
"""Of a major version that another may follow: numbers without end are dear, and Python reads none of thousands."""
MAX_MAJORS = 62
"""So many major versions after the current one are looked for at most: 2, 4, 8, 16 and 32 of them at once."""


class Release(NamedTuple):
    """A module version and its date, `time` None where that is not known or was not asked for.

    Attributes:
        dated_by: INFO, INDEX or VERSION, "" without a date.
    """

    path: str
    version: str
    time: datetime | None = None
    dated_by: str = ""

    def __str__(self) -> str:
        return str(self.mod)

    @property
    def mod(self) -> ModuleVersion:
        """The module version."""
        return ModuleVersion(self.path, self.version)


class Dependency(NamedTuple):
    """A module of the build list, and what is newer.

    Attributes:
        mod: the selected version.
        is_direct: a main module requires it without `// indirect`.
        places: the lines that require it.
        current: what the code comes from, behind a replacement; with version "" for a directory, of which no version
            is looked for.
        patch: the highest version with the same major and minor, where it is newer.
        newest: the version that `get -u` would select, where it is newer.
        majors: the highest release of each later major version, which is a module of another path; ascending.
        behind: how many releases follow `current`, up to `newest`.
        retracted: why the author has retracted `current`, an entry for each reason; () where it is not retracted.
        deprecated: the author's deprecation message, "" for none.
        young: the version that `newest` would be if it were old enough; None where no age is asked for.
        fault: why it could not be found out.
    """

    mod: ModuleVersion
    is_direct: bool
    places: tuple[Place, ...]
    current: Release
    patch: Release | None = None
    newest: Release | None = None
    majors: tuple[Release, ...] = ()
    behind: int = 0
    retracted: tuple[str, ...] = ()
    deprecated: str = ""
    young: Release | None = None
    fault: Finding | None = None

    @property
    def is_replaced(self) -> bool:
        """Whether its code comes from elsewhere."""
        return self.current.mod != self.mod

    @property
    def is_outdated(self) -> bool:
        """Whether there is a newer version of the same path, or this one is retracted."""
        return self.newest is not None or self.patch is not None or bool(self.retracted)

    @property
    def is_noteworthy(self) -> bool:
        """Whether there is something to say beyond that it is up to date."""
        return self.is_outdated or bool(self.majors or self.deprecated or self.young or self.fault)

    @property
    def lag(self) -> timedelta | None:
        """The time between the current and the newest version, None where a date is missing."""
        if self.newest is None or self.newest.time is None or self.current.time is None:
            return None
        return self.newest.time - self.current.time


class Audited(NamedTuple):
    """The dependencies of one module or workspace.

    Attributes:
        kind: "module" or "workspace".
        name: the module path, or what stands for it.
        directory, mod_file: as reports show them.
        dependencies: those that were looked at, by path.
        faults: what keeps the report from being whole.
    """

    kind: str
    name: str
    directory: str
    mod_file: str
    dependencies: tuple[Dependency, ...] = ()
    faults: tuple[Finding, ...] = ()


class Outdated(NamedTuple):
    """A whole run.

    Attributes:
        modules: in the order named.
        now: the time that ages are counted to.
        is_all: the whole build list was looked at, not direct requirements alone.
        as_of: the time as of which the versions were looked for, None for now.
        min_age: the age below which versions do not count, None where all do.
        faults: what concerns no single module.
    """

    modules: tuple[Audited, ...]
    now: datetime
    is_all: bool = False
    as_of: datetime | None = None
    min_age: timedelta | None = None
    faults: tuple[Finding, ...] = ()

    def dependencies(self) -> Iterator[Dependency]:
        """Those of all modules."""
        for module in self.modules:
            yield from module.dependencies

    def all_faults(self) -> Iterator[tuple[Audited | None, Dependency | None, Finding]]:
        """Every fault with its module and dependency, those of the whole run first."""
        for fault in self.faults:
            yield None, None, fault
        for module in self.modules:
            for fault in module.faults:
                yield module, None, fault
            for dependency in module.dependencies:
                if dependency.fault is not None:
                    yield module, dependency, dependency.fault

    @property
    def verdict(self) -> Verdict:
        """The worst of the faults; newer versions are none."""
        return worst(fault for _, _, fault in self.all_faults())

    @property
    def is_outdated(self) -> bool:
        """Whether anything is."""
        return any(each.is_outdated for each in self.dependencies())


def later_majors(mod: ModuleVersion) -> Iterator[str]:
    """The paths of the major versions that may follow a module version, in order, without end.

        q.io/a    v1.2.3                  q.io/a/v2, q.io/a/v3, …
        q.io/a    v3.0.0+incompatible     q.io/a/v3, q.io/a/v4, …
        q.io/a/v2 v2.0.1                  q.io/a/v3, …
        gopkg.in/a.v1 v1.0.0              gopkg.in/a.v2, …

    Rule: Go Modules Reference, "Major version suffixes".
    """
    prefix, suffix, ok = split_path_version(mod.path)
    if not ok:
        return
    separator = ".v" if mod.path.startswith("gopkg.in/") else "/v"
    stable = suffix.removesuffix("-unstable")
    digits = stable[2:] if stable else major_minor(mod.path, mod.version)[1:].partition(".")[0]
    if len(digits) > _MOST_DIGITS:
        return
    number = int(digits)
    if not stable and mod.version.endswith("+incompatible"):
        number -= 1  # the same major version may have a module of its own by now
    number = max(number + 1, 2 if separator == "/v" else 1)
    while True:
        yield f"{prefix}{separator}{number}{suffix.removeprefix(stable)}"
        number += 1


class MajorSearch:
    """The search for later major versions of one module: which paths to ask for next, and when to stop.

    It stops where two paths in a row are missing, or after `MAX_MAJORS` paths.
    """

    def __init__(self, mod: ModuleVersion) -> None:
        self._paths = later_majors(mod)
        self._width = 2
        self._asked = 0
        self._missing = 0
        self.found: list[str] = []

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be asked for."""
        return self._missing >= 2 or self._asked >= MAX_MAJORS

    def wanted(self) -> tuple[str, ...]:
        """The paths to ask for next, twice as many each time."""
        if self.is_over:
            return ()
        paths = tuple(islice(self._paths, self._width))
        self._asked += self._width
        self._width *= 2
        if not paths:
            self._missing = 2  # the path has no later major versions
        return paths

    def tell(self, answers: Iterable[tuple[str, bool]]) -> None:
        """Whether each of the wanted paths has versions, in their order."""
        for path, exists in answers:
            if self._missing >= 2:
                return
            self._missing = 0 if exists else self._missing + 1
            if exists:
                self.found.append(path)
