# SPDX-License-Identifier: BSD-3-Clause
"""`govgo sbom` from the command line.

The documents in testdata/sbom are written by hand from the world below; hashes stand in them as {h1 MODULE} and
{sha256 MODULE}, which are computed here from what the proxy serves.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_tools.spdx.model import RelationshipType
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
from spdx_tools.spdx.writer.write_anything import write_file

import govgo
from govgo import api
from govgo.cli.main import invoke
from govgo.core.module.moduleversion import ModuleVersion
from govgo.report.sbom.json import sbom_json
from tests.cli.commands.trust.test_licenses import BSD, MIT
from tests.simulators import run as runs
from tests.simulators.gitrepos import needs_git
from tests.simulators.world import World

pytestmark = needs_git
TESTDATA = Path(__file__).parents[4] / "testdata" / "sbom"

#: path and version: the requirements, the files.
MODULES: dict[str, tuple[str, dict[str, str]]] = {
    "q.io/a v1.0.0": ("require q.io/b v1.1.0\n", {"LICENSE": MIT, "a.go": 'package a\n\nimport _ "q.io/b"\n'}),
    "q.io/b v1.1.0": ("require q.io/gone v1.0.0\n", {"a.go": "package b\n"}),
    "q.io/b v1.2.0": ("", {"LICENSE": BSD, "a.go": "package b\n"}),
    "q.io/test v1.0.0": ("", {"LICENSE": BSD, "a.go": "package test\n"}),
    "q.io/graph v2.0.0+incompatible": ("", {"a.go": "package graph\n"}),
    "q.io/old v1.0.0": ("", {"a.go": "package old\n"}),
    "q.io/new v1.5.0": ("require q.io/a v1.0.0\n", {"LICENSE": MIT, "a.go": "package old\n"}),
    "q.io/local v1.0.0": ("", {"a.go": "package local\n"}),
    "q.io/gone v1.0.0": ("", {"a.go": "package gone\n"}),
}
GOMOD = """\
module example.com/app

go 1.16

require (
	q.io/a v1.0.0
	q.io/b v1.2.0 // indirect
	q.io/graph v2.0.0+incompatible
	q.io/local v1.0.0
	q.io/old v1.0.0
	q.io/test v1.0.0
)

replace q.io/old => q.io/new v1.5.0

