# SPDX-License-Identifier: BSD-3-Clause
"""Version queries, version lists and upgrades over one universe of modules, as `go list -m` answers them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from govgo.adapters.workspace.goenvfile import load_env
from govgo.app.list.info import ListMode
from govgo.app.list.list import list_modules
from govgo.core.module.escape import escape_path, escape_version
from govgo.core.module.info import ModuleInfo
from govgo.errors import GovgoError
from govgo.load.session.session import Session, Settings
from govgo.wiring.session import make_session
from tests.conformance.vectors import Case, check, load, spread
from tests.simulators.repo import Transcript


def _write_proxy(root: Path, modules: list[Case]) -> None:
    for module in modules:
        base = root / escape_path(module["path"])
        directory = base / "@v"
        directory.mkdir(parents=True)
        if module["list"] is not None:
            (directory / "list").write_text(module["list"])
        infos = {}
        for version in module["versions"]:
            name = escape_version(version["version"])
            infos[version["version"]] = json.dumps({"Version": version["version"], "Time": version["time"]})
            (directory / f"{name}.info").write_text(infos[version["version"]])
            (directory / f"{name}.mod").write_text(version["mod"])
        for revision, version in module.get("revs", {}).items():
            (directory / f"{escape_version(revision)}.info").write_text(infos[version])
        if "latest" in module:
            (base / "@latest").write_text(infos[module["latest"]])


@pytest.fixture(scope="module")
def session_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Session]:
    """The session in a main module of the vectors, by its name."""
    root = tmp_path_factory.mktemp("query")
    cases = load("version_query")
    _write_proxy(root / "proxy", next(case["modules"] for case in cases if case["op"] == "universe"))
    mains = {case["main"]: case["go_mod"] for case in cases if case["op"] == "main"}

    @cache
    def make(name: str) -> Session:
        main = root / name
        (main / "rep").mkdir(parents=True)
        (main / "go.mod").write_text(mains[name])
        (main / "rep" / "go.mod").write_text("module q.io/rep\n")
        environ = {
            "HOME": str(root),
            "GOPATH": str(root / "gopath"),
            "GOPROXY": f"file://{root}/proxy",
            "GOSUMDB": "off",
            "GOENV": "off",
            "GOTOOLCHAIN": "local",
        }
        settings = Settings(cwd=str(main), env=load_env(environ), mod="mod", mod_explicit=True)
        return make_session(settings, Transcript())

    return make


def _listed(session: Session, info: ModuleInfo) -> Case:
    """What a case says of a module."""
    proxy = session.settings.env.goproxy
    listed: Case = {"path": info.path}
    if info.version:
        listed["version"] = info.version
    if info.error is not None:
        listed["err"] = info.error.replace(proxy, "$PROXY").replace(session.settings.cwd, "$MAIN")
    if info.replace is not None:
        listed["replace"] = [info.replace.path, info.replace.version or None]
    if info.retracted:
        listed["retracted"] = list(info.retracted)
    if info.deprecated:
        listed["deprecated"] = info.deprecated
    if info.update is not None:
        listed["update"] = info.update.version
    if info.versions:
        listed["versions"] = list(info.versions)
    return listed


def _one(session: Session, argument: str, mode: ListMode) -> Case:
    try:
        listing = list_modules(session, [argument], mode)
    except GovgoError as error:
        return {"err": f"go: {error}".replace(session.settings.env.goproxy, "$PROXY")}
    if listing.error is not None:
        raise listing.error
    (info,) = listing.modules
    return _listed(session, info)


@spread
def test_query(step: int, session_of: Callable[[str], Session]) -> None:
    def run_case(case: Case) -> str:
        got = _one(session_of(case["main"]), case["arg"], ListMode())
        got.pop("path", None)
        want = {key: value for key, value in case.items() if key not in ("id", "op", "main", "arg")}
        return "" if got == want else f"{case['arg']}: got {got}, want {want}"

    check("version_query", "query", run_case, step)


def test_versions(session_of: Callable[[str], Session]) -> None:
    def run_case(case: Case) -> str:
        retracted = bool(case["retracted"])
        mode = ListMode(versions=True, retracted=retracted, retracted_versions=retracted)
        got = _one(session_of(case["main"]), case["path"], mode)
        if "retracted" in got:
            got["retracted_by"] = got.pop("retracted")
        got.pop("path", None)
        got.pop("replace", None)
        if "err" in got:
            # The command ran without -e, so that the error is all that there is.
            got = {"err": f"go: {got['err'].removeprefix('go: ')}"}
        else:
            got.setdefault("versions", [])
        want = {key: value for key, value in case.items() if key not in ("id", "op", "main", "path", "retracted")}
        return "" if got == want else f"{case['path']}: got {got}, want {want}"

    check("version_query", "versions", run_case)


def test_upgrades(session_of: Callable[[str], Session]) -> None:
    def run_case(case: Case) -> str:
        session = session_of(case["main"])
        mode = ListMode(updates=True, retracted=True, deprecated=True)
        listing = list_modules(session, ["all"], mode)
        if listing.error is not None:
            raise listing.error
        got = [_listed(session, info) for info in listing.modules]
        wrong = [(mine, go) for mine, go in zip(got, case["all"], strict=True) if mine != go]
        return "" if not wrong else f"(got, want): {wrong}"

    check("version_query", "upgrades", run_case)
