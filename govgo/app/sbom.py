# SPDX-License-Identifier: BSD-3-Clause
"""`govgo sbom`: bills of materials of exact build lists, and of Go binaries.

Nothing is fetched but what resolving takes, and with `packages` the sources. Hashes and proofs are those at hand: of
go.sum, of zips in the module cache, which are hashed anew, and of what is kept of the checksum database, which is
proved anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from govgo.core.advisory.auditresult import AuditedModule, Database
from govgo.core.advisory.match import release_version
from govgo.core.advisory.osv import STDLIB, TOOLCHAIN
from govgo.core.findings import BINARY, Finding
from govgo.core.gobinary.modinfo import BuildInfo, BuildModule
from govgo.core.licenses.licenses import BuildLicenses
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.sbom.sbom import Component, HashSource, LogProof, Sbom, Sboms, Scope, edges_of, scope_of
from govgo.core.sumdb.bundle import Bundle, subjects
from govgo.core.sumdb.heads import read_head
from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.record import check_sum, sum_lines
from govgo.core.vcs.worktree import GitState
from govgo.errors import BadZipError, Failure, GovgoError
from govgo.load.targets.binaries import build_info, linked, split_binaries
from govgo.load.targets.dependencies import dependencies_of
from govgo.load.targets.errorfindings import from_error
from govgo.load.targets.locate import fault_in
from govgo.load.targets.resolve import Resolved, Unresolved, resolve_all
from govgo.load.targets.targets import shown, shown_start

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.evidence import WorkTrees, ZipFacts
    from govgo.ports.files import Executables
    from govgo.ports.sumdb import BundleSource

_PIECE_BYTES = 1 << 20


class Tools(NamedTuple):
    """What bills of materials are made with.

    Attributes:
        zips: hashes the zips in the module cache.
        worktrees: looks at git.
        executables: reads Go binaries.
        kept: the checksum database as far as it is kept, with the key of its signatures; None where none is asked.
    """

    zips: ZipFacts
    worktrees: WorkTrees
    executables: Executables
    kept: tuple[BundleSource, str] | None


class Known(NamedTuple):
    """What other verbs have found out about a build list; None for what was not asked.

    `databases` are those of advisories; `faults` is what the other verbs could not look at.
    """

    licenses: Sequence[BuildLicenses] | None = None
    audited: Sequence[AuditedModule] | None = None
    databases: tuple[Database, ...] = ()
    faults: tuple[Finding, ...] = ()


def sbom(
    session: Session,
    where: Sequence[str],
    tools: Tools,
    known: Known,
    *,
    packages: bool = False,
    timeless: bool = False,
    ignored: Collection[str] = (),
) -> Sboms:
    """Make a bill of materials for each module, workspace and binary that `where` names.

    Args:
        session: the command.
        where: directories, `DIR/...`, and Go binaries; none for the main module or the workspace.
        tools: what they are made with.
        known: what is known already of the same modules.
        packages: find out what the build, and what its tests need; fetches the sources that are absent.
        timeless: the documents do not say when they were made.
        ignored: absolute paths of files that do not count as changes of a work tree.

    Raises:
        UsageError: an argument names nothing, or there is no main module.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    started = session.clock.now()
    faults = list(known.faults)
    documents: list[Sbom] = []
    binaries, where = split_binaries(session, where)
    for each in resolve_all(session, where) if where or not binaries else ():
        if isinstance(each, Unresolved):
            faults.append(each.fault.unchecked())
            continue
        try:
            documents.append(_of_build(session, each, tools, known, faults, packages=packages, ignored=ignored))
        except Failure as error:
            faults.append(fault_in(each.resolution, error).unchecked())
    documents += [_of_binary(session, tools, known, arg) for arg in binaries]
    # A module that cannot be resolved is a fault of each verb that has tried.
    return Sboms(tuple(documents), tuple(dict.fromkeys(faults)), None if timeless else started, shown_start(session))


