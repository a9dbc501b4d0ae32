# SPDX-License-Identifier: BSD-3-Clause
"""Recompute a cloned log, and look for what an honest one would not hold. Nobody is asked.

Every record is hashed and judged, the tree is built anew from the hashes, and each kept tree head must be the one that
it has at that size. Records for one version meet by a digest of 8 bytes in files that hold one in 256 of them, so that
no more than that is in memory; where digests are equal, the records themselves are compared.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from datetime import datetime

from govgo.app.log.clone import Clone
from govgo.core.findings import Finding, Verdict
from govgo.core.log.packs import PACK_RECORDS
from govgo.core.log.result import DAMAGED, INCOMPLETE, LogRun, finding_of
from govgo.core.log.units import Examined, Wrong, examine, find_versions, records_of, repeated
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.append import Growth
from govgo.core.sumdb.heads import Head
from govgo.core.sumdb.note import Verifier
from govgo.core.sumdb.rules import REPEATED
from govgo.core.sumdb.tile import Tile
from govgo.core.sumdb.tileauth import DATABASE_HEIGHT, WIDTH, TileAuth
from govgo.core.sumdb.tlog import HASH_SIZE
from govgo.errors import Failure, SumDbFormatError, TileMismatchError
from govgo.ports.log import Buckets
from govgo.ports.reporter import Reporter

MOST_FINDINGS = 1000


class LogAudit:
    """One run. `Executor` may be any; it gets the functions of `core.log.units`."""

    def __init__(
        self,
        clone: Clone,
        verifier: Verifier,
        pool: Executor,
        buckets: Buckets,
        report: Reporter,
        *,
        in_flight: int = 2,
    ) -> None:
        """Nothing is read yet; `in_flight` packs are in memory at most."""
        self._clone = clone
        self._verifier = verifier
        self._pool = pool
        self._buckets = buckets
        self._report = report
        self._in_flight = in_flight
        self._findings: list[Finding] = []
        self._growth = Growth()
        self._has_grown = True
        self._records = 0
        self._heads: dict[int, Head] = {}
        self._proved_heads = 0

    def run(self, started: datetime) -> LogRun:
        """Audit the clone.

        Raises:
            UsageError: there is none.
            BadSignatureError, IntegrityError: its tree heads are not what the key signed.
            StorageError, DiskError: it cannot be read, or there is no room for the digests.
        """
        self._clone.key()
        head = self._clone.head(self._verifier)
        self._heads = {each.tree.size: each for each in self._clone.heads(self._verifier)}
        self._heads[head.tree.size] = head
        packs = [number for number, _ in self._clone.packs()]
        auth = self._kept_tiles(head, packs)
        self._report.event("step", {"name": "records", "count": head.tree.size})
        pending: deque[tuple[int, Future[Examined]]] = deque()
        for number in packs:
            pending.append((number, self._pool.submit(examine, self._clone.pack(number), self._sizes_in(number))))
            if len(pending) >= self._in_flight:
                self._collect(*pending.popleft(), auth)
        while pending:
            self._collect(*pending.popleft(), auth)
        self._compare_repeated(packs)
        self._check_whole(head)
        counts = (
            ("records", self._records),
            ("packs", len(packs)),
            ("heads", self._proved_heads),
            ("kept_bytes", sum(size for _, size in self._clone.packs())),
        )
        found = tuple(sorted(self._findings, key=lambda each: -each.verdict))
        return LogRun(
            verb="log audit",
            passed="nothing that an honest log would not hold",
            failed="not as it should be",
            database=self._verifier.name,
            tree_size=head.tree.size,
            tree_hash=head.tree.hash,
            counts=counts,
            findings=found,
            started=started,
        )

    def _kept_tiles(self, head: Head, packs: Sequence[int]) -> TileAuth:
        """The tree as far as kept tiles prove it. Wrong ones are reported, and nothing rests on them."""
        auth = TileAuth(head.tree)
        wanted = [
            (DATABASE_HEIGHT, number * PACK_RECORDS // WIDTH)
            for number in packs
            if number * PACK_RECORDS + WIDTH <= head.tree.size
        ]
        seen: set[Tile] = set()
        while missing := [tile for tile in auth.ask(wanted) if tile not in seen]:
            seen.update(missing)
            for hashed in filter(None, map(self._clone.tile, missing)):
                auth.add(hashed)
            while True:
                try:
                    auth.prove()
                except TileMismatchError:  # the tiles in question are dropped, so that the loop ends
                    names = ", ".join(tile.path for tile in auth.suspects)
                    self._tell(Finding(DAMAGED, None, Verdict.FINDING, f"what is kept of {names} was not signed"))
                else:
                    break
        return auth

    def _sizes_in(self, number: int) -> tuple[int, ...]:
        first = number * PACK_RECORDS
        return tuple(size for size in self._heads if first < size <= first + PACK_RECORDS)

    def _collect(self, number: int, future: Future[Examined], auth: TileAuth) -> None:
        try:
            found = future.result()
        except SumDbFormatError as error:
            self._has_grown = False
            self._tell(Finding(DAMAGED, None, Verdict.FINDING, f"pack {number}: {error}"))
            return
        self._records += found.records
        self._report.event("advanced", {"name": "records", "count": found.records})
        self._buckets.add(found.digests)
        for wrong in found.wrong:
            self._tell(finding_of(wrong))
        if found.first != number * PACK_RECORDS:
            self._has_grown = False
            self._tell(Finding(DAMAGED, None, Verdict.FINDING, f"pack {number} begins with record {found.first}"))
            return
        self._check_tiles(found, auth)
        self._grow(found)

    def _check_tiles(self, found: Examined, auth: TileAuth) -> None:
        """Compare the hashes of a pack with the proved tile above it, where that is kept."""
        for at in range(len(found.roots) // HASH_SIZE):
            n = found.first // WIDTH + at
            try:
                proved = auth.node(DATABASE_HEIGHT, n)
            except SumDbFormatError:
                return  # not kept, or not proved
            if proved != found.roots[at * HASH_SIZE : (at + 1) * HASH_SIZE]:
                text = f"records {n * WIDTH} to {(n + 1) * WIDTH - 1} are not those that were signed"
                self._tell(Finding(DAMAGED, None, Verdict.FINDING, text))

    def _grow(self, found: Examined) -> None:
        """Build the tree further, as long as nothing is missing, and compare it with the heads at their sizes."""
        if found.first != self._growth.size:
            self._has_grown = False
        if not self._has_grown:
            return
        marks = dict(found.marks)
        for at in range(0, len(found.roots), HASH_SIZE):
            start = self._growth.size
            for size in sorted(size for size in marks if start < size < start + WIDTH):
                self._check_head(size, marks[size])
            self._growth.append_root(found.roots[at : at + HASH_SIZE])
            if self._growth.size in self._heads:
                self._check_head(self._growth.size, b"")
        for size in sorted(size for size in marks if size > self._growth.size):
            self._check_head(size, marks[size])
        for at in range(0, len(found.tail), HASH_SIZE):
            self._growth.append(found.tail[at : at + HASH_SIZE])

    def _check_head(self, size: int, leaves: bytes) -> None:
        tree = self._growth.tree_with(leaves)
        if tree == self._heads[size].tree:
            self._proved_heads += 1
        else:
            text = f"the records do not make the tree of {size} records that was signed"
            self._tell(Finding(DAMAGED, None, Verdict.FINDING, text))

    def _check_whole(self, head: Head) -> None:
        if self._records < head.tree.size:
            text = f"{self._records} of {head.tree.size} records are here; what lies outside was not looked at"
            self._tell(Finding(INCOMPLETE, None, Verdict.PASSED, text))
        elif self._has_grown and self._growth.size < head.tree.size:
            self._tell(Finding(DAMAGED, None, Verdict.FINDING, "packs overlap"))

    def _compare_repeated(self, packs: Sequence[int]) -> None:
        """Find the records of versions that have several."""
        digests: set[bytes] = set()
        for found in self._pool.map(repeated, self._buckets.parts(), chunksize=1):
            digests.update(found[: MOST_FINDINGS - len(digests)])
        if not digests:
            return
        places: dict[ModuleVersion, list[int]] = {}
        for number in packs:
            for mod, n in self._pool.submit(find_versions, self._clone.pack(number), frozenset(digests)).result():
                places.setdefault(mod, []).append(n)
        for mod, numbers in places.items():
            if len(numbers) > 1:  # else two digests were equal by chance
                self._tell(self._repetition(mod, numbers))

    def _repetition(self, mod: ModuleVersion, numbers: Sequence[int]) -> Finding:
        texts = {self._text(n) for n in numbers[:100]}
        shown = ", ".join(str(n) for n in numbers[:10]) + (", …" if len(numbers) > 10 else "")
        if len(texts) > 1:
            return finding_of(Wrong(REPEATED, f"records {shown} are about {mod}, and differ", numbers[0], mod))
        return Finding(REPEATED, None, Verdict.FINDING, f"records {shown} are about {mod}, and are equal", mod)

    def _text(self, number: int) -> bytes:
        try:
            return records_of(self._clone.pack(number // PACK_RECORDS), [number])[0]
        except Failure as error:
            return str(error).encode()

    def _tell(self, finding: Finding) -> None:
        if len(self._findings) < MOST_FINDINGS:
            self._findings.append(finding)
