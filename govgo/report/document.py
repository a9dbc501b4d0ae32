# SPDX-License-Identifier: BSD-3-Clause
"""JSON documents of govgo's own."""

from __future__ import annotations

import json
from collections.abc import Mapping

from govgo.report.gojson import safe


def encode(document: Mapping[str, object]) -> str:
    """The document, indented, with a newline at its end."""
    return safe(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"
