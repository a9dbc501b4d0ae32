# SPDX-License-Identifier: BSD-3-Clause
"""A plugin of pytest: of a test that has failed no further rows are run, since it counts once.

Without a limit that was taken out a test may fill the memory of the machine; so this process has a part of it.
"""

from __future__ import annotations

import resource

import pytest

_MOST_BYTES = 8 << 30


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
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    config.pluginmanager.register(Once())


def _name(node: str) -> str:
    return node.partition("[")[0]
