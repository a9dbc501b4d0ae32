# SPDX-License-Identifier: BSD-3-Clause
"""A graph whose modules have names that try to break out of every format. Lax parsing lets a go.mod require some."""

from __future__ import annotations

from govgo.core.findings import Place
from govgo.core.modgraph.mvs import Graph
from govgo.core.module.moduleversion import ModuleVersion, compare_selected
from govgo.core.resolution.dependencies import Dependencies
from govgo.core.resolution.resolution import Stated
from tests.simulators.modversions import resolved

HOSTILE = (
    '"];evil->n0;x[label="',
    'back\\"]; evil',
    "</script><script>window.broken=1</script>",
    "<!--<script>",
    "<img src=x onerror=window.broken=1>",
    "'-window.broken=1-'",
    "${alert(1)}",
    "]]>&lt;b&gt;&#x22;",
    "new\nline",
    "red\x1b[31m",
    "abc\u202etxt",
    "`backticks`",
    "end\n  evil --> n0",
    '"]\n  click n0 "javascript:window.broken=1"',
    "#quot;#35;",
    "%%{init: {}}%%",
    "\u2028separator",
    "__proto__",
    "constructor",
)


def hostile_graph() -> Dependencies:
    """Each of them is required by the main module and replaced; the reason of a retraction is as bad."""
    main = ModuleVersion("m")
    graph = Graph(compare_selected, [main])
    mods = tuple(ModuleVersion(path, "v1.0.0") for path in HOSTILE)
    graph.require(main, mods)
    for mod in mods:
        graph.require(mod, ())
    resolution = resolved(
        main,
        graph,
        (Stated(main, mod, Place("<b>go.mod", at), False) for at, mod in enumerate(mods, 3)),
        {mod: ModuleVersion(f"../{mod.path}") for mod in mods},
    )
    return Dependencies(resolution, {}, dict.fromkeys(HOSTILE, "</script><script>window.broken=1</script>"))
