# SPDX-License-Identifier: BSD-3-Clause
"""The graph as a page of HTML: one file that asks no network, drawn by sigma (`assets/LICENSES.txt`).

The page has the whole graph and shows the part of it that switches ask for. Where the nodes stand is computed here
(`layout`), so that it opens at once. What strangers have written is data: JSON in which no character can end the
element around it, which the program puts into text nodes. The Content Security Policy names the scripts and the style
of the page by their hashes, and forbids all else: a link, a request, another script.

Sources: HTML, "Restrictions for contents of script elements"; W3C, Content Security Policy Level 3, "hash-source".
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping
from importlib import resources
from string import Template

from govgo.core.module.moduleversion import ModuleVersion, version_key
from govgo.core.resolution.dependencies import Dependencies
from govgo.core.resolution.view import View
from govgo.core.safetext import one_line
from govgo.report.drawing.layout import layers_of, ordered, positions
from govgo.report.html import policy_hash

_MAIN, _SELECTED, _DIRECT, _REPLACED, _RETRACTED, _PRUNED = 1, 2, 4, 8, 16, 32
_SCRIPTS = {"graphology": "graphology-0.26.0.min.js", "sigma": "sigma-3.0.3.min.js", "program": "page.js"}


def html_page(view: View) -> str:
    """The graph as one page of HTML."""
    scripts = {name: _asset(file) for name, file in _SCRIPTS.items()}
    style = _asset("page.css")
    hashes = " ".join(map(policy_hash, scripts.values()))
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src {policy_hash(style)}; base-uri 'none'; form-action 'none'"
    )
    return Template(_asset("page.html")).substitute(
        policy=policy,
        title=html.escape(one_line(view.dependencies.resolution.name)),
        style=style,
        data=_in_script(page_data(view)),
        licenses=_asset("LICENSES.txt"),
        **scripts,
    )


def failed_page(reason: str) -> str:
    """A page that says why there is no graph: it takes the place of that of an earlier run."""
    text = html.escape(one_line(reason))
    policy = "default-src 'none'"
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>no graph</title>\n<h1>The graph could not be loaded</h1>\n<p>{text}</p>\n</html>\n"
    )


def _asset(name: str) -> str:
    text = resources.files("govgo.report.drawing").joinpath("assets", name).read_text("utf-8")
    # A browser would look for the map of a published program when its tools are opened.
    return "\n".join(line for line in text.split("\n") if not line.startswith("//# sourceMappingURL="))


def _in_script(data: Mapping[str, object]) -> str:
    """JSON in which no character means something to HTML."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def page_data(view: View) -> dict[str, object]:
    """What the program of the page works with.

    Nodes are numbered by path, then from the lowest version to the highest. Members by node: `path` (a number in
    `paths`), `version`, `flags`, `needs` (twice the number of the version that is asked for, plus 1 for a redundant
    requirement), `place` and `wide` (x and y among selected versions, and among all).
    """
    dependencies = view.dependencies
    resolution = dependencies.resolution
    needs = dict(_needs(view))
    mods = {*view.nodes, *(target for targets in needs.values() for target, _ in targets)}
    nodes = sorted(mods, key=lambda mod: (mod.path, version_key(mod.path, mod.version), mod.version))
    number = {mod: at for at, mod in enumerate(nodes)}
    paths = list(dict.fromkeys(mod.path for mod in nodes))
    path_number = {path: at for at, path in enumerate(paths)}
    place, wide = _places(dependencies, nodes)
    replaced = {number[mod]: new for mod in nodes if (new := resolution.replacement(mod)) is not None}
    lines: dict[int, dict[int, str]] = {}
    for each in resolution.stated:
        if each.main in number and each.mod in number:
            lines.setdefault(number[each.main], {})[number[each.mod]] = one_line(str(each.place))
    return {
        "about": _about(view),
        "paths": [one_line(path) for path in paths],
        "path": [path_number[mod.path] for mod in nodes],
        "version": [one_line(mod.version) for mod in nodes],
        "flags": [_flags(dependencies, mod) for mod in nodes],
        "needs": [[2 * number[target] + is_redundant for target, is_redundant in needs.get(mod, ())] for mod in nodes],
        "lines": lines,
        "replaced": {at: one_line(f"=> {new.path} {new.version}".rstrip()) for at, new in replaced.items()},
        "retracted": {
            number[mod]: one_line(dependencies.retracted[mod.path])
            for mod in nodes
            if mod.path in dependencies.retracted and view.is_selected(mod)
        },
        "place": place,
        "wide": wide,
    }


