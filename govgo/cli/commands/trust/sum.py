# SPDX-License-Identifier: BSD-3-Clause
"""`govgo sum …`: the lines of go.sum, and the signed tree head that they are proved by."""

from __future__ import annotations

from govgo.adapters.sumdb.session import SumClient
from govgo.app.sum.heads import compare_heads
from govgo.cli.call import show
from govgo.cli.exitcodes import EXIT_DONE, EXIT_NO
from govgo.cli.group import COMMANDS, TRUST, Entry, Group
from govgo.cli.options import argument, command, json_option, module_options, option, remote_options
from govgo.cli.outputs import failures_as_document
from govgo.cli.session import network_options, open_session
from govgo.core.typehints import TYPE_CHECKING, Any
from govgo.errors import ForkError, GovgoError, ReportedError, UsageError
from govgo.report.sum import (
    COMPLETE_SCHEMA,
    EXPLAIN_SCHEMA,
    HEAD_SCHEMA,
    comparison_text,
    complete_document,
    completed_text,
    explain_document,
    explained_text,
    head_document,
    merged_text,
    unmerged_text,
)

if TYPE_CHECKING:
    from govgo.adapters.loop.network import NetworkOptions
    from govgo.app.sum.complete import IncompleteError
    from govgo.load.session.session import Session

_COMMANDS = {
    "head": Entry("trust.sum", "head", TRUST, "Print our signed tree head, and compare it with a second source."),
    "explain": Entry("trust.sum", "explain", TRUST, "Explain which load needs a line of go.sum."),
    "complete": Entry("trust.sum", "complete", TRUST, "Add exactly the lines that go.sum lacks, each proved."),
    "merge": Entry("trust.sum", "merge", TRUST, "Merge two go.sum files; a merge driver for git."),
    "help": COMMANDS["help"],
}


sum_group = Group(
    _COMMANDS, "Work on go.sum: explain its lines, complete it, merge it, and show the tree head that proves it."
)


@command(own=True, usage="[-json] [-vantage=URL]... [-saved=FILE]...")
@option(
    "-vantage",
    "-witness",
    "sources",
    multiple=True,
    metavar="URL",
    help="Compare with the head that another proxy or a mirror of the database publishes, as log watch does. (-witness"
    " is the older name here; elsewhere a witness is a key.)",
)
@option("-saved", "saved", multiple=True, metavar="FILE", help="Compare with a saved head or proof bundle.")
@json_option
@remote_options
def head(sources: tuple[str, ...], saved: tuple[str, ...], as_json: bool, **flags: Any) -> int:
    """Print the newest signed tree head that we know, and prove that other heads are of the same history.

    If one is not, the checksum database has shown different histories to different people: both signed notes are
    printed and kept, and the exit code is 4. It is 3 if nothing can be proved either way.

    \b
    govgo sum head > head.txt                          what we have seen; give it to a friend
    govgo sum head -saved=head.txt                     is it still the same history?
    govgo sum head -vantage=https://proxy.example.org  does that proxy see the same history?
    """
    with failures_as_document(HEAD_SCHEMA, as_json) as tell:
        session = open_session(flags)
        with _database(session, network_options(flags)) as database:
            ours = database.head()
            if not as_json:
                show(ours.note)
            found = compare_heads(session, database, sources, saved)
            name = database.name
        failures = [each.error for each in found if each.error is not None]
        if as_json:
            tell(head_document(name, ours, found, failures))
        else:
            for each in found:
                session.report.note(comparison_text(each))
            for failure in failures:
                if isinstance(failure, ForkError):
                    session.report.note(str(failure))
        if failures:
            raise ReportedError(tuple(failures))
    return EXIT_DONE


@command(own=True, usage="[-json] line|module...")
@json_option
@module_options
@argument("words")
def explain(words: tuple[str, ...], as_json: bool, **flags: Any) -> int:
    """Explain which load needs a line of go.sum, or each line of a module. Exit code 1: there is no such line.

    \b
    govgo sum explain golang.org/x/net
    govgo sum explain golang.org/x/net@v0.30.0/go.mod
    govgo sum explain 17                      the line with that number
    """
    from govgo.app.sum.explain import explain as explain_service
    from govgo.cli.options import CommandLineError

    if not words:
        raise CommandLineError("a line or a module is missing")
    with failures_as_document(EXPLAIN_SCHEMA, as_json):
        session = open_session(flags)
        found = explain_service(session, words)
    file = session.repo.ledger.file.rpartition("/")[2]
    if as_json:
        show(explain_document(found))
    elif found:
        show(explained_text(found, file))
    else:
        session.report.note(f"no line of {file} is for {' '.join(words)}, and none is needed")
    return EXIT_DONE if found and all(each.hashes for each in found) else EXIT_NO


