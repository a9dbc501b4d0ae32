# SPDX-License-Identifier: BSD-3-Clause
"""A part of the graph in the form of `go mod graph`: on each line a module version and one that it requires."""

from __future__ import annotations

from govgo.core.resolution.view import View


def lines_text(view: View) -> str:
    """The lines, each ended; a node without arrows has none."""
    names = [str(mod) for mod in view.nodes]
    return "".join(f"{names[arrow.source]} {names[arrow.target]}\n" for arrow in view.arrows)
