# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `sbom`: the module cache, git, what is kept of the checksum database, and other verbs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from govgo.adapters.disk.executables import DiskExecutables
from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modcache.verify import CacheFacts
from govgo.adapters.vcs.worktree import GitWorkTrees
from govgo.app.sbom import Known, Tools, sbom
from govgo.core.findings import Verdict, all_findings
from govgo.core.goenv import OFF
from govgo.core.records import NamedTuple
from govgo.core.sbom.sbom import Sboms
from govgo.core.sumdb.gosumdb import database_of

if TYPE_CHECKING:
    from govgo.adapters.loop.network import NetworkOptions
    from govgo.load.session.session import Session
    from govgo.ports.sumdb import BundleSource


class SbomOptions(NamedTuple):
    """What goes into a bill of materials.

    Attributes:
        packages: what the build and its tests need, by imports.
        licenses: the licence of each module.
        databases: databases of advisories, as in `wiring.audit`; () for no advisories.
        timeless: it does not say when it was made.
        offline: nobody is asked.
        ignored: absolute paths of files that do not count as changes of a work tree.
    """

    packages: bool = False
    licenses: bool = False
    databases: tuple[str, ...] = ()
    timeless: bool = False
    offline: bool = False
    ignored: Collection[str] = ()


def run_sbom(session: Session, where: Sequence[str], options: SbomOptions, network: NetworkOptions) -> Sboms:
    """Make a bill of materials for each module, workspace and binary that `where` names.

    Raises:
        UsageError: an argument names nothing.
        MissingExtraError: the matcher of licences is not installed.
        GovgoError: a database of advisories cannot be asked.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    env = session.settings.env
    known = _known(session, where, options, network)
    with ExitStack() as held:
        kept: tuple[BundleSource, str] | None = None
        if env.gosumdb != OFF:
            from govgo.adapters.sumdb.session import ProofClient

            client = held.enter_context(ProofClient(env, session.report, offline=True))
            kept = client, database_of(env).key
        tools = Tools(
            zips=CacheFacts(ModCache(env.gomodcache, writable_dirs=session.settings.modcacherw)),
            worktrees=GitWorkTrees(env.process),
            executables=DiskExecutables(),
            kept=kept,
        )
        return sbom(
            session,
            where,
            tools,
            known,
            packages=options.packages,
            timeless=options.timeless,
            ignored=options.ignored,
        )


def _known(session: Session, where: Sequence[str], options: SbomOptions, network: NetworkOptions) -> Known:
    """What `audit` and `licenses` say of the same modules, and what neither could look at."""
    known = Known()
    if options.databases:
        from govgo.wiring.audit import run_audit

        audited = run_audit(session, where, options.databases, network=network, offline=options.offline)
        known = known._replace(audited=audited.modules, databases=audited.databases, faults=audited.faults)
    if options.licenses:
        from govgo.wiring.licenses import run_licenses

        run = run_licenses(session, where, only_packages=options.packages).run
        unchecked = tuple(finding for _, finding in all_findings(run) if finding.verdict >= Verdict.UNCHECKED)
        known = known._replace(licenses=run.builds, faults=(*known.faults, *unchecked))
    return known
