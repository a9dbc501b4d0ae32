# SPDX-License-Identifier: BSD-3-Clause
"""What the results of a fleet come to together.

Documents are added one at a time, and counted by repository, not by main module: what is kept grows with the number of
different modules and advisories, not with that of repositories.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from govgo.core.fleet.impact import Impact
from govgo.core.fleet.rows import ADVISORIES, FINDINGS, LICENSES, OUTDATED, SELECTED, Row
from govgo.core.fleet.units import Entry, Status
from govgo.core.module.moduleversion import version_key
from govgo.core.records import NamedTuple

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
    """A module that is outdated in so many repositories; `newest` is the newest version that any of them saw."""

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
        """The modules that repositories select at several versions, those with the most versions first."""
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
    """Counts, repository by repository. Several may count a part each, and be added up (`merge`)."""

    def __init__(self) -> None:
        """Nothing is counted yet."""
        self._verbs: dict[str, _Totals] = {}
        self._failures: list[tuple[str, str, str, str]] = []
        self._selected: Counter[tuple[str, str]] = Counter()
        self._selecting: Counter[str] = Counter()
        self._direct: Counter[str] = Counter()
        self._replaced: Counter[str] = Counter()
        self._advisories: dict[str, _Advisory] = {}
        self._findings: dict[tuple[str, str], list[int]] = {}
        self._licenses: dict[str, tuple[set[tuple[str, str]], list[int]]] = {}
        self._outdated: dict[str, tuple[list[str], list[int]]] = {}

    def verb(self, verb: str) -> None:
        """Begin with a verb, which may have no repository."""
        self._verbs.setdefault(verb, _Totals())

    def entry(self, verb: str, entry: Entry) -> None:
        """Count the line of a repository."""
        self._verbs.setdefault(verb, _Totals()).add(entry)
        if entry.status == Status.FAILED and len(self._failures) < MOST_FAILURES:
            self._failures.append((verb, entry.name, "".join(entry.faults[:1]), entry.text))

    def add(self, table: str, rows: list[Row]) -> None:
        """Count the rows of one repository in one table."""
        adders = {
            SELECTED: self._add_selected,
            ADVISORIES: self._add_advisories,
            FINDINGS: self._add_findings,
            LICENSES: self._add_licenses,
            OUTDATED: self._add_outdated,
        }
        adders[table](rows)

    def merge(self, other: Reducer) -> None:
        """Add what another one has counted of repositories that come behind those of this one."""
        for verb, totals in other._verbs.items():
            self._verbs.setdefault(verb, _Totals()).merge(totals)
        self._failures += other._failures[: MOST_FAILURES - len(self._failures)]
        self._selected.update(other._selected)
        self._selecting.update(other._selecting)
        self._direct.update(other._direct)
        self._replaced.update(other._replaced)
        for name, advisory in other._advisories.items():
            self._advisories.setdefault(name, _Advisory(name)).merge(advisory)
        for key, counts in other._findings.items():
            self._findings[key] = _sum(self._findings.get(key, [0, 0]), counts)
        for name, (mods, (count,)) in other._licenses.items():
            known = self._licenses.setdefault(name, (set(), [0]))
            known[0].update(mods)
            known[1][0] += count
        for path, ((newest,), (count,)) in other._outdated.items():
            self._see_newest(path, newest)
            self._outdated[path][1][0] += count

    def modules(self) -> Iterator[ModuleUse]:
        """The modules, in no order."""
        versions: dict[str, list[tuple[str, int]]] = {}
        for (path, version), count in self._selected.items():
            versions.setdefault(path, []).append((version, count))
        for path, found in versions.items():
            found.sort(key=lambda item: (version_key(path, item[0]), item[0]))
            yield ModuleUse(path, self._selecting[path], self._direct[path], self._replaced[path], tuple(found))

    def summary(self, directory: str) -> Summary:
        """All that was counted."""
        return Summary(
            directory,
            tuple(totals.told(verb) for verb, totals in self._verbs.items()),
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
        mods = {(str(row["module"]), str(row["version"])) for row in rows}
        self._selected.update(mods)
        self._selecting.update({path for path, _ in mods})
        self._direct.update({str(row["module"]) for row in rows if row["direct"] is True})
        self._replaced.update({str(row["module"]) for row in rows if row["replaced_by"] is not None})

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
        rows = [row for row in rows if row["outdated"]]  # others are deprecated alone
        for row in rows:
            self._see_newest(str(row["module"]), str(row["newest"]))
        for path in {str(row["module"]) for row in rows}:
            self._outdated[path][1][0] += 1

    def _see_newest(self, path: str, version: str) -> None:
        newest, _ = self._outdated.setdefault(path, ([""], [0]))
        if version and (not newest[0] or version_key(path, version) > version_key(path, newest[0])):
            newest[0] = version


def _sum(counts: list[int], more: list[int]) -> list[int]:
    return [one + other for one, other in zip(counts, more, strict=True)]


class _Totals:
    """What a verb has come to so far."""

    def __init__(self) -> None:
        self._statuses: Counter[str] = Counter()
        self._codes: Counter[int] = Counter()
        self._faults: Counter[str] = Counter()

    def add(self, entry: Entry) -> None:
        self._statuses[entry.status] += 1
        self._codes[entry.code] += 1
        self._faults.update(set(entry.faults))

    def merge(self, other: _Totals) -> None:
        self._statuses.update(other._statuses)
        self._codes.update(other._codes)
        self._faults.update(other._faults)

    def told(self, verb: str) -> VerbTotals:
        statuses, codes = self._statuses, self._codes
        return VerbTotals(
            verb,
            statuses.total(),
            statuses[Status.DONE],
            statuses[Status.EMPTY],
            statuses[Status.FAILED],
            codes[1],
            codes[4],
            tuple(sorted(self._faults.items(), key=lambda item: (-item[1], item[0]))),
        )


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

    def merge(self, other: _Advisory) -> None:
        self.repositories += other.repositories
        self._aliases |= other._aliases
        self._modules |= other._modules
        self._fixed_in |= other._fixed_in

    def use(self) -> AdvisoryUse:
        aliases, modules, fixed_in = (tuple(sorted(each)) for each in (self._aliases, self._modules, self._fixed_in))
        return AdvisoryUse(self._name, aliases, modules, fixed_in, self.repositories)
