# SPDX-License-Identifier: BSD-3-Clause
"""An audit for people: each vulnerability with what fixes it and which requirement brought it in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from govgo.core.advisory.auditresult import Audit, AuditedModule, Database, Exposure
from govgo.core.advisory.findings import (
    GO_NAMES,
    chain_text,
    fix_text,
    severity_of,
    stale_entries,
    subject,
    unmatched_finding,
)
from govgo.core.advisory.match import release_version
from govgo.core.findings import BINARY
from govgo.core.safetext import one_line
from govgo.report.audit.fixes import fix_lines
from govgo.report.style import PLAIN, Style
from govgo.report.words import many

_MODULES, _PACKAGES = "module level: calls are not analysed", "package level: calls are not analysed"
_MOST_PACKAGES = 5


def audit_text(run: Audit, style: Style = PLAIN, *, diffs: bool) -> str:
    """The report without faults, which standard error gets; a newline at its end.

    Args:
        run: the audit.
        style: the medium.
        diffs: show the changes of a dry run as unified diffs.
    """
    lines: list[str] = []
    for module in run.modules:
        if len(run.modules) > 1 and (module.exposures or module.unmatched or any(policy_notes(module))):
            lines += [style.paint(one_line(f"{module.name} ({module.directory})"), "bold"), ""]
        for exposure in module.exposures:
            lines += [*_exposure(module, exposure, style), ""]
        lines += [one_line(f"note: {each}") for each in policy_notes(module)]
        lines += [each for note in unmatched_notes(module) for each in (one_line(f"note: {note}"), "")]
    lines += fix_lines(run, style, diffs=diffs)
    lines += hints(run)
    lines += [one_line(database_text(each, run.now)) for each in run.databases]
    lines.append(style.paint(one_line(closing(run)), _closing_colour(run)))
    return "".join(f"{line}\n" for line in lines)


def hints(run: Audit) -> Iterator[str]:
    """What to do next, with an empty line after it: the command for a plan that was made, or that one can be made."""
    plans = [plan for module in run.modules for plan in module.fixes]
    lines = [f"note: no plan was made: {why}" for why in dict.fromkeys(m.unplanned for m in run.modules) if why]
    if any(plan.bumps and not plan.is_done for plan in plans) and not run.dry_runs:
        lines.append("govgo audit -fix does what the plan says")
    elif not plans and _has_fixes(run):
        lines.append("govgo audit -plan tells the fewest bumps that clear what has a fix, and -fix does it")
    yield from map(one_line, lines)
    if lines:
        yield ""


def _has_fixes(run: Audit) -> bool:
    """Whether there is something to plan."""
    return any(each.vulnerability.fixed_in and each.chain for module, each in run.exposures() if module.kind != BINARY)


def level(run: Audit) -> str:
    """How deep the audit looked, which every report says, since other tools look at calls."""
    return _PACKAGES if run.modules and all(module.by_packages for module in run.modules) else _MODULES


def _exposure(module: AuditedModule, exposure: Exposure, style: Style) -> Iterator[str]:
    vulnerability = exposure.vulnerability
    fix = style.paint(one_line(fix_text(exposure)), "green" if vulnerability.fixed_in else "yellow")
    name = style.paint(one_line(vulnerability.id), "red")
    yield f"{name}  {one_line(subject(exposure))}  {fix}"
    for label, text in facts(module, exposure):
        yield f"    {label:<10}{one_line(text)}"


def policy_notes(module: AuditedModule) -> Iterator[str]:
    """What govgo.toml and OpenVEX documents had to say, and what of it says nothing any more."""
    for exposure, ignore in module.ignored:
        until = f" until {ignore.expires}" if ignore.expires is not None else ""
        yield f"{exposure.vulnerability.id} in {subject(exposure)} does not count{until}: {ignore.reason} (govgo.toml)"
    for exposure, stated in module.stated:
        by = f"{stated.document}, {stated.author}"
        yield f"{exposure.vulnerability.id} in {subject(exposure)} does not count: {stated.reason} ({by})"
    yield from (f"{stale.place}: {stale.text}" for stale in stale_entries(module))


def facts(module: AuditedModule, exposure: Exposure) -> Iterator[tuple[str, str]]:
    """What else is known, as (label, text)."""
    vulnerability = exposure.vulnerability
    first = vulnerability.advisories[0]
    if first.summary:
        yield "", first.summary
    if vulnerability.aliases:
        yield "also", " ".join(vulnerability.aliases)
    if severity := severity_of(vulnerability):
        yield "severity", severity
    if vulnerability.packages:
        shown = vulnerability.packages[:_MOST_PACKAGES]
        more = len(vulnerability.packages) - len(shown)
        yield "packages", ", ".join(shown) + (f" and {more} more" if more else "")
    if exposure.chain:
        yield "needed by", " => ".join(chain_text(exposure))
    elif exposure.place is not None:
        yield "at", f"{exposure.place} ({module.release.origin})"
    if first.url:
        yield "see", first.url


def unmatched_notes(module: AuditedModule) -> Iterator[str]:
    """Of which modules nothing is known, which does not make them clean."""
    return (unmatched_finding(each).text for each in module.unmatched)


def database_text(database: Database, now: datetime) -> str:
    """One sentence about a database that was asked."""
    size = many(database.size, "advisory", "advisories") + ", " if database.size >= 0 else ""
    age = "of unknown age" if database.modified is None else f"last changed {_days(now, database.modified)}"
    proved = ", proved by the checksum database" if database.is_proved else ""
    kept = "; as it was kept, since nobody was asked" if database.is_kept else ""
    return f"{database.source}: {size}{age}{proved}{kept}"


def _days(now: datetime, then: datetime) -> str:
    days = (now - then).days
    if days < 0:
        return f"on {then:%Y-%m-%d}, which is yet to come"
    return {0: "today", 1: "yesterday"}.get(days, f"{days:,} days ago")


def closing(run: Audit) -> str:
    """How much was looked at, and how much found."""
    found = [exposure for _, exposure in run.exposures()]
    count = len({(each.vulnerability.id, each.module) for each in found})
    modules = {each.module for each in found}
    go = {mod for mod in modules if mod.path in GO_NAMES}
    looked = many(sum(module.modules for module in run.modules), "module")
    matched = {module.release.version for module in run.modules if release_version(module.release.version)}
    releases = f"go {', '.join(sorted(matched))}" if matched else ""
    if not run.modules:
        return f"nothing was audited ({level(run)})"
    if not found:
        known = "no known vulnerabilities" if not run.faults else "no vulnerabilities found"
        return f"{known} in {' and '.join(filter(None, (looked, releases)))} ({level(run)})"
    noun = "vulnerability" if count == 1 else "vulnerabilities"
    where = f"{len(modules - go)} of {looked}" + (
        f" and in {releases}" if go else f"; none in {releases}" * bool(matched)
    )
    return f"{count:,} {noun} in {where} ({level(run)})"


def _closing_colour(run: Audit) -> str:
    if any(True for _ in run.exposures()):
        return "red"
    return "yellow" if run.faults else "green"
