# SPDX-License-Identifier: BSD-3-Clause
"""`govgo diff`: the build lists and go.mod files of two states of the same modules compared.

A module that fails on one side is not compared, so that an incomplete graph never looks like removals.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from govgo.app.diff.facts import version_facts
from govgo.core.findings import Finding
from govgo.core.gosum.lines import read_lines
from govgo.core.modfile.parser import parse_syntax
from govgo.core.modfile.syntax import FileSyntax
from govgo.core.modgraph.mvs import NONE
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import has_file_prefix
from govgo.core.records import NamedTuple
from govgo.core.resolution.compare import (
    Comparison,
    ModuleChange,
    SideName,
    TargetChanges,
    VersionFacts,
    compare_files,
    compare_modules,
)
from govgo.errors import Failure, UsageError
from govgo.load.session.session import Session
from govgo.load.targets.errorfindings import from_error
from govgo.load.targets.locate import locating_in
from govgo.load.targets.resolve import Resolved, Unresolved, Uses, resolve_all
from govgo.load.targets.targets import WORKSPACE, Target, shown
from govgo.ports.evidence import FileReader

if TYPE_CHECKING:
    from govgo.core.govgotoml import ProjectPolicy
    from govgo.core.resolution.review import SourceDiff


class Side(NamedTuple):
    """One state of the modules.

    Attributes:
        name: for the report.
        session: its files and settings.
        where: what is compared of it, as in `find_targets`.
        is_single: it is one module, wherever it lies: a go.mod file that was named.
        mount: for a state of the past, the directory whose files were recorded; "" for one that lies on disk.
    """

    name: SideName
    session: Session
    where: tuple[str, ...] = ()
    is_single: bool = False
    mount: str = ""


def diff(
    session: Session,
    old: Side,
    new: Side,
    *,
    zips: Sequence[str] = (),
    reader: Callable[[], FileReader],
    licenses: Callable[[Session, Uses, Callable[[], ProjectPolicy]], Mapping[ModuleVersion, str]],
    facts: bool = True,
    offline: bool = False,
) -> Comparison:
    """Compare two states.

    Args:
        session: the command.
        old, new: the states.
        zips: module paths whose source is compared as well.
        reader: makes what reads zips.
        licenses: tells the licences of versions whose zips are at hand, as `app.licenses.licenses_at_hand`; it asks
            for the policy where there are any.
        facts: ask when versions were made, and whether they are retracted.
        offline: for the report; the repository must ask nobody then.

    Raises:
        UsageError: an argument names nothing on either side, or a module of `zips` has not changed.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    after = _resolved(new, {})
    before = _resolved(old, after)
    notes: list[str] = []
    if (old.is_single or new.is_single) and len(before) == len(after) == 1:
        after = dict(zip(before, after.values(), strict=True))
    else:
        after = _moved_back(before, after, notes)
    pairs = _compared(old, new, before, after, zips=zips, facts=facts)
    notes += [*_notes(old, before.values()), *_notes(new, after.values())]
    for path in zips:
        if not pairs.failed and all(each.change.path != path for each in pairs.wanted):
            raise _unchanged(path, (*before.values(), *after.values()))
    sources, more = _sources(pairs.wanted, reader, notes)
    known = dict(pairs.known)
    for now, used in pairs.licensed:  # the zips that were compared are at hand now
        _add_licenses(known, licenses(session, used, partial(_overrides, now, notes)))
    return Comparison(
        old=old.name,
        new=new.name,
        targets=tuple(pairs.targets),
        facts=known,
        notes=tuple(dict.fromkeys(notes)),
        findings=(*pairs.findings, *more),
        failed=pairs.failed,
        now=session.clock.now(),
        offline=offline,
        sources=sources,
    )


def _add_licenses(known: dict[ModuleVersion, VersionFacts], licenses: Mapping[ModuleVersion, str]) -> None:
    for mod, license_ in licenses.items():
        known[mod] = known.get(mod, VersionFacts())._replace(license=license_)


