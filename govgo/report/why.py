# SPDX-License-Identifier: BSD-3-Clause
"""Chains of imports as `go mod why` prints them.

# golang.org/x/text/language
example.com/m
rsc.io/quote
golang.org/x/text/language
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from govgo.core.safetext import one_line


def why_text(reasons: Iterable[tuple[str, Sequence[str]]], *, modules: bool, vendor: bool) -> str:
    """A stanza for each target, with an empty line between them.

    Args:
        reasons: (package or module path, the chain of packages that leads to it, empty where none does).
        modules: the targets are modules (-m).
        vendor: the tests of dependencies were left out (-vendor).
    """
    purpose = " to vendor" if vendor else ""
    noun = "module" if modules else "package"
    stanzas = [
        [f"# {target}", *(chain or (f"(main module does not need{purpose} {noun} {target})",))]
        for target, chain in reasons
    ]
    return "\n".join("".join(f"{one_line(line)}\n" for line in stanza) for stanza in stanzas)
