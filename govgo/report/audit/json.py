# SPDX-License-Identifier: BSD-3-Clause
"""An audit as one JSON document, `govgo.audit/1` (schema: `schemas/govgo.audit-1.json`)."""

from __future__ import annotations

from govgo.core.advisory.audit import Audit, AuditedModule, Database, Exposure
from govgo.core.foreign import visible
from govgo.core.govgotoml import AuditIgnore
from govgo.core.module.moduleversion import ModuleVersion
from govgo.report.audit.text import level
from govgo.report.document import encode, fault_entries, heading, moment, place_members

SCHEMA = "govgo.audit/1"


def audit_json(run: Audit) -> str:
    """The document, a newline at its end."""
    found = [_exposure(module, exposure) for module, exposure in run.exposures()]
    return encode(
        {
            **heading(SCHEMA),
            "summary": {
                "level": level(run),
                "modules": len(run.modules),
                "results": len(found),
                "errors": len(run.faults),
                "checked": run.now.isoformat(timespec="seconds"),
            },
            "databases": [_database(each) for each in run.databases],
            "modules": [_module(each) for each in run.modules],
            "results": found,
            "errors": fault_entries(run.faults),
        }
    )


def _database(database: Database) -> dict[str, object]:
    return {
        "source": database.source,
        "advisories": database.size if database.size >= 0 else None,
        "modified": moment(database.modified),
        "kept": database.is_kept,
        "proved": database.is_proved,
    }


def _module(module: AuditedModule) -> dict[str, object]:
    return {
        "kind": module.kind,
        "path": module.path,
        "directory": module.directory,
        "selected": module.modules,
        "go": module.release.version,
        "go_from": module.release.origin,
        "unmatched": [_version(mod) for mod in module.unmatched],
        "ignored": [
            {"id": each.vulnerability.id, **_version(each.module), **_ignore(entry)} for each, entry in module.ignored
        ],
        "expired": [{"id": entry.id, **_ignore(entry)} for entry in module.expired],
        "unused": [{"id": entry.id, **_ignore(entry)} for entry in module.unused],
    }


def _exposure(module: AuditedModule, exposure: Exposure) -> dict[str, object]:
    vulnerability = exposure.vulnerability
    return {
        "id": vulnerability.id,
        "aliases": list(vulnerability.aliases),
        "main_module": module.name,
        **_version(exposure.module),
        "replaced_by": None if exposure.replacement is None else _version(exposure.replacement),
        "fixed_in": vulnerability.fixed_in,
        "packages": list(vulnerability.packages),
        **place_members(exposure.place),
        "needed_by": [_version(mod) for mod in exposure.chain],
        "decided_by": [_version(each.source) for each in exposure.deciding],
        "advisories": [
            {
                "id": each.id,
                "summary": visible(each.summary),
                "severity": visible(each.severity),
                "published": each.published,
                "modified": each.modified,
                "url": each.url,
            }
            for each in vulnerability.advisories
        ],
    }


def _ignore(entry: AuditIgnore) -> dict[str, object]:
    return {"reason": visible(entry.reason), "expires": None if entry.expires is None else entry.expires.isoformat()}


def _version(mod: ModuleVersion) -> dict[str, object]:
    return {"module": mod.path, "version": mod.version}
