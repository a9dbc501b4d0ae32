# SPDX-License-Identifier: BSD-3-Clause
"""The options that let more tests run than the default ones, and what makes ten thousand tests quick."""

from __future__ import annotations

import gc
import importlib.util
import os
import pickle
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings

from tests.simulators import campaigns
from tests.simulators.matchers import shared_matchers

_OPTIONS = {
    "wide": "run the rows that widen a table and the longer simulators, too; .ci/run does",
    "slow": "run long campaigns, too; GOVGO_CAMPAIGN_SHARE=0.01 runs that part of each",
    "live": "run tests that touch the public module proxy or package index, too",
}
_MEMORY = "/dev/shm"
_ROOM_BYTES = 2 << 30
_WORTH_TELLING_S = 0.05
# A loaded machine is not a fault of a test.
settings.register_profile("sturdy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sturdy")

_LEFT_OUT = pytest.StashKey[Mapping[str, int]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    for name, text in _OPTIONS.items():
        parser.addoption(f"--{name}", action="store_true", help=text)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was not asked for: three thousand skipped tests would cost ten seconds of reports."""
    _thin(config, items)
    left_out: dict[str, int] = {}
    for name in _OPTIONS:
        if not config.getoption(f"--{name}"):
            marked = [item for item in items if item.get_closest_marker(name)]
            items[:] = [item for item in items if not item.get_closest_marker(name)]
            config.hook.pytest_deselected(items=marked)
            left_out[name] = len(marked)
    config.stash[_LEFT_OUT] = left_out
    if hasattr(config, "workeroutput"):
        config.workeroutput["left_out"] = left_out


def _thin(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of each long campaign with many rows leave the share that is asked for, spread over all of them, but ten rows."""
    if campaigns.SHARE >= 1:
        return
    rows: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("slow"):
            rows.setdefault(item.nodeid.partition("[")[0], []).append(item)
    kept = {item for each in rows.values() for item in campaigns.spread(each)}
    dropped = {item for each in rows.values() for item in each} - kept
    items[:] = [item for item in items if item not in dropped]
    config.hook.pytest_deselected(items=list(dropped))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """All workers collect the same tests, so that the last one may tell for all."""
    node.config.stash[_LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", {})


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Iterator[dict[str, bytes] | None]:
    """Send each report of a worker as one string: execnet packs a dictionary in Python, value by value.

    That and unpacking it were two fifths of all that a small test costs.
    """
    data = yield
    return data and {"packed": pickle.dumps(data)}


@pytest.hookimpl(wrapper=True)
def pytest_report_from_serializable(data: dict[str, Any]) -> Iterator[Any]:
    data.update(pickle.loads(data.pop("packed")))
    return (yield)


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """As pytest's own, but a worker says of a test only what somebody is told: not when it begins and ends, and of what
    is set up and torn down only what fails or takes long. Of six messages for a small test that leaves two.
    """
    if not hasattr(item.config, "workerinput") or item.config.get_verbosity() >= 0:
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed or report.duration > _WORTH_TELLING_S:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    told = [f"{count} {name} (--{name})" for name, count in config.stash.get(_LEFT_OUT, {}).items() if count]
    if told:
        terminalreporter.write_line(f"left out: {', '.join(told)}")


@pytest.hookimpl(tryfirst=True)  # before the fixtures, which may want go, too
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("go") and shutil.which("go") is None:
        pytest.skip("there is no go command to compare with")


@pytest.fixture(scope="session", autouse=True)
def _shared_matchers() -> Iterator[None]:
    with shared_matchers():
        yield


def pytest_configure(config: pytest.Config) -> None:
    # Let Ctrl-C end the programs that tests start; a shell lets those ignore it that it runs in the background.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    _keep_files_in_memory()
    _keep_bytecode(config)
    _load_late("rfc3987_syntax")


def _keep_files_in_memory() -> None:
    """Let the files of tests lie in memory where there is room and programs may be run.

    A disk is waited for at each fsync, and at each file that takes the place of another. TMPDIR names another place.
    """
    if "TMPDIR" in os.environ:
        return
    with suppress(OSError):
        room = os.statvfs(_MEMORY)
        if room.f_bavail * room.f_frsize >= _ROOM_BYTES and not room.f_flag & os.ST_NOEXEC:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", _MEMORY)


def _keep_bytecode(config: pytest.Config) -> None:
    """Let bytecode be kept in pytest's cache where none may lie beside the sources (PYTHONDONTWRITEBYTECODE).

    With none at all pytest would rewrite all tests anew in each run, ten seconds in each process.
    """
    cache = getattr(config, "cache", None)  # there is none with -p no:cacheprovider
    if sys.dont_write_bytecode and sys.pycache_prefix is None and cache is not None:
        with suppress(OSError):
            sys.pycache_prefix = str(cache.mkdir("bytecode"))
            sys.dont_write_bytecode = False


def _load_late(name: str) -> None:
    """Let jsonschema load its checker of IRIs, which builds 40 parsers in a second and a half, when one is checked.

    An IRI of ASCII alone is a URI (RFC 3987, section 2.2), and the checker of these is quick.
    """

    def is_valid_syntax(term: str, value: str) -> bool:
        if value.isascii() and value.isprintable():
            return validate_rfc3986(value, {"iri": "URI", "iri_reference": "URI_reference"}[term]) is not None
        sys.modules.pop(name, None)
        found: bool = importlib.import_module(name).is_valid_syntax(term, value)
        return found

    if name not in sys.modules and importlib.util.find_spec(name) and importlib.util.find_spec("rfc3986_validator"):
        from rfc3986_validator import validate_rfc3986

        sys.modules[name] = ModuleType(name)
        sys.modules[name].is_valid_syntax = is_valid_syntax  # type: ignore[attr-defined]


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Let no collection of garbage walk the ten thousand tests again and again, and have fewer of them."""
    gc.disable()
    try:
        _import_from_the_end(session.config)
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000, 20, 100)
        gc.enable()


def _import_from_the_end(config: pytest.Config) -> None:
    """Let every second worker begin with the last file of all tests.

    In a fresh clone pytest rewrites and compiles each file, which takes twenty seconds; all workers collect all tests.
    Thus two meet in the middle, where each finds what the other has made.
    """
    number = int(getattr(config, "workerinput", {}).get("workerid", "gw0").removeprefix("gw"))
    tests = Path(__file__).parent
    if number % 2 and [config.rootpath / each for each in config.args] == [tests]:
        for file in sorted(tests.rglob("test_*.py"), reverse=True):
            # What keeps a file from being imported is told when it is collected.
            with suppress(Exception, pytest.skip.Exception):
                importlib.import_module(".".join(file.relative_to(tests.parent).with_suffix("").parts))
