# SPDX-License-Identifier: BSD-3-Clause
"""The claim of `govgo verify` about the module cache: what lies there is what go.sum says, byte for byte.

Zips, extracted trees and go.mod files are compared with go.sum's lines and with the hash recorded beside the zip, in
go's wording; kept answers and tiles of the checksum database with its signed tree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from govgo.core.findings import Claim, ClaimResult, Evidence, Finding, Place, Remedy, Verdict, merge_alike, worst
from govgo.core.gosum.lines import SumLine
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import Failure
from govgo.load.targets.targets import SumFile, Target
from govgo.ports.evidence import Cached, Damage, FileReader

UNMODIFIED, MODIFIED, ABSENT = "unmodified", "modified", "absent"


def modules_of(targets: Sequence[Target]) -> tuple[ModuleVersion, ...]:
    """The module versions that the lines to be checked name, each once."""
    lines = (line for target in targets for file in target.sums for line in file.lines)
    return tuple(dict.fromkeys(line.mod.without_gomod() for line in lines))


def damage_findings(damage: Sequence[Damage]) -> tuple[Finding, ...]:
    """Kept files of the database that do not prove, or cannot be read. They are fetched again, never believed."""
    return merge_alike(_damage_finding(each) for each in damage)


def _damage_finding(each: Damage) -> Finding:
    text, place = f"{each.path}: {each.reason}", Place(each.path)
    if each.is_unread:
        unread = Finding("disk", Claim.CACHE, Verdict.UNCHECKED, text, each.module, place, remedy=Remedy.LET_READ)
        return unread._replace(reason=f"a kept proof {each.reason}")
    return Finding("cache-damaged", Claim.CACHE, Verdict.FINDING, text, each.module, place, remedy=Remedy.NONE_NEEDED)


def check_cache(
    target: Target,
    facts: Mapping[ModuleVersion, Cached],
    proved: Callable[[ModuleVersion], str],
    files: Callable[[], FileReader],
) -> tuple[ClaimResult, tuple[Finding, ...]]:
    """Whether the cached files of the modules in a go.sum are those that it names.

    Args:
        target: whose go.sum.
        facts: what lies in the cache for each module of it.
        proved: the hash that the database has proved for a key, "" for none. Bytes that have it are right, although
            a false line contradicts them: the line is reported elsewhere.
        files: reads zips and trees, where hashes do not say enough.
    """
    check = _CacheCheck(proved, files)
    lines: dict[ModuleVersion, list[tuple[SumFile, SumLine]]] = {}
    for file in target.sums:
        for line in file.lines:
            lines.setdefault(line.mod, []).append((file, line))
    for mv in modules_of((target,)):
        check.module(mv, facts[mv], lines.get(mv, []), lines.get(mv.gomod_key(), []))
    verdict = worst(check.findings)
    counts = tuple((name, check.counts[name]) for name in (UNMODIFIED, MODIFIED, ABSENT))
    return ClaimResult(Claim.CACHE, verdict, counts), tuple(check.findings)


class _CacheCheck:
    """Collects what is found."""

    def __init__(self, proved: Callable[[ModuleVersion], str], files: Callable[[], FileReader]) -> None:
        self.counts: Counter[str] = Counter()
        self.findings: list[Finding] = []
        self._proved = proved
        self._files = files

    def module(
        self,
        mv: ModuleVersion,
        cached: Cached,
        zip_lines: Sequence[tuple[SumFile, SumLine]],
        gomod_lines: Sequence[tuple[SumFile, SumLine]],
    ) -> None:
        """Check one module version."""
        before = len(self.findings)
        name = f"{mv.path} {mv.version}"
        if cached.disk_fault:
            text, lines = f"{name}: {cached.disk_fault}", zip_lines or gomod_lines
            self._add("disk", Verdict.UNCHECKED, text, mv, lines, (), "", Remedy.LET_READ)
            if cached.dir and not cached.dir_hash:
                self._unread_tree(mv, cached, zip_lines)
        if cached.gomod:
            where = f"cached go.mod {cached.gomod}"
            text = f"{name}: go.mod has been modified ({cached.gomod})"
            self._compare(mv, text, where, cached.gomod_hash, gomod_lines, cached.gomod)
        if cached.recorded_fault:
            text = f"{name}: {cached.recorded_fault}"
            reason = "the recorded hash of a cached zip is missing"
            self._add("missing-ziphash", Verdict.FINDING, text, mv, zip_lines, (), "", Remedy.REPAIR_CACHE, reason)
        if cached.zip:
            self._content(mv, "zip", cached.zip, cached.zip_hash, cached.zip_fault, cached.recorded, zip_lines)
        if cached.zip_layout and len(self.findings) == before:
            text = f"{name}: zip has been modified ({cached.zip}) outside of its files: {cached.zip_layout}"
            self._add("zip-modified", Verdict.FINDING, text, mv, zip_lines, (), cached.zip, Remedy.REPAIR_CACHE)
        if cached.dir:
            self._content(mv, "dir", cached.dir, cached.dir_hash, cached.dir_fault, cached.recorded, zip_lines)
        if cached.recorded and len(self.findings) == before:
            where = f"recorded hash {cached.zip}hash"
            text = f"{name}: recorded hash differs from go.sum"
            self._compare(mv, text, where, cached.recorded, zip_lines, cached.zip)
        if len(self.findings) > before:
            self.counts[MODIFIED] += 1
        else:
            # Where go.sum has the hash of the zip, go.mod alone is not the module.
            is_there = cached.zip or cached.dir or (cached.gomod and not zip_lines)
            self.counts[UNMODIFIED if is_there else ABSENT] += 1

    def _content(
        self,
        mv: ModuleVersion,
        kind: str,
        path: str,
        digest: str,
        fault: str,
        recorded: str,
        lines: Sequence[tuple[SumFile, SumLine]],
    ) -> None:
        """Check a zip or a tree against the line of go.sum where there is one, else against the recorded hash."""
        name = f"{mv.path} {mv.version}"
        text = f"{name}: {kind} has been modified ({path})"
        where = f"cached {kind} {path}"
        if fault:
            verdict = Verdict.CONTRADICTION if lines else Verdict.FINDING
            text = f"{text}: {fault}"
            self._contradict(f"{kind}-modified", verdict, text, mv, lines, Evidence(where, "", fault), path)
        elif not digest:
            pass  # it cannot be read, which `disk_fault` says: that proves nothing
        elif lines:
            self._compare(mv, text, where, digest, lines, path, f"{kind}-modified")
        elif recorded and digest != recorded:
            evidence = (Evidence("recorded hash", recorded), Evidence(where, digest))
            self._add(f"{kind}-modified", Verdict.FINDING, text, mv, (), evidence, path, Remedy.REPAIR_CACHE)

    def _compare(
        self,
        mv: ModuleVersion,
        text: str,
        where: str,
        digest: str,
        lines: Sequence[tuple[SumFile, SumLine]],
        path: str,
        code: str = "cache-mismatch",
    ) -> None:
        if lines and not self._is_right(digest, lines):
            self._contradict(code, Verdict.CONTRADICTION, text, mv, lines, Evidence(where, digest), path)

    def _is_right(self, digest: str, lines: Sequence[tuple[SumFile, SumLine]]) -> bool:
        return any(digest in (line.h1, self._proved(line.mod)) for _, line in lines)

    def _unread_tree(self, mv: ModuleVersion, cached: Cached, lines: Sequence[tuple[SumFile, SumLine]]) -> None:
        """A tree that cannot be read whole has no hash, but a file in it may be another than in the right zip."""
        if not cached.zip_hash or not self._is_right(cached.zip_hash, lines):
            return
        from govgo.app.verify.explain import changed_files

        with suppress(Failure):  # `disk_fault` says already that something cannot be read
            differences = changed_files(self._files(), mv, cached.zip, cached.dir)
            if differences:
                where = Evidence(f"cached dir {cached.dir}", "", f"{differences[0].name} is not the one in the zip")
                text = f"{mv.path} {mv.version}: dir has been modified ({cached.dir})"
                self._contradict("dir-modified", Verdict.CONTRADICTION, text, mv, lines, where, cached.dir)

    def _contradict(
        self,
        code: str,
        verdict: Verdict,
        text: str,
        mv: ModuleVersion,
        lines: Sequence[tuple[SumFile, SumLine]],
        evidence: Evidence,
        path: str,
    ) -> None:
        said = tuple(Evidence(f"{file.shown}:{line.number}", line.h1) for file, line in lines)
        self._add(code, verdict, text, mv, lines, (*said, evidence), path)

    def _add(
        self,
        code: str,
        verdict: Verdict,
        text: str,
        mv: ModuleVersion,
        lines: Sequence[tuple[SumFile, SumLine]],
        evidence: tuple[Evidence, ...],
        path: str = "",
        remedy: Remedy | None = None,
        reason: str = "",
    ) -> None:
        key = lines[0][1].mod if lines else mv
        place = Place(lines[0][0].shown, lines[0][1].number) if lines else Place(path) if path else None
        found = Finding(code, Claim.CACHE, verdict, text, key, place, evidence, remedy=remedy, reason=reason)
        self.findings.append(found)
