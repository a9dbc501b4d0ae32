# SPDX-License-Identifier: BSD-3-Clause
"""All codes. A code never changes its meaning; tests/core/codes/test_codes.py tells which of them lack a text."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from govgo.core.codes.explanation import Explanation
from govgo.core.codes.files import FILES
from govgo.core.codes.findings import FINDINGS
from govgo.core.codes.packages import PACKAGES
from govgo.core.codes.requests import REQUESTS
from govgo.core.codes.sources import SOURCES

ERRORS: Mapping[str, Explanation] = MappingProxyType({**REQUESTS, **FILES, **PACKAGES, **SOURCES})
"""The codes of errors; a report has them as the codes of findings, too."""

EXPLANATIONS: Mapping[str, Explanation] = MappingProxyType({**ERRORS, **FINDINGS})
"""Code to text."""
