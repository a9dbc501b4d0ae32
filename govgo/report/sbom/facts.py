# SPDX-License-Identifier: BSD-3-Clause
"""What CycloneDX has no member for, as name and value: the properties of components and documents, named `govgo:…`."""

from __future__ import annotations

from collections.abc import Iterator

from govgo.core.safetext import one_line
from govgo.core.sbom.sbom import Component, Sbom, Sboms, Scope
from govgo.report.document import moment

PREFIX = "govgo:"


def component_facts(each: Component) -> Iterator[tuple[str, str]]:
    """The properties of a component."""
    if each.scope is not Scope.UNKNOWN:
        yield "scope", each.scope.value
    if each.replacement is not None:
        yield "replaces", str(each.module)
    if each.directory:
        yield "replaced_by_directory", one_line(each.directory)
    if each.h1 and each.h1_from is not None:
        yield "h1", each.h1
        yield "h1:from", each.h1_from.value
    if each.proof is not None:
        yield "checksum_database", each.proof.database
        yield "checksum_database:record", str(each.proof.record)
        yield "checksum_database:tree_size", str(each.proof.tree_size)
    if each.git is not None:
        yield "git:commit", one_line(each.git.commit)
        yield "git:time", moment(each.git.time) or ""
        yield "git:modified", "true" if each.git.is_modified else "false"


def document_facts(document: Sbom, run: Sboms) -> Iterator[tuple[str, str]]:
    """The properties of a document."""
    if document.kind:
        yield "kind", document.kind
    if document.go_version:
        yield "go_version", one_line(document.go_version)
    if document.scope_note:
        yield "scope_unknown", document.scope_note
    for database in document.databases:
        yield "advisories", f"{one_line(database.source)} {moment(database.modified) or ''}".rstrip()
    for name, value in document.settings:
        yield f"build:{one_line(name)}", one_line(value)
    yield from run_faults(run)


def run_faults(run: Sboms) -> Iterator[tuple[str, str]]:
    """What could not be looked at."""
    for fault in run.faults:
        yield "error", one_line(fault.text)
