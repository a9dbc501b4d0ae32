# SPDX-License-Identifier: BSD-3-Clause
"""The library, on the recorded sample; expected values are go's own output for it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govgo import api, errors
from govgo.core.module.moduleversion import ModuleVersion
from govgo.ports.reporter import Reporter
from tests.simulators.proxy import ProxySimulator, Stall

PROXY = (Path(__file__).parents[1] / "testdata/sample/proxy").as_uri()
QUOTE = ModuleVersion("rsc.io/quote", "v1.5.2")
SUMS = b"""\
rsc.io/quote v1.5.2 h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y=
rsc.io/quote v1.5.2/go.mod h1:LzX7hefJvL54yjefDEDHNONDjII0t9xZLPXsUe+TKr0=
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "GOPATH": str(tmp_path / "go"), "GOPROXY": PROXY, "GOENV": "off"}


def test_parse_text_or_bytes() -> None:
    text = "module example.com/m\n\ngo 1.22\n\nrequire (\n\ta.b/c v1.0.0\n\ta.b/d v1.0.0\n)\n"
    assert repr(api.parse_mod(text)) == repr(api.parse_mod(text.encode()))
    assert repr(api.parse_mod(text)) == "<ModFile example.com/m: go 1.22, 2 requirements>"
    assert repr(api.parse_mod("")) == "<ModFile without a module line>"
    assert repr(api.parse_work("go 1.22\nuse ./a\n")) == "<WorkFile: go 1.22, 1 module>"
    assert api.parse_sum(SUMS.decode()) == api.parse_sum(SUMS)


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
    wrong = api.verify(str(tmp_path), environ=environ)
    assert wrong.verdict is api.Verdict.CONTRADICTION
    assert (bool(proved), bool(wrong)) == (False, False)
    document = wrong.to_dict()
    assert (document["schema"], document["summary"]["verdict"]) == ("govgo.verify/1", "contradiction")
    (tmp_path / "go.sum").write_bytes(SUMS)
    (tmp_path / "go.mod").write_text("module example.com/m\n")
    (tmp_path / "go.sum").unlink()
    assert api.verify(str(tmp_path), environ=environ)


def test_download_takes_text(environ: dict[str, str]) -> None:
    (found,) = api.download(["rsc.io/quote@v1.5.2"], environ=environ)
    assert found.sum == api.parse_sum(SUMS)[QUOTE][0]
    for given in ("rsc.io/quote", "@v1.5.2", "rsc.io/quote@", ""):
        with pytest.raises(errors.UsageError, match=r"need a module path and a version"):
            api.download([given], environ=environ)


def test_versions_and_queries(environ: dict[str, str]) -> None:
    assert api.versions("rsc.io/quote", environ=environ) == ("v1.5.2",)
    assert api.query("rsc.io/quote", environ=environ).version == "v1.5.2"
    assert api.query("rsc.io/quote", "<=v1.5.2", environ=environ).query == "<=v1.5.2"
    with pytest.raises(errors.NotFoundError, match=r"@v/list: no such file or directory$"):
        api.versions("rsc.io/nothing", environ=environ)
    with pytest.raises(errors.QueryError, match=r'^module rsc.io/quote: no matching versions for query "v9"$'):
        api.query("rsc.io/quote", "v9", environ=environ)


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    directory = tmp_path / "hello"
    shutil.copytree(Path(__file__).parents[1] / "testdata/sample/hello", directory)
    return directory


