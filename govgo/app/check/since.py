# SPDX-License-Identifier: BSD-3-Clause
"""`govgo check --since REF`: what was there before, so that only what a change introduced is reported."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from govgo.app.audit.audit import go_release
from govgo.app.check.untidy import untidy
from govgo.app.hygiene import manifests_of
from govgo.core.advisory.match import go_modules
from govgo.core.advisory.osv import STDLIB, TOOLCHAIN
from govgo.core.findings import Claim, Finding, Verdict
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.policy import rules
from govgo.core.policy.judge import Build, judge
from govgo.core.policy.values import CheckPolicy
from govgo.core.records import NamedTuple
from govgo.errors import Failure
from govgo.load.targets.resolve import Resolved, Unresolved, resolve_all
from govgo.load.targets.targets import MODULE, find_targets, shown, source_root

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.files import PlannedFiles, Workspace


OF_FILES = (Claim.COMPLETE, Claim.VENDOR)
"""The claims of `verify` about whole files, which are verified in both states. Of go.sum only added lines are looked at
otherwise; what is wrong in the module cache is about module versions."""


LineKey = tuple[Claim | None, str, ModuleVersion | None, str]
"""What one line of a finding of `verify` is about, whatever else has the same cause."""


def line_keys(finding: Finding) -> Iterator[LineKey]:
    """The key of each line. That of a missing hash is its module: the sentence changes where several have one cause."""
    said = "" if finding.claim is Claim.COMPLETE else finding.reason or finding.text
    for line in finding.lines:
        yield finding.claim, finding.code, line.module, said


def without_lines(finding: Finding, known: Collection[LineKey]) -> Finding | None:
    """The finding without the lines that were known before; None where nothing is left of it."""
    left = [line for line, key in zip(finding.lines, line_keys(finding), strict=True) if key not in known]
    if len(left) == len(finding.lines) or finding.verdict > Verdict.FINDING:
        return finding
    return finding._replace(module=left[0].module, place=left[0].place, others=tuple(left[1:])) if left else None


class Before(NamedTuple):
    """A module or workspace as it was.

    Attributes:
        builds: its build list; several where it was more than one module; none where it was not there.
        broken: it cannot be resolved as it was, so that nothing is known to have been there.
        keys: what broke the rules that need nothing but files and the graph.
        releases: the Go releases that were audited, as findings name them: 1.21.0 where the go line says 1.21.
    """

    builds: tuple[Build, ...] = ()
    broken: tuple[Finding, ...] = ()
    keys: frozenset[tuple[str, str]] = frozenset()
    releases: frozenset[str] = frozenset()

    def introduced(self, findings: Iterable[Finding], build: Build) -> Iterator[Finding]:
        """The findings that are not about what was there; faults and contradictions are always kept."""
        for finding in findings:
            if finding.verdict > Verdict.FINDING or not self._was_there(finding, build):
                yield finding

    def _was_there(self, finding: Finding, build: Build) -> bool:
        if finding.claim is not None and finding.claim is not Claim.CACHE:
            return False  # what was there is left out already
        if finding.code == rules.TOO_MANY:
            return any(len(each.modules) >= len(build.modules) for each in self.builds)
        if (finding.code, finding.text) in self.keys:
            return True
        mod = finding.module
        if mod is None or finding.code in (rules.UNTIDY, rules.REPLACEMENT):
            return False
        if mod.path in (STDLIB, TOOLCHAIN):
            return mod.version in self.releases
        return any(mod in each.modules and each.actual(mod) == build.actual(mod) for each in self.builds)


def state_before(
    old: Session,
    session: Session,
    found: Resolved,
    policy: CheckPolicy,
    plan: Callable[[Workspace], PlannedFiles],
    moved: Callable[[], Mapping[str, str]],
) -> Before:
    """How a module or workspace was.

    Args:
        old: a session over the files as they were.
        session: the command.
        found: the module or workspace as it is.
        policy: the rules by which both states are judged.
        plan: makes files whose changes stay in memory.
        moved: tells where modules were that are elsewhere now (`moved_from`).
    """
    builds: list[Build] = []
    broken: list[Finding] = []
    keys: set[tuple[str, str]] = set()
    releases: set[str] = set()
    for each in _resolved_before(old, found, moved):
        if isinstance(each, Unresolved):
            broken.append(each.fault.unchecked())
            continue
        build = Build(each.resolution)
        manifests = list(manifests_of(old, each, shown(session, session.settings.cwd), imports=False))
        told = list(judge(policy, build, manifests))
        if policy.tidy:
            told += untidy(old, each, manifests, plan)
        builds.append(build)
        keys.update((finding.code, finding.text) for finding in told)
        releases.update(go.version for go in go_modules(go_release(old, each).version))
    return Before(tuple(builds), tuple(broken), frozenset(keys), frozenset(releases))


def moved_from(old: Session, session: Session) -> Mapping[str, str]:
    """The go.mod files of the earlier state that are not there now, by module path; none of a path that several had."""
    found: dict[str, list[str]] = {}
    with suppress(Failure):  # a module that is not found again is one that was not there
        for target in find_targets(old, [posixpath.join(source_root(session), "...")], sums=False):
            if target.kind == MODULE and target.path and not session.files.is_file(target.mod_file):
                found.setdefault(target.path, []).append(target.mod_file)
    return {path: files[0] for path, files in found.items() if len(files) == 1}


def _resolved_before(
    old: Session, found: Resolved, moved: Callable[[], Mapping[str, str]]
) -> Iterator[Resolved | Unresolved]:
    """The module or workspace in its earlier state; of a workspace that was none, its modules that were there."""
    if old.settings.modfile:
        yield from resolve_all(old, ())
        return
    main = found.session.main
    if old.files.is_file(found.target.mod_file):
        yield from resolve_all(old, [found.target.mod_file])
        return
    files = [(mod.path, found.session.mod_file_path(main.root(mod))) for mod in main.modules]
    names = files_before(old, files, moved)
    if names:
        yield from resolve_all(old, names)


def files_before(old: Session, files: Iterable[tuple[str, str]], moved: Callable[[], Mapping[str, str]]) -> list[str]:
    """The go.mod files that modules had in the earlier state; `files` are their paths and files as they are now."""
    names = (name if old.files.is_file(name) else moved().get(path, "") for path, name in files)
    return [name for name in names if name]
