# SPDX-License-Identifier: BSD-3-Clause
"""Choosing one candidate for each argument of `get`, and moving the build list to what was chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from govgo.app.get.argument import PathSet, Query, QueryConflictError, conflict_error, main_module_error
from govgo.app.get.candidates import Resolver
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GovgoError, find
from govgo.load.buildlist.edit import ConstraintError, edit_build_list
from govgo.load.buildlist.requirements import load_mod_graph


def settle(resolver: Resolver, queries: Sequence[Query]) -> bool:
    """Resolve the queries' candidates; True when that moved the build list.

    Unambiguous candidates come first. Only when they leave the build list as it is are the ambiguous ones decided,
    arbitrarily but always in the same way.
    """
    settled = 0
    while True:
        before = settled
        for q in queries:
            settled += _settle_clear(resolver, q)
        resolver.faults.stop()
        if settled == before:
            break
    if settled and update_build_list(resolver, ()):
        return True
    chosen = 0
    for q in queries:
        for options in q.candidates:
            _take(resolver, q, _choose(resolver, options))
            chosen += 1
    return chosen > 0 and update_build_list(resolver, ())


def apply_upgrades(resolver: Resolver, upgrades: Iterable[PathSet]) -> bool:
    """Move to tentative versions, which explicit arguments may still overrule; True when the build list moved."""
    tentative: list[ModuleVersion] = []
    for options in upgrades:
        if options.error is not None:
            resolver.faults.tell(options.error)
            continue
        narrowed, choice = _disambiguate(resolver, options)
        if choice is None:
            choice = _choose(resolver, narrowed)
        if choice[1] is not None:
            tentative.append(choice[1])
    resolver.faults.stop()
    return update_build_list(resolver, tentative)


_Choice = tuple[bool, ModuleVersion | None]
"""Whether the path is a package of the chosen module, and the module; None where nothing is viable."""


def _settle_clear(resolver: Resolver, q: Query) -> int:
    """Resolve the candidates of one query that leave no choice; returns how many."""
    settled = 0
    unclear: list[PathSet] = []
    for options in q.candidates:
        if options.error is not None:
            resolver.faults.tell_for(q, options.error)
            settled += 1
            continue
        narrowed, choice = _disambiguate(resolver, options)
        if choice is None:
            unclear.append(narrowed)
            continue
        if choice[1] is None:
            # Nothing is viable. Any candidate will do to tell which argument stands against it.
            choice = _choose(resolver, options)
        _take(resolver, q, choice)
        settled += 1
    q.candidates = unclear
    return settled


def _take(resolver: Resolver, q: Query, choice: _Choice) -> None:
    is_package, mv = choice
    if is_package:
        q.matches_packages = True
    assert mv is not None
    if resolver.session.main.contains(mv.path) and mv.version:
        resolver.faults.tell_for(q, main_module_error(resolver.session, mv.path, q))
        return
    standing = resolver.resolved.get(mv.path)
    if standing is not None and standing[0] != mv.version:
        _tell_conflict(resolver, q, mv, standing)
        return
    resolver.resolved[mv.path] = (mv.version, q)
    q.resolved.append(mv)


def _tell_conflict(resolver: Resolver, q: Query, mv: ModuleVersion, standing: tuple[str, Query]) -> None:
    if q.conflict is not None:
        return
    q.conflict = standing[1]
    proposed = (mv.version, q)
    if q.wildcard and not standing[1].wildcard:
        proposed, standing = standing, proposed  # the definite path reads better first
    resolver.faults.tell_for(q, conflict_error(mv.path, proposed, standing))


def _disambiguate(resolver: Resolver, options: PathSet) -> tuple[PathSet, _Choice | None]:
    """Drop the options that decided versions rule out; the choice is None while more than one is left."""
    viable: list[ModuleVersion] = []
    for mv in options.pkg_mods:
        if resolver.removed(mv.path):
            continue
        if resolver.session.main.contains(mv.path):
            if not mv.version:
                return PathSet(), (True, mv)
            continue
        standing = resolver.resolved.get(mv.path)
        if standing is None:
            viable.append(mv)
        elif standing[0] == mv.version:
            # Selected anyway; any other module with the package would make the import ambiguous.
            return PathSet(), (True, mv)
    mod = options.mod
    if mod is not None:
        standing = resolver.resolved.get(mod.path)
        if standing is not None and standing[0] != mod.version:
            mod = None
    if len(viable) == 1 and mod in (None, viable[0]):
        return PathSet(), (True, viable[0])
    if not viable:
        return PathSet(), (False, mod)
    return PathSet(path=options.path, pkg_mods=tuple(viable), mod=mod), None


def _choose(resolver: Resolver, options: PathSet) -> _Choice:
    """One option of several: a module known from the start, else the one with the longest path."""
    for mv in options.pkg_mods:
        if resolver.initial_selected(mv.path) != "none":
            return True, mv
    if options.pkg_mods:
        return True, options.pkg_mods[0]
    return False, options.mod


def update_build_list(resolver: Resolver, additions: Sequence[ModuleVersion]) -> bool:
    """Make the build list agree with what is resolved, `additions` as far as they fit; True when it moved."""
    session = resolver.session
    must_select = [
        ModuleVersion(path, version)
        for path, (version, _) in resolver.resolved.items()
        if not session.main.contains(path)
    ]
    try:
        changed = edit_build_list(session, list(additions), must_select)
    except GovgoError as error:
        constraint = find(error, ConstraintError)
        if constraint is None:
            raise
        _tell_constraint(resolver, constraint)
        resolver.faults.stop()
        return False
    if changed:
        resolver.build_list = load_mod_graph(session).build_list()
        resolver.current = dict(resolver.build_list)
    return changed


def _tell_constraint(resolver: Resolver, constraint: ConstraintError) -> None:
    """Tell conflicts between modules in terms of the arguments that brought them."""
    if resolver.session.settings.verbose:
        for conflict in constraint.conflicts:
            resolver.session.report.note(str(conflict))

    def reason(mv: ModuleVersion) -> str:
        version, q = resolver.resolved[mv.path]
        return q.resolved_text(ModuleVersion(mv.path, version))

    for conflict in constraint.conflicts:
        adverb = "indirectly " if len(conflict.path) > 2 else ""
        head = f"{reason(conflict.path[0])} {adverb}requires {conflict.path[-1]}"
        if conflict.error is not None:
            text = f"{head}: {conflict.error_text}"
        else:
            assert conflict.constraint is not None
            text = f"{head}, not {reason(conflict.constraint)}"
        resolver.faults.tell(QueryConflictError(text, inner=conflict.error))


def check_wildcards(resolver: Resolver) -> None:
    """Tell of every module that a wildcard matches but whose selected version is not what the wildcard asks for."""
    for q in resolver.wildcard_queries:
        for mv in resolver.build_list:
            if q.can_match_in_module(mv.path):
                try:
                    _check_wildcard(resolver, q, mv)
                except GovgoError as error:
                    resolver.faults.tell_for(q, error)
    resolver.faults.stop()


def _check_wildcard(resolver: Resolver, q: Query, mv: ModuleVersion) -> None:
    by_path = q.matches_path(mv.path)
    if not by_path and not resolver.match_in_module(q.pattern, mv):
        return
    wanted = resolver.query_module(mv.path, q.version)
    if wanted.version == mv.version:
        return
    if not by_path and not resolver.match_in_module(q.pattern, wanted):
        name = str(wanted)
        if wanted.version != q.version:
            name = f"{wanted.path}@{q.version} ({wanted.version})"
        raise QueryConflictError(
            f"{q} matches packages in {mv} but not {name}: specify a different version for module {mv.path}"
        )
    raise QueryConflictError(f"internal error: selected {mv} instead of {wanted.version}")
