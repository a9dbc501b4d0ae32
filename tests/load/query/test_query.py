# SPDX-License-Identifier: BSD-3-Clause
"""Queries through lists of proxies, and of Go itself, as the go command answered them (testdata/query_chain.json)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.workspace.goenvfile import load_env
from govgo.app.list.list import list_modules
from govgo.load.session.session import Settings
from govgo.wiring.session import make_session
from tests.simulators import campaigns
from tests.simulators.repo import Transcript

RECORDED = json.loads((Path(__file__).parents[3] / "testdata" / "query_chain.json").read_text())
CHAINS = list(dict.fromkeys(case["goproxy"] for case in RECORDED["cases"]))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the proxies A and B and the main module."""
    root = tmp_path_factory.mktemp("chain")
    for name, text in RECORDED["files"].items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def _ask(root: Path, cache: Path, case: dict[str, Any]) -> tuple[str, str]:
    chain = re.sub("[AB]", lambda match: f"file://{root}/{match[0]}", case["goproxy"])
    environ = {
        "HOME": str(root),
        "GOMODCACHE": str(cache),
        "GOPATH": str(cache),
        "GOPROXY": chain,
        "GOSUMDB": "off",
        "GOENV": "off",
        "GOTOOLCHAIN": "local",
    }
    settings = Settings(cwd=str(root / "main"), env=load_env(environ), mod="mod", mod_explicit=True)
    listing = list_modules(make_session(settings, Transcript()), [case["arg"]])
    if listing.error is not None:
        raise listing.error
    (info,) = listing.modules
    return info.version, (info.error or "").replace(f"file://{root}", "$ROOT")


@pytest.mark.parametrize("chain", campaigns.one_in(3, CHAINS))
def test_chain(root: Path, tmp_path: Path, chain: str) -> None:
    cases = [case for case in RECORDED["cases"] if case["goproxy"] == chain]
    wrong = []
    for number, case in enumerate(cases):
        got = _ask(root, tmp_path / str(number), case)
        if got != (case["version"], case["err"]):
            wrong.append((case["arg"], got, (case["version"], case["err"])))
    assert wrong == []
