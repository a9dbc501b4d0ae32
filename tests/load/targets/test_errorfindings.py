# SPDX-License-Identifier: BSD-3-Clause
"""Errors as findings."""

from __future__ import annotations

import pytest

from govgo.core.findings import Place
from govgo.core.modfile.faults import ModFileErrors
from govgo.core.modfile.read import parse
from govgo.load.targets.errorfindings import from_error


def test_of_several_faults_in_a_file_the_first_has_the_place() -> None:
    """The path in line 4 has an error of its own as its cause, unlike that in line 3."""
    with pytest.raises(ModFileErrors) as caught:
        parse("go.mod", b"module m.io/m\n\nrequire x\nrequire y z\n")
    assert [str(each)[:9] for each in caught.value.errors] == ["go.mod:3:", "go.mod:4:"]
    assert from_error(None, caught.value, Place("sub/go.mod")).place == Place("sub/go.mod", 3)
