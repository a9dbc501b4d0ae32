# SPDX-License-Identifier: BSD-3-Clause
"""The options that let long campaigns and tests against public servers run."""

from __future__ import annotations

import gc
import signal
import sys

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


# Whoever forbids Python to write bytecode would have pytest rewrite all tests anew, ten seconds in each process.
sys.dont_write_bytecode = False


def pytest_collection_finish() -> None:
    """Let no collection of garbage walk the eleven thousand tests again and again."""
    gc.collect()
    gc.freeze()


def pytest_configure() -> None:
    """Let Ctrl-C end the programs that tests start; a shell lets those ignore it that it runs in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
