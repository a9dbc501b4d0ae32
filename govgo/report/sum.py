# SPDX-License-Identifier: BSD-3-Clause
"""The results of `govgo sum`, as text and as one JSON document.

The document has the members schema, tool, summary, results and errors; a later version only adds to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from govgo.core.gosum.outcomes import Completed, Explained, Merged
from govgo.core.safetext import one_line
from govgo.core.sumdb.heads import NOT_COMPARABLE, Comparison, Head
from govgo.core.sumdb.tlog import format_hash
from govgo.report.document import results_document

HEAD_SCHEMA = "govgo.sum.head/1"
EXPLAIN_SCHEMA = "govgo.sum.explain/1"
COMPLETE_SCHEMA = "govgo.sum.complete/1"


_NEEDS = {
    "module-graph": "its requirements take part in version selection",
    "package": "packages are loaded from it",
    "candidate": "its path is a prefix of packages, and it is searched to make sure that they are not in it",
    "go-version": "packages are loaded from it by the rules of its go version",
}
"""What a need of one kind means, in the order of the text."""
_PRIVATE = "of modules that no database is asked about"


def explained_text(found: Iterable[Explained], file: str) -> str:
    """A stanza for each line of go.sum, or missing line, with the loads that need it; an empty line between them.

    Args:
        found: the lines.
        file: the name of the go.sum file.
    """
    return "\n".join(_stanza(each, file) for each in found)


def _stanza(each: Explained, file: str) -> str:
    where = "".join(f"{file}:{number}: " for number in each.line_numbers[:1])
    lines = [f"{where}{each.mod.path} {each.mod.version} {each.hashes[0] if each.hashes else '(missing)'}"]
    if not each.needs:
        lines.append("  nothing needs it: `govgo tidy` would drop it")
    elif not each.hashes:
        lines.append("  missing: `govgo sum complete` would add it")
    for kind, sentence in _NEEDS.items():
        needs = [need for need in each.needs if need.kind == kind]
        if not needs:
            continue
        first = needs[0]
        shown = f" ({first.package}{f' and {len(needs) - 1} more' if len(needs) > 1 else ''})" if first.package else ""
        older = f", for go {first.go_version}" if first.go_version else ""
        lines.append(f"  {kind}: {sentence}{shown}{older}")
        lines += [f"    {step}" for step in first.chain]
    return "".join(f"{one_line(line)}\n" for line in lines)


def explain_document(found: Sequence[Explained]) -> str:
    """The same as a document."""
    summary = {"lines": len(found), "needed": sum(bool(each.needs) for each in found)}
    return results_document(EXPLAIN_SCHEMA, summary, [_explained_object(each) for each in found])


def _explained_object(each: Explained) -> dict[str, object]:
    return {
        "path": each.mod.path,
        "version": each.mod.version,
        "lines": list(each.line_numbers),
        "hashes": list(each.hashes),
        "needs": [
            {
                "kind": need.kind,
                **({"package": need.package} if need.package else {}),
                **({"go_version": need.go_version} if need.go_version else {}),
                "chain": list(need.chain),
            }
            for need in each.needs
        ],
    }


def completed_text(done: Completed, database: str, *, dry_run: bool, whole: bool) -> str:
    """One sentence: what was added to go.sum, and by what it was proved."""
    file = done.file.rpartition("/")[2]
    if not done.lines:
        return f"{file} is complete" if whole else f"{file} is not complete; nothing could be added"
    other = len(done.lines) - done.proved
    parts = [f"{done.proved} proved by {database}"] if done.proved else []
    parts += [f"{other} {_PRIVATE}"] if other else []
    return f"{'would update' if dry_run else 'updated'} {file} (+{len(done.lines)}: {', '.join(parts)})"


def complete_document(done: Completed, errors: Iterable[BaseException], *, dry_run: bool) -> str:
    """The lines that were added, or would be, as a document."""
    summary = {"file": done.file, "added": len(done.lines), "proved": done.proved, "dry_run": dry_run}
    results = [dict(zip(("path", "version", "hash"), line.split(" "), strict=True)) for line in done.lines]
    return results_document(COMPLETE_SCHEMA, summary, results, errors)


def unmerged_text(file: str) -> str:
    """One sentence: what is left to do where two sides could not be joined. git puts no markers into such a file."""
    return f"{one_line(file)} is left as it was on our side: `govgo sum complete` adds what the other side had added"


def merged_text(merged: Merged, file: str) -> str:
    """One sentence: what became of the lines that differed."""
    parts = [f"{len(merged.proved)} differing lines proved"]
    if merged.private:
        parts.append(f"{len(merged.private)} {_PRIVATE}")
    if merged.unproved:
        parts.append(f"{len(merged.unproved)} not proved: run `govgo verify` before you commit")
    return f"{one_line(file)}: union of both sides, {', '.join(parts)}"


def head_document(database: str, ours: Head, compared: Sequence[Comparison], errors: Iterable[BaseException]) -> str:
    """Our signed tree head, and how each second source compares with it, as a document."""
    summary = {"database": database, **_head_object(ours)}
    return results_document(HEAD_SCHEMA, summary, [_comparison_object(each) for each in compared], errors)


def _head_object(head: Head) -> dict[str, object]:
    return {
        "tree_size": head.tree.size,
        "tree_hash": format_hash(head.tree.hash),
        "note": head.note.decode("utf-8", "replace"),
    }


def _comparison_object(each: Comparison) -> dict[str, object]:
    found: dict[str, object] = {"kind": each.kind, "with": each.place, "verdict": each.verdict}
    if each.head is not None:
        return found | _head_object(each.head)
    return found | ({"reason": str(each.error)} if each.verdict == NOT_COMPARABLE else {})


def comparison_text(each: Comparison) -> str:
    """One sentence on the comparison of two tree heads."""
    if each.head is not None:
        return f"{each.place}: consistent (tree {each.head.tree.size})"
    if each.verdict == NOT_COMPARABLE:
        return f"{each.place}: could not be compared: {each.error}"
    return f"{each.place}: another history"
