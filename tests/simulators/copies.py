# SPDX-License-Identifier: BSD-3-Clause
"""Copies of a process in which all of govgo is loaded, and little else.

A copy of the process that runs the tests has to copy the tables of some 300 MB, and takes five times as long.

    child = copies().Process(target=function, args=values)    # both are pickled
"""

from __future__ import annotations

import multiprocessing
import pkgutil
from contextlib import chdir
from functools import cache
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path

import govgo

#: Tests whose functions are called in copies, so that no copy has to load them.
_TESTS = ("tests.adapters.disk.test_renew", "tests.cli.test_streams")


@cache
def copies() -> ForkServerContext:
    """The context of `multiprocessing` whose processes are such copies."""
    context = multiprocessing.get_context("forkserver")
    names = [each.name for each in pkgutil.walk_packages(govgo.__path__, "govgo.")]
    context.set_forkserver_preload([*(name for name in names if not name.endswith("__main__")), *_TESTS])
    with chdir(Path(__file__).parents[2]):
        forkserver.ensure_running()
    return context
