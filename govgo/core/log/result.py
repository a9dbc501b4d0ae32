# SPDX-License-Identifier: BSD-3-Clause
"""What a look at a whole checksum database comes to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from govgo.core.findings import Finding, ModuleReport, Verdict
from govgo.core.log.units import WRONG_RECORD, WRONG_TILE, Wrong
from govgo.core.records import NamedTuple
from govgo.core.sumdb.rules import RECORD_RULES, REPEATED

FORK = "fork"
WENT_BACK = "head-went-back"
NOT_FETCHED = "not-fetched"
NOT_PROVED = "not-proved"
DAMAGED = "damaged-clone"
INCOMPLETE = "incomplete-clone"
SAMPLE_DIFFERS = "sample-differs"
LOOKUP_DIFFERS = "lookup-differs"
SAMPLE_GONE = "sample-gone"
NOT_WITNESSED = "not-witnessed"

RULES: Mapping[str, str] = {
    **RECORD_RULES,
    WRONG_TILE: "a tile is served that does not hash into the signed tree",
    WRONG_RECORD: "a record is served with a text that was not signed",
    FORK: "two signed tree heads are not one history",
    WENT_BACK: "a smaller tree is shown than before, of the same history",
    NOT_FETCHED: "a part of the log could not be fetched",
    NOT_PROVED: "a part of the log could not be proved",
    DAMAGED: "what the clone holds is not what was signed",
    INCOMPLETE: "the clone does not hold all records",
    SAMPLE_DIFFERS: "a module is served with another content than the log says",
    LOOKUP_DIFFERS: "a lookup is answered with another record than the log has",
    SAMPLE_GONE: "a module of the log is not served any more",
    NOT_WITNESSED: "a tree head lacks the cosignatures of known witnesses",
}
"""What each code means."""


class LogRun(NamedTuple):
    """A run over a log; a `core.findings.Run`, whose attributes are described there.

    Attributes:
        database: its name.
        tree_size: of the tree that all was proved by; 0 before one was.
        tree_hash: its hash.
        counts: what was done, by name, in order.
    """

    verb: str
    passed: str
    failed: str
    database: str
    tree_size: int
    tree_hash: bytes
    counts: tuple[tuple[str, int], ...]
    findings: tuple[Finding, ...]
    started: datetime
    duration_s: float = 0.0
    here: str = "."

    @property
    def modules(self) -> tuple[ModuleReport, ...]:
        """A log has no main modules."""
        return ()


def finding_of(wrong: Wrong) -> Finding:
    """What a unit found, as a finding.

    Two different records for one version are a contradiction in what the database has signed itself. All else says
    something about one server, or is odd: the answer to "is all well" is no.
    """
    verdict = Verdict.CONTRADICTION if wrong.code == REPEATED else Verdict.FINDING
    return Finding(wrong.code, None, verdict, wrong.text, wrong.mod)
