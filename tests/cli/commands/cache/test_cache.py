# SPDX-License-Identifier: BSD-3-Clause
"""`govgo cache` as a person and a script meet it, with the recorded proxy and database of testdata/sample."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest

from govgo.core.modcache import Held, Needs, Removal, removals
from govgo.core.module.moduleversion import ModuleVersion
from tests.simulators import run as runs
from tests.simulators.zips import module_zip

SAMPLE = Path(__file__).parents[4] / "testdata/sample"
QUOTE = "rsc.io/quote@v1.5.2"
TEXT = "golang.org/x/text@v0.0.0-20170915032832-14c0d48ead0c"
GO = shutil.which("go")


class Run(runs.Run):
    def __init__(self, capsys: pytest.CaptureFixture[str], *args: str) -> None:
        self.schema = f"govgo.cache.{args[0].replace('clean', 'prune')}-1.json"
        self.command = ("cache",)
        super().__init__(capsys, *args)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a filled cache, and in `hello` the module that needs what is in it."""
    home = tmp_path_factory.mktemp("filled")
    shutil.copytree(SAMPLE / "hello", home / "hello")
    with pytest.MonkeyPatch.context() as patch:
        live_in(home, patch)
        for words in (("get", QUOTE), ("download",)):
            assert runs.invoke([*words]) == 0
    return home


