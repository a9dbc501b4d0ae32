# SPDX-License-Identifier: BSD-3-Clause
"""golang.org/x/mod/modfile: sequences of edits to go.work."""

from __future__ import annotations

import time

from govgo.core.modfile import WorkFile, parse_work
from tests.conformance.test_modfile_edit import edited
from tests.conformance.vectors import check


def test_work_edit() -> None:
    check("work_edit", "", lambda case: edited(case, parse_work, "go.work"))


def test_ten_thousand_uses_take_linear_time() -> None:
    file = WorkFile()
    paths = [f"./some/directory/{number}" for number in range(10_000)]
    began = time.process_time()
    file.add_uses(dict.fromkeys(paths, ""))
    file.add_uses({path: f"ex.com/{path}" for path in paths})
    assert time.process_time() - began < 2
    assert [(use.path, use.module_path) for use in file.use] == [(path, f"ex.com/{path}") for path in paths]
