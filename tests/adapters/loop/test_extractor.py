# SPDX-License-Identifier: BSD-3-Clause
"""The process that extracts zips: the same hashes and trees as without it, also when it is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.adapters.loop import helper as helper_module
from govgo.adapters.loop.extractor import Extractor, start_extractor
from govgo.adapters.modzip.hash import tree_files
from govgo.adapters.modzip.unzip import check_hash_and_unzip
from govgo.core.module.moduleversion import ModuleVersion
from tests.simulators.zips import module_zip

MOD = ModuleVersion("q.io/m", "v1.0.0")


@pytest.fixture
def extractor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Extractor]:
    monkeypatch.setattr(helper_module, "usable_cpus", lambda: 2)
    found = start_extractor()
    assert found is not None
    yield found
    found.close()
    with pytest.raises(ProcessLookupError):
        os.kill(found.pid, 0)


def zips(folder: Path) -> list[tuple[str, bytes]]:
    """Ten zips in files, and a file that each extracts to."""
    made = []
    for number in range(10):
        content = b"package m\n" * (1 + 40_000 * (number % 3))
        path = folder / f"{number}.zip"
        path.write_bytes(module_zip(str(MOD), {"go.mod": b"module q.io/m\n", "deep/er/a.go": content}))
        made.append((str(path), content))
    return made


def test_it_does_what_this_process_does(extractor: Extractor, tmp_path: Path) -> None:
    for number, (path, content) in enumerate(zips(tmp_path)):
        there, here = str(tmp_path / f"there{number}"), str(tmp_path / f"here{number}")
        found = extractor.check_hash_and_unzip(path, there, MOD, shown="x.zip", gomod=b"module q.io/m\n")
        assert found is not None
        h1, made = check_hash_and_unzip(path, here, MOD, shown="x.zip")
        assert found == (h1, [there + each.removeprefix(here) for each in made])
        assert tree_files(there) == ["deep/er/a.go", "go.mod"]
        assert Path(there, "deep/er/a.go").read_bytes() == content


def test_a_zip_that_it_refuses_does_not_end_it(extractor: Extractor, tmp_path: Path) -> None:
    (path, _), *_ = zips(tmp_path)
    there = str(tmp_path / "there")
    bad = tmp_path / "bad.zip"
    bad.write_bytes(module_zip(str(MOD), {"../a.go": b"package m\n"}))
    for refused, gomod in ((str(bad), None), (path, b"module q.io/other\n"), (str(tmp_path / "none.zip"), None)):
        assert extractor.check_hash_and_unzip(refused, there, MOD, shown="x.zip", gomod=gomod) is None
        assert not extractor.has_ended
    assert not (tmp_path / "a.go").exists()
    assert extractor.check_hash_and_unzip(path, there, MOD, shown="x.zip", gomod=None) is not None


def test_one_that_was_killed_is_known_to_have_ended(extractor: Extractor, tmp_path: Path) -> None:
    (path, _), *_ = zips(tmp_path)
    os.kill(extractor.pid, signal.SIGKILL)
    assert extractor.check_hash_and_unzip(path, str(tmp_path / "there"), MOD, shown="x.zip", gomod=None) is None
    assert extractor.has_ended


def test_there_is_none_on_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helper_module, "usable_cpus", lambda: 1)
    assert start_extractor() is None
