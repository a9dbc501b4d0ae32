# SPDX-License-Identifier: BSD-3-Clause
"""What the check of a mirror has found."""

from __future__ import annotations

from govgo.core.findings import Verdict, worst
from govgo.core.mirror.outcomes import Checked
from govgo.core.safetext import one_line
from govgo.report.document import encode, fault_entries, finding_entries, heading
from govgo.report.style import PLAIN, Style
from govgo.report.words import amount, many

SCHEMA = "govgo.mirror.verify/1"
_DAMAGED, _MISSING = "integrity", "not-found"
"""The codes of files that are damaged or missing."""


_LACKS = (
    "neither the parts nor this mirror have what is missing; export with -since and the manifest of this mirror, or "
    "without -since"
)
_COPY_ANEW = "copy the parts anew; what `govgo mirror verify` finds damaged here is in an export without -since"


def verify_text(run: Checked, style: Style = PLAIN, *, is_import: bool = False) -> str:
    """A line for each finding, then what was checked, and what helps: for a mirror, or for parts and where they go."""
    lines = [f"{style.paint(each.code, 'red')}: {one_line(each.text)}" for each in run.findings]
    verdict = worst(run.findings)
    words = "the mirror is whole and proved" if verdict is Verdict.PASSED else "the mirror does not verify"
    lines.append(f"{words}: {checked_words(run)}")
    codes = {each.code for each in run.findings}
    if not is_import and codes & {_DAMAGED, _MISSING}:
        lines.append("hint: where the network is, `govgo mirror add -repair` fetches again what is damaged")
    elif _MISSING in codes:
        lines.append(f"hint: {_LACKS}")
    elif _DAMAGED in codes:
        lines.append(f"hint: {_COPY_ANEW}")
    return "".join(f"{line}\n" for line in lines)


def checked_words(run: Checked) -> str:
    """What was checked, in numbers."""
    private = f", {run.private:,} without a record" if run.private else ""
    unlisted = f", {many(run.unlisted, 'file')} that no manifest names" if run.unlisted else ""
    of = f"{run.files:,} of {many(len(run.manifest.files), 'file')}"
    size = amount(run.manifest.size)
    return f"{of} ({size}), {many(run.zips, 'zip')}, {many(run.proved, 'version')} proved{private}{unlisted}"


def verify_json(run: Checked) -> str:
    """The same as a document."""
    return encode(verify_document(run, SCHEMA))


def verify_document(run: Checked, schema: str) -> dict[str, object]:
    """The members of the document."""
    summary = {
        "mirror": run.mirror,
        "verdict": worst(run.findings).name.lower(),
        "files": run.files,
        "listed": len(run.manifest.files),
        "bytes": run.manifest.size,
        "zips": run.zips,
        "proved": run.proved,
        "private": run.private,
        "unlisted": run.unlisted,
    }
    results = finding_entries(each for each in run.findings if each.verdict is not Verdict.UNCHECKED)
    errors = fault_entries(each for each in run.findings if each.verdict is Verdict.UNCHECKED)
    return {**heading(schema), "summary": summary, "results": results, "errors": errors}
