# SPDX-License-Identifier: BSD-3-Clause
"""`govgo licenses`: the licence of each module of exact build lists, from the texts in verified zips.

A zip is obtained and checked as for a build: by its recorded hash, by go.sum, or else by the checksum database. The
texts of all modules are matched at once, each text once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from govgo.core.findings import BINARY, Finding, ModuleReport, Place, Verdict
from govgo.core.gosum.ledger import SumLedger
from govgo.core.govgotoml import LicenseOverride, ProjectPolicy
from govgo.core.licenses.licenses import BuildLicenses, Licenses, ModuleLicense
from govgo.core.licenses.texts import LegalFiles, LegalText, Match, complete, declared, judged, too_large, unknown
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.modzip.rules import zip_prefix
from govgo.core.records import NamedTuple
from govgo.core.resolution.compare import asking_places
from govgo.errors import DeadNetworkError, Failure
from govgo.load.targets.binaries import all_linked, build_info, split_binaries
from govgo.load.targets.errorfindings import from_error
from govgo.load.targets.locate import fault_in, locating_in
from govgo.load.targets.open import without_sums
from govgo.load.targets.policy import read_policy
from govgo.load.targets.resolve import Resolved, Unresolved, Uses, resolve_all
from govgo.load.targets.targets import shown, shown_start
from govgo.ports.licenses import LegalReader, TextMatcher

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.files import Executables


class _Read(NamedTuple):
    """A module whose texts were read."""

    module: ModuleVersion
    replacement: ModuleVersion | None
    files: LegalFiles
    sum: str


class _Build(NamedTuple):
    """A build list or binary whose legal texts were read.

    Attributes:
        licenses: what it is called; the licences are still to be judged.
        report: the same for findings.
        faults: what could not be read.
        asking: the line that leads to a module, and the chain to it.
    """

    licenses: BuildLicenses
    report: ModuleReport
    policy: ProjectPolicy
    read: list[_Read]
    faults: list[Finding]
    asking: Callable[[ModuleVersion], tuple[Place | None, tuple[str, ...]]]


class Collected(NamedTuple):
    """The run, and the bytes of every text that it names, by SHA-256."""

    run: Licenses
    texts: Mapping[str, bytes]


def licenses(
    session: Session,
    where: Sequence[str],
    reader: LegalReader,
    matcher: TextMatcher,
    executables: Executables,
    *,
    only_packages: bool = False,
) -> Collected:
    """Tell the licences of the build list of each module and workspace, and of each binary, that `where` names.

    Args:
        session: the command.
        where: directories, `DIR/...`, and Go binaries; none for the main module or the workspace.
        reader: reads zips and directories.
        matcher: tells which licences texts are.
        executables: reads Go binaries.
        only_packages: leave out modules that provide no package of the build or its tests.

    Raises:
        UsageError: an argument names nothing, or there is no main module.
        MissingExtraError: the matcher is not installed.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    files, where = split_binaries(session, where)
    binaries = [_read_binary(session, executables, reader, arg) for arg in files]
    resolved = resolve_all(session, where) if where or not files else ()
    return licenses_of(session, resolved, reader, matcher, binaries, only_packages=only_packages)


def licenses_of(
    session: Session,
    resolved: Iterable[Resolved | Unresolved],
    reader: LegalReader,
    matcher: TextMatcher,
    binaries: Iterable[_Build] = (),
    *,
    only_packages: bool,
) -> Collected:
    """The same for modules and workspaces that are resolved already, or while it runs, and binaries that were read."""
    started, begin_s = session.clock.now(), session.clock.monotonic_s()
    outcomes: list[_Build | ModuleReport] = []
    for each in resolved:
        if isinstance(each, Unresolved):
            outcomes.append(_report(session, each, [each.fault.unchecked()]))
            continue
        try:
            with locating_in(each.resolution):
                outcomes.append(_read(session, each, reader, only_packages=only_packages))
        except Failure as error:
            fault = fault_in(each.resolution, error)
            outcomes.append(_report(session, each, [fault.unchecked()]))
    outcomes += binaries
    texts = _by_digest(read for build in outcomes if isinstance(build, _Build) for read in build.read)
    try:
        matches = matcher.match(texts, lambda: session.go_on("licences")) if texts else {}
    except DeadNetworkError as error:
        fault = from_error(None, error)
        outcomes = [_unmatched(each, fault) if isinstance(each, _Build) else each for each in outcomes]
    builds: list[BuildLicenses] = []
    reports: list[ModuleReport] = []
    for outcome in outcomes:
        if isinstance(outcome, ModuleReport):
            reports.append(outcome)
            continue
        modules = tuple(_judged(outcome.policy, read, matches) for read in outcome.read)
        builds.append(outcome.licenses._replace(modules=modules))
        findings = (*outcome.faults, *_findings(outcome, modules))
        reports.append(outcome.report._replace(findings=findings))
    run = Licenses(
        builds=tuple(builds),
        modules=tuple(reports),
        findings=tuple(_unused([each for each in outcomes if isinstance(each, _Build)])),
        started=started,
        duration_s=session.clock.monotonic_s() - begin_s,
        matcher=matcher.name if texts else "",
        only_packages=only_packages,
        here=shown_start(session),
    )
    return Collected(run, texts)