def _of_build(
    session: Session,
    found: Resolved,
    tools: Tools,
    known: Known,
    faults: list[Finding],
    *,
    packages: bool,
    ignored: Collection[str],
) -> Sbom:
    resolution = found.resolution
    dependencies = dependencies_of(found, faults)
    scopes, scope_note = _scopes(found, faults) if packages else ({}, "")
    found.activate()  # loading packages may have activated another go.sum
    place = (resolution.kind, resolution.directory)
    mods = [mod for mod in resolution.modules if mod.version]
    components = [
        Component(
            module=mod,
            replacement=resolution.replacement(mod),
            scope=scopes.get(mod, Scope.UNKNOWN),
            license=_license(known, place, mod),
            knows_requirements=not dependencies.is_pruned(mod),
        )
        for mod in mods
    ]
    audited = _audited(known, place)
    exposures = audited.exposures if audited is not None else None
    hashed = _with_hashes(session, found, tools, components, faults)
    return Sbom(
        kind=resolution.kind,
        path=resolution.path,
        directory=resolution.directory,
        go_version=resolution.go_version,
        mains=tuple(_main(session, found, mod, tools, ignored) for mod in resolution.mains),
        components=(*_proved(tools, hashed), *_go(audited)),
        edges=edges_of(dependencies),
        exposures=exposures,
        ignored=audited.ignored if audited is not None else (),
        databases=known.databases if audited is not None else (),
        scope_note=scope_note,
    )


def _audited(known: Known, place: tuple[str, str]) -> AuditedModule | None:
    """What the audit says of what has this kind and directory."""
    return next((each for each in known.audited or () if (each.kind, each.directory) == place), None)


def _license(known: Known, place: tuple[str, str], mod: ModuleVersion) -> str | None:
    """The licence of a module in such a build list, None where nobody has read its texts."""
    builds = (each for each in known.licenses or () if (each.kind, each.directory) == place)
    return next((each.expression for build in builds for each in build.modules if each.module == mod), None)


def _go(audited: AuditedModule | None) -> list[Component]:
    """The standard library and the go command, where advisories are about them."""
    if audited is None:
        return []
    exposures = (*audited.exposures, *(each.exposure for each in audited.ignored))
    mods = dict.fromkeys(each.module for each in exposures if each.module.path in (STDLIB, TOOLCHAIN))
    return [Component(mod, knows_requirements=False) for mod in mods]


def _scopes(found: Resolved, faults: list[Finding]) -> tuple[dict[ModuleVersion, Scope], str]:
    """The scope of each module. Where imports cannot all be followed none is known, and the reason is given."""
    from govgo.load.targets.packages import imported_packages

    try:
        tested = imported_packages(found, everywhere=True)
        needed = imported_packages(found, everywhere=True, tests=False)
    except Failure as error:
        faults.append(fault_in(found.resolution, error).unchecked())
        return {}, "packages cannot be loaded"
    bad = tuple(dict.fromkeys((*tested.faults, *needed.faults)))
    if bad:
        faults += bad
        return {}, f"imports of {len(bad)} packages cannot be followed"
    return {mod: scope_of(mod, needed.modules, tested.modules) for mod in found.resolution.modules}, ""


def _main(session: Session, found: Resolved, mod: ModuleVersion, tools: Tools, ignored: Collection[str]) -> Component:
    root = found.session.main.root(mod)
    git: GitState | None = None
    try:
        git = tools.worktrees.state(root, mod.path, ignored) if root else None
    except Failure as error:
        session.report.note(f"{shown(session, root)}: the state of the work tree is unknown: {error}")
    version = git.version if git is not None else ""
    return Component(ModuleVersion(mod.path, version), is_main=True, git=git)


def _with_hashes(
    session: Session, found: Resolved, tools: Tools, components: Sequence[Component], faults: list[Finding]
) -> list[Component]:
    """With what go.sum says and the module cache holds; a zip there that cannot be read is a fault.

    Raises:
        SumMismatchError: these differ.
        DeadNetworkError: there is no time left to look.
    """
    built = [each.built for each in components if not each.directory]
    session.report.event("step", {"name": "zips", "count": len(built)})

    def advanced(count: int) -> None:
        session.go_on("zips")
        session.report.event("advanced", {"name": "zips", "count": count})

    cached = dict(zip(built, tools.zips.zips(built, advanced), strict=True))
    result: list[Component] = []
    for each in components:
        mod = each.built
        listed = found.ledger.recorded(mod) if not each.directory else ""
        at_hand = cached.get(mod)
        if listed:
            each = each._replace(h1=listed, h1_from=HashSource.GO_SUM)
        if at_hand is not None and at_hand.fault:
            place = found.resolution.deciding_place(each.module.path)
            fault = from_error(None, BadZipError(f"{mod}: {at_hand.fault}"), place)
            faults.append(fault.unchecked()._replace(module=each.module))
        if at_hand is not None and at_hand.h1:
            found.ledger.check(mod, at_hand.h1)
            each = each._replace(sha256=at_hand.sha256)
            if not listed:
                each = each._replace(h1=at_hand.h1, h1_from=HashSource.ZIP)
        result.append(each)
    return result


