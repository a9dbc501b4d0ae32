# SPDX-License-Identifier: BSD-3-Clause
"""Lines that could go, on graphs worked out by hand."""

from __future__ import annotations

import pytest

from govgo.core.advisory.fixplan import Flaw
from govgo.core.advisory.removable import removable_lines
from tests.core.resolution.test_dependencies import dependencies

FLAWS = (Flaw("c", "GO-1"), Flaw("c", "GO-2"), Flaw("d", "GO-3"))


@pytest.mark.parametrize(
    ("graph", "found"),
    [
        (("a@v1.0.0 c@v1.0.0!", "a@v1.0.0", "c@v1.0.0"), {"c": "GO-1 GO-2"}),
        (("a@v1.0.0 c@v1.0.0!", "a@v1.0.0 c@v0.9.0", "c@v1.0.0", "c@v0.9.0"), {}),
        (("a@v1.0.0 c@v1.0.0", "a@v1.0.0", "c@v1.0.0"), {}),
        # b, which only a line with the mark requires, does not keep c.
        (("b@v1.0.0! c@v1.0.0!", "b@v1.0.0 c@v1.0.0", "c@v1.0.0"), {"c": "GO-1 GO-2"}),
        # A module without a line of its own goes with the line that leads to it.
        (("b@v1.0.0!", "b@v1.0.0 c@v1.0.0", "c@v1.0.0 d@v1.0.0", "d@v1.0.0"), {"b": "GO-1 GO-2 GO-3"}),
        (("b@v1.0.0! d@v1.0.0!", "b@v1.0.0 d@v1.0.0", "d@v1.0.0"), {"d": "GO-3"}),
        (("a@v1.0.0 b@v1.0.0!", "a@v1.0.0 d@v1.0.0", "b@v1.0.0 d@v1.0.0", "d@v1.0.0"), {}),
        (("b@v1.0.0!", "b@v1.0.0"), {}),
    ],
)
def test_what_goes_with_a_line(graph: tuple[str, ...], found: dict[str, str]) -> None:
    lines = removable_lines(dependencies(*graph).resolution, FLAWS)
    assert {each.stated.mod.path: " ".join(flaw.id for flaw in each.clears) for each in lines} == found
