# SPDX-License-Identifier: BSD-3-Clause
"""A tree for a pull request's comment: the text in a block of code."""

from __future__ import annotations

from govgo.core.resolution.dependencies import Audited
from govgo.core.resolution.tree import TreeOptions
from govgo.report.markdown import document, fenced, plain
from govgo.report.tree.text import counts_text, tree_text


def tree_markdown(run: Audited, options: TreeOptions) -> str:
    """The trees, the counts of each module, and what could not be resolved."""
    lines = ["## Requirements", ""]
    text = tree_text(run, options)
    if text:
        lines += [*fenced(text.splitlines()), ""]
    lines += [f"- {plain(counts_text(module))}" for module in run.modules]
    lines += [f"- **{plain(fault.code)}**: {plain(fault.text)}" for fault in run.faults]
    return document(lines)
