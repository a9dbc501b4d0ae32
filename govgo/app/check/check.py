# SPDX-License-Identifier: BSD-3-Clause
"""`govgo check`: the modules and workspaces of a run, each judged by its govgo.toml.

All are resolved once. Each engine is asked once about the modules that obey one file; what fails in one module stops no
other, and what could not be checked is never taken for a rule that holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from govgo.app.check.asked import ask
from govgo.app.check.since import (
    OF_FILES,
    Before,
    LineKey,
    files_before,
    line_keys,
    moved_from,
    state_before,
    without_lines,
)
from govgo.app.check.untidy import untidy
from govgo.app.hygiene import manifests_of
from govgo.core.advisory.auditresult import Audit
from govgo.core.advisory.findings import expired_note, finding_of, unmatched_finding, unused_note
from govgo.core.findings import Claim, Finding, ModuleReport, Verdict, Verification
from govgo.core.govgotoml import NAME, NoPolicyError, ProjectPolicy
from govgo.core.licenses.licenses import Licenses
from govgo.core.policy import rules
from govgo.core.policy.checked import Checked, CheckedModule
from govgo.core.policy.judge import Build, judge, judge_licenses
from govgo.core.policy.values import AdvisoryRule, Waiver
from govgo.core.policy.waive import accepted, note, waived, waiver_notes
from govgo.core.records import NamedTuple
from govgo.errors import DeadNetworkError, Failure
from govgo.load.targets.errorfindings import from_error
from govgo.load.targets.policy import read_policy
from govgo.load.targets.resolve import Resolved, Unresolved, audited, resolve_all
from govgo.load.targets.targets import Target, shown, shown_start

if TYPE_CHECKING:
    from govgo.core.govgotoml import AuditIgnore
    from govgo.core.resolution.hygiene import Manifest
    from govgo.load.session.session import Session
    from govgo.ports.files import PlannedFiles, Workspace


class Tools(NamedTuple):
    """The engines that need more than a session.

    Attributes:
        audit: matches modules with advisories.
        licenses: tells the licences of modules; True for those alone that provide packages.
        verify: verifies claims about the modules that it is given, or about those of the run where it is given none; in
            the files of another session where it is given one.
        plan: makes files whose changes stay in memory.
    """

    audit: Callable[[Sequence[Resolved], AdvisoryRule], Audit]
    licenses: Callable[[Sequence[Resolved], bool], Licenses]
    verify: Callable[[Sequence[str], Sequence[Claim], Session | None], Verification]
    plan: Callable[[Workspace], PlannedFiles]


class _Subject:
    """A module or workspace while it is checked."""

    def __init__(self, found: Resolved | Unresolved, policy: ProjectPolicy) -> None:
        self.found = found
        self.policy = policy
        self.build = Build(found.resolution) if isinstance(found, Resolved) else None
        self.before = Before()
        self.manifests: list[Manifest] = []
        self.findings: list[Finding] = []
        self.expired: set[AuditIgnore] = set()


def check(
    session: Session,
    where: Sequence[str],
    tools: Tools,
    *,
    old: Session | None = None,
    since: str = "",
    offline: bool = False,
) -> Checked:
    """Judge each module and workspace that `where` names by its govgo.toml.

    Args:
        session: the command; its repository asks nobody when `offline`.
        where: directories, or `DIR/...`; none for the main module or the workspace.
        tools: the engines.
        old: a session over the files as they were; only what has come since then is reported. None for everything.
        since: the name of that state, for the report.
        offline: for the report.

    Raises:
        UsageError: an argument names nothing, a module has no govgo.toml, or one cannot be used.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    started, begin_s = session.clock.now(), session.clock.monotonic_s()
    policies = _policies_of(session, audited(session, where))
    subjects = [_Subject(each, policies[each.target.root]) for each in resolve_all(session, where)]
    run = _Run(session, tools, where, subjects, old)
    for each in subjects:
        run.judge(each, since)
    for policy in run.policies:
        run.ask_engines(policy)
    for each in subjects:
        run.tidy(each)
    used: dict[str, set[Waiver]] = {policy.file: set() for policy in run.policies}
    reports = [_report(session, each, used[each.policy.file], started.date()) for each in subjects]
    for policy in run.policies:
        run.findings += _notes(policy, subjects, used[policy.file], started.date(), is_all=old is None)
    return Checked(
        modules=tuple(reports),
        checked=tuple(_checked(each) for each in subjects),
        findings=tuple(run.findings),
        started=started,
        duration_s=session.clock.monotonic_s() - begin_s,
        here=shown_start(session),
        since=since,
        offline=offline,
    )


