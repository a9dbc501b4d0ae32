# SPDX-License-Identifier: BSD-3-Clause
"""The claim `tags`: the repository of each module still has, at the tag of each version, what go.sum says.

A version is published once: the checksum database records the bytes that its tag had then. Who moves the tag afterwards
shows different code to those who read the repository than to those who build. Both are compared here by the `h1:` hash
of the zip that is made of the repository as it is now, in the way of GOPROXY=direct.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from govgo.app.verify.explain import compare_files
from govgo.core.findings import (
    Cause,
    Claim,
    ClaimResult,
    Difference,
    Evidence,
    Finding,
    Place,
    TaggedVersion,
    Verdict,
    worst,
)
from govgo.core.gosum.lines import SumLine
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import Failure
from govgo.load.targets.targets import SumFile, Target

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.evidence import Facts, FileReader, Origins, Tagged

MATCHING, MISMATCH, GONE, UNCHECKED = "matching", "mismatch", "gone", "unchecked"

_OFFLINE = "repositories can only be asked online"


class TagAnswers:
    """What the repositories have, for all targets of a run.

    Attributes:
        found: by module version.
    """

    def __init__(
        self,
        session: Session,
        origins: Origins | None,
        facts: Callable[[], Facts],
        files: Callable[[], FileReader],
    ) -> None:
        """Nobody is asked yet; without `origins` nobody will be."""
        self._session = session
        self._origins = origins
        self._facts = facts
        self._files = files
        self.found: dict[ModuleVersion, Tagged] = {}

    @property
    def is_offline(self) -> bool:
        """Whether nobody is asked."""
        return self._origins is None

    def ask(self, mods: Iterable[ModuleVersion], advanced: Callable[[int], object]) -> None:
        """Look at all repositories at once."""
        if self._origins is not None:
            wanted = list(mods)
            self.found = dict(zip(wanted, self._origins.look(wanted, advanced), strict=True))

    def published_commit(self, mod: ModuleVersion) -> str:
        """The commit that the version was made from, as its .info says, "" where that says none."""
        try:
            origin = self._session.repo.info(*mod).origin
        except Failure:
            return ""
        return origin.hash if origin is not None else ""

    def differences(self, mod: ModuleVersion, h1: str, tagged: Tagged) -> tuple[Difference, ...]:
        """The files in which the repository differs from the cached zip, if that is the one with this hash."""
        (cached,) = self._facts().look((mod,))
        if cached.zip_hash != h1:
            return ()
        try:
            files = self._files()
            return compare_files(files.zip_hashes(cached.zip), files.zip_hashes(tagged.file), f"{mod}/")
        except Failure:
            return ()  # one of them cannot be read as a zip


def zip_lines(targets: Sequence[Target]) -> tuple[SumLine, ...]:
    """The lines of go.sum that are about zips."""
    lines = (line for target in targets for file in target.sums for line in file.lines)
    return tuple(line for line in lines if not line.mod.is_gomod_key)


def check_tags(
    target: Target, answers: TagAnswers, proved: Callable[[ModuleVersion], str], database: str
) -> tuple[ClaimResult, tuple[Finding, ...], tuple[TaggedVersion, ...]]:
    """Whether the repositories have what go.sum says, or the database where that was asked.

    Args:
        target: whose go.sum.
        answers: the repositories have been asked.
        proved: the hash that the database proves for a version, "" for none.
        database: the name of the database, for evidence.

    Returns:
        The result, the findings, and the commits of the versions that were found.
    """
    counts: Counter[str] = Counter()
    findings: list[Finding] = []
    versions: list[TaggedVersion] = []
    lines = [(file, line) for file in target.sums for line in file.lines if not line.mod.is_gomod_key]
    if answers.is_offline and lines:
        place = Place(target.sums[0].shown)
        findings.append(Finding("offline", Claim.TAGS, Verdict.UNCHECKED, _OFFLINE, place=place))
        counts[UNCHECKED] = len(lines)
        lines = []
    for file, line in lines:
        tagged = answers.found[line.mod]
        kind, finding = _check(file, line, tagged, answers, proved(line.mod), database)
        counts[kind] += 1
        if finding is not None:
            findings.append(finding)
        if tagged.commit:
            is_same = None if kind == UNCHECKED else kind == MATCHING
            about = (tagged.repository, tagged.ref, tagged.commit, tagged.time)
            versions.append(TaggedVersion(line.mod, *about, is_same))
    names = (MATCHING, MISMATCH, GONE, UNCHECKED)
    result = ClaimResult(Claim.TAGS, worst(findings), tuple((name, counts[name]) for name in names))
    return result, tuple(findings), tuple(versions)


def _check(
    file: SumFile, line: SumLine, tagged: Tagged, answers: TagAnswers, proved: str, database: str
) -> tuple[str, Finding | None]:
    wanted = proved or line.h1
    if tagged.digest == wanted:
        return MATCHING, None
    mod, place = line.mod, Place(file.shown, line.number)
    if tagged.digest:
        return MISMATCH, _mismatch(line, place, tagged, answers, proved, database)
    fault = tagged.fault.removeprefix(f"{mod}: ")
    if tagged.is_gone:
        what = f"{tagged.repository or 'its repository'} has no such version any more"
        text = f"{mod}: {what}: {fault}"
        return GONE, Finding("tag-gone", Claim.TAGS, Verdict.FINDING, text, mod, place)
    reason = f"its repository could not be compared: {fault}"
    finding = Finding("tag-unchecked", Claim.TAGS, Verdict.UNCHECKED, f"{mod}: {reason}", mod, place, reason=reason)
    return UNCHECKED, finding


def _mismatch(line: SumLine, place: Place, tagged: Tagged, answers: TagAnswers, proved: str, database: str) -> Finding:
    mod = line.mod
    before = answers.published_commit(mod)
    name = f"tag {tagged.ref}" if tagged.ref else "the commit"
    if before and before != tagged.commit:
        text = f"{mod}: {name} has been moved: {tagged.repository} has other code than the version was published with"
    elif before:
        text = f"{mod}: the published version was not made from the commit that it names in {tagged.repository}"
    else:
        published = "the version was published with" if proved else f"{place.file} says"
        text = f"{mod}: {tagged.repository} has other code at {name} than {published}"
    time = f", {tagged.time.isoformat(timespec='seconds')}" if tagged.time is not None else ""
    evidence = [Evidence(str(place) if line.number else place.file, line.h1)]
    if proved:
        evidence.append(Evidence(f"checksum database {database}", proved))
    evidence.append(Evidence(f"{name} now", tagged.digest, f"commit {tagged.commit}{time}"))
    if before:
        evidence.append(Evidence("published from", "", f"commit {before}"))
    differences = answers.differences(mod, proved or line.h1, tagged)
    return Finding(
        "tag-mismatch",
        Claim.TAGS,
        Verdict.CONTRADICTION,
        text,
        mod,
        place,
        tuple(evidence),
        # Where nobody says what was published, the tag may be where it was, and go.sum from an odd proxy.
        cause=Cause.MOVED_TAG if before != tagged.commit and (before or proved) else None,
        compared="the published zip and the repository" if differences else "",
        differences=differences,
    )
