# SPDX-License-Identifier: BSD-3-Clause
"""Watch a checksum database for new versions of some paths, each with the proof that it is in the log.

An author learns of a version that nobody meant to publish; whoever serves a private prefix learns that it leaked. Each
round takes up where the last one ended: the tree head must continue the one before, all records between are fetched
and proved, and what matches is reported. Only then is the new head kept, so that nothing is passed over by a crash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from govgo.app.log.clone import Clone
from govgo.app.log.history import ProvedTree, WrongTiles, join
from govgo.core.findings import Finding, Verdict
from govgo.core.log.result import FORK, NOT_FETCHED, NOT_WITNESSED, WENT_BACK
from govgo.core.log.units import WRONG_RECORD, WRONG_TILE
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.sumdb.cosignature import Cosigned, cosignatures
from govgo.core.sumdb.heads import EMPTY_HEAD, Head, read_head
from govgo.core.sumdb.note import Verifier
from govgo.core.sumdb.proof import Proof, prove_records, record_proof_nodes
from govgo.core.sumdb.rules import judge_record, split_data_tile
from govgo.core.sumdb.tile import Tile
from govgo.core.sumdb.tileauth import DATABASE_HEIGHT, WIDTH, TileAuth
from govgo.core.sumdb.tlog import Node, record_hash
from govgo.errors import Failure, SumDbFormatError
from govgo.ports.log import LogSource, LogSources

_TILES_AT_ONCE = 64
"""So many data tiles, 3 MB, are in memory."""


class NewVersion(NamedTuple):
    """A new record of a watched path, proved to be in the tree of `head` (`core.sumdb.proof`)."""

    mod: ModuleVersion
    number: int
    text: bytes
    head: Head
    proof: Proof


class Round(NamedTuple):
    """What one look came to.

    Attributes:
        head: the newest tree head.
        new_records: how many records were looked at.
        versions: how many of them were reported.
        cosigned: by whom the head is cosigned, of the witnesses that are known.
        findings: what is wrong. Where something is, the next round begins at the same place.
        began: there was no round before this one, so it looked at nothing.
    """

    head: Head
    new_records: int
    versions: int
    cosigned: tuple[Cosigned, ...]
    findings: tuple[Finding, ...]
    began: bool = False


class Watch:
    """What is watched, and how."""

    def __init__(
        self,
        source: LogSource,
        state: Clone,
        verifier: Verifier,
        matches: Callable[[str], bool],
        *,
        vantages: LogSources | None = None,
        witnesses: Sequence[Verifier] = (),
        quorum: int = 0,
    ) -> None:
        """Nothing is asked yet.

        Args:
            source: the log.
            state: keeps the head of the last round; a clone in the same place is not needed.
            verifier: the database's key.
            matches: whether a module path is watched.
            vantages: other places that publish the log, None for none; what they show must be the same history.
            witnesses: known ones.
            quorum: how many of them must have cosigned the head.
        """
        self._source = source
        self._state = state
        self._verifier = verifier
        self._matches = matches
        self._vantages = vantages
        self._witnesses = witnesses
        self._quorum = quorum

    def look(self, tell: Callable[[NewVersion], object], since: int | None = None) -> Round:
        """Look once.

        Args:
            tell: takes each new version; what it raises ends the round, and the next one tells the same again.
            since: begin with this record where there was no round before; None for the end of the log.

        Raises:
            NotFoundError, NetworkError: there is no tree head available.
            BadSignatureError, IntegrityError: what is shown is none.
            StorageError: the state cannot be kept.
        """
        note = self._source.latest()
        shown = read_head(note, self._verifier)
        known = self._state.watched(self._verifier)
        cosigned = cosignatures(note, self._witnesses)
        findings = [*self._unwitnessed(cosigned), *self._compare(shown)]
        began = known is None and since is None
        start = shown.tree.size if began else since or 0 if known is None else known.tree.size
        wrong = join(known or EMPTY_HEAD, shown, lambda tree: ProvedTree(tree, self._source))
        if wrong is not None:
            if wrong.code == FORK:
                self._state.keep_evidence(wrong.text)
            return Round(known or EMPTY_HEAD, 0, 0, cosigned, (*findings, wrong))
        told = 0
        for at in range(start // WIDTH * WIDTH, shown.tree.size, WIDTH * _TILES_AT_ONCE):
            end = min(at + WIDTH * _TILES_AT_ONCE, shown.tree.size)
            try:
                for version in self._new_versions(shown, max(at, start), end):
                    tell(version)
                    told += 1
            except _Wrong as error:
                return Round(shown, max(at, start) - start, told, cosigned, (*findings, error.finding))
        if not any(each.verdict is Verdict.CONTRADICTION for each in findings):
            self._state.keep_watched(shown)
        return Round(shown, max(0, shown.tree.size - start), told, cosigned, tuple(findings), began)

    def _new_versions(self, head: Head, start: int, end: int) -> Iterator[NewVersion]:
        """The records in [start, end) that are watched, proved.  Raises _Wrong."""
        tree = ProvedTree(head.tree, self._source)
        places = [(at // WIDTH, min(WIDTH, head.tree.size - at)) for at in range(start // WIDTH * WIDTH, end, WIDTH)]
        auth = _prove(tree, [(0, number * WIDTH) for number, _ in places])
        for (number, width), texts in zip(places, self._texts(auth, places), strict=True):
            assert len(texts) == width
            for n, text in enumerate(texts, number * WIDTH):
                mod = judge_record(text).mod
                if n < start or mod is None or not self._matches(mod.path):
                    continue
                _prove(tree, record_proof_nodes(head.tree.size, [n]))
                proof = prove_records(head.tree.size, [n], lambda node: auth.node(*node))
                yield NewVersion(mod, n, text, head, proof)

    def _texts(self, auth: TileAuth, places: Sequence[tuple[int, int]]) -> Iterator[list[bytes]]:
        """The records of each data tile, proved."""
        tiles = [Tile(DATABASE_HEIGHT, -1, number, width) for number, width in places]
        for tile, data in zip(tiles, self._source.tiles(tiles), strict=True):
            texts = _proved_texts(auth, tile, data)
            if isinstance(texts, Finding):  # it may have been damaged on the way
                texts = _proved_texts(auth, tile, self._source.tiles([tile])[0])
            if isinstance(texts, Finding):
                raise _Wrong(texts)
            yield texts

    def _unwitnessed(self, cosigned: Sequence[Cosigned]) -> list[Finding]:
        if len(cosigned) >= self._quorum:
            return []
        text = f"the tree head has the cosignatures of {len(cosigned)} known witnesses, want {self._quorum}"
        return [Finding(NOT_WITNESSED, None, Verdict.FINDING, text)]

    def _compare(self, shown: Head) -> Iterator[Finding]:
        """Compare with what other places show, and these with each other. One that lags behind is not a finding."""
        if self._vantages is None:
            return
        newest, there = shown, self._source
        for vantage, note in zip(self._vantages.sources, self._vantages.latest(), strict=True):
            try:
                if isinstance(note, Failure):
                    raise note
                theirs = read_head(note, self._verifier)
            except Failure as error:
                yield Finding(NOT_FETCHED, None, Verdict.UNCHECKED, f"{vantage.place}: {error}")
                continue
            wrong = self._joined((shown, self._source), (theirs, vantage))
            if wrong is None and newest != shown:  # two may both continue what is shown here, each in its own way
                wrong = self._joined((newest, there), (theirs, vantage))
            if wrong is not None:
                yield wrong._replace(text=f"{vantage.place}: {wrong.text}")
            elif theirs.tree.size > newest.tree.size:
                newest, there = theirs, vantage

    def _joined(self, one: tuple[Head, LogSource], other: tuple[Head, LogSource]) -> Finding | None:
        """What speaks against two heads being of one history, by the tiles of the place with the larger one."""
        _, larger = max(one, other, key=lambda each: each[0].tree.size)
        wrong = join(one[0], other[0], lambda tree: ProvedTree(tree, larger))
        if wrong is None or wrong.code == WENT_BACK:
            return None
        if wrong.code == FORK:
            self._state.keep_evidence(wrong.text)
        return wrong


class _Wrong(Exception):
    """Something is wrong with the records; it ends the round."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.text)
        self.finding = finding


def _prove(tree: ProvedTree, nodes: Sequence[Node]) -> TileAuth:
    """Prove nodes.  Raises _Wrong."""
    try:
        return tree.prove(nodes)
    except WrongTiles as error:
        raise _Wrong(Finding(WRONG_TILE, None, Verdict.FINDING, str(error))) from error
    except Failure as error:
        raise _Wrong(Finding(NOT_FETCHED, None, Verdict.UNCHECKED, str(error))) from error


def _proved_texts(auth: TileAuth, tile: Tile, data: bytes | Failure) -> list[bytes] | Finding:
    if isinstance(data, Failure):
        return Finding(NOT_FETCHED, None, Verdict.UNCHECKED, str(data))
    try:
        texts = split_data_tile(data, tile.width)
    except SumDbFormatError as error:
        return Finding(WRONG_TILE, None, Verdict.FINDING, f"{tile.path}: {error}")
    for n, text in enumerate(texts, tile.number * WIDTH):
        if record_hash(text) != auth.leaf(n):
            text_ = f"record {n} is served with a text that was not signed"
            return Finding(WRONG_RECORD, None, Verdict.FINDING, text_, judge_record(text).mod)
    return texts
