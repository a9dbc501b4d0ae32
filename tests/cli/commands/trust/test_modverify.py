# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mod verify` from the command line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from govgo.adapters.modcache.cache import ModCache
from govgo.cli.main import invoke
from govgo.core.module.moduleversion import ModuleVersion
from tests.simulators.zips import module_zip

MODS = (ModuleVersion("m.io/x", "v1.0.0"), ModuleVersion("m.io/y", "v1.2.0"))
ABSENT = ModuleVersion("m.io/absent", "v1.0.0")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModCache:
    """A filled cache, and a main module in the working directory that needs all of it and one module more."""
    cache = ModCache(str(tmp_path / "mod"), writable_dirs=True)
    for mv in (*MODS, ABSENT):
        cache.write_gomods([(mv, f"module {mv.path}\n\ngo 1.21\n".encode())])
    for mv in MODS:
        with cache.lock(mv), cache.new_zip_temp(mv) as temp:
            temp.write(module_zip(str(mv), {"x.go": b"package x\n"}))
            temp.commit(cache.check_and_hash_zip(temp.path, mv))
        cache.extract(mv)
    requires = "".join(f"\t{mv.path} {mv.version}\n" for mv in (*MODS, ABSENT))
    main = tmp_path / "main"
    main.mkdir()
    (main / "go.mod").write_text(f"module example.com/main\n\ngo 1.21\n\nrequire (\n{requires})\n")
    settings = {"GOMODCACHE": cache.root, "GOPROXY": "off", "GOSUMDB": "off", "GOENV": "off", "GOFLAGS": ""}
    for name, value in (settings | {"HOME": str(tmp_path), "GOWORK": "off"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(main)
    return cache


def test_all_verified(cache: ModCache, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["mod", "verify"]) == 0
    assert capsys.readouterr() == ("all modules verified\n", "")


def test_modified_modules_are_told_in_order(cache: ModCache, capsys: pytest.CaptureFixture[str]) -> None:
    Path(cache.root, "m.io/x@v1.0.0/new.go").touch()
    os.unlink(cache.file(MODS[1], "ziphash"))
    assert invoke(["mod", "verify"]) == 1
    lost = cache.file(MODS[1], "ziphash")
    assert capsys.readouterr() == (
        "",
        f"m.io/x v1.0.0: dir has been modified ({cache.root}/m.io/x@v1.0.0)\n"
        f"m.io/y v1.2.0: missing ziphash: open {lost}: no such file or directory\n",
    )


def test_no_arguments(cache: ModCache, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["mod", "verify", "all"]) == 2
    assert capsys.readouterr().err.startswith("govgo: verify takes no arguments\n")


def test_outside_a_module(cache: ModCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert invoke(["mod", "verify"]) != 0
