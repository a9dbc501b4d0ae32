# SPDX-License-Identifier: BSD-3-Clause
"""Where each verb with a report says that a module graph cannot be loaded: at the requirement that leads there."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands.conftest import Run
from tests.simulators import campaigns

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
    """A repository with a module in svc/, and the environment in which one go.mod cannot be obtained."""
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


@pytest.mark.parametrize("cause", campaigns.one_in(3, CAUSES))
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


ZIPS = {
    "a zip that nobody has": ("x.io/b@v1.0.0: reading file:", 3),
    "a zip that is none": ("zip: not a valid zip file", 3),
    "a zip of other bytes": ("checksum mismatch", 4),
}
"""By name a part of the sentence, and the exit code."""
OF_ZIPS = {
    "audit": ("-packages",),
    "licenses": (),
    "licenses of packages": ("-packages",),
    "check": (),
    "sbom": ("-packages",),
    "sbom with licences": ("-licenses",),
    "mirror add": ("mirror",),
    "mirror add -tidy": ("mirror",),
}


def with_zips(tmp_path: Path, cause: str) -> dict[str, str]:
    """The same with packages: m.io/m imports x.io/a, which imports x.io/b, whose zip cannot be obtained."""
    environ = lay_out(tmp_path, cause)
    module = tmp_path / "work/svc"
    (module / "m.go").write_text('package m\n\nimport (\n\t_ "x.io/a"\n\t_ "x.io/c"\n)\n')
    (module / "govgo.toml").write_text('[check]\ntidy = true\nlicenses.allow = ["MIT"]\n')
    for name in MODS:
        text = 'package a\n\nimport _ "x.io/b"\n' if name == "a" else f"package {name}\n"
        with zipfile.ZipFile(tmp_path / f"proxy/x.io/{name}/@v/v1.0.0.zip", "w") as archive:
            archive.writestr(f"x.io/{name}@v1.0.0/go.mod", MODS[name])
            archive.writestr(f"x.io/{name}@v1.0.0/{name}.go", text)
    bad = tmp_path / "proxy/x.io/b/@v/v1.0.0.zip"
    if cause == "a zip that nobody has":
        bad.unlink()
    elif cause == "a zip that is none":
        bad.write_bytes(b"none")
    else:
        (module / "go.sum").write_text(f"x.io/b v1.0.0 h1:{'A' * 43}=\n")
    advisory = {
        "id": "GO-1",
        "modified": "2026-01-01T00:00:00Z",
        "affected": [
            {
                "package": {"ecosystem": "Go", "name": "x.io/b"},
                "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
            }
        ],
    }
    (tmp_path / "osv/GO-1.json").write_text(json.dumps(advisory))
    return environ


@pytest.mark.parametrize("cause", campaigns.one_in(3, ZIPS))
@pytest.mark.parametrize("verb", OF_ZIPS)
def test_the_line_that_leads_to_a_zip_that_cannot_be_had(verb: str, cause: str, tmp_path: Path, run: Run) -> None:
    environ = with_zips(tmp_path, cause)
    sentence, code = ZIPS[cause]
    words = verb.partition(" with ")[0].partition(" of ")[0].split()
    db = ("-db", str(tmp_path / "osv")) if verb == "audit" else ()
    ran = run("-C", "svc", *words, "-json", *db, *OF_ZIPS[verb], **environ)
    assert places(json.loads(ran.stdout), sentence) == {("svc/go.mod", 7)}
    assert ran.returncode == code


def test_the_line_of_a_module_of_which_other_versions_are_asked_for(tmp_path: Path, run: Run) -> None:
    """why --version asks for older versions of x.io/a, whose list cannot be read."""
    environ = lay_out(tmp_path, "a checksum mismatch")
    (tmp_path / "work/svc/go.sum").unlink()
    (tmp_path / "proxy/x.io/a/@v/list").unlink()
    (tmp_path / "proxy/x.io/a/@v/list").mkdir()
    ran = run("-C", "svc", "why", "--version", "x.io/b", "--to", "v0.9.0", "-json", **environ)
    assert places(json.loads(ran.stdout), "module x.io/a: ") == {("svc/go.mod", 7)}


def test_the_line_of_what_is_replaced(tmp_path: Path, run: Run) -> None:
    """The zip of the replacement cannot be obtained; the line is that of the requirement, not of the replacement."""
    environ = with_zips(tmp_path, "a zip that nobody has")
    with (tmp_path / "work/svc/go.mod").open("a") as file:
        file.write("\nreplace x.io/b => x.io/d v1.0.0\n")
    other = tmp_path / "proxy/x.io/d/@v"
    other.mkdir(parents=True)
    (other / "v1.0.0.info").write_text('{"Version": "v1.0.0"}')
    (other / "v1.0.0.mod").write_text("module x.io/b\n")
    for words in (["licenses"], ["mirror", "add", "mirror"], ["sbom", "-packages"]):
        ran = run("-C", "svc", *words, "-json", **environ)
        assert places(json.loads(ran.stdout), "reading file:") == {("svc/go.mod", 7)}, words


@pytest.mark.parametrize("cause", ZIPS)
def test_the_line_that_leads_to_a_zip_that_is_to_be_compared(cause: str, tmp_path: Path, run: Run) -> None:
    """Beside svc stands was, which requires x.io/c alone."""
    environ = with_zips(tmp_path, cause)
    was = tmp_path / "work/was"
    was.mkdir()
    (was / "go.mod").write_text("module m.io/m\n\ngo 1.16\n\nrequire x.io/c v1.0.0\n")
    sentence, code = ZIPS[cause]
    ran = run("diff", "-json", "-zip", "x.io/b", "was/go.mod", "svc/go.mod", **environ)
    assert places(json.loads(ran.stdout), sentence) == {("svc/go.mod", 7)}
    assert ran.returncode == code


def test_the_line_of_an_import_that_nobody_has(tmp_path: Path, run: Run) -> None:
    """The third line of svc/x.go imports y.io/none; with the test alone it is svc/sub/s_test.go."""
    environ = with_zips(tmp_path, "")
    (tmp_path / "work/svc/go.sum").unlink()
    with zipfile.ZipFile(tmp_path / "proxy/x.io/b/@v/v1.0.0.zip", "w") as archive:
        archive.writestr("x.io/b@v1.0.0/b.go", "package b\n")
    source = tmp_path / "work/svc/x.go"
    source.write_text('// import "y.io/none"\npackage m\nimport _ "y.io/none"\n')
    words = {"audit": ("-packages", "-db", str(tmp_path / "osv")), "licenses": ("-packages",), "sbom": ("-packages",)}
    words |= {"check": ()}
    for verb, flags in words.items():
        ran = run("-C", "svc", verb, "-json", *flags, **environ)
        assert places(json.loads(ran.stdout), "y.io/none: ") == {("svc/x.go", 3)}, ran.stdout
    test = source.with_name("sub") / "s_test.go"
    test.parent.mkdir()
    source.replace(test)
    ran = run("-C", "svc", "check", "-json", **environ)
    assert places(json.loads(ran.stdout), "y.io/none: ") == {("svc/sub/s_test.go", 3)}, ran.stdout


def test_the_line_of_a_key_of_the_policy(tmp_path: Path, run: Run) -> None:
    environ = with_zips(tmp_path, "")
    policy = tmp_path / "work/svc/govgo.toml"
    policy.write_text('[check]\ntidy = true\n\n[licenses]\noverride = [\n  { module = "x.io/a", nosuch = 1 },\n]\n')
    for verb in ("check", "licenses"):
        ran = run("-C", "svc", verb, "-json", **environ)
        assert places(json.loads(ran.stdout), "unknown key") == {("svc/govgo.toml", 6)}, ran.stdout