def _proved(tools: Tools, components: Sequence[Component]) -> list[Component]:
    """With the proofs that are kept.

    Raises:
        SumMismatchError: the database proves another hash.
        ForkError, BadSignatureError: the database misbehaves.
    """
    if tools.kept is None:
        return list(components)
    database, key = tools.kept
    built = {each.built for each in components if each.built.version and not each.directory}
    asked = [mod for mod in built if database.covers(mod.path) and mod.path not in (STDLIB, TOOLCHAIN)]
    answers = database.lookup_many(asked) if asked else {}
    proved = [mod for mod, answer in answers.items() if not isinstance(answer, GovgoError)]
    if not proved:
        return list(components)
    verifier = parse_verifier(key)
    bundle = database.bundle(proved)
    size = read_head(bundle.note, verifier).tree.size
    records = _records(bundle)
    result: list[Component] = []
    for each in components:
        number, text = records.get(each.built, (-1, b"")) if each.built in built else (-1, b"")
        lines = sum_lines(text, each.built) if text else ()
        if lines:
            h1 = lines[0].rpartition(" ")[2]
            if each.h1:
                check_sum(lines, verifier.name, each.built, each.h1)
            else:
                each = each._replace(h1=h1, h1_from=HashSource.DATABASE)
            each = each._replace(proof=LogProof(verifier.name, number, size))
        result.append(each)
    return result


def _records(bundle: Bundle) -> dict[ModuleVersion, tuple[int, bytes]]:
    return {mod: (number, text) for number, text in bundle.records for mod in subjects(text)}


def _of_binary(session: Session, tools: Tools, known: Known, arg: str) -> Sbom:
    """What a binary says of itself.

    Raises:
        UsageError: it is none, or it was built without modules.
        DiskError: it cannot be read.
        SecurityError: the checksum database proves other hashes.
    """
    info = build_info(session, tools.executables, arg)
    path = session.absolute(arg)
    with tools.executables.reading(path) as read:
        digest, at = hashlib.sha256(), 0
        while data := read(at, _PIECE_BYTES):
            digest.update(data)
            at += len(data)
    mains: tuple[Component, ...] = ()
    if info.main is not None and info.main.path:
        mains = (_recorded(info.main)._replace(is_main=True, scope=Scope.UNKNOWN, git=_stamped(info)),)
    release = release_version(info.go_version) or info.go_version.partition(" ")[0]
    library = ModuleVersion(STDLIB, release)  # as advisories name it
    place = (BINARY, shown(session, path))
    deps = [_recorded(each) for each in info.deps if each.path]
    deps = [each._replace(license=_license(known, place, each.module)) for each in deps]
    audited = _audited(known, place)
    return Sbom(
        kind=BINARY,
        path=info.path,
        directory=place[1],
        go_version=info.go_version,
        mains=mains,
        components=tuple(_proved(tools, _sorted([Component(library, knows_requirements=False), *deps]))),
        edges={},
        exposures=audited.exposures if audited is not None else None,
        ignored=audited.ignored if audited is not None else (),
        databases=known.databases if audited is not None else (),
        sha256=digest.hexdigest(),
        settings=info.settings,
    )


def _sorted(components: Iterable[Component]) -> list[Component]:
    """By path and version. No linker writes a module twice; of a file that was made otherwise the first counts."""
    found: dict[str, Component] = {}
    for each in components:
        found.setdefault(each.ref, each)
    return sorted(found.values(), key=lambda each: each.module)


def _recorded(module: BuildModule) -> Component:
    found = linked(module)
    return Component(
        module=found.module,
        replacement=found.replacement,
        scope=Scope.NEEDED,
        h1=found.h1,
        h1_from=HashSource.BINARY if found.h1 else None,
        knows_requirements=False,
    )


def _stamped(info: BuildInfo) -> GitState | None:
    """The state of the work tree that the linker has recorded."""
    settings: Mapping[str, str] = dict(info.settings)
    commit, stamp = settings.get("vcs.revision", ""), settings.get("vcs.time", "")
    if settings.get("vcs") != "git" or not commit or not stamp:
        return None
    try:
        time = datetime.fromisoformat(stamp).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return GitState(commit, time, settings.get("vcs.modified") == "true")
