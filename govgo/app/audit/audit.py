# SPDX-License-Identifier: BSD-3-Clause
"""`govgo audit`: the modules of exact build lists, matched with advisories.

All modules are resolved first, so that each database is asked once about everything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from govgo.app.audit.binaries import LinkedBinary, audited_binary, read_binaries
from govgo.core.advisory.auditresult import (
    Audit,
    AuditedModule,
    Database,
    Exposure,
    GoRelease,
    Ignored,
    Stated,
    Unmatched,
)
from govgo.core.advisory.match import AdvisoryIndex, Vulnerability, go_modules
from govgo.core.advisory.openvex import VexStatement, deciding_statement
from govgo.core.advisory.osv import STDLIB, TOOLCHAIN
from govgo.core.findings import Finding, Place, Verdict
from govgo.core.govgotoml import AuditIgnore, ProjectPolicy
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.policy.durations import age_text
from govgo.core.records import NamedTuple
from govgo.core.resolution.compare import asking_places
from govgo.core.resolution.resolution import Resolution
from govgo.core.safetext import one_line
from govgo.core.version import goversion
from govgo.errors import Failure, UnavailableError, UsageError
from govgo.load.targets.binaries import split_binaries
from govgo.load.targets.errorfindings import from_error
from govgo.load.targets.policy import policy_file, read_policy
from govgo.load.targets.resolve import Resolved, Unresolved, resolve_all
from govgo.load.targets.targets import shown, shown_start
from govgo.ports.advisories import AdvisorySource, Snapshot

if TYPE_CHECKING:
    from govgo.app.audit.plan import FixOptions, Known
    from govgo.core.modfile.directivefile import DirectiveFile
    from govgo.load.session.session import Session
    from govgo.ports.files import Executables, PlannedFiles, Workspace


_SILENT = "a database could not be asked"


def audit(
    session: Session,
    where: Sequence[str],
    sources: Collection[AdvisorySource],
    executables: Executables,
    *,
    max_age: timedelta | None = None,
    packages: bool = False,
    statements: Sequence[VexStatement] = (),
    fix: FixOptions | None = None,
    plan: Callable[[Workspace], PlannedFiles] | None = None,
) -> Audit:
    """Match the build list of each module, workspace and binary that `where` names with the advisories of all sources.

    Args:
        session: the command.
        where: directories, `DIR/...`, and Go binaries; none for the main module or the workspace.
        sources: databases of advisories.
        executables: reads Go binaries.
        max_age: a database that was last changed before is a fault.
        packages: leave out what no import of the main modules leads to.
        statements: of OpenVEX documents, which may say that something does not count.
        fix: also plan how to clear what is found; a plan that nobody asked for is about modules alone.
        plan: makes files whose changes stay in memory; for `fix`.

    Raises:
        UsageError: an argument names nothing, there is no main module, or a plan is asked for of a binary.
        GovgoError: no database can be asked: then nothing would be known; or one cannot, and a plan is asked for.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    files, where = split_binaries(session, where)
    if files and fix is not None and fix.is_asked:
        raise UsageError(f"{files[0]}: a binary has no requirements to raise: -plan and -fix are about go.mod")
    return audit_resolved(
        session,
        resolve_all(session, where) if where or not files else (),
        sources,
        max_age=max_age,
        packages=packages,
        fix=fix,
        plan=plan,
        statements=statements,
        binaries=read_binaries(session, executables, files),
    )


def _tell_unknown(session: Session, ids: Sequence[str], modules: Iterable[AuditedModule]) -> None:
    """Say which names that a plan was asked for are those of nothing that was found."""
    names: set[str] = set()
    for module in modules:
        for each in module.exposures:
            names.update((each.vulnerability.id, *each.vulnerability.aliases))
    for unknown in dict.fromkeys(each for each in ids if each not in names):
        session.report.note(f"{one_line(unknown)}: no vulnerability of this name was found, so there is none to clear")


