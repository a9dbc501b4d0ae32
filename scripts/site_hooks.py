# SPDX-License-Identifier: BSD-3-Clause
"""Hooks of mkdocs: pages of reference that are made from the declarations, and the list of design texts.

Source: the MkDocs user guide, "Configuration", hooks; developer guide, "Plugins".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

from govgo.cli.reference.markdown import reference_pages


def on_config(config: Any) -> Any:
    """Fill the lists of pages."""
    docs = Path(config["docs_dir"])
    for entry in config["nav"]:
        (title, pages), *_ = entry.items()
        if title == "Reference":
            names = [name for name in reference_pages() if name.startswith("commands/")]
            names.sort(key=lambda name: (not name.endswith("/index.md"), name))
            pages[0] = {"Commands": [f"reference/{name}" for name in names]}
        elif title == "Explanation":
            design = sorted(path.name for path in (docs / "design").glob("*.md") if path.name != "fidelity.md")
            pages[-1] = {"How govgo is built": [f"design/{name}" for name in design]}
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add what is made."""
    for name, text in reference_pages().items():
        files.append(File.generated(config, f"reference/{name}", content=text))
    return files
