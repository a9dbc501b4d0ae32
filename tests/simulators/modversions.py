# SPDX-License-Identifier: BSD-3-Clause
"""Module versions as tests write them, and a main module whose graph is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from govgo.core.modgraph.mvs import Graph
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.resolution.resolution import Resolution, Stated


def mv(text: str) -> ModuleVersion:
    """`path@version`; the path alone for a main module, which has no version."""
    path, _, version = text.partition("@")
    return ModuleVersion(path, version)


def resolved(
    main: ModuleVersion,
    graph: Graph,
    stated: Iterable[Stated],
    replacements: Mapping[ModuleVersion, ModuleVersion] | None = None,
    *,
    go: str = "1.21",
    is_unpruned: Callable[[ModuleVersion], bool] | None = None,
) -> Resolution:
    """The resolution of a main module in the working directory."""
    return Resolution(
        kind="module",
        path=main.path,
        directory=".",
        mod_file="go.mod",
        mains=(main,),
        graph=graph,
        stated=tuple(stated),
        replacements=replacements or {},
        go_version=go,
        is_unpruned=is_unpruned,
    )
