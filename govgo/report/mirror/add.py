# SPDX-License-Identifier: BSD-3-Clause
"""What `govgo mirror add` has added, or would."""

from __future__ import annotations

from govgo.core.mirror.manifest import Manifest
from govgo.core.mirror.outcomes import Added
from govgo.core.safetext import one_line
from govgo.report.document import fault_entries, module_members, results_document
from govgo.report.style import PLAIN, Style
from govgo.report.words import amount, many

SCHEMA = "govgo.mirror.add/1"


def add_text(run: Added, style: Style = PLAIN) -> str:
    """A line for each zip, then what it comes to."""
    lines = []
    for mod in run.zips:
        size = run.sizes.get(mod)
        if size is None and not run.is_plan:
            continue  # reported as a fault
        lines.append(f" {style.paint('+', 'green')} {mod.path} {mod.version}  {_size(size)}")
    if run.damaged:
        lines.append(_mended(run))
    lines += _closing(run)
    if run.index_next:
        lines.append(f"the index goes on at {one_line(run.index_next)}")
    return "".join(f"{line}\n" for line in lines)


def _mended(run: Added) -> str:
    if run.is_plan:
        return f"{many(run.damaged, 'file')} damaged or missing"
    left = run.damaged - run.mended
    return f"mended {many(run.mended, 'file')}" + (f"; {many(left, 'file')} still damaged or missing" if left else "")


def _size(size: int | None) -> str:
    return "size unknown" if size is None else amount(size)


def _closing(run: Added) -> list[str]:
    if run.is_plan:
        if not run.zips and not run.gomods:
            return ["nothing would be added" if run.faults else "nothing is missing"]
        unknown = len(run.zips) - len(run.sizes)
        more = f", and {many(unknown, 'zip')} of unknown size" if unknown else ""
        return [
            f"would add {many(len(run.zips), 'zip')} ({amount(sum(run.sizes.values()))}{more}) "
            f"and {many(len(run.gomods), 'go.mod file')}"
        ]
    fresh = len(run.after.files) - len(run.before.files)
    if not fresh and run.after == run.before and not run.mended:
        said = "nothing was added" if run.faults else "nothing was missing"
        return [f"{said}: {_whole(run.after)}"]
    proof = f"; {many(run.proved, 'version')} proved by {run.database}" if run.database else ""
    lines = [f"added {many(len(run.sizes), 'zip')} ({amount(sum(run.sizes.values()))}){proof}"]
    if run.private:
        lines.append(
            f"{many(len(run.private), 'version')} of modules that no database is asked about: set GONOSUMDB there, too"
        )
    return [*lines, f"the mirror has {_whole(run.after)}"]


def _whole(manifest: Manifest) -> str:
    zips = sum(key.endswith(".zip") for key in manifest.files)
    return f"{many(zips, 'zip')}, {many(len(manifest.files), 'file')}, {amount(manifest.size)}"


def add_json(run: Added) -> str:
    """The same as a document."""
    zips = set(run.zips)
    private = set(run.private)
    results = [
        {
            **module_members(mod),
            "zip": mod in zips,
            "bytes": run.sizes.get(mod),
            "private": mod in private,
        }
        for mod in (*run.zips, *(mod for mod in run.gomods if mod not in zips))
    ]
    summary = {
        "dry_run": run.is_plan,
        "zips": len(run.zips),
        "gomods": len(run.gomods),
        "bytes": sum(run.sizes.values()),
        "unknown_sizes": len(run.zips) - len(run.sizes),
        "database": run.database or None,
        "proved": run.proved,
        "private": len(private),
        "index_next": run.index_next or None,
        "mirror_files": len(run.after.files),
        "mirror_bytes": run.after.size,
        "damaged": run.damaged,
        "mended": run.mended,
    }
    return results_document(SCHEMA, summary, results, entries=fault_entries(run.faults))