def _about(view: View) -> str:
    resolution = view.dependencies.resolution
    selected = len([mod for mod in resolution.modules if mod.version])
    go = f", go {resolution.go_version}" if resolution.go_version else ""
    mains = f"{len(resolution.mains):,} main modules, " if len(resolution.mains) > 1 else ""
    modules = "1 module" if selected == 1 else f"{selected:,} modules"
    return f"{one_line(resolution.mod_file)}{go}: {mains}{modules} in the build list."


def _needs(view: View) -> Iterator[tuple[ModuleVersion, list[tuple[ModuleVersion, bool]]]]:
    """What each node requires, with whether that is redundant; main modules as their files say."""
    dependencies = view.dependencies
    kept = {mod.path for mod in view.nodes}
    mains = frozenset(dependencies.resolution.mains)
    redundant = {
        (mod, need.target.path)
        for mod in dependencies.modules
        for need in dependencies.needs(mod)
        if dependencies.is_redundant(need)
    }
    below: dict[ModuleVersion, list[ModuleVersion]] = {}
    for arrow in view.arrows:
        target = view.nodes[arrow.target]
        below.setdefault(view.nodes[arrow.source], []).append(ModuleVersion(target.path, arrow.asked))
    for mod in view.nodes:
        if mod in mains:
            stated = (each.mod for each in dependencies.resolution.stated if each.main == mod)
            targets = [target for target in dict.fromkeys(stated) if target.path in kept]
        else:
            targets = below.get(mod, [])
        yield mod, [(target, (mod, target.path) in redundant) for target in targets]


def _places(dependencies: Dependencies, nodes: list[ModuleVersion]) -> tuple[list[int], list[int]]:
    """x and y of each node, one after the other: of selected versions among themselves, and of all."""
    shown = frozenset(nodes)
    layers = [[mod for mod in layer if mod in shown] for layer in ordered(layers_of(dependencies), dependencies)]
    layers = [layer for layer in layers if layer]
    others: dict[str, list[ModuleVersion]] = {}
    for mod in nodes:
        if dependencies.selected(mod.path) != mod:
            others.setdefault(mod.path, []).append(mod)
    wide_layers = [[each for mod in layer for each in (mod, *reversed(others.get(mod.path, ())))] for layer in layers]
    placed = {mod for layer in wide_layers for mod in layer}
    if rest := [mod for mod in nodes if mod not in placed]:
        wide_layers.append(rest)  # versions of modules whose selected version is not part of the view
    place, wide = positions(layers), positions(wide_layers)
    return (
        [value for mod in nodes for value in place.get(mod, (0, 0))],
        [value for mod in nodes for value in wide.get(mod, (0, 0))],
    )


def _flags(dependencies: Dependencies, mod: ModuleVersion) -> int:
    resolution = dependencies.resolution
    is_selected = dependencies.selected(mod.path) == mod
    return (
        _MAIN * (not mod.version)
        + _SELECTED * is_selected
        + _DIRECT * (mod.path in resolution.direct)
        + _REPLACED * (resolution.replacement(mod) is not None)
        + _RETRACTED * (is_selected and mod.path in dependencies.retracted)
        + _PRUNED * dependencies.is_pruned(mod)
    )
