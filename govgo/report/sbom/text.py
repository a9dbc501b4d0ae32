# SPDX-License-Identifier: BSD-3-Clause
"""Bills of materials for people: what is in each, as a table, and how much of it is known."""

from __future__ import annotations

from collections.abc import Iterator

from govgo.core.safetext import one_line
from govgo.core.sbom.sbom import Component, Sbom, Sboms, Scope
from govgo.report.style import Style, table
from govgo.report.words import many

COLUMNS = ("MODULE", "VERSION", "SCOPE", "HASH", "PROOF")


def sbom_text(run: Sboms, style: Style) -> str:
    """A heading, a table and a line of counts for each; a newline at the end."""
    parts: list[str] = []
    for document in run.documents:
        parts.append(style.paint(one_line(_title(document)), "bold") + "\n")
        if document.components:
            parts.append(table(COLUMNS, [_row(each) for each in document.components], style) + "\n")
        parts.append(f"{counts_text(document)}\n")
    return "".join(parts)


def _title(document: Sbom) -> str:
    versions = [each.module.version for each in document.mains if each.module.version]
    return " ".join([document.name, *(versions if len(document.mains) == 1 else [])])


def _row(each: Component) -> tuple[str, str, str, str, str]:
    version = each.module.version
    if each.replacement is not None:
        version = f"{version} => {' '.join(filter(None, each.replacement))}"
    proof = f"record {each.proof.record}" if each.proof is not None else ""
    scope = each.scope.value if each.scope is not Scope.UNKNOWN else ""
    return one_line(each.module.path), one_line(version), scope, each.h1_from.value if each.h1_from else "", proof


def counts_text(document: Sbom) -> str:
    """How many modules there are, and of how many hash, zip and proof are known."""
    return ", ".join(_counts(document))


def _counts(document: Sbom) -> Iterator[str]:
    found = document.components
    yield many(len(found), "module")
    yield f"{many(sum(map(len, document.edges.values())), 'edge')}"
    yield f"{sum(bool(each.h1) for each in found):,} with h1"
    yield f"{sum(bool(each.sha256) for each in found):,} with zip at hand"
    yield f"{sum(each.proof is not None for each in found):,} proved"
    if any(each.license is not None for each in found):
        yield f"{sum(bool(each.license) for each in found):,} with licence"
    if document.exposures is not None:
        yield many(len(document.exposures), "vulnerability", "vulnerabilities")
