# SPDX-License-Identifier: BSD-3-Clause
"""A tree for a pull request's comment: the text in a block of code, which no module path can close."""

from __future__ import annotations

import re

from govgo.core.foreign import one_line
from govgo.core.resolution.dependencies import Audited
from govgo.core.resolution.tree import TreeOptions
from govgo.report.tree.text import counts_text, tree_text


def tree_markdown(run: Audited, options: TreeOptions) -> str:
    """The trees, the counts of each module, and what could not be resolved."""
    parts = ["## Requirements\n"]
    text = tree_text(run, options)
    if text:
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
        parts.append(f"{fence}text\n{text}{fence}\n")
    parts += [f"- {_code(counts_text(module))}\n" for module in run.modules]
    parts += [f"- **{fault.code}**: {_code(fault.text)}\n" for fault in run.faults]
    return "\n".join(parts)


def _code(text: str) -> str:
    text = one_line(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"
