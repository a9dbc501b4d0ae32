# SPDX-License-Identifier: BSD-3-Clause
"""Where each verb with a report says that a module graph cannot be loaded: at the requirement that leads there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands.conftest import Run

GO_MOD = "module m.io/m\n\ngo 1.16\n\nrequire (\n\tx.io/c v1.0.0\n\tx.io/a v1.0.0 // leads to x.io/b\n)\n"
MODS = {
    "a": "module x.io/a\n\ngo 1.16\n\nrequire x.io/b v1.0.0\n",
    "b": "module x.io/b\n",
    "c": "module x.io/c\n",
}
VERBS = ("audit", "check", "hygiene", "licenses", "outdated", "sbom", "tree", "verify")
CAUSES = {
    "a go.mod that nobody has": ("x.io/b@v1.0.0: reading file:", 3),
    "a go.mod with faults": ("x.io/b@v1.0.0: parsing go.mod: go.mod:2: ", None),
    "a checksum mismatch": ("verifying x.io/b@v1.0.0/go.mod: checksum mismatch", 4),
    "a dead network": ('x.io/a@v1.0.0: Get "http://127.0.0.1:1/x.io/a/@v/v1.0.0.mod": ', 3),
}
"""By name a part of the sentence, and the exit code where it is the same for all verbs."""


def lay_out(tmp_path: Path, cause: str) -> dict[str, str]:
    """A repository with a module in svc/, and the environment in which one go.mod cannot be had."""
    mods = dict(MODS)
    if cause == "a go.mod that nobody has":
        del mods["b"]
    elif cause == "a go.mod with faults":
        mods["b"] = "module x.io/b\nrequire x.io/d\n"
    for name, text in mods.items():
        listed = tmp_path / "proxy/x.io" / name / "@v"
        listed.mkdir(parents=True)
        (listed / "list").write_text("v1.0.0\n")
        (listed / "v1.0.0.info").write_text('{"Version": "v1.0.0"}')
        (listed / "v1.0.0.mod").write_text(text)
    (tmp_path / "work/.git").mkdir()
    module = tmp_path / "work/svc"
    module.mkdir()
    (module / "go.mod").write_text(GO_MOD)
    (module / "govgo.toml").write_text('[check]\nmin-age = "0d"\n')
    if cause == "a checksum mismatch":
        (module / "go.sum").write_text(f"x.io/b v1.0.0/go.mod h1:{'A' * 43}=\n")
    (tmp_path / "osv").mkdir()
    is_dead = cause == "a dead network"
    return {"GOPROXY": "http://127.0.0.1:1" if is_dead else f"file://{tmp_path}/proxy", "GOFLAGS": "-mod=mod"}


def places(document: Any, sentence: str) -> set[tuple[str | None, int | None]]:
    """The places of the findings of a document whose text has the sentence."""
    found = set()
    if isinstance(document, dict):
        if sentence in str(document.get("text") or document.get("message") or ""):
            found.add((document.get("file"), document.get("line")))
        document = list(document.values())
    for each in document if isinstance(document, list) else ():
        found |= places(each, sentence)
    return found


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("verb", VERBS)
def test_the_line_that_leads_to_what_cannot_be_loaded(verb: str, cause: str, tmp_path: Path, run: Run) -> None:
    """svc/go.mod:7 in all cases: no line of a go.mod of others, and svc/ also with -C."""
    environ = lay_out(tmp_path, cause)
    sentence, code = CAUSES[cause]
    flags = ("-db", str(tmp_path / "osv")) if verb == "audit" else ()
    ran = run("-C", "svc", verb, "-json", *flags, **environ)
    assert code is None or ran.returncode == code, ran.stderr
    assert places(json.loads(ran.stdout), sentence) == {("svc/go.mod", 7)}


def test_a_line_of_a_member_of_a_workspace(tmp_path: Path, run: Run) -> None:
    environ = lay_out(tmp_path, "a go.mod that nobody has")
    (tmp_path / "work/go.work").write_text("go 1.18\n\nuse ./svc\n")
    ran = run("hygiene", "-json", **environ, GOWORK=str(tmp_path / "work/go.work"))
    assert places(json.loads(ran.stdout), "x.io/b@v1.0.0: reading file:") == {("svc/go.mod", 7)}


def test_a_version_that_is_raised_is_told_where_it_is_stated(tmp_path: Path, run: Run) -> None:
    """What a raised version leads to; go.mod states an older one."""
    environ = lay_out(tmp_path, "a go.mod that nobody has")
    newer = tmp_path / "proxy/x.io/a/@v"
    (newer / "v1.1.0.info").write_text('{"Version": "v1.1.0"}')
    (newer / "v1.1.0.mod").write_text(MODS["a"])
    (newer / "v1.0.0.mod").write_text("module x.io/a\n")
    (tmp_path / "proxy/x.io/c/@v/v1.0.0.mod").write_text("module x.io/c\n\ngo 1.16\n\nrequire x.io/a v1.1.0\n")
    ran = run("-C", "svc", "hygiene", "-json", **environ)
    assert places(json.loads(ran.stdout), "x.io/b@v1.0.0: reading file:") == {("svc/go.mod", 6)}


def test_a_fault_of_the_own_go_mod_keeps_its_line(tmp_path: Path, run: Run) -> None:
    environ = lay_out(tmp_path, "a go.mod that nobody has")
    (tmp_path / "work/svc/go.mod").write_text("module m.io/m\n\nrequire x.io/c\n")
    ran = run("-C", "svc", "hygiene", "-json", **environ)
    assert places(json.loads(ran.stdout), "go.mod:3: ") == {("svc/go.mod", 3)}
