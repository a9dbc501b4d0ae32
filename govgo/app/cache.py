# SPDX-License-Identifier: BSD-3-Clause
"""`govgo cache`: what a module cache holds, what is damaged in it, and what can go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from govgo.core.gosum.ledger import SumLedger
from govgo.core.modcache import CacheCheck, Checked, Contents, Needs, Pruned, Removal, removals
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import Failure, UnavailableError, UsageError
from govgo.load.targets.resolve import Unresolved, resolve_all
from govgo.load.targets.targets import find_targets

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.cachecare import CacheCare


def check(session: Session, care: CacheCare, names: Sequence[str], *, repair: bool) -> CacheCheck:
    """Find what is damaged, and with `repair` have it anew, proved as whatever is downloaded.

    Args:
        session: the command; its repository fetches.
        care: the cache.
        names: module paths, with a version or without; none for the whole cache.
        repair: mend it.

    Raises:
        UsageError: a name is of nothing in the cache.
        SecurityError: what was fetched contradicts the checksum database.
    """
    contents = care.contents()
    mods = _chosen([each.mod for each in contents.held], names)
    had_tree = {each.mod for each in contents.held if each.tree}
    session.report.event("step", {"name": "cache", "count": len(mods)})
    faults = care.check(mods, lambda count: session.report.event("advanced", {"name": "cache", "count": count}))
    damaged = [Checked(mod, each) for mod, each in zip(mods, faults, strict=True) if each]
    if repair and damaged:
        damaged = _repaired(session, care, damaged, had_tree)
    return CacheCheck(contents.root, len(mods), damaged)


def _chosen(mods: Sequence[ModuleVersion], names: Sequence[str]) -> list[ModuleVersion]:
    if not names:
        return list(mods)
    named: dict[str, list[ModuleVersion]] = {}
    for mod in mods:
        named.setdefault(mod.path, []).append(mod)
        named.setdefault(str(mod), []).append(mod)
    for name in names:
        if name not in named:
            raise UsageError(f"{name}: not in the module cache")
    return list(dict.fromkeys(mod for name in names for mod in named[name]))


def _repaired(
    session: Session, care: CacheCare, damaged: Sequence[Checked], had_tree: set[ModuleVersion]
) -> list[Checked]:
    """Each damaged version, removed and fetched again; the checksum database proves it, no go.sum has a say."""
    session.repo.reset(SumLedger())
    failures: dict[ModuleVersion, Failure] = {}
    for each in damaged:
        try:
            care.remove_damaged(each.mod, each.faults)
        except Failure as error:
            failures[each.mod] = error
    for extract in (True, False):
        wanted = [each.mod for each in damaged if each.mod not in failures and (each.mod in had_tree) is extract]
        # A version without a zip had only its go.mod fetched, and gets no more.
        for done in session.repo.download(wanted, extract=extract) if wanted else ():
            if done.error is not None:
                failures[done.mod] = done.error
    again = care.check([each.mod for each in damaged])
    results = []
    for each, left in zip(damaged, again, strict=True):
        failure = failures.get(each.mod)
        if failure is None and left:
            failure = UnavailableError(f"it is damaged still: {left[0].text}")
        told = ("", "") if failure is None else (failure.code, str(failure))
        results.append(each._replace(is_repaired=failure is None, failure=told))
    return results


def prune(
    session: Session, care: CacheCare, keep_for: Sequence[str], older_than: timedelta | None, *, dry_run: bool
) -> Pruned:
    """Remove leftovers, and of the module versions those that no main module needs, or that are old.

    Args:
        session: the command.
        care: the cache.
        keep_for: what is needed, as in `find_targets`: directories, go.mod and go.work files, `DIR/...`. Where none is
            given, age alone decides.
        older_than: only what was not used for so long; None for any age. With neither, leftovers alone go.
        dry_run: remove nothing.

    Raises:
        UnavailableError: the build list of a main module is not known; nothing was removed.
        DiskError: something could not be removed.
    """
    needs = _needs(session, keep_for) if keep_for else None
    contents = care.contents()
    found: Sequence[Removal] = ()
    if keep_for or older_than is not None:
        # In seconds, since an age may lead behind the year 1, the first that a datetime has.
        before_s = session.clock.now().timestamp() - older_than.total_seconds() if older_than is not None else None
        found = removals(contents.held, needs, before_s)
    if not dry_run:
        for each in found:
            care.remove(each.held, keeps_small=each.keeps_small)
        care.remove_leftovers(contents.leftovers)
    return _pruned(contents, found, contents.others["leftovers"], dry_run=dry_run)


def _needs(session: Session, where: Sequence[str]) -> Needs:
    """What the main modules need: their build lists, and the go.mod of everything in their graphs and go.sum files."""
    whole: set[ModuleVersion] = set()
    small: set[ModuleVersion] = set()
    for found in resolve_all(session, where):
        if isinstance(found, Unresolved):
            raise UnavailableError(f"nothing was removed, since what is needed cannot be told: {found.fault.text}")
        replacements = found.resolution.replacements
        for mod in found.resolution.graph.breadth_first():
            small.update(each for each in (mod, replacements.get(mod)) if each is not None)
        for mod in found.resolution.modules:
            whole.update(each for each in (mod, replacements.get(mod)) if each is not None)
    for target in find_targets(session, where):
        for file in (*target.sums, *target.shared):
            small.update(line.mod.without_gomod() for line in file.everything)
    return Needs(whole, small)


def clean(care: CacheCare, *, dry_run: bool) -> Pruned:
    """Remove the whole cache.

    Raises:
        DiskError: something could not be removed.
    """
    contents = care.contents()
    if not dry_run:
        care.remove_all()
    everything = [Removal(each) for each in contents.held]
    return _pruned(contents, everything, sum(contents.others.values()), dry_run=dry_run)


def _pruned(contents: Contents, found: Sequence[Removal], others: int, *, dry_run: bool) -> Pruned:
    kept = len(contents.held) - sum(not each.keeps_small for each in found)
    return Pruned(contents.root, found, others, kept, dry_run)