def audit_resolved(
    session: Session,
    resolved: Iterable[Resolved | Unresolved],
    sources: Collection[AdvisorySource],
    *,
    max_age: timedelta | None,
    packages: bool,
    fix: FixOptions | None = None,
    plan: Callable[[Workspace], PlannedFiles] | None = None,
    statements: Sequence[VexStatement] = (),
    binaries: Sequence[LinkedBinary] = (),
) -> Audit:
    """The same for modules and workspaces that were resolved already, and binaries that were read."""
    every = list(resolved)
    found = [each for each in every if isinstance(each, Resolved)]
    # It may be vulnerable, whatever keeps it from being resolved.
    faults = [each.fault.unchecked() for each in every if isinstance(each, Unresolved)]
    releases = [go_release(session, each) for each in found]
    paths = {_matched(each.resolution, mod).path for each in found for mod in each.resolution.modules}
    paths.update(path for each in binaries for path in each.matched)
    answered, snapshots, silent = _asked_all(sources if found or binaries else (), paths | {STDLIB, TOOLCHAIN})
    if silent and fix is not None and fix.is_asked:
        raise silent[0]  # a plan must bring in nothing that a database knows of
    faults += [from_error(None, error).unchecked() for error in silent]
    now = session.clock.now()
    faults += _stale(snapshots, now, max_age)
    index = AdvisoryIndex(advisory for snapshot in snapshots for advisory in snapshot.advisories)
    modules = [_audited(each, index, release) for each, release in zip(found, releases, strict=True)]
    if packages:
        modules = [_reached(each, module, faults) for each, module in zip(found, modules, strict=True)]
    policies = [_policy(session, each, statements, now, faults) for each in found]
    modules = [_judged(module, policy) for module, policy in zip(modules, policies, strict=True)]
    modules = _unused_everywhere(session, found, modules)
    if silent:
        modules = [each._replace(unused=(), unplanned=_SILENT if fix and each.exposures else "") for each in modules]
    elif fix is not None and plan is not None:
        from govgo.app.audit.plan import Planning

        known = _known(answered, index, paths)
        modules = [
            Planning(session, each, known, fix, policy.counts, plan, faults).planned(module)
            for each, policy, module in zip(found, policies, modules, strict=True)
        ]
    if fix is not None and fix.ids:
        _tell_unknown(session, fix.ids, modules)
    modules += _judged_binaries(binaries, index, statements, now)
    return Audit(
        databases=tuple(Database(s.source, s.size, s.modified, s.is_kept, s.is_proved) for s in snapshots),
        modules=tuple(modules),
        faults=tuple(faults),
        now=now,
        here=shown_start(session),
    )


def _judged_binaries(
    binaries: Sequence[LinkedBinary], index: AdvisoryIndex, statements: Sequence[VexStatement], now: datetime
) -> Iterator[AuditedModule]:
    for binary in binaries:
        # No govgo.toml is about a binary, which may come from anywhere.
        policy = _Policy("", (), statements, (binary.path,), now)
        yield _judged(audited_binary(binary, index), policy)


class UnusableDatabaseError(UnavailableError):
    """A database of advisories that is malformed, or is not there: nothing was audited."""

    code = "advisory-database"


def _asked(source: AdvisorySource, paths: Collection[str]) -> Snapshot:
    try:
        return source.about(paths)
    except UnavailableError:
        raise
    except Failure as error:
        raise UnusableDatabaseError(str(error), inner=error) from error


def _asked_all(
    sources: Collection[AdvisorySource], paths: Collection[str]
) -> tuple[list[AdvisorySource], list[Snapshot], list[UnavailableError]]:
    """The sources that answered with their answers, and the errors of the others.

    Raises:
        UnavailableError: none has answered, so that nothing is known.
    """
    answered: list[AdvisorySource] = []
    snapshots: list[Snapshot] = []
    silent: list[UnavailableError] = []
    for source in sources:
        try:
            snapshots.append(_asked(source, paths))
            answered.append(source)
        except UnavailableError as error:
            silent.append(error)
    if silent and not answered:
        raise silent[0]
    return answered, snapshots, silent


def _known(sources: Sequence[AdvisorySource], index: AdvisoryIndex, paths: set[str]) -> Known:
    """What a plan goes by: the advisories about `paths`, and sources to ask about the modules that it brings in."""
    from govgo.app.audit.plan import Known

    def learn(more: Collection[str]) -> None:
        for source in sources:
            index.add(_asked(source, more).advisories)

    return Known(index, paths, learn)


