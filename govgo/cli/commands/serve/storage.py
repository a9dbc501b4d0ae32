# SPDX-License-Identifier: BSD-3-Clause
"""`govgo storage …`: what is in the directory or bucket that a server keeps its modules in."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar

from govgo.app.storage import manage
from govgo.cli.exitcodes import EXIT_DONE
from govgo.cli.group import COMMANDS, SERVE, Entry, Group
from govgo.cli.options import CommandLineError, argument, chdir_option, command, module_options, option
from govgo.cli.outputs import Reports, failed, fault_of, formats_or_failed, output_options
from govgo.cli.session import network_options, open_session
from govgo.cli.sizes import parse_size
from govgo.core.findings import worst
from govgo.core.module.patterns import match_prefix_patterns
from govgo.core.storage.outcomes import Removal, StorageCheck
from govgo.report.storage.contents import (
    LS_SCHEMA,
    REMOVAL_SCHEMA,
    STATS_SCHEMA,
    ls_json,
    ls_text,
    removal_json,
    removal_text,
    stats_json,
    stats_text,
)
from govgo.report.storage.verify import verify_json, verify_text
from govgo.report.style import Style
from govgo.wiring.storage import existing_storage, run_storage_check

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.storage import Storage

_T = TypeVar("_T")

_COMMANDS = {
    "ls": Entry("serve.storage", "ls", SERVE, "List the module versions that are stored."),
    "stats": Entry("serve.storage", "stats", SERVE, "Count files and bytes."),
    "rm": Entry("serve.storage", "rm", SERVE, "Remove module versions."),
    "evict": Entry("serve.storage", "evict", SERVE, "Remove what was used least recently, down to a size."),
    "verify": Entry("serve.storage", "verify", SERVE, "Find damage at rest, and mend it from upstream."),
    "help": COMMANDS["help"],
}

storage_group = Group(
    _COMMANDS,
    """Look after the directory or bucket that a server keeps its modules in, or a module cache.

    \b
    govgo storage stats s3://bucket/modules
    govgo storage ls "$(go env GOMODCACHE)/cache/download" 'example.com/*'
    """,
)

_dry_run = option("-n", "-dry-run", "dry_run", is_flag=True, help="Say what would be removed; remove nothing.")


@command(own=True, usage="storage [modules]")
@output_options
@chdir_option
@argument("words")
def ls(words: tuple[str, ...], **flags: Any) -> int:
    """List the module versions that are stored: all, or those of modules that are named, also by globs of paths.

    \b
    govgo storage ls ./cache
    govgo storage ls az://modules 'example.com/*' rsc.io/quote

    Formats: text, json.
    """
    where, patterns = _split(words)
    with Reports(flags, LS_FORMATS, failed) as reports:
        reports.tell(_with_storage(flags, where, lambda storage: manage.list_versions(storage, patterns)))
    return reports.exit_code(EXIT_DONE)


@command(own=True, usage="storage")
@output_options
@chdir_option
@argument("words")
def stats(words: tuple[str, ...], **flags: Any) -> int:
    """Count what is stored: zips, go.mod files, lookups and tiles of checksum databases, and their bytes.

    Where servers have noted what was asked for, also how much was used within a day, a week, a month and three.

    \b
    govgo storage stats ./cache

    Formats: text, json.
    """
    where, more = _split(words)
    if more:
        raise CommandLineError(f"unexpected argument {more[0]}")
    with Reports(flags, STATS_FORMATS, failed) as reports:
        reports.tell(_with_storage(flags, where, lambda storage: manage.count(storage, time.time())))
    return reports.exit_code(EXIT_DONE)


@command(own=True, usage="[-n] storage modules")
@_dry_run
@output_options
@chdir_option
@argument("words")
def rm(words: tuple[str, ...], **flags: Any) -> int:
    """Remove module versions: `path@version`, all of a module by its path, or of many by a glob.

    What the checksum database has said of them stays. A server fetches them again when somebody asks.

    \b
    govgo storage rm ./cache rsc.io/quote@v1.5.1
    govgo storage rm -n s3://bucket/modules 'example.com/old/*'

    Formats: text, json.
    """
    where, patterns = _split(words)
    if not patterns:
        raise CommandLineError("a module is missing")
    plan = flags["dry_run"]
    with Reports(flags, REMOVAL_FORMATS, failed) as reports:
        reports.tell(_with_storage(flags, where, lambda storage: manage.remove(storage, patterns, dry_run=plan)))
    return reports.exit_code(EXIT_DONE)


@command(own=True, usage="[-n] -limit=SIZE [-keep=GLOB]... storage")
@option("-limit", "limit", metavar="SIZE", help="So much is to be left at most: 20GB, 512MiB.")
@option("-keep", "keep", multiple=True, metavar="GLOB", help="Leave modules that live here alone, as in GOPRIVATE.")
@_dry_run
@output_options
@chdir_option
@argument("words")
def evict(words: tuple[str, ...], **flags: Any) -> int:
    """Remove what was used least recently, until the storage is no larger than a limit.

    Zips go first, since they can be obtained again; lists, lookups and tiles stay. Servers note in the storage what was
    asked for; what no server has noted counts as used when it was stored.

    \b
    govgo storage evict -limit 20GB ./cache
    govgo storage evict -n -limit 1TB -keep 'corp.example/*' s3://bucket/modules

    Formats: text, json.
    """
    where, more = _split(words)
    if more:
        raise CommandLineError(f"unexpected argument {more[0]}")
    if not flags["limit"]:
        raise CommandLineError("-limit is missing")
    limit, kept, plan = parse_size("limit", flags["limit"]), ",".join(flags["keep"]), flags["dry_run"]

    def run(storage: Storage) -> Removal:
        return manage.evict(storage, limit, keep=lambda mod: match_prefix_patterns(kept, mod.path), dry_run=plan)

    with Reports(flags, REMOVAL_FORMATS, failed) as reports:
        reports.tell(_with_storage(flags, where, run))
    return reports.exit_code(EXIT_DONE)


@command(own=True, usage="[-repair] [-sample=N] [-offline] storage [modules]")
@option("-repair", "repair", is_flag=True, help="Mend what is damaged from upstream; remove what cannot be mended.")
@option("-sample", "sample", bounds=(1, 1 << 31), default=0, metavar="N", help="Check N versions, chosen at random.")
@option("-offline", "offline", is_flag=True, help="Make no request: compare with the hashes that were stored.")
@output_options
@module_options
@argument("words")
def verify(words: tuple[str, ...], **flags: Any) -> int:
    """Hash every zip and go.mod file again, and compare with the checksum database, else with the stored hash.

    \b
    govgo storage verify ./cache
    govgo storage verify -sample 200 -repair s3://bucket/modules

    Formats: text, json.

    Exit codes: 0 sound, or repaired; 1 damaged, 3 something could not be checked, 4 a contradiction.
    """
    where, patterns = _split(words)

    def failed_run(error: BaseException) -> StorageCheck:
        return StorageCheck(0, 0, 0, (), (fault_of(error),))

    with Reports(flags, VERIFY_FORMATS, failed_run) as reports:
        run = run_storage_check(
            open_session({**flags, "selects": False}, announce=False, offline=flags["offline"]),
            where,
            patterns,
            network=network_options(flags),
            offline=flags["offline"],
            sample=flags["sample"],
            repair=flags["repair"],
        )
        reports.tell(run)
    return reports.exit_code(worst(run.findings))


def _split(words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    if not words:
        raise CommandLineError("a storage is missing: a directory or a bucket")
    return words[0], words[1:]


def _with_storage(flags: Mapping[str, Any], where: str, work: Callable[[Storage], _T]) -> _T:
    session: Session = open_session({**flags, "selects": False}, offline=True)
    with closing(existing_storage(session, where)) as storage:
        return work(storage)


LS_FORMATS = formats_or_failed(LS_SCHEMA, ls_text, ls_json)
STATS_FORMATS = formats_or_failed(STATS_SCHEMA, stats_text, stats_json)
REMOVAL_FORMATS = formats_or_failed(REMOVAL_SCHEMA, removal_text, removal_json)
VERIFY_FORMATS: Mapping[str, Callable[[StorageCheck, Style], str]] = {
    "text": verify_text,
    "json": lambda run, _: verify_json(run),
}
