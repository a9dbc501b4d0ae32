# SPDX-License-Identifier: BSD-3-Clause
"""A vulnerability of a build list as a finding, at the line of the requirement that brought the module in."""

from __future__ import annotations

import posixpath

from govgo.core.advisory.auditresult import AuditedModule, Exposure, Unmatched
from govgo.core.advisory.match import Vulnerability
from govgo.core.advisory.osv import STDLIB, TOOLCHAIN
from govgo.core.findings import Finding, Place, Verdict, command, directory_from
from govgo.core.govgotoml import AuditIgnore
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.policy.rules import EXPIRED_IGNORE, UNMATCHED, UNUSED_IGNORE, VULNERABLE
from govgo.core.policy.waive import note

GO_NAMES = {STDLIB: "the standard library", TOOLCHAIN: "the go command"}


def finding_of(exposure: Exposure, planned: str = "", *, here: str = ".") -> Finding:
    """The finding, with the command that takes the version in which it is fixed.

    Args:
        exposure: the vulnerability.
        planned: the command of a plan, in place of that.
        here: the directory where commands are typed, as reports have it.
    """
    vulnerability = exposure.vulnerability
    names = ", ".join((vulnerability.id, *vulnerability.aliases))
    summary = vulnerability.advisories[0].summary
    fix, severity = vulnerability.fixed_in, severity_of(vulnerability)
    text = f"{subject(exposure)}: {names}{': ' * bool(summary)}{summary}"
    advice = planned
    if fix and exposure.chain and exposure.replacement is None and not is_toolchain(exposure.module.path):
        advice = planned or get_command(exposure.place, here, f"{exposure.module.path}@{fix}")
    return Finding(
        VULNERABLE,
        None,
        Verdict.FINDING,
        "; ".join(filter(None, (text, severity and f"severity {severity}", fix_text(exposure)))),
        module=exposure.module,
        place=exposure.place,
        needed_by=tuple(chain_text(exposure)) if exposure.chain else (),
        fix=advice,
        known_as=vulnerability.id,
    )


def get_command(place: Place | None, here: str, *arguments: str) -> str:
    """`govgo get` for the main module whose go.mod has a place, as it is typed in `here`; both as reports have them."""
    directory = directory_from(posixpath.dirname(place.file) or ".", here) if place is not None else ""
    return command(directory, "get", *arguments)


def unmatched_finding(unmatched: Unmatched) -> Finding:
    """A module about which no advisory can be looked up: it is reported, and fails nothing."""
    text = f"{unmatched.module} is replaced by a directory: its code has no version to match"
    if unmatched.module.path == STDLIB:
        text = "the standard library is of an unknown Go release: it has no version to match"
    return Finding(UNMATCHED, None, Verdict.PASSED, text, unmatched.module, unmatched.place)


def expired_note(ignore: AuditIgnore, file: str) -> Finding:
    """An entry of a govgo.toml that is too old."""
    text = f"the entry of {ignore.id} expired on {ignore.expires}, and no longer counts"
    return note(EXPIRED_IGNORE, text, file, ignore.line)


def unused_note(ignore: AuditIgnore, file: str) -> Finding:
    """An entry of a govgo.toml for which nothing was found."""
    return note(UNUSED_IGNORE, f"nothing is known as {ignore.id} in the build list", file, ignore.line)


def stale_entries(module: AuditedModule) -> list[Finding]:
    """The entries of the module's govgo.toml that say nothing any more: too old, or for what is not found."""
    file = module.policy_file
    return [
        *(expired_note(each, file) for each in module.expired),
        *(unused_note(each, file) for each in module.unused),
    ]


def severity_of(vulnerability: Vulnerability) -> str:
    """What the first advisory that gives one says: a CVSS vector or a word; "" for none."""
    return next((each.severity for each in vulnerability.advisories if each.severity), "")


def fix_text(exposure: Exposure) -> str:
    """Which version is not vulnerable."""
    fixed = exposure.vulnerability.fixed_in
    return f"fixed in {fixed}" if fixed else "no fix is known"


def subject(exposure: Exposure) -> str:
    """The module at its version, and what replaces it."""
    mod = exposure.module
    if mod.path in GO_NAMES:
        return f"{GO_NAMES[mod.path]} of go {mod.version}"
    text = f"{mod.path} {mod.version}"
    return text if exposure.replacement is None else f"{text} => {_shown(exposure.replacement)}"


def chain_text(exposure: Exposure) -> list[str]:
    """The chain to the module, the line of go.mod behind the main module."""
    main, *rest = exposure.chain
    place = f" ({exposure.place})" if exposure.place is not None else ""
    return [f"{main}{place}", *map(_shown, rest)]


def _shown(mod: ModuleVersion) -> str:
    return f"{mod.path} {mod.version}".strip()
