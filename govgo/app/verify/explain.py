# SPDX-License-Identifier: BSD-3-Clause
"""Why bytes contradict: what each source has, the likely cause, the files that differ, who needs the module.

Only what contradicts is looked into, so that a sound run asks no proxy for a zip.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from govgo.app.verify.database import DatabaseAnswers
from govgo.app.verify.graph import TargetGraph
from govgo.core.findings import Claim, Difference, Evidence, Finding
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import Failure
from govgo.ports.evidence import Cached, Facts, FileReader, Sighting, Sources

MOST_EXPLAINED = 20
"""Mismatches for which proxies are asked for zips; more of them have one cause."""
MOST_DIFFERENCES = 50

MOVED_TAG = "moved tag: the version was published again with other bytes after the checksum database had recorded it"
EDITED = "edited go.sum: the line agrees with nothing that can be had now"
TYPO = "edited go.sum: one character of the line was changed"
BAD_CACHE = "bad cache: the cached bytes are not those that the module was published with"
OTHER_SOURCE = "moved tag or odd proxy: go.sum and the cache were made from other bytes than those first published"


class Explainer:
    """Completes contradictions. Without `sources`, no proxy is asked."""

    def __init__(
        self,
        answers: DatabaseAnswers | None,
        facts: Facts,
        files: FileReader,
        sources: Sources | None,
    ) -> None:
        self._answers = answers
        self._facts = facts
        self._files = files
        self._sources = sources
        self._explained = 0

    def explain(self, finding: Finding, graph: TargetGraph) -> Finding:
        """A contradiction with all that can be found out about it."""
        key = finding.module
        if key is None or finding.claim is Claim.VENDOR:
            return finding
        finding = finding._replace(needed_by=graph.needed_by(key))
        if self._explained >= MOST_EXPLAINED:
            return finding
        self._explained += 1
        is_gomod = key.is_gomod_key
        mv = key.without_gomod()
        cached = self._facts.look((mv,))[0]
        seen = self._sources.proxies(key) if self._sources is not None else ()
        database = self._database_hash(key)
        line = next((each for each in finding.evidence if each.source == str(finding.place)), None)
        evidence = [] if line is None else [line]
        if database:
            assert self._answers is not None
            evidence.append(Evidence(f"checksum database {self._answers.database.name}", database))
        evidence += [Evidence(f"proxy {each.url}", each.digest, each.fault) for each in seen]
        evidence += _cached_evidence(cached, is_gomod=is_gomod)
        known = {(each.source, each.digest) for each in evidence}
        rest = [e for e in finding.evidence if (e.source, e.digest) not in known and not _told(e, evidence)]
        said = line.digest if line else ""
        copies = (cached.gomod_hash,) if is_gomod else (cached.zip_hash, cached.dir_hash)
        cause = likely_cause(
            said,
            database,
            {each.url: each.digest for each in seen if each.digest},
            next((digest for digest in copies if digest and digest != said), copies[0]),
            damaged=not is_gomod and (bool(cached.zip_fault) or (said != "" and cached.recorded == said)),
        )
        compared, differences = ("", ()) if is_gomod else self._differences(mv, cached, seen, database)
        return finding._replace(
            evidence=(*evidence, *rest),
            cause=cause,
            compared=compared,
            differences=differences,
            hint=_hint(cause, mv, finding),
        )

    def _database_hash(self, key: ModuleVersion) -> str:
        if self._answers is None:
            return ""
        try:
            self._answers.ask((key,))
        except Failure:
            return ""
        return self._answers.hash_of(key)

    def _differences(
        self, mv: ModuleVersion, cached: Cached, seen: Sequence[Sighting], database: str
    ) -> tuple[str, tuple[Difference, ...]]:
        """The files that differ between two copies, the one that the database vouches for first."""
        copies: list[tuple[str, str, str]] = [(f"the zip of {each.url}", each.file, each.digest) for each in seen]
        copies.append(("the cached zip", cached.zip, cached.zip_hash))
        copies = [copy for copy in copies if copy[1]]
        copies.sort(key=lambda copy: copy[2] != database)
        try:
            for name, file, digest in copies[1:]:
                first = copies[0]
                if digest != first[2]:
                    old, new = self._files.zip_digests(first[1]), self._files.zip_digests(file)
                    return f"{first[0]} and {name}", compare_files(old, new, f"{mv}/")
            if copies and cached.dir and cached.dir_hash != copies[0][2]:
                old, new = self._files.zip_digests(copies[0][1]), self._files.tree_digests(cached.dir, str(mv))
                return f"{copies[0][0]} and the extracted tree", compare_files(old, new, f"{mv}/")
        except Failure:
            return "", ()  # one of them is no zip that could be read: the evidence says so
        return "", ()


def compare_files(old: Mapping[str, bytes], new: Mapping[str, bytes], prefix: str) -> tuple[Difference, ...]:
    """The files that two copies of a module do not share, by name, `prefix` taken off."""
    found: list[Difference] = []
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            change = "changed" if name in old and name in new else "added" if name in new else "removed"
            found.append(Difference(name.removeprefix(prefix), change))
    return tuple(found[:MOST_DIFFERENCES])


def likely_cause(line: str, database: str, proxies: Mapping[str, str], cached: str, *, damaged: bool = False) -> str:
    """What most likely happened, from the hashes that the sources have; "" where these do not show it.

    Args:
        line: the hash in go.sum.
        database: that of the checksum database, "" where it has or gives none.
        proxies: by URL.
        cached: of the cached bytes, "" for none.
        damaged: whether the cached zip cannot be read, or was the right one when it was downloaded.
    """
    odd = sorted(url for url, digest in proxies.items() if database and digest != database)
    if database and line != database:
        if _one_character(line, database):
            return TYPO
        if odd and len(odd) < len(proxies):
            return f"odd proxy: {', '.join(odd)} serves other bytes than those that the checksum database recorded"
        if line in proxies.values() or (odd and len(odd) == len(proxies)):
            return MOVED_TAG
        return OTHER_SOURCE if cached == line else EDITED
    others = [digest for digest in proxies.values() if digest]
    if line and line == database:
        if damaged or (cached and cached != line):
            return BAD_CACHE
        if odd:
            return f"odd proxy: {', '.join(odd)} serves other bytes than those that the checksum database recorded"
        return BAD_CACHE
    if (damaged and cached != line) or (line and line in others):
        return BAD_CACHE
    if line and others and all(digest != line for digest in others):
        if any(_one_character(line, digest) for digest in (*others, cached)):
            return TYPO
        return EDITED if cached in others else MOVED_TAG if cached == line else ""
    if line and cached and _one_character(line, cached):
        return TYPO
    return ""


def _one_character(one: str, other: str) -> bool:
    """Whether two hashes differ in a single character: no two different contents ever do."""
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1


def _cached_evidence(cached: Cached, *, is_gomod: bool) -> list[Evidence]:
    if is_gomod:
        return [Evidence(f"cached go.mod {cached.gomod}", cached.gomod_hash)] if cached.gomod else []
    found: list[Evidence] = []
    if cached.zip:
        found.append(Evidence(f"cached zip {cached.zip}", cached.zip_hash, cached.zip_fault))
    if cached.dir and cached.dir_hash != cached.zip_hash:
        found.append(Evidence(f"cached dir {cached.dir}", cached.dir_hash, cached.dir_fault))
    return found


def _told(evidence: Evidence, others: Sequence[Evidence]) -> bool:
    return any(evidence.source == other.source for other in others)


def _hint(cause: str, mv: ModuleVersion, finding: Finding) -> str:
    if cause in (TYPO, EDITED) and finding.place is not None and finding.place.line:
        file, line = finding.place.file, finding.place.line
        return f"see who changed the line: `git log -L{line},{line}:{file}`"
    if cause == BAD_CACHE:
        return f"move the cached copy aside and fetch it anew, proved: `govgo download {mv}`"
    if cause:
        return f"a re-tagged release? move to another version: `govgo get {mv.path}@latest`"
    return finding.hint