replace q.io/local => ../local
"""
SOURCES = {
    "a.go": 'package app\n\nimport (\n\t_ "q.io/a"\n\t_ "q.io/local"\n\t_ "q.io/old"\n)\n',
    "a_windows_test.go": 'package app\n\nimport _ "q.io/test"\n',
}
LISTED = ("q.io/a v1.0.0", "q.io/b v1.2.0", "q.io/new v1.5.0", "q.io/test v1.0.0")
"""Those whose zips go.sum knows."""
GIT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "n",
    "GIT_AUTHOR_EMAIL": "e",
    "GIT_AUTHOR_DATE": "1700000000 +0000",
    "GIT_COMMITTER_NAME": "n",
    "GIT_COMMITTER_EMAIL": "e",
    "GIT_COMMITTER_DATE": "1700000000 +0000",
}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as world:
        sums = []
        for name, (more, files) in MODULES.items():
            path, version = name.split()
            gomod = "" if version.endswith("+incompatible") else f"module {path}\n\ngo 1.16\n\n{more}"
            record = world.publish(path, version, gomod or f"module {path}\n", files)
            sums += [line for line in record.splitlines() if "/go.mod " in line or name in LISTED]
        local = {"a.go": "package local\n", "LICENSE": MIT}
        world.main("module q.io/local\n\nrequire q.io/test v1.0.0\n", local, name="local")
        world.use(monkeypatch, GOWORK="")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        main = world.main(GOMOD, {**SOURCES, "go.sum": "".join(f"{line}\n" for line in sorted(sums))})
        monkeypatch.chdir(main)
        yield world


def mod_of(key: str) -> ModuleVersion:
    return ModuleVersion(*key.split())


class Run(runs.Run):
    """One run: its exit code and what it printed."""

    command = ("sbom",)
    schema = "govgo.sbom-1.json"

    @property
    def edges(self) -> set[tuple[str, str]]:
        """All edges of the one document in JSON."""
        (document,) = self.json["documents"]
        return {(each["from"], target) for each in document["edges"] for target in each["to"]}


@pytest.fixture
def sbom(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *args: Run(capsys, *args)


def git(directory: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=directory, env=GIT, check=True, capture_output=True, text=True).stdout


def commit(directory: Path) -> str:
    git(directory, "init", "-q")
    git(directory, "add", "-A")
    git(directory, "commit", "-q", "-m", "x")
    git(directory, "tag", "v0.3.0")
    return git(directory, "rev-parse", "HEAD").strip()


def wanted(world: World, name: str, **more: str) -> Any:
    """A document of testdata, its hashes filled in from what the proxy and the log have."""
    values = {"tool": govgo.__version__, "database": world.log.name, "size": str(len(world.log.records)), **more}
    for module in MODULES:
        path, version = module.split()
        data = world.proxy.files[f"/{path}/@v/{version}.zip"]
        values[f"sha256 {path}@{version}"] = hashlib.sha256(data).hexdigest()
        number = world.log.numbers[path, version]
        values[f"h1 {path}@{version}"] = world.log.records[number].decode().split()[2]
        values[f"record {path}@{version}"] = str(number)
    text = (TESTDATA / name).read_text()
    return json.loads(re.sub(r"\{([a-z0-9]+(?: [^}]*)?)\}", lambda found: values[found[1]], text))


def _sorted(value: Any) -> Any:
    """A document whose lists are in order: CycloneDX and SPDX give most of them none."""
    if isinstance(value, dict):
        return {key: _sorted(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted(map(_sorted, value), key=lambda each: json.dumps(each, sort_keys=True))
    return value


def validate(text: str, version: SchemaVersion = SchemaVersion.V1_6) -> None:
    assert JsonStrictValidator(version).validate_str(text) is None
    bom = json.loads(text)  # the schema does not say that references lead somewhere, the specification does
    named = {each["bom-ref"] for each in (bom["metadata"]["component"], *bom.get("components", ()))}
    used = {ref for each in bom["dependencies"] for ref in (each["ref"], *each.get("dependsOn", ()))}
    used.update(each["ref"] for one in bom.get("vulnerabilities", ()) for each in one["affects"])
    assert used <= named


def validate_spdx(file: Path) -> Any:
    """The document as another program reads it, which finds nothing wrong with it."""
    document = parse_file(str(file))
    assert [each.validation_message for each in validate_full_spdx_document(document, "SPDX-2.3")] == []
    return document


def prove(capsys: pytest.CaptureFixture[str]) -> None:
    """Let the checksum database prove every line of go.sum; its answers are kept."""
    assert invoke(["verify", "--only", "database"]) == 0
    capsys.readouterr()


PACKAGES = ("--packages", "--licenses", "--reproducible")


def test_cyclonedx_is_what_was_written_by_hand(world: World, sbom: Any, capsys: pytest.CaptureFixture[str]) -> None:
    head = commit(world.root / "main")
    prove(capsys)
    run = sbom(*PACKAGES, "--format", "cyclonedx")
    want = wanted(world, "app.cdx.json", commit=head)
    assert (_sorted(json.loads(run.out)), run.err, run.code) == (_sorted(want), "", 0)
    validate(run.out)
    newer = sbom(*PACKAGES, "--format", "cyclonedx1.7").out
    validate(newer, SchemaVersion.V1_7)
    want |= {"specVersion": "1.7", "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json"}
    assert _sorted(json.loads(newer)) == _sorted(want)
    read: Any = Bom.from_json(json.loads(run.out))
    assert {str(each.bom_ref) for each in read.components} == {each["bom-ref"] for each in want["components"]}


def test_spdx_is_what_was_written_by_hand(
    world: World, sbom: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = commit(world.root / "main")
    prove(capsys)
    file = tmp_path / "app.spdx.json"
    assert sbom(*PACKAGES, "-o", f"spdx:{file}").code == 0
    want = wanted(world, "app.spdx.json", commit=head)
    found = json.loads(file.read_text())
    assert {key: found[key] for key in want if key not in ("packages", "relationships")} == {
        key: value for key, value in want.items() if key not in ("packages", "relationships")
    }
    names = {"SPDXRef-DOCUMENT": "SPDXRef-DOCUMENT", "NONE": "NONE"}
    packages = {each["name"]: each for each in found["packages"]}
    unsaid = {"downloadLocation", "licenseDeclared", "copyrightText"}
    for name, package in packages.items():
        assert {package.pop(each) for each in unsaid} == {"NOASSERTION"}
        assert package.pop("filesAnalyzed") is False
        version = package.get("versionInfo", "v1.0.0")
        ref = "q.io/old@v1.0.0" if name == "q.io/new" else name if name == "example.com/app" else f"{name}@{version}"
        names[package["SPDXID"]] = package["SPDXID"] = ref
    assert len(packages) == 8
    for each in want["packages"]:
        assert packages[each["name"]] == each
    edges = [
        [names[each["spdxElementId"]], each["relationshipType"], names[each["relatedSpdxElement"]]]
        for each in found["relationships"]
    ]
    assert sorted(edges) == sorted(want["relationships"])
    document = validate_spdx(file)
    write_file(document, str(tmp_path / "again.spdx.json"))
    again = parse_file(str(tmp_path / "again.spdx.json"))
    assert again == document


def test_text(world: World, sbom: Any) -> None:
    commit(world.root / "main")
    assert sbom("--packages").out == TEXT
    assert sbom().out.splitlines()[2].split() == ["q.io/a", "v1.0.0", "go.sum"]


TEXT = """\
example.com/app v0.3.0
MODULE      VERSION                    SCOPE       HASH    PROOF
q.io/a      v1.0.0                     needed      go.sum
q.io/b      v1.2.0                     needed      go.sum
q.io/gone   v1.0.0                     graph only
q.io/graph  v2.0.0+incompatible        graph only
q.io/local  v1.0.0 => ../local         needed
q.io/old    v1.0.0 => q.io/new v1.5.0  needed      go.sum
q.io/test   v1.0.0                     test only   go.sum

