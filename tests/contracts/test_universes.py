# SPDX-License-Identifier: BSD-3-Clause
"""Random universes of a generator: what `why --version` and `what-if` say of them is what go does (see `universes`)."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.contracts.universes import Generator, play, with_requirement

GO_MOD = """module m.io/m

require q.io/a v1.1.0 // indirect

require (
\t"q.io/b" v1.2.0
\tq.io/a v1.1.0
)

exclude q.io/a v1.1.0
replace q.io/a v1.1.0 => q.io/b v1.2.0
"""


def test_a_requirement_is_changed_and_nothing_else() -> None:
    lower = GO_MOD.replace("require q.io/a v1.1.0 //", "require q.io/a v1.0.0 //")
    assert with_requirement(GO_MOD, "q.io/a", "v1.1.0", "v1.0.0") == lower.replace(
        "\tq.io/a v1.1.0\n", "\tq.io/a v1.0.0\n"
    )
    assert with_requirement(GO_MOD, "q.io/b", "v1.2.0", "none") == GO_MOD.replace('\t"q.io/b" v1.2.0\n', "\n")
    assert with_requirement(GO_MOD, "q.io/b", "v1.1.0", "none") == GO_MOD


@pytest.mark.go
@pytest.mark.slow
@pytest.mark.parametrize("number", range(10))
def test_what_is_said_of_a_universe(number: int) -> None:
    folder = os.environ.get("GOVGO_UNIVERSES", "")
    if not folder:
        pytest.skip("GOVGO_UNIVERSES names no folder of a package that makes universes")
    if shutil.which("go") is None:
        pytest.skip("no go command on this machine")
    tally = Counter[str]()
    faults = list(play(Generator(Path(folder)), 1, number, 5, 5, tally))
    assert not faults, "\n".join(faults)
    assert sum(tally.values()) > 0
