# SPDX-License-Identifier: BSD-3-Clause
"""The graph in the language of Graphviz.

Main modules are boxes, selected versions have thick lines, replaced ones are dashed. A thick arrow decides which
version is selected; a dashed one asks for another version, which stands beside it where only selected ones are shown.

Source: graphviz.org/doc/info/lang.html: in a string between quotes, a quote and a backslash need a backslash before.
"""

from __future__ import annotations

from collections.abc import Iterator

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.resolution.view import View
from govgo.core.safetext import one_line


def dot_text(view: View) -> str:
    """The whole file, a newline at its end."""
    return "".join(f"{line}\n" for line in _lines(view))


def _lines(view: View) -> Iterator[str]:
    yield f"digraph {_quoted(view.dependencies.resolution.name)} {{"
    yield "  rankdir=LR;"
    yield '  node [shape=ellipse, fontname="sans-serif", fontsize=10];'
    for number, mod in enumerate(view.nodes):
        yield f"  n{number} [{', '.join(_node(view, mod))}];"
    for arrow in view.arrows:
        style = ["penwidth=2"] if view.decides(arrow) else ["style=dashed", "color=gray50"]
        if view.only_selected and not view.decides(arrow):
            style.append(f"label={_quoted(arrow.asked)}")
        yield f"  n{arrow.source} -> n{arrow.target} [{', '.join(style)}];"
    yield "}"


def _node(view: View, mod: ModuleVersion) -> Iterator[str]:
    replacement = view.dependencies.resolution.replacement(mod)
    texts = [mod.path, mod.version, f"=> {replacement}" if replacement is not None else ""]
    yield "label=" + _quoted(*filter(None, texts))
    if not mod.version:
        yield "shape=box"
    if view.is_selected(mod):
        yield "penwidth=2"
    else:
        yield "fontcolor=gray50, color=gray50"
    if replacement is not None:
        yield "style=dashed"


def _quoted(*lines: str) -> str:
    safe = (one_line(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(safe) + '"'