def _policies_of(session: Session, targets: Sequence[Target]) -> Mapping[str, ProjectPolicy]:
    """The policy of each module and workspace, by directory.

    Raises:
        NoPolicyError: one has none; without rules nothing could break one, and a gate that is open should not look
            shut.
    """
    found = {target.root: read_policy(session, target) for target in targets}
    bare = [shown(session, target.mod_file) for target in targets if not found[target.root].file]
    if bare:
        names = ", ".join(bare[:_MOST_NAMED]) + (f" and {len(bare) - _MOST_NAMED} more" * (len(bare) > _MOST_NAMED))
        text = f"{names}: no {NAME} beside it, or above it in the repository: no rule to check"
        raise NoPolicyError(text, hint=_START)
    for policy in found.values():
        if not policy.check.is_stated:
            raise NoPolicyError(f"{policy.file}: no table [check]: no rule to check", hint=_START)
    return found


_MOST_NAMED = 3
_START = f"a {NAME} to begin with: `printf '[check]\\ntidy = true\\nverify = true\\n' >> {NAME}`"


class _Run:
    """The rules of all modules and workspaces. `findings` are those that concern no single one."""

    def __init__(
        self,
        session: Session,
        tools: Tools,
        where: Sequence[str],
        subjects: Sequence[_Subject],
        old: Session | None,
    ) -> None:
        self.findings: list[Finding] = []
        self.policies = tuple({each.policy.file: each.policy for each in subjects}.values())
        self._session = session
        self._tools = tools
        self._where = where
        self._subjects = subjects
        self._old = old
        self._were: Mapping[str, str] | None = None

    def judge(self, subject: _Subject, since: str) -> None:
        """The rules for which one module or workspace is enough."""
        found, build, policy = subject.found, subject.build, subject.policy.check
        if isinstance(found, Unresolved):
            subject.findings.append(found.fault.unchecked())
            return
        assert build is not None, "of a module that is resolved"
        session, old = self._session, self._old
        if old is not None:
            try:
                subject.before = state_before(old, session, found, policy, self._tools.plan, self._moved)
            except Failure as error:  # nothing is known to have been there, so everything is reported
                subject.before = Before(broken=(from_error(None, error).unchecked(),))
            subject.findings += [fault._replace(text=f"{since}: {fault.text}") for fault in subject.before.broken]
        subject.manifests = list(manifests_of(session, found, shown_start(session), imports=False))
        subject.findings += judge(policy, build, subject.manifests)
        subject.findings += ask(policy, found, build)

    def _moved(self) -> Mapping[str, str]:
        """Where modules were in the earlier state that are elsewhere now; looked for once."""
        if self._were is None:
            assert self._old is not None, "there is an earlier state"
            self._were = moved_from(self._old, self._session)
        return self._were

    def tidy(self, subject: _Subject) -> None:
        """Whether one module or workspace is tidy. It reads all sources, so that servers were asked before."""
        if not subject.policy.check.tidy or isinstance(subject.found, Unresolved):
            return
        try:
            self._session.go_on("what `govgo tidy` would change")
            subject.findings += untidy(self._session, subject.found, subject.manifests, self._tools.plan)
        except DeadNetworkError as error:
            self._add([from_error(None, error)])

    def ask_engines(self, policy: ProjectPolicy) -> None:
        """The rules that ask once about all modules and workspaces which obey one file.

        Servers are asked before what may take long here.
        """
        subjects = [each for each in self._subjects if each.policy.file == policy.file]
        engines: list[tuple[str, Callable[[ProjectPolicy, list[_Subject]], None]]] = []
        if policy.check.advisories is not None:
            engines.append(("advisories", self._audit))
        if policy.check.verify:
            engines.append(("what `govgo verify` verifies", self._verify))
        if policy.check.licenses is not None:
            engines.append(("licences", self._licenses))
        for name, engine in engines:
            try:
                self._session.go_on(name)
                engine(policy, subjects)
            except Failure as error:
                self._add([from_error(None, error).unchecked()])

    def _add(self, findings: Iterable[Finding]) -> None:
        """Findings that concern no single module; each once, since engines fail for the same reason."""
        known = {(each.code, each.text) for each in self.findings}
        self.findings += [each for each in findings if (each.code, each.text) not in known]

    def _licenses(self, policy: ProjectPolicy, subjects: list[_Subject]) -> None:
        rule = policy.check.licenses
        assert rule is not None, "asked about by a rule"
        resolved = [each for each in subjects if isinstance(each.found, Resolved)]
        run = self._tools.licenses(_graphs(resolved), rule.packages)
        builds = {(each.kind, each.path, each.directory): each for each in run.builds}
        for subject, report in zip(resolved, run.modules, strict=True):
            subject.findings += report.findings
            found = builds.get((report.kind, report.path, report.directory))
            if found is not None and subject.build is not None:
                subject.findings += judge_licenses(rule, subject.build, found.modules)
        self._add(run.findings)

    def _audit(self, policy: ProjectPolicy, subjects: list[_Subject]) -> None:
        rule = policy.check.advisories
        assert rule is not None, "asked about by a rule"
        resolved = [each for each in subjects if isinstance(each.found, Resolved)]
        run = self._tools.audit(_graphs(resolved), rule)
        for subject, module in zip(resolved, run.modules, strict=True):
            subject.findings += [finding_of(each, here=run.here) for each in module.exposures]
            for each, entry in module.ignored:
                subject.findings.append(accepted(finding_of(each), entry.reason, entry.expires))
            subject.findings += map(unmatched_finding, module.unmatched)
            subject.expired.update(module.expired)
            self._add(unused_note(each, policy.file) for each in module.unused)
        self._add(run.faults)

    def _verify(self, policy: ProjectPolicy, subjects: list[_Subject]) -> None:
        where = self._where if len(self.policies) == 1 else [each.found.target.mod_file for each in subjects]
        run = self._tools.verify(where, policy.check.verify, None)
        known_before = self._verified_before(where, subjects, policy)
        homes = {directory: subject for subject in subjects for directory in self._directories(subject)}
        for report in run.modules:
            subject = homes.get(report.directory)
            findings = [new for each in report.findings if (new := without_lines(each, known_before)) is not None]
            if subject is None:
                self._add(findings)
            else:
                known = {each.text for each in subject.findings}
                subject.findings += [each for each in findings if each.text not in known]
        self._add(run.findings)

    def _verified_before(
        self, where: Sequence[str], subjects: Sequence[_Subject], policy: ProjectPolicy
    ) -> set[LineKey]:
        """What was wrong in the earlier state by those claims that are about files and not about lines that came."""
        claims = [each for each in policy.check.verify if each in OF_FILES]
        if self._old is None or not claims:
            return set()
        targets = [each.found.target for each in subjects]
        if not all(self._old.files.is_file(each.mod_file) for each in targets):
            where = files_before(self._old, [(each.path, each.mod_file) for each in targets], self._moved)
        try:
            run = self._tools.verify(where, claims, self._old)
        except Failure:
            return set()  # what cannot be verified is not known to have been there
        found = [*run.findings, *(each for report in run.modules for each in report.findings)]
        return {key for each in found if each.verdict is Verdict.FINDING for key in line_keys(each)}

    def _directories(self, subject: _Subject) -> Iterator[str]:
        """The directories of a module or workspace and its modules, as reports have them."""
        yield shown(self._session, subject.found.target.root)
        if isinstance(subject.found, Resolved):
            main = subject.found.session.main
            yield from (shown(self._session, main.root(mod)) for mod in main.modules)


