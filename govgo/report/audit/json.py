# SPDX-License-Identifier: BSD-3-Clause
"""An audit as one JSON document, `govgo.audit/1` (schema: `schemas/govgo.audit-1.json`)."""

from __future__ import annotations

from govgo.core.advisory.auditresult import Audit, AuditedModule, Database, Exposure
from govgo.core.advisory.fixplan import Bump, FixPlan, Removable, Unfixable
from govgo.core.govgotoml import AuditIgnore
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.safetext import visible
from govgo.report.audit.text import level
from govgo.report.document import encode, fault_entries, heading, moment, place_members
from govgo.report.plan import file_entries, module_entry

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
            "fixes": [_fix(module, plan) for module in run.modules for plan in module.fixes],
            "dry_runs": [{"main_module": plan.name, "files": file_entries(plan)} for plan in run.dry_runs],
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
        "unmatched": [_version(mod) for mod, _ in module.unmatched],
        "ignored": [
            {"id": each.vulnerability.id, **_version(each.module), **_ignore(entry)} for each, entry in module.ignored
        ],
        "stated": [
            {
                "id": each.vulnerability.id,
                **_version(each.module),
                "status": stated.status,
                "justification": stated.justification,
                "impact_statement": visible(stated.impact),
                "document": stated.document,
                "author": visible(stated.author),
            }
            for each, stated in module.stated
        ],
        "expired": [{"id": entry.id, **_ignore(entry)} for entry in module.expired],
        "unused": [{"id": entry.id, **_ignore(entry)} for entry in module.unused],
        "unfixable": [_unfixable(each) for each in module.unfixable],
        "unplanned": visible(module.unplanned) or None,
    }


def _fix(module: AuditedModule, plan: FixPlan) -> dict[str, object]:
    return {
        "target": module.name,
        "main_module": plan.path,
        "file": plan.mod_file,
        "bumps": [_bump(each) for each in plan.bumps],
        "go": {"old": plan.go[0], "new": plan.go[1]},
        "unfixable": [_unfixable(each) for each in plan.unfixable],
        "proved": plan.is_proved,
        "done": plan.is_done,
        "spare": [_removable(each) for each in plan.removable],  # a field never changes its name
    }


def _removable(each: Removable) -> dict[str, object]:
    return {
        **_version(each.stated.mod),
        **place_members(each.stated.place),
        "clears": [{"id": flaw.id, "module": flaw.path} for flaw in each.clears],
    }


def _bump(bump: Bump) -> dict[str, object]:
    return {
        "module": bump.path,
        "old": bump.old,
        "new": bump.new,
        **place_members(bump.stated.place if bump.stated is not None else None),
        "clears": [{"id": each.id, "module": each.path} for each in bump.clears],
        "drags": [module_entry(each) for each in bump.drags],
    }


def _unfixable(each: Unfixable) -> dict[str, object]:
    return {
        "id": each.flaw.id,
        "module": each.flaw.path,
        "version": each.version,
        "why": each.why.value,
        "text": visible(each.text),
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
