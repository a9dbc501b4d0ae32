# SPDX-License-Identifier: BSD-3-Clause
"""Module graphs as `go mod graph` prints them, the build lists of `go list -m all`, and the files afterwards."""

from __future__ import annotations

from govgo.app.graph import load_graph
from govgo.app.list.list import list_modules
from govgo.errors import GovgoError
from govgo.load.mainmodule.gowork import init_workfile
from govgo.load.session.policy import GRAPH, LIST
from govgo.load.session.session import Session
from govgo.report.graph import graph_text
from govgo.report.list.text import module_line
from tests.conformance.vectors import Case, check, spread
from tests.simulators.repo import MemoryFiles, MemoryRepo, memory_session


def listed(session: Session) -> tuple[list[str], list[str]]:
    """The text of `list -m all` and what goes to standard error."""
    session.policy = LIST
    init_workfile(session)
    listing = list_modules(session, ["all"])
    failures = [f"go: {module.error}" for module in listing.modules if module.error]
    return [module_line(module) for module in listing.modules], failures + errors(listing.error)


def errors(error: GovgoError | None) -> list[str]:
    """The lines of an error on standard error."""
    return [] if error is None else f"go: {error}".replace("/main", "$MAIN").split("\n")


def run_case(case: Case) -> str:
    files = MemoryFiles({"/main/go.mod": case["main"]})
    for directory, text in case.get("local", {}).items():
        path = f"/main/{directory}"
        files.data[f"{path}/go.mod" if text else f"{path}/README"] = text.encode()
    repo = MemoryRepo(case["mods"])
    got: dict[str, object] = {}
    session = memory_session(files, repo, policy=GRAPH, gotoolchain="local")
    try:
        got["graph"] = "".join(graph_text(load_graph(session).edge_names(str))).splitlines()
        assert files.data["/main/go.mod"] == case["main"].encode(), "graph wrote go.mod"
    except GovgoError as error:
        got["graph_err"] = errors(error)
    session = memory_session(files, repo, mod="mod", gotoolchain="local")
    lines: list[str] = []
    try:
        lines, failures = listed(session)
    except GovgoError as error:
        failures = errors(error)
    got |= {"list_err": failures} if failures else {"list": lines}
    if files.data["/main/go.mod"] != case["main"].encode():
        got["go_mod"] = files.data["/main/go.mod"].decode()
    if "go_sum" in case:
        got["go_sum"] = files.data.get("/main/go.sum", b"").decode().splitlines()
    want = {key: case[key] for key in (*got, "graph", "list", "graph_err", "list_err", "go_mod") if key in case}
    return "; ".join(
        f"{key}: got {got.get(key)!r}, want {want.get(key)!r}" for key in {*got, *want} if got.get(key) != want.get(key)
    )


@spread
def test_mvs(step: int) -> None:
    check("mvs", "", run_case, step)
