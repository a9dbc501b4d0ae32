# SPDX-License-Identifier: BSD-3-Clause
"""What the check of a storage has found."""

from __future__ import annotations

from govgo.core.findings import Finding, Verdict, worst
from govgo.core.safetext import one_line
from govgo.core.storage.outcomes import StorageCheck
from govgo.report.document import fault_entries, finding_entries, module_members, results_document
from govgo.report.style import PLAIN, Style
from govgo.report.words import many

SCHEMA = "govgo.storage.verify/1"


def verify_text(run: StorageCheck, style: Style = PLAIN) -> str:
    """A line for what was mended, one for each finding, then what was checked."""
    lines = [f"{style.paint('repaired', 'green')}: {mod.path}@{mod.version}" for mod in run.repaired]
    lines += [f"{style.paint(each.code, 'red')}: {_sentence(each)}" for each in run.findings]
    words = "all is as it was stored" if worst(run.findings) is Verdict.PASSED else "not all is as it was stored"
    lines.append(f"{words}: {many(run.versions, 'version')}, {many(run.zips, 'zip')}, {run.proved:,} proved")
    return "".join(f"{line}\n" for line in lines)


def _sentence(finding: Finding) -> str:
    """One line, which names the version."""
    name = "" if finding.module is None else f"{finding.module}"
    text = one_line(finding.text.replace("\n\t", "; "))
    return text if name in text else f"{name}: {text}"


def verify_json(run: StorageCheck) -> str:
    """The same as a document."""
    summary = {
        "verdict": worst(run.findings).name.lower(),
        "versions": run.versions,
        "zips": run.zips,
        "proved": run.proved,
        "repaired": [module_members(mod) for mod in run.repaired],
    }
    results = finding_entries(each for each in run.findings if each.verdict is not Verdict.UNCHECKED)
    errors = fault_entries(each for each in run.findings if each.verdict is Verdict.UNCHECKED)
    return results_document(SCHEMA, summary, results, entries=errors)
