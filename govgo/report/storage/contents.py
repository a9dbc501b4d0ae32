# SPDX-License-Identifier: BSD-3-Clause
"""What is in a storage, and what was removed from it."""

from __future__ import annotations

from datetime import UTC, datetime

from govgo.core.storage.outcomes import Listing, Removal, Stats, StoredVersion
from govgo.report.document import module_members, moment, results_document
from govgo.report.style import PLAIN, Style, table
from govgo.report.words import amount, many

LS_SCHEMA = "govgo.storage.ls/1"
STATS_SCHEMA = "govgo.storage.stats/1"
REMOVAL_SCHEMA = "govgo.storage.removal/1"


def ls_text(run: Listing, style: Style = PLAIN) -> str:
    """A line for each version: what there is of it, how large that is, and when it came."""
    if not run.versions:
        return ""
    rows = [
        (f"{each.mod.path}@{each.mod.version}", amount(each.size), _day(each.modified), " ".join(each.suffixes))
        for each in run.versions
    ]
    return table(("module", "size", "stored", "files"), rows, style)


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def ls_json(run: Listing) -> str:
    """The same as a document."""
    summary = {"versions": len(run.versions), "bytes": sum(each.size for each in run.versions)}
    return results_document(LS_SCHEMA, summary, list(map(_version, run.versions)))


def stats_text(run: Stats, style: Style = PLAIN) -> str:
    """A line for each kind of files, then all, and what was used lately."""
    rows = [(each.name, f"{each.files:,}", amount(each.size)) for each in run.kinds]
    rows.append(("all", f"{run.files:,}", amount(run.size)))
    closing = f"{many(run.modules, 'module')}, {many(run.versions, 'version')}\n"
    return table(("kind", "files", "size"), rows, style) + _used_text(run, style) + closing


def _used_text(run: Stats, style: Style) -> str:
    if not run.noted:
        return ""  # nobody has noted uses: the times of files are no news
    rows = [(many(each.days, "day"), f"{each.versions:,}", amount(each.size)) for each in run.used]
    return table(("used within", "versions", "size"), rows, style)


def stats_json(run: Stats) -> str:
    """The same as a document."""
    summary = {
        "modules": run.modules,
        "versions": run.versions,
        "files": run.files,
        "bytes": run.size,
        "noted_versions": run.noted,
        "used": [{"days": each.days, "versions": each.versions, "bytes": each.size} for each in run.used],
    }
    results = [{"kind": each.name, "files": each.files, "bytes": each.size} for each in run.kinds]
    return results_document(STATS_SCHEMA, summary, results)


def removal_text(run: Removal, style: Style = PLAIN) -> str:
    """A line for each version, then what it comes to."""
    lines = []
    for each in run.versions:
        what = f"{amount(each.size)} ({' '.join(each.suffixes)})"
        lines.append(f" {style.paint('-', 'red')} {each.mod.path} {each.mod.version}  {what}")
    verb = "would remove" if run.is_plan else "removed"
    done = f"{verb} {amount(run.size)} of {many(len(run.versions), 'version')}"
    what = done if run.versions else "nothing to remove"
    left = f"; {amount(run.left)} are left" if run.left >= 0 else ""
    over = ", more than the limit: the rest cannot be fetched again" if 0 < run.limit < run.left else ""
    return "".join(f"{line}\n" for line in [*lines, what + left + over])


def removal_json(run: Removal) -> str:
    """The same as a document."""
    summary = {
        "dry_run": run.is_plan,
        "versions": len(run.versions),
        "bytes": run.size,
        "bytes_left": None if run.left < 0 else run.left,
        "limit": run.limit or None,
    }
    return results_document(REMOVAL_SCHEMA, summary, list(map(_version, run.versions)))


def _version(each: StoredVersion) -> dict[str, object]:
    return {
        **module_members(each.mod),
        "files": list(each.suffixes),
        "bytes": each.size,
        "modified": moment(datetime.fromtimestamp(each.modified, UTC)),
    }