def licenses_at_hand(
    builds: Uses,
    policy: ProjectPolicy,
    reader: LegalReader,
    matcher: TextMatcher,
) -> dict[ModuleVersion, str]:
    """The licences of versions whose zips are in the module cache; what cannot be read or proved is left out.

    Args:
        builds: what is wanted, and whose go.sum speaks for the zips.
        policy: its overrides count.
        reader: reads zips.
        matcher: tells which licences texts are.

    Returns:
        By what is used, an SPDX expression, "" for none that is known.

    Raises:
        MissingExtraError: the matcher is not installed.
        SecurityError: a zip contradicts go.sum or the checksum database.
    """
    read: dict[ModuleVersion, _Read] = {}
    for found, pairs in builds:
        repo, files = found.session.repo, found.session.files
        wanted = {used: mod for mod, used in pairs if used not in read and files.is_file(repo.cache_file(used, "zip"))}
        if not wanted:
            continue
        found.activate()
        for (used, mod), done in zip(wanted.items(), repo.download([*wanted], extract=False), strict=True):
            with suppress(Failure):
                done.check()
                texts = reader.in_zip(done.zip, zip_prefix(used))
                read[used] = _Read(mod, used if used != mod else None, texts, done.sum)
    matches = matcher.match(_by_digest(read.values())) if read else {}
    return {used: _judged(policy, each, matches).expression for used, each in read.items()}


def _by_digest(read: Iterable[_Read]) -> dict[str, bytes]:
    """The texts by their SHA-256."""
    data = (file.data for each in read for file in each.files.files if file.data is not None)
    return {hashlib.sha256(each).hexdigest(): each for each in data}


def license_of_zip(
    mod: ModuleVersion, path: str, policy: ProjectPolicy, reader: LegalReader, matcher: TextMatcher
) -> ModuleLicense:
    """The licence of a module by its zip, by itself.

    Args:
        mod: the version.
        path: the zip.
        policy: whose overrides count.
        reader, matcher: as for `licenses`.

    Raises:
        BadZipError, DiskError: the zip cannot be read.
        MissingExtraError, UnavailableError: texts cannot be matched.
    """
    files = reader.in_zip(path, zip_prefix(mod))
    read = _Read(mod, None, files, "")
    texts = _by_digest([read])
    return _judged(policy, read, matcher.match(texts) if texts else {})


def _unmatched(build: _Build, fault: Finding) -> ModuleReport:
    """The report of a build list whose texts nobody has matched."""
    return build.report._replace(findings=(*build.faults, fault))


def _report(session: Session, found: Resolved | Unresolved, findings: Sequence[Finding]) -> ModuleReport:
    target = found.target
    return ModuleReport(target.kind, target.path, shown(session, target.root), (), (), tuple(findings))


def _read(session: Session, found: Resolved, reader: LegalReader, *, only_packages: bool) -> _Build:
    """The texts of a build list.  Raises Failure for what concerns all of it."""
    resolution = found.resolution
    policy = read_policy(session, found.target)
    found.activate()
    mods = [mod for mod in resolution.modules if mod.version]
    faults: list[Finding] = []
    if only_packages:
        from govgo.load.targets.packages import imported_packages

        imported = imported_packages(found, everywhere=True)
        faults += imported.faults
        # Where an import leads is not known if its package cannot be loaded: then nothing is left out.
        mods = mods if faults else [mod for mod in mods if mod in imported.modules]
        found.activate()
    actual = {mod: resolution.replacement(mod) or mod for mod in mods}
    wanted = [each for each in dict.fromkeys(actual.values()) if each.version]
    downloads = dict(zip(wanted, found.session.repo.download(wanted, extract=False), strict=True))
    read: list[_Read] = []
    main = found.session.main
    for mod in mods:
        source = actual[mod]
        replacement = source if source != mod else None
        try:
            if source.version:
                done = downloads[source]
                done.check()
                session.go_on(str(mod))
                files = reader.in_zip(done.zip, zip_prefix(source))
                read.append(_Read(mod, replacement, files, done.sum))
            else:
                read.append(_Read(mod, replacement, reader.in_directory(main.replaced_directory(source.path)), ""))
        except Failure as error:
            fault = fault_in(resolution, error, mod)
            faults.append(fault.unchecked()._replace(module=mod))
    places = asking_places(resolution)

    def asking(mod: ModuleVersion) -> tuple[Place | None, tuple[str, ...]]:
        chain = tuple(str(link) if link.version else link.path for link in resolution.chain(mod))
        return resolution.deciding_place(mod.path) or places.get(mod), chain

    named = BuildLicenses(resolution.kind, resolution.path, resolution.directory, ())
    return _Build(named, _report(session, found, ()), policy, read, faults, asking)


