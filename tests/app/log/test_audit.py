# SPDX-License-Identifier: BSD-3-Clause
"""What no honest log would hold, put into logs that are signed all the same; and clones that were damaged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from govgo.adapters.sumdb.buckets import DiskBuckets
from govgo.app.log.audit import LogAudit
from govgo.app.log.clone import Clone
from govgo.app.log.sync import Plan
from govgo.core.findings import Verdict, verdict_of
from govgo.core.log.packs import format_pack, parse_pack
from govgo.core.log.result import RULES, LogRun
from govgo.errors import BadSignatureError, UsageError
from tests.app.log.test_sync import SIZE, VERIFIER, Home, codes, log_of, texts_of_all
from tests.simulators import campaigns
from tests.simulators.biglog import FileSource, flip, publish
from tests.simulators.listener import Listener
from tests.simulators.storage import MemoryStorage
from tests.simulators.sumdb_log import record_text


@pytest.fixture(scope="module")
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
def home(pool: Executor) -> Home:
    return Home(pool)


def audited(home: Home, tmp_path: Path) -> LogRun:
    with DiskBuckets(str(tmp_path)) as buckets:
        return LogAudit(home.clone, VERIFIER, home.pool, buckets, Listener()).run(datetime.now(UTC))


def clone_of(home: Home, texts: Sequence[bytes]) -> None:
    files: dict[str, bytes] = {}
    publish(files, iter(texts))
    assert home.sync(FileSource(files)).findings == ()


@pytest.mark.parametrize("size", [1001, pytest.param(SIZE, marks=pytest.mark.wide)])
def test_an_honest_log(home: Home, tmp_path: Path, size: int) -> None:
    for length in (256, 1000, size):
        home.sync(FileSource(log_of(length)))
    run = audited(home, tmp_path)
    assert run.findings == ()
    assert dict(run.counts)["records"] == size
    assert dict(run.counts)["heads"] == 3
    assert list(tmp_path.iterdir()) == []


A = record_text("q.io/a", "v1.0.0").encode()


@pytest.mark.parametrize(
    ("record", "code", "verdict"),
    [
        (record_text("q.io/m3", "v1.0.0", "other").encode(), "record-repeated", Verdict.CONTRADICTION),
        (record_text("q.io/m3", "v1.0.0").encode(), "record-repeated", Verdict.FINDING),
        (A + b"more\n", "record-lines", Verdict.FINDING),
        (b"hello\n", "record-lines", Verdict.FINDING),
        (A.replace(b"q.io/a v1.0.0/go.mod", b"q.io/b v1.0.0/go.mod"), "record-subjects", Verdict.FINDING),
        (record_text("q.io/a", "v1.0").encode(), "record-version", Verdict.FINDING),
        (record_text("q.io/a/v3", "v1.0.0").encode(), "record-module", Verdict.FINDING),
        (A.replace(b"h1:", b"h1:_", 1), "record-hash", Verdict.FINDING),
        (A.replace(b"a v", b"\xff v"), "record-malformed", Verdict.FINDING),
    ],
)
@pytest.mark.parametrize("at", campaigns.one_in(2, [300, 0]))
def test_what_no_honest_log_holds(
    home: Home, tmp_path: Path, record: bytes, code: str, verdict: Verdict, at: int
) -> None:
    texts = [record_text(f"q.io/m{n}", "v1.0.0").encode() for n in range(400)]
    clone_of(home, [*texts[:at], record, *texts[at:]])
    run = audited(home, tmp_path)
    assert (codes(run), verdict_of(run)) == ([code], verdict)
    assert code in RULES
    other = 4 if at == 0 else 3
    number = (
        f"records {min(at, other)}, {max(at, other)} are about q.io/m3@v1.0.0" if "repeated" in code else f"record {at}"
    )
    assert number in run.findings[0].text


@pytest.mark.wide
def test_records_of_many_kinds_in_one_log(home: Home, tmp_path: Path) -> None:
    bad = [b"hello\n", A, record_text("q.io/a", "v1.0.0", "x").encode(), record_text("q.io/a", "v1.0.0", "y").encode()]
    clone_of(home, [*texts_of_all()[:700], *bad])
    run = audited(home, tmp_path)
    assert codes(run) == ["record-repeated", "record-lines"]
    assert "records 701, 702, 703 are about q.io/a@v1.0.0, and differ" in run.findings[0].text


def repacked(home: Home, number: int, change: object) -> None:
    first, texts = parse_pack(home.clone.pack(number))
    assert callable(change)
    home.clone.keep_pack(number, format_pack(first, change(texts)))


def test_a_clone_that_was_changed(home: Home, tmp_path: Path) -> None:
    home.sync(FileSource(log_of(1000)))
    at = texts_of_all()[5].index(b"h1:") + 8
    repacked(home, 0, lambda texts: [*texts[:5], flip(texts[5], at), *texts[6:]])
    run = audited(home, tmp_path)
    assert codes(run) == ["damaged-clone"] * 2
    assert run.findings[0].text == "records 0 to 255 are not those that were signed"
    assert run.findings[1].text == "the records do not make the tree of 1000 records that was signed"
    repacked(home, 0, lambda texts: texts_of_all()[:1000])
    assert audited(home, tmp_path).findings == ()


@pytest.mark.wide
def test_a_clone_with_holes(home: Home, tmp_path: Path) -> None:
    source = FileSource(log_of(SIZE))
    home.sync(source, Plan(start=65_536))
    run = audited(home, tmp_path)
    assert (codes(run), verdict_of(run)) == (["incomplete-clone"], Verdict.PASSED)
    home.sync(source)
    for damage in (b"", b"x" * 300, home.clone.pack(0)[:-10], home.clone.pack(1)):
        home.storage.replace("records/00000", damage)
        found = audited(home, tmp_path)
        assert "damaged-clone" in codes(found)
        assert verdict_of(found) == Verdict.FINDING
    home.storage.delete("records/00000")
    home.storage.delete("records/00001")
    assert codes(audited(home, tmp_path)) == ["incomplete-clone"]


def test_kept_tiles_that_were_changed(home: Home, tmp_path: Path) -> None:
    home.sync(FileSource(log_of(1000)))
    home.storage.replace("tile/8/1/000.p/3", flip(home.storage.files["tile/8/1/000.p/3"]))
    run = audited(home, tmp_path)
    assert codes(run) == ["damaged-clone"]
    assert "tile/8/1/000.p/3" in run.findings[0].text
    home.storage.delete("tile/8/1/000.p/3")
    assert audited(home, tmp_path).findings == ()  # all records are there: they prove the tree by themselves


@pytest.mark.wide
def test_kept_heads_that_were_changed(home: Home, tmp_path: Path) -> None:
    home.sync(FileSource(log_of(1000)))
    home.storage.create("heads/700", log_of(700, seed=2)["latest"])  # signed, but of another history
    run = audited(home, tmp_path)
    assert codes(run) == ["damaged-clone"]
    assert "the tree of 700 records" in run.findings[0].text
    home.storage.replace("heads/700", flip(log_of(700)["latest"], 30))
    with pytest.raises(BadSignatureError):
        audited(home, tmp_path)


def test_there_must_be_a_clone(pool: Executor, tmp_path: Path) -> None:
    home = Home(pool)
    home.clone = Clone(MemoryStorage())
    with pytest.raises(UsageError, match="no clone of a checksum database"):
        audited(home, tmp_path)
