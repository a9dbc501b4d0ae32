# SPDX-License-Identifier: BSD-3-Clause
"""Which findings are accepted: by rules that only warn, and by waivers; unused waivers get a note."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date

from govgo.core.findings import Finding, Place, Verdict
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.policy import rules
from govgo.core.policy.judge import Build
from govgo.core.policy.values import CheckPolicy, Waiver


def waived(
    policy: CheckPolicy, findings: Iterable[Finding], build: Build | None, today: date, used: set[Waiver]
) -> Iterator[Finding]:
    """The findings; those that are waived, or whose rule only warns, are reported and fail nothing.

    A contradiction, and what could not be checked, is never waived.

    Args:
        policy: the rules.
        findings: what was found in one module or workspace.
        build: its build list, None where it is not known.
        today: the day of the run.
        used: gets the waivers that concern something, those that have expired too.
    """
    for finding in findings:
        if finding.verdict is not Verdict.FINDING:
            yield finding
            continue
        concerned = [each for each in policy.waivers if _concerns(each, finding, build)]
        used.update(concerned)
        valid = next((each for each in concerned if each.expires is None or today <= each.expires), None)
        if valid is not None:
            yield accepted(finding, valid.reason, valid.expires)
        elif finding.code in policy.warned:
            yield finding._replace(verdict=Verdict.PASSED)
        else:
            yield finding


def accepted(finding: Finding, reason: str, expires: date | None) -> Finding:
    """A finding that somebody has accepted: it is reported, with the reason."""
    until = f" until {expires}" if expires is not None else ""
    text = f"{finding.text}\nwaived{until}: {reason}"
    return finding._replace(verdict=Verdict.PASSED, text=text, fix="", hint="")


def _concerns(waiver: Waiver, finding: Finding, build: Build | None) -> bool:
    return all(waiver.concerns(finding.code, _names(line.module, build)) for line in finding.lines)


def _names(mod: ModuleVersion | None, build: Build | None) -> tuple[ModuleVersion, ...]:
    if mod is None:
        return ()
    mod = mod.without_gomod()
    return (mod,) if build is None else build.names(mod)


def waiver_notes(file: str, waivers: Sequence[Waiver], used: Collection[Waiver], today: date) -> Iterator[Finding]:
    """The notes about waivers that concern nothing, or have expired."""
    for each in waivers:
        name = " ".join(filter(None, (each.rule, each.module, each.versions)))
        if each not in used:
            yield note(rules.UNUSED_WAIVER, f"the waiver of {name} concerns nothing that was found", file, each.line)
        elif each.expires is not None and today > each.expires:
            text = f"the waiver of {name} expired on {each.expires}, and no longer counts"
            yield note(rules.EXPIRED_WAIVER, text, file, each.line)


def note(code: str, text: str, file: str, line: int) -> Finding:
    """Something about govgo.toml that is reported, and fails nothing."""
    return Finding(code, None, Verdict.PASSED, text, place=Place(file, line))
