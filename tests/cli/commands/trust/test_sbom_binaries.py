# SPDX-License-Identifier: BSD-3-Clause
"""`govgo sbom` of Go binaries, whose lists of modules are below."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion

from tests.cli.commands.trust.test_audit import advisory
from tests.cli.commands.trust.test_sbom import MODULES, Run, mod_of, sbom, validate, validate_spdx, world
from tests.simulators import binaries
from tests.simulators import run as runs
from tests.simulators.gitrepos import needs_git
from tests.simulators.world import World

__all__ = ["sbom", "world"]  # fixtures

pytestmark = needs_git

MODINFO = """\
path\tq.io/main/cmd/tool
mod\tq.io/main\tv0.1.0\t
dep\tq.io/a\tv1.0.0\t{h1 q.io/a@v1.0.0}
dep\tq.io/local\tv1.0.0
=>\t../local\t(devel)\t
dep\tq.io/old\tv1.0.0
=>\tq.io/new\tv1.5.0\t{h1 q.io/new@v1.5.0}
build\t-buildmode=exe
build\tvcs=git
build\tvcs.revision=5ac1ab
build\tvcs.time=2024-05-06T07:08:09Z
build\tvcs.modified=true
"""


def test_a_binary(world: World, sbom: Any) -> None:
    h1s = {f"{{h1 {key.replace(' ', '@')}}}": world.record(mod_of(key)).split()[2] for key in MODULES}
    text = re.sub(r"\{h1 [^}]*\}", lambda found: h1s[found[0]], MODINFO)
    data = binaries.elf(binaries.inline("go1.26.8", text))
    Path("tool").write_bytes(data)
    run = sbom("tool", "--json")
    (document,) = run.json["documents"]
    found = {each["ref"]: each for each in document["components"]}
    assert (document["kind"], document["path"], document["go"]) == ("binary", "q.io/main/cmd/tool", "go1.26.8")
    assert document["sha256"] == hashlib.sha256(data).hexdigest()
    assert document["settings"]["-buildmode"] == "exe"
    assert found["q.io/main"]["git"] == {"commit": "5ac1ab", "time": "2024-05-06T07:08:09+00:00", "modified": True}
    assert {ref: (each["h1_from"], each["scope"]) for ref, each in found.items()} == {
        "q.io/main": (None, "unknown"),
        "q.io/a@v1.0.0": ("binary", "needed"),
        "q.io/local@v1.0.0": (None, "needed"),
        "q.io/old@v1.0.0": ("binary", "needed"),
        "stdlib@1.26.8": (None, "unknown"),
    }
    assert not any(each["requirements_known"] for each in document["components"])
    bom = sbom("tool", "--format", "cyclonedx").out
    validate(bom)
    (composition,) = json.loads(bom)["compositions"]
    assert composition["aggregate"] == "unknown"
    assert sbom("tool", "-o", "spdx:tool.spdx.json").code == 0
    validate_spdx(Path("tool.spdx.json"))
    assert sbom("tool", ".", "-o", "spdx:both/").code == 0
    assert len(list(Path("both").iterdir())) == 2


def test_licences_and_advisories_of_a_binary(
    world: World, sbom: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "GO-1.json").write_text(advisory("GO-1", "q.io/new", "introduced=0", "fixed=1.6.0"))
    (tmp_path / "db" / "GO-2.json").write_text(advisory("GO-2", "stdlib", "introduced=0", "fixed=1.26.9"))
    h1s = {f"{{h1 {key.replace(' ', '@')}}}": world.record(mod_of(key)).split()[2] for key in MODULES}
    text = re.sub(r"\{h1 [^}]*\}", lambda found: h1s[found[0]], MODINFO)
    Path("tool").write_bytes(binaries.elf(binaries.inline("go1.26.8", text)))
    args = ("tool", "--licenses", "--advisories", "--db", str(tmp_path / "db"))
    run = sbom(*args, "--json")
    (document,) = run.json["documents"]
    licences = {each["ref"]: each["license"] for each in document["components"]}
    assert licences["q.io/a@v1.0.0"] == licences["q.io/old@v1.0.0"] == "MIT"
    found = [(each["id"], each["component"]) for each in document["vulnerabilities"]]
    assert sorted(found) == [("GO-1", "q.io/old@v1.0.0"), ("GO-2", "stdlib@1.26.8")]
    for form in ("cyclonedx", "cyclonedx1.7"):
        validate(sbom(*args, "--format", form).out, SchemaVersion.V1_7 if form.endswith("7") else SchemaVersion.V1_6)
    assert sbom(*args, "-o", "spdx:tool.spdx.json").code == 0
    validate_spdx(Path("tool.spdx.json"))
    for release in ("go1.25rc1", "go1.21", "go1.21.4 X:loopvar", "devel go1.23-206df8e Tue Jan 2", "unknown"):
        Path("tool").write_bytes(binaries.elf(binaries.inline(release, text)))
        validate(sbom(*args, "--format", "cyclonedx").out)


HOSTILE = """\
path\tq.io/main
mod\tq.io/ma\x1b[31min/\tv1\t
dep\t\tv1.0.0\th1:x
dep\tq.io/a\tv1.0.0\th1:\x1b[31mxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
dep\tq.io/a\tv1.0.0\th1:{hash}
dep\tq.io//b/../c@x y#z?q=1\tv1 2+3\t
dep\tstdlib\t1.26.8\t
dep\t/\t\t
dep\tq.io/r\tv1.0.0
=>\t../\udcff\t\t
build\tvcs=git
build\tvcs.revision=\x1b[31m
build\tvcs.time=0001-01-01T00:00:00+23:59
build\t"a\\nb"="\\n::error::"
"""


@pytest.mark.parametrize("offset", ["0001-01-01T00:00:00+23:59", "2024-05-06T07:08:09Z"])
def test_a_hostile_binary(world: World, sbom: Any, offset: str) -> None:
    text = HOSTILE.replace("{hash}", "y" * 43 + "=").replace("0001-01-01T00:00:00+23:59", offset)
    data = binaries.inline("go1.26.8 X:\x1b[31m", "")
    framed = binaries.FRAME + text.encode("utf-8", "surrogateescape") + binaries.FRAME
    data = data[:-1] + binaries.varint(len(framed)) + framed
    Path("tool").write_bytes(binaries.elf(data))
    args = [arg for form in ("cyclonedx", "cyclonedx1.7", "spdx", "json") for arg in ("-o", f"{form}:{form}.spdx.json")]
    first = []
    for _ in range(2):
        run = sbom("tool", "--reproducible", *args)
        assert (run.code, run.err) == (0, "")
        first.append([Path(f"{form}.spdx.json").read_bytes() for form in ("cyclonedx", "spdx", "json")])
    assert first[0] == first[1]
    validate(Path("cyclonedx.spdx.json").read_text())
    validate(Path("cyclonedx1.7.spdx.json").read_text(), SchemaVersion.V1_7)
    for text in (run.out, *(data.decode() for data in first[0])):
        assert "\x1b" not in text
    (document,) = runs.document(first[0][2].decode(), Run.schema)["documents"]
    found = {each["ref"]: (each["h1"], each["purl"]) for each in document["components"]}
    assert len(found) == 6
    assert found["q.io/a@v1.0.0"] == ("", "pkg:golang/q.io/a@v1.0.0"), "the first counts, and its hash is none"
    assert found["q.io//b/../c@x y#z?q=1@v1 2+3"] == ("", "")
    validate_spdx(Path("spdx.spdx.json"))
