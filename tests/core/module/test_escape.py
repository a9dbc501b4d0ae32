# SPDX-License-Identifier: BSD-3-Clause
"""Escaped paths and versions; which are refused, Go's own vectors say (tests/conformance)."""

from __future__ import annotations

import pytest

from govgo.core.module.escape import unescape
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import InputError


def test_both_halves_of_a_module_version_are_unescaped() -> None:
    assert unescape("github.com/!azure/x", "v1.0.0-!r!c1") == ModuleVersion("github.com/Azure/x", "v1.0.0-RC1")


@pytest.mark.parametrize(("path", "version"), [("github.com/Azure/x", "v1.0.0"), ("m.io/x", "v1.0.0-RC1")])
def test_capitals_are_refused_in_either_half(path: str, version: str) -> None:
    with pytest.raises(InputError):
        unescape(path, version)
