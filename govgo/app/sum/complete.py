# SPDX-License-Identifier: BSD-3-Clause
"""Add to go.sum exactly the lines that are missing, each proved by the checksum database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from govgo.app.sum.database import listed_hash
from govgo.app.sum.needs import load_needs
from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.gosum.ledger import SumLedger
from govgo.core.gosum.lines import format_line, old_name
from govgo.core.gosum.outcomes import Completed
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import module_sort_key
from govgo.core.version.goversion import DEFAULT_GO_MOD_VERSION
from govgo.errors import Failure, GovgoError, PackageError, ReportedError
from govgo.load.mainmodule.write import WriteOptions, update_go_mod_from_reqs, write_go_sum
from govgo.ports.sumdb import KeepingDatabase, SumDatabase

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def complete(session: Session, database: KeepingDatabase, *, dry_run: bool = False) -> Completed:
    """Add what loading the module graph and every package needs and go.sum lacks. go.mod is not changed.

    Lines that are there stay. Where vgo's go.modverify stands in place of a go.sum, what is added agrees with it. A
    module that the database covers gets the hash that it proves, whether or not its zip is in the cache; any other gets
    the hash of what is downloaded.

    Args:
        session: the command.
        database: where proofs come from.
        dry_run: write nothing.

    Raises:
        SecurityError: a download or the database contradicts go.sum or go.modverify, or one the other.
        GoSumError: one of these files is malformed.
        DiskError: the newest tree head cannot be kept; nothing is written then.
        StaleError: go.mod would have to be changed first.
        ReportedError: some packages could not be loaded or lines not proved; all others have been added.
    """
    needs = load_needs(session)
    _refuse_stale_gomod(session)
    ledger = session.repo.ledger
    missing = sorted((key for key in needs.keys if not ledger.have(key)), key=module_sort_key)
    failures: list[GovgoError] = []
    hashes = _hashes(session, database, missing, failures)
    _compare_with_old(session, hashes)
    for key, digest in hashes.items():
        if not ledger.check(key, digest):
            ledger.add(key, digest)
    if hashes and not dry_run:
        database.keep()
        write_go_sum(session, keep=set(needs.keys))
    for failure in failures:
        session.report.note(str(failure))
    failures += [PackageError(f"{pkg.path}: {pkg.error}", inner=pkg.error) for pkg in needs.unloaded if pkg.error]
    done = Completed(
        file=ledger.file,
        lines=tuple(format_line(key, h1) for key, h1 in hashes.items()),
        proved=sum(database.covers(key.path) for key in hashes),
    )
    if failures:
        raise IncompleteError(done, tuple(failures))
    return done


class IncompleteError(ReportedError):
    """Some lines could not be added; `done` says which could, the faults have been reported."""

    code = "incomplete"

    def __init__(self, done: Completed, errors: tuple[GovgoError, ...]) -> None:
        super().__init__(errors)
        self.done = done


def _compare_with_old(session: Session, hashes: Mapping[ModuleVersion, str]) -> None:
    """Compare the lines of a go.sum that is still to be made with those of vgo's go.modverify, whose place it takes.

    Raises:
        SumMismatchError: a module has another hash there.
        GoSumError: the file is malformed.
    """
    path = session.repo.ledger.file
    data = None if session.files.is_file(path) else session.files.read(old_name(path))
    if data is None:
        return
    name = session.short_path(old_name(path))
    old = SumLedger(name, data)
    known = sum([old.check(key, digest) for key, digest in hashes.items()])
    session.report.note(f"{name}: {known} lines agree; go.sum takes its place, and no command reads it any more")


def _refuse_stale_gomod(session: Session) -> None:
    """Lines for a go.mod that is about to change would be the wrong ones."""
    if session.in_workspace:
        return
    update = update_go_mod_from_reqs(session, WriteOptions())
    index = session.main.index(session.main.single())
    if update is None or index is None:
        return
    if not index.go_version and update.file.go is not None and update.file.go.version == DEFAULT_GO_MOD_VERSION:
        update.file.drop_go_stmt()  # vgo wrote none, and without one it is this version
    if index.is_dirty(update.file, readonly=True):
        raise session.go_mod_dirty()


def _hashes(
    session: Session, database: SumDatabase, missing: Sequence[ModuleVersion], failures: list[GovgoError]
) -> dict[ModuleVersion, str]:
    """The hash of each missing line, as far as it could be found; the faults of the others are added to `failures`."""
    public = [key for key in missing if database.covers(key.path)]
    found = database.lookup_many(public)
    private_zips = [key for key in missing if key not in found and not key.is_gomod_key]
    zips = {done.mod: done for done in session.repo.download(private_zips, extract=False)} if private_zips else {}
    hashes: dict[ModuleVersion, str] = {}
    for key in missing:
        try:
            answer = found.get(key)
            if isinstance(answer, GovgoError):
                raise answer
            if answer is not None:
                hashes[key] = listed_hash(answer)
            elif key in zips:
                error = zips[key].error
                if error is not None:
                    raise error
                hashes[key] = zips[key].sum
            else:
                mv = key.without_gomod()
                hashes[key] = hash_gomod(session.repo.gomod(mv))
        except Failure as error:
            failures.append(error)
    return {key: digest for key, digest in hashes.items() if digest}
