# SPDX-License-Identifier: BSD-3-Clause
"""The plans of an audit for people.

example.com/app (go.mod): to clear 2 of 3 vulnerabilities raise 1 requirement
 ~ q.io/x (go.mod:6)  v1.0.0 => v1.2.0  clears GO-1; GO-7 in q.io/y
   ~ q.io/y  v1.0.0 => v1.1.0  raised by q.io/x v1.2.0
   ~ go      1.21 => 1.23.0
 ! GO-2 in q.io/a v1.0.0 stays: no fix is known
   govgo get q.io/x@v1.2.0
 - q.io/b (go.mod:9)  v1.0.0 is needed by this // indirect line alone: `govgo tidy` drops …, which clears GO-3
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from govgo.core.advisory.auditresult import Audit, AuditedModule
from govgo.core.advisory.findings import GO_NAMES, get_command
from govgo.core.advisory.fixplan import Bump, FixPlan, Flaw, Removable, Unfixable
from govgo.core.advisory.match import sound_release
from govgo.core.findings import Place, command, directory_from
from govgo.core.safetext import one_line
from govgo.report.plan import module_lines, text_report
from govgo.report.style import PLAIN, Style
from govgo.report.words import many


def fix_lines(run: Audit, style: Style = PLAIN, *, diffs: bool) -> Iterator[str]:
    """The plans, what stays, and what a dry run would change; an empty line after each plan."""
    for module in run.modules:
        for plan in module.fixes:
            yield from _plan_lines(plan, style, run.here)
        if module.unfixable:
            replaced = (each for each in module.unfixable if each.flaw.path not in GO_NAMES)
            yield from (_stays(each, style) for each in (*_in_go(module), *_alike(replaced)))
            yield ""
    for dry_run in run.dry_runs:
        yield from text_report(dry_run._replace(modules=()), style, diffs=diffs).splitlines()


def _plan_lines(plan: FixPlan, style: Style, here: str) -> Iterator[str]:
    yield style.paint(one_line(_heading(plan)), "bold")
    for bump in plan.bumps:
        yield from _bump_lines(bump, style)
    if plan.go[0] != plan.go[1]:
        yield f"   {style.paint('~', 'yellow')} go  {one_line(plan.go[0])} => {one_line(plan.go[1])}"
    for each in _alike(plan.unfixable):
        yield _stays(each, style)
    if not plan.is_proved:
        yield "   not all plans could be compared: there may be a smaller one"
    if plan.bumps and not plan.is_done:
        yield one_line(f"   {get_command(Place(plan.mod_file), here, *plan.arguments)}")
    for line in () if plan.is_done else plan.removable:
        yield f" {style.paint('-', 'green')} {one_line(_removable(line, plan, here))}"
    yield ""


def _removable(line: Removable, plan: FixPlan, here: str) -> str:
    tidy = command(directory_from(posixpath.dirname(plan.mod_file) or ".", here), "tidy")
    mod, place = line.stated.mod, line.stated.place
    without = f"`{tidy}` drops the line unless a package needs it, which {_cleared(mod.path, line.clears)}"
    return f"{mod.path} ({place})  {mod.version} is needed by this // indirect line alone: {without}"


def _heading(plan: FixPlan) -> str:
    cleared, count = len(plan.cleared), len(plan.cleared) + len(plan.unfixable)
    where = f"{plan.path} ({plan.mod_file})"
    if not plan.bumps:
        return f"{where}: no bump clears any of {many(count, 'vulnerability', 'vulnerabilities')}"
    did = "cleared" if plan.is_done else "to clear"
    raised = many(len(plan.bumps), "requirement")
    how = f"by raising {raised}" if plan.is_done else f"raise {raised}"
    return f"{where}: {did} {cleared} of {many(count, 'vulnerability', 'vulnerabilities')} {how}"


def _bump_lines(bump: Bump, style: Style) -> Iterator[str]:
    mark = style.paint("~" if bump.stated is not None else "+", "yellow" if bump.stated is not None else "green")
    where = f" ({bump.stated.place})" if bump.stated is not None else " (a new requirement)"
    yield f" {mark} {one_line(bump.path + where)}  {one_line(versions(bump))}  {one_line(clears(bump))}"
    for line in module_lines(bump.drags, style):
        yield f"  {line}"


def versions(bump: Bump) -> str:
    """What becomes of the selected version."""
    return f"stays at {bump.new}" if bump.old == bump.new else f"{bump.old} => {bump.new}"


def clears(bump: Bump) -> str:
    """What a bump clears, its own first: "clears GO-1, GO-2; GO-7, GO-8 in q.io/y"."""
    return _cleared(bump.path, bump.clears) if bump.clears else "keeps a vulnerable version out"


def _cleared(own_path: str, flaws: Sequence[Flaw]) -> str:
    own = [each.id for each in flaws if each.path == own_path]
    others: dict[str, list[str]] = {}
    for each in flaws:
        if each.path != own_path:
            others.setdefault(each.path, []).append(each.id)
    groups = [", ".join(own)] if own else []
    groups += [f"{', '.join(ids)} in {path}" for path, ids in others.items()]
    return f"clears {'; '.join(groups)}"


def _stays(text: str, style: Style) -> str:
    return f" {style.paint('!', 'red')} {one_line(text)}"


def _alike(unfixable: Iterable[Unfixable]) -> Iterator[str]:
    """What stays, those of one module for one reason together."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for each in unfixable:
        groups.setdefault((each.flaw.path, each.version, each.text), []).append(each.flaw.id)
    for (path, version, text), ids in groups.items():
        yield f"{', '.join(ids)} in {path} {version} {'stays' if len(ids) == 1 else 'stay'}: {text}"


def _in_go(module: AuditedModule) -> Iterator[str]:
    """What stays in Go itself, in a sentence for all of it."""
    for path, name in GO_NAMES.items():
        ids = {each.flaw.id for each in module.unfixable if each.flaw.path == path}
        found = [each.vulnerability for each in module.exposures if each.module.path == path]
        found = [each for each in found if each.id in ids]
        if found:
            release = sound_release(found)
            do = f"build with go {release} or later" if release else "no release is known to be free of all"
            count = many(len(found), "vulnerability", "vulnerabilities")
            yield f"{count} in {name} of go {found[0].module.version}: {do}"
