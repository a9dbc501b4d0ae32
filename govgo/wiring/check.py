# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `check`: the engines of the other verbs over the real network, module cache, files and git."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from govgo.adapters.workspace.planned import PlannedWorkspace
from govgo.app.audit.audit import audit_resolved
from govgo.app.check.check import Tools, check
from govgo.core.findings import Claim
from govgo.core.govgotoml import PolicyFileError
from govgo.core.policy.checked import Checked
from govgo.core.records import NamedTuple
from govgo.load.targets.open import reading
from govgo.load.targets.policy import GivenPolicy, use_policy
from govgo.load.targets.targets import shown
from govgo.wiring.audit import advisory_sources
from govgo.wiring.diff import open_side
from govgo.wiring.session import make_session

if TYPE_CHECKING:
    from govgo.adapters.loop.network import NetworkOptions
    from govgo.core.advisory.auditresult import Audit
    from govgo.core.findings import Verification
    from govgo.core.licenses.licenses import Licenses
    from govgo.core.policy.values import AdvisoryRule
    from govgo.load.session.session import Session
    from govgo.load.targets.resolve import Resolved


class CheckOptions(NamedTuple):
    """How to check.

    Attributes:
        policy: a govgo.toml that counts for every module: a path, or one that was read already; "" for those that lie
            beside and above them.
        since: a git reference, `A...` for where a branch left A; only what has come since then is told. "" for
            everything.
        databases: sources of advisories; none for those of GOVGO_VULNDB, else the public database.
        offline: ask nobody.
    """

    policy: str | GivenPolicy = ""
    since: str = ""
    databases: tuple[str, ...] = ()
    offline: bool = False


def run_check(session: Session, where: Sequence[str], options: CheckOptions, network: NetworkOptions) -> Checked:
    """Check modules and workspaces.

    Args:
        session: the command; its repository asks nobody when `options.offline`.
        where: as in `find_targets`.
        options: how.
        network: how to talk to servers.

    Raises:
        UsageError: an argument or the policy makes no sense.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    if options.policy:
        use_policy(session, _given(session, options.policy))
    engines = _Engines(session, options, network)
    tools = Tools(engines.audit, engines.licenses, engines.verify, PlannedWorkspace)
    with ExitStack() as held:
        old = open_side(session, options.since, (), held, "--since").session if options.since else None
        return check(session, where, tools, old=old, since=options.since, offline=options.offline)


def _given(session: Session, policy: str | GivenPolicy) -> GivenPolicy:
    if isinstance(policy, GivenPolicy):
        return policy
    path = session.absolute(policy)
    name = shown(session, path)
    data = session.files.read(path)
    if data is None:
        raise PolicyFileError(name, "no such file")
    return GivenPolicy(name, data)


class _Engines:
    """Other verbs, for `Tools`. What they need is loaded when a rule asks for it."""

    def __init__(self, session: Session, options: CheckOptions, network: NetworkOptions) -> None:
        self._session = session
        self._options = options
        self._network = network

    def audit(self, resolved: Sequence[Resolved], rule: AdvisoryRule) -> Audit:
        """Match modules with advisories."""
        names = self._options.databases or self._session.settings.env.advisory_databases()
        with advisory_sources(self._session, names, network=self._network, offline=self._options.offline) as sources:
            max_age, packages = rule.max_db_age, rule.packages
            return audit_resolved(self._session, resolved, sources, max_age=max_age, packages=packages)

    def licenses(self, resolved: Sequence[Resolved], only_packages: bool) -> Licenses:
        """Tell the licences of modules."""
        from govgo.wiring.licenses import run_licenses_of

        return run_licenses_of(self._session, resolved, only_packages=only_packages).run

    def verify(self, where: Sequence[str], claims: Sequence[Claim], other: Session | None) -> Verification:
        """Verify claims, in the files of another session if there is one.

        The verification ends the connections of its session, so it gets one of its own, unless these outlive every
        command of this process. Then this is a worker that looks at many repositories, and the module cache, which
        belongs to its machine, is no matter of theirs.
        """
        from govgo.wiring.verify import VerifyOptions, run_verify

        session = self._session
        if session.lasting is not None:
            own = reading(session, session.files, session.settings)
            claims = [claim for claim in claims if claim is not Claim.CACHE]
        else:
            own = make_session(
                session.settings, session.report, network=self._network, announce=False, offline=self._options.offline
            )
        if other is not None:
            own.files = other.files
        found: list[Verification] = []
        since = self._options.since if other is None else ""
        options = VerifyOptions(since=since, offline=self._options.offline)
        run_verify(own, where, claims, options, found.append, self._network)
        return found[0]
