# SPDX-License-Identifier: BSD-3-Clause
"""The module requirement graph as `go mod graph` prints it: on each line a module version and one of its requirements.

example.com/m rsc.io/quote@v1.5.2
rsc.io/quote@v1.5.2 rsc.io/sampler@v1.3.0
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

_ENOUGH = 100
"""Modules whose lines make a piece."""


def graph_text(edges: Iterable[tuple[str, Sequence[str]]]) -> Iterator[str]:
    """The lines, each ended, in pieces: a large graph has megabytes.

    Args:
        edges: (name of a module version, names of its requirements).
    """
    parts: list[str] = []
    for name, requirements in edges:
        if requirements:
            prefix = name + " "
            parts.append(prefix + ("\n" + prefix).join(requirements) + "\n")
            if len(parts) == _ENOUGH:
                yield "".join(parts)
                parts.clear()
    yield "".join(parts)