def _unchanged(path: str, sides: Iterable[_Found]) -> UsageError:
    """Why the source of a module that was named cannot be compared."""
    is_known = any(isinstance(each, Resolved) and each.resolution.selected(path) != NONE for each in sides)
    what = "the same version on both sides" if is_known else "in the build list of neither side"
    return UsageError(f"-zip {path}: {what}; {path}@v1.0.0..v1.1.0 names two versions")


def _overrides(build: Resolved, notes: list[str]) -> ProjectPolicy:
    """The policy whose overrides of licences count; where it cannot be read, a note says that none does."""
    from govgo.core.govgotoml import ProjectPolicy
    from govgo.load.targets.policy import read_policy

    try:
        return read_policy(build.session, build.target)
    except Failure as error:
        notes.append(f"no override of a licence counts: {error}")
        return ProjectPolicy()


class _Wanted(NamedTuple):
    """A module whose source is to be compared."""

    was: Resolved
    now: Resolved
    change: ModuleChange


class _Pairs(NamedTuple):
    """What came of the targets of both sides.

    Attributes:
        targets: what has changed in each.
        findings: why some could not be compared.
        failed: how many those are.
        known: facts about versions.
        wanted: modules whose source is to be compared.
        licensed: what uses the changed modules, whose licences are compared.
    """

    targets: list[TargetChanges]
    findings: list[Finding]
    failed: int
    known: dict[ModuleVersion, VersionFacts]
    wanted: list[_Wanted]
    licensed: list[tuple[Resolved, Uses]]


def _compared(old: Side, new: Side, before: _Targets, after: _Targets, *, zips: Sequence[str], facts: bool) -> _Pairs:
    pairs = _Pairs([], [], 0, {}, [], [])
    failed = 0
    for key in dict.fromkeys([*after, *before]):
        was, now = before.get(key), after.get(key)
        faults = [*_faults(old, was), *_faults(new, now)]
        if faults:
            pairs.findings.extend(faults)
            failed += 1
            continue
        target = _compare(old, new, was, now)
        pairs.targets.append(target)
        if not isinstance(was, Resolved) or not isinstance(now, Resolved):
            continue
        pairs.wanted.extend(_Wanted(was, now, each) for each in target.modules if each.path in zips)
        if facts and target.modules:
            now.activate()
            pairs.known.update(version_facts(now.session, target.modules, pairs.known))
            pairs.licensed.append((now, _used(was, now, target.modules)))
    return pairs._replace(failed=failed)


def _sources(
    wanted: Sequence[_Wanted], reader: Callable[[], FileReader], notes: list[str]
) -> tuple[tuple[SourceDiff, ...], list[Finding]]:
    if not wanted:
        return (), []
    from govgo.app.diff.sources import source_diff

    found: dict[object, SourceDiff] = {}
    faults: list[Finding] = []
    for each in wanted:
        change = each.change
        old, new = (side.source if side is not None else None for side in (change.old, change.new))
        if any(side is not None and side.source is None for side in (change.old, change.new)):
            notes.append(f"{change.path}: its source is not compared, since a directory is used")
        elif (old, new) not in found:
            sides = partial(_activated, each.was), partial(_activated, each.now)
            try:
                found[old, new] = source_diff(change.path, old, new, sides, reader())
            except Failure as error:
                faults.append(from_error(None, error))
    return tuple(found.values()), faults


@contextmanager
def _activated(side: Resolved, mod: ModuleVersion) -> Iterator[Session]:
    side.activate()
    with locating_in(side.resolution, mod):
        yield side.session


_Found = Resolved | Unresolved
_Targets = Mapping[tuple[str, str], _Found]


def _resolved(side: Side, others: _Targets) -> dict[tuple[str, str], _Found]:
    """By kind and directory, in the order named; `others` are the targets of the other side."""
    session = side.session

    def key(target: Target) -> tuple[str, str]:
        return target.kind, shown(session, target.root)

    def known(target: Target) -> Session | None:
        other = others.get(key(target))
        return other.session if isinstance(other, Resolved) and _same_sums(session, target, other) else None

    return {key(each.target): each for each in resolve_all(session, side.where, known)}