7 modules, 9 edges, 4 with h1, 4 with zip at hand, 0 proved
"""


def test_edges_are_those_of_the_selected_graph(world: World, sbom: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["graph", "-selected"]) == 0
    printed = {tuple(line.split()) for line in capsys.readouterr().out.splitlines()}
    assert len(printed) == 9
    assert sbom("--json").edges == printed
    bom = json.loads(sbom("--format", "cyclonedx").out)
    assert {(each["ref"], to) for each in bom["dependencies"] for to in each.get("dependsOn", ())} == printed
    (document,) = sbom("--json").json["documents"]
    assert invoke(["list", "-m", "all"]) == 0
    listed = [line.partition(" =>")[0] for line in capsys.readouterr().out.splitlines()]
    assert [f"{each['path']} {each['version']}".strip() for each in document["components"]] == listed


def test_two_runs_are_the_same_bytes(world: World, sbom: Any, tmp_path: Path) -> None:
    """Also where the first fills the module cache, and writes into the work tree that is described."""
    commit(world.root / "main")
    (world.root / "main/sub").mkdir()
    forms = {"cyclonedx": "a.cdx.json", "cyclonedx1.7": "b.cdx.json", "spdx": "a.spdx.json", "json": "sub/a.json"}
    args = [arg for form, file in forms.items() for arg in ("-o", f"{form}:{file}")]
    first = []
    for _ in range(2):
        assert sbom(*PACKAGES, *args).code == 0
        first.append([Path(file).read_bytes() for file in forms.values()])
    assert first[0] == first[1]
    bom = json.loads(first[0][0])
    assert "serialNumber" not in bom
    assert "timestamp" not in bom["metadata"]
    assert json.loads(first[0][3])["documents"][0]["components"][0]["git"]["modified"] is False
    other = [json.loads(sbom("--format", "cyclonedx").out) for _ in range(2)]
    assert other[0]["serialNumber"] != other[1]["serialNumber"]
    assert other[0]["metadata"]["timestamp"] <= other[1]["metadata"]["timestamp"]


def test_a_changed_work_tree_is_told_and_has_no_package_url(world: World, sbom: Any) -> None:
    head = commit(world.root / "main")
    Path("new.go").write_text("package app\n")
    main = json.loads(sbom("--format", "cyclonedx").out)["metadata"]["component"]
    assert (main["version"], "purl" in main) == ("v0.3.0+dirty", False)
    assert {each["value"] for each in main["properties"]} >= {head, "true"}


def test_without_git_nothing_is_said_of_it(world: World, sbom: Any) -> None:
    (document,) = sbom("--json").json["documents"]
    main = document["components"][0]
    assert (main["main"], main["version"], main["git"]) == (True, "", None)


def test_a_zip_that_differs_from_go_sum(world: World, sbom: Any) -> None:
    assert sbom("--packages").code == 0
    zips = world.cache / "cache/download/q.io"
    other = (zips / "b/@v/v1.2.0.zip").read_bytes()
    (zips / "a/@v/v1.0.0.zip").write_bytes(other)
    run = sbom("--json")
    assert (run.code, run.json["errors"][0]["code"], run.json["documents"]) == (4, "sum-mismatch", [])
    (zips / "a/@v/v1.0.0.zip").write_bytes(b"no zip")
    (document,) = sbom("--json").json["documents"]
    found = next(each for each in document["components"] if each["path"] == "q.io/a")
    assert (found["sha256"], found["h1_from"]) == ("", "go.sum"), "nothing is claimed of it"


def test_the_database_proves_another_hash(world: World, sbom: Any) -> None:
    assert invoke(["verify", "--only", "database"]) == 0
    go_sum = Path("go.sum")
    lines = [line.split() for line in go_sum.read_text().splitlines()]
    for line in lines:
        if line[:2] == ["q.io/a", "v1.0.0"]:
            line[2] = "h1:U1hPZKmBbMNahiBKFy5HrXp6adAjACjK9JXDnKaTXpA="
    go_sum.write_text("".join(f"{' '.join(line)}\n" for line in lines))
    assert sbom().code == 4


def test_scopes_are_unknown_where_imports_cannot_be_followed(world: World, sbom: Any) -> None:
    Path("b.go").write_text('package app\n\nimport _ "q.io/a/missing"\n')
    run = sbom("--packages", "--json")
    (document,) = run.json["documents"]
    assert {each["scope"] for each in document["components"]} == {"unknown"}
    assert (document["scope_unknown"], run.code) == ("imports of 1 packages cannot be followed", 3)
    assert "scope" not in json.loads(sbom("--packages", "--format", "cyclonedx").out)["components"][0]


def test_pruned_requirements_are_unknown(world: World, sbom: Any) -> None:
    world.publish("q.io/deep", "v1.0.0", "module q.io/deep\n\ngo 1.17\n\nrequire q.io/test v1.0.0\n")
    world.publish("q.io/top", "v1.0.0", "module q.io/top\n\ngo 1.17\n\nrequire q.io/deep v1.0.0\n")
    main = world.main("module example.com/p\n\ngo 1.17\n\nrequire q.io/top v1.0.0\n", name="pruned")
    run = sbom("-C", str(main), "--format", "cyclonedx", "--reproducible")
    assert run.code == 0
    validate(run.out)
    assert json.loads(run.out)["compositions"] == [
        {"aggregate": "complete", "dependencies": ["example.com/p", "q.io/top@v1.0.0"]},
        {"aggregate": "unknown", "dependencies": ["q.io/deep@v1.0.0"]},
    ]
    spdx = json.loads(sbom("-C", str(main), "--format", "spdx").out)
    assert "NOASSERTION" in {each["relatedSpdxElement"] for each in spdx["relationships"]}


def test_a_workspace(world: World, sbom: Any, tmp_path: Path) -> None:
    (tmp_path / "go.work").write_text("go 1.21\n\nuse (\n\t./main\n\t./other\n)\n")
    world.main("module example.com/other\n\ngo 1.21\n\nrequire q.io/b v1.2.0\n", name="other")
    os.chdir(tmp_path)
    bom = json.loads(sbom("--format", "cyclonedx").out)
    assert bom["metadata"]["component"]["bom-ref"] == "workspace:."
    edges = {each["ref"]: each.get("dependsOn", []) for each in bom["dependencies"]}
    assert edges["workspace:."] == ["example.com/app", "example.com/other"]
    assert edges["example.com/other"] == ["q.io/b@v1.2.0"]
    validate(sbom("--format", "cyclonedx").out)
    assert sbom("-o", "spdx:w.spdx.json").code == 0
    described = [
        each.related_spdx_element_id
        for each in validate_spdx(tmp_path / "w.spdx.json").relationships
        if each.relationship_type is RelationshipType.DESCRIBES
    ]
    assert len(described) == 2


def test_several_modules_are_one_document_each(world: World, sbom: Any, tmp_path: Path) -> None:
    os.chdir(tmp_path)
    (tmp_path / "main" / "go.mod").rename(tmp_path / "main" / "go.mod.off")
    world.main("module example.com/x\n\nrequire q.io/b v1.1.0\n", name="x")
    world.main("module example.com/x\n\nrequire q.io/b v1.2.0\n", name="y")
    run = sbom("./...", "--format", "cyclonedx")
    assert (run.code, run.out) == (2, "")
    assert "3 modules, and a document of this format is about one" in run.err
    assert sbom("./...", "-o", "cyclonedx:out/", "-o", "spdx:out/", "-o", "json:all.json").code == 0
    names = {"q.io_local", "example.com_x", "example.com_x_2"}
    assert {each.name for each in Path("out").iterdir()} == {
        f"{name}.{suffix}" for name in names for suffix in ("cdx.json", "spdx.json")
    }
    for name in names:
        validate(Path(f"out/{name}.cdx.json").read_text())
        validate_spdx(Path(f"out/{name}.spdx.json"))
    assert len(json.loads(Path("all.json").read_text())["documents"]) == 3
    selected = [json.loads(Path(f"out/{name}.cdx.json").read_text()) for name in ("example.com_x", "example.com_x_2")]
    assert [each["components"][0]["version"] for each in selected] == ["v1.1.0", "v1.2.0"]


def test_advisories(world: World, sbom: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    database = tmp_path / "db"
    database.mkdir()
    for name, module, more in (
        ("GO-1", "q.io/b", {"aliases": ["CVE-2024-1"], "summary": "bad \x1b[31m", "severity": [VECTOR]}),
        ("GO-2", "q.io/new", {"database_specific": {"severity": "MODERATE", "url": "https://q.io/GO-2"}}),
        ("GO-3", "q.io/test", {"summary": "put aside"}),
        ("GO-4", "stdlib", {}),
    ):
        package = {"ecosystem": "Go", "name": module}
        ranges = [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "9.9.9"}]}]
        advisory = {"id": name, "affected": [{"package": package, "ranges": ranges}], **more}
        (database / f"{name}.json").write_text(json.dumps(advisory))
    monkeypatch.setenv("GOVGO_VULNDB", str(database))
    Path("govgo.toml").write_text('[audit]\nignore = [{ id = "GO-3", reason = "tests only" }]\n')
    for version, form in ((SchemaVersion.V1_6, "cyclonedx"), (SchemaVersion.V1_7, "cyclonedx1.7")):
        run = sbom("--advisories", "--format", form)
        assert run.code == 0, "an inventory is no verdict"
        validate(run.out, version)
    found = {each["id"]: each for each in json.loads(run.out)["vulnerabilities"]}
    assert {name: [each["ref"] for each in one["affects"]] for name, one in found.items()} == {
        "GO-1": ["q.io/b@v1.2.0"],
        "GO-2": ["q.io/old@v1.0.0"],
        "GO-3": ["q.io/test@v1.0.0"],
        "GO-4": ["stdlib@1.16.0"],
    }
    assert found["GO-1"]["references"] == [{"id": "CVE-2024-1", "source": {"name": "CVE"}}]
    assert [each["vector"] for each in found["GO-1"]["ratings"]] == ["AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"]
    assert [each["severity"] for each in found["GO-2"]["ratings"]] == ["medium"]
    assert found["GO-3"]["analysis"] == {"detail": "tests only"}
    (document,) = sbom("--advisories", "--json").json["documents"]
    assert [each["id"] for each in document["vulnerabilities"]] == ["GO-4", "GO-1", "GO-2"]
    Path("govgo.toml").write_text('[audit]\nignore = [{ id = "GO-4", reason = "not reached" }]\n')
    validate(sbom("--advisories", "--format", "cyclonedx").out)


VECTOR = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}


def test_licenses_that_have_no_name(world: World, sbom: Any, tmp_path: Path) -> None:
    override = '{ module = "q.io/graph", license = "LicenseRef-Odd OR MIT", reason = "asked" }'
    Path("govgo.toml").write_text(f"[licenses]\noverride = [{override}]\n")
    assert sbom("--licenses", "-o", "spdx:a.spdx.json", "-o", "cyclonedx:a.cdx.json").code == 0
    validate(Path("a.cdx.json").read_text())
    validate_spdx(Path("a.spdx.json"))
    packages = {
        each["name"]: each["licenseConcluded"] for each in json.loads(Path("a.spdx.json").read_text())["packages"]
    }
    assert packages["q.io/graph"] == "LicenseRef-Odd OR MIT"
    assert packages["q.io/gone"] == "NOASSERTION", "its zip has no licence"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("--licenses", "govgo.toml: Expected"),
        ("--advisories -db {db}", "govgo.toml: Expected"),
        ("--licenses --advisories -db {db}", "govgo.toml: Expected"),
        ("--advisories -db {db} -db {db}/none", "{db}/none: no such file or directory"),
    ],
)
def test_what_licenses_and_audit_could_not_look_at_is_told(
    world: World, sbom: Any, tmp_path: Path, flags: str, said: str
) -> None:
    """Once, whichever of them met it; the document lacks that part, and the exit code says so."""
    db = tmp_path / "db"
    db.mkdir()
    (db / "a.json").write_text(json.dumps({"id": "A-1", "modified": "2026-01-01T00:00:00Z"}))
    if "toml" in said:
        Path("govgo.toml").write_text("[audit")
    run = sbom(*flags.format(db=db).split(), "--json")
    assert run.code == 3
    assert run.err.count(said.format(db=db)) == 1
    assert len(run.json["errors"]) == 1
    assert [each["path"] for each in run.json["documents"]] == ["example.com/app"]


@pytest.mark.parametrize("flags", ["", "--licenses"])
def test_a_cached_zip_that_cannot_be_read(world: World, sbom: Any, flags: str) -> None:
    """It is not left out as if there were none: something has damaged it."""
    assert sbom("--packages").code == 0
    (file,) = world.cache.glob("cache/download/q.io/a/@v/v1.0.0.zip")
    file.write_bytes(b"")
    run = sbom(*flags.split(), "--json")
    assert run.code == 3
    assert run.err.count("go.mod:6: q.io/a@v1.0.0: zip: not a valid zip file\n") == 1
    (document,) = run.json["documents"]
    (component,) = [each for each in document["components"] if each["path"] == "q.io/a"]
    assert (component["h1_from"], component["sha256"]) == ("go.sum", "")


@pytest.mark.parametrize("form", ["json", "cyclonedx", "spdx"])
def test_a_failed_run_says_so_in_every_format(world: World, sbom: Any, form: str) -> None:
    Path("go.mod").write_text("module example.com/app\n\nrequire q.io/none v1.0.0\n")
    run = sbom("--format", form, "-o", f"{form}:a.{form}.json")
    assert run.code == 3
    assert "q.io/none@v1.0.0" in run.err
    for text in (run.out, Path(f"a.{form}.json").read_text()):
        assert "q.io/none@v1.0.0" in text
    if form == "cyclonedx":
        validate(run.out)
        assert [each["aggregate"] for each in json.loads(run.out)["compositions"]] == ["unknown"]
    if form == "spdx":
        Path("x.spdx.json").write_text(run.out)
        validate_spdx(Path("x.spdx.json"))


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("nowhere",), "nowhere: no such file or directory"),
        (("a.go",), "a.go: neither go.mod nor a Go binary"),
        (("--format", "xml"), "unknown format 'xml'"),
        (("-db", "x"), "add -advisories"),
        (("a.go", "--licenses"), "a.go: neither go.mod nor a Go binary"),
        (("-o", "spdx"), "want FORMAT:FILE"),
    ],
)
def test_bad_arguments(world: World, sbom: Any, args: tuple[str, ...], said: str) -> None:
    run = sbom(*args)
    assert (run.code, said in run.err) == (2, True), run.err


def test_nobody_is_asked_offline(world: World, sbom: Any) -> None:
    assert sbom("--offline", "--json").code == 3
    assert sbom("--packages").code == 0
    asked = len(world.proxy.asked)
    assert sbom("--offline", "--packages").code == 0
    assert len(world.proxy.asked) == asked


def test_the_library_for_cyclonedx_is_missing(world: World, sbom: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cyclonedx.output.json", None)
    run = sbom("-o", "cyclonedx:a.json", "-o", "spdx:b.json")
    assert (run.code, Path("a.json").exists(), Path("b.json").exists()) == (2, False, True)
    assert "pip install 'govgo[audit]'" in run.err


def test_the_library_gives_the_same(world: World, sbom: Any) -> None:
    run = api.sbom(".", packages=True, timeless=True)
    assert sbom_json(run) == sbom("--packages", "--reproducible", "--json").out
    assert {each.ref: each.scope for each in run.documents[0].components}["q.io/test@v1.0.0"] == "test only"
