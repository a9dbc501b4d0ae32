# SPDX-License-Identifier: BSD-3-Clause
"""Explain a contradiction: every source's hash side by side, the likely cause, the files that differ, who needs it.

Only contradictions are explained, so that a run without any asks no proxy for a zip.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from govgo.app.verify.database import DatabaseAnswers
from govgo.app.verify.graph import TargetGraph
from govgo.core.findings import Cause, Claim, Difference, Evidence, Finding
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import Failure
from govgo.ports.evidence import Cached, Facts, FileReader, Sighting, Sources

MOST_EXPLAINED = 20
"""Mismatches for which proxies are asked for zips; more of them have one cause."""
MOST_DIFFERENCES = 50


class Explainer:
    """Adds what can be found out to findings that are contradictions. Without `sources`, no proxy is asked."""

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
        if finding.claim is Claim.TAGS:
            return finding  # it has compared the sources itself
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
        sources = {each.source for each in evidence}
        rest = [each for each in finding.evidence if each.source not in sources]
        said = line.digest if line else ""
        copies = (cached.gomod_hash,) if is_gomod else (cached.zip_hash, cached.dir_hash)
        cause, odd = likely_cause(
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
            odd_proxies=odd,
            compared=compared,
            differences=differences,
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
        """The files that differ between two copies, the one that the database has proved first."""
        copies: list[tuple[str, str, str]] = [(f"the zip of {each.url}", each.file, each.digest) for each in seen]
        copies.append(("the cached zip", cached.zip, cached.zip_hash))
        copies = [copy for copy in copies if copy[1]]
        copies.sort(key=lambda copy: copy[2] != database)
        try:
            for name, file, digest in copies[1:]:
                first = copies[0]
                if digest != first[2]:
                    old, new = self._files.zip_hashes(first[1]), self._files.zip_hashes(file)
                    return f"{first[0]} and {name}", compare_files(old, new, f"{mv}/")
            if copies and cached.dir and cached.dir_hash != copies[0][2]:
                return f"{copies[0][0]} and the extracted tree", changed_files(
                    self._files, mv, copies[0][1], cached.dir
                )
        except Failure:
            return "", ()  # one of them cannot be read as a zip: the evidence says so
        return "", ()


def changed_files(files: FileReader, mv: ModuleVersion, zip_file: str, directory: str) -> tuple[Difference, ...]:
    """The files in which a tree differs from the zip of the module.

    Raises:
        BadZipError, DiskError: one of them cannot be read.
    """
    old = files.zip_hashes(zip_file)
    return compare_files(old, files.tree_hashes(directory, str(mv), old), f"{mv}/")


def compare_files(old: Mapping[str, bytes], new: Mapping[str, bytes | None], prefix: str) -> tuple[Difference, ...]:
    """The files in which two copies of a module differ, by name, without `prefix`; None says nothing of a file."""
    found: list[Difference] = []
    for name in sorted(old.keys() | new.keys()):
        digest = new.get(name, b"")
        if digest != old.get(name) and (digest is not None or name not in old):
            change = "changed" if name in old and name in new else "added" if name in new else "removed"
            found.append(Difference(name.removeprefix(prefix), change))
    return tuple(found[:MOST_DIFFERENCES])


def likely_cause(
    line: str, database: str, proxies: Mapping[str, str], cached: str, *, damaged: bool
) -> tuple[Cause | None, tuple[str, ...]]:
    """What most likely happened, from the hashes that the sources give.

    Args:
        line: the hash in go.sum.
        database: the hash that the checksum database proves, "" where there is none.
        proxies: the hash at each proxy, by URL.
        cached: the hash of the cached bytes, "" for none.
        damaged: whether the cached zip cannot be read, or was the right one when it was downloaded.

    Returns:
        The cause, None where the hashes do not show it; and for ODD_PROXY the URLs of the proxies.
    """
    odd = tuple(sorted(url for url, digest in proxies.items() if database and digest != database))
    if database and line != database:
        if _one_character(line, database):
            return Cause.TYPO, ()
        if odd and len(odd) < len(proxies):
            return Cause.ODD_PROXY, odd
        if line in proxies.values() or (odd and len(odd) == len(proxies)):
            return Cause.MOVED_TAG, ()
        return Cause.OTHER_SOURCE if cached == line else Cause.EDITED, ()
    others = [digest for digest in proxies.values() if digest]
    if line and line == database:
        if odd and not damaged and cached in ("", line):
            return Cause.ODD_PROXY, odd
        return Cause.BAD_CACHE, ()
    if (damaged and cached != line) or (line and line in others):
        return Cause.BAD_CACHE, ()
    if line and others and all(digest != line for digest in others):
        if any(_one_character(line, digest) for digest in (*others, cached)):
            return Cause.TYPO, ()
        return Cause.EDITED if cached in others else Cause.MOVED_TAG if cached == line else None, ()
    if line and cached and _one_character(line, cached):
        return Cause.TYPO, ()
    return None, ()


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
