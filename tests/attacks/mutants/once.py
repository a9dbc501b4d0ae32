# SPDX-License-Identifier: BSD-3-Clause
"""A plugin of pytest: of a test that has failed no further rows are run, since it counts once."""

from __future__ import annotations

import pytest


class Once:
    """Remembers which tests have failed."""

    def __init__(self) -> None:
        self._failed: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if _name(item.nodeid) in self._failed:
            pytest.skip("another row has failed")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.add(_name(report.nodeid))


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Once())


def _name(node: str) -> str:
    return node.partition("[")[0]
