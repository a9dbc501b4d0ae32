# SPDX-License-Identifier: BSD-3-Clause
"""What a verb found, as values: findings with their evidence, and for `govgo verify` claims with their counts.

Services make them, and `report.findings` puts them into words and formats. They are named tuples, not dataclasses,
since these take less time to define at start-up.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Protocol

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.errors import BadZipError, NetworkError, NotFoundError


class Claim(StrEnum):
    """What can be verified of a module."""

    LINT = "lint"
    COMPLETE = "complete"
    DATABASE = "database"
    CACHE = "cache"
    VENDOR = "vendor"
    TAGS = "tags"


USUAL_CLAIMS = (Claim.LINT, Claim.COMPLETE, Claim.DATABASE, Claim.CACHE, Claim.VENDOR)
"""Those that are checked unless others are named. For `TAGS`, the repository of every module is asked."""

BINARY = "binary"
"""The kind of a report about a Go binary."""


class Verdict(IntEnum):
    """How bad something is. The numbers are exit codes (`cli.exitcodes`); where several apply, the largest counts.

    PASSED: all is well; a finding that is PASSED is reported, and fails nothing.
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
    REPAIR_CACHE = "repair-cache"
    LET_READ = "let-read"
    LOG_IN = "log-in"
    ASK_FOR_ACCESS = "ask-for-access"
    ASK_LESS = "ask-less"
    TRY_LATER = "try-later"
    CHECK_PROXY = "check-proxy"
    NAME_OR_PRIVATE = "name-or-private"


def remedy_of(error: BaseException | None) -> Remedy | None:
    """What can be done about an answer of a server, by the first error of the chain that comes from one."""
    while error is not None:
        if isinstance(error, NetworkError | BadZipError) and error.is_page:
            return Remedy.CHECK_PROXY
        if isinstance(error, NetworkError | NotFoundError) and error.status:
            return Remedy.TRY_LATER if error.status >= 500 else _STATUS_REMEDIES.get(error.status)
        error = getattr(error, "inner", None)
    return None


_STATUS_REMEDIES = {
    401: Remedy.LOG_IN,
    403: Remedy.ASK_FOR_ACCESS,
    404: Remedy.NAME_OR_PRIVATE,
    407: Remedy.LOG_IN,
    410: Remedy.NAME_OR_PRIVATE,
    429: Remedy.ASK_LESS,
}


class Place(NamedTuple):
    """A file as it is shown, relative to the root of the sources where it lies below it; `line` from 1, 0 for none."""

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


class Line(NamedTuple):
    """A line with a fault: the key of the go.sum line, and where it is."""

    module: ModuleVersion | None
    place: Place | None


def directory_from(directory: str, here: str) -> str:
    """A directory as -C has to name it, "" for `here`, where commands are typed; both as reports have them."""
    path = directory if directory.startswith("/") else posixpath.relpath(directory, here)
    return "" if path == "." else path


def command(directory: str, *words: str) -> str:
    """A command of govgo in a directory, as -C names it, as it is typed into a shell."""
    from shlex import quote

    return " ".join(map(quote, ("govgo", *(("-C", directory) if directory else ()), *words)))


