# SPDX-License-Identifier: BSD-3-Clause
"""The library, on the recorded sample; expected values are go's own output for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgo import api, errors
from govgo.core.module.moduleversion import ModuleVersion

PROXY = (Path(__file__).parents[1] / "testdata/sample/proxy").as_uri()
QUOTE = ModuleVersion("rsc.io/quote", "v1.5.2")
SUMS = b"""\
rsc.io/quote v1.5.2 h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y=
rsc.io/quote v1.5.2/go.mod h1:LzX7hefJvL54yjefDEDHNONDjII0t9xZLPXsUe+TKr0=
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "GOPATH": str(tmp_path / "go"), "GOPROXY": PROXY, "GOENV": "off"}


def test_parse_and_format_keep_comments() -> None:
    text = b"module example.com/m // mine\n\ngo 1.22\n\nrequire rsc.io/quote v1.5.2 // why\n"
    file = api.parse_mod(text)
    file.add_require("rsc.io/sampler", "v1.3.0")
    assert api.format_mod(file) == (
        b"module example.com/m // mine\n\ngo 1.22\n\n"
        b"require (\n\trsc.io/quote v1.5.2 // why\n\trsc.io/sampler v1.3.0\n)\n"
    )


def test_a_bad_line_is_named() -> None:
    with pytest.raises(errors.InputError, match=r"lib/go\.mod:2: unknown directive: requires"):
        api.parse_mod(b"module m\nrequires x v1.0.0\n", "lib/go.mod")


def test_sums_go_round() -> None:
    sums = api.parse_sum(SUMS)
    assert sums[QUOTE] == ("h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y=",)
    assert api.format_sum(sums) == SUMS


def test_resolve(tmp_path: Path, environ: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    module = tmp_path / "m"
    module.mkdir()
    text = "module example.com/m\n\ngo 1.16\n\nrequire rsc.io/quote v1.5.2\n"
    (module / "go.mod").write_text(text)
    build = api.resolve(str(module), environ=environ)
    assert [str(mv) for mv in build.build_list] == [
        "example.com/m",
        "golang.org/x/text@v0.0.0-20170915032832-14c0d48ead0c",
        "rsc.io/quote@v1.5.2",
        "rsc.io/sampler@v1.3.0",
    ]
    assert build.selected("rsc.io/sampler") == "v1.3.0"
    assert build.selected("rsc.io/nothing") is None
    assert dict(build.requirements)[QUOTE] == (ModuleVersion("rsc.io/sampler", "v1.3.0"),)
    assert (module / "go.mod").read_text() == text
    assert sorted(path.name for path in module.iterdir()) == ["go.mod"]
    assert capfd.readouterr() == ("", "")


def test_download(environ: dict[str, str]) -> None:
    found, missing = api.download([QUOTE, ModuleVersion("rsc.io/quote", "v9.9.9")], environ=environ)
    assert (found.sum, found.gomod_sum) == (api.parse_sum(SUMS)[QUOTE][0], SUMS.split()[-1].decode())
    assert sorted(path.name for path in Path(found.dir).iterdir()) == [
        *("LICENSE", "README.md", "buggy", "go.mod", "quote.go", "quote_test.go"),
    ]
    assert missing.error is not None
    assert missing.dir == ""


def test_verify(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "go.mod").write_text("module example.com/m\n\ngo 1.16\n\nrequire rsc.io/quote v1.5.2\n")
    (tmp_path / "go.sum").write_bytes(SUMS)
    proved = api.verify(str(tmp_path), environ=environ)
    # go's sentence for what `go list -m all` would miss; the lines that are there are proved.
    assert [finding.text for _, finding in proved.all_findings()] == [
        "golang.org/x/text@v0.0.0-20170915032832-14c0d48ead0c: missing go.sum entry for go.mod file",
        "rsc.io/sampler@v1.3.0: missing go.sum entry for go.mod file",
    ]
    (tmp_path / "go.sum").write_bytes(SUMS.replace(b"w5fcys", b"x5fcys"))
    assert api.verify(str(tmp_path), environ=environ).verdict == 4
