# SPDX-License-Identifier: BSD-3-Clause
"""The results of `govgo cache`, as text and as one JSON document."""

from __future__ import annotations

from govgo.core.modcache import CacheCheck, Contents, Pruned
from govgo.core.safetext import one_line
from govgo.report.document import module_members, results_document
from govgo.report.words import amount, many

SIZE_SCHEMA = "govgo.cache.size/1"
VERIFY_SCHEMA = "govgo.cache.verify/1"
PRUNE_SCHEMA = "govgo.cache.prune/1"

_KINDS = {
    "database": "records and tiles of checksum databases",
    "repositories": "clones of repositories",
    "leftovers": "leftovers of interrupted downloads",
    "other": "lists, locks and other files",
}


def size_text(contents: Contents) -> str:
    """How much there is of what."""
    held = contents.held
    rows = [
        (sum(each.zip for each in held), f"zips of {many(sum(each.zip > 0 for each in held), 'module version')}"),
        (sum(each.tree for each in held), f"extracted trees of {sum(each.tree > 0 for each in held):,}"),
        (sum(each.small for each in held), f".info and .mod files of {sum(each.small > 0 for each in held):,}"),
        *((contents.others[kind], text) for kind, text in _KINDS.items()),
        (contents.bytes, f"in {one_line(contents.root)}"),
    ]
    amounts = [amount(count) for count, _ in rows]
    wide = max(map(len, amounts))
    return "".join(f"{each:>{wide}}  {text}\n" for each, (_, text) in zip(amounts, rows, strict=True))


def size_document(contents: Contents) -> str:
    """The same, with every module version."""
    summary = {"root": contents.root, "bytes": contents.bytes, "versions": len(contents.held), **contents.others}
    results = [
        {
            **module_members(each.mod),
            "bytes": each.bytes,
            "zip": each.zip,
            "tree": each.tree,
            "small": each.small,
            "used": int(each.used_s),
        }
        for each in contents.held
    ]
    return results_document(SIZE_SCHEMA, summary, results)


def check_text(check: CacheCheck) -> str:
    """A line for each damaged part, and one for each repair that failed."""
    lines = []
    for each in check.damaged:
        name = one_line(str(each.mod))
        for fault in each.faults:
            lines.append(f"{name}: {one_line(fault.text)}" + (f" ({one_line(fault.path)})" if fault.path else ""))
        if each.is_repaired:
            lines.append(f"{name}: fetched again, and sound")
        elif each.failure[0]:
            lines.append(f"{name}: not repaired: {one_line(each.failure[1])}")
    if not check.damaged:
        lines.append(f"{many(check.versions, 'module version')} in the cache, all as they were downloaded")
    return "".join(f"{line}\n" for line in lines)


def check_document(check: CacheCheck) -> str:
    """The same as one document."""
    results = [
        {
            **module_members(each.mod),
            "faults": [{"code": fault.code, "text": fault.text, "path": fault.path} for fault in each.faults],
            "repaired": each.is_repaired,
        }
        for each in check.damaged
    ]
    summary = {
        "root": check.root,
        "versions": check.versions,
        "damaged": len(check.damaged),
        "repaired": sum(each.is_repaired for each in check.damaged),
    }
    failures = [
        {"code": each.failure[0], "text": f"{each.mod}: {each.failure[1]}"} for each in check.damaged if each.failure[0]
    ]
    return results_document(VERIFY_SCHEMA, summary, results, entries=failures)


def pruned_text(pruned: Pruned, *, lists: bool) -> str:
    """What was removed; with `lists` a line for each module version, else the sum alone."""
    lines = []
    verb = "Would remove" if pruned.is_dry else "Removed"
    for each in pruned.removals if lists else ():
        rest = " but its go.mod" if each.keeps_small else ""
        lines.append(f"{verb} {one_line(str(each.held.mod))}{rest}: {amount(each.bytes)}")
    whole = sum(not each.keeps_small for each in pruned.removals)
    parts = [f"{verb} {amount(pruned.bytes)}: {many(whole, 'module version')}"]
    if len(pruned.removals) > whole:
        parts.append(f"all but the go.mod of {len(pruned.removals) - whole:,}")
    if pruned.others:
        parts.append(f"{amount(pruned.others)} of other files")
    lines.append(f"{', '.join(parts)}; {many(pruned.kept, 'version')} {'would stay' if pruned.is_dry else 'stay'}")
    return "".join(f"{line}\n" for line in lines)


def pruned_document(pruned: Pruned) -> str:
    """The same as one document."""
    results = [
        {**module_members(each.held.mod), "bytes": each.bytes, "keeps_go_mod": each.keeps_small}
        for each in pruned.removals
    ]
    summary = {
        "root": pruned.root,
        "bytes": pruned.bytes,
        "other_bytes": pruned.others,
        "kept": pruned.kept,
        "dry_run": pruned.is_dry,
    }
    return results_document(PRUNE_SCHEMA, summary, results)
