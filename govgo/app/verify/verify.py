# SPDX-License-Identifier: BSD-3-Clause
"""`govgo verify`: is go.sum proved and complete, and do the module cache and vendor directories agree with it?

Needs no Go, no source code and no filled cache, and writes to the module cache alone. A module that fails does not stop
the others, and what could not be checked never counts as verified.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from govgo.app.verify.binaries import binary_target, check_against, without_hash
from govgo.app.verify.database import DatabaseAnswers, check_database, check_lint, fatal_finding, lines_of
from govgo.app.verify.tags import TagAnswers, check_tags, zip_lines
from govgo.core.findings import (
    BINARY,
    Claim,
    ClaimResult,
    Finding,
    ModuleReport,
    Place,
    Remedy,
    TaggedVersion,
    Verdict,
    Verification,
    merge_alike,
)
from govgo.core.goenv import OFF
from govgo.core.gosum.lines import DUPLICATE
from govgo.core.records import NamedTuple
from govgo.errors import DeadNetworkError, DiskError, GovgoError, OfflineError, UsageError
from govgo.load.session.errors import NoModRootError
from govgo.load.targets.binaries import split_binaries
from govgo.load.targets.targets import WORKSPACE, Target, find_targets, shown, shown_start
from govgo.ports.evidence import KeptProofs, OldFiles
from govgo.ports.sumdb import Prover

if TYPE_CHECKING:
    from govgo.app.verify.explain import Explainer
    from govgo.app.verify.graph import TargetGraph
    from govgo.core.gosum.lines import SumLine
    from govgo.core.module.moduleversion import ModuleVersion
    from govgo.load.session.session import Session
    from govgo.ports.evidence import Cached, Facts, FileReader, Origins, Sources
    from govgo.ports.files import Executables


class Tools(NamedTuple):
    """The tools of a verification; most are made when they are first used.

    Attributes:
        database: proves lines.
        proofs: looks at what is kept of the database, None where nothing is.
        facts: looks at the module cache.
        files: reads zips and trees.
        executables: reads Go binaries.
        sources: looks at proxies when something contradicts; None to ask none.
        origins: asks repositories; None to ask none.
        old: files as they were at a git reference, None where every line counts.
    """

    database: Prover
    proofs: Callable[[], KeptProofs | None]
    facts: Callable[[], Facts]
    files: Callable[[], FileReader]
    executables: Callable[[], Executables]
    sources: Callable[[], Sources] | None = None
    origins: Callable[[], Origins] | None = None
    old: OldFiles | None = None


def verify(
    session: Session,
    args: Sequence[str],
    claims: Sequence[Claim],
    tools: Tools,
    *,
    since: str = "",
    offline: bool = False,
    strict: bool = False,
    optional: Collection[Claim] = (),
    against: str = "",
) -> Verification:
    """Verify modules and workspaces.

    Args:
        session: the command; its repository must ask no source when `offline`.
        args: see `targets.find_targets`; files are Go binaries.
        claims: what to check.
        tools: what to check it with.
        since, offline: for the report.
        strict: lines that are right, but more than needed, are findings too.
        optional: claims that do not fail where what they need is not at hand.
        against: a go.sum file that has to have the hashes that binaries record, "" for none.

    Raises:
        UsageError: arguments or settings that make no sense.
        InputError: a go.work file that was named is malformed.
    """
    started, begin_s = session.clock.now(), session.clock.monotonic_s()
    bare = not {Claim.COMPLETE, Claim.VENDOR} & {*claims} - {*optional}
    binaries, args = split_binaries(session, args)
    if against and (args or not binaries):
        raise UsageError("--against compares Go binaries; name them alone")
    unread: list[DiskError] = []
    targets = find_targets(session, args, tools.old, bare=bare, unread=unread) if args or not binaries else ()
    targets = (*targets, *(binary_target(session, tools.executables(), each) for each in binaries))
    asks = Claim.DATABASE in claims and session.settings.env.gosumdb != OFF
    name = tools.database.name if asks else ""
    run = _Run(session, targets, frozenset(claims), tools, strict=strict, optional=optional, against=against)
    run.findings += (_unread_finding(session, error) for error in unread)
    modules = run.modules()
    return Verification(
        claims=tuple(claims),
        modules=modules,
        findings=tuple(run.findings),
        database=name,
        tree_size=tools.database.tree_size,
        private=_private_setting(session),
        since=since,
        offline=offline,
        started=started,
        duration_s=session.clock.monotonic_s() - begin_s,
        here=shown_start(session),
    )


_MORE_THAN_NEEDED = frozenset({"extra-sum", DUPLICATE})
"""Codes of lines that are right. go writes some itself, for `tidy -compat` or when a version is left behind."""
_NOT_AT_HAND = frozenset({OfflineError.code, NoModRootError.code})
"""Codes of what a claim needs and cannot have."""


def _unread_finding(session: Session, error: DiskError) -> Finding:
    """A module whose files cannot be read, which keeps no other from being looked at."""
    from govgo.load.targets.errorfindings import from_error

    return from_error(None, error, Place(shown(session, error.path)))._replace(remedy=Remedy.LET_READ)


def with_late_errors(run: Verification, errors: Sequence[GovgoError]) -> Verification:
    """A verification with what went wrong after its checks; an error that it has already is not added again."""
    from govgo.load.targets.errorfindings import from_error

    known = {finding.text for _, finding in run.all_findings()}
    found = {finding.text: finding for finding in (from_error(Claim.DATABASE, error) for error in errors)}
    late = tuple(finding for text, finding in found.items() if text not in known)
    return run._replace(findings=(*run.findings, *late))


def _private_setting(session: Session) -> str:
    """The variable that keeps modules from the database, with its value."""
    env = session.settings.env
    if not env.gonosumdb:
        return ""
    return f"GOPRIVATE={env.goprivate}" if env.gonosumdb == env.goprivate else f"GONOSUMDB={env.gonosumdb}"


class _Outcome:
    """What comes of one target, claim by claim."""

    def __init__(self, *, strict: bool, optional: Collection[Claim]) -> None:
        self._strict = strict
        self._optional = optional
        self.results: list[ClaimResult] = []
        self.findings: list[Finding] = []
        self.versions: tuple[TaggedVersion, ...] = ()

    def add(self, result: ClaimResult, found: Sequence[Finding]) -> None:
        """Add the outcome of a claim: lines beyond those needed are noted, and what is optional may be left out."""
        if not self._strict:
            found = [f._replace(verdict=Verdict.PASSED) if f.code in _MORE_THAN_NEEDED else f for f in found]
        told = [f for f in found if f.claim not in self._optional or f.code not in _NOT_AT_HAND]
        if len(told) < len(found):
            result = result._replace(note="not checked: what it needs is neither in the bundle nor in the module cache")
        verdicts = [f.verdict for f in told] + ([Verdict.UNCHECKED] if len(told) < len(found) else [])
        self.results.append(result._replace(verdict=max(verdicts, default=Verdict.PASSED)))
        self.findings += told

    def report(self, session: Session, target: Target) -> ModuleReport:
        """All of it."""
        return ModuleReport(
            kind=target.kind,
            path=target.path,
            directory=shown(session, target.root),
            files=tuple(file.shown for file in target.sums),
            claims=tuple(self.results),
            findings=merge_alike(self.findings),
            versions=self.versions,
        )


class _Run:
    """The work on all targets. What they share is done once: lookups in the database, and hashing the cache."""

    def __init__(
        self,
        session: Session,
        targets: Sequence[Target],
        claims: frozenset[Claim],
        tools: Tools,
        *,
        strict: bool,
        optional: Collection[Claim],
        against: str,
    ) -> None:
        self._against = against
        self.findings: list[Finding] = []
        self._strict = strict
        self._optional = optional
        self._session = session
        self._targets = targets
        self._claims = claims
        self._tools = tools
        self._answers = DatabaseAnswers(tools.database)
        self._off = session.settings.env.gosumdb == OFF
        self._cached: Mapping[ModuleVersion, Cached] = {}
        self._no_cache: DeadNetworkError | None = None
        asks = Claim.TAGS in claims and tools.origins is not None
        origins = tools.origins() if asks and tools.origins is not None else None
        self._tags = TagAnswers(session, origins, lambda: self._facts, lambda: self._files)

    @cached_property
    def _facts(self) -> Facts:
        return self._tools.facts()

    @cached_property
    def _files(self) -> FileReader:
        return self._tools.files()

    @cached_property
    def _explainer(self) -> Explainer:
        from govgo.app.verify.explain import Explainer

        sources = self._tools.sources() if self._tools.sources is not None else None
        return Explainer(None if self._off else self._answers, self._facts, self._files, sources)

    def modules(self) -> tuple[ModuleReport, ...]:
        """The report of each target.

        Order matters: proving repairs the kept proofs, so these are looked at first. What lies in the module cache is
        hashed by other processes while servers are asked; so a dead network is known however much there is to hash.
        """
        if Claim.CACHE in self._claims:
            self._look_at_cache()
        else:
            self._ask()
        reports = tuple(self._module(target) for target in self._targets)
        # After the reports: the database may misbehave while a contradiction is explained.
        fatal = fatal_finding(self._answers)
        if fatal is not None and (Claim.DATABASE in self._claims or _contradicts(fatal)):
            self.findings.append(fatal)
        return reports

    def _look_at_cache(self) -> None:
        from govgo.app.verify.cache import damage_findings, modules_of

        mods = modules_of([target for target in self._targets if target.kind != BINARY])
        proofs = self._tools.proofs()
        if proofs is not None:
            self.findings += damage_findings(proofs.damage(mods))
        looking = self._facts.begin(mods)
        tell = self._advanced("cache")

        def advanced(count: int) -> None:
            self._session.go_on("the module cache")
            tell(count)

        try:
            self._ask()
            self._step("cache", len(mods))
            advanced(0)
            self._cached = dict(zip(mods, looking.facts(advanced), strict=True))
        except DeadNetworkError as error:
            self._no_cache = error
        finally:
            looking.stop()

    def _ask(self) -> None:
        """Ask the database and the repositories."""
        if Claim.DATABASE in self._claims and not self._off:
            lines = lines_of(self._targets)
            self._step("database", len(lines))
            self._answers.ask(line.mod for line in lines)
        if Claim.TAGS in self._claims:
            versions = {line.mod for line in zip_lines(self._targets)}
            self._step("tags", len(versions))
            self._tags.ask(sorted(versions), self._advanced("tags"))

    def _advanced(self, name: str) -> Callable[[int], None]:
        def tell(count: int) -> None:
            self._session.report.event("advanced", {"name": name, "count": count})

        return tell

    def _step(self, name: str, count: int = 0) -> None:
        """Report to the progress display which part of the work begins, and how much there is to do."""
        self._session.report.event("step", {"name": name, "count": count})

    def _module(self, target: Target) -> ModuleReport:
        outcome = _Outcome(strict=self._strict, optional=self._optional)
        (self._binary if target.kind == BINARY else self._sources)(target, outcome)
        return outcome.report(self._session, target)

    def _sources(self, target: Target, outcome: _Outcome) -> None:
        """What can be said of a module or workspace, or of a go.sum that lies alone."""
        distrusted: list[SumLine] = []
        if Claim.LINT in self._claims:
            outcome.add(*check_lint(target))
        if Claim.DATABASE in self._claims:
            result, found, false = check_database(
                target, self._answers, linted=Claim.LINT in self._claims, off=self._off
            )
            outcome.add(result, found)
            distrusted += false
        if Claim.CACHE in self._claims:
            self._collect(outcome, Claim.CACHE, target, lambda: self._check_cache(target))
        self._check_tags(target, outcome)
        graph = self._graph(target, distrusted, outcome.findings)
        if graph is not None:
            self._step("complete")
            if Claim.COMPLETE in self._claims:
                self._collect(outcome, Claim.COMPLETE, target, lambda: self._complete(target, graph))
            if Claim.VENDOR in self._claims:
                self._collect(outcome, Claim.VENDOR, target, lambda: self._vendor(target, graph))
            outcome.findings = [
                self._explainer.explain(each, graph) if _contradicts(each) else each for each in outcome.findings
            ]
        order = list(Claim)
        outcome.results.sort(key=lambda result: order.index(result.claim))

    def _check_tags(self, target: Target, outcome: _Outcome) -> None:
        if Claim.TAGS not in self._claims:
            return
        name = self._tools.database.name if self._answers.lookups else ""
        result, found, outcome.versions = check_tags(target, self._tags, self._answers.hash_of, name)
        outcome.add(result, found)

    def _binary(self, target: Target, outcome: _Outcome) -> None:
        """What can be said of a binary: whether the database, and the go.sum that was named, have its hashes."""
        if Claim.DATABASE in self._claims:
            result, found, _ = check_database(target, self._answers, linted=True, off=self._off)
            bare = without_hash(self._tools.executables(), target)
            outcome.add(result, [*found, *bare])
        self._check_tags(target, outcome)
        if self._against:
            found = check_against(self._session, target, self._against)
            count = len(target.sums[0].lines) - len(found)
            note = f"{count} of {len(target.sums[0].lines)} recorded hashes are in {self._against}"
            outcome.add(ClaimResult(Claim.COMPLETE, Verdict.PASSED, note=note), found)

    def _graph(self, target: Target, distrusted: Sequence[SumLine], findings: Sequence[Finding]) -> TargetGraph | None:
        """The target's module graph, still to be loaded; None where nothing will ask for it."""
        if not {Claim.COMPLETE, Claim.VENDOR} & self._claims and not any(_contradicts(each) for each in findings):
            return None
        from govgo.app.verify.graph import TargetGraph

        return TargetGraph(self._session, target, distrusted)

    def _collect(
        self,
        outcome: _Outcome,
        claim: Claim,
        target: Target,
        check: Callable[[], tuple[ClaimResult, tuple[Finding, ...]]],
    ) -> None:
        """A claim that may fail as a whole: that is a finding, and the others go on."""
        try:
            result, found = check()
        except GovgoError as error:
            from govgo.load.targets.errorfindings import from_error

            found = (from_error(claim, error, Place(shown(self._session, target.mod_file))),)
            result = ClaimResult(claim, found[0].verdict, note="could not be checked")
        outcome.add(result, found)

    def _check_cache(self, target: Target) -> tuple[ClaimResult, tuple[Finding, ...]]:
        from govgo.app.verify.cache import check_cache

        if self._no_cache is not None:
            raise self._no_cache
        return check_cache(target, self._cached, self._answers.hash_of, lambda: self._files)

    def _complete(self, target: Target, graph: TargetGraph) -> tuple[ClaimResult, tuple[Finding, ...]]:
        self._session.go_on("the module graph")
        self._must_have_mod_file(target)
        if target.work and any(other.kind == WORKSPACE and other.mod_file == target.work for other in self._targets):
            return ClaimResult(Claim.COMPLETE, Verdict.PASSED, note="checked for the workspace"), ()
        from govgo.app.verify.graph import check_complete

        return check_complete(graph, target)

    def _vendor(self, target: Target, graph: TargetGraph) -> tuple[ClaimResult, tuple[Finding, ...]]:
        from govgo.app.verify.vendor import check_vendor, has_vendor

        self._must_have_mod_file(target)
        if not has_vendor(self._session, target):
            return ClaimResult(Claim.VENDOR, Verdict.PASSED, note="no vendor directory"), ()
        self._session.go_on("the vendor directory")
        graph.activate()
        self._step("vendor")
        return check_vendor(self._session, target, graph, self._files)

    def _must_have_mod_file(self, target: Target) -> None:
        """Raises NoModRootError for a go.sum file that lies alone (`find_targets`, `bare`)."""
        if not self._session.files.is_file(target.mod_file):
            raise NoModRootError(f"{shown(self._session, target.mod_file)}: no such file")


def _contradicts(finding: Finding) -> bool:
    return finding.verdict is Verdict.CONTRADICTION