def _stale(snapshots: Sequence[Snapshot], now: datetime, max_age: timedelta | None) -> list[Finding]:
    """The databases that are too old to say that something is not vulnerable."""
    if max_age is None:
        return []
    found = []
    for each in snapshots:
        if each.modified is None or now - each.modified > max_age:
            age = "of unknown age" if each.modified is None else f"{(now - each.modified).days} days old"
            text = f"{each.source}: the database is {age}, and --max-db-age allows {age_text(max_age)}"
            found.append(Finding("stale-database", None, Verdict.UNCHECKED, text))
    return found


def go_release(session: Session, found: Resolved) -> GoRelease:
    """The Go release that will build the module: of the environment, else the newest that go.mod or go.work names.

    go.mod only names the lowest release that may build it. The one that does is known where the environment names it.
    """
    stated = session.settings.env.get("GOVGO_GO_VERSION").removeprefix("go")
    if stated:
        return GoRelease(stated, "GOVGO_GO_VERSION")
    own = found.session
    files: list[tuple[str, DirectiveFile | None]] = [
        (own.mod_file_path(own.main.root(each)), own.main.mod_file(each)) for each in own.main.modules
    ]
    files.append((own.work_path, own.main.work_file))
    best = GoRelease(found.resolution.go_version, "the go line")
    for path, file in files:
        if file is None:
            continue
        if file.go is not None and file.go.version == best.version and best.place is None:
            best = best._replace(place=Place(shown(session, path), file.go.syntax.start.line))
        if file.toolchain is not None:
            version = goversion.from_toolchain(file.toolchain.name)
            if version and goversion.compare(version, best.version) > 0:
                place = Place(shown(session, path), file.toolchain.syntax.start.line)
                best = GoRelease(version, "the toolchain line", place)
    return best


def _matched(resolution: Resolution, mod: ModuleVersion) -> ModuleVersion:
    """The module version whose code is in the build."""
    return resolution.replacement(mod) or mod


def _audited(found: Resolved, index: AdvisoryIndex, release: GoRelease) -> AuditedModule:
    resolution = found.resolution
    places = asking_places(resolution)
    exposures: list[Exposure] = []
    unmatched: list[Unmatched] = []
    for go in go_modules(release.version):
        named = release.place or Place(resolution.mod_file)
        exposures += [Exposure(each, go, None, (), (), named) for each in index.match(go)]
    for mod in resolution.modules:
        if not mod.version:
            continue  # a main module: its version is not known
        actual = _matched(resolution, mod)
        if not actual.version:
            unmatched.append(Unmatched(mod, resolution.deciding_place(mod.path) or places.get(mod)))
            continue
        for vulnerability in index.match(actual):
            deciding, chain = resolution.deciding(mod.path), resolution.chain(mod)
            place = resolution.deciding_place(mod.path) or places.get(mod)
            replacement = actual if actual != mod else None
            exposures.append(Exposure(vulnerability, mod, replacement, deciding, chain, place))
    return AuditedModule(
        kind=resolution.kind,
        path=resolution.path,
        directory=resolution.directory,
        modules=sum(bool(mod.version) for mod in resolution.modules),
        release=release,
        unmatched=tuple(unmatched),
        exposures=tuple(exposures),
    )


def _reached(found: Resolved, module: AuditedModule, faults: list[Finding]) -> AuditedModule:
    """`module` with the exposures whose packages imports lead to.

    Which packages of the standard library import which is not known without its sources, so those all stay. If packages
    cannot be loaded, nothing is left out.
    """
    from govgo.load.targets.locate import fault_in
    from govgo.load.targets.packages import imported_packages

    if not any(each.chain for each in module.exposures):
        return module._replace(by_packages=True)
    try:
        imported = imported_packages(found)
    except Failure as error:
        faults.append(fault_in(found.resolution, error).unchecked())
        return module
    if imported.faults:
        faults += imported.faults
        return module
    kept = []
    for each in module.exposures:
        at_fault = [_imported_as(path, each) for path in each.vulnerability.packages]
        is_hit = any(path in imported.providers for path in at_fault) if at_fault else each.module in imported.modules
        if is_hit or not each.chain:
            kept.append(each)
    return module._replace(exposures=tuple(kept), by_packages=True)


