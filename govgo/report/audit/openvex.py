# SPDX-License-Identifier: BSD-3-Clause
"""An audit as an OpenVEX document: a statement for each vulnerability of each module (OpenVEX 0.2.0).

It says what is known, and no more. That an advisory names a version does not tell whether the program is affected,
since calls are not analysed: such a finding is `under_investigation`. What govgo.toml ignores for good is
`not_affected` with its reason; what it ignores up to a day is still to be looked into. What another document states is
stated again.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import govgo
from govgo.core.advisory.auditresult import Audit, AuditedModule, Exposure
from govgo.core.advisory.findings import fix_text
from govgo.core.advisory.openvex import CONTEXT, INVESTIGATED, NOT_AFFECTED, VexStatement
from govgo.core.govgotoml import AuditIgnore
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.purl import module_purl
from govgo.core.safetext import visible
from govgo.report.audit.text import level
from govgo.report.document import encode

AUTHOR = "Unknown Author"
"""An author has to be a person or an organization, and who runs the command is not known."""


def audit_openvex(run: Audit) -> str | None:
    """The document, a newline at its end. Its name depends on what it says alone.

    None where there is no statement: the format has no document without one, and none that says "nothing is known".
    """
    statements = [each for module in run.modules for each in _statements(run, module)]
    if not statements:
        return None
    content = json.dumps(statements, sort_keys=True)
    return encode(
        {
            "@context": CONTEXT,
            "@id": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}",
            "author": AUTHOR,
            "timestamp": run.now.isoformat(timespec="seconds"),
            "version": 1,
            "tooling": f"govgo {govgo.__version__}",
            "statements": statements,
        }
    )


def _statements(run: Audit, module: AuditedModule) -> Iterator[dict[str, object]]:
    for exposure in module.exposures:
        notes = f"An advisory names this version ({fix_text(exposure)}); {level(run)}."
        yield _statement(module, exposure, {"status": INVESTIGATED, "status_notes": notes})
    for exposure, ignore in module.ignored:
        yield _statement(module, exposure, _ignored(ignore))
    for exposure, stated in module.stated:
        yield _statement(module, exposure, _stated(stated))


def _ignored(ignore: AuditIgnore) -> dict[str, object]:
    reason = visible(ignore.reason)
    if ignore.expires is None:
        return {"status": NOT_AFFECTED, "impact_statement": reason}
    return {"status": INVESTIGATED, "status_notes": f"Put aside until {ignore.expires}: {reason}"}


def _stated(stated: VexStatement) -> dict[str, object]:
    found: dict[str, object] = {"status": stated.status}
    if stated.status == NOT_AFFECTED:  # the schema takes one of them
        reason = "justification" if stated.justification else "impact_statement"
        found[reason] = stated.justification or visible(stated.impact)
    found["status_notes"] = visible(f"Stated by {stated.author} ({stated.document}).")
    return found


def _statement(module: AuditedModule, exposure: Exposure, said: dict[str, object]) -> dict[str, object]:
    vulnerability = exposure.vulnerability
    first = vulnerability.advisories[0]
    described: dict[str, object] = {"@id": first.url} if first.url.startswith("https://") else {}
    described["name"] = visible(vulnerability.id)
    if first.summary:
        described["description"] = visible(first.summary)
    if vulnerability.aliases:
        described["aliases"] = list(map(visible, vulnerability.aliases))
    part = exposure.replacement or exposure.module
    mains = (exposure.chain[0].path,) if exposure.chain else module.mains
    products = [{**_component(ModuleVersion(main)), "subcomponents": [_component(part)]} for main in mains]
    return {"vulnerability": described, "products": products, **said}


def _component(mod: ModuleVersion) -> dict[str, object]:
    purl = module_purl(mod, needs_namespace=False)
    return {"@id": purl, "identifiers": {"purl": purl}}
