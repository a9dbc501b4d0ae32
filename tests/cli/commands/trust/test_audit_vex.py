# SPDX-License-Identifier: BSD-3-Clause
"""`govgo audit` with OpenVEX documents, read and written. Statements are worked out by hand from the specification."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.commands.trust.test_audit import Run, advisory, requirements
from tests.simulators.world import World

SCHEMA = Path(__file__).parents[4] / "testdata" / "schemas" / "openvex-0.2.0.json"
MAIN = "module example.com/App\n\ngo 1.21\n\n" + requirements(x="v1.0.0", y="v1.0.0")
X = advisory(
    "GO-1",
    "q.io/x",
    "introduced=0",
    "fixed=1.1.0",
    aliases=["CVE-1"],
    summary="bad",
    references=[{"type": "WEB", "url": "https://pkg.go.dev/vuln/GO-1"}],
)
Y = advisory("GO-2", "q.io/y", "introduced=0")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as world:
        for path, version in (("q.io/x", "v1.0.0"), ("q.io/x", "v1.1.0"), ("q.io/y", "v1.0.0")):
            world.publish(path, version)
        world.use(monkeypatch, GOVGO_GO_VERSION="1.26.8")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        (tmp_path / "db").mkdir()
        for name, text in (("GO-1", X), ("GO-2", Y)):
            (tmp_path / "db" / f"{name}.json").write_text(text)
        monkeypatch.setenv("GOVGO_VULNDB", str(tmp_path / "db"))
        monkeypatch.chdir(world.main(MAIN))
        yield world


@pytest.fixture
def audit(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *args: Run(capsys, *args)


def vex(
    name: str, vulnerability: str, product: str, status: str, time: str = "2026-01-01T00:00:00Z", **more: Any
) -> str:
    statement = {
        "vulnerability": {"name": vulnerability},
        "products": [{"@id": product}],
        "status": status,
        **more,
    }
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": f"https://q.io/{name}",
        "author": "Q",
        "timestamp": time,
        "version": 1,
        "statements": [statement],
    }
    Path(name).write_text(json.dumps(document))
    return name


NOT_THERE = {"justification": "vulnerable_code_not_present"}


def test_what_a_document_puts_aside(world: World, audit: Any) -> None:
    file = vex("x.json", "CVE-1", "pkg:golang/q.io/x@v1.0.0", "not_affected", **NOT_THERE)
    run = audit("--vex", file, "--json")
    assert ([each[0] for each in run.found], run.code) == (["GO-2"], 1)
    (module,) = run.json["modules"]
    (stated,) = module["stated"]
    assert stated == {
        "id": "GO-1",
        "module": "q.io/x",
        "version": "v1.0.0",
        "status": "not_affected",
        "justification": "vulnerable_code_not_present",
        "impact_statement": "",
        "document": "x.json",
        "author": "Q",
    }
    note = "GO-1 in q.io/x v1.0.0 does not count: vulnerable_code_not_present (x.json, Q)"
    assert f"note: {note}\n" in audit("--vex", file).out
    assert "does not count: vulnerable\\_code\\_not\\_present" in audit("--vex", file, "-format", "markdown").out


def test_several_documents(world: World, audit: Any) -> None:
    one = vex("x.json", "GO-1", "pkg:golang/example.com/app", "fixed")
    two = vex("y.json", "GO-2", "pkg:golang/q.io/y", "not_affected", impact_statement="never built")
    assert audit("--vex", one, "--vex", two).code == 0
    later = vex("z.json", "GO-2", "pkg:golang/q.io/y", "under_investigation", "2026-02-01T00:00:00Z")
    assert [each[0] for each in audit("--vex", later, "--vex", two, "--vex", one, "--json").found] == ["GO-2"]


@pytest.mark.parametrize(
    ("status", "more"), [("under_investigation", {}), ("affected", {"action_statement": "take another version"})]
)
def test_what_puts_nothing_aside(world: World, audit: Any, status: str, more: Any) -> None:
    file = vex("x.json", "GO-1", "pkg:golang/q.io/x", status, **more)
    assert len(audit("--vex", file, "--json").found) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}", "x.json: @context: is missing"),
        ("", "x.json: no OpenVEX document: "),
        (None, "x.json: no such file or directory"),
    ],
)
def test_a_document_that_cannot_be_used(world: World, audit: Any, text: str | None, told: str) -> None:
    """Nothing is audited then: what it would put aside is not known."""
    if text is not None:
        Path("x.json").write_text(text)
    run = audit("--vex", "x.json", "--json")
    assert run.code != 0
    assert told in run.err
    assert run.json["results"] == []
    assert len(run.json["errors"]) == 1


def test_what_is_put_aside_needs_no_fix(world: World, audit: Any) -> None:
    file = vex("x.json", "GO-1", "pkg:golang/q.io/x@v1.0.0", "not_affected", **NOT_THERE)
    (fix,) = audit("--plan", "--vex", file, "--json").json["fixes"]
    assert (fix["bumps"], [each["id"] for each in fix["unfixable"]]) == ([], ["GO-2"])


def written(text: str) -> Any:
    document = json.loads(text)
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)
    return document


def test_nothing_to_state_is_no_document(world: World, audit: Any) -> None:
    """The schema demands a statement, and a statement a vulnerability."""
    schema = json.loads(SCHEMA.read_text())
    assert schema["properties"]["statements"]["minItems"] == 1
    assert audit("-o", "openvex:out.json").code == 1
    assert written(Path("out.json").read_text())["statements"]
    world.main("module example.com/App\n\ngo 1.21\n")
    for args in (("-o", "openvex:out.json"), ("-format", "openvex")):
        run = audit(*args)
        assert (run.code, run.err) == (0, "govgo: no openvex report: there is nothing to state\n")
    assert run.out == ""
    assert not Path("out.json").exists()


@pytest.mark.parametrize("reader", ["fifo", "descriptor"])
def test_nothing_to_state_ends_a_pipe(world: World, audit: Any, reader: str) -> None:
    """Whoever reads a pipe waits until somebody has opened and closed it: `cat FIFO`, or `-o openvex:>(jq .)`."""
    world.main("module example.com/App\n\ngo 1.21\n")
    if reader == "fifo":
        os.mkfifo("out")
        with subprocess.Popen(["cat", "out"], stdout=subprocess.PIPE) as cat:
            try:
                assert audit("-o", "openvex:out").code == 0
                assert cat.communicate(timeout=10)[0] == b""
            finally:
                cat.kill()
        assert stat.S_ISFIFO(os.stat("out").st_mode)
    else:
        read, write = os.pipe()
        assert audit("-o", f"openvex:/dev/fd/{write}").code == 0
        os.close(write)
        assert os.read(read, 1) == b""
        os.close(read)


def test_nothing_to_state_leaves_an_open_file(world: World, audit: Any) -> None:
    """As `-o openvex:/dev/stdout >>file` means it: the file is of whoever opened it, and the name is the system's."""
    world.main("module example.com/App\n\ngo 1.21\n")
    with open("kept", "w") as kept:
        kept.write("before")
        kept.flush()
        os.symlink(f"/dev/fd/{kept.fileno()}", "named")
        assert audit("-o", "openvex:named").code == 0
    assert Path("named").is_symlink()
    assert Path("kept").read_text() == "before"


