# SPDX-License-Identifier: BSD-3-Clause
"""The rules of a govgo.toml, applied to single versions: what `govgo check` would find in a build is not served.

    modules, majors.allow, no-pseudo-versions and no-incompatible for all modules     of every file of a version
    advisories     the version is known to be vulnerable, `[audit] ignore` does not name that, and it is severe enough
                   for the settings; of every file
    licenses       what is in its zip; so of the zip, which is fetched, proved and looked at before its first byte

Waivers count, and rules that only warn refuse nothing. Rules about a whole build (tidy, go, replacements, max-modules,
those for direct requirements) say nothing about one version.

A verdict is kept for a while. What is known of advisories is asked for anew every hour; where the database does not
answer, what was known counts, and a version of which nothing is known is served or refused as the settings say.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from govgo.adapters.disk.system import path_of
from govgo.adapters.licenses.files import LegalTexts
from govgo.app.audit.audit import UnusableDatabaseError
from govgo.app.licenses.licenses import license_of_zip
from govgo.core.advisory.auditresult import Exposure
from govgo.core.advisory.findings import finding_of
from govgo.core.advisory.match import AdvisoryIndex
from govgo.core.findings import Finding, Verdict
from govgo.core.govgotoml import ProjectPolicy
from govgo.core.modgraph.mvs import Graph
from govgo.core.module.moduleversion import ModuleVersion, compare_selected
from govgo.core.policy.judge import Build, judge, judge_licenses
from govgo.core.policy.waive import waived
from govgo.core.records import NamedTuple
from govgo.core.resolution.resolution import Resolution
from govgo.errors import Failure
from govgo.ports.advisories import AdvisorySource, Snapshot
from govgo.ports.licenses import TextMatcher
from govgo.serve.policy import Threshold
from govgo.serve.protocol.answer import StoredFile
from govgo.serve.upstream.bounded import Recent
from govgo.serve.upstream.severity import refuses, worst_of
from govgo.serve.upstream.zips import Reading

FRESH_S = 3600.0
"""How long what databases of advisories say is taken for true."""
_PATIENCE_S = 15.0
_DOWN_S = 30.0
_MOST_KEPT, _KNOWN_BYTES, _OVERHEAD = 50_000, 64 << 20, 1000
"""So many verdicts on zips; and what is known of modules, whose paths others choose: each takes so much beside it."""


class Tools(NamedTuple):
    """What the rules need beside themselves.

    Attributes:
        sources: opens the databases of advisories, as they are now.
        matcher: tells which licences texts are.
        log: takes a sentence for the operator.
    """

    sources: Callable[[], Sequence[AdvisorySource]]
    matcher: TextMatcher
    log: Callable[[str], object]


class Verdicts:
    """See the module's docstring. Belongs to the cold loop."""

    def __init__(
        self, policy: ProjectPolicy, tools: Tools, *, threshold: Threshold | None = None, unknown_is_refused: bool
    ) -> None:
        """Nothing is asked yet.

        Args:
            policy: the rules.
            tools: what they need.
            threshold: which advisories count; None for all.
            unknown_is_refused: so is a version that a rule cannot judge.
        """
        self._policy = policy
        self._tools = tools
        self._threshold = threshold
        self._unknown_is_refused = unknown_is_refused
        self._thread = ThreadPoolExecutor(1, "govgo-advisories")
        self._known: Recent[str, tuple[float, AdvisoryIndex]] = Recent(_KNOWN_BYTES)
        self._sources: tuple[float, Sequence[AdvisorySource]] = (0.0, ())
        self._down_until_s = 0.0
        self._licenses: dict[ModuleVersion, str] = {}

    @property
    def looks_into_zips(self) -> bool:
        """Whether a zip has to be there before it can be judged."""
        return self._policy.check.licenses is not None

    async def refusal(self, mod: ModuleVersion) -> str:
        """Why no file of a version is served, "" where it is."""
        build = _build(mod)
        findings = list(judge(self._policy.check, build, ()))
        reason = self._reason(findings, build)
        if reason or self._policy.check.advisories is None:
            return reason
        index = await self._advisories(mod.path)
        if index is None:
            return "nobody can tell whether it is vulnerable now" if self._unknown_is_refused else ""
        return self._reason(self._vulnerabilities(index, mod), build)

    async def zip_refusal(self, mod: ModuleVersion, path: str) -> str:
        """Why a zip in a file is not served, "" where it is."""
        rule = self._policy.check.licenses
        if rule is None:
            return ""
        known = self._licenses.get(mod)
        if known is None:
            loop = asyncio.get_running_loop()
            known = await loop.run_in_executor(self._thread, lambda: self._judge_license(mod, path))
            if len(self._licenses) >= _MOST_KEPT:
                self._licenses.clear()
            self._licenses[mod] = known
        return known

    def _judge_license(self, mod: ModuleVersion, path: str) -> str:
        rule, build = self._policy.check.licenses, _build(mod)
        assert rule is not None
        try:
            found = license_of_zip(mod, path, self._policy, LegalTexts(), self._tools.matcher)
        except Failure as error:
            self._tools.log(f"{mod}: its licence cannot be told: {error}")
            return "its licence cannot be told" if self._unknown_is_refused else ""
        if not found.everything and self._unknown_is_refused:
            return "its licence is not known"
        return self._reason(judge_licenses(rule, build, [found]), build)

    def _reason(self, findings: Iterable[Finding], build: Build) -> str:
        today = datetime.now(UTC).date()
        left = waived(self._policy.check, findings, build, today, set())
        return next((f"{each.text} ({each.code})" for each in left if each.verdict is Verdict.FINDING), "")

    def _vulnerabilities(self, index: AdvisoryIndex, mod: ModuleVersion) -> Iterable[Finding]:
        today = datetime.now(UTC).date()
        for each in index.match(mod):
            names = (each.id, *each.aliases)
            ignored = (
                entry
                for entry in self._policy.audit_ignores
                if entry.concerns(names, mod.path) and (entry.expires is None or today <= entry.expires)
            )
            if next(ignored, None) is not None:
                continue
            finding = finding_of(Exposure(each, mod, None, (), (), None))
            if self._threshold is None:
                yield finding
            elif refuses(severity := worst_of(each), self._threshold):
                yield finding._replace(text=f"{finding.text}; severity: {severity or 'unknown'}")

    async def _advisories(self, path: str) -> AdvisoryIndex | None:
        """What is known about a module; None for nothing."""
        now_s = time.monotonic()
        asked_s, index = self._known.get(path) or (-FRESH_S, None)
        if now_s - asked_s < FRESH_S or now_s < self._down_until_s:
            return index
        work = asyncio.get_running_loop().run_in_executor(self._thread, lambda: self._ask({path}))
        try:
            found = await asyncio.wait_for(work, _PATIENCE_S)
        except (Failure, TimeoutError) as error:
            self._down_until_s = time.monotonic() + _DOWN_S
            self._tools.log(f"databases of advisories: {error or 'no answer in time'}")
            return index
        self._known.keep(path, (time.monotonic(), found), len(path) + _OVERHEAD)
        return found

    def _ask(self, paths: Collection[str]) -> AdvisoryIndex:
        """Ask all databases; in the thread."""
        opened_s, sources = self._sources
        if time.monotonic() - opened_s >= FRESH_S or not sources:
            self._sources = time.monotonic(), (sources := self._tools.sources())
        rule = self._policy.check.advisories
        assert rule is not None
        snapshots = [source.about(paths) for source in sources]
        if rule.max_db_age is not None:
            for each in snapshots:
                _check_age(each, datetime.now(UTC) - rule.max_db_age)
        return AdvisoryIndex(advisory for each in snapshots for advisory in each.advisories)


async def zip_refusal(verdicts: Verdicts, mod: ModuleVersion, found: StoredFile | Reading) -> str:
    """Why a zip that was found is not served, "" where it is; one that is on its way has been waited for.

    Raises:
        BadZipError, StorageError: it cannot be read.
    """
    if isinstance(found, StoredFile):
        return await verdicts.zip_refusal(mod, path_of(found.file.descriptor))
    if found.spool.error is not None:
        return ""
    reason = "it was not looked into"
    try:
        reason = await verdicts.zip_refusal(mod, path_of(found.spool.file.descriptor))
    finally:
        if reason:
            found.leave()
    return reason


def _check_age(snapshot: Snapshot, oldest: datetime) -> None:
    if snapshot.modified is None or snapshot.modified < oldest:
        raise UnusableDatabaseError(f"{snapshot.source}: the database is older than max-db-age")


def _build(mod: ModuleVersion) -> Build:
    """A build list of one version, which nobody requires."""
    return Build(
        Resolution(
            kind="module",
            path="",
            directory="",
            mod_file="",
            mains=(),
            graph=Graph(compare_selected, [mod]),
            stated=(),
            replacements={},
            go_version="",
        )
    )