@pytest.fixture
def mod(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A filled cache of the test's own; the working directory is the module that needs what is in it."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    live_in(tmp_path, monkeypatch)
    return tmp_path / "go/pkg/mod"


def live_in(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home / "hello")
    environ = {
        "HOME": str(home),
        "GOPATH": str(home / "go"),
        "GOPROXY": (SAMPLE / "proxy").as_uri(),
        "GOENV": "off",
        "GOFLAGS": "",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    for name in ("GOMODCACHE", "GOSUMDB", "GOPRIVATE", "GONOSUMDB"):
        monkeypatch.delenv(name, raising=False)


def damage(path: Path, data: bytes) -> None:
    path.parent.chmod(0o755)
    path.chmod(0o644)
    path.write_bytes(data)


def test_where_it_is(mod: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert Run(capsys, "dir").out == f"{mod}\n"


def test_how_large_it_is(mod: Path, capsys: pytest.CaptureFixture[str]) -> None:
    total = sum(path.stat().st_size for path in mod.rglob("*") if path.is_file())
    told = Run(capsys, "size", "-json").json
    assert told["summary"]["bytes"] == total
    assert [f"{each['path']}@{each['version']}" for each in told["results"]] == [TEXT, QUOTE, "rsc.io/sampler@v1.3.0"]
    text = Run(capsys, "size").out
    assert "zips of 3 module versions" in text
    assert text.splitlines()[-1].endswith(f"in {mod}")


def test_a_sound_cache_passes(mod: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = Run(capsys, "verify")
    assert (done.code, done.out) == (0, "3 module versions in the cache, all as they were downloaded\n")


def test_what_is_damaged_is_told_and_fetched_again(mod: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in mod.rglob("*") if path.is_file() and path.suffix != ".lock"}
    damage(mod / QUOTE / "quote.go", b"package quote\n")
    damage(mod / "cache/download/rsc.io/sampler/@v/v1.3.0.zip", b"PK")
    done = Run(capsys, "verify")
    assert done.code == 1
    assert [line.partition(": ")[0] for line in done.out.splitlines()] == [QUOTE, "rsc.io/sampler@v1.3.0"]
    told = Run(capsys, "verify", "-json")
    assert [fault["code"] for each in told.json["results"] for fault in each["faults"]] == [
        "dir-modified",
        "zip-modified",
    ]
    repaired = Run(capsys, "verify", "-repair", "-json")
    assert repaired.code == 0
    assert (repaired.json["summary"]["damaged"], repaired.json["summary"]["repaired"]) == (2, 2)
    assert Run(capsys, "verify").code == 0
    assert {path: path.read_bytes() for path in before} == before


def test_a_repair_that_fails_is_told(
    mod: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(mod / "cache/download/rsc.io/quote/@v/v1.5.2.zip", b"PK")
    monkeypatch.setenv("GOPROXY", "off")
    done = Run(capsys, "verify", "-repair")
    assert done.code == 3
    assert f"{QUOTE}: not repaired: " in done.out
    assert "GOPROXY=off" in done.out


def test_forged_bytes_do_not_come_in_by_a_repair(
    mod: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The database judges what is fetched, also where the forger controls proxy, zip and recorded hash."""
    proxy = tmp_path / "proxy"
    shutil.copytree(SAMPLE / "proxy", proxy)
    gomod = (proxy / "rsc.io/quote/@v/v1.5.2.mod").read_bytes()
    forged = module_zip(QUOTE, {"go.mod": gomod, "evil.go": b"package evil\n"})
    (proxy / "rsc.io/quote/@v/v1.5.2.zip").write_bytes(forged)
    monkeypatch.setenv("GOPROXY", proxy.as_uri())
    damage(mod / "cache/download/rsc.io/quote/@v/v1.5.2.zip", b"PK")
    done = Run(capsys, "verify", "-repair")
    assert done.code == 4, done.out
    assert not (mod / "cache/download/rsc.io/quote/@v/v1.5.2.zip").exists()
    assert not (mod / QUOTE).exists()


def test_one_module_is_checked(mod: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert Run(capsys, "verify", QUOTE).out.startswith("1 module version ")
    assert Run(capsys, "verify", "rsc.io/quote", TEXT).out.startswith("2 module versions ")
    done = Run(capsys, "verify", "rsc.io/none")
    assert (done.code, done.err) == (2, "govgo: rsc.io/none: not in the module cache\n")


def test_what_the_module_needs_is_kept(mod: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert Run(capsys, "prune", "-keep-for", "go.mod").out.endswith("; 3 versions stay\n")
    Path("go.mod").write_text("module example.com/hello\n\ngo 1.26\n\nrequire rsc.io/sampler v1.3.0\n")
    Path("go.sum").unlink()
    dry = Run(capsys, "prune", "-n", "-keep-for", ".")
    size = sum(path.stat().st_size for path in (mod / QUOTE).rglob("*") if path.is_file())
    size += sum(path.stat().st_size for path in mod.glob("cache/download/rsc.io/quote/@v/v1.5.2.*"))
    told = Run(capsys, "prune", "-n", "-json", "-keep-for", ".").json
    assert [each["path"] for each in told["results"]] == ["rsc.io/quote"]
    assert told["summary"]["bytes"] == size
    assert dry.out.splitlines()[0].startswith(f"Would remove {QUOTE}: ")
    assert (mod / QUOTE).exists()
    assert Run(capsys, "prune", "-keep-for", ".", "-keep-for", ".").code == 0
    assert not (mod / QUOTE).exists()
    assert (mod / TEXT).exists()


def test_nothing_goes_where_what_is_needed_cannot_be_told(
    mod: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOPROXY", "off")
    Path("go.mod").write_text("module example.com/hello\n\ngo 1.26\n\nrequire rsc.io/gone v1.0.0\n")
    done = Run(capsys, "prune", "-keep-for", ".", "-json")
    assert done.code == 3
    assert [each["code"] for each in done.json["errors"]] == ["unavailable"]
    assert (mod / QUOTE).exists()


def test_by_age(mod: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "; 3 versions stay" in Run(capsys, "prune", "-older-than", "1d").out
    old = time.time() - timedelta(days=40).total_seconds()
    for path in [*mod.glob("cache/download/rsc.io/quote/@v/*"), mod / QUOTE / "go.mod"]:
        os.utime(path, (old, old))
    assert Run(capsys, "prune", "-n", "-older-than", "30d", "-json").json["summary"]["kept"] == 2
    assert "Removed" in Run(capsys, "prune", "-v", "-older-than", "30d").out
    assert not (mod / QUOTE).exists()
    # As long ago as that there was no year.
    assert "; 2 versions would stay" in Run(capsys, "prune", "-n", "-older-than", "999999d").out
    done = Run(capsys, "prune", "-older-than", "soon")
    assert done.code == 2


def test_all_of_it(mod: Path, capsys: pytest.CaptureFixture[str]) -> None:
    total = sum(path.stat().st_size for path in mod.rglob("*") if path.is_file())
    assert Run(capsys, "clean", "-n", "-json").json["summary"]["bytes"] == total
    assert mod.exists()
    assert Run(capsys, "clean").out.startswith("Removed ")
    assert not mod.exists()
    assert (mod.parent / "sumdb/sum.golang.org/latest").exists()
    assert Run(capsys, "size", "-json").json["summary"]["bytes"] == 0


HELD = [
    Held(ModuleVersion("q.io/a", "v1.0.0"), 1, 10, 100, 50.0),
    Held(ModuleVersion("q.io/b", "v1.0.0"), 1, 0, 0, 5.0),
]
TOOL = Held(ModuleVersion("golang.org/toolchain", "v0.0.1-go1.21.0.linux-amd64"), 1, 1, 1, 1.0)


@pytest.mark.parametrize(
    ("needs", "before", "want"),
    [
        (None, 100.0, [*map(Removal, HELD), Removal(TOOL)]),
        (None, 10.0, [Removal(HELD[1]), Removal(TOOL)]),
        (Needs({HELD[0].mod}, ()), None, [Removal(HELD[1])]),
        (Needs((), {HELD[0].mod, HELD[1].mod}), None, [Removal(HELD[0], keeps_small=True)]),
        (Needs((), ()), 10.0, [Removal(HELD[1])]),
    ],
)
def test_what_can_go(needs: Needs | None, before: float | None, want: list[Removal]) -> None:
    assert list(removals([*HELD, TOOL], needs, before)) == want


def test_bytes_of_a_removal() -> None:
    assert Removal(HELD[0]).bytes == 111
    assert Removal(HELD[0], keeps_small=True).bytes == 110


@pytest.mark.wide
@pytest.mark.go
def test_go_goes_on_with_what_is_left(mod: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environ = {**os.environ, "GOTOOLCHAIN": "local", "GOCACHE": str(mod.parent / "build")}

    def go(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([GO or "", *words], env=environ, capture_output=True, text=True, check=False)

    Run(capsys, "prune", "-older-than", "0s")
    assert go("mod", "download").returncode == 0
    damage(mod / QUOTE / "quote.go", b"package quote\n")
    assert "dir has been modified" in go("mod", "verify").stderr
    assert Run(capsys, "verify", "-repair").code == 0
    assert go("mod", "verify").stdout == "all modules verified\n"
    # What `go clean -modcache` leaves is what `govgo cache clean` leaves.
    go("clean", "-modcache")
    left = sorted(path.name for path in mod.parent.iterdir() if path.name != "build")
    assert go("mod", "download").returncode == 0
    assert Run(capsys, "clean").code == 0
    assert sorted(path.name for path in mod.parent.iterdir() if path.name != "build") == left
