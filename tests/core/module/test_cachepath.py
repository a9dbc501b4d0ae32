# SPDX-License-Identifier: BSD-3-Clause
"""Places in the module cache."""

from __future__ import annotations

import pytest

from govgo.core.module import cachepath
from govgo.errors import GovgoError


def test_places() -> None:
    assert cachepath.file_stem("github.com/Azure/x", "v1.0.0-RC1") == (
        "cache/download/github.com/!azure/x/@v/v1.0.0-!r!c1"
    )
    assert cachepath.tree_dir("github.com/Azure/x", "v2.0.0+incompatible") == (
        "github.com/!azure/x@v2.0.0+incompatible"
    )
    assert cachepath.version_dir("m.io/x") == "cache/download/m.io/x/@v"


@pytest.mark.parametrize(
    ("path", "version", "text"),
    [
        ("go", "1.21", "internal error: invalid operation on toolchain module"),
        ("toolchain", "go1.21", "internal error: invalid operation on toolchain module"),
        ("m.io/x", "v1", 'non-canonical module version "v1"'),
        ("m.io/x", "main", 'non-semver module version "main"'),
        ("m.io/x", "v1.0.0+meta", 'non-canonical module version "v1.0.0+meta"'),
        ("m.io/x", "../../../etc", 'non-semver module version "../../../etc"'),
        ("../x", "v1.0.0", "malformed"),
        ("m.io//x", "v1.0.0", "malformed"),
    ],
)
def test_no_place(path: str, version: str, text: str) -> None:
    for place in (cachepath.file_stem, cachepath.tree_dir):
        with pytest.raises(GovgoError) as caught:
            place(path, version)
        assert str(caught.value).startswith(text)