def _moved_back(before: _Targets, after: _Targets, notes: list[str]) -> dict[tuple[str, str], _Found]:
    """`after`, with a module that has changed its directory alone under the key that it had; a note tells of it."""
    gone, come = (
        [(kind, name, each.target.path) for (kind, name), each in ours.items() if (kind, name) not in theirs]
        for ours, theirs in ((before, after), (after, before))
    )
    found = dict(after)
    for kind, name, path in come:
        homes = [directory for other, directory, known in gone if path and (other, known) == (kind, path)]
        if len(homes) == 1 and sum(path == known for _, _, known in come) == 1:
            found[kind, homes[0]] = found.pop((kind, name))
            notes.append(f"{path} has moved from {homes[0]} to {name}")
    return found


def _same_sums(session: Session, target: Target, other: Resolved) -> bool:
    """Whether go.sum of a module has no hash but the one that a go.mod was checked against for `other`."""
    if target.kind == WORKSPACE:
        return False
    name = session.sum_file_path(target.root)
    read = set((other.session.files.read(name) or b"").splitlines(keepends=True))
    fresh = [line for line in (session.files.read(name) or b"").splitlines(keepends=True) if line not in read]
    lines, faults = read_lines(name, b"".join(fresh))
    return not faults and all(
        other.ledger.recorded(line.mod) in ("", line.h1) for line in lines if line.mod.is_gomod_key
    )


def _faults(side: Side, found: _Found | None) -> Iterator[Finding]:
    if isinstance(found, Unresolved):
        yield found.fault._replace(text=f"{side.name}: {found.fault.text}")


def _compare(old: Side, new: Side, was: _Found | None, now: _Found | None) -> TargetChanges:
    found = now or was
    assert isinstance(found, Resolved), "a target is on one side at least, and has no fault"
    target = TargetChanges(
        kind=found.resolution.kind,
        path=found.resolution.path,
        directory=found.resolution.directory,
        is_old=was is not None,
        is_new=now is not None,
        sizes=(_size(was), _size(now)),
    )
    if not isinstance(was, Resolved) or not isinstance(now, Resolved):
        return target
    files = _files(old, was), _files(new, now)
    if len(files[0]) == len(files[1]) == 1:  # go.mod files that were named may lie anywhere
        files = dict(zip(files[1], files[0].values(), strict=True)), files[1]
    return target._replace(
        modules=compare_modules(was.resolution, now.resolution),
        files=compare_files(*files),
    )


def _size(found: _Found | None) -> int:
    return len(found.resolution.modules) if isinstance(found, Resolved) else 0


def _files(side: Side, found: Resolved) -> Mapping[str, FileSyntax]:
    """The go.mod files of a module or workspace, and its go.work, as they are written, by name as shown."""
    session = found.session
    paths = [session.mod_file_path(session.main.root(main)) for main in session.main.modules]
    if found.target.kind == WORKSPACE:
        paths.insert(0, found.target.mod_file)
    texts = {shown(side.session, path): session.files.read(path) or b"" for path in paths}
    return {name: parse_syntax(name, text) for name, text in texts.items()}


def _used(was: Resolved, now: Resolved, changes: Sequence[ModuleChange]) -> Uses:
    """On each side, what changed, and what is used for it."""
    sides = ((was, [each.old for each in changes]), (now, [each.new for each in changes]))
    return [
        (found, [(side.mod, side.source) for side in selected if side is not None and side.source is not None])
        for found, selected in sides
    ]


def _notes(side: Side, found: Iterable[_Found]) -> Iterator[str]:
    """Directories whose present content was used for a state of the past."""
    if not side.mount:
        return
    for each in found:
        if isinstance(each, Resolved):
            for new in each.resolution.replacements.values():
                if new.version:
                    continue
                place = posixpath.normpath(each.session.main.replaced_directory(new.path))
                if not has_file_prefix(place, side.mount):
                    where = f"the replacement {new.path} lies outside the repository"
                    yield f"{side.name}: {where}, and was read as it is now"
