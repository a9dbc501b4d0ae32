# SPDX-License-Identifier: BSD-3-Clause
"""What go.mod files say, remembered: the same as reading them, and nothing of a file that has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from govgo.adapters.modcache import gomodindex
from govgo.adapters.modcache.gomodindex import GoModIndex
from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.modfile.summary import Retraction, Summary
from govgo.core.module.moduleversion import ModuleVersion
from tests.simulators import rewriting
from tests.simulators.rewriting import cut, flip

A, B = ModuleVersion("q.io/a", "v1.0.0"), ModuleVersion("q.io/B", "v1.2.0-pre")
TEXT = b"module q.io/a\n\ngo 1.17\n\nrequire q.io/B v1.2.0-pre\n"
# As the Go Modules Reference reads the text above.
SAYS = Summary("q.io/a", "1.17", "", (B,))
RICH = Summary(
    path="q.io/B",
    go_version="1.25",
    require=(A, ModuleVersion("r.io/c/v2", "v2.0.0")),
    retract=(Retraction("v1.0.0", "v1.1.0", "bad"),),
    deprecated="old",
    ignore=("x",),
)


class Disk:
    """A module cache, and the index of one graph in a directory of the user's."""

    def __init__(self, root: Path) -> None:
        self.cache, self.home = root / "mod", root / "home" / "gomods"
        self.file = self.cache / "cache/download/q.io/a/@v/v1.0.0.mod"
        self.file.parent.mkdir(parents=True)
        self.file.write_bytes(TEXT)
        other = self.cache / "cache/download/q.io/!b/@v/v1.2.0-pre.mod"
        other.parent.mkdir(parents=True)
        other.write_bytes(b"module q.io/B\n")

    def index(self, go_sum: str = "/m/go.sum") -> GoModIndex:
        return GoModIndex(str(self.cache), str(self.home), go_sum)

    def keep(self, mv: ModuleVersion = A, summary: Summary = SAYS, h1: str = "h1:a=") -> None:
        """What a command does that reads a go.mod."""
        index = self.index()
        assert index.recall(mv) is None
        index.remember(mv, h1, summary)
        index.flush()


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    monkeypatch.setattr(gomodindex, "_is_settled", lambda _: True)
    return Disk(tmp_path)


@pytest.mark.parametrize(("mv", "summary"), [(A, SAYS), (B, RICH), (A, Summary())])
def test_what_was_remembered_comes_back(disk: Disk, mv: ModuleVersion, summary: Summary) -> None:
    disk.keep(mv, summary, "h1:x=")
    found = disk.index().recall(mv)
    assert found == (summary, "h1:x=")
    assert found is not None
    assert [type(each) for each in (*found[0].require, *found[0].retract)] == [
        type(each) for each in (*summary.require, *summary.retract)
    ]
    (file,) = disk.home.iterdir()
    assert (file.stat().st_mode & 0o777, disk.home.stat().st_mode & 0o777) == (0o600, 0o700)


def test_others_stay_when_one_is_added(disk: Disk) -> None:
    disk.keep(A, SAYS)
    disk.keep(B, RICH)
    index = disk.index()
    assert [index.recall(mv) for mv in (A, B)] == [(SAYS, "h1:a="), (RICH, "h1:a=")]


def rewrite(disk: Disk) -> None:
    rewriting.rewrite(disk.file, TEXT.replace(b"1.17", b"1.16"))


def replace(disk: Disk) -> None:
    new = disk.file.with_name("new")
    new.write_bytes(TEXT.replace(b"1.17", b"1.16"))
    new.rename(disk.file)


@pytest.mark.parametrize("change", [rewrite, replace, lambda disk: disk.file.unlink()])
def test_a_file_that_changed_is_unknown(disk: Disk, change: Callable[[Disk], object]) -> None:
    disk.keep()
    change(disk)
    assert disk.index().recall(A) is None


def test_a_changed_file_is_remembered_anew(disk: Disk) -> None:
    disk.keep()
    rewrite(disk)
    disk.keep(A, SAYS._replace(go_version="1.16"), "h1:b=")
    assert disk.index().recall(A) == (SAYS._replace(go_version="1.16"), "h1:b=")


def test_a_file_that_changes_while_it_is_read_is_not_remembered(disk: Disk) -> None:
    index = disk.index()
    assert index.recall(A) is None
    rewrite(disk)  # what was read may be the old text or the new
    index.remember(A, hash_gomod(TEXT), SAYS)
    index.flush()
    assert disk.index().recall(A) is None


@pytest.mark.parametrize(
    ("changed_ns", "age_ns", "is_kept"),
    [
        (1_800_000_000_123_456_789, 50_000_000, False),
        (1_800_000_000_123_456_789, 150_000_000, True),
        (1_800_000_000_120_000_000, 1_900_000_000, False),  # exFAT: tens of milliseconds
        (1_800_000_000_000_000_000, 1_900_000_000, False),  # FAT: two seconds
        (1_800_000_000_000_000_000, 2_100_000_000, True),
        (1_800_000_000_123_456_789, -1_000_000_000, False),  # the clock was set back
    ],
)
def test_a_file_of_just_now_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed_ns: int, age_ns: int, is_kept: bool
) -> None:
    """It might change again within one tick of the file system's clock."""
    monkeypatch.setattr(gomodindex, "stamp", lambda _: (len(TEXT), 1, 1_000_000_000_000_000_000, changed_ns))
    monkeypatch.setattr("time.time_ns", lambda: changed_ns + age_ns)
    disk = Disk(tmp_path)
    disk.keep()
    assert disk.home.exists() == is_kept


def test_what_was_not_looked_at_is_not_remembered(disk: Disk) -> None:
    index = disk.index()
    index.remember(A, "h1:a=", SAYS)
    index.flush()
    assert not disk.home.exists()


def test_each_graph_has_its_own(disk: Disk) -> None:
    disk.keep()
    assert disk.index("/other/go.sum").recall(A) is None


def test_what_is_long_unused_goes(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gomodindex, "_MOST_UNUSED", 0)
    disk.keep(A, SAYS)
    disk.keep(B, RICH)
    assert disk.index().recall(A) is None
    assert disk.index().recall(B) == (RICH, "h1:a=")


@pytest.mark.parametrize(
    "damage",
    [cut, flip, lambda file: file.write_bytes(b""), lambda file: file.chmod(0o666), lambda file: file.unlink()],
)
def test_a_damaged_index_is_made_anew(disk: Disk, damage: Callable[[Path], object]) -> None:
    disk.keep()
    (file,) = disk.home.iterdir()
    damage(file)
    disk.keep()
    assert disk.index().recall(A) == (SAYS, "h1:a=")


def test_another_reader_starts_afresh(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    disk.keep()
    monkeypatch.setattr(gomodindex, "code_stamp", lambda modules: b"newer")
    assert disk.index().recall(A) is None


def test_a_disk_that_refuses_is_no_error(disk: Disk) -> None:
    disk.home.parent.mkdir()
    disk.home.write_text("in the way")
    disk.keep()


@pytest.mark.parametrize("mv", [("go", "1.21"), ("q.io/a", "main"), ("bad path", "v1.0.0")])
def test_what_has_no_file_is_unknown(disk: Disk, mv: tuple[str, str]) -> None:
    assert disk.index().recall(ModuleVersion(*mv)) is None
