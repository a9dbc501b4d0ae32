# SPDX-License-Identifier: BSD-3-Clause
"""golang.org/x/mod/modfile: sequences of edits to go.work."""

from __future__ import annotations

from govgo.core.modfile import parse_work
from tests.conformance.test_modfile_edit import edited
from tests.conformance.vectors import check


def test_work_edit() -> None:
    check("work_edit", "", lambda case: edited(case, parse_work, "go.work"))
