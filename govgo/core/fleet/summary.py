# SPDX-License-Identifier: BSD-3-Clause
"""What the results of a fleet come to together.

Documents are added one at a time, and counted by repository, not by main module: what is kept grows with the number of
different modules and advisories, not with that of repositories.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from govgo.core.fleet.impact import Impact
from govgo.core.fleet.rows import ADVISORIES, FINDINGS, LICENSES, OUTDATED, SELECTED, Row
from govgo.core.fleet.units import Entry, Status
from govgo.core.module.moduleversion import version_key

MOST_FAILURES = 100


class VerbTotals(NamedTuple):
    """What a verb came to.

    Attributes:
        verb: its name.
        repositories: all.
        done, empty, failed: of them, by `Status`.
        findings: of them, those in which the verb has found something (exit code 1).
        contradictions: of them, those with bytes that contradict go.sum or the database (exit code 4).
        faults: how many repositories have each kind of error.
    """

    verb: str
    repositories: int
    done: int
    empty: int
    failed: int
    findings: int
    contradictions: int
    faults: tuple[tuple[str, int], ...]


class ModuleUse(NamedTuple):
    """A module, and how many repositories select each version of it.

    Attributes:
        path: the module.
        repositories: how many select it.
        direct: of them, how many require it directly.
        replaced: of them, how many replace it.
        versions: the number of repositories by version, the lowest version first. A repository with several modules may
            select several versions.
    """

    path: str
    repositories: int
    direct: int
    replaced: int
    versions: tuple[tuple[str, int], ...]


class AdvisoryUse(NamedTuple):
    """An advisory, and how many repositories it hits.

    Attributes:
        id, aliases: of the advisory.
        modules: in which it was found.
        fixed_in: the versions that fix it.
        repositories: how many.
    """

    id: str
    aliases: tuple[str, ...]
    modules: tuple[str, ...]
    fixed_in: tuple[str, ...]
    repositories: int


class FindingUse(NamedTuple):
    """A kind of finding: how many there are, and in how many repositories."""

    verb: str
    code: str
    times: int
    repositories: int


class LicenseUse(NamedTuple):
    """A licence: of how many module versions, and in how many repositories."""

    license: str
    modules: int
    repositories: int


class OutdatedUse(NamedTuple):
    """A module that is outdated in so many repositories; `newest` is the newest version that any was told."""

    module: str
    newest: str
    repositories: int


class Summary(NamedTuple):
    """What the results in a directory come to; the most first, then by name.

    Attributes:
        directory: where the results are.
        verbs: what each verb came to.
        modules, advisories, findings, licenses, outdated: see their classes.
        failures: the first repositories that could not be looked at: (verb, repository, code, sentence).
        below: where it was asked who selects a module below a version: that, and the answers.
        impact: where it was asked what an upgrade would change.
        error: why there is no summary, "" where there is one.
    """

    directory: str
    verbs: tuple[VerbTotals, ...] = ()
    modules: tuple[ModuleUse, ...] = ()
    advisories: tuple[AdvisoryUse, ...] = ()
    findings: tuple[FindingUse, ...] = ()
    licenses: tuple[LicenseUse, ...] = ()
    outdated: tuple[OutdatedUse, ...] = ()
    failures: tuple[tuple[str, str, str, str], ...] = ()
    below: Below | None = None
    impact: Impact | None = None
    error: str = ""

    @property
    def skewed(self) -> tuple[ModuleUse, ...]:
        """The modules of which repositories select several versions, those with the most versions first."""
        found = [each for each in self.modules if len(each.versions) > 1]
        return tuple(sorted(found, key=lambda each: (-len(each.versions), -each.repositories, each.path)))


class Selecting(NamedTuple):
    """A main module that selects a version, in which repository, and whether it replaces it."""

    repository: str
    main_module: str
    version: str
    is_direct: bool
    is_replaced: bool


class Below(NamedTuple):
    """Who selects a module below a version."""

    module: str
    version: str
    found: tuple[Selecting, ...]


class Reducer:
    """Counts, document by document."""

    def __init__(self) -> None:
        """Nothing is counted yet."""
        self._verbs: list[VerbTotals] = []
        self._failures: list[tuple[str, str, str, str]] = []
        self._selected: dict[str, Counter[str]] = {}
        self._module: dict[str, list[int]] = {}
        self._advisories: dict[str, _Advisory] = {}
        self._findings: dict[tuple[str, str], list[int]] = {}
        self._licenses: dict[str, tuple[set[tuple[str, str]], list[int]]] = {}
        self._outdated: dict[str, tuple[list[str], list[int]]] = {}

    def verb(self, verb: str, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Pass on the lines of a verb, and count what came of them."""
        statuses: Counter[str] = Counter()
        codes: Counter[int] = Counter()
        faults: Counter[str] = Counter()
        for entry in entries:
            statuses[entry.status] += 1
            codes[entry.code] += 1
            faults.update(set(entry.faults))
            if entry.status == Status.FAILED and len(self._failures) < MOST_FAILURES:
                self._failures.append((verb, entry.name, "".join(entry.faults[:1]), entry.text))
            yield entry
        self._verbs.append(
            VerbTotals(
                verb,
                statuses.total(),
                statuses[Status.DONE],
                statuses[Status.EMPTY],
                statuses[Status.FAILED],
                codes[1],
                codes[4],
                tuple(sorted(faults.items(), key=lambda item: (-item[1], item[0]))),
            )
        )

    def add(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Count the rows of one repository."""
        adders = {
            SELECTED: self._add_selected,
            ADVISORIES: self._add_advisories,
            FINDINGS: self._add_findings,
            LICENSES: self._add_licenses,
            OUTDATED: self._add_outdated,
        }
        by_table: dict[str, list[Row]] = {}
        for table, row in rows:
            by_table.setdefault(table, []).append(row)
        for table, found in by_table.items():
            adders[table](found)

    def modules(self) -> Iterator[ModuleUse]:
        """The modules, in no order."""
        for path, versions in self._selected.items():
            ordered = sorted(versions.items(), key=lambda item: (version_key(path, item[0]), item[0]))
            repositories, direct, replaced = self._module[path]
            yield ModuleUse(path, repositories, direct, replaced, tuple(ordered))

    def summary(self, directory: str) -> Summary:
        """All that was counted."""
        return Summary(
            directory,
            tuple(self._verbs),
            tuple(sorted(self.modules(), key=lambda each: (-each.repositories, each.path))),
            tuple(sorted((each.use() for each in self._advisories.values()), key=lambda a: (-a.repositories, a.id))),
            tuple(
                FindingUse(verb, code, *counts)
                for (verb, code), counts in sorted(self._findings.items(), key=lambda item: (-item[1][1], item[0]))
            ),
            tuple(
                LicenseUse(name, len(mods), count)
                for name, (mods, (count,)) in sorted(
                    self._licenses.items(), key=lambda item: (-len(item[1][0]), item[0])
                )
            ),
            tuple(
                OutdatedUse(path, newest, count)
                for path, ((newest,), (count,)) in sorted(
                    self._outdated.items(), key=lambda item: (-item[1][1][0], item[0])
                )
            ),
            tuple(self._failures),
        )

    def _add_selected(self, rows: list[Row]) -> None:
        by_path: dict[str, tuple[set[str], list[bool]]] = {}
        for row in rows:
            versions, flags = by_path.setdefault(str(row["module"]), (set(), [False, False]))
            versions.add(str(row["version"]))
            flags[0] |= row["direct"] is True
            flags[1] |= row["replaced_by"] is not None
        for path, (versions, flags) in by_path.items():
            self._selected.setdefault(path, Counter()).update(versions)
            counts = self._module.setdefault(path, [0, 0, 0])
            for at, one in enumerate((True, *flags)):
                counts[at] += one

    def _add_advisories(self, rows: list[Row]) -> None:
        for row in rows:
            self._advisories.setdefault(str(row["id"]), _Advisory(str(row["id"]))).add(row)
        for name in {str(row["id"]) for row in rows}:
            self._advisories[name].repositories += 1

    def _add_findings(self, rows: list[Row]) -> None:
        counted = Counter((str(row["verb"]), str(row["code"])) for row in rows)
        for key, count in counted.items():
            counts = self._findings.setdefault(key, [0, 0])
            counts[0] += count
            counts[1] += 1

    def _add_licenses(self, rows: list[Row]) -> None:
        for row in rows:
            known = self._licenses.setdefault(str(row["license"]), (set(), [0]))
            known[0].add((str(row["module"]), str(row["version"])))
        for name in {str(row["license"]) for row in rows}:
            self._licenses[name][1][0] += 1

    def _add_outdated(self, rows: list[Row]) -> None:
        for row in rows:
            path, version = str(row["module"]), str(row["newest"])
            newest, _ = self._outdated.setdefault(path, ([""], [0]))
            if version and (not newest[0] or version_key(path, version) > version_key(path, newest[0])):
                newest[0] = version
        for path in {str(row["module"]) for row in rows}:
            self._outdated[path][1][0] += 1


class _Advisory:
    """What is known of an advisory so far."""

    def __init__(self, name: str) -> None:
        self.repositories = 0
        self._name = name
        self._aliases: set[str] = set()
        self._modules: set[str] = set()
        self._fixed_in: set[str] = set()

    def add(self, row: Mapping[str, object]) -> None:
        aliases = row["aliases"]
        self._aliases.update(map(str, aliases) if isinstance(aliases, list) else ())
        self._modules.add(str(row["module"]))
        if row["fixed_in"]:
            self._fixed_in.add(str(row["fixed_in"]))

    def use(self) -> AdvisoryUse:
        aliases, modules, fixed_in = (tuple(sorted(each)) for each in (self._aliases, self._modules, self._fixed_in))
        return AdvisoryUse(self._name, aliases, modules, fixed_in, self.repositories)
