# SPDX-License-Identifier: BSD-3-Clause
"""Clone a checksum database: all its records, proved against a signed tree head that continues those before it.

The tiles from level 1 up are proved from the tree head down. Below each tile of level 1 lies a pack of 65,536 records:
its data tiles are fetched, their records hashed, and the hashes compared with the tile. Tiles of level 0 follow from
the records; they are fetched as well and compared, since they are what clients are served. Packs are proved and packed
in other processes while the next ones are fetched, and written one by one: what is written is not fetched again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from datetime import datetime

from govgo.app.log.clone import Clone
from govgo.app.log.history import ProvedTree, WrongTiles, join
from govgo.core.findings import Finding, Verdict
from govgo.core.log.packs import PACK_RECORDS
from govgo.core.log.result import FORK, NOT_FETCHED, NOT_PROVED, WENT_BACK, LogRun, finding_of
from govgo.core.log.units import WRONG_TILE, Fetched, Proved, Wrong, prove_fetched
from govgo.core.records import NamedTuple
from govgo.core.sumdb.heads import Head, read_head
from govgo.core.sumdb.note import Verifier
from govgo.core.sumdb.tile import HashedTile, Tile
from govgo.core.sumdb.tileauth import DATABASE_HEIGHT, WIDTH
from govgo.core.sumdb.tlog import HASH_SIZE, Tree
from govgo.errors import Failure, NetworkError, NotFoundError
from govgo.ports.log import LogSource
from govgo.ports.reporter import Reporter

MOST_FINDINGS = 1000
"""A run tells no more."""


class Plan(NamedTuple):
    """What is to be cloned.

    Attributes:
        start, end: the numbers of the first record and of the first one that is not wanted, None for the end of the
            log. Packs that lie partly within are cloned whole.
        hash_tiles: whether tiles of level 0 are fetched and compared.
        in_flight: how many packs are proved at once at most, besides the one that is fetched.
    """

    start: int = 0
    end: int | None = None
    hash_tiles: bool = True
    in_flight: int = 2


class Sync:
    """One run. `Executor` may be any; it gets `prove_fetched`."""

    def __init__(
        self, source: LogSource, clone: Clone, verifier: Verifier, pool: Executor, report: Reporter, plan: Plan
    ) -> None:
        """Nothing is fetched yet."""
        self._source = source
        self._clone = clone
        self._verifier = verifier
        self._pool = pool
        self._report = report
        self._plan = plan
        self._findings: list[Finding] = []
        self._new_records = 0
        self._cut = False

    def run(self, started: datetime) -> LogRun:
        """Clone; what is wrong is reported, and the rest goes on.

        Raises:
            NotFoundError, NetworkError: there is no tree head available.
            BadSignatureError: the key did not sign it.
            IntegrityError: it is not a tree head.
            StorageError: the clone cannot be read or written.
        """
        known = self._clone.head(self._verifier)
        shown = read_head(self._source.latest(), self._verifier)
        head, tree = self._join(known, shown)
        if tree is not None:
            self._fetch_packs(tree)
        held, kept = 0, 0
        for number, size in self._clone.packs():
            held += self._clone.pack_records(number)
            kept += size
        counts = (
            ("new_records", self._new_records),
            ("records", held),
            ("kept_bytes", kept),
            ("requests", self._source.requests),
            ("received_bytes", self._source.received),
        )
        return LogRun(
            verb="log sync",
            passed="all that was fetched is proved",
            failed="not all is proved",
            database=self._verifier.name,
            tree_size=head.tree.size,
            tree_hash=head.tree.hash,
            counts=counts,
            findings=tuple(self._findings),
            started=started,
        )

    def _join(self, known: Head, shown: Head) -> tuple[Head, ProvedTree | None]:
        """The head that counts, and its tree; no tree where nothing can be fetched on its behalf."""
        trees: dict[Tree, ProvedTree] = {}

        def tree_of(tree: Tree) -> ProvedTree:
            return trees.setdefault(tree, ProvedTree(tree, self._source, self._clone.tile, self._keep_tile))

        wrong = join(known, shown, tree_of)
        if wrong is not None:
            if wrong.code == FORK:
                self._report.note(f"the evidence is kept in {self._clone.keep_evidence(wrong.text)}")
            self._findings.append(wrong)
            return known, tree_of(known.tree) if wrong.code == WENT_BACK else None
        tree = tree_of(shown.tree)
        try:
            tree.prove(())  # its edge, also where there was nothing to join
        except WrongTiles as error:
            self._findings.append(Finding(WRONG_TILE, None, Verdict.FINDING, str(error)))
            return known, None
        except Failure as error:
            self._findings.append(Finding(NOT_PROVED, None, Verdict.UNCHECKED, str(error)))
            return known, None
        if shown.tree.size > known.tree.size:
            self._clone.keep_head(shown)
        return shown, tree

    def _keep_tile(self, hashed: HashedTile) -> None:
        if hashed.tile.level > 0 or not hashed.tile.is_full:
            self._clone.keep_tile(hashed)

    def _fetch_packs(self, tree: ProvedTree) -> None:
        size = tree.tree.size
        end = size if self._plan.end is None else min(size, self._plan.end)
        numbers = range(self._plan.start // PACK_RECORDS, -(-end // PACK_RECORDS))
        self._report.event("step", {"name": "records", "count": max(0, end - self._plan.start)})
        pending: deque[tuple[int, Fetched, Future[Proved]]] = deque()
        for number in numbers:
            unit = self._fetch_pack(tree, number)
            if unit is not None:
                pending.append((number, unit, self._pool.submit(prove_fetched, unit)))
            while len(pending) >= self._plan.in_flight:
                self._collect(*pending.popleft())
            if self._cut or len(self._findings) >= MOST_FINDINGS:
                break
        while pending:
            self._collect(*pending.popleft())

    def _fetch_pack(self, tree: ProvedTree, number: int) -> Fetched | None:
        """What a pack lacks; None where it lacks nothing, or nothing more can be obtained."""
        first = number * PACK_RECORDS
        want = min(PACK_RECORDS, tree.tree.size - first)
        have = self._clone.pack_records(number)
        if have >= want:
            self._report.event("advanced", {"name": "records", "count": want})
            return None
        start = first + have // WIDTH * WIDTH
        full = (first + want) // WIDTH
        try:
            auth = tree.prove(_nodes(start, first + want))
        except WrongTiles as error:
            self._tell(Finding(WRONG_TILE, None, Verdict.FINDING, str(error)))
            self._tell(_unproved(start, first + want, "a tile above them is wrong"))
            return None
        except Failure as error:
            self._stop(start, first + want, error)
            return None
        entries = b"".join(auth.node(DATABASE_HEIGHT, n) for n in range(start // WIDTH, full))
        tail = b"".join(auth.leaf(n) for n in range(full * WIDTH, first + want))
        fetched = self._fetch_tiles(_places(start, first + want), start, first + want)
        if fetched is None:
            return None
        kept = self._clone.pack(number) if have else b""
        return Fetched(first, kept, start, *fetched, entries, tail)

    def _fetch_tiles(
        self, places: Sequence[tuple[int, int]], start: int, end: int
    ) -> tuple[list[bytes], list[bytes]] | None:
        """Data tiles and tiles of level 0; None where they cannot be obtained."""
        levels = (-1, 0) if self._plan.hash_tiles else (-1,)
        wanted = [Tile(DATABASE_HEIGHT, level, number, width) for level in levels for number, width in places]
        data: list[bytes] = []
        for each in self._source.tiles(wanted):
            if isinstance(each, Failure):
                self._stop(start, end, each)
                return None
            data.append(each)
        return data[: len(places)], data[len(places) :]

    def _collect(self, number: int, unit: Fetched, future: Future[Proved]) -> None:
        """Keep a pack that is proved; of one that is not, fetch what is wrong once more."""
        proved = future.result()
        if proved.wrong:
            again = self._fetched_again(unit, proved.wrong)
            if again is None:
                return
            proved = self._pool.submit(prove_fetched, again).result()
        for wrong in proved.wrong:
            self._tell(finding_of(wrong))
        records = len(unit.entries) // HASH_SIZE * WIDTH + len(unit.tail) // HASH_SIZE
        if proved.wrong:
            self._tell(_unproved(unit.first, unit.start + records, "some are wrong, and none is kept"))
            return
        self._clone.keep_pack(number, proved.pack)
        self._new_records += records
        self._report.event("advanced", {"name": "records", "count": records})

    def _fetched_again(self, unit: Fetched, wrong: Sequence[Wrong]) -> Fetched | None:
        places = {each.tile.number if each.tile is not None else each.number // WIDTH for each in wrong}
        end = unit.start + len(unit.entries) // HASH_SIZE * WIDTH + len(unit.tail) // HASH_SIZE
        wanted = [place for place in _places(unit.start, end) if place[0] in places]
        fetched = self._fetch_tiles(wanted, unit.start, end)
        if fetched is None:
            return None
        data, hashes = list(unit.data), list(unit.hashes)
        for at, (number, _) in enumerate(wanted):
            data[number - unit.start // WIDTH] = fetched[0][at]
            if hashes:
                hashes[number - unit.start // WIDTH] = fetched[1][at]
        return unit._replace(data=data, hashes=hashes)

    def _tell(self, finding: Finding) -> None:
        if len(self._findings) < MOST_FINDINGS:
            self._findings.append(finding)

    def _stop(self, start: int, end: int, error: Failure) -> None:
        """The source has failed, retries and all: the next run goes on from here."""
        text = f"records {start} to {end - 1}: {error}"
        self._tell(Finding(NOT_FETCHED, None, Verdict.UNCHECKED, text, hint=_hint(error)))
        self._cut = True


def _hint(error: Failure) -> str:
    if isinstance(error, NotFoundError | NetworkError) and error.status in (401, 403, 404, 410):
        return "a proxy mirrors lookups and tiles, and may have no records: -url names the database itself"
    return "run it again: it goes on from there"


def _nodes(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The nodes that prove the records [start, end); `start` begins a tile."""
    full = end // WIDTH
    yield from ((DATABASE_HEIGHT, n) for n in range(start // WIDTH, full))
    if end % WIDTH:
        yield 0, full * WIDTH


def _places(start: int, end: int) -> list[tuple[int, int]]:
    """(number, width) of each tile of level 0 over the records [start, end)."""
    return [(at // WIDTH, min(WIDTH, end - at)) for at in range(start, end, WIDTH)]


def _unproved(start: int, end: int, why: str) -> Finding:
    return Finding(NOT_PROVED, None, Verdict.UNCHECKED, f"records {start} to {end - 1} are not proved: {why}")
