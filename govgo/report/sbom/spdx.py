# SPDX-License-Identifier: BSD-3-Clause
"""SPDX 2.3 in JSON.

Each module is a package whose files are not analysed. Its `h1:` hash is not a hash of a file, so that it is an external
reference of a type of its own; the SHA-256 of the zip is a checksum. Where requirements are known to be none,
DEPENDS_ON leads to NONE, and where they are not known to NOASSERTION.

Source: the SPDX Specification, version 2.3; its JSON schema.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC
from uuid import UUID

import govgo
from govgo.core.findings import BINARY
from govgo.core.lazyregex import late
from govgo.core.safetext import one_line
from govgo.core.sbom.sbom import Component, Sbom, Sboms
from govgo.report.gojson import safe
from govgo.report.sbom.facts import component_facts, document_facts

_NOT_IN_AN_ID = late(r"[^A-Za-z0-9.-]")
_LICENSE_REF = late(r"LicenseRef-[A-Za-z0-9.-]+")
_EPOCH = "1970-01-01T00:00:00Z"
NOASSERTION, NONE = "NOASSERTION", "NONE"
_DOCUMENT = "SPDXRef-DOCUMENT"
_TIMELESS = "The format demands a time of creation; this one stands for none."


def spdx_json(run: Sboms, document: Sbom) -> str:
    """The document in SPDX 2.3 JSON, a newline at its end."""
    every = (*document.mains, *document.components)
    facts = "\n".join(f"{name}: {text}" for name, text in document_facts(document, run))
    content: dict[str, object] = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": _DOCUMENT,
        "name": one_line(document.name),
        "creationInfo": _creation(run),
        "comment": facts,
        "packages": [*_root(document), *(_package(each) for each in every)],
        "relationships": list(_relationships(document)),
    }
    refs = sorted({ref for each in every for ref in _LICENSE_REF.findall(each.license or "")})
    if refs:
        texts = [{"licenseId": ref, "extractedText": NOASSERTION} for ref in refs]
        content["hasExtractedLicensingInfos"] = texts
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode("utf-8", "surrogatepass")).digest()
    name = _NOT_IN_AN_ID.sub("-", document.name)
    content["documentNamespace"] = f"https://spdx.org/spdxdocs/{name}-{UUID(bytes=digest[:16], version=5)}"
    return safe(json.dumps(content, indent=2, ensure_ascii=False)) + "\n"


def _creation(run: Sboms) -> dict[str, object]:
    found: dict[str, object] = {"creators": [f"Tool: govgo-{govgo.__version__}"]}
    if run.time is None:
        return {"created": _EPOCH, **found, "comment": _TIMELESS}
    return {"created": f"{run.time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", **found}


def package_id(ref: str) -> str:
    """The identifier of a package. It has fewer characters than names, so that a changed one ends with a hash."""
    plain = _NOT_IN_AN_ID.sub("-", ref)
    return f"SPDXRef-{plain}-{hashlib.sha256(ref.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _root(document: Sbom) -> Iterator[dict[str, object]]:
    """The package of a binary, or of something of which no module is known."""
    if document.kind != BINARY and document.mains:
        return
    package: dict[str, object] = {
        "SPDXID": package_id(document.root_ref),
        "name": one_line(document.directory.rpartition("/")[2] if document.kind == BINARY else document.name),
        **_UNSAID,
        "licenseConcluded": NOASSERTION,
        "primaryPackagePurpose": "APPLICATION",
    }
    if document.sha256:
        package["checksums"] = [{"algorithm": "SHA256", "checksumValue": document.sha256}]
    yield package


_UNSAID = {
    "downloadLocation": NOASSERTION,
    "filesAnalyzed": False,
    "licenseDeclared": NOASSERTION,
    "copyrightText": NOASSERTION,
}


def _package(each: Component) -> dict[str, object]:
    package: dict[str, object] = {"SPDXID": package_id(each.ref), "name": one_line(each.built.path)}
    if each.built.version:
        package["versionInfo"] = one_line(each.built.version)
    package |= _UNSAID
    package["licenseConcluded"] = each.license or NOASSERTION
    package["primaryPackagePurpose"] = "APPLICATION" if each.is_main else "LIBRARY"
    if each.sha256:
        package["checksums"] = [{"algorithm": "SHA256", "checksumValue": each.sha256}]
    references = list(_references(each))
    if references:
        package["externalRefs"] = references
    facts = "\n".join(f"{name}: {text}" for name, text in component_facts(each))
    if facts:
        package["comment"] = facts
    return package


def _references(each: Component) -> Iterator[dict[str, object]]:
    if each.purl:
        yield _reference("PACKAGE-MANAGER", "purl", each.purl)
    if each.h1:
        yield _reference("OTHER", "go-module-h1", each.h1)
    if each.proof is not None:
        place = f"{each.proof.database}/{each.proof.record}@{each.proof.tree_size}"
        yield _reference("OTHER", "go-checksum-database-record", place)


def _reference(category: str, kind: str, locator: str) -> dict[str, object]:
    return {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator}


def _relationships(document: Sbom) -> Iterator[dict[str, object]]:
    every = (*document.mains, *document.components)
    described = [each.ref for each in document.mains]
    if document.kind == BINARY or not described:
        described = [document.root_ref]
    for ref in described:
        yield _relationship(_DOCUMENT, "DESCRIBES", package_id(ref))
    if document.kind == BINARY:
        binary = package_id(document.root_ref)
        for each in document.mains:
            yield _relationship(binary, "GENERATED_FROM", package_id(each.ref))
        for each in every:
            yield _relationship(binary, "CONTAINS", package_id(each.ref))
    for each in every:
        targets = document.edges.get(each.ref, ())
        for target in targets:
            yield _relationship(package_id(each.ref), "DEPENDS_ON", package_id(target))
        if not each.knows_requirements:
            yield _relationship(package_id(each.ref), "DEPENDS_ON", NOASSERTION)
        elif not targets:
            yield _relationship(package_id(each.ref), "DEPENDS_ON", NONE)


def _relationship(source: str, kind: str, target: str) -> dict[str, object]:
    return {"spdxElementId": source, "relationshipType": kind, "relatedSpdxElement": target}
