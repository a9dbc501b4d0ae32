# SPDX-License-Identifier: BSD-3-Clause
"""The claims of `govgo verify` about go.sum itself: it is well formed, and the database proves every line.

All lines of all targets are looked up at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from govgo.app.sum.database import listed_hash
from govgo.core.findings import Claim, ClaimResult, Evidence, Finding, Place, Remedy, Verdict, remedy_of, worst
from govgo.core.gosum.lines import (
    BAD_MODULE,
    CONFLICT,
    DUPLICATE,
    MALFORMED,
    MERGE_MARKER,
    SPACING,
    UNKNOWN_HASH,
    SumFault,
    SumLine,
    format_line,
)
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.record import NotInDatabaseError
from govgo.errors import (
    GovgoError,
    InputError,
    IntegrityError,
    LookupDisabledError,
    NetworkError,
    SecurityError,
    SumMismatchError,
    find,
)
from govgo.load.targets.targets import SumFile, Target
from govgo.ports.sumdb import Lookups, Prover

PROVED, MISMATCH, NOT_IN_DATABASE, PRIVATE, UNCHECKED = (
    "proved",
    "mismatch",
    "not_in_database",
    "private",
    "unchecked",
)


@dataclass(slots=True)
class DatabaseAnswers:
    """What the database said, kept for the whole run.

    Attributes:
        fatal: why it is not trusted any more, or could not be asked at all.
    """

    database: Prover
    lookups: dict[ModuleVersion, tuple[str, ...] | GovgoError] = field(default_factory=dict)
    fatal: GovgoError | None = None

    def ask(self, mods: Iterable[ModuleVersion]) -> Lookups:
        """Look up what was not looked up before, all at once; private modules are not asked about."""
        new = [mod for mod in dict.fromkeys(mods) if mod not in self.lookups and self.database.covers(mod.path)]
        if new and self.fatal is None:
            try:
                self.lookups.update(self.database.lookup_many(new))
            except GovgoError as error:  # a fork or a bad signature, too: `fatal_finding` reports it
                self.fatal = error
        return self.lookups

    def hash_of(self, mod: ModuleVersion) -> str:
        """The hash that the database proves, "" for none."""
        answer = self.lookups.get(mod)
        return listed_hash(answer) if isinstance(answer, tuple) else ""


def check_lint(target: Target) -> tuple[ClaimResult, tuple[Finding, ...]]:
    """Whether go.sum is well formed."""
    findings = tuple(_fault(Claim.LINT, file, fault) for file in target.sums for fault in file.faults)
    lines = sum(len(file.lines) for file in target.sums)
    verdict = Verdict.FINDING if findings else Verdict.PASSED
    return ClaimResult(Claim.LINT, verdict, (("lines", lines), ("faults", len(findings)))), findings


def _fault(claim: Claim, file: SumFile, fault: SumFault) -> Finding:
    return Finding(
        fault.code,
        claim,
        Verdict.FINDING,
        fault.text,
        fault.mod,
        Place(file.shown, fault.line),
        remedy={MERGE_MARKER: Remedy.MERGE, CONFLICT: Remedy.KEEP_PROVED}.get(fault.code),
        reason=_LINT_REASONS.get(fault.code, ""),
    )


_LINT_REASONS = {
    MALFORMED: "malformed go.sum: wrong number of fields",
    MERGE_MARKER: "a merge conflict was left in the file",
    SPACING: "fields are not separated by one blank each",
    DUPLICATE: "the same line stands in the file before",
    UNKNOWN_HASH: "unknown hash algorithm",
}


def check_database(
    target: Target, answers: DatabaseAnswers, *, linted: bool, off: bool
) -> tuple[ClaimResult, tuple[Finding, ...], tuple[SumLine, ...]]:
    """Whether the database proves every line.

    Args:
        target: whose go.sum.
        answers: the lines of every target have been looked up.
        linted: whether lines that say nothing are reported elsewhere.
        off: whether GOSUMDB=off forbids asking.

    Returns:
        The result, the findings, and the lines that are known to be false.
    """
    counts: Counter[str] = Counter()
    findings: list[Finding] = []
    false: list[SumLine] = []
    for file in target.sums:
        if not linted:
            findings += [_fault(Claim.DATABASE, file, fault) for fault in file.faults if fault.unread]
        for line in file.lines:
            kind, finding = _check_line(file, line, answers, off=off)
            counts[kind] += 1
            if finding is not None:
                findings.append(finding)
            if kind == MISMATCH:
                false.append(line)
    if off and counts[UNCHECKED]:
        findings.append(_switched_off(target))
    elif answers.fatal is not None and counts[UNCHECKED]:
        findings.append(_unchecked(target, answers, answers.fatal, counts[UNCHECKED]))
    names = (PROVED, MISMATCH, NOT_IN_DATABASE, PRIVATE, UNCHECKED)
    verdict = worst(findings)
    result = ClaimResult(Claim.DATABASE, verdict, tuple((name, counts[name]) for name in names))
    return result, tuple(findings), tuple(false)


def _switched_off(target: Target) -> Finding:
    place = Place(target.sums[0].shown)
    text = "no checksum database may be asked (GOSUMDB=off): nothing was proved"
    return Finding("database-off", Claim.DATABASE, Verdict.UNCHECKED, text, place=place)


def _unchecked(target: Target, answers: DatabaseAnswers, error: GovgoError, count: int) -> Finding:
    """Lines stay unproved for a reason that is reported once for the whole run. The place is the first of them."""
    text = f"{count} lines could not be checked: {str(error).partition(chr(10))[0]}"
    unproved = (
        Place(file.shown, line.number)
        for file in target.sums
        for line in file.lines
        if answers.database.covers(line.mod.path) and line.mod not in answers.lookups
    )
    return Finding("unproved", Claim.DATABASE, Verdict.UNCHECKED, text, place=next(unproved, None))


def _check_line(file: SumFile, line: SumLine, answers: DatabaseAnswers, *, off: bool) -> tuple[str, Finding | None]:
    if off:
        return UNCHECKED, None
    if not answers.database.covers(line.mod.path):
        return PRIVATE, None
    answer = answers.lookups.get(line.mod)
    if answer is None:
        return UNCHECKED, None
    if not isinstance(answer, GovgoError):
        if format_line(line.mod, line.h1) in answer:
            return PROVED, None
        return MISMATCH, _mismatch(file, line, answers.database.name, listed_hash(answer))
    return _check_error(file, line, answers.database.name, answer)


def _check_error(file: SumFile, line: SumLine, database: str, error: GovgoError) -> tuple[str, Finding | None]:
    if isinstance(error, SumMismatchError):
        return MISMATCH, _mismatch(file, line, database, "")
    text = str(error).strip()
    place = Place(file.shown, line.number)
    if find(error, SecurityError) is not None:
        return UNCHECKED, Finding(error.code, Claim.DATABASE, Verdict.CONTRADICTION, text, line.mod, place)
    label = f"{line.mod.path}@{line.mod.version}: "
    detail = _after_label(text, line)
    if isinstance(error, NotInDatabaseError):
        what = f"not in the checksum database {database}: "
        return NOT_IN_DATABASE, Finding(
            "not-in-database",
            Claim.DATABASE,
            Verdict.FINDING,
            f"{label}{what}{detail}",
            line.mod,
            place,
            remedy=Remedy.CHECK_NAME,
            reason=what + _without_url(detail, error),
        )
    if isinstance(error, InputError):
        return NOT_IN_DATABASE, Finding(BAD_MODULE, Claim.DATABASE, Verdict.FINDING, text, line.mod, place)
    code = "database-unproved" if isinstance(error, IntegrityError) else "database-unavailable"
    if find(error, LookupDisabledError) is not None:
        code = error.code if error.code == "not-in-bundle" else "offline"
    what = "could not be checked: "
    reason = what + _without_url(detail, error)
    return UNCHECKED, Finding(
        code,
        Claim.DATABASE,
        Verdict.UNCHECKED,
        f"{label}{what}{detail}",
        line.mod,
        place,
        remedy=remedy_of(error),
        reason=reason,
    )


def _without_url(text: str, error: GovgoError) -> str:
    """What a failed request says of all requests like it: its text with the server in place of the whole URL."""
    network = find(error, NetworkError)
    if network is None or not network.url:
        return text
    scheme, _, rest = network.url.partition("://")
    return text.replace(network.url, f"{scheme}://{rest.partition('/')[0]}")


def _after_label(text: str, line: SumLine) -> str:
    """The error's text without the module's name before it."""
    version = line.mod.version
    for label in (f"{line.mod.path}@{version}: ", f"{line.mod.without_gomod()}: "):
        text = text.removeprefix(label)
    return text


def _mismatch(file: SumFile, line: SumLine, database: str, listed: str) -> Finding:
    version = line.mod.without_gomod().version
    noun = "module" if version == line.mod.version else "go.mod"
    if listed:
        text = f"{line.mod.path}@{version}: verifying {noun}: checksum mismatch"
    else:
        text = f"{line.mod.path}@{version}: verifying {noun}: checksum missing from sumdb response"
    evidence = (
        Evidence(f"{file.shown}:{line.number}", line.h1),
        Evidence(f"checksum database {database}", listed, "" if listed else "has a record without this line"),
    )
    place = Place(file.shown, line.number)
    return Finding("sum-mismatch", Claim.DATABASE, Verdict.CONTRADICTION, text, line.mod, place, evidence)


def fatal_finding(answers: DatabaseAnswers) -> Finding | None:
    """What made the whole database useless: a fork, a bad signature, or that nothing at all could be asked."""
    error = answers.fatal
    if error is None:
        return None
    verdict = Verdict.CONTRADICTION if find(error, SecurityError) is not None else Verdict.UNCHECKED
    return Finding(error.code, Claim.DATABASE, verdict, str(error).strip(), hint=error.hint)


def lines_of(targets: Sequence[Target]) -> tuple[SumLine, ...]:
    """Every line that is to be checked."""
    return tuple(line for target in targets for file in target.sums for line in file.lines)