def test_a_document_is_written(world: World, audit: Any) -> None:
    """Whether the program is affected is not known: calls are not analysed."""
    Path("govgo.toml").write_text('[audit]\nignore = [{ id = "GO-2", reason = "we do not parse files" }]\n')
    audit("-o", "openvex:out.json")
    document = written(Path("out.json").read_text())
    assert document["@context"] == "https://openvex.dev/ns/v0.2.0"
    assert document["author"] == "Unknown Author"
    app = {"@id": "pkg:golang/example.com/app", "identifiers": {"purl": "pkg:golang/example.com/app"}}
    x, y = (
        {"@id": f"pkg:golang/q.io/{each}@v1.0.0", "identifiers": {"purl": f"pkg:golang/q.io/{each}@v1.0.0"}}
        for each in "xy"
    )
    assert document["statements"] == [
        {
            "vulnerability": {
                "@id": "https://pkg.go.dev/vuln/GO-1",
                "name": "GO-1",
                "description": "bad",
                "aliases": ["CVE-1"],
            },
            "products": [{**app, "subcomponents": [x]}],
            "status": "under_investigation",
            "status_notes": "An advisory names this version (fixed in v1.1.0); module level: calls are not analysed.",
        },
        {
            "vulnerability": {"name": "GO-2"},
            "products": [{**app, "subcomponents": [y]}],
            "status": "not_affected",
            "impact_statement": "we do not parse files",
        },
    ]
    again = written(audit("-format", "openvex").out)
    assert again["@id"] == document["@id"]


def test_what_is_ignored_for_a_time_is_not_said_to_be_harmless(world: World, audit: Any) -> None:
    ignore = '{ id = "GO-2", reason = "next month", expires = 2999-01-31 }'
    Path("govgo.toml").write_text(f"[audit]\nignore = [{ignore}]\n")
    statements = written(audit("-format", "openvex").out)["statements"]
    assert statements[1]["status"] == "under_investigation"
    assert statements[1]["status_notes"] == "Put aside until 2999-01-31: next month"


def test_what_was_stated_is_stated_again(world: World, audit: Any) -> None:
    file = vex("x.json", "GO-1", "pkg:golang/q.io/x@v1.0.0", "not_affected", **NOT_THERE, impact_statement="gone")
    statements = written(audit("--vex", file, "-format", "openvex").out)["statements"]
    stated = next(each for each in statements if each["vulnerability"]["name"] == "GO-1")
    assert (stated["status"], stated["justification"]) == ("not_affected", "vulnerable_code_not_present")
    assert stated["status_notes"] == "Stated by Q (x.json)."


def test_a_document_that_was_written_can_be_read(world: World, audit: Any) -> None:
    Path("govgo.toml").write_text('[audit]\nignore = [{ id = "GO-2", reason = "we do not parse files" }]\n')
    audit("-o", "openvex:out.json")
    Path("govgo.toml").unlink()
    run = audit("--vex", "out.json", "--json")
    assert [each[0] for each in run.found] == ["GO-1"]


def test_the_standard_library_and_workspaces(world: World, audit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in Go itself concerns every main module."""
    monkeypatch.setenv("GOWORK", "")
    monkeypatch.setenv("GOVGO_GO_VERSION", "1.21.0")
    (world.root / "db" / "GO-3.json").write_text(advisory("GO-3", "stdlib", "introduced=0"))
    two = "module example.com/two\n\ngo 1.21\n"
    world.main(MAIN, {"go.work": "go 1.21\n\nuse (\n\t.\n\t./two\n)\n", "two/go.mod": two})
    statements = written(audit("-format", "openvex").out)["statements"]
    products = {each["vulnerability"]["name"]: [p["@id"] for p in each["products"]] for each in statements}
    assert products == {
        "GO-3": ["pkg:golang/example.com/app", "pkg:golang/example.com/two"],
        "GO-1": ["pkg:golang/example.com/app"],
        "GO-2": ["pkg:golang/example.com/app"],
    }