def _read_binary(session: Session, executables: Executables, reader: LegalReader, arg: str) -> _Build:
    """The texts of the modules in a binary, from zips that are proved and have the hashes that it records.

    Raises:
        UsageError: the file is not a Go binary, or was built without modules.
        DiskError: it cannot be read.
        SecurityError: a zip has another hash than the binary records, or the checksum database.
    """
    info = build_info(session, executables, arg)
    file = shown(session, session.absolute(arg))
    place = Place(file)
    main = info.main.path if info.main is not None else info.path
    mods = all_linked(info)
    wanted = [each for each in dict.fromkeys(each.actual for each in mods) if each.version]
    with without_sums(session):
        downloads = dict(zip(wanted, session.repo.download(wanted, extract=False), strict=True))
    lines = "".join(f"{each.actual.path} {each.actual.version} {each.h1}\n" for each in mods if each.h1)
    recorded = SumLedger(file, lines.encode())
    read: list[_Read] = []
    faults: list[Finding] = []
    for each in mods:
        source = each.actual
        if not source.version:
            text = f"{each.module.path}: it was built from a directory, whose licence is unknown"
            faults.append(Finding("license-unknown", None, Verdict.FINDING, text, each.module, place))
            continue
        try:
            done = downloads[source]
            done.check()
            recorded.check(source, done.sum)
            files = reader.in_zip(done.zip, zip_prefix(source))
            read.append(_Read(each.module, each.replacement, files, done.sum))
        except Failure as error:
            faults.append(from_error(None, error, place).unchecked()._replace(module=each.module))
    return _Build(
        licenses=BuildLicenses(BINARY, main, file, ()),
        report=ModuleReport(BINARY, main, file, (), (), ()),
        policy=ProjectPolicy(),
        read=read,
        faults=faults,
        asking=lambda mod: (place, (main, str(mod))),
    )


def _judged(policy: ProjectPolicy, read: _Read, matches: Mapping[str, Match]) -> ModuleLicense:
    texts = tuple(_texts(read.files, matches))
    override = _override(policy, read)
    return ModuleLicense(
        module=read.module,
        replacement=read.replacement,
        expression=override.expression if override is not None else declared(texts),
        everything=override.expression if override is not None else complete(texts),
        texts=texts,
        left_out=read.files.left_out,
        reason=override.reason if override is not None else "",
        sum=read.sum,
    )


def _texts(files: LegalFiles, matches: Mapping[str, Match]) -> Iterator[LegalText]:
    for file in files.files:
        if file.data is None:
            yield too_large(file)
        else:
            digest = hashlib.sha256(file.data).hexdigest()
            yield judged(file.name, digest, file.data, matches[digest])


def _override(policy: ProjectPolicy, read: _Read) -> LicenseOverride | None:
    """The override of a module: one that names its version before one for all; of a replaced module, either path."""
    named = [read.module, *([read.replacement] if read.replacement is not None else [])]
    found = [each for each in policy.license_overrides if any(each.concerns(mod) for mod in named)]
    return max(found, key=lambda each: bool(each.version), default=None)


def _findings(build: _Build, modules: Sequence[ModuleLicense]) -> Iterator[Finding]:
    for each in modules:
        faults = [] if each.reason else list(_faults(each))
        if not faults:
            continue
        mod, name = each.module, _name(each)
        place, chain = build.asking(mod)
        for code, text in faults:
            yield Finding(code, None, Verdict.FINDING, f"{name}: {text}", mod, place, needed_by=chain)


def _faults(each: ModuleLicense) -> Iterator[tuple[str, str]]:
    """(code, text) of what is wrong with the licences of a module."""
    bad = unknown(each.texts)
    if not each.expression and not bad:
        yield "license-missing", "no licence file"
    for text_file in bad:
        note = f": {text_file.note}" if text_file.note else ""
        yield "license-unknown", f"the licence in {text_file.name} is unknown{note}"
    if each.left_out:
        yield "license-unknown", f"{each.left_out} more legal texts than are looked at"


def _name(each: ModuleLicense) -> str:
    if each.replacement is None:
        return f"{each.module.path} {each.module.version}"
    return f"{each.module.path} {each.module.version} => {' '.join(filter(None, each.replacement))}"


def _unused(builds: Sequence[_Build]) -> Iterator[Finding]:
    """Overrides that concern no module of any build list that obeys their file: notes, not faults."""
    named: dict[ProjectPolicy, set[ModuleVersion]] = {}
    for build in builds:
        mods = named.setdefault(build.policy, set())
        mods.update(mod for read in build.read for mod in (read.module, read.replacement or read.module))
    for policy, mods in named.items():
        for override in policy.license_overrides:
            if not any(map(override.concerns, mods)):
                about = f"{override.module} {override.version}".rstrip()
                text = f"the override of {about} concerns no module of the build list"
                yield Finding("unused-override", None, Verdict.PASSED, text, place=Place(policy.file, override.line))
