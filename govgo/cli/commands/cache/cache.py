# SPDX-License-Identifier: BSD-3-Clause
"""`govgo cache …`: the module cache, which go and govgo share."""

from __future__ import annotations

from datetime import timedelta

from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modcache.care import DiskCare
from govgo.app.cache import check, clean
from govgo.app.cache import prune as prune_service
from govgo.cli.call import show
from govgo.cli.exitcodes import EXIT_DONE, EXIT_NO, EXIT_UNFINISHED
from govgo.cli.group import CACHE, COMMANDS, Entry, Group
from govgo.cli.options import FlagError, argument, chdir_option, command, json_option, module_options, option
from govgo.cli.outputs import failures_as_document
from govgo.cli.session import open_session
from govgo.core.policy.durations import parse_age
from govgo.core.typehints import TYPE_CHECKING, Any
from govgo.errors import InputError
from govgo.report.cache import (
    PRUNE_SCHEMA,
    SIZE_SCHEMA,
    VERIFY_SCHEMA,
    check_document,
    check_text,
    pruned_document,
    pruned_text,
    size_document,
    size_text,
)

if TYPE_CHECKING:
    from govgo.load.session.session import Session

_COMMANDS = {
    "dir": Entry("cache.cache", "directory", CACHE, "Print the directory of the module cache."),
    "size": Entry("cache.cache", "size", CACHE, "Tell how large it is, and of what."),
    "verify": Entry("cache.cache", "verify", CACHE, "Find what is damaged, and fetch it again."),
    "prune": Entry("cache.cache", "prune", CACHE, "Remove what no module of yours needs, or what is old."),
    "clean": Entry("cache.cache", "clean_command", CACHE, "Remove the whole cache, as `go clean -modcache` does."),
    "help": COMMANDS["help"],
}

cache_group = Group(_COMMANDS, "Take care of the module cache, which go and govgo share, while both may be at work.")

_dry_run_option = option("-n", "-dry-run", "dry_run", is_flag=True, help="Remove nothing; say what, and how much.")
_verbose_option = option("-v", "verbose", is_flag=True, help="Name every module version.")


@command(own=True)
@chdir_option
def directory(**flags: Any) -> None:
    """Print the directory of the module cache (GOMODCACHE)."""
    session = open_session(flags)
    show(f"{session.settings.env.gomodcache}\n")


@command(own=True, usage="[-json]")
@json_option
@chdir_option
def size(*, as_json: bool, **flags: Any) -> None:
    """Tell how large the module cache is, and of what; -json tells it of every module version.

    Sizes are those of files; the blocks that they take on a disk are more.
    """
    with failures_as_document(SIZE_SCHEMA, as_json):
        contents = _care(open_session(flags)).contents()
        show(size_document(contents) if as_json else size_text(contents))


@command(own=True, usage="[-repair] [-json] [module[@version]...]")
@option("-repair", "repair", is_flag=True, help="Fetch what is damaged again, proved by the checksum database.")
@json_option
@module_options
@argument("modules")
def verify(modules: tuple[str, ...], *, repair: bool, as_json: bool, **flags: Any) -> int:
    """Find what in the module cache is not as it was downloaded: zips, extracted trees, .info and .mod files.

    Each zip and tree is hashed and compared with the hash that was recorded when it was downloaded. Whoever can write
    the cache could change both: `govgo verify` compares with go.sum and the checksum database.

    With -repair the damaged parts are removed under go's locks and fetched again. A tree whose zip is sound is
    extracted again, without a request for it.

    \b
    govgo cache verify
    govgo cache verify -repair
    govgo cache verify golang.org/x/text@v0.14.0

    Exit codes: 0 sound or repaired, 1 damaged, 3 something could not be read or repaired, 4 what was fetched
    contradicts the database.
    """
    with failures_as_document(VERIFY_SCHEMA, as_json) as tell:
        session = open_session(flags)
        found = check(session, _care(session), modules, repair=repair)
        tell(check_document(found) if as_json else check_text(found))
    if not found.is_finished:
        return EXIT_UNFINISHED
    return EXIT_NO if any(not each.is_repaired for each in found.damaged) else EXIT_DONE


@command(own=True, usage="[-keep-for=go.mod]... [-older-than=age] [-n] [-json]")
@option(
    *("-keep-for", "keep_for"),
    multiple=True,
    metavar="FILE",
    help="Keep what this go.mod, go.work or directory needs; DIR/... for every go.mod below.",
)
@option("-older-than", "older_than", metavar="AGE", help="Remove only what was not used for AGE, such as 90d.")
@_dry_run_option
@_verbose_option
@json_option
@option("-offline", "offline", is_flag=True, help="Make no request for the go.mod files that build lists need.")
@module_options
def prune(
    *, keep_for: tuple[str, ...], older_than: str, dry_run: bool, as_json: bool, offline: bool, **flags: Any
) -> None:
    """Remove from the module cache what no module of yours needs, or what was not used for long.

    Without flags only the leftovers of interrupted downloads go. -keep-for keeps the build lists of the main modules
    that it names, and the go.mod files of their graphs; all else goes, but not the toolchains that go has downloaded.
    With -older-than only what was neither fetched nor read for so long, as far as the file system keeps such times.

    What is removed is fetched again when something needs it. go may be at work meanwhile: each version is removed under
    the lock that go takes, and a tree disappears at once and not file by file.

    \b
    govgo cache prune -n -older-than 90d                 how much would that be?
    govgo cache prune -keep-for ~/src/...                all that no checkout below needs
    govgo cache prune -keep-for go.mod -older-than 30d   both must hold for what goes
    """
    try:
        age: timedelta | None = parse_age(older_than) if older_than else None
    except InputError as error:
        raise FlagError(f"invalid value for flag -older-than: {error}") from None
    with failures_as_document(PRUNE_SCHEMA, as_json) as tell:
        session = open_session(flags, announce=False, offline=offline)
        pruned = prune_service(session, _care(session), keep_for, age, dry_run=dry_run)
        tell(pruned_document(pruned) if as_json else pruned_text(pruned, lists=dry_run or bool(flags["verbose"])))


@command(own=True, usage="[-n] [-json]")
@_dry_run_option
@_verbose_option
@json_option
@chdir_option
def clean_command(*, dry_run: bool, as_json: bool, **flags: Any) -> None:
    """Remove the whole module cache, as `go clean -modcache` does.

    Afterwards it is as after go's command: the directory GOMODCACHE is gone. Unlike go, it waits for downloads that are
    under way, and removes each version under the lock that go takes. Read-only directories are removed, too. The newest
    tree heads of checksum databases, in GOPATH/pkg/sumdb, stay: without them a fork would go unnoticed.
    """
    with failures_as_document(PRUNE_SCHEMA, as_json) as tell:
        session = open_session(flags)
        pruned = clean(_care(session), dry_run=dry_run)
        tell(pruned_document(pruned) if as_json else pruned_text(pruned, lists=bool(flags["verbose"])))


def _care(session: Session) -> DiskCare:
    settings = session.settings
    return DiskCare(ModCache(settings.env.gomodcache, writable_dirs=settings.modcacherw))