def _graphs(subjects: Iterable[_Subject]) -> list[Resolved]:
    return [each.found for each in subjects if isinstance(each.found, Resolved)]


def _report(session: Session, subject: _Subject, used: set[Waiver], today: date) -> ModuleReport:
    """The findings about one module or workspace that are reported, in the order of the files."""
    target, build = subject.found.target, subject.build
    findings: Iterable[Finding] = subject.findings
    if build is not None:
        findings = subject.before.introduced(findings, build)
    told = list(waived(subject.policy.check, findings, build, today, used))
    told.sort(key=lambda each: (each.place.file, each.place.line) if each.place is not None else ("", 0))
    return ModuleReport(target.kind, target.path, shown(session, target.root), (), (), tuple(told))


def _checked(subject: _Subject) -> CheckedModule:
    build = subject.build
    return CheckedModule(subject.policy.file, subject.policy.check.rules, None if build is None else len(build.modules))


def _notes(
    policy: ProjectPolicy, subjects: Sequence[_Subject], used: set[Waiver], today: date, *, is_all: bool
) -> Iterator[Finding]:
    """The notes about a govgo.toml itself. Whether a waiver is unused is known only where all was looked at."""
    if not policy.check.rules:
        text = "[check] states no rule, so nothing was checked"
        yield note(rules.NO_RULE, text, policy.file, policy.check.line)
    waivers = [each for each in policy.check.waivers if is_all or each in used]
    yield from waiver_notes(policy.file, waivers, used, today)
    expired = {entry for each in subjects if each.policy.file == policy.file for entry in each.expired}
    for entry in (each for each in policy.audit_ignores if each in expired):
        yield expired_note(entry, policy.file)
