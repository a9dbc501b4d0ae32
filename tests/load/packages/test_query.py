# SPDX-License-Identifier: BSD-3-Clause
"""Which module answers a package pattern, as `go get` told it (testdata/query_pattern.json)."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.workspace.goenvfile import load_env
from govgo.cli.main import invoke
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GovgoError
from govgo.load.mainmodule.load import load_mod_file
from govgo.load.packages.query import query_pattern
from govgo.load.query.retract import allowed_versions
from govgo.load.session.policy import GET
from govgo.load.session.session import Session, Settings
from govgo.wiring.session import make_session
from tests.simulators.repo import Transcript
from tests.simulators.rounds import Rounds
from tests.simulators.world import World

RECORDED = json.loads((Path(__file__).parents[3] / "testdata" / "query_pattern.json").read_text())
_CHANGE = re.compile(r"go: (?:added|upgraded) (\S+) (?:\S+ => )?(\S+)")


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    root = tmp_path_factory.mktemp("pattern")
    _write(root / "main", RECORDED["main"])
    for name, files in RECORDED["modules"].items():
        path, _, version = name.partition("@")
        directory = root / "proxy" / path / "@v"
        info = json.dumps({"Version": version, "Time": "2022-01-01T00:00:00Z"})
        _write(directory, {f"{version}.info": info, f"{version}.mod": files["go.mod"]})
        with (directory / "list").open("a") as listing:
            listing.write(f"{version}\n")
        with zipfile.ZipFile(directory / f"{version}.zip", "w") as archive:
            for file, text in files.items():
                archive.writestr(f"{name}/{file}", text)
    environ = {
        "HOME": str(root),
        "GOPATH": str(root / "gopath"),
        "GOPROXY": f"file://{root}/proxy",
        "GOSUMDB": "off",
        "GOENV": "off",
        "GOTOOLCHAIN": "local",
    }
    settings = Settings(
        cwd=str(root / "main"),
        env=load_env(environ),
        mod="mod",
        mod_explicit=True,
        modcacherw=True,
    )
    session = make_session(settings, Transcript(), announce=False, policy=GET)
    load_mod_file(session)
    return session


@pytest.mark.parametrize("case", RECORDED["cases"], ids=lambda case: case["arg"])
def test_as_go_get(session: Session, case: dict[str, Any]) -> None:
    pattern, _, query = case["arg"].partition("@")
    graph = load_mod_file(session).graph()
    try:
        found, module_only = query_pattern(session, pattern, query, graph.selected, allowed_versions(session))
    except GovgoError as error:
        root = session.settings.env.goproxy.removesuffix("/proxy")
        text = str(error).replace(root, "$ROOT")
        assert case["code"] == 1, text
        assert case["err"] in ([f"go: {text}"], [f"go: {case['arg']}: {text}"])
        return
    assert case["code"] == 0
    answers = {result.mod for result in found} | ({module_only.mod} if module_only is not None else set())
    for line in case["err"]:
        change = _CHANGE.match(line)
        assert change is not None
        assert ModuleVersion(change[1], change[2]) in answers
    assert answers


@pytest.mark.parametrize(
    ("deep", "argument", "zips"),
    [
        pytest.param("", ["q.io/p@v1.0.0"], ["a@v1.0.0", "p@v1.0.0"], id="as the module requires"),
        pytest.param("q.io/a v1.1.0", ["q.io/p@v1.0.0"], ["a@v1.1.0", "p@v1.0.0"], id="raised by a dependency"),
        pytest.param("", ["q.io/p@v1.0.0", "q.io/a@v1.1.0"], ["a@v1.1.0", "p@v1.0.0"], id="raised by an argument"),
        pytest.param("", ["-u", "q.io/p@v1.0.0"], ["a@v1.0.0", "a@v1.1.0", "p@v1.0.0"], id="raised by -u, as go does"),
    ],
)
def test_get_fetches_what_a_package_imports_beside_the_proofs_of_the_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deep: str, argument: list[str], zips: list[str]
) -> None:
    """The graph is a chain of go.mod files; the zip comes with the request after the last of them, and no other one."""
    with World(tmp_path) as world:
        chain = [("q.io/d0", "q.io/d1 v1.0.0"), ("q.io/d1", "q.io/d2 v1.0.0"), ("q.io/d2", deep), ("q.io/a", "")]
        for path, required in [("q.io/p", "q.io/a v1.0.0\nrequire q.io/d0 v1.0.0"), *chain]:
            source = 'package p\nimport _ "q.io/a"\n' if path == "q.io/p" else "package a\n"
            gomod = f"module {path}\n\ngo 1.16\n" + (f"\nrequire {required}\n" if required else "")
            world.log.grow(300)  # each record in a tile of its own: the proof of the last takes a request more
            world.publish(path, "v1.0.0", gomod, {"a.go": source})
        world.publish("q.io/a", "v1.1.0", "module q.io/a\n\ngo 1.16\n", {"a.go": "package a\n"})
        world.use(monkeypatch)
        monkeypatch.chdir(world.main("module example.com/main\n\ngo 1.21\n", {}))
        with Rounds(world.proxy, monkeypatch) as rounds:
            assert invoke(["get", *argument]) == 0
    asked = [path.rpartition("q.io/")[2].replace("/@v/", "@") for each in rounds.log for path in each]
    assert sorted(name.removesuffix(".zip") for name in asked if name.endswith(".zip")) == zips
    round_of = {path.rpartition("q.io/")[2]: number for number, each in enumerate(rounds.log) for path in each}
    if len(argument) == 1:
        assert round_of[f"{zips[0].replace('@', '/@v/')}.zip"] == round_of["d2/@v/v1.0.0.mod"] + 1
