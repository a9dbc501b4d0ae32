# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `verify`: the checks of `app.verify` over the real database, cache, proxies and git."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeVar

from govgo.core.goenv import OFF
from govgo.core.records import NamedTuple
from govgo.errors import DiskError, Failure, GovgoError, SecurityError, gravest
from govgo.wiring.session import make_session

if TYPE_CHECKING:
    from govgo.adapters.loop.network import NetworkOptions
    from govgo.adapters.sumdb.session import ProofClient
    from govgo.app.sum.bundle import WrittenBundle
    from govgo.app.verify.verify import Tools
    from govgo.core.findings import Claim, Verification
    from govgo.load.session.session import Session
    from govgo.ports.evidence import Facts, FileReader, KeptProofs, Origins, Sources
    from govgo.ports.files import Executables
    from govgo.ports.sumdb import Prover

_T = TypeVar("_T")


class VerifyOptions(NamedTuple):
    """How to verify.

    Attributes:
        since: a git reference; only go.sum lines that came after it are checked. "" for all lines.
        offline: use what is kept, and report what could not be checked.
        bundle: a file to write the proofs to, "" for none.
        from_bundle: a file of proofs to use in place of the database, "" for none.
        strict: go.sum lines that are right, but more than needed, are findings.
        against: a go.sum file to compare Go binaries with, "" for none.
    """

    since: str = ""
    offline: bool = False
    bundle: str = ""
    from_bundle: str = ""
    strict: bool = False
    against: str = ""


def run_verify(
    session: Session,
    where: Sequence[str],
    claims: Sequence[Claim],
    options: VerifyOptions,
    tell: Callable[[Verification], object],
    network: NetworkOptions,
) -> WrittenBundle | None:
    """Check the claims for the modules that `where` names; the session's own module or workspace where it names none.

    Args:
        session: the command.
        where, claims, options: what to check, and how.
        tell: is given the result, before an error of the bundle is raised. It has all that is found: what goes wrong
            after the checks, while the clients of the database are closed, takes nothing from it and is a finding as
            well.
        network: how to talk to servers.

    Returns:
        The bundle that was written of the proofs, None where none was asked for.

    Raises:
        GovgoError: nothing could be checked at all; a fault of a single check is a finding.
    """
    from govgo.adapters.sumdb.session import ProofClient
    from govgo.app.verify.verify import with_late_errors

    env = session.settings.env
    late, writing = _Late(), _Late()
    bundle: WrittenBundle | None = None
    try:
        with ExitStack() as held:
            directory = "" if options.from_bundle else session.settings.cwd
            client = ProofClient(env, session.report, network, offline=options.offline, directory=directory)
            asked = _offline_session(session) if options.offline else session
            for each in dict.fromkeys((session.repo, asked.repo)):
                held.callback(late.attempt, each.close)
            held.callback(late.attempt, client.close)
            database = _prover(session, client, options.from_bundle)
            tools = _tools(session, client, database, held, options, network)
            run = _checked(asked, where, claims, tools, options)
            if options.bundle:
                bundle = writing.attempt(lambda: _bundle(session, client, where, options.bundle))
    except GovgoError as error:
        raise gravest(error, *late.errors)  # noqa: B904 - it is the error, or one that must be told in its place
    contradictions = [error for error in writing.errors if isinstance(error, SecurityError)]
    tell(with_late_errors(run, (*contradictions, *late.errors)))
    for failure in writing.errors:
        if isinstance(failure, Failure):
            raise failure
    return bundle


def _prover(session: Session, client: ProofClient, from_bundle: str) -> Prover:
    """What proves lines: the client of the database, or a bundle in its place."""
    if not from_bundle:
        return client
    from govgo.adapters.attribution import prefixed
    from govgo.app.sum.bundle import prove_from_bundle

    try:
        return prove_from_bundle(session, session.absolute(from_bundle))
    except DiskError:  # it names the file
        raise
    except GovgoError as error:
        raise prefixed(error, f"{from_bundle}: ") from error


def _checked(
    session: Session, where: Sequence[str], claims: Sequence[Claim], tools: Tools, options: VerifyOptions
) -> Verification:
    from govgo.app.verify.verify import verify as service
    from govgo.core.findings import Claim

    # Bundle and go.sum are enough to prove every line; what else there is to check is checked if it can be.
    proves_alone = bool(options.from_bundle) and options.offline and Claim.DATABASE in claims
    return service(
        session,
        where,
        claims,
        tools,
        since=options.since,
        offline=options.offline,
        strict=options.strict,
        against=options.against,
        optional=(Claim.COMPLETE, Claim.VENDOR) if proves_alone else (),
    )


class _Late:
    """Work that may fail without the report being lost; `errors` are what failed."""

    def __init__(self) -> None:
        self.errors: list[GovgoError] = []

    def attempt(self, work: Callable[[], _T]) -> _T | None:
        """The result of `work`; None where it failed."""
        try:
            return work()
        except GovgoError as error:  # named in the report
            self.errors.append(error)
        return None


def _tools(
    session: Session,
    client: ProofClient,
    database: Prover,
    held: ExitStack,
    options: VerifyOptions,
    network: NetworkOptions,
) -> Tools:
    from govgo.app.verify.verify import Tools

    env = session.settings.env

    def proofs() -> KeptProofs | None:
        if env.gosumdb == OFF:
            return None
        from govgo.adapters.sumdb.audit import SumAudit
        from govgo.core.sumdb.gosumdb import database_of

        forget = client.forget_kept
        return SumAudit(database_of(env), gomodcache=env.gomodcache, gopath=env.gopath, on_damage=forget)

    def facts() -> Facts:
        from govgo.adapters.modcache.cache import ModCache
        from govgo.adapters.modcache.verify import CacheFacts

        return CacheFacts(ModCache(env.gomodcache, writable_dirs=session.settings.modcacherw))

    def sources() -> Sources:
        from govgo.adapters.proxy.compare import SecondSources

        return held.enter_context(SecondSources(env, session.report, network))

    def origins() -> Origins:
        from govgo.adapters.vcs.origins import Origins as Repositories

        return held.enter_context(Repositories(env, session.report, network))

    old = None
    if options.since:
        from govgo.adapters.vcs.gitshow import GitFiles

        old = GitFiles(options.since, env.process)
    asks_nobody = options.offline or options.from_bundle
    return Tools(
        database,
        proofs,
        facts,
        _files,
        _executables,
        sources=None if asks_nobody else sources,
        origins=None if asks_nobody else origins,
        old=old,
    )


def _files() -> FileReader:
    from govgo.adapters.proxy.compare import ModuleFiles

    return ModuleFiles()


def _executables() -> Executables:
    from govgo.adapters.disk.executables import DiskExecutables

    return DiskExecutables()


def _offline_session(session: Session) -> Session:
    """The same command over a repository that asks no source. What go.sum lacks stays unproved, and is reported."""
    env = session.settings.env._replace(goproxy=OFF, gosumdb=OFF)
    other = make_session(session.settings._replace(env=env), session.report, announce=False, offline=True)
    other.files = session.files
    other.settings = session.settings._replace(env=env._replace(gosumdb=session.settings.env.gosumdb))
    return other


def _bundle(session: Session, client: ProofClient, where: Sequence[str], file: str) -> WrittenBundle:
    """Write a bundle of the proofs of every go.sum line that is checked."""
    from govgo.app.sum.bundle import write_bundle
    from govgo.app.verify.database import lines_of
    from govgo.load.targets.targets import find_targets

    keys = [line.mod for line in lines_of(find_targets(session, where))]
    return write_bundle(session, client, session.absolute(file), keys)
