# SPDX-License-Identifier: BSD-3-Clause
"""Compare a log with the world: random records of a clone, and what is served under their names today.

Each module version is downloaded as if nobody had vouched for it, and hashed; and the database is asked to look it up.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from govgo.app.log.clone import Clone
from govgo.app.log.history import ProvedTree, join
from govgo.core.findings import Finding, Verdict
from govgo.core.log.packs import PACK_RECORDS
from govgo.core.log.result import LOOKUP_DIFFERS, NOT_FETCHED, SAMPLE_DIFFERS, SAMPLE_GONE, WENT_BACK
from govgo.core.log.units import records_of
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.heads import Head, read_head
from govgo.core.sumdb.note import Verifier
from govgo.core.sumdb.record import parse_record
from govgo.core.sumdb.rules import judge_record, make_record
from govgo.errors import Failure, IntegrityError, NotFoundError, find
from govgo.ports.log import LogSource

Download = Callable[[ModuleVersion], tuple[str, str]]
"""The hashes of a module's zip and of its go.mod, as they are served; raises Failure."""


def random_records(clone: Clone, count: int, dice: random.Random) -> list[tuple[int, bytes]]:
    """(number, text) of so many records of a clone, each as likely as any other.

    Raises:
        SumDbFormatError: a pack is damaged.
    """
    sizes = [(number, clone.pack_records(number)) for number, _ in clone.packs()]
    total = sum(size for _, size in sizes)
    picked = sorted(dice.sample(range(total), min(count, total)))
    found: list[tuple[int, bytes]] = []
    before = 0
    for number, size in sizes:
        numbers = [number * PACK_RECORDS + at - before for at in picked if before <= at < before + size]
        before += size
        if numbers:
            found += zip(numbers, records_of(clone.pack(number), numbers), strict=True)
    return found


def compare_downloads(records: Sequence[tuple[int, bytes]], download: Download) -> list[Finding]:
    """Compare records with what is served."""
    findings: list[Finding] = []
    for number, text in records:
        mod = judge_record(text).mod
        if mod is None:
            continue  # the audit tells it
        try:
            served = make_record(mod, *download(mod))
        except Failure as error:
            findings.append(_not_served(number, mod, error))
            continue
        if served != text:
            shown = "\n\t".join(
                ["served:", *served.decode().split("\n")[:-1], "the log:", *text.decode().split("\n")[:-1]]
            )
            sentence = f"record {number}: {mod} is served with another content than the log says\n\t{shown}"
            findings.append(Finding(SAMPLE_DIFFERS, None, Verdict.CONTRADICTION, sentence, mod))
    return findings


def _not_served(number: int, mod: ModuleVersion, error: Failure) -> Finding:
    if find(error, NotFoundError) is not None:
        return Finding(SAMPLE_GONE, None, Verdict.PASSED, f"record {number}: {mod} is not served any more", mod)
    if find(error, IntegrityError) is not None:
        return Finding(SAMPLE_DIFFERS, None, Verdict.FINDING, f"record {number}: {error}", mod)
    return Finding(NOT_FETCHED, None, Verdict.UNCHECKED, f"record {number}: {error}", mod)


def compare_lookups(
    records: Sequence[tuple[int, bytes]], head: Head, source: LogSource, verifier: Verifier
) -> list[Finding]:
    """Compare records with the answers to lookups, and the tree heads of these with the clone's.

    Raises:
        BadSignatureError: an answer has a head that the key did not sign.
    """
    judged = [(number, text, judge_record(text).mod) for number, text in records]
    known = [(number, text, mod) for number, text, mod in judged if mod is not None]
    findings: list[Finding] = []
    heads: dict[bytes, Head] = {}
    for (number, text, mod), answer in zip(known, source.lookups([mod for _, _, mod in known]), strict=True):
        if isinstance(answer, Failure):
            findings.append(Finding(NOT_FETCHED, None, Verdict.UNCHECKED, f"record {number}: {answer}", mod))
            continue
        try:
            record = parse_record(answer)
            heads[record.rest] = read_head(record.rest, verifier)
        except Failure as error:
            findings.append(_differs(number, mod, str(error)))
            continue
        if (record.number, record.text) != (number, text):
            findings.append(_differs(number, mod, f"record {record.number}, with another text"))
    for shown in {each.tree: each for each in heads.values()}.values():
        wrong = join(head, shown, lambda tree: ProvedTree(tree, source))
        if wrong is not None and wrong.code != WENT_BACK:
            findings.append(wrong)
    return findings


def _differs(number: int, mod: ModuleVersion, what: str) -> Finding:
    text = f"record {number}: the lookup of {mod} is answered by {what}"
    return Finding(LOOKUP_DIFFERS, None, Verdict.CONTRADICTION, text, mod)
