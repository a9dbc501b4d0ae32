# SPDX-License-Identifier: BSD-3-Clause
"""What a command would change, as text, Markdown and one JSON document, `govgo.plan/1`.

 ~ rsc.io/quote       v1.5.1 => v1.5.2   requested
 ~ rsc.io/sampler     v1.0.0 => v1.3.0   raised by rsc.io/quote v1.5.2
 + golang.org/x/text  v0.3.0             needed by rsc.io/sampler v1.3.0
Would update go.mod (+1 ~2) and go.sum (+6); nothing was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from govgo.core.findings import Verdict
from govgo.core.resolution.compare import Change, Selected
from govgo.core.resolution.plan import Plan, PlannedModule, PlannedStep, PlannedText, Why
from govgo.core.safetext import one_line, visible
from govgo.report.document import encode, fault_entries, heading, module_or_null
from govgo.report.markdown import document, fenced
from govgo.report.style import PLAIN, Style
from govgo.report.words import amount, many

SCHEMA = "govgo.plan/1"

_MARKS = {Change.ADDED: "+", Change.REMOVED: "-", Change.RAISED: "~", Change.LOWERED: "~", Change.REPLACED: "~"}
_COLOURS = {"+": "green", "-": "red", "~": "yellow"}


def text_report(plan: Plan, style: Style = PLAIN, *, diffs: bool = False) -> str:
    """The report without faults, which standard error gets; a newline at its end.

    Args:
        plan: what would change.
        style: the medium.
        diffs: show the changes of go.mod and the like as unified diffs.
    """
    lines = list(module_lines(plan.modules, style))
    for step in plan.steps:
        lines += _step_lines(step)
    if diffs:
        for file in plan.files:
            lines += map(style.diff_line, visible(file.diff).splitlines())
    lines += _closing(plan)
    return "".join(f"{line}\n" for line in lines)


def markdown_report(plan: Plan, *, diffs: bool = False) -> str:
    """The text as a code block, for a comment."""
    body = text_report(plan, diffs=diffs).splitlines()
    return document(fenced(body, "diff"))


def module_lines(modules: Sequence[PlannedModule], style: Style) -> Iterator[str]:
    """What becomes of modules of the build list, a line for each, in columns."""
    rows = [(_MARKS[each.change.change], one_line(each.change.path), _versions(each), reason(each)) for each in modules]
    if not rows:
        return
    _, path, versions, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
    for mark, name, change, why in rows:
        yield f" {style.paint(mark, _COLOURS[mark])} {name:{path}}  {change:{versions}}  {why}"


def _versions(each: PlannedModule) -> str:
    old, new = each.change.old, each.change.new
    if old is None or new is None:
        return _selected(new or old)
    return f"{_selected(old)} => {_selected(new)}"


def _selected(side: Selected | None) -> str:
    if side is None:
        return ""
    replaced = f" (replaced by {side.replacement})" if side.replacement is not None else ""
    return one_line(f"{side.mod.version or '(main module)'}{replaced}")


def reason(each: PlannedModule) -> str:
    """Why a module changes, in a few words."""
    by = one_line(f"{each.by.path} {each.by.version}") if each.by is not None else ""
    match each.why:
        case Why.REQUESTED:
            return "requested"
        case Why.NEEDED:
            return f"needed by {by}"
        case Why.RAISED:
            return f"raised by {by}"
        case Why.RELEASED:
            return f"no longer raised by {by}" if by else "required at this version now"
        case Why.UNNEEDED:
            return f"no longer needed by {by}" if by else "no longer required"
        case Why.IMPORTED:
            return "imported"
        case Why.NOT_IMPORTED:
            return "no longer imported"
        case Why.REPLACED:
            return "replaced"


def _step_lines(step: PlannedStep) -> Iterator[str]:
    counts = [
        f"{sum(each.change.change is change for each in step.modules)} {change}"
        for change in Change
        if any(each.change.change is change for each in step.modules)
    ]
    yield one_line(f"{step.text}: {', '.join(counts) or 'no change of the build list'}")
    if step.saved:
        names = ", ".join(str(each.change.old.mod) for each in step.saved if each.change.old is not None)
        yield one_line(f"  saves {many(len(step.saved), 'module')} ({_amount(step.saved)}): {names}")


def _closing(plan: Plan) -> Iterator[str]:
    what = [_file(file) for file in plan.files]
    what += [
        f"{one_line(tree.directory)}/ ({_counts(tree.added, tree.changed, tree.removed)} files)" for tree in plan.trees
    ]
    if not plan.is_different:
        yield "Would change nothing." if plan.verdict is Verdict.PASSED else "Would change no file."
        return
    if what:
        yield f"Would update {_listed(what)}; nothing was written."
    before, after = plan.sizes
    if before is not None and after is not None and before != after:
        yield f"The build list would have {many(after, 'module')} in place of {before}."
    if plan.downloads:
        yield f"Not in the module cache: {many(len(plan.downloads), 'zip')}, {_amount(plan.downloads)}."


def _file(file: PlannedText) -> str:
    word = " (new)" if file.is_new else " (removed)" if file.is_removed else ""
    counts = _counts(file.added, file.changed, file.removed)
    return f"{one_line(file.file)}{word} ({counts})" if counts else f"{one_line(file.file)}{word or ' (layout)'}"


def _counts(added: int, changed: int, removed: int) -> str:
    return " ".join(f"{mark}{count}" for mark, count in (("+", added), ("~", changed), ("-", removed)) if count)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _amount(modules: Iterable[PlannedModule]) -> str:
    """The bytes of their zips, as far as they are known."""
    sizes = [each.size_bytes for each in modules]
    known = sum(size for size in sizes if size is not None)
    unknown = sum(size is None for size in sizes)
    if unknown == len(sizes):
        return "size unknown"
    return amount(known) + (f" and {unknown} of unknown size" if unknown else "")


def json_report(plan: Plan) -> str:
    """The document, with a newline at its end."""
    downloads = plan.downloads
    sizes = [each.size_bytes for each in downloads]
    document = {
        **heading(SCHEMA),
        "summary": {
            "command": plan.command,
            "name": plan.name,
            "is_different": plan.is_different,
            "modules_before": plan.sizes[0],
            "modules_after": plan.sizes[1],
            "downloads": len(downloads),
            "download_bytes": sum(size for size in sizes if size is not None),
            "downloads_of_unknown_size": sum(size is None for size in sizes),
        },
        "results": list(map(module_entry, plan.modules)),
        "files": file_entries(plan),
        "trees": [tree._asdict() for tree in plan.trees],
        "steps": [{"text": step.text, "results": list(map(module_entry, step.modules))} for step in plan.steps],
        "errors": fault_entries(plan.faults),
    }
    return encode(document)


def file_entries(plan: Plan) -> list[dict[str, object]]:
    """The go.mod, go.sum and the like that would change, for JSON."""
    return [
        {
            "file": file.file,
            "is_new": file.is_new,
            "is_removed": file.is_removed,
            "added": file.added,
            "changed": file.changed,
            "removed": file.removed,
            "diff": file.diff,
        }
        for file in plan.files
    ]


def module_entry(each: PlannedModule) -> dict[str, object]:
    """A module of the build list that would change, for JSON."""
    return {
        "path": each.change.path,
        "change": each.change.change.value,
        "old": _side(each.change.old),
        "new": _side(each.change.new),
        "why": each.why.value,
        "by": module_or_null(each.by),
        "size_bytes": each.size_bytes,
        "is_cached": each.is_cached,
    }


def _side(side: Selected | None) -> dict[str, object] | None:
    if side is None:
        return None
    return {"version": side.mod.version, "replacement": module_or_null(side.replacement)}