class Finding(NamedTuple):
    """One thing that is not as it should be, or that could not be checked.

    Attributes:
        code: stable kebab-case identifier, the same in every format.
        claim: the claim that fails, None for a fault that left nothing to check.
        text: one sentence, go's own where go has one.
        module: the key of the go.sum line ("/go.mod" at the end of its version for the hash of a go.mod).
        place: where to look.
        evidence: the hashes side by side.
        cause: the likely cause of a contradiction, None where the hashes do not show it.
        odd_proxies: for ODD_PROXY, the URLs of the proxies.
        reason: the sentence without what concerns one line only; the same for all lines with one cause. "" for a
            finding that stands for itself.
        others: further lines with the same fault for the same reason; see `merge_alike`.
        compared: what `differences` were found between.
        needed_by: the shortest chain of requirements from the main module to the module.
        remedy: what can be done.
        hint: what the error that led to the finding says can be done, "" for nothing.
        fix: a command that does away with it, as it is typed into a shell; "" for none.
        known_as: its name elsewhere, of a vulnerability that in its database; "" for none. A module may have several.
    """

    code: str
    claim: Claim | None
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
    reason: str = ""
    others: tuple[Line, ...] = ()
    fix: str = ""
    known_as: str = ""

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every line that the finding is about, its own first."""
        return (Line(self.module, self.place), *self.others)

    def unchecked(self) -> Finding:
        """At least UNCHECKED, where the fault leaves a question without an answer."""
        return self._replace(verdict=max(self.verdict, Verdict.UNCHECKED))


MOST_APART = 3
"""How many findings that differ in their line only stay apart."""


def merge_alike(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """`findings`, those with one cause side by side, and as one finding where they are more than `MOST_APART`.

    They have one cause if code, claim, verdict, remedy, hint and `reason` are the same, and there is a reason.
    """
    alike: dict[object, list[Finding]] = {}
    for number, each in enumerate(findings):
        cause = (each.code, each.claim, each.verdict, each.remedy, each.hint, each.reason)
        alike.setdefault(cause if each.reason else number, []).append(each)
    return tuple(each for group in alike.values() for each in _merged(group))


def _merged(group: list[Finding]) -> list[Finding]:
    if len(group) <= MOST_APART:
        return group
    first, *rest = group
    return [first._replace(text=first.reason, needed_by=(), others=tuple(line for each in rest for line in each.lines))]


class ClaimResult(NamedTuple):
    """How one claim came out for one module or workspace.

    Attributes:
        counts: what was counted, by name, in order.
        note: why nothing was checked, or not all, "" where everything was.
    """

    claim: Claim
    verdict: Verdict
    counts: tuple[tuple[str, int], ...] = ()
    note: str = ""

    def number(self, name: str) -> int:
        """One of the counts, 0 where there is none of this name."""
        return dict(self.counts).get(name, 0)


class TaggedVersion(NamedTuple):
    """What the repository of a module has for a version.

    Attributes:
        repository: its URL.
        ref: the tag, "" for a pseudo-version.
        commit: its full hash.  time: when it was committed.
        is_same: whether its files are those that were published, None where that could not be found out.
    """

    module: ModuleVersion
    repository: str
    ref: str
    commit: str
    time: datetime | None
    is_same: bool | None


def shown_name(kind: str, path: str, directory: str) -> str:
    """What reports call it: the module path; the directory where there is no path, of a workspace with that word."""
    return path or (f"workspace {directory}" if kind == "workspace" else directory)


class ModuleReport(NamedTuple):
    """One main module, or the files of a workspace.

    Attributes:
        kind: "module", "workspace" or "binary".
        path: the module path; "" where go.mod does not say, and for workspaces.
        directory: as it is shown; "." for the root of the sources.
        files: the go.sum files that were read, as shown.
        versions: what repositories have, for the claim `TAGS`.
    """

    kind: str
    path: str
    directory: str
    files: tuple[str, ...]
    claims: tuple[ClaimResult, ...]
    findings: tuple[Finding, ...]
    versions: tuple[TaggedVersion, ...] = ()

    @property
    def name(self) -> str:
        """The module path, or what stands for it in reports."""
        return shown_name(self.kind, self.path, self.directory)


class Run(Protocol):
    """A run that looked for findings; what the formats in `report.findings` show.

    Attributes:
        verb: the command, such as "verify".
        passed, failed: the closing words when all is well, and those before the counts when it is not.
        modules: what was looked at, each with its findings; `claims` may be empty.
        findings: what concerns no single module.
        started, duration_s: when, and how long it took.
        here: the directory where the command was started, as places are shown: "." for the root of the sources.
    """

    @property
    def verb(self) -> str: ...
    @property
    def passed(self) -> str: ...
    @property
    def failed(self) -> str: ...
    @property
    def modules(self) -> tuple[ModuleReport, ...]: ...
    @property
    def findings(self) -> tuple[Finding, ...]: ...
    @property
    def started(self) -> datetime: ...
    @property
    def duration_s(self) -> float: ...
    @property
    def here(self) -> str: ...


def all_findings(run: Run) -> Iterator[tuple[ModuleReport | None, Finding]]:
    """Every finding with its module, those of the whole run first."""
    for finding in run.findings:
        yield None, finding
    for module in run.modules:
        for finding in module.findings:
            yield module, finding


def worst(findings: Iterable[Finding]) -> Verdict:
    """The verdict of the worst, PASSED where there is none."""
    return max((finding.verdict for finding in findings), default=Verdict.PASSED)


def verdict_of(run: Run) -> Verdict:
    """The worst of all."""
    return worst(finding for _, finding in all_findings(run))


class Inspection(NamedTuple):
    """A `Run` of a verb that has findings and nothing else to tell; the attributes are described there.

    Attributes:
        offline: nobody was asked.
    """

    verb: str
    passed: str
    failed: str
    modules: tuple[ModuleReport, ...]
    findings: tuple[Finding, ...]
    started: datetime
    duration_s: float
    here: str = "."
    offline: bool = False


class Verification(NamedTuple):
    """A whole run of `govgo verify`, a `Run`.

    Attributes:
        claims: those that were asked for.
        findings: what concerns no single module, such as a fork of the checksum database.
        database: the checksum database's name, "" where none was asked.
        tree_size: the size of its newest proved tree, 0 where none was proved.
        private: the setting that keeps modules from the database, as NAME=VALUE; "" for none.
        since: the git reference after which the checked lines were added, "" for all lines.
        here: the directory where the command was started, as places are shown: "." for the root of the sources.
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
    here: str = "."

    @property
    def verb(self) -> str:
        """See `Run`."""
        return "verify"

    @property
    def passed(self) -> str:
        """See `Run`."""
        return "all modules verified"

    @property
    def failed(self) -> str:
        """See `Run`."""
        return "not verified"

    def all_findings(self) -> Iterator[tuple[ModuleReport | None, Finding]]:
        """Every finding with its module, those of the whole run first."""
        return all_findings(self)

    @property
    def verdict(self) -> Verdict:
        """The worst of all."""
        return verdict_of(self)

    def total(self, claim: Claim, name: str) -> int:
        """A count summed over the modules."""
        return sum(result.number(name) for module in self.modules for result in module.claims if result.claim is claim)


