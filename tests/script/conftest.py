# SPDX-License-Identifier: BSD-3-Clause
"""The proxy that all scripts share, made once for each run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.script.proxytree import build

TESTDATA = Path(__file__).parents[2] / "testdata"


@pytest.fixture(scope="session")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a file:// proxy with the modules of testdata/mod."""
    return build(TESTDATA / "mod", tmp_path_factory.mktemp("proxy"))
