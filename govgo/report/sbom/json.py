# SPDX-License-Identifier: BSD-3-Clause
"""Bills of materials as one JSON document, `govgo.sbom/1` (schema: `schemas/govgo.sbom-1.json`)."""

from __future__ import annotations

from govgo.core.safetext import visible
from govgo.core.sbom.sbom import Component, Sbom, Sboms
from govgo.report.document import encode, fault_entries, heading, module_or_null, moment

SCHEMA = "govgo.sbom/1"


def sbom_json(run: Sboms) -> str:
    """The document, a newline at its end."""
    return encode(
        {
            **heading(SCHEMA),
            "summary": {
                "documents": len(run.documents),
                "components": sum(len(each.mains) + len(each.components) for each in run.documents),
                "errors": len(run.faults),
                "created": moment(run.time),
            },
            "documents": [_document(each) for each in run.documents],
            "errors": fault_entries(run.faults),
        }
    )


def _document(document: Sbom) -> dict[str, object]:
    every = (*document.mains, *document.components)
    return {
        "kind": document.kind,
        "path": document.path,
        "directory": visible(document.directory),
        "go": visible(document.go_version),
        "sha256": document.sha256,
        "scope_unknown": document.scope_note,
        "components": [_component(each) for each in every],
        "edges": [{"from": ref, "to": list(targets)} for ref, targets in document.edges.items()],
        "vulnerabilities": None
        if document.exposures is None
        else [{"id": each.vulnerability.id, "component": str(each.module)} for each in document.exposures],
        "settings": {visible(name): visible(value) for name, value in document.settings},
    }


def _component(each: Component) -> dict[str, object]:
    return {
        "ref": each.ref,
        "path": each.module.path,
        "version": each.module.version,
        "main": each.is_main,
        "replaced_by": module_or_null(each.replacement),
        "purl": each.purl,
        "scope": each.scope.value,
        "h1": each.h1,
        "h1_from": each.h1_from.value if each.h1_from is not None else None,
        "sha256": each.sha256,
        "proof": None
        if each.proof is None
        else {"database": each.proof.database, "record": each.proof.record, "tree_size": each.proof.tree_size},
        "license": each.license,
        "git": None
        if each.git is None
        else {"commit": visible(each.git.commit), "time": moment(each.git.time), "modified": each.git.is_modified},
        "requirements_known": each.knows_requirements,
    }