def _imported_as(package: str, exposure: Exposure) -> str:
    """The import path of a package at fault: that of the replaced module where another path stands in its place."""
    actual = exposure.vulnerability.module.path
    within = package.removeprefix(actual)
    return exposure.module.path + within if within != package and within[:1] in ("", "/") else package


class _Policy(NamedTuple):
    """What the govgo.toml of a target, and OpenVEX documents, say of vulnerabilities on the day of the audit."""

    file: str
    ignores: tuple[AuditIgnore, ...]
    statements: Sequence[VexStatement]
    mains: tuple[str, ...]
    now: datetime

    def entries(self, vulnerability: Vulnerability, mod: ModuleVersion) -> list[AuditIgnore]:
        """The entries that concern a vulnerability of a module of the build list, or of what replaces that."""
        names = (vulnerability.id, *vulnerability.aliases)
        paths = {mod.path, vulnerability.module.path}
        return [each for each in self.ignores if any(each.concerns(names, path) for path in paths)]

    def valid(self, entries: Iterable[AuditIgnore]) -> AuditIgnore | None:
        """The first entry that has not expired."""
        return next((each for each in entries if not self.has_expired(each)), None)

    def has_expired(self, entry: AuditIgnore) -> bool:
        """Whether its last day has passed."""
        return entry.expires is not None and self.now.date() > entry.expires

    def counts(self, vulnerability: Vulnerability, mod: ModuleVersion) -> bool:
        """Whether a vulnerability is a finding."""
        if self.valid(self.entries(vulnerability, mod)) is not None:
            return False
        statement = self.statement(vulnerability, mod)
        return statement is None or not statement.puts_aside

    def statement(self, vulnerability: Vulnerability, mod: ModuleVersion) -> VexStatement | None:
        """What OpenVEX documents say of a vulnerability, None for nothing."""
        names = {vulnerability.id, *vulnerability.aliases}
        return deciding_statement(self.statements, names, self.mains, {mod, vulnerability.module})


def _policy(
    session: Session, found: Resolved, statements: Sequence[VexStatement], now: datetime, faults: list[Finding]
) -> _Policy:
    """The policy of a target. A govgo.toml that cannot be used ignores nothing."""
    policy = ProjectPolicy()
    try:
        policy = read_policy(session, found.target)
    except Failure as error:
        faults.append(from_error(None, error).unchecked())
    return _Policy(
        policy.file, policy.audit_ignores, statements, tuple(main.path for main in found.resolution.mains), now
    )


def _judged(module: AuditedModule, policy: _Policy) -> AuditedModule:
    """`module` with what does not count put aside, by its govgo.toml and else by OpenVEX documents."""
    kept: list[Exposure] = []
    ignored: list[Ignored] = []
    stated: list[Stated] = []
    used: set[AuditIgnore] = set()
    for each in module.exposures:
        entries = policy.entries(each.vulnerability, each.module)
        used.update(entries)
        valid = policy.valid(entries)
        if valid is not None:
            ignored.append(Ignored(each, valid))
            continue
        statement = policy.statement(each.vulnerability, each.module)
        if statement is not None and statement.puts_aside:
            stated.append(Stated(each, statement))
        else:
            kept.append(each)
    expired = tuple(each for each in policy.ignores if each in used and policy.has_expired(each))
    unused = tuple(each for each in policy.ignores if each not in used)
    return module._replace(
        exposures=tuple(kept),
        ignored=tuple(ignored),
        stated=tuple(stated),
        expired=expired,
        unused=unused,
        policy_file=policy.file,
        mains=policy.mains,
    )


def _unused_everywhere(
    session: Session, found: Sequence[Resolved], modules: Sequence[AuditedModule]
) -> list[AuditedModule]:
    """An entry that concerns something in one module is not unused in another that obeys the same govgo.toml."""
    unused: dict[str, set[AuditIgnore]] = {}
    files = [policy_file(session, each.target) for each in found]
    for file, module in zip(files, modules, strict=True):
        unused[file] = unused.get(file, set(module.unused)) & set(module.unused)
    return [
        module._replace(unused=tuple(each for each in module.unused if each in unused[file]))
        for file, module in zip(files, modules, strict=True)
    ]
