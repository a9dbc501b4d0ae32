# SPDX-License-Identifier: BSD-3-Clause
"""Choosing one candidate for each argument of `get`, and changing the build list accordingly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from govgo.app.get.argument import PathSet, Query, QueryConflictError, conflict_error, main_module_error
from govgo.app.get.candidates import Resolver
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import Failure, find
from govgo.load.buildlist.versionconflicts import ConstraintError
from govgo.load.mainmodule.load import edit_build_list, load_mod_graph


def resolve_candidates(resolver: Resolver, queries: Sequence[Query]) -> bool:
    """Choose among the candidates of `queries`; True when that changed the build list.

    Unambiguous candidates come first. Only when these do not change the build list, one of each ambiguous set is
    chosen, arbitrarily but always the same.
    """
    count = 0
    while True:
        before = count
        for query in queries:
            count += _resolve_unambiguous(resolver, query)
        resolver.faults.stop()
        if count == before:
            break
    if count and update_build_list(resolver, ()):
        return True
    chosen = 0
    for query in queries:
        for options in query.candidates:
            _take(resolver, query, _choose(resolver, options))
            chosen += 1
    return chosen > 0 and update_build_list(resolver, ())


def apply_upgrades(resolver: Resolver, upgrades: Iterable[PathSet]) -> bool:
    """Upgrade to tentative versions, which explicit arguments may still overrule; True when the build list changed."""
    tentative: list[ModuleVersion] = []
    for options in upgrades:
        if options.error is not None:
            resolver.faults.add(options.error)
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


def _resolve_unambiguous(resolver: Resolver, query: Query) -> int:
    """Resolve the candidates of one query that leave no choice; returns how many."""
    count = 0
    unclear: list[PathSet] = []
    for options in query.candidates:
        if options.error is not None:
            resolver.faults.add_for(query, options.error)
            count += 1
            continue
        narrowed, choice = _disambiguate(resolver, options)
        if choice is None:
            unclear.append(narrowed)
            continue
        if choice[1] is None:
            # Nothing is possible. Any candidate serves to show which argument conflicts with it.
            choice = _choose(resolver, options)
        _take(resolver, query, choice)
        count += 1
    query.candidates = unclear
    return count


def _take(resolver: Resolver, query: Query, choice: _Choice) -> None:
    is_package, mv = choice
    if is_package:
        query.matches_packages = True
    assert mv is not None
    if resolver.session.main.contains(mv.path) and mv.version:
        resolver.faults.add_for(query, main_module_error(resolver.session, mv.path, query))
        return
    standing = resolver.resolved.get(mv.path)
    if standing is not None and standing[0] != mv.version:
        _report_conflict(resolver, query, mv, standing)
        return
    resolver.resolved[mv.path] = (mv.version, query)
    query.resolved.append(mv)


def _report_conflict(resolver: Resolver, query: Query, mv: ModuleVersion, standing: tuple[str, Query]) -> None:
    if query.conflict is not None:
        return
    query.conflict = standing[1]
    proposed = (mv.version, query)
    if query.wildcard and not standing[1].wildcard:
        proposed, standing = standing, proposed  # the sentence is clearer with the plain path first
    resolver.faults.add_for(query, conflict_error(mv.path, proposed, standing))


def _disambiguate(resolver: Resolver, options: PathSet) -> tuple[PathSet, _Choice | None]:
    """Drop the options that resolved versions exclude; the choice is None while more than one is left."""
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
    """Select the resolved versions, and `additions` as far as they fit; True when the build list changed."""
    session = resolver.session
    must_select = [
        ModuleVersion(path, version)
        for path, (version, _) in resolver.resolved.items()
        if not session.main.contains(path)
    ]
    try:
        changed = edit_build_list(session, list(additions), must_select)
    except Failure as error:
        constraint = find(error, ConstraintError)
        if constraint is None:
            raise
        _report_constraint(resolver, constraint)
        resolver.faults.stop()
        return False
    if changed:
        resolver.build_list = load_mod_graph(session).build_list()
        resolver.current = dict(resolver.build_list)
    return changed


def _report_constraint(resolver: Resolver, constraint: ConstraintError) -> None:
    """Report conflicts between modules in terms of the arguments that caused them."""
    if resolver.session.settings.verbose:
        for conflict in constraint.conflicts:
            resolver.session.report.note(str(conflict))

    def reason(mv: ModuleVersion) -> str:
        if mv.path not in resolver.resolved:
            return str(mv)  # a requirement that nobody asked about: what is below it cannot be read
        version, query = resolver.resolved[mv.path]
        return query.resolved_text(ModuleVersion(mv.path, version))

    for conflict in constraint.conflicts:
        adverb = "indirectly " if len(conflict.path) > 2 else ""
        head = f"{reason(conflict.path[0])} {adverb}requires {conflict.path[-1]}"
        if conflict.error is not None:
            text = f"{head}: {conflict.error_text}"
        else:
            assert conflict.constraint is not None
            text = f"{head}, not {reason(conflict.constraint)}"
        resolver.faults.add(QueryConflictError(text, inner=conflict.error))


def check_wildcards(resolver: Resolver) -> None:
    """Report every module that a wildcard matches but whose selected version is not the one it asks for."""
    for query in resolver.wildcard_queries:
        for mv in resolver.build_list:
            if query.can_match_in_module(mv.path):
                try:
                    _check_wildcard(resolver, query, mv)
                except Failure as error:
                    resolver.faults.add_for(query, error)
    resolver.faults.stop()


def _check_wildcard(resolver: Resolver, query: Query, mv: ModuleVersion) -> None:
    by_path = query.matches_path(mv.path)
    if not by_path and not resolver.match_in_module(query.pattern, mv):
        return
    answer = resolver.query_module(mv.path, query.version)
    if answer.version == mv.version:
        return
    if not by_path and not resolver.match_in_module(query.pattern, answer):
        name = str(answer)
        if answer.version != query.version:
            name = f"{answer.path}@{query.version} ({answer.version})"
        raise QueryConflictError(
            f"{query} matches packages in {mv} but not {name}: specify a different version for module {mv.path}"
        )
    raise QueryConflictError(f"internal error: selected {mv} instead of {answer.version}")