def test_get_tidy_and_why(hello: Path, environ: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    """The files are those that go 1.26 writes for `go get rsc.io/quote@v1.5.2 && go mod tidy`."""
    assert [change.path for change in api.get("rsc.io/quote@v1.5.2", str(hello), environ=environ)] == [
        *("golang.org/x/text", "rsc.io/quote", "rsc.io/sampler"),
    ]
    before = (hello / "go.mod").read_bytes()
    assert "+require rsc.io/quote v1.5.2" in api.tidy(str(hello), diff=True, environ=environ).splitlines()
    assert (hello / "go.mod").read_bytes() == before
    assert api.tidy(str(hello), environ=environ) == ""
    assert (hello / "go.mod").read_text() == (
        "module example.com/hello\n\ngo 1.26\n\nrequire rsc.io/quote v1.5.2\n\nrequire (\n"
        "\tgolang.org/x/text v0.0.0-20170915032832-14c0d48ead0c // indirect\n\trsc.io/sampler v1.3.0 // indirect\n)\n"
    )
    assert set(SUMS.splitlines()) < set((hello / "go.sum").read_bytes().splitlines())
    assert api.why(["rsc.io/sampler"], str(hello), environ=environ)[0].chain[-2:] == ("rsc.io/quote", "rsc.io/sampler")
    assert api.why("golang.org/x/text", str(hello), modules=True, environ=environ)[0].chain[-1:] == (
        "golang.org/x/text/language",
    )
    assert api.verify(str(hello), environ=environ)
    assert capfd.readouterr() == ("", "")


def test_faults_are_told_in_the_words_of_the_command(hello: Path, environ: dict[str, str]) -> None:
    """What `go get` prints for the same arguments; nothing is written."""
    before = (hello / "go.mod").read_bytes()
    one = r'^rsc.io/quote@v9: no matching versions for query "v9"'
    with pytest.raises(errors.QueryError, match=one + "$"):
        api.get(["rsc.io/quote@v9"], str(hello), environ=environ)
    with pytest.raises(errors.ReportedError, match=one + r'\nrsc.io/sampler@v8: no matching versions for query "v8"$'):
        api.get(["rsc.io/quote@v9", "rsc.io/sampler@v8"], str(hello), environ=environ)
    assert (hello / "go.mod").read_bytes() == before


def test_a_contradiction_is_raised_as_itself(hello: Path, environ: dict[str, str]) -> None:
    (hello / "go.sum").write_bytes(SUMS.replace(b"w5fcys", b"x5fcys"))
    with pytest.raises(errors.SumMismatchError, match=r"^verifying rsc.io/quote@v1.5.2: checksum mismatch"):
        api.get("rsc.io/quote@v1.5.2", str(hello), environ=environ)


def test_a_missing_directory_is_named(tmp_path: Path, environ: dict[str, str]) -> None:
    for name, reason in (("nothing", "no such file or directory"), ("file", "not a directory")):
        (tmp_path / "file").touch()
        for function in (api.resolve, api.verify, api.tidy):
            with pytest.raises(errors.DiskError) as caught:
                function(str(tmp_path / name), environ=environ)
            assert (str(caught.value), caught.value.path) == (
                f"chdir {tmp_path / name}: {reason}",
                str(tmp_path / name),
            )


def test_a_working_directory_that_is_gone(
    tmp_path: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence is go's. A directory that is named in full needs no other."""
    (tmp_path / "go.mod").write_text("module m\n\ngo 1.21\n")
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    sentence = "cannot determine current directory: getwd: no such file or directory"
    for call in (api.resolve, api.verify, api.tidy, lambda **env: api.get("rsc.io/quote", **env)):
        with pytest.raises(errors.InputError, match=f"^{sentence}$"):
            call(environ=environ)
    assert str(api.resolve(str(tmp_path), environ=environ).main[0]) == "m"


def test_progress(environ: dict[str, str]) -> None:
    events: list[api.Event] = []
    api.download(["rsc.io/quote@v1.5.2"], environ=environ, progress=events.append)
    assert {event.kind for event in events} <= set(Reporter.event.__doc__.split())  # type: ignore[union-attr]
    assert ("extracted", {"path": "rsc.io/quote", "version": "v1.5.2"}) in events


def test_cancelled_while_a_server_keeps_silent(environ: dict[str, str], tmp_path: Path) -> None:
    with ProxySimulator() as proxy:
        proxy.script("/rsc.io/quote/@v/list", Stall())
        asked = []

        def cancelled() -> bool:
            asked.append(True)
            return len(asked) > 3

        with pytest.raises(api.Cancelled):
            api.versions("rsc.io/quote", environ={**environ, "GOPROXY": proxy.url}, cancelled=cancelled)
    assert len(asked) == 4  # asked no more after the first True


@pytest.mark.parametrize("verb", [api.audit, api.verify])
def test_cancelled_while_a_database_keeps_silent(
    hello: Path, environ: dict[str, str], verb: Callable[..., Any]
) -> None:
    (hello / "go.sum").write_bytes(SUMS)
    asked = []

    def cancelled() -> bool:
        asked.append(True)
        return len(asked) > 9

    with ProxySimulator() as server:
        for path in ("/index/db.json", "/lookup/rsc.io/quote@v1.5.2", "/latest"):
            server.script(path, Stall())
        databases = {"GOVGO_VULNDB": server.url, "GOSUMDB": f"sum.golang.org {server.url}"}
        with pytest.raises(api.Cancelled):
            verb(str(hello), environ={**environ, **databases}, cancelled=cancelled)


def test_cancelled_before_it_begins(hello: Path, environ: dict[str, str]) -> None:
    before = (hello / "go.mod").read_bytes()
    with pytest.raises(api.Cancelled):
        api.get("rsc.io/quote@v1.5.2", str(hello), environ=environ, cancelled=lambda: True)
    assert (hello / "go.mod").read_bytes() == before
    assert not (hello / "go.sum").exists()


def test_check(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "go.mod").write_text("module example.com/m\n\ngo 1.16\n\nrequire rsc.io/quote v1.5.2\n")
    with pytest.raises(errors.UsageError, match=r"no govgo\.toml beside it"):
        api.check(str(tmp_path), environ=environ)
    (tmp_path / "govgo.toml").write_text("[check]\nno-pseudo-versions = true\nmodules.deny = ['rsc.io/sampler']\n")
    run = api.check(str(tmp_path), environ=environ)
    assert [(each.code, str(each.place)) for each in run.modules[0].findings] == [
        ("module-denied", "go.mod:5"),
        ("pseudo-version", "go.mod:5"),
    ]
    assert api.check(str(tmp_path), environ=environ, offline=True).modules == run.modules


def test_one_module_or_database_may_be_a_text(tmp_path: Path, environ: dict[str, str]) -> None:
    """A text is a sequence of texts, too: "./..." must not be five arguments."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "go.mod").write_text(f"module example.com/{name}\n\ngo 1.16\n")
    database = tmp_path / "db"
    database.mkdir()
    (database / "GO-1.json").write_text('{"id": "GO-1"}')
    home = str(tmp_path)
    names = ["example.com/a", "example.com/b"]
    assert [each.path for each in api.hygiene(home, where="./...", environ=environ).modules] == names
    assert [each.name for each in api.outdated(home, where="./...", environ=environ).modules] == names
    run = api.audit(home, where="./...", databases="db", environ=environ)
    assert ([each.path for each in run.modules], [each.size for each in run.databases]) == (names, [1])
    bills = api.sbom(home, where="a", advisories="db", environ=environ)
    assert [(each.path, each.exposures) for each in bills.documents] == [("example.com/a", ())]
