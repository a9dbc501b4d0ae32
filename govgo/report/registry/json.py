# SPDX-License-Identifier: BSD-3-Clause
"""The JSON documents of a registry; each has a schema in `report/schemas`, also for what fails."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from govgo.core.advisory.match import Vulnerability
from govgo.core.licenses.texts import LegalText
from govgo.core.module.info import Origin
from govgo.core.registry.facts import AdvisoryState, LogCheck, ModuleRow, Requirement, Requirer, VersionRow, ZipFacts
from govgo.core.registry.pages import (
    HomePage,
    ImportsPage,
    ListPage,
    ModulePage,
    Page,
    RequirersPage,
    Standing,
    VersionPage,
)
from govgo.core.registry.scorecard import POINTS, Point
from govgo.report.document import results_document

_Members = dict[str, object]


def page_document(page: Page) -> str:
    """The document of a page.

    Args:
        page: any but the home page, which has none.
    """
    if isinstance(page, ListPage):
        summary: _Members = {"query": page.query, "next": page.next or None}
        return _document("modules", page.standing, summary, map(_module, page.rows))
    if isinstance(page, ModulePage):
        last = page.skip + len(page.rows)
        summary = {
            **_module(page.module),
            "decided_by": page.deciding or None,
            "known_versions": page.total,
            "next": last if last < page.total else None,
            "packages": [{"path": each.path, "imported_by": each.modules} for each in page.packages],
            "advisories": _advisories(page.standing.advisories),
        }
        rows = ({**_version(row), "advisories": list(page.vulnerable.get(row.version, ()))} for row in page.rows)
        return _document("module", page.standing, summary, rows)
    if isinstance(page, VersionPage):
        summary = {**_module(page.facts.module), "advisories": _advisories(page.facts.advisories)}
        return _document("version", page.standing, summary, [_whole_version(page)])
    if isinstance(page, RequirersPage):
        summary = {
            "path": page.path,
            "required_by": page.module.required_by if page.module is not None else None,
            "direct": page.module.direct if page.module is not None else None,
            "next": page.next or None,
        }
        return _document("requiredby", page.standing, summary, map(_requirer, page.rows))
    if isinstance(page, ImportsPage):
        rows = ({"path": each.path, "imported_by": each.modules} for each in page.rows)
        return _document("importedby", page.standing, {"path": page.path}, rows)
    assert not isinstance(page, HomePage)
    raise TypeError(type(page).__name__)


def failure_document(kind: str, error: BaseException) -> str:
    """A document that says why there is none.

    Args:
        kind: of the document that was asked for: "modules", "module", "version", "requiredby", "importedby".
        error: what is wrong.
    """
    return results_document(_schema(kind), {}, [], [error])


def _schema(kind: str) -> str:
    return f"govgo.registry.{kind}/1"


def _document(kind: str, standing: Standing, summary: _Members, results: Iterable[_Members]) -> str:
    whole = {**summary, "as_of": _time(standing.as_of or None), "private": standing.private}
    return results_document(_schema(kind), whole, list(results))


def _module(row: ModuleRow) -> _Members:
    return {
        "path": row.path,
        "newest": row.newest,
        "newest_time": _time(row.newest_time),
        "versions": row.versions,
        "required_by": row.required_by,
        "direct": row.direct,
        "deprecated": row.deprecated or None,
    }


def _version(row: VersionRow) -> _Members:
    return {
        "version": row.version,
        "time": _time(row.time),
        "stored": list(row.files),
        "zip_bytes": row.zip_size if row.zip_size >= 0 else None,
        "retracted": row.retracted is not None,
        "retraction": row.retracted or None,
        "log": _log(row.log),
    }


def _log(check: LogCheck) -> _Members:
    return {
        "go_mod": check.gomod,
        "zip": check.zip,
        "zip_was_read": check.zip_was_read,
        "database": check.database or None,
        "index": check.number if check.number >= 0 else None,
        "tree_size": check.tree_size if check.tree_size >= 0 else None,
        "compared": _time(check.when or None),
        "text": check.text,
    }


def _whole_version(page: VersionPage) -> _Members:
    facts = page.facts
    return {
        "path": facts.mod.path,
        **_version(facts.row),
        "higher_versions": facts.rank,
        "decided_by": facts.deciding or None,
        "go": facts.go_version,
        "origin": None if facts.origin is None else _origin(facts.origin),
        "licence": None if facts.zip is None else _licence(facts.zip),
        "licence_note": facts.zip_note or None,
        "advisories": [_vulnerability(each) for each in facts.vulnerabilities] if facts.advisories.is_known else None,
        "requirements": None if facts.requirements is None else [_requirement(each) for each in facts.requirements],
        "scorecard": [_point(each) for each in page.points],
    }


def _origin(origin: Origin) -> _Members:
    return {
        "vcs": origin.vcs or None,
        "url": origin.url or None,
        "hash": origin.hash or None,
        "ref": origin.ref or None,
    }


def _licence(found: ZipFacts) -> _Members:
    return {
        "expression": found.license or None,
        "everything": found.everything or None,
        "zip_sum": found.h1,
        "has_go_mod": found.has_gomod,
        "go_directories": found.packages,
        "matcher": found.matcher or None,
        "texts": [_text(each) for each in found.texts],
        "left_out": found.left_out,
    }


def _text(each: LegalText) -> _Members:
    return {
        "name": each.name,
        "kind": each.kind,
        "sha256": each.sha256 or None,
        "expression": each.expression or None,
        "coverage": round(each.coverage, 3),
        "is_stated": each.is_stated,
        "note": each.note or None,
    }


def _vulnerability(each: Vulnerability) -> _Members:
    return {
        "id": each.id,
        "aliases": list(each.aliases),
        "summary": each.advisories[0].summary or None,
        "url": each.advisories[0].url or None,
        "fixed_in": each.fixed_in or None,
        "packages": list(each.packages),
    }


def _requirement(each: Requirement) -> _Members:
    return {"path": each.mod.path, "version": each.mod.version, "indirect": each.indirect, "is_stored": each.is_stored}


def _requirer(row: Requirer) -> _Members:
    return {
        "path": row.path,
        "version": row.version,
        "is_newest": row.is_newest,
        "asked": row.asked,
        "indirect": row.indirect,
    }


def _point(point: Point) -> _Members:
    return {"rule": point.rule, "demands": POINTS[point.rule], "verdict": point.verdict, "evidence": point.evidence}


def _advisories(state: AdvisoryState) -> _Members:
    return {
        "sources": list(state.sources),
        "is_known": state.is_known,
        "size": state.size if state.size >= 0 else None,
        "modified": _time(state.modified or None),
        "asked": _time(state.asked or None),
        "fault": state.fault or None,
    }


def _time(time: float | None) -> str | None:
    """RFC 3339, null for a time that is not known, or that no calendar has."""
    if time is None:
        return None
    try:
        return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None
