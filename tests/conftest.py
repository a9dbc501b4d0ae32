# SPDX-License-Identifier: BSD-3-Clause
"""The options that let long campaigns and tests against public servers run."""

from __future__ import annotations

import pytest

_OPTIONS = {"slow": "run long campaigns, too", "live": "run tests that touch the public module proxy, too"}


def pytest_addoption(parser: pytest.Parser) -> None:
    for name, text in _OPTIONS.items():
        parser.addoption(f"--{name}", action="store_true", help=text)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for name in _OPTIONS:
        if not config.getoption(f"--{name}"):
            skip = pytest.mark.skip(reason=f"needs --{name}")
            for item in items:
                if item.get_closest_marker(name):
                    item.add_marker(skip)