VERIFY_RULES = {
    "go-sum-malformed": "A line of go.sum does not have three fields.",
    "merge-marker": "A merge conflict was left in go.sum.",
    "go-sum-spacing": "A line of go.sum is not written as go writes it.",
    "duplicate-line": "A line stands in go.sum twice.",
    "conflicting-sums": "go.sum has several hashes for one module version.",
    "malformed-hash": "A hash in go.sum is malformed.",
    "unknown-hash": "A hash in go.sum is of an unknown algorithm.",
    "invalid-module": "go.sum names a module or version that cannot exist.",
    "missing-sum": "go.sum lacks a line that the build list needs.",
    "extra-sum": "go.sum has a line that no module in the requirement graph needs.",
    "sum-mismatch": "A hash contradicts the checksum database or go.sum.",
    "not-in-database": "The checksum database does not know a public module version.",
    "zip-modified": "A zip in the module cache is not the one in go.sum.",
    "dir-modified": "An extracted module is not the one in go.sum.",
    "cache-mismatch": "A file in the module cache is not the one in go.sum.",
    "cache-damaged": "A kept proof of the checksum database does not prove.",
    "missing-ziphash": "A zip in the module cache has lost its recorded hash.",
    "vendor-inconsistent": "vendor/modules.txt does not agree with go.mod.",
    "vendor-modified": "A vendored file is not the one in the verified zip.",
    "vendor-extra": "A vendored file is in no verified zip.",
    "vendor-missing": "A file of a vendored package is missing.",
    "tag-mismatch": "A tag of a module's repository does not name what was published.",
    "tag-gone": "The repository of a module lacks a version that was published.",
    "fork": "The checksum database has shown two histories.",
    "bad-signature": "A tree head is not signed by the checksum database's key.",
}
"""What each code of `verify` means; codes that are not here are those of `govgo.errors`."""
