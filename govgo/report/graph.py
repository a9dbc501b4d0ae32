# SPDX-License-Identifier: BSD-3-Clause
"""The module requirement graph as `go mod graph` prints it: on each line a module version and one of its requirements.

example.com/m rsc.io/quote@v1.5.2
rsc.io/quote@v1.5.2 rsc.io/sampler@v1.3.0
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def graph_text(edges: Iterable[tuple[str, Sequence[str]]]) -> str:
    """The lines, each ended; `edges` are (name of a module version, names of its requirements)."""
    parts: list[str] = []
    for name, requirements in edges:
        if requirements:
            prefix = name + " "
            parts.append(prefix + ("\n" + prefix).join(requirements) + "\n")
    return "".join(parts)