@command(own=True, usage="[-n] [-json]")
@option("-n", "-dry-run", "dry_run", is_flag=True, help="Print the missing lines, change nothing.")
@json_option
@module_options
def complete(dry_run: bool, as_json: bool, **flags: Any) -> int:
    """Add to go.sum exactly the lines that are missing, each proved by the checksum database; print them.

    A line is needed to load the module graph, or a package with its tests. Lines that are there stay, and go.mod is
    not changed. With -n the exit code is 1 if lines are missing. Where there is no go.sum, but the go.modverify of
    vgo, one is made that agrees with it.

    \b
    govgo sum complete
    govgo sum complete -n      what is missing?
    """
    from govgo.app.sum.complete import IncompleteError
    from govgo.app.sum.complete import complete as complete_service

    failure: IncompleteError | None = None
    with failures_as_document(COMPLETE_SCHEMA, as_json) as tell:
        session = open_session(flags, fails_soon=True)
        with _database(session, network_options(flags, fails_soon=True)) as database:
            try:
                done = complete_service(session, database, dry_run=dry_run)
            except IncompleteError as error:
                done, failure = error.done, error
            name = database.name if done.proved else ""
        if as_json:
            tell(complete_document(done, failure.errors if failure else (), dry_run=dry_run))
        else:
            show("".join(f"{line}\n" for line in done.lines))
            session.report.note(completed_text(done, name, dry_run=dry_run, whole=failure is None))
        if failure is not None:
            raise failure
    return EXIT_NO if dry_run and done.lines else EXIT_DONE


_INSTALL = """\
# In the repository, once for everybody; what is there already stays as it is:
(
  top="$(git rev-parse --show-toplevel)" && cd "$top" || exit
  for line in 'go.sum merge=govgo-sum' 'go.work.sum merge=govgo-sum'; do
    grep -qsxF "$line" .gitattributes && continue
    [ -z "$(tail -c 1 .gitattributes 2>/dev/null)" ] || echo >> .gitattributes
    echo "$line" >> .gitattributes
  done
)
# On each machine (--global for every repository):
git config merge.govgo-sum.name 'union of proved go.sum lines'
git config merge.govgo-sum.driver 'govgo sum merge %O %A %B %P'
"""


@command(own=True, usage="[-install] [base ours theirs [path]]")
@option("-install", "install", is_flag=True, help="Print the commands that set git up, and do nothing else.")
@remote_options
@argument("files")
def merge(files: tuple[str, ...], install: bool, **flags: Any) -> int:
    """Merge two versions of go.sum into OURS: all lines of both, those of one side only proved first.

    A line that contradicts the checksum database, or the other side, ends the merge as a conflict, with OURS as it
    was. If the database cannot be reached within seconds, the union is written, but the merge still counts as a
    conflict. PATH is where the merged file will lie, for messages.

    \b
    govgo sum merge -install | sh                       set git up
    govgo sum merge base.sum our.sum their.sum go.sum   what git then runs

    The part of -install about .gitattributes is for everybody, and is committed. git config concerns one clone, and
    hosting services run no merge drivers: their buttons merge as if there were none.
    """
    if install:
        show(_INSTALL)
        return EXIT_DONE
    if len(files) not in (3, 4):
        raise UsageError("merge takes three files, the common ancestor, ours and theirs, and perhaps their path")
    from govgo.app.sum.merge import merge_sums

    session = open_session(flags, fails_soon=True)
    _, ours, theirs = (session.absolute(name) for name in files[:3])
    both = _existing(session, ours), _existing(session, theirs)
    path = files[3] if files[3:] else "go.sum"
    with _database(session, network_options(flags, fails_soon=True)) as database:
        try:
            merged = merge_sums(database, *both, file=path)
        except GovgoError:
            session.report.note(unmerged_text(path))
            raise
    session.files.write(ours, merged.data)
    for failure in merged.unproved.values():
        session.report.note(str(failure))
    session.report.note(merged_text(merged, path))
    if merged.unproved:
        raise ReportedError(tuple(merged.unproved.values()))
    return EXIT_DONE


def _existing(session: Session, path: str) -> bytes:
    """The content of a file that git has made, if only as an empty one; a mistyped name is not an empty file."""
    data = session.files.read(path)
    if data is None:
        raise UsageError(f"open {path}: no such file or directory")
    return data


def _database(session: Session, network: NetworkOptions) -> SumClient:
    return SumClient(session.settings.env, session.report, network)
