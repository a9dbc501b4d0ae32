# SPDX-License-Identifier: BSD-3-Clause
"""The graph as a Mermaid flowchart, which GitHub and GitLab draw in Markdown.

Mermaid refuses a text that is too large (its settings `maxEdges` and `maxTextSize`, which a diagram cannot change). So
what goes beyond is left out, from the end of the breadth-first order, and a node says so.

Source: mermaid.js.org, "Config schema" (defaults of both) and "Flowcharts", "Entity codes to escape characters".
"""

from __future__ import annotations

from govgo.core.lazyregex import late
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.resolution.view import View
from govgo.core.safetext import one_line

MOST_EDGES = 500
MOST_CHARACTERS = 50_000


def mermaid_text(view: View) -> str:
    """The diagram, a newline at its end."""
    return _diagram(view)[0]


def left_out(view: View) -> int:
    """How many requirements the diagram does not show."""
    return _diagram(view)[1]


def _diagram(view: View) -> tuple[str, int]:
    parts = ["flowchart LR\n"]
    ending = [_CLASSES]
    size = len(parts[0]) + len(_CLASSES) + _ROOM_FOR_NOTE
    drawn: set[int] = set()
    shown = 0
    for arrow in view.arrows:
        fresh = [number for number in dict.fromkeys((arrow.source, arrow.target)) if number not in drawn]
        lines = [_node(view, number) for number in fresh]
        if view.decides(arrow):
            lines.append(f"  n{arrow.source} ==> n{arrow.target}\n")
        elif view.only_selected:
            lines.append(f"  n{arrow.source} -. {_label(arrow.asked)} .-> n{arrow.target}\n")
        else:
            lines.append(f"  n{arrow.source} -.-> n{arrow.target}\n")
        size += sum(map(len, lines))
        if shown == MOST_EDGES or size > MOST_CHARACTERS:
            break
        parts += lines
        drawn.update(fresh)
        shown += 1
    missing = len(view.arrows) - shown
    if missing:
        note = f"{missing:,} more requirements are not shown: Mermaid draws no larger graph"
        parts.append(f"  more[{_label(note)}]\n")
    elif not view.arrows:
        parts += [_node(view, number) for number in range(len(view.nodes))]
    return "".join(parts + ending), missing


_CLASSES = "  classDef main stroke-width:3px\n  classDef other stroke-dasharray:4\n"
_ROOM_FOR_NOTE = 120


def _node(view: View, number: int) -> str:
    mod = view.nodes[number]
    replacement = view.dependencies.resolution.replacement(mod)
    label = _label(_name(mod) + (f" => {_name(replacement)}" if replacement is not None else ""))
    if not mod.version:
        return f"  n{number}[{label}]:::main\n"
    return f"  n{number}([{label}])\n" if view.is_selected(mod) else f"  n{number}([{label}]):::other\n"


def _name(mod: ModuleVersion) -> str:
    return f"{mod.path} {mod.version}".rstrip()


def _label(text: str) -> str:
    """A label between quotes, in which all that may mean something is an entity code: `#35;`."""
    return '"' + _SPECIAL.sub(lambda match: f"#{ord(match[0])};", one_line(text)) + '"'


_SPECIAL = late(r"[^A-Za-z0-9 ./@_+~=,:-]")
