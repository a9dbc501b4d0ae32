# SPDX-License-Identifier: BSD-3-Clause
"""Licences as one JSON document, `govgo.licenses/1` (schema: `schemas/govgo.licenses-1.json`)."""

from __future__ import annotations

from govgo.core.licenses.licenses import BuildLicenses, Licenses, ModuleLicense
from govgo.core.licenses.texts import LegalText
from govgo.core.safetext import visible
from govgo.report.document import encode, heading
from govgo.report.findings.json import found_members

SCHEMA = "govgo.licenses/1"


def licenses_json(run: Licenses) -> str:
    """The document, a newline at its end."""
    summary, entries = found_members(run)
    document = {
        **heading(SCHEMA),
        "summary": summary,
        "matcher": run.matcher,
        "only_packages": run.only_packages,
        "modules": [_build(build) for build in run.builds],
        **entries,
    }
    return encode(document)


def _build(build: BuildLicenses) -> dict[str, object]:
    return {
        "kind": build.kind,
        "path": build.path,
        "directory": build.directory,
        "licenses": [_module(each) for each in build.modules],
    }


def _module(each: ModuleLicense) -> dict[str, object]:
    new = each.replacement
    return {
        "module": each.module.path,
        "version": each.module.version,
        "replaced_by": None if new is None else {"module": new.path, "version": new.version},
        "sum": each.sum,
        "license": each.expression,
        "license_of_everything": each.everything,
        "reason": visible(each.reason),
        "texts": [_text(text) for text in each.texts],
        "left_out": each.left_out,
    }


def _text(text: LegalText) -> dict[str, object]:
    return {
        "file": text.name,
        "kind": text.kind,
        "sha256": text.sha256,
        "license": text.expression,
        "coverage": round(text.coverage, 3),
        "stated": text.is_stated,
        "note": visible(text.note),
    }
