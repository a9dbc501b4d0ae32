# SPDX-License-Identifier: BSD-3-Clause
"""The last check of `get` before go.mod is written: missing packages, deprecations, retractions and sums."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

from govgo.app.get.candidates import Resolver
from govgo.core.module.moduleversion import ModuleVersion, compare_versions
from govgo.errors import Failure, GovgoError, QueryError, find
from govgo.load.mainmodule.load import enter_workspace, load_mod_file
from govgo.load.packages.errors import AmbiguousImportError
from govgo.load.packages.load import load_packages
from govgo.load.packages.loader import PackageOpts
from govgo.load.query.prefetch import warm_latest
from govgo.load.query.retract import ModuleRetractedError, check_deprecation, check_retractions, short_message

_Marks = dict[ModuleVersion, set[str]]
"""By module, why it matters: "resolved" by get, "named" on the command line, "package" of the load, "direct"."""


class SumNotFoundError(QueryError):
    """A module changed its version, and the checksum of the new version could not be found."""

    code = "sum-not-found"


def check_packages(resolver: Resolver, patterns: Sequence[str]) -> None:
    """Load the named packages once more and report their errors, then retractions and deprecations of their modules.

    Where the main module belongs to a workspace, that is loaded, since the packages may come from there; checksums are
    added to the module's own go.sum.
    """
    session = resolver.session
    within = session.main.modules[0].path in resolver.workspace
    marks: _Marks = {ModuleVersion(p, v): {"resolved"} for p, (v, _) in resolver.resolved.items()}
    with enter_workspace(session) if within else nullcontext():
        if patterns:
            _load(resolver, patterns, marks)
        requirements = load_mod_file(session)
        for mv, why in marks.items():
            if requirements.is_direct(mv.path):
                why.add("direct")
        retractions = _retractions(resolver, marks)
        deprecations = _deprecations(resolver, marks)
    sum_errors = _moved_sums(resolver)
    for text in deprecations:
        session.report.note(text)
    _report_retractions(resolver, retractions)
    for error in sum_errors:
        resolver.faults.add(error)
    resolver.faults.stop()


def _load(resolver: Resolver, patterns: Sequence[str], marks: _Marks) -> None:
    session = resolver.session
    options = PackageOpts(load_tests=resolver.load_tests, allow_errors=True, silence_no_go_errors=True)
    matches, packages, loaded = load_packages(session, options, patterns)
    resolver.loaded = loaded
    for match in matches:
        if match.errors:
            resolver.faults.add_reported(match.errors[0])
            break
    for path in packages:
        error = loaded.error(path)
        if error is not None and not (loaded.dir(path) and loaded.is_no_go(error)):
            resolver.faults.add_reported(error)
            ambiguous = find(error, AmbiguousImportError)
            for mv in ambiguous.modules if ambiguous is not None else ():
                marks.setdefault(mv, set()).add("package")
        module = loaded.package_module(path)
        if module is not None:
            marks.setdefault(module, set()).add("package")
    for match in matches:
        for path in match.packages or ():
            module = loaded.package_module(path)
            if module is not None:
                marks.setdefault(module, set()).add("named")


def _retractions(resolver: Resolver, marks: _Marks) -> list[tuple[str, str]]:
    relevant = sorted(mv for mv, why in marks.items() if why & {"resolved", "named", "package"})
    session = resolver.session
    warm_latest(session, (mv.path for mv in relevant if mv.version))
    found: list[tuple[str, str]] = []
    for mv in relevant:
        try:
            check_retractions(session, mv)
        except Failure as error:
            if find(error, ModuleRetractedError) is not None:
                found.append((mv.path, str(error)))
    return found


def _deprecations(resolver: Resolver, marks: _Marks) -> list[str]:
    found: list[str] = []
    for mv, why in sorted(marks.items()):
        if not why & {"resolved", "named"} and not why >= {"package", "direct"}:
            continue
        try:
            message = check_deprecation(resolver.session, mv)
        except Failure:
            continue
        if message:
            found.append(f"module {mv.path} is deprecated: {short_message(message, '')}")
    return found


def _report_retractions(resolver: Resolver, retractions: Sequence[tuple[str, str]]) -> None:
    report = resolver.session.report
    for _, message in retractions:
        report.note(f"warning: {message}")
    if retractions:
        path = retractions[0][0] if len(retractions) == 1 else "<module>"
        report.note(f"to switch to the latest unretracted version, run:\n\tgo get {path}@latest")


def _moved_sums(resolver: Resolver) -> list[GovgoError]:
    """Fetch the checksums of modules that changed their version and had checksums before: later builds need them."""
    session = resolver.session
    changed: list[tuple[ModuleVersion, ModuleVersion, str]] = []
    for mv in resolver.build_list:
        old_version = resolver.initial.get(mv.path, "")
        if not old_version:
            continue
        old = ModuleVersion(mv.path, old_version)
        actual = session.main.replacement(mv) or mv
        old_actual = session.main.replacement(old) or old
        if actual != old_actual and actual.version and session.repo.ledger.have(old_actual):
            changed.append((mv, actual, old_version))
    errors: list[GovgoError] = []
    found = session.repo.download([actual for _, actual, _ in changed], extract=False)
    for (mv, actual, old_version), download in zip(changed, found, strict=True):
        if download.error is not None:
            verb = "downgraded" if compare_versions(mv.path, mv.version, old_version) < 0 else "upgraded"
            replaced = f" (replaced by {actual})" if actual != mv else ""
            errors.append(
                SumNotFoundError(
                    f"{verb} {mv.path} {old_version} => {mv.version}{replaced}:"
                    f" error finding sum for {actual}: {download.error}",
                    inner=download.error,
                )
            )
    return errors
