# SPDX-License-Identifier: BSD-3-Clause
"""A log of 66,000 records is cloned, with every kind of fault injected: each is found, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from itertools import islice

import pytest

from govgo.app.log.clone import Clone
from govgo.app.log.sync import Plan, Sync
from govgo.core.findings import Verdict, verdict_of
from govgo.core.log.packs import parse_pack
from govgo.core.log.result import LogRun
from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.published import LATEST
from govgo.errors import BadSignatureError, UsageError
from tests.simulators import campaigns
from tests.simulators.biglog import KEY_TEXT, FileSource, cut, flip, made_up_records, publish
from tests.simulators.listener import Listener
from tests.simulators.storage import MemoryStorage
from tests.simulators.sumdb_log import keys

VERIFIER = parse_verifier(KEY_TEXT)
SIZE = 66_000


@pytest.fixture(scope="module")
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """The whole log; edge tiles are (0, 257, 208), (1, 1, 1) and (2, 0, 1)."""
    return log_of(SIZE)


@cache
def log_of(size: int, *, seed: int = 1) -> dict[str, bytes]:
    made: dict[str, bytes] = {}
    publish(made, islice(texts_of_all(seed), size))
    return made


@cache
def texts_of_all(seed: int = 1) -> list[bytes]:
    return list(made_up_records(SIZE, seed))


class Home:
    """A clone, and syncs of it."""

    def __init__(self, pool: Executor) -> None:
        self.storage = MemoryStorage()
        self.clone = Clone(self.storage)
        self.report = Listener()
        self.pool = pool

    def sync(self, source: FileSource, plan: Plan | None = None) -> LogRun:
        self.clone.open(KEY_TEXT)
        return Sync(source, self.clone, VERIFIER, self.pool, self.report, plan or Plan()).run(datetime.now(UTC))

    def texts(self) -> list[bytes]:
        return [text for number, _ in self.clone.packs() for text in parse_pack(self.clone.pack(number)).texts]


@pytest.fixture
def home(pool: Executor) -> Home:
    return Home(pool)


def codes(run: LogRun) -> list[str]:
    return [finding.code for finding in run.findings]


@pytest.mark.wide
def test_a_whole_log_is_cloned_and_not_fetched_again(home: Home, files: dict[str, bytes]) -> None:
    run = home.sync(FileSource(files))
    assert run.findings == ()
    assert (run.tree_size, dict(run.counts)["records"], dict(run.counts)["new_records"]) == (SIZE, SIZE, SIZE)
    assert home.texts() == texts_of_all()
    assert home.storage.files["head"] == files[LATEST]
    assert dict(run.counts)["kept_bytes"] < 100 * SIZE
    again = FileSource(files)
    assert home.sync(again).findings == ()
    assert len(again.asked) <= 4, again.asked
    assert not any("data" in path for path in again.asked)


@pytest.mark.parametrize(
    ("sizes", "fetched", "partial"),
    [
        (
            (1, 300, 301, 767, 768, 1000),
            ["tile/8/data/003.p/232"],
            ["tile/8/0/003.p/232", "tile/8/1/000.p/3"],
        ),
        pytest.param(
            (1, 300, 301, 65_535, 65_536, SIZE),
            ["tile/8/data/256", "tile/8/data/257.p/208"],
            ["tile/8/0/257.p/208", "tile/8/1/001.p/1", "tile/8/2/000.p/1"],
            marks=pytest.mark.wide,
        ),
    ],
    ids=["of a thousand", "of all"],
)
def test_what_a_log_grew_by_is_fetched(
    home: Home, sizes: tuple[int, ...], fetched: list[str], partial: list[str]
) -> None:
    for size in (0, *sizes[:-1]):
        run = home.sync(FileSource(log_of(size)))
        assert (run.findings, run.tree_size) == ((), size)
    source = FileSource(log_of(sizes[-1]))
    assert home.sync(source).findings == ()
    assert [path for path in source.asked if "data" in path] == fetched
    assert home.texts() == texts_of_all()[: sizes[-1]]
    heads = {int(key.removeprefix("heads/")) for key in home.storage.files if key.startswith("heads/")}
    assert heads == {*sizes}
    assert sorted(key for key in home.storage.files if ".p/" in key) == partial


@pytest.mark.wide
def test_a_range(home: Home, files: dict[str, bytes]) -> None:
    source = FileSource(files)
    run = home.sync(source, Plan(start=65_600))
    assert (run.findings, dict(run.counts)["records"]) == ((), SIZE - 65_536)
    assert not any(path == "tile/8/data/000" for path in source.asked)
    assert dict(home.sync(FileSource(files), Plan(end=1)).counts)["records"] == SIZE
    assert home.texts() == texts_of_all()


@pytest.mark.wide
def test_without_tiles_of_level_0(home: Home, files: dict[str, bytes]) -> None:
    source = FileSource(files)
    source.lies["tile/8/0/007"] = flip(files["tile/8/0/007"])
    assert home.sync(source, Plan(hash_tiles=False)).findings == ()
    assert [path for path in source.asked if path.startswith("tile/8/0/")] == ["tile/8/0/257.p/208"]  # the edge


@pytest.mark.wide
@pytest.mark.parametrize(
    ("path", "told"),
    campaigns.one_in(
        3,
        [
            ("tile/8/0/000", "tile/8/0/000 does not hash into the signed tree"),
            ("tile/8/0/255", "tile/8/0/255 does not"),
            ("tile/8/0/256", "tile/8/0/256 does not"),
            ("tile/8/1/000", "tile/8/1/000 does not"),
            ("tile/8/0/257.p/208", "tile/8/0/257.p/208 do not"),
            ("tile/8/1/001.p/1", "tile/8/1/001.p/1, "),
            ("tile/8/2/000.p/1", "tile/8/2/000.p/1, "),
        ],
    ),
)
def test_a_wrong_tile_at_each_level(home: Home, files: dict[str, bytes], path: str, told: str) -> None:
    source = FileSource(files)
    source.lies[path] = flip(files[path], 3)
    run = home.sync(source)
    (wrong,) = [finding for finding in run.findings if finding.code == "wrong-tile"]
    assert told in wrong.text
    assert {finding.code for finding in run.findings} <= {"wrong-tile", "not-proved"}
    whole = sum(home.clone.pack_records(n) for n in (0, 1))
    assert whole == {"000": 464, "255": 464, "256": 65_536}.get(path[-3:], 0)


@pytest.mark.parametrize("path", ["tile/8/0/001", "tile/8/0/003.p/232", "tile/8/1/000.p/3"])
def test_a_tile_of_another_length(home: Home, path: str) -> None:
    for damage in (lambda data: data[:-32], lambda data: data + bytes(32), lambda data: b""):
        source = FileSource(log_of(1000))
        source.lies[path] = damage(source.files[path])
        run = home.sync(source)
        assert [finding.code for finding in run.findings if path in finding.text] == ["wrong-tile"]
        assert home.texts() == []
    source.lies.clear()
    assert home.sync(source).findings == ()
    assert home.texts() == texts_of_all()[:1000]


@pytest.mark.wide
def test_a_tile_that_is_damaged_once_is_no_finding(home: Home, files: dict[str, bytes]) -> None:
    source = FileSource(files)
    for path in ("tile/8/0/007", "tile/8/data/009", "tile/8/1/000", "tile/8/2/000.p/1", "tile/8/data/257.p/208"):
        source.lies[path] = flip(files[path], 5)
    source.fails = lambda path: source.lies.pop(path, None) and None if source.asked.count(path) == 2 else None  # type: ignore[func-returns-value]
    assert home.sync(source).findings == ()
    assert home.texts() == texts_of_all()


@pytest.mark.parametrize("number", [5, pytest.param(65_535, marks=pytest.mark.wide), 65_990])
def test_a_changed_record_is_named(home: Home, files: dict[str, bytes], number: int) -> None:
    text = texts_of_all()[number]
    width = 208 if number > 65_791 else 256
    path = f"tile/8/data/{number // 256:03d}" + ("" if width == 256 else f".p/{width}")
    source = FileSource(files)
    source.lies[path] = files[path].replace(text, flip(text, text.index(b"h1:") + 9))
    run = home.sync(source)
    assert codes(run) == ["wrong-record", "not-proved"]
    assert run.findings[0].text == f"record {number} is served with a text that was not signed"
    assert str(run.findings[0].module) == text.decode().split(" ")[0] + "@" + text.decode().split(" ")[1]
    assert verdict_of(run) == Verdict.UNCHECKED


@pytest.mark.wide
def test_data_tiles_of_any_other_form_are_wrong(home: Home) -> None:
    good = log_of(1000)["tile/8/data/002"]
    texts = good.split(b"\n\n")
    swapped = b"\n\n".join([texts[1], texts[0], *texts[2:]])
    for bad in (b"", good[:-1], good + b"x\n\n", b"\n\n".join(texts[1:]), swapped):
        source = FileSource(log_of(1000))
        source.lies["tile/8/data/002"] = bad
        found = set(codes(home.sync(source)))
        assert found == {"wrong-record" if bad == swapped else "wrong-tile", "not-proved"}
    # Where both tiles are wrong in the same way, the tile above shows it.
    other = log_of(1000, seed=2)
    source = FileSource(log_of(1000))
    for path in ("tile/8/data/002", "tile/8/0/002"):
        source.lies[path] = other[path]
    assert codes(home.sync(source)) == ["wrong-tile", "wrong-tile", "not-proved"]


def test_a_fork_is_told_with_both_notes(home: Home, files: dict[str, bytes]) -> None:
    home.sync(FileSource(log_of(1000)))
    for size in (1000, 1500, 700):
        other = log_of(size, seed=2)
        run = home.sync(FileSource({**log_of(1000), **other}))
        assert codes(run) == ["fork"], size
        assert home.storage.files["head"] == log_of(1000)[LATEST]
    for size in (1000, 1500):
        run = home.sync(FileSource(log_of(size, seed=2)))
        assert (codes(run), verdict_of(run)) == (["fork"], Verdict.CONTRADICTION)
        assert "server misbehavior detected" in run.findings[0].text
    kept = [data for key, data in home.storage.files.items() if key.startswith("fork-")]
    assert len(kept) == 3
    assert all(b"\n\t1000\n" in data for data in kept)


def test_a_smaller_fork_is_told(home: Home) -> None:
    """The tiles of the larger tree are kept, so that nobody has to serve them."""
    home.sync(FileSource(log_of(1000)))
    source = FileSource(log_of(1000))
    source.lies[LATEST] = log_of(700, seed=2)[LATEST]
    assert codes(home.sync(source)) == ["fork"]


def test_a_head_that_went_back(home: Home) -> None:
    home.sync(FileSource(log_of(1000)))
    source = FileSource(log_of(1000))
    source.lies[LATEST] = log_of(700)[LATEST]
    run = home.sync(source)
    assert (codes(run), verdict_of(run)) == (["head-went-back"], Verdict.FINDING)
    assert run.tree_size == 1000
    assert home.storage.files["head"] == log_of(1000)[LATEST]


@pytest.mark.wide
def test_a_cut_transfer_is_gone_on_with(home: Home, files: dict[str, bytes]) -> None:
    source = FileSource(files)
    source.fails = lambda path: cut(path) if path == "tile/8/data/256" else None
    run = home.sync(source)
    assert (codes(run), verdict_of(run)) == (["not-fetched"], Verdict.UNCHECKED)
    assert "records 65536 to 65999: read tile/8/data/256: unexpected EOF" in run.findings[0].text
    assert home.clone.pack_records(0) == 65_536
    source = FileSource(files)
    assert home.sync(source).findings == ()
    assert "tile/8/data/000" not in source.asked
    for missing in ("tile/8/2/000.p/1", "tile/8/1/000"):
        source = FileSource(files)
        source.fails = lambda path, missing=missing: cut(path) if path == missing else None  # type: ignore[misc]
        assert codes(Home(home.pool).sync(source)) in (["not-proved"], ["not-fetched"])


def test_a_bad_signature_ends_the_run(home: Home, files: dict[str, bytes]) -> None:
    source = FileSource(files)
    source.lies[LATEST] = files[LATEST].replace(b"66000", b"66001")
    with pytest.raises(BadSignatureError):
        home.sync(source)
    home.clone.open(KEY_TEXT)
    with pytest.raises(UsageError, match="another checksum database"):
        home.clone.open(keys(2)[1])


def test_a_damaged_pack_is_fetched_again(home: Home) -> None:
    home.sync(FileSource(log_of(1000)))
    home.storage.replace("records/00000", b"govgo log rec")
    run = home.sync(FileSource(log_of(1000)))
    assert (run.findings, len(home.texts())) == ((), 1000)
