# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `audit`: databases of advisories by what names them.

https://vuln.go.dev            a database over HTTP; file:// URLs, too
./vulndb.zip  ./advisories     a zip file or directory on disk
golang.org/x/vulndb@latest     a module with a database in data/osv, by GOPROXY, proved by the checksum database
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from govgo.adapters.advisories.files import FileSource
from govgo.adapters.attribution import attributed
from govgo.adapters.disk.executables import DiskExecutables
from govgo.adapters.disk.usercache import KeptFiles
from govgo.adapters.workspace.planned import PlannedWorkspace
from govgo.app.audit.audit import audit
from govgo.core.advisory.auditresult import Audit
from govgo.core.advisory.openvex import VexError, VexStatement, parse_openvex
from govgo.core.goenv import OFF
from govgo.core.golib.url import mask
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import check_path
from govgo.core.module.versionquery import parse_path_version
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.errors import InputError, OfflineError, UsageError

if TYPE_CHECKING:
    from govgo.adapters.loop.network import NetworkOptions
    from govgo.app.audit.plan import FixOptions
    from govgo.load.session.session import Session
    from govgo.ports.advisories import AdvisorySource, Snapshot


class Fixing(NamedTuple):
    """What to do about what is found.

    Attributes:
        options: what is asked of the plan.
        is_done: it is performed, unless it is a `dry_run`; otherwise it is only shown.
    """

    options: FixOptions
    is_done: bool = False
    dry_run: bool = False


_ANSWER_S = 4.0
"""For all tries of a request to a database of advisories, but while a body comes: it serves files, and need not fetch
anything first, as a module proxy does."""
_FILES = (".zip", ".json", ".tar", ".tar.gz", ".tgz")
"""How the names of files end, also of those that are missing: no proxy is asked for a module of such a name."""


def run_audit(
    session: Session,
    where: Sequence[str],
    databases: Sequence[str],
    *,
    network: NetworkOptions,
    offline: bool = False,
    max_age: timedelta | None = None,
    packages: bool = False,
    vex: Sequence[str] = (),
    fixing: Fixing | None = None,
) -> Audit:
    """Audit modules, workspaces and binaries.

    Args:
        session: the command; its repository asks nobody when `offline`.
        where: as in `find_targets`.
        databases: what names them, see the module's docstring.
        network: how to talk to servers.
        offline: use what was kept of databases over HTTP.
        max_age, packages: as for `audit`.
        vex: files with OpenVEX documents.
        fixing: whether and how to clear what is found.

    Raises:
        UsageError: a database or an argument names nothing.
        VexError: an OpenVEX document breaks the rules.
        GovgoError: a database cannot be asked.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    statements = [each for name in vex for each in _statements(session, name)]
    with advisory_sources(session, databases, network=network, offline=offline) as sources:
        means = session, where, sources, DiskExecutables()
        looked = partial(audit, *means, max_age=max_age, packages=packages, statements=statements)
        if fixing is None:
            return looked()
        if not fixing.is_done:
            return looked(fix=fixing.options, plan=PlannedWorkspace)
        from govgo.app.audit.fix import fix

        return fix(
            *means,
            options=fixing.options,
            plan=PlannedWorkspace,
            dry_run=fixing.dry_run,
            max_age=max_age,
            packages=packages,
            statements=statements,
        )


def _statements(session: Session, name: str) -> Sequence[VexStatement]:
    shown = _shown(session, name)
    data = session.files.read(session.absolute(name))
    if data is None:
        raise VexError(f"{shown}: no such file or directory")
    return parse_openvex(shown, data)


def _shown(session: Session, name: str) -> str:
    """A file as messages name it: an absolute path as it was given, since -C is not where the one who gave it is."""
    return one_line(name) if name.startswith("/") else session.short_path(session.absolute(name))


@contextmanager
def advisory_sources(
    session: Session, databases: Sequence[str], *, network: NetworkOptions, offline: bool = False
) -> Iterator[list[AdvisorySource]]:
    """A block in which databases can be asked; the arguments are those of `run_audit`.

    Raises:
        UsageError: one of them names nothing.
    """
    kept = KeptFiles(session.settings.env.process, "advisories")
    lasting = session.lasting
    with ExitStack() as ending:
        held = ending if lasting is None else lasting.at_end
        known = {} if lasting is None else lasting.advisories
        for name in databases:
            if name not in known:
                known[name] = _source(session, name, kept, held, network, offline=offline)
        yield [known[name] for name in databases]


def _source(
    session: Session,
    name: str,
    kept: KeptFiles,
    held: ExitStack,
    options: NetworkOptions,
    *,
    offline: bool,
) -> AdvisorySource:
    if "://" in name:
        from govgo.adapters.advisories.web import WebSource
        from govgo.adapters.http.engine import Timeouts
        from govgo.adapters.loop.network import Network

        if options.limits.answer_s == Timeouts().answer_s:  # nobody has said how long to wait
            options = options._replace(timeouts=options.limits.waiting(_ANSWER_S)._replace(total_s=_ANSWER_S))
        network = Network(session.settings.env, session.report, options, local=False)
        held.callback(network.close)
        return WebSource(name, network, kept, offline=offline)
    path = session.absolute(name)
    if os.path.exists(path) or name.startswith((".", "/")) or name.endswith(_FILES):
        return FileSource(path, kept, name=_shown(session, name))
    module, version, _ = parse_path_version(name)
    try:
        check_path(module)
    except InputError as error:
        masked = mask(name)
        why = f": {error}" if masked == name else ""  # it quotes the name
        raise UsageError(
            f"{masked}: neither a URL, nor a file or directory, nor a module with advisories{why}"
        ) from None
    return _ModuleSource(session, ModuleVersion(module, version or "latest"), kept)


class _ModuleSource:
    """A module whose zip holds advisories (`ports.advisories.AdvisorySource`)."""

    def __init__(self, session: Session, query: ModuleVersion, kept: KeptFiles) -> None:
        self._session = session
        self._query = query
        self._kept = kept

    def about(self, paths: Collection[str]) -> Snapshot:
        """Download the module, unless the module cache has it, and read it."""
        from govgo.load.query.query import query
        from govgo.load.targets.open import without_sums

        repo = self._session.repo
        with without_sums(self._session):  # that of a module that is audited does not count
            try:
                info = query(self._session, *self._query)
            except OfflineError as error:
                raise attributed(self._query, error) from None
            mod = ModuleVersion(self._query.path, info.version)
            (done,) = repo.download([mod], extract=False)
            done.check()
            env = self._session.settings.env
            proved = env.gosumdb != OFF and env.uses_sumdb(mod.path)
            file = repo.cache_file(mod, "zip")
            source = FileSource(file, self._kept, name=str(mod), modified=info.time, is_proved=proved)
            return source.about(paths)
