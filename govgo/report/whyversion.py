# SPDX-License-Identifier: BSD-3-Clause
"""Why versions are selected, as text, Markdown and one JSON document, `govgo.why-version/1`.

# golang.org/x/net v0.30.0 (requirement graph)
example.com/app
google.golang.org/grpc v1.67.1
golang.org/x/net v0.30.0

selected: the highest of 3 requirements
  v0.30.0  google.golang.org/grpc v1.67.1  decides
  v0.23.0  github.com/acme/lib v1.4.0
  v0.17.0  example.com/app (go.mod:12)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from govgo.core.modgraph.mvs import NONE
from govgo.core.resolution.lower import Outcome
from govgo.core.safetext import one_line
from govgo.report.document import fault_entries, module_members, module_or_null, place_members, results_document
from govgo.report.markdown import document, fenced
from govgo.report.style import PLAIN

if TYPE_CHECKING:
    from govgo.core.module.moduleversion import ModuleVersion
    from govgo.core.resolution.chains import Chains
    from govgo.core.resolution.lower import Blocked, Change, Lowering
    from govgo.core.resolution.resolution import Requirement
    from govgo.core.resolution.whyversion import Asked, Explained, WhyVersion
    from govgo.report.style import Style

SCHEMA = "govgo.why-version/1"

_MOST_ON_TERMINAL = 30
"""How many requirements a terminal shows."""
_MOST_ATTEMPTS = 3
"""How many older versions that do not help the text shows."""


def text_report(run: WhyVersion, style: Style = PLAIN) -> str:
    """A stanza for each module, with empty lines between them."""
    several = len(run.results) > 1
    return "\n".join(
        _stanza(each, asked if several else None, style) for asked in run.results for each in asked.modules
    )


def _stanza(each: Explained, asked: Asked | None, style: Style) -> str:
    inside = f" in {asked.resolution.name}" if asked is not None else ""
    if not each.requirements and not each.chain:
        return f"# {one_line(each.path)}{one_line(inside)}\n(nothing requires it)\n"
    replaced = f" => {_spaced(each.replacement)}" if each.replacement is not None else ""
    title = f"# {one_line(each.path)} {each.version or '(main module)'}{replaced} (requirement graph{inside})"
    lines = [style.paint(title, "bold"), *map(_spaced, each.chain)]
    if each.requirements:
        number = len(each.requirements)
        lines += [
            "",
            f"selected: the highest of {number} requirements" if number > 1 else "selected: the only requirement",
        ]
        lines += _requirement_lines(each, style)
    if each.chains is not None:
        lines += ["", *_chain_lines(each.chains)]
    if each.lowering is not None:
        lines += ["", *_lowering_lines(each.path, each.lowering)]
    return "".join(f"{line}\n" for line in lines)


def _requirement_lines(each: Explained, style: Style) -> Iterator[str]:
    shown = each.requirements
    if style.is_terminal and len(shown) > _MOST_ON_TERMINAL:
        shown = shown[: _MOST_ON_TERMINAL - 1]
    versions = [one_line(r.target.version) for r in shown]
    on_selected = [_source(r) for r in shown if r.target.version == each.version]
    width, source_width = max(map(len, versions)), max(map(len, on_selected))
    for version, requirement in zip(versions, shown, strict=True):
        source = _source(requirement)
        if each.decides(requirement):
            yield from _remarked(f"  {version:{width}}  ", f"{source:{source_width}}", "decides", "bold", style)
        elif requirement.target.version == each.version:
            remark = "is there only because of this version"
            yield from _remarked(f"  {version:{width}}  ", f"{source:{source_width}}", remark, "", style)
        else:
            yield f"  {version:{width}}  {source}"
    if len(shown) < len(each.requirements):
        yield f"  … and {len(each.requirements) - len(shown)} more"


def _remarked(start: str, source: str, remark: str, colour: str, style: Style) -> Iterator[str]:
    """A line with a remark at its end, which has a line of its own below where a terminal is too narrow."""
    line = f"{start}{source}  {remark}"
    if not style.is_terminal or len(line) <= style.width:
        yield style.paint(line, colour)
    else:
        yield style.paint(f"{start}{source.rstrip()}", colour)
        yield style.paint(f"{' ' * len(start)}{remark}", colour)


def _source(requirement: Requirement) -> str:
    place = f" ({one_line(str(requirement.place))})" if requirement.place is not None else ""
    return f"{_spaced(requirement.source)}{place}"


def _chain_lines(chains: Chains) -> Iterator[str]:
    number = len(chains.first)
    if chains.is_all and number == chains.counted:
        yield f"all {number} chains of requirements:" if number != 1 else "the only chain of requirements:"
    else:
        yield f"first {number} of {'' if chains.is_all else 'at least '}{chains.counted} chains of requirements:"
    for chain in chains.first:
        yield f"  {_arrows(chain)}"


def _lowering_lines(path: str, lowering: Lowering) -> Iterator[str]:
    goal = "to remove it" if lowering.version == NONE else f"to lower it to {one_line(lowering.version)}"
    match lowering.outcome:
        case Outcome.FOUND:
            number = len(lowering.changes)
            yield f"{goal}, change {'one requirement' if number == 1 else f'{number} requirements'}:"
            yield from _change_lines(lowering.changes)
        case Outcome.NEEDED:
            yield f"{goal}: these requirements are in the way; `--to {lowering.version}` looks for versions:"
            yield from _change_lines(lowering.changes)
        case Outcome.UNKNOWN:
            yield f"{goal}: not known: {one_line(lowering.reason)}"
            yield from _blocked_lines(path, lowering.blocked)
        case Outcome.IMPOSSIBLE:
            yield f"{goal}: no older version of what is required directly does that without raising another module"
            yield from _blocked_lines(path, lowering.blocked)


def _blocked_lines(path: str, found: Iterable[Blocked]) -> Iterator[str]:
    for blocked in found:
        stated = blocked.stated
        yield f"  {one_line(str(stated.place))}  {_spaced(stated.mod)}  {_tried(path, blocked)}"
        for attempt in blocked.attempts[:_MOST_ATTEMPTS]:
            yield f"    {one_line(attempt.version)}: {_arrows(attempt.chain) or 'cannot be loaded'}"
        if len(blocked.attempts) > _MOST_ATTEMPTS:
            yield f"    and {len(blocked.attempts) - _MOST_ATTEMPTS} more"


def _tried(path: str, blocked: Blocked) -> str:
    attempts = blocked.attempts
    if blocked.stated.mod.path == path:
        return "leads to a higher version itself:" if attempts else "is required directly"
    if not attempts:
        return "no older version is known"
    return f"{len(attempts)} older version{'s' if len(attempts) > 1 else ''} tried:"


def _change_lines(changes: Iterable[Change]) -> Iterator[str]:
    rows = [_change_cells(change) for change in changes]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _change_cells(change: Change) -> tuple[str, str, str]:
    place = str(change.stated.place) if change.stated is not None else f"{change.main.path}: new"
    if change.old == NONE:
        what = f"add {change.new} // indirect"
    elif change.new == NONE:
        what = f"{change.old}, drop it"
    else:
        what = f"{change.old} => {change.new}" if change.new else f"{change.old}, an older version"
    return one_line(place), one_line(change.path), one_line(what)


def _spaced(mod: ModuleVersion | None) -> str:
    return "" if mod is None else one_line(f"{mod.path} {mod.version}".rstrip())


def _arrows(chain: Iterable[ModuleVersion]) -> str:
    return " -> ".join(map(_spaced, chain))


def markdown_report(run: WhyVersion) -> str:
    """The text as a code block, for a comment."""
    return document(fenced(text_report(run).splitlines()))


def json_report(run: WhyVersion) -> str:
    """The document, with a newline at its end."""
    results = [_result(asked, each) for asked in run.results for each in asked.modules]
    summary = {
        "modules": len(run.results),
        "wanted": list(run.wanted),
        "to": run.version,
        "errors": len(run.faults),
    }
    return results_document(SCHEMA, summary, results, entries=fault_entries(run.faults))


def _result(asked: Asked, each: Explained) -> dict[str, object]:
    resolution = asked.resolution
    return {
        "main_module": resolution.name,
        "directory": resolution.directory,
        "path": each.path,
        "selected": None if each.version == NONE else each.version,
        "replacement": module_or_null(each.replacement),
        "requirements": [
            {
                "version": r.target.version,
                "source": module_members(r.source),
                **place_members(r.place),
                "decides": each.decides(r),
            }
            for r in each.requirements
        ],
        "chain": list(map(module_members, each.chain)),
        "chains": None if each.chains is None else _chains(each.chains),
        "lowering": None if each.lowering is None else _lowering(each.lowering),
    }


def _chains(chains: Chains) -> dict[str, object]:
    return {
        "first": [list(map(module_members, chain)) for chain in chains.first],
        "counted": chains.counted,
        "is_all": chains.is_all,
    }


def _lowering(lowering: Lowering) -> dict[str, object]:
    return {
        "version": lowering.version,
        "outcome": lowering.outcome.value,
        "changes": [
            {
                "main_module": change.main.path,
                "path": change.path,
                **place_members(None if change.stated is None else change.stated.place),
                "old": change.old,
                "new": change.new or None,
            }
            for change in lowering.changes
        ],
        "blocked": [
            {
                "path": blocked.stated.mod.path,
                "version": blocked.stated.mod.version,
                **place_members(blocked.stated.place),
                "attempts": [
                    {"version": a.version, "chain": list(map(module_members, a.chain))} for a in blocked.attempts
                ],
            }
            for blocked in lowering.blocked
        ],
        "reason": lowering.reason,
    }
