# SPDX-License-Identifier: BSD-3-Clause
"""The conformance tests' frame: says which vectors are read, and offers `vectors.load` as a fixture."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conformance import vectors


def pytest_report_header() -> str:
    return f"vectors: {vectors.directory()}"


@pytest.fixture(scope="session")
def load() -> Callable[[str], tuple[vectors.Case, ...]]:
    """`load(topic)`: the cases of a topic."""
    return vectors.load
