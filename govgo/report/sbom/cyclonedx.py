# SPDX-License-Identifier: BSD-3-Clause
"""CycloneDX JSON, by cyclonedx-python-lib, which is loaded here alone.

The root is the main module, the binary, or of a workspace the workspace itself. Components are named by module paths.
What the library has no class for, `compositions`, is added to its JSON: requirements are "complete" for a module whose
edges are all there, and "unknown" for others.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import govgo
from govgo.core.advisory.auditresult import Exposure
from govgo.core.findings import BINARY
from govgo.core.safetext import one_line, visible
from govgo.core.sbom.sbom import Component, Sbom, Sboms, Scope
from govgo.errors import MissingExtraError
from govgo.report.gojson import safe
from govgo.report.sbom.facts import PREFIX, component_facts, document_facts

if TYPE_CHECKING:
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component as BomComponent
    from cyclonedx.model.vulnerability import Vulnerability, VulnerabilityRating

VERSIONS = ("1.6", "1.7")
_FIXED_SERIAL = "00000000-0000-0000-0000-000000000000"
"""A number that is taken out again, so that the library need not make one up."""
_SEVERITIES = {"moderate": "medium"}
"""Words of databases for what CycloneDX calls otherwise."""


def cyclonedx_json(run: Sboms, document: Sbom, version: str) -> str:
    """The document in CycloneDX JSON of the version "1.6" or "1.7", a newline at its end.

    Raises:
        MissingExtraError: cyclonedx-python-lib is not installed.
    """
    try:
        from cyclonedx.output.json import JsonV1Dot6, JsonV1Dot7
    except ImportError:
        what = "CycloneDX needs cyclonedx-python-lib, which is not installed"
        raise MissingExtraError(f"{what}: pip install 'govgo[audit]'") from None
    outputter = {"1.6": JsonV1Dot6, "1.7": JsonV1Dot7}[version]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a root without edges: of a binary none are known
        found: dict[str, Any] = json.loads(outputter(_bom(run, document)).output_as_string())
    found["compositions"] = _compositions(document)
    if run.time is None:
        del found["serialNumber"], found["metadata"]["timestamp"]
    else:
        from uuid import uuid4

        found["serialNumber"] = uuid4().urn
    return safe(json.dumps(found, indent=2, ensure_ascii=False)) + "\n"


def _bom(run: Sboms, document: Sbom) -> Bom:
    from uuid import UUID

    from cyclonedx.model import HashAlgorithm, HashType, Property
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.bom_ref import BomRef
    from cyclonedx.model.component import Component as BomComponent
    from cyclonedx.model.component import ComponentType
    from cyclonedx.model.dependency import Dependency
    from cyclonedx.model.tool import ToolRepository

    edges: dict[str, tuple[str, ...]] = dict(document.edges)
    if document.has_one_root:
        (main,) = document.mains
        root, others = _component(main), document.components
    else:
        root = BomComponent(
            name=visible(document.directory.rpartition("/")[2]) if document.kind == BINARY else document.name,
            type=ComponentType.APPLICATION,
            bom_ref=document.root_ref,
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=document.sha256)] if document.sha256 else [],
        )
        others = (*document.mains, *document.components)
        edges[document.root_ref] = tuple(each.ref for each in document.mains)
    refs = {name: BomRef(name) for source, targets in edges.items() for name in (source, *targets)}
    tool = BomComponent(name="govgo", version=govgo.__version__, type=ComponentType.APPLICATION)
    return Bom(
        components=[_component(each) for each in others],
        dependencies=[
            Dependency(refs[name], dependencies=[Dependency(refs[target]) for target in targets])
            for name, targets in edges.items()
        ],
        vulnerabilities=list(_vulnerabilities(document)),
        serial_number=UUID(_FIXED_SERIAL),
        metadata=BomMetaData(
            component=root,
            timestamp=run.time,
            tools=ToolRepository(components=[tool]),
            properties=[Property(name=PREFIX + name, value=text) for name, text in document_facts(document, run)],
        ),
    )


def _component(each: Component) -> BomComponent:
    from cyclonedx.model import HashAlgorithm, HashType, Property
    from cyclonedx.model.component import Component as BomComponent
    from cyclonedx.model.component import ComponentScope, ComponentType
    from cyclonedx.model.license import LicenseAcknowledgement, LicenseExpression
    from packageurl import PackageURL

    scopes = {Scope.NEEDED: ComponentScope.REQUIRED, Scope.TEST: ComponentScope.EXCLUDED}
    scopes[Scope.GRAPH] = ComponentScope.EXCLUDED
    concluded = LicenseAcknowledgement.CONCLUDED
    return BomComponent(
        name=one_line(each.built.path),
        version=one_line(each.built.version) or None,
        type=ComponentType.APPLICATION if each.is_main else ComponentType.LIBRARY,
        bom_ref=each.ref,
        scope=scopes.get(each.scope),
        purl=PackageURL.from_string(each.purl) if each.purl else None,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each.sha256)] if each.sha256 else [],
        licenses=[LicenseExpression(each.license, acknowledgement=concluded)] if each.license else [],
        properties=[Property(name=PREFIX + name, value=text) for name, text in component_facts(each)],
    )


def _compositions(document: Sbom) -> list[dict[str, object]]:
    """Of which components the edges are all there. The root of a workspace has edges of our own making."""
    each = (*document.mains, *document.components)
    known = [one.ref for one in each if one.knows_requirements]
    unknown = [one.ref for one in each if not one.knows_requirements]
    if not document.mains:
        unknown.append(document.root_ref)
    groups = (("complete", known), ("unknown", unknown))
    return [{"aggregate": name, "dependencies": sorted(refs)} for name, refs in groups if refs]


def _vulnerabilities(document: Sbom) -> Iterator[Vulnerability]:
    """Each vulnerability once, with all that it affects."""
    found: dict[str, list[tuple[Exposure, str]]] = {}
    for exposure in document.exposures or ():
        found.setdefault(exposure.vulnerability.id, []).append((exposure, ""))
    for ignored in document.ignored:
        found.setdefault(ignored.exposure.vulnerability.id, []).append((ignored.exposure, ignored.ignore.reason))
    for hits in found.values():
        yield _vulnerability(hits)


def _vulnerability(hits: Iterable[tuple[Exposure, str]]) -> Vulnerability:
    from cyclonedx.model import Property, XsUri
    from cyclonedx.model.impact_analysis import ImpactAnalysisAffectedStatus
    from cyclonedx.model.vulnerability import (
        BomTarget,
        BomTargetVersionRange,
        Vulnerability,
        VulnerabilityAdvisory,
        VulnerabilityAnalysis,
        VulnerabilityReference,
        VulnerabilitySource,
    )

    hits = list(hits)
    vulnerability = hits[0][0].vulnerability
    first = vulnerability.advisories[0]
    reasons = sorted({one_line(reason) for _, reason in hits if reason})
    affected = ImpactAnalysisAffectedStatus.AFFECTED
    return Vulnerability(
        bom_ref=vulnerability.id,
        id=vulnerability.id,
        source=VulnerabilitySource(name=vulnerability.id.partition("-")[0]),
        references=[
            VulnerabilityReference(id=name, source=VulnerabilitySource(name=name.partition("-")[0]))
            for name in vulnerability.aliases
        ],
        ratings=[rating for each in vulnerability.advisories if (rating := _rating(each.severity)) is not None],
        description=visible(first.summary) or None,
        advisories=[VulnerabilityAdvisory(url=XsUri(each.url)) for each in vulnerability.advisories if each.url],
        published=_time(first.published),
        updated=_time(first.modified),
        analysis=VulnerabilityAnalysis(detail="; ".join(reasons)) if reasons else None,
        affects=[
            BomTarget(ref=str(exposure.module), versions=[BomTargetVersionRange(version=actual, status=affected)])
            for exposure, actual in ((each, (each.replacement or each.module).version) for each, _ in hits)
        ],
        properties=[Property(name=f"{PREFIX}ignored", value=reason) for reason in reasons]
        + [Property(name=f"{PREFIX}fixed_in", value=vulnerability.fixed_in)] * bool(vulnerability.fixed_in),
    )


def _rating(severity: str) -> VulnerabilityRating | None:
    """A CVSS vector, or a word, as a rating; None for what is neither."""
    from cyclonedx.model.vulnerability import VulnerabilityRating, VulnerabilityScoreSource, VulnerabilitySeverity

    if severity.startswith("CVSS:"):
        method = VulnerabilityScoreSource.get_from_vector(severity)
        return VulnerabilityRating(method=method, vector=method.get_localised_vector(severity))
    word = severity.lower()
    known: Mapping[str, VulnerabilitySeverity] = {each.value: each for each in VulnerabilitySeverity}
    found = known.get(_SEVERITIES.get(word, word))
    return VulnerabilityRating(severity=found) if found is not None else None


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
