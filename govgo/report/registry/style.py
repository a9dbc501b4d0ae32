# SPDX-License-Identifier: BSD-3-Clause
"""The style sheet of the pages: one small file, under a name that changes with its content, so that it is kept."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

from govgo.report.html import COLOURS


@cache
def sheet() -> bytes:
    """The style sheet."""
    own = resources.files("govgo.report.registry").joinpath("assets", "style.css").read_text("utf-8")
    return f"{COLOURS.lstrip()}{own}".encode()


def sheet_name() -> str:
    """Its name below /static/."""
    return f"registry-{hashlib.sha256(sheet()).hexdigest()[:12]}.css"
