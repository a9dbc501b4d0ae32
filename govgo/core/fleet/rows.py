# SPDX-License-Identifier: BSD-3-Clause
"""The documents of verbs as rows of tables, one fact in a row, for programs that read tables.

    selected     a selected version          list
    advisories   an exposure                 audit
    outdated     a dependency that is, or    outdated
                 is deprecated
    licenses     a module's licence          licenses
    findings     a finding                   any other verb that has findings

A document may be of another version of govgo, or damaged: what has not the form that is expected gives no row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Row = dict[str, object]
Document = Mapping[str, Any]

SELECTED, ADVISORIES, OUTDATED, LICENSES, FINDINGS = "selected", "advisories", "outdated", "licenses", "findings"


def rows_of(verb: str, repository: str, document: Document) -> tuple[str, list[Row]]:
    """A table, and a row of it for each fact in the document of a verb."""
    table, read = _READERS.get(verb, (FINDINGS, _findings))
    rows = [*read(document, {"repository": repository})]
    return table, [{**row, "verb": verb} for row in rows] if table == FINDINGS else rows


def _selected(document: Document, of: Row) -> Iterator[Row]:
    for module in _objects(document, "modules"):
        of = {**of, "main_module": _name(module), "directory": _text(module, "directory"), "go": _text(module, "go")}
        for each in _objects(module, "selected"):  # by far the most rows: nothing is called for a usual one
            path, version, new = each.get("path"), each.get("version"), each.get("replaced_by")
            if not isinstance(new, dict):
                new = None
            yield {
                **of,
                "module": path if isinstance(path, str) else "",
                "version": version if isinstance(version, str) else "",
                "direct": each.get("direct") is True,
                "replaced_by": None if new is None else _text(new, "path"),
                "replaced_version": None if new is None else _text(new, "version"),
            }


def _advisories(document: Document, of: Row) -> Iterator[Row]:
    for each in _objects(document, "results"):
        new = _object(each, "replaced_by")
        yield {
            **of,
            "main_module": _text(each, "main_module"),
            "id": _text(each, "id"),
            "aliases": _texts(each, "aliases"),
            "module": _text(each, "module"),
            "version": _text(each, "version"),
            "replaced_by": None if new is None else _text(new, "module"),
            "replaced_version": None if new is None else _text(new, "version"),
            "fixed_in": _text(each, "fixed_in"),
            "file": _text(each, "file"),
            "line": each.get("line"),
        }


def _outdated(document: Document, of: Row) -> Iterator[Row]:
    for module in _objects(document, "modules"):
        for each in _objects(module, "dependencies"):
            if each.get("outdated") is not True and not each.get("deprecated"):
                continue
            newest, behind = _object(each, "newest") or {}, _object(each, "behind") or {}
            yield {
                **of,
                "main_module": _text(module, "name"),
                "module": _text(each, "path"),
                "version": _text(each, "version"),
                "direct": each.get("direct") is True,
                "outdated": each.get("outdated") is True,
                "newest": _text(newest, "version"),
                "releases_behind": behind.get("releases"),
                "days_behind": behind.get("days"),
                "retracted": bool(each.get("retracted")),
                "deprecated": bool(each.get("deprecated")),
            }


def _licenses(document: Document, of: Row) -> Iterator[Row]:
    for module in _objects(document, "modules"):
        for each in _objects(module, "licenses"):
            yield {
                **of,
                "main_module": _name(module),
                "module": _text(each, "module"),
                "version": _text(each, "version"),
                "license": _text(each, "license"),
            }


def _findings(document: Document, of: Row) -> Iterator[Row]:
    for each in _objects(document, "results"):
        yield {
            **of,
            "main_module": _text(each, "main_module"),
            "code": _text(each, "code"),
            "verdict": _text(each, "verdict"),
            "module": _text(each, "module"),
            "version": _text(each, "version"),
            "text": _text(each, "text"),
            "file": _text(each, "file"),
            "line": each.get("line"),
        }


_READERS: Mapping[str, tuple[str, Callable[[Document, Row], Iterator[Row]]]] = {
    "list": (SELECTED, _selected),
    "audit": (ADVISORIES, _advisories),
    "outdated": (OUTDATED, _outdated),
    "licenses": (LICENSES, _licenses),
}


def _name(module: Document) -> str:
    """A main module; a workspace by its directory."""
    return _text(module, "path") or f"workspace {_text(module, 'directory')}"


def _objects(members: Document, name: str) -> Iterator[Document]:
    found = members.get(name)
    return (each for each in found if isinstance(each, dict)) if isinstance(found, list) else iter(())


def _object(members: Document, name: str) -> Document | None:
    found = members.get(name)
    return found if isinstance(found, dict) else None


def _text(members: Document, name: str) -> str:
    found = members.get(name)
    return found if isinstance(found, str) else ""


def _texts(members: Document, name: str) -> list[str]:
    found = members.get(name)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
